"""Gold and predictions → counts of true positives, false positives and false negatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.annotation import Prediction
from schemas.dataset import Dataset, Example
from schemas.errors import GateError, RecordError

Counts = NDArray[np.float64]
TP, FP, FN = 0, 1, 2


@dataclass(frozen=True)
class Table:
    """Counts of one system."""

    labels: tuple[str, ...]
    counts: Counts
    """Shape (groups, labels, 3): true positives, false positives, false negatives."""
    groups: tuple[str, ...]


def count(dataset: Dataset, predictions: Mapping[str, Prediction]) -> Table:
    """Count every judged decision; what nobody judged counts neither way.

    Raises:
        GateError: an example has no prediction.
        RecordError: a prediction lacks an issue of the gold.
    """
    check_complete(dataset, predictions)
    groups = tuple(dict.fromkeys(example.group for example in dataset.examples))
    row = {group: number for number, group in enumerate(groups)}
    counts = np.zeros((len(groups), len(dataset.issues), 3))
    for example in dataset.examples:
        present = set(predictions[example.id].present)
        for column, issue in enumerate(dataset.issues):
            cell = _cell(example, issue, issue in present)
            if cell is not None:
                counts[row[example.group], column, cell] += 1
    return Table(dataset.issues, counts, groups)


def _cell(example: Example, issue: str, predicted: bool) -> int | None:
    truth = example.issues.get(issue)
    if truth is None or not (truth or predicted):
        return None
    return TP if truth and predicted else FN if truth else FP


def check_complete(dataset: Dataset, predictions: Mapping[str, Prediction]) -> None:
    """Check that every example is predicted, for every issue.

    Raises:
        GateError: an example has no prediction.
        RecordError: a prediction lacks an issue of the gold.
    """
    if not dataset.examples:
        raise GateError(f"{dataset.name} holds no example: there is nothing to score.")
    missing = [example.id for example in dataset.examples if example.id not in predictions]
    if missing:
        raise GateError(
            f"{len(missing)} of {len(dataset.examples)} examples of {dataset.name} have no "
            f"prediction (first: {missing[0]}); predict the same data with `miyar train predict`."
        )
    for example in dataset.examples:
        given = predictions[example.id]
        if lacking := sorted(set(dataset.issues) - set(given.issues)):
            raise RecordError(
                f"the prediction of {given.model} for {example.id} has no score for "
                f"{', '.join(lacking)}: the model was made for other issues; fit it again."
            )


def ratios(counts: Counts) -> tuple[Counts, Counts, Counts]:
    """Return precision, recall and F1 of counts with shape (..., 3); NaN where not defined.

    Precision is not defined without predictions, recall without positives, F1 without both.
    """
    tp, fp, fn = counts[..., TP], counts[..., FP], counts[..., FN]
    with np.errstate(invalid="ignore", divide="ignore"):
        return tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn)


def macro(counts: Counts) -> Counts:
    """Return the mean F1 over labels with a positive; shape (..., labels, 3) → (...).

    Labels without a positive in these counts are left out: their F1 says nothing of recall.
    """
    f1 = ratios(counts)[2]
    has_positive = counts[..., TP] + counts[..., FN] > 0
    labels = has_positive.sum(axis=-1)
    with np.errstate(invalid="ignore"):
        total = np.where(has_positive, f1, 0.0).sum(axis=-1)
        return np.asarray(total / np.where(labels, labels, np.nan))
