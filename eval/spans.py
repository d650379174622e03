"""Entity spans against entity spans: strict scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from eval.bootstrap import f1_interval, resample, rounded, weights
from eval.counts import FN, FP, TP, ratios
from schemas.annotation import Annotation, Prediction
from schemas.article import Span
from schemas.dataset import Dataset
from schemas.report import Scores, SpanScores


def count_spans(
    pairs: Iterable[tuple[str, Sequence[Span], Sequence[Span]]],
) -> tuple[list[str], list[str], NDArray[np.float64]]:
    """Count strict matches of ``(group, gold spans, predicted spans)``.

    Returns labels, groups, and counts with shape (groups, labels, 3).
    """
    rows = [(group, {s.key for s in gold}, {s.key for s in given}) for group, gold, given in pairs]
    labels = sorted({key[2] for _, gold, given in rows for key in gold | given})
    groups = list(dict.fromkeys(group for group, _, _ in rows))
    column = {label: number for number, label in enumerate(labels)}
    row = {group: number for number, group in enumerate(groups)}
    counts = np.zeros((len(groups), len(labels), 3))
    for group, gold, given in rows:
        for cell, keys in ((TP, gold & given), (FP, given - gold), (FN, gold - given)):
            for key in keys:
                counts[row[group], column[key[2]], cell] += 1
    return labels, groups, counts


def count_pairs(
    given: Sequence[Annotation], unread: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, int, int]]:
    """Yield ``(label, 2 · spans of both, spans of one + spans of the other)`` of each pair.

    The sum of the second by the sum of the third is strict span F1, pooled over pairs.

    Args:
        given: annotations of one passage, one an annotator.
        unread: annotation id → entity types that it says nothing about: no pair with it is
            compared on these.
    """
    for one, other in combinations(given, 2):
        silent = unread.get(one.id, frozenset()) | unread.get(other.id, frozenset())
        first, second = ({span.key for span in a.spans} for a in (one, other))
        both = Counter(label for _, _, label in first & second)
        marked = Counter(label for keys in (first, second) for _, _, label in keys)
        for label in sorted(marked.keys() - silent):
            yield label, 2 * both[label], marked[label]


def score_spans(
    dataset: Dataset, predictions: Mapping[str, Prediction], *, resamples: int, seed: int
) -> SpanScores | None:
    """Score spans on the examples whose spans are completely decided; ``None`` without any."""
    examples = [example for example in dataset.examples if example.spans_complete]
    labels, groups, counts = count_spans(
        (e.group, e.spans, predictions[e.id].spans) for e in examples
    )
    if not labels or not any(predictions[e.id].spans for e in examples):
        return None
    total = counts.sum(axis=(0, 1))
    drawn = resample(counts.sum(axis=1), weights(len(groups), resamples=resamples, seed=seed))
    low, high = f1_interval(ratios(drawn)[2][: resamples if len(groups) > 1 else 0], total)
    precision, recall, f1 = (rounded(float(value)) for value in ratios(total))
    by_label = counts.sum(axis=0)
    return SpanScores(
        precision=precision,
        recall=recall,
        f1=f1,
        low=low,
        high=high,
        support=int(total[TP] + total[FN]),
        predicted=int(total[TP] + total[FP]),
        per_label={
            label: Scores(**dict(zip(("precision", "recall", "f1"), values, strict=True)))
            for label, row in zip(labels, by_label, strict=True)
            for values in [[rounded(float(v)) for v in ratios(row)]]
        },
    )
