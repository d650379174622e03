"""What must hold of the quality of annotators whatever the data; planted rates are found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.latent import Fitted, collect, fit
from eval.quality import quality
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement
from schemas.report import AnnotatorScores, QualityReport

ISSUES = ("a", "b")
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
SWAPPED = {
    Judgement.PRESENT: Judgement.ABSENT,
    Judgement.ABSENT: Judgement.PRESENT,
    Judgement.NOT_JUDGED: Judgement.NOT_JUDGED,
}


@st.composite
def annotated(draw: st.DrawFn) -> list[Annotation]:
    """A few passages of three articles, annotated by some of three people."""
    return [
        Annotation(
            id=f"{who}{n}",
            passage_id=f"art{n % 3}:{n}",
            annotator=who,
            created_at=WHEN + timedelta(minutes=n),
            lead_time_s=draw(st.none() | st.floats(0, 1e4)),
            arm=Arm.BLIND,
            codebook="c",
            issues={issue: draw(st.sampled_from(Judgement)) for issue in ISSUES},
            spans=tuple(
                AnnotatedSpan(start=10 * place, end=10 * place + end, label="GPE")
                for place, end in sorted(
                    draw(st.dictionaries(st.integers(0, 2), st.integers(1, 2))).items()
                )
            ),
        )
        for n in range(draw(st.integers(1, 6)))
        for who in sorted(draw(st.sets(st.sampled_from("xyz"), min_size=1)))
    ]


def measured(found: list[Annotation]) -> QualityReport:
    groups = {a.passage_id: a.passage_id.partition(":")[0] for a in found}
    return quality(found, issues=ISSUES, groups=groups, resamples=20)


def scores(report: QualityReport) -> list[AnnotatorScores]:
    return [
        found
        for one in report.annotators.values()
        for found in (
            *(one.issues, one.spans),
            *one.per_label.values(),
            *one.spans_per_label.values(),
        )
    ]


@settings(deadline=None, max_examples=60)
@given(found=annotated())
def test_every_report_is_in_bounds_and_does_not_depend_on_the_order(
    found: list[Annotation],
) -> None:
    report = measured(found)
    assert report == measured(found[::-1])
    assert report.conclusions
    assert sum(one.annotations for one in report.annotators.values()) == len(found)
    assert sum(report.decided_by.values()) == sum(
        one.issues.judged for one in report.annotators.values()
    )
    for one in scores(report):
        assert (one.precision.value is None) == (one.given == 0)
        assert (one.recall.value is None) == (one.support == 0)
        for share in (one.precision, one.recall):
            # Only one article alone gives none.
            assert share.low is not None or share.value is None or share.few
            if share.value is not None and share.low is not None and share.high is not None:
                assert 0 <= share.low <= share.value <= share.high <= 1


@settings(deadline=None, max_examples=40)
@given(found=annotated())
def test_of_two_annotators_one_s_precision_is_the_other_s_recall(found: list[Annotation]) -> None:
    two = [a for a in found if a.annotator != "z"]
    if {a.annotator for a in two} != {"x", "y"}:
        return
    x, y = (measured(two).annotators[name] for name in "xy")
    for first, second in ((x.issues, y.issues), (x.spans, y.spans)):
        assert first.precision.value == second.recall.value
        assert first.recall.value == second.precision.value
        assert first.f1.value == second.f1.value


Rows = list[tuple[int, str, dict[str, bool]]]


def votes(seed: int) -> Rows:
    """Return 200 units, judged by most of three annotators who are right four times of five."""
    rng = np.random.default_rng(seed)
    return [
        (
            n % 3,
            ISSUES[n % 2],
            {who: bool(yes ^ (rng.random() < 0.2)) for who in "xyz" if rng.random() < 0.9},
        )
        for n, yes in enumerate(rng.random(200) < 0.4)
    ]


def fitted(rows: Rows) -> Fitted:
    known = collect(rows, groups=3)
    assert known is not None
    return fit(known, np.ones((1, 3)))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_where_yes_means_no_sensitivity_is_specificity(seed: int) -> None:
    rows = votes(seed)
    one = fitted(rows)
    other = fitted([(g, kind, {k: not v for k, v in said.items()}) for g, kind, said in rows])
    assert one.sensitivity == pytest.approx(other.specificity, abs=1e-3)
    assert one.prevalence == pytest.approx(1 - other.prevalence, abs=1e-3)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_a_corpus_that_is_doubled_says_the_same(seed: int) -> None:
    one, double = fitted(votes(seed)), fitted(votes(seed) * 2)
    assert double.sensitivity == pytest.approx(one.sensitivity, abs=1e-6)
    assert double.positives == pytest.approx(2 * one.positives, abs=1e-3)


@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from(ISSUES),
            st.dictionaries(st.sampled_from("xyz"), st.booleans(), max_size=3),
        ),
        max_size=20,
    )
)
def test_the_model_is_fitted_where_some_unit_has_three_votes_and_stays_in_bounds(
    rows: Rows,
) -> None:
    known = collect(rows, groups=3)
    assert (known is not None) == any(len(said) == 3 for _, _, said in rows)
    if known is None:
        return
    assert known.counts.sum() == sum(len(said) == 3 for _, _, said in rows)
    found = fit(known, np.vstack([np.ones((1, 3)), np.zeros((1, 3)), np.eye(3)]))
    for part in (found.sensitivity, found.specificity, found.prevalence):
        assert ((part > 0) & (part < 1)).all()
