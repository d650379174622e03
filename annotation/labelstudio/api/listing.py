"""The tasks of a project, read page by page so that none is missed and none is seen twice.

Pages by number shift when somebody adds or deletes tasks meanwhile. So each page is asked for
by the last id that was seen, and each must fit the one before: a short list would be taken for
passages that have no task, and these would be pushed again.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, overload

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.project import Project
from annotation.labelstudio.tasks import KEY, Json
from schemas.errors import ServerError

PAGE = 1000
MARK = "miyar"
"""Where under ``meta`` a task says that a push made it; never under ``data``, which annotators and
filters see."""
SENT = "predictions"
"""Where the mark says how many predictions were sent along."""
CHUNK = 100
"""Keys in one question: they stand in its address, which servers cut off at 8 kB or so."""

T = TypeVar("T")

log = logging.getLogger(__name__)


class Held(dict[str, list[tuple[int, str]]]):
    """Passage id → (task id, text) of the tasks that hold it, lowest id first."""

    def __init__(self) -> None:
        super().__init__()
        self.bare: dict[int, str] = {}
        """Task id → passage id of tasks that were sent with predictions and have none: Label
        Studio on SQLite forgets them when it tries an import again after waiting for a lock."""


def tasks_on_server(
    connection: Connection, project: Project, keys: Iterable[str] | None = None
) -> Held:
    """Return the tasks of a project, or those of some passages only.

    Raises:
        ServerError: the list cannot be read, or changes all the time.
    """
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    held = Held()
    for seen in _chosen(connection, project, keys):
        found[seen.key].append((seen.task, seen.text))
        if seen.bare:
            held.bare[seen.task] = seen.key
    held.update({key: sorted(tasks) for key, tasks in found.items()})
    return held


class _Seen(NamedTuple):
    """What is kept of a row: whole rows of a large project would fill the memory."""

    task: int
    key: str
    text: str
    bare: bool


def _seen(row: Json) -> _Seen:
    data = row["data"] if isinstance(row["data"], dict) else {}
    bare = bool(mark_of(row).get(SENT)) and not row["total_predictions"]
    return _Seen(int(row["id"]), str(data.get(KEY, "")), str(data.get("text", "")), bare)


def _chosen(
    connection: Connection, project: Project, keys: Iterable[str] | None
) -> Iterator[_Seen]:
    fields = "id,data,meta,total_predictions"
    if keys is None:
        yield from rows(connection, project, fields, keep=_seen)
        return
    wanted = list(dict.fromkeys(keys))
    for first in range(0, len(wanted), CHUNK):
        chosen = condition(f"data.{KEY}", "in_list", wanted[first : first + CHUNK], "String")
        yield from rows(connection, project, fields, [chosen], keep=_seen)


def mark_of(row: Json) -> Json:
    """Return what a push wrote on the task; empty for a task that no push made."""
    meta = row.get("meta")
    mark = meta.get(MARK) if isinstance(meta, dict) else None
    return mark if isinstance(mark, dict) else {}


def condition(field: str, operator: str, value: object, kind: str = "Number") -> Json:
    """Return a filter of Label Studio's data manager."""
    return {"filter": f"filter:tasks:{field}", "operator": operator, "type": kind, "value": value}


@overload
def rows(
    connection: Connection,
    project: Project,
    fields: str,
    conditions: Sequence[Json] = (),
    *,
    page_size: int = PAGE,
    full: bool = False,
) -> list[Json]: ...


@overload
def rows(
    connection: Connection,
    project: Project,
    fields: str,
    conditions: Sequence[Json] = (),
    *,
    keep: Callable[[Json], T],
    page_size: int = PAGE,
    full: bool = False,
) -> list[T]: ...


def rows(
    connection: Connection,
    project: Project,
    fields: str,
    conditions: Sequence[Json] = (),
    *,
    keep: Callable[[Json], Any] = lambda row: row,
    page_size: int = PAGE,
    full: bool = False,
) -> list[Any]:
    """Return the tasks that meet all conditions, each once, by id.

    Args:
        connection: the server.
        project: whose tasks.
        fields: comma-joined; ``id`` must be among them.
        conditions: from ``condition``.
        keep: what to keep of a task; all of it unless given.
        page_size: tasks a request.
        full: annotations can be among the fields; slow.

    Raises:
        ServerError: pages do not fit each other, again and again.
    """
    patience = connection.patience
    params = {"include": fields, "page_size": page_size, **({"fields": "all"} if full else {})}
    for attempt in range(1, patience.tries + 1):
        found: list[Any] = []
        try:
            for page in _pages(connection, project, params, conditions):
                found.extend(map(keep, page))
        except _MisfitError as error:
            log.warning("the task list of %s is read again: %s", project.page, error)
            if attempt == patience.tries:
                raise ServerError(
                    f"the task list of {project.page} cannot be read: {error}. Somebody deletes "
                    "tasks, or a proxy in between mixes up answers; try again when it is quiet."
                ) from None
            patience.wait(attempt)
        else:
            return found
    raise AssertionError("unreachable: the last attempt returns or raises")


class _MisfitError(Exception):
    """A page that does not fit the one before."""


def _pages(
    connection: Connection,
    project: Project,
    params: Mapping[str, object],
    conditions: Sequence[Json],
) -> Iterator[list[Json]]:
    last, expected = 0, 0
    while True:
        total, page = _page(connection, project, params, conditions, last)
        ids = [int(row["id"]) for row in page]
        if any(b <= a for a, b in zip([last, *ids], ids, strict=False)):
            raise _MisfitError(f"after task {last} came {ids[:5]} …")
        if total < expected or (total and not page) or len(page) > total:
            raise _MisfitError(f"after task {last} {expected} tasks were to come, not {total}")
        yield page
        if len(page) == total:
            return
        last, expected = ids[-1], total - len(page)


def _page(
    connection: Connection,
    project: Project,
    params: Mapping[str, object],
    conditions: Sequence[Json],
    last: int,
) -> tuple[int, list[Json]]:
    """Return how many tasks come after a task id, and the first of them."""
    items = [condition("id", "greater", last), *conditions]
    query = {"filters": {"conjunction": "and", "items": items}, "ordering": ["tasks:id"]}
    answer: Any = connection.get(
        "api/tasks/", project=project.id, query=json.dumps(query), **params
    )
    try:
        total, page = int(answer["total"]), list(answer["tasks"])
        wanted = {"id", *str(params["include"]).split(",")}
        if any(wanted - row.keys() for row in page):
            raise _MisfitError(f"rows without some of {', '.join(sorted(wanted))}")
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        raise _MisfitError(f"no list of tasks: {str(answer)[:80]}") from error
    return total, page
