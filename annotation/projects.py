"""The verbs of this stage on a workspace and its Label Studio project: push, and find it again.

Apart from ``annotation.steps``, since the SDK takes seconds to import.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.lookup import remove_twins
from annotation.labelstudio.mirror import keep_predictions, keep_tasks
from annotation.labelstudio.predictions import (
    PredictionPlan,
    Shown,
    examine,
    plan_predictions,
    push_predictions,
    refuse,
    shown_on_server,
)
from annotation.labelstudio.project import (
    Project,
    find_project,
    make_project,
    overlap_of,
    project_title,
    refresh,
    remember,
    set_overlap,
    size_of,
)
from annotation.labelstudio.push import (
    Held,
    Plan,
    Sent,
    plan_push,
    push,
    tasks_due,
    tasks_on_server,
)
from annotation.labelstudio.settle import settle
from annotation.labelstudio.tasks import Due
from annotation.steps import rules_of
from schemas.annotation import Prediction
from schemas.article import Passage
from schemas.codebook import Codebook
from schemas.errors import GateError, MiyarError
from schemas.ledger import Ledger
from schemas.workspace import Workspace, archive_codebook

RULES = "rules"
"""The predictions that are pushed unless others are named."""
BLENDED = "migrated"
"""The rules' predictions with what stays valid of work under an earlier codebook."""
OVERLAP = 2
"""Annotators a passage, unless said otherwise."""


@dataclass(frozen=True)
class Pushed:
    """What a push did, or would do."""

    project: Project | None
    """``None`` in a dry run without a project."""
    plan: Plan
    made: int
    predictions: PredictionPlan | None = None
    """For tasks that were there already; ``None`` when everything is pushed blind."""
    overlap: tuple[int, int] | None = None
    """Annotators a passage before and after, where the push changed it."""


def run_push(
    workspace: Workspace,
    connection: Connection,
    ledger: Ledger,
    *,
    title: str | None = None,
    predictions: str | None = None,
    overlap: int | None = None,
    blind: float,
    refreshed: bool = False,
    dry_run: bool = False,
    on_batch: Callable[[int], None] = lambda n: None,
) -> Pushed:
    """Push all passages to the workspace's project, each exactly once.

    Passages that have their task already get the predictions of a newer model where annotators
    may still come to them; annotations are not touched, and a passage stays in its arm.

    Args:
        workspace: what to push.
        connection: the server.
        ledger: gets the fate of every task, as the server holds them afterwards.
        title: of the project; found again by the link file, else by its title, unless given.
        predictions: name of the predictions file; the rules' unless given, or what a migration
            made of them for this project.
        overlap: annotators a passage; ``None`` keeps the project's.
        blind: share of new passages, chosen by hash, that get no prediction.
        refreshed: give the project today's interface and instructions, should it look otherwise.
        dry_run: say what would be done.
        on_batch: told the number of tasks or predictions after each batch.

    Raises:
        GateError: predictions are missing, of an older rule set, or do not fit their texts.
    """
    codebook, passages = workspace.codebook(), workspace.passages()
    predicted: Mapping[str, Prediction] = {}
    if blind < 1:
        name = predictions or usual_predictions(workspace)
        predicted = _predictions(workspace, codebook, passages, name)
    model = _model(predicted)
    tasks = tasks_due(
        workspace.articles(), passages, predicted, codebook=codebook.hash, blind=blind
    )
    link, wanted = project_link(workspace), title or default_title(workspace, codebook)
    project = find_project(connection, codebook, wanted, None if title else link)
    if project is None and dry_run:
        return Pushed(None, plan_push(tasks, {}, None), 0)
    if predicted:
        keep_predictions(workspace, model, predicted, dry_run=dry_run)
    if project is None:
        project = make_project(connection, codebook, wanted, overlap=overlap or OVERLAP)
    if dry_run:
        return _dry_run(connection, project, tasks, passages, predicted, overlap)
    archive_codebook(workspace)
    remember(project, link)
    if refreshed:
        refresh(connection, project, codebook)
    changed = _change_overlap(connection, project, overlap)
    before = tasks_on_server(connection, project)
    plan = plan_push(tasks, before, None)
    sent = push(connection, project, plan, on_batch=on_batch)
    held = _held_now(connection, project, tasks, before, sent, ledger)
    plan_push(tasks, held, ledger)
    ledger.check()
    task_ids = {passage: found[0][0] for passage, found in held.items()}
    if before or not sent.certain or not _as_answered(sent, held):
        shown = shown_on_server(connection, project)
    else:
        shown = _as_sent(plan, sent, model)
    newer = _newer(connection, project, passages, predicted, task_ids, shown)
    if newer:
        push_predictions(connection, project, newer, predicted, on_batch=on_batch)
        for task, _ in newer.new:
            shown[task].models[newer.model] += 1
    keep_tasks(workspace, project, task_ids, shown)
    return Pushed(project, plan, sent.made, newer, changed)


