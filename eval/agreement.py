"""Annotators against each other: Krippendorff's alpha per issue and over all, strict span F1."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import krippendorff
import numpy as np
from numpy.typing import NDArray

from eval.bootstrap import RESAMPLES, SEED, estimate, resample, rounded, weights
from eval.reference import latest
from eval.spans import count_pairs
from eval.tallies import FEW
from schemas.annotation import Annotation, Arm, Judgement
from schemas.errors import GateError
from schemas.report import AgreementReport, Estimate, LabelAgreement

Array = NDArray[np.float64]
CODE = {Judgement.ABSENT: 0.0, Judgement.PRESENT: 1.0, Judgement.NOT_JUDGED: np.nan}
"""Judgements as numbers."""


def agreement(
    annotations: Iterable[Annotation],
    *,
    issues: Sequence[str],
    groups: dict[str, str],
    unread: Mapping[str, frozenset[str]] | None = None,
    arm: Arm | None = None,
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
        arm: look at this arm only.
        resamples: number of bootstrap draws.
        seed: of the draws.

    Raises:
        GateError: no passage has two annotations.
    """
    unread = unread or {}
    by_passage: dict[str, list[Annotation]] = defaultdict(list)
    for annotation in latest(annotations):
        if arm in (None, annotation.arm):
            by_passage[annotation.passage_id].append(annotation)
    shared = {passage: given for passage, given in by_passage.items() if len(given) > 1}
    if not shared:
        raise GateError(
            f"no passage was annotated by two people{f' in the {arm.value} arm' if arm else ''}, "
            "so agreement is unknown; push with --overlap 2 and let a second annotator work."
        )
    used = [annotation for given in shared.values() for annotation in given]
    names = sorted({annotation.annotator for annotation in used})
    row = {group: n for n, group in enumerate(dict.fromkeys(groups[p] for p in shared))}
    rows = np.array([row[groups[passage]] for passage in shared])
    drawn = weights(len(row), resamples=resamples, seed=seed)
    values = _reliability(shared, names, issues)
    per_label = {
        issue: _label(values[:, :, column], rows, drawn) for column, issue in enumerate(issues)
    }
    cells = np.zeros((len(row), len(issues), 2, 2))
    for column in range(len(issues)):
        np.add.at(cells[:, column], rows, coincidences(values[:, :, column]))
    span_f1, span_labels = _span_agreement(shared.values(), rows, drawn, unread)
    return AgreementReport(
        arm=arm.value if arm else None,
        annotators=dict(sorted(Counter(a.annotator for a in used).items())),
        assisted=sum(a.arm is Arm.ASSISTED for a in used),
        unread=sum(bool(unread.get(a.id)) for a in used),
        units=len(shared),
        groups=len(row),
        alpha=_alpha(float(alpha_by_issue(cells.sum(axis=0))), cells, drawn),
        per_label=per_label,
        span_f1=span_f1,
        span_f1_per_label=span_labels,
    )


def _reliability(
    shared: dict[str, list[Annotation]], names: Sequence[str], issues: Sequence[str]
) -> Array:
    """Return judgements as 0, 1 and NaN; shape (annotators, passages, issues)."""
    values = np.full((len(names), len(shared), len(issues)), np.nan)
    row = {name: number for number, name in enumerate(names)}
    for column, given in enumerate(shared.values()):
        for annotation in given:
            said = [CODE[annotation.issues[issue]] for issue in issues]
            values[row[annotation.annotator], column] = said
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


def alpha_by_issue(matrices: Array) -> Array:
    """Return alpha over several issues, shape (..., issues, 2, 2) → (...); NaN if undefined.

    ``1 - ΣD_o / ΣD_e``, the disagreements of each issue weighted by its judgements: the mean of
    the issues' alphas, each weighted by what chance would disagree on. Taking all decisions for
    one variable instead would count as agreement that all know which issues are common: two
    people who tick at random, each issue as often as it occurs, would get 0.65 with two issues
    in 90 % and 10 % of passages.
    Disagreements as in Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011),
    section C; their sum over issues is a stratified alpha (decision 0014).
    """
    totals = matrices.sum(axis=-1)
    n = totals.sum(axis=-1)
    observed = matrices[..., 0, 1] + matrices[..., 1, 0]
    expected = 2 * totals[..., 0] * totals[..., 1] / np.maximum(n - 1, 1)
    top, bottom = observed.sum(axis=-1), expected.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(bottom > 0, 1 - top / bottom, np.nan)


def rarer(matrices: Array) -> Array:
    """Return how many judgements are of the rarer value: (..., issues, 2, 2) → (...).

    Alpha rests on these: all it knows of one who ticks where nobody else does is one tick.
    """
    return np.asarray(matrices.sum(axis=-1).min(axis=-1).sum(axis=-1))


def _alpha(point: float, cells: Array, drawn: Array) -> Estimate:
    """Return alpha with its interval; without one where it rests on few judgements.

    Args:
        point: alpha of these data.
        cells: coincidence matrices, shape (groups, issues, 2, 2).
        drawn: shape (resamples, groups).
    """
    few = float(rarer(cells.sum(axis=0))) < FEW
    samples = alpha_by_issue(resample(cells, drawn))
    return estimate(point, samples[:0] if few else samples, groups=len(cells))


def _label(values: Array, rows: NDArray[np.int64], drawn: Array) -> LabelAgreement:
    cells = np.zeros((drawn.shape[1], 1, 2, 2))
    np.add.at(cells[:, 0], rows, coincidences(values))
    matrix = cells.sum(axis=(0, 1))
    paired = values[:, (~np.isnan(values)).sum(axis=0) > 1]
    several = len(np.unique(paired[~np.isnan(paired)])) > 1
    point = krippendorff.alpha(paired, level_of_measurement="nominal") if several else float("nan")
    same, total = matrix[0, 0] + matrix[1, 1], matrix.sum()
    positive = matrix[1, 1] + matrix[0, 1]
    return LabelAgreement(
        alpha=_alpha(float(point), cells, drawn),
        observed=rounded(same / total) if total else None,
        positive=rounded(matrix[1, 1] / positive) if positive else None,
        units=paired.shape[1],
        present=int(np.nansum(paired)),
        few=bool(rarer(matrix[None]) < FEW),
    )


def _span_agreement(
    passages: Iterable[Sequence[Annotation]],
    rows: NDArray[np.int64],
    drawn: Array,
    unread: Mapping[str, frozenset[str]],
) -> tuple[Estimate, dict[str, float | None]]:
    """Return strict F1 pooled over pairs of annotators, of all spans and by label."""
    cells = np.zeros((drawn.shape[1], 2))
    by_label: dict[str, Array] = defaultdict(lambda: np.zeros(2))
    for row, given in zip(rows, passages, strict=True):
        for label, same, marked in count_pairs(given, unread):
            cells[row] += same, marked
            by_label[label] += same, marked
    if not by_label:
        return Estimate(value=None), {}
    total, samples = cells.sum(axis=0), resample(cells, drawn)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = samples[:, 0] / samples[:, 1]
    return estimate(float(total[0] / total[1]), ratios, groups=len(cells)), {
        label: rounded(float(same / marked)) for label, (same, marked) in sorted(by_label.items())
    }
