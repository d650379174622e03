"""Predictions against gold: micro, macro and per label, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from eval.bootstrap import (
    RESAMPLES,
    SEED,
    f1_interval,
    macro_interval,
    resample,
    rounded,
    weights,
)
from eval.counts import FN, FP, TP, Counts, count, macro, ratios
from eval.spans import score_spans
from schemas.annotation import Prediction
from schemas.dataset import Dataset
from schemas.report import LabelScores, MacroScores, Scores, SystemScores


def score(
    dataset: Dataset,
    predictions: Mapping[str, Prediction],
    *,
    name: str,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> SystemScores:
    """Score one system.

    Micro averages pool all decisions; macro F1 is the mean over labels with a positive
    (Opitz and Burst, "Macro F1 and Macro F1", 2019, their F1 of means is not used).

    Raises:
        GateError: an example has no prediction, or there is no example.
        RecordError: a prediction lacks an issue of the gold.
    """
    table = count(dataset, predictions)
    drawn = resample(table.counts, weights(len(table.groups), resamples=resamples, seed=seed))
    several = len(table.groups) > 1
    many = resamples if several else 0  # one group resampled is itself
    by_label = table.counts.sum(axis=0)
    positive = by_label[:, TP] + by_label[:, FN] > 0
    low, high = macro_interval(macro(drawn)[:many], by_label[positive])
    tagged = [bool(predictions[example.id].present) for example in dataset.examples]
    return SystemScores(
        name=name,
        n=len(dataset.examples),
        groups=len(table.groups),
        micro=_scores(by_label.sum(axis=0), drawn.sum(axis=1)[:many]),
        macro=MacroScores(
            f1=rounded(float(macro(by_label))),
            low=low,
            high=high,
            labels=int(positive.sum()),
        ),
        per_label={
            label: _label_scores(
                by_label[column],
                drawn[:many, column],
                judged=sum(label in example.issues for example in dataset.examples),
            )
            for column, label in enumerate(table.labels)
        },
        tagged=round(float(np.mean(tagged)), 4),
        spans=score_spans(dataset, predictions, resamples=resamples, seed=seed),
    )


def _scores(counts: Counts, drawn: Counts) -> Scores:
    precision, recall, f1 = (rounded(float(value)) for value in ratios(counts))
    low, high = f1_interval(ratios(drawn)[2], counts)
    return Scores(precision=precision, recall=recall, f1=f1, low=low, high=high)


def _label_scores(counts: Counts, drawn: Counts, *, judged: int) -> LabelScores:
    return LabelScores(
        **_scores(counts, drawn).model_dump(),
        support=int(counts[TP] + counts[FN]),
        predicted=int(counts[TP] + counts[FP]),
        judged=judged,
    )
