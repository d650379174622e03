"""What a project gave at the last pull: the next one can tell what was deleted there since."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime

from annotation.labelstudio.foreign import identity
from annotation.labelstudio.project import Project
from annotation.labelstudio.tasks import KEY
from schemas.annotation import Annotation
from schemas.errors import GateError
from schemas.jsonl import read_one, write_text
from schemas.ledger import Ledger, Reason, Unit
from schemas.record import Record
from schemas.workspace import Workspace

FEW, SHARE = 5, 0.05
"""More annotations than both, gone at once, are no work of annotators."""

log = logging.getLogger(__name__)


class Given(Record):
    """The ids that a project held at the last pull."""

    changed_at: AwareDatetime | None
    """The newest change that was seen, by the server's clock."""
    ids: dict[str, tuple[str, ...]]
    """Task id → ids of the annotations that it held."""
    created_at: AwareDatetime | None = None
    """When the server made the project."""


def given_file(workspace: Workspace, project: Project) -> Path:
    """Return where the ids of a project are kept."""
    return workspace.label_studio_dir / project.folder / "pulled.json"


def read_given(workspace: Workspace, project: Project) -> Given | None:
    """Return what the project gave last; ``None`` when it was never pulled from here.

    Raises:
        RecordError: the file cannot be read.
    """
    path = given_file(workspace, project)
    if not path.is_file():
        return None
    mend = "delete it: the next pull reads the whole project, and notices no earlier deletion"
    given = read_one(path, Given, mend=mend)
    if given.created_at not in (None, project.created_at):
        log.warning("%s is another project than the one that %s is about", project.page, path)
        return None
    return given


def write_given(workspace: Workspace, project: Project, given: Given) -> None:
    """Keep what a project gave."""
    write_text(given_file(workspace, project), given.model_dump_json() + "\n")


def ids_in(export: Sequence[object]) -> dict[str, tuple[str, ...]]:
    """Return task id → ids of its annotations in an export, whatever state they are in."""
    found: dict[str, tuple[str, ...]] = {}
    for task in export:
        if not isinstance(task, dict) or task.get("id") is None:
            continue
        given, data = task.get("annotations"), task.get("data")
        key = data.get(KEY) if isinstance(data, dict) else None
        items = given if isinstance(given, list) else []
        ids = [identity(item, key if isinstance(key, str) else None) for item in items]
        found[str(task["id"])] = tuple(sorted({name for name in ids if name is not None}))
    return found


def deleted(before: Mapping[str, tuple[str, ...]], now: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return the ids that a task held and that no task holds any more.

    A task that the export does not have says nothing: it may not be part of it.
    """
    held = {annotation for ids in now.values() for annotation in ids}
    gone = {annotation for task, ids in before.items() if task in now for annotation in ids}
    return gone - held


def count_deleted(known: Iterable[Annotation], gone: Set[str], ledger: Ledger) -> None:
    """Count what the workspace holds and the server does not any more: it is withdrawn."""
    for annotation in known if gone else ():
        if annotation.id in gone:
            ledger.receive(Unit.ANNOTATIONS)
            ledger.reject(
                Unit.ANNOTATIONS,
                Reason.DELETED_ON_SERVER,
                where=annotation.passage_id,
                detail=f"{annotation.id} by {annotation.annotator}",
            )


def check_deletions(
    project: Project,
    before: Given,
    gone: Set[str],
    changed_at: datetime | None,
    *,
    accepted: bool,
) -> None:
    """Check that what is gone was deleted by people, and not with the server's data.

    Args:
        project: that was read.
        before: what it gave last.
        gone: ids that it held then and does not hold any more.
        changed_at: the newest change in it, if all of it was read.
        accepted: somebody says that all these were deleted on purpose.

    Raises:
        GateError: many are gone, or some and the project is older than at the last pull.
    """
    held = sum(len(ids) for ids in before.ids.values())
    older = bool(changed_at and before.changed_at and changed_at < before.changed_at)
    if accepted or not gone or not (older or len(gone) > max(FEW, SHARE * held)):
        return
    why = ", and nothing in it is as new as the newest change was then" if older else ""
    raise GateError(
        f"{project.page} does not hold {len(gone)} of the {held} annotations that it held at the "
        f"last pull (first: {min(gone)}){why}. So it looks after a backup was restored, or on "
        "another server; the workspace may be the only place that has them. Nothing was written. "
        "If they were deleted on purpose, pull with --accept-deletions."
    )
