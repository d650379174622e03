"""What must hold of agreement whatever the data."""

from __future__ import annotations

from datetime import UTC, datetime

import krippendorff
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eval.agreement import agreement, alpha_by_issue, coincidences
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement
from schemas.report import AgreementReport

VALUES = st.sampled_from([0.0, 1.0, np.nan])
WHEN = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def reliability(draw: st.DrawFn) -> np.ndarray:
    """Judgements with missing ones; shape (annotators, units)."""
    raters, units = draw(st.integers(2, 5)), draw(st.integers(1, 15))
    rows = st.lists(VALUES, min_size=units, max_size=units)
    return np.array(draw(st.lists(rows, min_size=raters, max_size=raters)))


@settings(deadline=None)
@given(values=reliability())
def test_alpha_is_the_krippendorff_package_s(values: np.ndarray) -> None:
    own = float(alpha_by_issue(coincidences(values).sum(axis=0)[None]))
    paired = values[:, (~np.isnan(values)).sum(axis=0) > 1]
    used = set(paired[~np.isnan(paired)])
    assert np.isnan(own) == (len(used) < 2)
    if len(used) == 2:
        expected = krippendorff.alpha(values, level_of_measurement="nominal")
        assert abs(own - expected) < 1e-9


@settings(deadline=None)
@given(values=reliability())
def test_coincidences_are_symmetric_and_count_every_paired_value_once(values: np.ndarray) -> None:
    matrix = coincidences(values)
    assert np.array_equal(matrix, matrix.transpose(0, 2, 1))
    counted = (~np.isnan(values)).sum(axis=0)
    np.testing.assert_allclose(matrix.sum(axis=(1, 2)), np.where(counted > 1, counted, 0))


JUDGEMENTS = st.sampled_from(Judgement)
SPANS = st.sets(st.integers(0, 3)).map(
    lambda words: tuple(
        AnnotatedSpan(start=5 * n, end=5 * n + 4, label="GPE") for n in sorted(words)
    )
)
ROWS = st.lists(
    st.tuples(st.tuples(JUDGEMENTS, SPANS), st.tuples(JUDGEMENTS, SPANS)), min_size=1, max_size=8
)
Said = tuple[Judgement, tuple[AnnotatedSpan, ...]]


def _measured(rows: list[tuple[Said, Said]], names: tuple[str, str]) -> AgreementReport:
    annotations = [
        Annotation(
            id=f"{name}-{number}",
            passage_id=f"p{number}",
            annotator=name,
            created_at=WHEN,
            arm=Arm.BLIND,
            codebook="c",
            issues={"taiwan": judgement},
            spans=spans,
        )
        for number, row in enumerate(rows)
        for name, (judgement, spans) in zip(names, row, strict=True)
    ]
    groups = {f"p{n}": f"g{n % 3}" for n in range(len(rows))}
    return agreement(annotations, issues=("taiwan",), groups=groups, resamples=20)


@settings(deadline=None)
@given(rows=ROWS)
def test_swapping_annotators_changes_nothing(rows: list[tuple[Said, Said]]) -> None:
    assert _measured(rows, ("x", "y")) == _measured(rows, ("y", "x"))


@settings(deadline=None)
@given(rows=ROWS)
def test_identical_annotators_agree_fully(rows: list[tuple[Said, Said]]) -> None:
    said = {row[0][0] for row in rows}
    assume({Judgement.PRESENT, Judgement.ABSENT} <= said)
    found = _measured([(first, first) for first, _ in rows], ("x", "y"))
    assert found.alpha.value == 1.0
    assert found.per_label["taiwan"].alpha.value == 1.0
    assert found.per_label["taiwan"].observed == 1.0
    assert found.span_f1.value == (1.0 if any(row[0][1] for row in rows) else None)


@settings(deadline=None)
@given(rows=ROWS)
def test_an_interval_is_in_order_and_alpha_never_exceeds_one(rows: list[tuple[Said, Said]]) -> None:
    found = _measured(rows, ("x", "y"))
    for estimate in (found.alpha, found.span_f1):
        assert estimate.value is None or estimate.value <= 1
        assert (estimate.low is None) == (estimate.high is None)
        if estimate.low is not None and estimate.high is not None:
            assert estimate.low <= estimate.high
