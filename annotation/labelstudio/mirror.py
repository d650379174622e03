"""Our own copy of what was pushed: an export holds no more than the ids of predictions.

tasks-<project>.jsonl     passage, task and arm, as the server held them after the last push
shown/<model>.jsonl       every prediction that was sent under that model's name
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from annotation.labelstudio.predictions import Shown
from annotation.labelstudio.project import Project
from schemas.annotation import Prediction
from schemas.errors import GateError
from schemas.jsonl import read, write
from schemas.pushed import TASKS_FILE, PushedTask
from schemas.workspace import Workspace

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
    known = {p.passage_id: p for p in read(path, Prediction)} if path.is_file() else {}
    for passage, prediction in predictions.items():
        before = known.get(passage)
        if before is not None and before != prediction:
            raise GateError(
                f"{path}: passage {passage} was sent with another prediction by {model!r} before; "
                "annotations name the model that they began from. Give the new predictions a new "
                "model name, and push them under that."
            )
    if not dry_run and predictions.keys() - known.keys():
        write(path, [*known.values(), *(p for k, p in predictions.items() if k not in known)])


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
