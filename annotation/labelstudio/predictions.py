"""A model's predictions → tasks that are there already; annotations are never touched.

The label stream shows an annotator only the predictions of the project's one model version.
So when the rules or a model changed, the tasks that still wait for annotators get the new
predictions first, and only then is the project turned to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.listing import rows
from annotation.labelstudio.api.sending import send
from annotation.labelstudio.project import Project, show_model
from annotation.labelstudio.push import BATCH
from annotation.labelstudio.settle import import_predictions, remove_double_predictions
from annotation.labelstudio.tasks import Json, prediction
from schemas.annotation import Arm, Prediction
from schemas.article import Passage
from schemas.codebook import Codebook
from schemas.errors import GateError

_FIELDS = "id,predictions_model_versions,total_annotations,total_predictions"


@dataclass(frozen=True)
class Shown:
    """What a task on the server has been given."""

    models: Counter[str]
    """Model versions; the server names each once."""
    annotations: int
    """Annotations that were submitted and not skipped."""
    predictions: int = 0
    """Predictions; more than there are models when the server made some twice."""

    @property
    def doubled(self) -> bool:
        """Whether some model's prediction stands there more than once."""
        return self.predictions > len(self.models)

    @property
    def arm(self) -> Arm:
        """The arm that the task was pushed in; it never changes afterwards."""
        return Arm.ASSISTED if self.models else Arm.BLIND


@dataclass(frozen=True)
class PredictionPlan:
    """What it takes that annotators see one model's predictions."""

    model: str
    new: tuple[tuple[int, Passage], ...]
    """Tasks to add a prediction to, and their passages."""
    held: int
    """Assisted tasks that have the model's prediction already."""
    finished: int
    """Assisted tasks that have all their annotations: nobody would see a new prediction."""
    doubled: int
    """Tasks that hold the model's prediction more than once."""


def shown_on_server(connection: Connection, project: Project) -> dict[int, Shown]:
    """Return task id → what it has been given."""
    return {
        int(row["id"]): Shown(
            models=Counter(_names(row["predictions_model_versions"])),
            annotations=int(row["total_annotations"] or 0),
            predictions=int(row["total_predictions"] or 0),
        )
        for row in rows(connection, project, _FIELDS, full=True)
    }


def _names(versions: object) -> list[str]:
    """Read model versions: a comma-joined text on SQLite, a list on PostgreSQL."""
    if isinstance(versions, str):
        return [name for name in versions.split(",") if name]
    return [str(name) for name in versions] if isinstance(versions, list) else []


def plan_predictions(
    model: str,
    predictions: Mapping[str, Prediction],
    passages: Sequence[Passage],
    task_ids: Mapping[str, int],
    shown: Mapping[int, Shown],
    *,
    overlap: int,
) -> PredictionPlan:
    """Compare what the tasks have been given with what a model predicts.

    Args:
        model: name and version, as in the predictions.
        predictions: passage id → the model's prediction.
        passages: the workspace's passages.
        task_ids: passage id → task id.
        shown: from ``shown_on_server``.
        overlap: annotators a passage; a task with as many annotations is finished.
    """
    new: list[tuple[int, Passage]] = []
    held, finished, doubled = 0, 0, 0
    for passage in passages:
        task = task_ids.get(passage.id)
        given = shown.get(task) if task is not None else None
        if task is None or given is None or given.arm is Arm.BLIND or passage.id not in predictions:
            continue
        if given.models[model]:
            held += 1
            doubled += given.doubled
        elif given.annotations >= overlap:
            finished += 1
        else:
            new.append((task, passage))
    return PredictionPlan(model, tuple(new), held, finished, doubled)


def examine(
    passages: Sequence[Passage], predictions: Mapping[str, Prediction], codebook: Codebook
) -> tuple[list[str], list[str]]:
    """Look through predictions; Label Studio takes any rubbish without a word.

    Returns:
        The models that they are by, and what cannot be shown: issues, labels, offsets.
    """
    issues, labels = set(codebook.issue_ids), set(codebook.entity_ids)
    models: set[str] = set()
    faults = []
    for passage in passages:
        found = predictions[passage.id]
        models.add(found.model)
        if unknown := sorted(set(found.present) - issues):
            faults.append(f"{passage.id}: issue {', '.join(unknown)} is not in the codebook")
        for span in found.spans:
            if span.label not in labels:
                faults.append(f"{passage.id}: label {span.label} is not in the codebook")
            if span.end > len(passage.text):
                faults.append(
                    f"{passage.id}: {span.start}..{span.end} ends beyond a text of "
                    f"{len(passage.text)} code points"
                )
    return sorted(models), faults


def refuse(faults: Sequence[str], where: str) -> None:
    """Refuse predictions that cannot be shown.

    Raises:
        GateError: there are faults; lists the first ones.
    """
    if faults:
        shown = "\n".join(f"  {fault}" for fault in faults[:10])
        raise GateError(
            f"{where}: {len(faults)} faults in the predictions:\n{shown}\n"
            "Predict these passages again with a model of this codebook; nothing was pushed."
        )


def push_predictions(
    connection: Connection,
    project: Project,
    plan: PredictionPlan,
    predictions: Mapping[str, Prediction],
    *,
    on_batch: Callable[[int], None],
    batch_size: int = BATCH,
) -> None:
    """Add the plan's predictions, then turn the project to the model.

    Raises:
        ServerError: the server refuses or keeps failing; run it again to go on.
    """
    for first in range(0, len(plan.new), batch_size):
        chosen = plan.new[first : first + batch_size]
        batch = [{"task": task, **prediction(p, predictions[p.id])} for task, p in chosen]
        _import(connection, project, plan.model, batch)
        on_batch(len(batch))
    if plan.new or plan.doubled:
        shown = shown_on_server(connection, project)
        twice = [task for task, given in shown.items() if given.doubled]
        remove_double_predictions(connection, project, twice)
    if plan.new or plan.held:
        show_model(connection, project, plan.model)


def _import(connection: Connection, project: Project, model: str, batch: Sequence[Json]) -> None:
    """Import one batch; after a failure look what the server holds before sending again."""
    send(
        connection,
        batch,
        request=lambda left: import_predictions(connection, project, left),
        missing=lambda left: _missing(connection, project, model, left),
        what="predictions",
    )


def _missing(
    connection: Connection, project: Project, model: str, batch: Sequence[Json]
) -> list[Json]:
    shown = shown_on_server(connection, project)
    return [item for item in batch if not shown[item["task"]].models[model]]
