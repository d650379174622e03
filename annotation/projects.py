"""The verbs of this stage on a workspace and its Label Studio project: push, and find it again.

Apart from ``annotation.steps``, since the SDK takes seconds to import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from annotation.labelstudio.client import Connection
from annotation.labelstudio.project import (
    Project,
    find_project,
    make_project,
    project_title,
    remember,
)
from annotation.labelstudio.push import Plan, make_tasks, plan_push, push, tasks_on_server
from annotation.steps import rule_predictor
from schemas.annotation import Prediction
from schemas.article import Passage
from schemas.codebook import Codebook
from schemas.errors import GateError, MiyarError
from schemas.ledger import Ledger
from schemas.workspace import Workspace


@dataclass(frozen=True)
class Pushed:
    """What a push did."""

    project: Project | None
    """``None`` in a dry run without a project."""
    plan: Plan
    made: int


def run_push(
    workspace: Workspace,
    connection: Connection,
    ledger: Ledger,
    *,
    title: str | None = None,
    overlap: int,
    blind: float,
    dry_run: bool = False,
    on_batch: Callable[[int], None] = lambda n: None,
) -> Pushed:
    """Push all passages to the workspace's project, each exactly once."""
    codebook, passages = workspace.codebook(), workspace.passages()
    predictions = workspace.predictions("rules")
    if blind < 1:
        _check_predictions(workspace, passages, predictions)
    tasks = make_tasks(
        workspace.articles(), passages, predictions, codebook=codebook.hash, blind=blind
    )
    link, name = project_link(workspace), title or default_title(workspace, codebook)
    project = find_project(connection, codebook, name, None if title else link)
    if project is None and not dry_run:
        project = make_project(connection, codebook, name, overlap=overlap)
    if project is None:
        return Pushed(None, plan_push(tasks, {}, None), 0)
    if not dry_run:
        remember(project, link)
    plan = plan_push(tasks, tasks_on_server(connection, project), None)
    made = 0 if dry_run else push(connection, project, plan, on_batch=on_batch)
    if not dry_run:
        # Counted from what the server holds now, not from what we believe to have sent.
        plan_push(tasks, tasks_on_server(connection, project), ledger)
        ledger.check()
    return Pushed(project, plan, made)


def _check_predictions(
    workspace: Workspace, passages: list[Passage], predictions: dict[str, Prediction]
) -> None:
    """Check that every passage is predicted by today's rules: tasks are never edited afterwards.

    Raises:
        GateError: one is not.
    """
    name = rule_predictor(workspace).name
    stale = [p.id for p in passages if p.id not in predictions or predictions[p.id].model != name]
    if stale:
        raise GateError(
            f"{len(stale)} of {len(passages)} passages have no prediction by {name} (first: "
            f"{stale[0]}); run `miyar annotation preannotate --workspace {workspace.root}` first, "
            "or push with --blind 1."
        )


def project_link(workspace: Workspace) -> Path:
    """Return the file that remembers the workspace's project."""
    return workspace.runs_dir / "label-studio" / "project.json"


def default_title(workspace: Workspace, codebook: Codebook) -> str:
    """Return the title of a workspace's project: its folder name and its codebook."""
    return project_title(codebook, workspace.root.resolve().name)


def open_project(workspace: Workspace, connection: Connection, title: str | None = None) -> Project:
    """Find the workspace's project.

    Raises:
        MiyarError: nothing was pushed yet.
    """
    codebook = workspace.codebook()
    name = title or default_title(workspace, codebook)
    link = None if title else project_link(workspace)
    project = find_project(connection, codebook, name, link)
    if project is None:
        raise MiyarError(
            f"{connection.url} has no project “{name}”; make it with `miyar annotation push "
            f"--workspace {workspace.root}`."
        )
    return project
