"""Tasks that nobody has worked on: found, and deleted without losing what begins meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.listing import CHUNK, condition, rows
from annotation.labelstudio.api.sending import send
from annotation.labelstudio.project import Project
from annotation.labelstudio.tasks import Json

IDLE = (
    condition("total_annotations", "equal", 0),
    condition("cancelled_annotations", "equal", 0),
    condition("draft_exists", "equal", value=False, kind="Boolean"),
)
"""Filters that leave only tasks that nobody has answered, skipped or begun."""


def idle_among(connection: Connection, project: Project, tasks: Iterable[int]) -> list[int]:
    """Return those of the tasks that are there and that nobody has worked on."""
    return _chosen(connection, project, tasks, IDLE)


def delete_idle(
    connection: Connection,
    project: Project,
    tasks: Sequence[int],
    *,
    also: Sequence[Json] = (),
    what: str,
) -> set[int]:
    """Delete tasks, each only if nobody has worked on it at the moment when it goes.

    The filters travel with the request: if it is carried out late, the task may have got work,
    or its number may be another task's (Label Studio gives the last one again on SQLite).

    Args:
        connection: the server.
        project: whose tasks.
        tasks: their numbers.
        also: further filters that a task must meet when it goes, from ``condition``.
        what: name of the tasks, for messages.

    Returns:
        The numbers of those that are not there any more.

    Raises:
        ServerError: the server refuses or keeps failing.
    """

    def request(left: Sequence[int]) -> None:
        body = {
            "selectedItems": {"all": False, "included": list(left)},
            "filters": {"conjunction": "and", "items": [*also, *IDLE]},
        }
        connection.post("api/dm/actions", body, id="delete_tasks", project=project.id)

    def missing(left: Sequence[int]) -> list[int]:
        return idle_among(connection, project, left)

    for part in _parts(tasks):
        if idle := missing(part):
            send(connection, idle, request=request, missing=missing, what=f"removals of {what}")
    return set(tasks) - set(_chosen(connection, project, tasks, ()))


def _chosen(
    connection: Connection, project: Project, tasks: Iterable[int], filters: Sequence[Json]
) -> list[int]:
    found: list[int] = []
    for part in _parts(sorted(tasks)):
        chosen = condition("id", "in_list", list(part))
        found += [int(row["id"]) for row in rows(connection, project, "id", [chosen, *filters])]
    return found


def _parts(tasks: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(tasks), CHUNK):
        yield tasks[first : first + CHUNK]
