"""What went wrong on the server in a push, set right: second copies, forgotten predictions.

A copy is removed only when nobody can miss it: a push of Miyar made it, it has no annotation, no
skip and no draft, and another task of the project has the very same data. A project may have an
empty twin, too (see ``lookup``).
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from annotation.labelstudio.api.client import ONCE, Connection, translated
from annotation.labelstudio.api.idle import delete_idle, idle_among
from annotation.labelstudio.api.listing import CHUNK, Held, condition, mark_of, rows
from annotation.labelstudio.api.lookup import remove_twins
from annotation.labelstudio.api.patience import Unreadable
from annotation.labelstudio.api.sending import send
from annotation.labelstudio.project import Project
from annotation.labelstudio.tasks import KEY, Due, Json
from schemas.ledger import Ledger, Reason, Unit

_DRAFTED = condition("draft_exists", "equal", value=True, kind="Boolean")
_NO_PREDICTION = condition("predictions_model_versions", "empty", "true", "List")

log = logging.getLogger(__name__)


def settle(
    connection: Connection,
    project: Project,
    tasks: Sequence[Due],
    held: Held,
    ledger: Ledger | None = None,
) -> Held:
    """Remove second copies of tasks, and give back predictions that the server forgot.

    Args:
        connection: the server.
        project: what was pushed to.
        tasks: what was to be pushed; other tasks of the project are left alone.
        held: what the server holds.
        ledger: gets a remark for every passage that was set right.

    Returns:
        What the server holds now.

    Raises:
        ServerError: the server refuses or keeps failing; pushing again goes on from there.
    """
    remove_twins(connection, project.title, project.id)
    texts = {task.key: task.text for task in tasks}
    forgotten = set(held.bare.values())
    given = {t.key: t.make()["predictions"] for t in tasks if t.key in forgotten and t.assisted}
    doubled = [
        key
        for key, found in held.items()
        if len(found) > 1 and all(text == texts.get(key) for _, text in found)
    ]
    removed = _remove_copies(connection, project, doubled)
    bare = {
        task: given[key] for task, key in held.bare.items() if key in given and task not in removed
    }
    restored = _restore(connection, project, bare)
    if ledger is not None:
        mended = {held.bare[task] for task in restored} - set(removed.values())
        ledger.remark(Unit.TASKS, Reason.COPY_REMOVED, len(set(removed.values())))
        ledger.remark(Unit.TASKS, Reason.PREDICTION_RESTORED, len(mended))
    return _without(held, removed, restored)


def _without(held: Held, removed: Mapping[int, str], restored: Iterable[int]) -> Held:
    left = Held()
    for key, found in held.items():
        left[key] = [(task, text) for task, text in found if task not in removed]
    gone = {*removed, *restored}
    left.bare = {task: key for task, key in held.bare.items() if task not in gone}
    return left


def _remove_copies(connection: Connection, project: Project, keys: Sequence[str]) -> dict[int, str]:
    """Remove what nobody can miss of the tasks of some passages; return task id → passage id."""
    removed: dict[int, str] = {}
    for first in range(0, len(keys), CHUNK):
        chosen = condition(f"data.{KEY}", "in_list", list(keys[first : first + CHUNK]), "String")
        drafted = {row["id"] for row in rows(connection, project, "id", [chosen, _DRAFTED])}
        twins: dict[str, list[Copy]] = defaultdict(list)
        names: dict[int, str] = {}
        for row in rows(connection, project, "id,data,meta,annotations", [chosen], full=True):
            worked_on = bool(row["annotations"]) or row["id"] in drafted
            copy = Copy(int(row["id"]), idle=not worked_on, pushed=bool(mark_of(row)))
            twins[json.dumps(row["data"], sort_keys=True)].append(copy)
            names[copy.id] = str(row["data"][KEY])
        extra = [copy.id for group in twins.values() for copy in superfluous(group)]
        if extra:
            log.warning("removing %d second copies of tasks from %s", len(extra), project.page)
            gone = delete_idle(connection, project, extra, also=[chosen], what="second copies")
            removed |= {task: names[task] for task in gone}
    return removed


@dataclass(frozen=True)
class Copy:
    """One of several tasks with the same data."""

    id: int
    idle: bool
    """Nobody has worked on it."""
    pushed: bool
    """A push of Miyar made it."""


def superfluous(copies: Sequence[Copy]) -> list[Copy]:
    """Return which of several tasks with the same data can go; at least one always stays.

    The one to stay is the oldest that somebody has worked on, else the oldest.
    """
    stays = min(copies, key=lambda copy: (copy.idle, copy.id))
    return [copy for copy in copies if copy != stays and copy.idle and copy.pushed]


def _restore(
    connection: Connection, project: Project, bare: Mapping[int, Sequence[Json]]
) -> list[int]:
    """Add predictions to tasks that have none; return the tasks."""
    restored: list[int] = []
    tasks = sorted(bare)
    for first in range(0, len(tasks), CHUNK):
        chosen = tasks[first : first + CHUNK]
        given = [{"task": task, **prediction} for task in chosen for prediction in bare[task]]
        # The number of predictions that a task shows is counted apart, and may be wrong.
        given = _without_prediction(connection, project, given)
        if not given:
            continue
        log.warning("%s: sending %d predictions that it forgot again", project.page, len(given))
        send(
            connection,
            given,
            request=lambda left: import_predictions(connection, project, left),
            missing=lambda left: _without_prediction(connection, project, left),
            what="predictions",
        )
        restored += sorted({int(item["task"]) for item in given})
    return restored


def import_predictions(connection: Connection, project: Project, given: Sequence[Json]) -> None:
    """Add predictions, each with the id of its task.

    Raises:
        Unreadable: the server took fewer; it drops a prediction that it does not like.
    """
    answer = connection.post(f"api/projects/{project.id}/import/predictions", given)
    if not isinstance(answer, dict) or answer.get("created") != len(given):
        raise Unreadable(f"Label Studio was sent {len(given)} predictions and says {answer!s:.80}")


def _without_prediction(
    connection: Connection, project: Project, given: Sequence[Json]
) -> list[Json]:
    tasks = sorted({int(item["task"]) for item in given})
    empty: set[int] = set()
    for first in range(0, len(tasks), CHUNK):
        chosen = condition("id", "in_list", tasks[first : first + CHUNK])
        empty |= {int(r["id"]) for r in rows(connection, project, "id", [chosen, _NO_PREDICTION])}
    return [item for item in given if item["task"] in empty]


def remove_double_predictions(
    connection: Connection, project: Project, tasks: Sequence[int]
) -> list[int]:
    """Remove second copies of predictions; of tasks that somebody has worked on, none.

    An annotation names the prediction that it began from, and would lose that.

    Returns:
        The numbers of the predictions that were removed.
    """
    removed: list[int] = []
    for task in idle_among(connection, project, tasks):
        with translated(connection.url):
            found = connection.client.predictions.list(task=task)
        alike: dict[str, list[int]] = defaultdict(list)
        for item in found:
            alike[f"{item.model_version} {json.dumps(item.result)}"].append(int(item.id or 0))
        for number in (n for numbers in alike.values() for n in sorted(numbers)[1:]):
            log.warning("removing prediction %d, a second copy, from task %d", number, task)
            with translated(connection.url):
                connection.client.predictions.delete(id=number, request_options=ONCE)
            removed.append(number)
    return removed
