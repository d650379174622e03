"""Annotations from a project or an export file into the workspace: the whole pull."""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotation.labelstudio.accounts import names_by_user
from annotation.labelstudio.api.changes import fetch_since, latest_change
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.snapshot import fetch, stream_export
from annotation.labelstudio.export import ExportReader
from annotation.labelstudio.given import (
    Given,
    check_deletions,
    count_deleted,
    deleted,
    ids_in,
    read_given,
    write_given,
)
from annotation.labelstudio.mirror import pushed_tasks
from annotation.labelstudio.project import Project
from annotation.labelstudio.pull import Pulled, store
from annotation.projects import open_project
from schemas.annotation import Annotation
from schemas.errors import RecordError
from schemas.jsonl import write_text
from schemas.ledger import Ledger, Reason, Unit
from schemas.workspace import Workspace


@dataclass(frozen=True)
class Taken:
    """What a pull read, and what it changed."""

    annotations: Sequence[Annotation]
    pulled: Pulled
    tasks: int
    """Tasks that were read."""
    whole: bool
    """Whether all tasks of the project or file were read."""


def pull_project(
    workspace: Workspace,
    connection: Connection,
    ledger: Ledger,
    *,
    title: str | None = None,
    incremental: bool = False,
    accept_deletions: bool = False,
    dry_run: bool = False,
) -> Taken:
    """Take a project's annotations into the workspace.

    Args:
        workspace: where to.
        connection: the server.
        ledger: gets the state of everything in the project.
        title: of the project, when it is not the workspace's own.
        incremental: read only the tasks that changed since the last pull; all of them when
            there was none.
        accept_deletions: also when many annotations are gone from the project at once.
        dry_run: count only.

    Raises:
        GateError: so many are gone that somebody has to say that it is meant.
    """
    project = open_project(workspace, connection, title)
    names = names_by_user(connection)
    before = read_given(workspace, project)
    if incremental and before and before.changed_at:
        whole, export = False, fetch_since(connection, project, before.changed_at)
    else:
        whole, export = True, fetch(connection, project)
    reader = ExportReader(workspace.codebook(), workspace.passages(), names, ledger)
    found = reader.read(export)
    now = ids_in(export)
    gone = deleted(before.ids, now) if before else set()
    newest = latest_change(export)
    if before:
        seen = newest if whole else None
        check_deletions(project, before, gone, seen, accepted=accept_deletions)
    count_deleted(workspace.annotations() if gone else (), gone, ledger)
    if whole:
        _count_lost(workspace, project, now.keys(), ledger)
    pulled = store(workspace, found, ledger, refused=reader.refused | gone, dry_run=dry_run)
    if not dry_run:
        times = [t for t in (newest, before and before.changed_at) if t]
        given = Given(
            changed_at=max(times, default=None),
            ids=now if whole or not before else {**before.ids, **now},
            created_at=project.created_at,
        )
        write_given(workspace, project, given)
        write_text(_users_file(workspace), json.dumps(names, ensure_ascii=False, indent=1) + "\n")
    return Taken(found, pulled, len(export), whole)


def pull_file(workspace: Workspace, path: Path, ledger: Ledger, *, dry_run: bool = False) -> Taken:
    """Take the annotations of a JSON export file into the workspace.

    User numbers are turned into names by those of the last pull from a server.
    """
    users, names = _users_file(workspace), {}
    if users.is_file():
        names = _read_users(users)
    reader = ExportReader(workspace.codebook(), workspace.passages(), names, ledger)
    found = reader.read(stream_export(path))
    pulled = store(workspace, found, ledger, refused=reader.refused, dry_run=dry_run)
    return Taken(found, pulled, ledger.received[Unit.TASKS], whole=True)


def _read_users(path: Path) -> dict[int, str]:
    try:
        return {int(k): str(name) for k, name in json.loads(path.read_bytes()).items()}
    except (ValueError, AttributeError) as error:
        raise RecordError(
            f"{path}: not the names of users by their numbers; delete it, and pull from the server "
            "once before you read export files."
        ) from error


def _users_file(workspace: Workspace) -> Path:
    return workspace.label_studio_dir / "users.json"


def _count_lost(
    workspace: Workspace, project: Project, held: Container[str], ledger: Ledger
) -> None:
    """Count the tasks that were pushed and that the project does not hold any more."""
    for task in pushed_tasks(workspace, project):
        if str(task.task_id) not in held:
            ledger.receive(Unit.TASKS)
            detail = f"task {task.task_id} is not in project {project.id}"
            ledger.reject(Unit.TASKS, Reason.TASK_LOST, where=task.passage_id, detail=detail)
