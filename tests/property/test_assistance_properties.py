"""What must hold of the comparison of the arms whatever the data; planted sway is found."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from eval.assistance import assistance
from eval.tallies import Tallies, medians
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Prediction
from schemas.article import Span
from schemas.report import AssistanceReport, Contrast, Estimate, Fate
from tests.simulation import (
    Skill,
    annotations,
    make_passages,
    make_world,
    planted_shares,
    predictions,
    work,
)

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
            if side.value is not None:
                assert side.low is not None
                assert side.high is not None
                assert 0 <= side.low <= side.value <= side.high <= 1
        if one.change.value is not None:
            assert one.change.low is not None
            assert one.change.low - 1e-4 <= one.change.value


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
        assert first.change.low is not None
        assert second.change.high == pytest.approx(-first.change.low, abs=1e-4)


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


MACHINE = Skill(miss=0.3, alarm=0.04, span_miss=0.2, boundary=0.1, span_alarm=0.1)
CASES = ("issues", "issues_wrong", "issues_missed", "spans", "spans_wrong", "spans_missed")
SEEDS = 8
LABELS = ("GPE", "ORG", "LOC")
OWN_ISSUES = tuple(f"issue{n}" for n in range(8))


def team_with(anchor: float) -> dict[str, Skill]:
    """Return three annotators who take over so much of what they are shown."""
    return {
        "x": Skill(anchor=anchor, faster=0.7),
        "y": Skill(anchor=anchor, faster=0.7, miss=0.2),
        "z": Skill(anchor=anchor, faster=0.7, alarm=0.02),
    }


def implied(anchor: float) -> dict[str, float]:
    """Return what the rates imply: the shares on 20,000 passages."""
    number = 20_000
    articles = [str(n // 4) for n in range(number)]
    world = make_world(OWN_ISSUES, LABELS, articles, MACHINE, seed=99)
    assisted = np.arange(number) % 2 == 0
    return planted_shares(world, work(world, team_with(anchor), assisted), assisted)


def simulated(anchor: float, seed: int) -> AssistanceReport:
    """Let three annotators work on 30 articles of four passages, half of them blind."""
    passages = make_passages(30, 4, seed=seed)
    articles = [p.article_id for p in passages]
    world = make_world(OWN_ISSUES, LABELS, articles, MACHINE, seed=seed)
    assisted = np.random.default_rng([seed, 7]).random(len(passages)) < 0.5
    done = work(world, team_with(anchor), assisted)
    return assistance(
        annotations(world, passages, done, assisted, model="m", codebook="c"),
        predictions={(p.passage_id, "m"): p for p in predictions(world, passages, model="m")},
        words={p.id: 50 for p in passages},
        groups={p.id: p.article_id for p in passages},
        issues=OWN_ISSUES,
        resamples=200,
    )


def holds(found: Estimate, truth: float) -> bool:
    return found.low is not None and found.high is not None and found.low <= truth <= found.high


@pytest.mark.parametrize("anchor", [0.0, 0.5])
def test_intervals_of_sway_hold_what_was_planted(anchor: float) -> None:
    # 95 % intervals: as many must hold as a binomial with 0.95 reaches in 99 of 100 cases.
    planted = implied(anchor)
    held = total = 0
    for seed in range(SEEDS):
        report = simulated(anchor, seed)
        for case in CASES:
            change = planted[f"{case} assisted"] - planted[f"{case} blind"]
            held += holds(report.sway[case].change, change)
            total += 1
        held += holds(report.measures["lead_time_s"].change, 0.7)
        total += 1
    assert held >= binom.ppf(0.01, total, 0.95)
