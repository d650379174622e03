"""Rates that were planted in simulated annotators are found, and without bias."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from scipy.stats import binom

from eval.quality import quality
from schemas.report import Estimate, QualityReport
from tests.claims import holds, quality_claims
from tests.simulation import (
    Skill,
    annotations,
    make_passages,
    make_world,
    planted_shares,
    work,
)

LABELS = ("GPE", "ORG", "LOC")
ISSUES = tuple(f"issue{n}" for n in range(8))
TEAM = {"x": Skill(miss=0.1), "y": Skill(miss=0.2, alarm=0.02), "z": Skill(alarm=0.005)}
SEEDS, MORE_SEEDS = 8, 24
WIDEST = {"sensitivity": 0.18, "specificity": 0.024, "recall": 0.19, "recall of spans": 0.12}
"""Mean width of the intervals of 120 passages: a third more than when this was written."""


def simulated(
    seed: int, *, articles: int = 30, resamples: int = 200, hard: float = 0.0
) -> QualityReport:
    """Let three annotators work blind on articles of four passages."""
    passages = make_passages(articles, 4, seed=seed)
    world = make_world(
        ISSUES, LABELS, [p.article_id for p in passages], Skill(), seed=seed, hard=hard
    )
    blind = np.zeros(len(passages), dtype=bool)
    return quality(
        annotations(world, passages, work(world, TEAM, blind), blind, model="m", codebook="c"),
        issues=ISSUES,
        groups={p.id: p.article_id for p in passages},
        resamples=resamples,
    )


@pytest.fixture(scope="module")
def spans() -> dict[str, float]:
    """How many of the spans each marks exactly, on 5,000 passages."""
    nobody = np.zeros(5_000, dtype=bool)
    large = make_world(ISSUES, LABELS, [str(n) for n in range(5_000)], Skill(), seed=99)
    return {
        name: planted_shares(large, work(large, {name: skill}, nobody), nobody)["spans_right blind"]
        for name, skill in TEAM.items()
    }


def test_intervals_of_annotators_hold_what_was_planted_and_are_no_wider_than_they_must_be(
    spans: dict[str, float],
) -> None:
    # 95 % intervals: of each annotator's each kind as many must hold as a binomial with 0.95
    # reaches in 99 of 100 cases.
    found: dict[str, list[tuple[Estimate, float]]] = defaultdict(list)
    for seed in range(SEEDS):
        for name, claim in quality_claims(simulated(seed), TEAM, spans).items():
            found[name].append(claim)
    least = binom.ppf(0.01, SEEDS, 0.95)
    hits = {name: sum(holds(*claim) for claim in claims) for name, claims in found.items()}
    assert len(hits) == 12
    assert {name: n for name, n in hits.items() if n < least} == {}
    for kind, widest in WIDEST.items():
        widths = [(e.high or 1) - (e.low or 0) for n in TEAM for e, _ in found[f"{n} {kind}"]]
        assert np.mean(widths) < widest, kind


def test_nothing_that_is_reported_of_annotators_leans_to_one_side(spans: dict[str, float]) -> None:
    # An own vote left among the others' would raise recall by a few hundredths.
    off: dict[str, list[float]] = defaultdict(list)
    for seed in range(MORE_SEEDS):
        report = simulated(seed, resamples=3)
        for name, (found, truth) in quality_claims(report, TEAM, spans).items():
            assert found.value is not None
            off[name].append(found.value - truth)
    for name, differences in off.items():
        error = np.std(differences, ddof=1) / np.sqrt(len(differences))
        assert abs(np.mean(differences)) < 3 * error, (name, np.mean(differences), error)


def test_where_some_is_hard_to_see_for_everybody_all_seem_better_than_they_are() -> None:
    # Half of what is present everybody misses every second time: nobody's votes tell.
    report = simulated(3, articles=120, resamples=50, hard=0.5)
    passages = make_passages(120, 4, seed=3)
    articles = [p.article_id for p in passages]
    world = make_world(ISSUES, LABELS, articles, Skill(), seed=3, hard=0.5)
    for name, skill in TEAM.items():
        one = report.annotators[name]
        right = (1 - skill.miss + 1 - skill.hard_miss) / 2
        assert one.rates is not None
        for found in (one.issues.recall, one.rates.sensitivity):
            assert found.value is not None
            assert found.value > right + 0.02
    # About a tenth of what is there is seen by nobody or one.
    assert sum(e.value or 0 for e in report.prevalence.values()) < (
        0.97 * world.truth.issues.mean(axis=0).sum()
    )
    assert any("recall and sensitivity are too high" in text for text in report.conclusions)


def test_rates_of_single_issues_are_found_where_there_are_enough_positives() -> None:
    report = simulated(1, articles=60, resamples=100)
    one = report.annotators["y"]
    # Prevalences run from 35 % to 2 % of 240 passages.
    assert "issue0" in one.rates_per_label
    assert "issue7" not in one.rates_per_label
    assert holds(one.rates_per_label["issue0"].sensitivity, 0.8)
    assert holds(report.prevalence["issue0"], 0.35)
