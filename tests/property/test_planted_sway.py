"""Sway that was planted in simulated annotators is found, and none where none was planted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np
import pytest
from scipy.stats import binom

from eval.assistance import assistance
from eval.sway import ERRORS
from schemas.report import AssistanceReport, Estimate
from tests.claims import holds, sway_claims
from tests.simulation import (
    Skill,
    annotations,
    make_passages,
    make_world,
    planted_shares,
    predictions,
    work,
)

MACHINE = Skill(miss=0.3, alarm=0.04, span_miss=0.2, boundary=0.1, span_alarm=0.1)
SEEDS = 8
LABELS = ("GPE", "ORG", "LOC")
ISSUES = tuple(f"issue{n}" for n in range(8))
NONE, HALF, ONE_ONLY = (0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.9, 0.0, 0.0)
"""Shares of what they are shown that three annotators take over unread."""
WIDEST = {
    "issues": 0.055,
    "issues_wrong": 0.75,
    "issues_missed": 0.9,
    "spans": 0.115,
    "spans_wrong": 0.46,
    "spans_missed": 0.43,
    "time": 0.16,
}
"""Mean width of the intervals of 240 passages: a third more than when this was written."""


def team_with(anchors: tuple[float, ...]) -> dict[str, Skill]:
    """Return three annotators who take over so much of what they are shown."""
    x, y, z = anchors
    return {
        "x": Skill(anchor=x, faster=0.7),
        "y": Skill(anchor=y, faster=0.7, miss=0.2),
        "z": Skill(anchor=z, faster=0.7, alarm=0.02),
    }


def implied(team: Mapping[str, Skill]) -> dict[str, float]:
    """Return what the rates imply: the shares on 20,000 passages."""
    number = 20_000
    articles = [str(n // 4) for n in range(number)]
    world = make_world(ISSUES, LABELS, articles, MACHINE, seed=99)
    assisted = np.arange(number) % 2 == 0
    return planted_shares(world, work(world, team, assisted), assisted)


def simulated(
    team: Mapping[str, Skill],
    seed: int,
    *,
    articles: int = 60,
    each: int = 4,
    resamples: int = 200,
) -> AssistanceReport:
    """Let three annotators work on articles of some passages, half of the passages blind."""
    passages = make_passages(articles, each, seed=seed)
    world = make_world(ISSUES, LABELS, [p.article_id for p in passages], MACHINE, seed=seed)
    assisted = np.random.default_rng([seed, 7]).random(len(passages)) < 0.5
    done = work(world, team, assisted)
    return assistance(
        annotations(world, passages, done, assisted, model="m", codebook="c"),
        predictions={(p.passage_id, "m"): p for p in predictions(world, passages, model="m")},
        words={p.id: 50 for p in passages},
        groups={p.id: p.article_id for p in passages},
        issues=ISSUES,
        resamples=resamples,
    )


@pytest.mark.parametrize("anchors", [NONE, HALF, ONE_ONLY])
def test_intervals_of_sway_hold_what_was_planted_and_are_no_wider_than_they_must_be(
    anchors: tuple[float, ...],
) -> None:
    # 95 % intervals: of each case as many must hold as a binomial with 0.95 reaches in 99 of 100.
    team = team_with(anchors)
    planted = implied(team)
    found: dict[str, list[tuple[Estimate, float]]] = defaultdict(list)
    for seed in range(SEEDS):
        report = simulated(team, seed)
        for case, claim in sway_claims(report, planted, faster=0.7).items():
            measured = report.sway.get(case, report.measures["lead_time_s"])
            whole = case not in ERRORS or measured.annotators == tuple(team)
            # What is marked, and what holds of some of them only, is not what was planted.
            if whole and not measured.assisted.few and not measured.blind.few:
                found[case].append(claim)
    assert {case: len(claims) for case, claims in found.items() if len(claims) < SEEDS / 2} == {}
    for case, claims in found.items():
        hits = sum(holds(*claim) for claim in claims)
        assert hits >= binom.ppf(0.01, len(claims), 0.95), case
        assert np.mean([(e.high or 1) - (e.low or -1) for e, _ in claims]) < WIDEST[case], case


def test_one_who_takes_over_nearly_everything_makes_the_change_look_no_larger_than_it_is() -> None:
    # Pooled over annotators these cases would come out twice as large: in the assisted arm nearly
    # all errors that the others deny are those of the one who keeps them.
    team = team_with(ONE_ONLY)
    planted = implied(team)
    report = simulated(team, 1, articles=150)
    for case in ERRORS:
        change = planted[f"{case} assisted"] - planted[f"{case} blind"]
        found = report.sway[case]
        assert found.annotators == ("x", "y", "z")
        assert holds(found.change, change), case
        assert found.change.value == pytest.approx(change, abs=0.1), case


@pytest.mark.parametrize(("articles", "each"), [(2, 8), (5, 8), (12, 4)])
def test_where_nothing_was_planted_hardly_anything_is_claimed(articles: int, each: int) -> None:
    team = {name: Skill() for name in "xyz"}
    claims: Counter[str] = Counter()
    for seed in range(20):
        report = simulated(team, seed, articles=articles, each=each, resamples=100)
        for sentence in report.conclusions:
            if sentence.startswith("Annotators") and "predictions in sight" in sentence:
                claims["agree"] += 1
            elif sentence.startswith("Annotators") and " a prediction in sight" in sentence:
                claims[sentence[:28]] += 1
            elif sentence.startswith("Annotators who saw a prediction"):
                claims[sentence[:60]] += 1
    if articles < 10:
        assert claims == Counter()
    # One claim in twenty is the interval's own.
    assert max(claims.values(), default=0) <= binom.ppf(0.999, 20, 0.05)
