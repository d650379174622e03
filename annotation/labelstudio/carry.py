"""Migrated annotations → the project of the new codebook, written as their annotators.

Each goes under its own id, so that a pull gives back what the workspace holds and nothing twice.
The import of tasks would take annotations along in the same request, but drops their ids; so they
are written one by one, and the database itself refuses an id that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from annotation.labelstudio.api.client import Connection, client_for, translated
from annotation.labelstudio.api.listing import rows
from annotation.labelstudio.api.snapshot import fetch
from annotation.labelstudio.project import Project
from annotation.labelstudio.submit import create_once
from annotation.labelstudio.tasks import KEY, Due, Json, annotation
from schemas.annotation import Annotation, Judgement
from schemas.article import Passage

NOTE = "note"
"""Where a task holds what its annotator has to look at."""


@dataclass(frozen=True)
class Work:
    """What annotators have done in a project."""

    ids: frozenset[str]
    """Ids of the annotations that it holds."""
    voices: frozenset[tuple[str, int]]
    """(passage id, user id) of those who annotated or skipped it."""


def work_on_server(connection: Connection, project: Project) -> Work:
    """Return what annotators have done in a project.

    Raises:
        ServerError: the server does not tell.
    """
    ids, voices = set(), set()
    for task in fetch(connection, project):
        if not isinstance(task, dict):
            continue
        for item in _dicts(task.get("annotations")):
            ids.add(str(item.get("unique_id")))
            if isinstance(item.get("completed_by"), int):
                voices.add((str((task.get("data") or {}).get(KEY)), item["completed_by"]))
    return Work(frozenset(ids), frozenset(voices))


def _dicts(items: object) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def notes_on_server(connection: Connection, project: Project) -> dict[str, str]:
    """Return passage id → the note that its task shows, of all tasks of a project."""
    found = {}
    for row in rows(connection, project, "id,data"):
        data = row.get("data") or {}
        found[str(data.get(KEY, ""))] = str(data.get(NOTE, ""))
    return found


def with_note(task: Due, note: str) -> Due:
    """Return a task with a note for annotators."""

    def make() -> Json:
        made = task.make()
        return {**made, "data": {**made["data"], NOTE: note}}

    return replace(task, make=make)


def can_be_written(given: Annotation) -> bool:
    """Tell whether the interface can hold an annotation as it is.

    It knows one ``cannot judge`` for all that is not ticked: an annotation that says of some
    issues that they are absent and judges others not at all has no form there.
    """
    return not {Judgement.ABSENT, Judgement.NOT_JUDGED} <= set(given.issues.values())


def write_annotations(
    connection: Connection,
    annotations: Sequence[Annotation],
    *,
    passages: Mapping[str, Passage],
    task_ids: Mapping[str, int],
    users: Mapping[str, int],
    tokens: Mapping[str, str],
    on_each: Callable[[], None],
) -> int:
    """Write annotations to a project; return how many the server did not have yet.

    Args:
        connection: the server.
        annotations: what to write.
        passages: the workspace's passages by id.
        task_ids: passage id → task id.
        users: annotator → user id.
        tokens: annotator → token. Without one the annotation is written in the annotator's name
            by the connection's user, and the server says that this user changed it last.
        on_each: called after each annotation.

    Raises:
        ServerError: the server refuses or keeps failing; run it again to go on.
    """
    clients = _clients(connection, {a.annotator for a in annotations}, tokens)
    written = 0
    for record in annotations:
        body = annotation(passages[record.passage_id], record)
        client = clients.get(record.annotator)
        if client is None:
            client, body["completed_by"] = connection.client, users[record.annotator]
        with translated(connection.url):
            task = task_ids[record.passage_id]
            written += create_once(client, task, body, connection.patience)
        on_each()
    return written


def _clients(
    connection: Connection, names: Iterable[str], tokens: Mapping[str, str]
) -> dict[str, Any]:
    with translated(connection.url):
        return {
            name: client_for(connection.url, tokens[name], connection.patience)
            for name in sorted(names)
            if name in tokens
        }
