"""What a project gave at the last pull: the next one can tell what was deleted there since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import AwareDatetime

from annotation.labelstudio.foreign import identity
from annotation.labelstudio.project import Project
from annotation.labelstudio.tasks import KEY
from schemas.jsonl import write_text
from schemas.record import Record
from schemas.workspace import Workspace


class Given(Record):
    """The ids that a project held at the last pull."""

    changed_at: AwareDatetime | None
    """The newest change that was seen, by the server's clock."""
    ids: dict[str, tuple[str, ...]]
    """Task id → ids of the annotations that it held."""


def given_file(workspace: Workspace, project: Project) -> Path:
    """Return where the ids of a project are kept."""
    return workspace.label_studio_dir / project.folder / "pulled.json"


def read_given(workspace: Workspace, project: Project) -> Given | None:
    """Return what the project gave last; ``None`` when it was never pulled from here."""
    path = given_file(workspace, project)
    if not path.is_file():
        return None
    return Given.model_validate_json(path.read_bytes())


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
    """Return the ids that a task held and does not hold any more.

    A task that the export does not have says nothing: it may not be part of it.
    """
    return {
        annotation
        for task, ids in before.items()
        if task in now
        for annotation in set(ids) - set(now[task])
    }
