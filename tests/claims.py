"""What is claimed of simulated annotators, held against what was planted in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import krippendorff
import numpy as np

from schemas.report import AssistanceReport, Estimate, QualityReport
from tests.simulation import Skill, Work, votes_of


def alpha_of_votes(done: Sequence[Work]) -> float:
    """Return Krippendorff's alpha over all issues: 1 - ΣD_o / ΣD_e, by the krippendorff package.

    The package gives an issue's alpha, 1 - D_o / D_e; D_e is counted here.
    """
    votes = votes_of(done)
    votes = votes.reshape(len(done), *done[0].marks.issues.shape)
    observed = expected = 0.0
    for issue in range(votes.shape[2]):
        values = votes[:, :, issue]
        paired = values[:, (~np.isnan(values)).sum(axis=0) > 1]
        ones, n = float(np.nansum(paired)), float((~np.isnan(paired)).sum())
        own = 2 * ones * (n - ones) / (n - 1)
        expected += own
        observed += own * (1 - krippendorff.alpha(paired, level_of_measurement="nominal"))
    return 1 - observed / expected


def holds(found: Estimate, truth: float) -> bool:
    """Tell whether the interval holds the truth."""
    return found.low is not None and found.high is not None and found.low <= truth <= found.high


def check_claims(claims: Mapping[str, tuple[Estimate, float]]) -> None:
    """Check that every interval holds what was planted: seeds are fixed, so nothing may miss."""
    missed = {
        name: f"{truth:.3f} is not in {found}"
        for name, (found, truth) in claims.items()
        if not holds(found, truth)
    }
    assert not missed, missed


def quality_claims(
    report: QualityReport, team: Mapping[str, Skill], spans: Mapping[str, float]
) -> dict[str, tuple[Estimate, float]]:
    """Return what is claimed of each annotator beside what was planted.

    Args:
        report: of blind work.
        team: annotator → skill.
        spans: annotator → share of spans that they mark exactly.
    """
    claims: dict[str, tuple[Estimate, float]] = {}
    for name, skill in team.items():
        one = report.annotators[name]
        assert one.rates is not None
        claims |= {
            f"{name} sensitivity": (one.rates.sensitivity, 1 - skill.miss),
            f"{name} specificity": (one.rates.specificity, 1 - skill.alarm),
            f"{name} recall": (one.issues.recall, 1 - skill.miss),
            f"{name} recall of spans": (one.spans.recall, spans[name]),
        }
    return claims


SWAYED = ("issues", "issues_wrong", "issues_missed", "spans", "spans_wrong", "spans_missed")
"""The cases of which ``planted_shares`` tells what is implied."""


def sway_claims(
    report: AssistanceReport, planted: Mapping[str, float], *, faster: float
) -> dict[str, tuple[Estimate, float]]:
    """Return what is claimed of each case beside what was planted."""
    claims: dict[str, tuple[Estimate, float]] = {
        case: (report.sway[case].change, planted[f"{case} assisted"] - planted[f"{case} blind"])
        for case in SWAYED
    }
    return claims | {"time": (report.measures["lead_time_s"].change, faster)}
