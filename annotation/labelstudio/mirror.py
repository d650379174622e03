"""Our own copy of what was pushed: an export holds no more than the ids of predictions.

<project>/tasks.jsonl     passage, task and arm, as the server held them after the last push
shown/<model>.jsonl       every prediction that was sent under that model's name
<project>/carried.jsonl   what migrated annotations said when they were written there
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

from annotation.labelstudio.predictions import Shown
from annotation.labelstudio.project import Project
from schemas.annotation import Annotation, Prediction
from schemas.errors import GateError
from schemas.jsonl import read, write, write_lines
from schemas.lookup import Lookup, line_of
from schemas.pushed import TASKS_FILE, PushedTask
from schemas.record import Record, sha256
from schemas.workspace import Workspace

_CARRIED = "carried.jsonl"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def shown_file(workspace: Workspace, model: str) -> Path:
    """Return where the predictions of one model that were sent are kept."""
    return workspace.shown_dir / f"{_UNSAFE.sub('_', model)}.jsonl"


def keep_predictions(
    workspace: Workspace, model: str, predictions: Mapping[str, Prediction], *, dry_run: bool
) -> None:
    """Keep the predictions that are about to be sent under a model's name.

    Raises:
        GateError: under that name another prediction was sent for one of the passages before:
            annotations name the model that they began from, so a name must mean one thing.
    """
    path = shown_file(workspace, model)
    known: Lookup[Prediction] = Lookup(Prediction, {})
    if path.is_file():
        known = Lookup.read(path, Prediction, lambda prediction: prediction.passage_id)
    for passage in predictions.keys() & known.keys():
        same = line_of(predictions, passage) == known.line(passage)
        if not same and predictions[passage] != known[passage]:
            raise GateError(
                f"{path}: passage {passage} was sent with another prediction by {model!r} before; "
                "annotations name the model that they began from. Give the new predictions a new "
                "model name, and push them under that."
            )
    new = [passage for passage in predictions if passage not in known]
    if new and not dry_run:
        older = (known.line(passage) for passage in known)
        write_lines(path, chain(older, (line_of(predictions, passage) for passage in new)))


def keep_tasks(
    workspace: Workspace,
    project: Project,
    task_ids: Mapping[str, int],
    shown: Mapping[int, Shown],
) -> Path:
    """Write which task holds which passage, in which arm."""
    path = _tasks_file(workspace, project)
    write(path, _records(task_ids, shown))
    return path


def pushed_tasks(workspace: Workspace, project: Project) -> list[PushedTask]:
    """Read which tasks a project held after the last push; empty when that is not known."""
    path = _tasks_file(workspace, project)
    return read(path, PushedTask) if path.is_file() else []


class CarriedCopy(Record):
    """A migrated annotation as it was written to a project."""

    id: str
    content: str
    """Hash of what it said."""


def keep_carried(
    workspace: Workspace, project: Project, annotations: Iterable[Annotation]
) -> dict[str, str]:
    """Keep what annotations say that are about to be written; return what was kept before."""
    path = _carried_file(workspace, project)
    known = {copy.id: copy.content for copy in read(path, CarriedCopy)} if path.is_file() else {}
    new = {given.id: content_hash(given) for given in annotations}
    records = [CarriedCopy(id=key, content=said) for key, said in sorted((known | new).items())]
    if new:
        write(path, records)
    return known


def carried_copies(workspace: Workspace) -> set[tuple[str, str]]:
    """Return (annotation id, hash of what it said) of everything that was written to projects."""
    return {
        (copy.id, copy.content)
        for path in workspace.label_studio_dir.glob(f"*/{_CARRIED}")
        for copy in read(path, CarriedCopy)
    }


def content_hash(given: Annotation) -> str:
    """Return a hash of what an annotation says."""
    return sha256(given.content)


def _carried_file(workspace: Workspace, project: Project) -> Path:
    return workspace.label_studio_dir / project.folder / _CARRIED


def _tasks_file(workspace: Workspace, project: Project) -> Path:
    return workspace.label_studio_dir / project.folder / TASKS_FILE


def _records(task_ids: Mapping[str, int], shown: Mapping[int, Shown]) -> Sequence[PushedTask]:
    return [
        PushedTask(
            passage_id=passage,
            task_id=task,
            arm=shown[task].arm,
            models=tuple(sorted(shown[task].models)),
        )
        for passage, task in sorted(task_ids.items())
        if task in shown
    ]
