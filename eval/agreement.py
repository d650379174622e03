"""Annotators against each other: Krippendorff's alpha per issue and over all, strict span F1."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import krippendorff
import numpy as np
from numpy.typing import NDArray

from eval.bootstrap import RESAMPLES, SEED, estimate, resample, rounded, weights
from eval.counts import TP, ratios
from eval.spans import count_spans
from schemas.annotation import Annotation, Judgement
from schemas.article import Span
from schemas.errors import GateError
from schemas.report import AgreementReport, Estimate, LabelAgreement

Array = NDArray[np.float64]
_CODE = {Judgement.ABSENT: 0.0, Judgement.PRESENT: 1.0, Judgement.NOT_JUDGED: np.nan}


def agreement(
    annotations: Iterable[Annotation],
    *,
    issues: Sequence[str],
    groups: dict[str, str],
    unread: Mapping[str, frozenset[str]] | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> AgreementReport:
    """Measure agreement on the passages that two annotators or more have annotated.

    Args:
        annotations: independent annotations; leave the adjudicator's out.
        issues: the labels, in the order of the codebook.
        groups: passage id → group (article): what the intervals resample.
        unread: annotation id → entity types that it says nothing about: they were added to the
            codebook later. Spans of these are left out wherever it is compared.
        resamples: number of bootstrap draws.
        seed: of the draws.

    Raises:
        GateError: no passage has two annotations.
    """
    latest = {(a.passage_id, a.annotator): a for a in sorted(annotations, key=lambda a: a.age)}
    by_passage: dict[str, list[Annotation]] = defaultdict(list)
    for (passage, _), annotation in sorted(latest.items()):
        by_passage[passage].append(annotation)
    shared = {passage: given for passage, given in by_passage.items() if len(given) > 1}
    if not shared:
        raise GateError(
            "no passage was annotated by two people, so agreement is unknown; push with "
            "--overlap 2 and let a second annotator work."
        )
    names = sorted({annotation.annotator for given in shared.values() for annotation in given})
    order = list(dict.fromkeys(groups[passage] for passage in shared))
    rows = np.array([order.index(groups[passage]) for passage in shared])
    drawn = weights(len(order), resamples=resamples, seed=seed)
    values = _reliability(shared, names, issues)
    per_label = {
        issue: _label(values[:, :, column], rows, drawn) for column, issue in enumerate(issues)
    }
    span_f1, span_labels = _span_agreement(shared, names, groups, order, drawn, unread or {})
    flat = values.reshape(len(names), -1)
    return AgreementReport(
        annotators=dict(sorted(Counter(a.annotator for a in latest.values()).items())),
        units=len(shared),
        groups=len(order),
        alpha=_alpha(flat, np.repeat(rows, len(issues)), drawn),
        per_label=per_label,
        span_f1=span_f1,
        span_f1_per_label=span_labels,
    )


def _reliability(
    shared: dict[str, list[Annotation]], names: Sequence[str], issues: Sequence[str]
) -> Array:
    """Return judgements as 0, 1 and NaN; shape (annotators, passages, issues)."""
    values = np.full((len(names), len(shared), len(issues)), np.nan)
    for column, given in enumerate(shared.values()):
        for annotation in given:
            row = names.index(annotation.annotator)
            values[row, column] = [_CODE[annotation.issues[issue]] for issue in issues]
    return values


def coincidences(values: Array) -> Array:
    """Return each unit's 2 × 2 coincidence matrix; (annotators, units) → (units, 2, 2).

    Source: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: a
    unit with m values adds ``pairs / (m - 1)``; units with one value add nothing.
    """
    ones = np.nansum(values, axis=0)
    counted = (~np.isnan(values)).sum(axis=0)
    zeros = counted - ones
    scale = np.where(counted > 1, 1 / np.maximum(counted - 1, 1), 0.0)
    matrix = np.empty((values.shape[1], 2, 2))
    matrix[:, 0, 0], matrix[:, 1, 1] = zeros * (zeros - 1), ones * (ones - 1)
    matrix[:, 0, 1] = matrix[:, 1, 0] = zeros * ones
    return np.asarray(matrix * scale[:, None, None])


def alpha_of(matrix: Array) -> Array:
    """Return nominal alpha of coincidence matrices with shape (..., 2, 2); NaN if undefined.

    ``1 - D_o / D_e``; undefined when only one value occurs.
    """
    totals = matrix.sum(axis=-1)
    n = totals.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = (matrix[..., 0, 1] + matrix[..., 1, 0]) / n
        expected = 2 * totals[..., 0] * totals[..., 1] / (n * (n - 1))
        return np.where(expected > 0, 1 - observed / expected, np.nan)


def _alpha(values: Array, rows: NDArray[np.int64], drawn: Array) -> Estimate:
    paired = (~np.isnan(values)).sum(axis=0) > 1
    if len(np.unique(values[:, paired][~np.isnan(values[:, paired])])) < 2:
        return Estimate(value=None)
    point = krippendorff.alpha(values[:, paired], level_of_measurement="nominal")
    by_group = np.zeros((drawn.shape[1], 2, 2))
    np.add.at(by_group, rows, coincidences(values))
    samples = alpha_of(resample(by_group, drawn))
    return estimate(float(point), samples, groups=drawn.shape[1])


def _label(values: Array, rows: NDArray[np.int64], drawn: Array) -> LabelAgreement:
    matrix = coincidences(values).sum(axis=0)
    paired = (~np.isnan(values)).sum(axis=0) > 1
    same, total = matrix[0, 0] + matrix[1, 1], matrix.sum()
    positive = matrix[1, 1] + matrix[0, 1]
    return LabelAgreement(
        alpha=_alpha(values, rows, drawn),
        observed=rounded(same / total) if total else None,
        positive=rounded(matrix[1, 1] / positive) if positive else None,
        units=int(paired.sum()),
        present=int(np.nansum(values[:, paired])),
    )


def _read(annotation: Annotation, silent: frozenset[str]) -> list[Span]:
    return [span for span in annotation.spans if span.label not in silent]


def _span_agreement(
    shared: dict[str, list[Annotation]],
    names: Sequence[str],
    groups: dict[str, str],
    order: Sequence[str],
    drawn: Array,
    unread: Mapping[str, frozenset[str]],
) -> tuple[Estimate, dict[str, float | None]]:
    """Return the mean strict F1 over pairs of annotators, and F1 pooled over pairs by label."""
    points, samples = [], []
    pooled: Counter[str] = Counter()
    for first, second in combinations(names, 2):
        pairs = []
        for passage, given in shared.items():
            by_name = {annotation.annotator: annotation for annotation in given}
            if first in by_name and second in by_name:
                one, other = by_name[first], by_name[second]
                silent = unread.get(one.id, frozenset()) | unread.get(other.id, frozenset())
                pairs.append((groups[passage], _read(one, silent), _read(other, silent)))
        labels, found, counts = count_spans(pairs)
        if not labels:
            continue
        full = np.zeros((len(order), 3))
        full[[order.index(group) for group in found]] = counts.sum(axis=1)
        points.append(float(ratios(full.sum(axis=0))[2]))
        samples.append(ratios(resample(full, drawn))[2])
        for label, row in zip(labels, counts.sum(axis=0), strict=True):
            pooled[f"{label}:same"] += int(2 * row[TP])
            pooled[f"{label}:all"] += int(row.sum() + row[TP])
    if not points:
        return Estimate(value=None), {}
    names_of = sorted({key.split(":")[0] for key in pooled})
    by_label = {
        label: rounded(pooled[f"{label}:same"] / pooled[f"{label}:all"]) for label in names_of
    }
    mean = np.mean(np.array(samples), axis=0)
    return estimate(float(np.mean(points)), mean, groups=len(order)), by_label