def _held_now(
    connection: Connection,
    project: Project,
    tasks: Sequence[Due],
    before: Held,
    sent: Sent,
    ledger: Ledger,
) -> Held:
    """Return what the server holds now: counted there, not taken from what we meant to send.

    Reading all tasks again takes a third of the time of sending them. When every answer came and
    the project has just as many tasks as it had and was sent, they are as the answers say.
    """
    remove_twins(connection, project.title, project.id)
    number = sum(len(found) for found in before.values())
    clean = not before.bare and all(len(found) == 1 for found in before.values())
    if clean and sent.certain and size_of(connection, project) == number + sent.made:
        held = Held()
        held.update(before)
        texts = {task.key: task.text for task in tasks}
        held.update({key: [(task, texts[key])] for key, task in sent.ids.items()})
        return held
    return settle(connection, project, tasks, tasks_on_server(connection, project), ledger)


def _as_answered(sent: Sent, held: Held) -> bool:
    """Tell whether each task is the one that the server named, and the only one of its passage.

    A server that made tasks twice names the second ones, and the first ones were kept.
    """
    named = {key: [task] for key, task in sent.ids.items()}
    return named == {key: [task for task, _ in found] for key, found in held.items()}


def _as_sent(plan: Plan, sent: Sent, model: str) -> dict[int, Shown]:
    """Return what each new task has been given."""
    return {
        sent.ids[task.key]: Shown(
            Counter([model] if task.assisted else []),
            annotations=0,
            predictions=int(task.assisted),
        )
        for task in plan.new
    }


def _dry_run(
    connection: Connection,
    project: Project,
    tasks: Sequence[Due],
    passages: Sequence[Passage],
    predicted: Mapping[str, Prediction],
    overlap: int | None,
) -> Pushed:
    held = tasks_on_server(connection, project)
    task_ids = {passage: found[0][0] for passage, found in held.items()}
    before = overlap_of(connection, project)
    return Pushed(
        project,
        plan_push(tasks, held, None),
        0,
        _newer(
            connection,
            project,
            passages,
            predicted,
            task_ids,
            shown_on_server(connection, project),
        ),
        (before, overlap) if overlap and overlap != before else None,
    )


def _change_overlap(
    connection: Connection, project: Project, overlap: int | None
) -> tuple[int, int] | None:
    before = overlap_of(connection, project)
    if overlap is None or overlap == before:
        return None
    set_overlap(connection, project, overlap)
    return before, overlap


def _newer(
    connection: Connection,
    project: Project,
    passages: Sequence[Passage],
    predicted: Mapping[str, Prediction],
    task_ids: Mapping[str, int],
    shown: Mapping[int, Shown],
) -> PredictionPlan | None:
    """Plan which tasks get the model's prediction, as one model is shown in a project."""
    if not predicted:
        return None
    return plan_predictions(
        _model(predicted),
        predicted,
        passages,
        task_ids,
        shown,
        overlap=overlap_of(connection, project),
    )


def usual_predictions(workspace: Workspace) -> str:
    """Return the name of the predictions that a push sends unless another is asked for.

    After a migration these are the blended ones, as long as they rest on today's rules: the
    rules' own would show annotators less than they knew already.
    """
    blended = workspace.predictions(BLENDED)
    if not blended:
        return RULES
    today = rules_of(workspace)
    return BLENDED if all(p.model.startswith(f"{today}+") for p in blended.values()) else RULES


def _model(predicted: Mapping[str, Prediction]) -> str:
    """Return the one model that predictions are by; empty when there are none."""
    return next((prediction.model for prediction in predicted.values()), "")


def _predictions(
    workspace: Workspace, codebook: Codebook, passages: Sequence[Passage], name: str
) -> Mapping[str, Prediction]:
    """Read the predictions to push, and check that they are whole and fit.

    Raises:
        GateError: a passage has none, or one that is not of today's rules: annotators would see
            predictions of two kinds without knowing it.
    """
    found = workspace.predictions(name)
    file = workspace.predictions_dir / f"{name}.jsonl"
    again = {
        RULES: f"run `miyar annotation preannotate --workspace {workspace.root}` first",
        BLENDED: f"run `miyar annotation carry --workspace {workspace.root}` instead",
    }.get(name, f"write a prediction for every passage into {file}")
    missing = [passage.id for passage in passages if passage.id not in found]
    if missing:
        raise GateError(
            f"{len(missing)} of {len(passages)} passages have no prediction in {file} (first: "
            f"{missing[0]}); {again}, or push with --blind 1."
        )
    own = found.only(passage.id for passage in passages)
    models, faults = examine(passages, own, codebook)
    if name == RULES and models and models != [wanted := rules_of(workspace)]:
        raise GateError(f"{file} holds predictions by {', '.join(models)}, not {wanted}; {again}.")
    if len(models) > 1:
        raise GateError(f"{file} holds predictions by {', '.join(models)}; {again} by one model.")
    refuse(faults, str(file))
    return own


def project_link(workspace: Workspace) -> Path:
    """Return the file that remembers the workspace's project."""
    return workspace.label_studio_dir / "project.json"


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
