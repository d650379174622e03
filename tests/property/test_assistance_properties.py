"""What must hold of the comparison of the arms whatever the data; planted sway is found."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.assistance import assistance
from eval.tallies import Tallies, medians
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Prediction
from schemas.article import Span
from schemas.report import AssistanceReport, Contrast, Fate

ISSUES = ("a", "b")
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
PLACES = st.sets(
    st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from(["GPE", "ORG"])), max_size=4
)


def spans_at(places: set[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return spans, one a place, that do not overlap."""
    by_place = {place: (place * 10, place * 10 + end, label) for place, end, label in places}
    return [by_place[place] for place in sorted(by_place)]


@st.composite
def campaigns(draw: st.DrawFn) -> tuple[list[Annotation], dict[tuple[str, str], Prediction]]:
    """A few passages, each with a prediction or none, and annotations of either arm."""
    found, known = [], {}
    for n in range(draw(st.integers(1, 5))):
        passage = f"art{n % 3}:{n}"
        if draw(st.booleans()):
            known[passage, "m"] = Prediction(
                passage_id=passage,
                model="m",
                issues=dict.fromkeys(ISSUES, 0.5),
                present=tuple(draw(st.sets(st.sampled_from(ISSUES)))),
                spans=tuple(Span(start=a, end=b, label=c) for a, b, c in spans_at(draw(PLACES))),
            )
        for who in draw(st.sets(st.sampled_from("xyz"))):
            arm = draw(st.sampled_from(Arm))
            found.append(
                Annotation(
                    id=f"{who}{n}",
                    passage_id=passage,
                    annotator=who,
                    created_at=WHEN,
                    lead_time_s=draw(st.none() | st.floats(0, 1e4)),
                    arm=arm,
                    codebook="c",
                    issues={issue: draw(st.sampled_from(Judgement)) for issue in ISSUES},
                    spans=tuple(
                        AnnotatedSpan(start=a, end=b, label=c) for a, b, c in spans_at(draw(PLACES))
                    ),
                    parent_prediction="m" if arm is Arm.ASSISTED else None,
                )
            )
    return found, known


def compared(found: list[Annotation], known: dict[tuple[str, str], Prediction]) -> AssistanceReport:
    return assistance(
        found,
        predictions=known,
        words=dict.fromkeys((a.passage_id for a in found), 20),
        groups={a.passage_id: a.passage_id.partition(":")[0] for a in found},
        issues=ISSUES,
        resamples=20,
    )


def contrasts(report: AssistanceReport) -> list[Contrast]:
    fates = [
        *(report.issues, report.spans),
        *report.issues_per_label.values(),
        *report.issues_per_annotator.values(),
        *report.spans_per_label.values(),
        *report.spans_per_annotator.values(),
    ]
    return [*report.sway.values(), *(fate.same for fate in fates)]


@settings(deadline=None, max_examples=60)
@given(campaign=campaigns())
def test_every_report_adds_up(
    campaign: tuple[list[Annotation], dict[tuple[str, str], Prediction]],
) -> None:
    found, known = campaign
    if not found:
        return
    report = compared(found, known)
    assert report.conclusions
    assert report == compared(found[::-1], known)
    assisted = [a for a in found if a.arm is Arm.ASSISTED and (a.passage_id, "m") in known]
    shown = [known[a.passage_id, "m"] for a in assisted]
    assert report.spans.shown == sum(len(p.spans) for p in shown)
    assert report.issues.shown == sum(len(p.present) for p in shown)
    # Every span of these annotations was kept, stands where another one was, or was added.
    held = report.spans.kept + report.spans.changed + report.spans.added
    assert held == sum(len(a.spans) for a in assisted)
    for whole, parts in (
        (report.issues, report.issues_per_label),
        (report.issues, report.issues_per_annotator),
        (report.spans, report.spans_per_label),
        (report.spans, report.spans_per_annotator),
    ):
        for count in set(Fate.model_fields) - {"same"}:
            assert getattr(whole, count) == sum(getattr(part, count) for part in parts.values())
    for one in contrasts(report):
        for side in (one.assisted, one.blind):
            assert (side.value is None) == (side.n == 0)
            # Only one article alone gives no interval.
            assert side.low is not None or side.value is None or side.few
            if side.value is not None and side.low is not None and side.high is not None:
                assert 0 <= side.low <= side.value <= side.high <= 1
        if one.change.low is not None and one.change.value is not None:
            assert one.change.low - 1e-4 <= one.change.value
    both = {a.annotator for a in found} - report.one_arm.keys()
    for arm in Arm:
        compared_here = sum(a.arm is arm and a.annotator in both for a in found)
        assert getattr(report.measures["not_judged"], arm.value).n == compared_here


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.booleans()), min_size=1),
)
def test_the_change_turns_round_with_the_sides(
    rows: list[tuple[int, int, bool]],
) -> None:
    straight, turned = (Tallies("abcd", resamples=30) for _ in range(2))
    for group, side, hit in rows:
        straight.add("k", "abcd"[group], side, hit)
        turned.add("k", "abcd"[group], 1 - side, hit)
    first, second = straight.ratio("k"), turned.ratio("k")
    assert (first.first, first.second) == (second.second, second.first)
    if first.change.value is not None:
        assert second.change.value == pytest.approx(-first.change.value)
    if first.change.low is not None:
        assert second.change.high == pytest.approx(-first.change.low, abs=1e-4)
    assert (first.change.low is None) == (second.change.high is None)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 1), st.booleans(), st.sampled_from("xyz")),
        min_size=1,
    )
)
def test_the_mean_of_one_s_share_is_that_share_and_of_several_lies_between(
    rows: list[tuple[int, int, bool, str]],
) -> None:
    tallies = Tallies("abcd", resamples=30)
    for group, side, hit, who in rows:
        tallies.add(who, "abcd"[group], side, hit)
    for who in "xyz":
        alone, kept = tallies.mean_ratio([who])
        own = tallies.ratio(who)
        assert (alone.first.value, alone.second.value) == (own.first.value, own.second.value)
        assert kept == ([who] if own.change.value is not None else [])
        assert alone.change.value == own.change.value
    found, kept = tallies.mean_ratio("xyz")
    shares = [tallies.ratio(who) for who in kept]
    for side in ("first", "second"):
        values = [getattr(share, side).value for share in shares]
        if values:
            mean = getattr(found, side)
            assert mean.value == pytest.approx(np.mean(values), abs=1e-4)
            assert mean.n == sum(getattr(share, side).n for share in shares)
    assert (found.change.value is None) == (not kept)


@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.floats(0, 100)), min_size=1, max_size=30),
    drawn=st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=1, max_size=5),
)
def test_resampled_medians_are_those_of_the_values_written_out(
    rows: list[tuple[int, float]], drawn: list[list[int]]
) -> None:
    groups = np.array([group for group, _ in rows])
    values = np.array([value for _, value in rows])
    found = medians(values, groups, np.array(drawn, dtype=float))
    for row, median in zip(drawn, found, strict=True):
        written = np.repeat(values, np.array(row)[groups])
        assert np.isnan(median) if not len(written) else median == np.median(written)
