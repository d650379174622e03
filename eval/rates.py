"""Votes on issues → sensitivity and specificity of every annotator, with 95 % intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from eval.bootstrap import weights
from eval.latent import Fitted, Votes, collect, fit, only
from eval.tallies import measure
from schemas.report import Estimate, Rates

DRAWS = 500
"""Resamples at most: for each the model is fitted anew."""
ENOUGH = 30
"""Expected positives from which on an issue has rates of its own."""


@dataclass(frozen=True)
class Estimated:
    """What the votes tell; empty when no passage has three annotators."""

    whole: dict[str, Rates] = field(default_factory=dict)
    """Annotator → rates over all issues."""
    per_kind: dict[str, dict[str, Rates]] = field(default_factory=dict)
    """Annotator → issue → rates."""
    prevalence: dict[str, Estimate] = field(default_factory=dict)
    """Issue → share of passages that have it."""


def estimate_rates(
    votes: Iterable[tuple[int, str, Mapping[str, bool]]],
    *,
    groups: int,
    resamples: int,
    seed: int,
) -> Estimated:
    """Fit Dawid and Skene's model to the votes, and to resamples of their articles.

    Args:
        votes: (group, issue, annotator → present?).
        groups: number of groups (articles).
        resamples: number of bootstrap draws; no more than ``DRAWS`` are used.
        seed: of the draws.
    """
    known = collect(votes, groups=groups)
    if known is None:
        return Estimated()
    drawn = weights(groups, resamples=min(resamples, DRAWS), seed=seed)
    # The data as they are come first.
    drawn = np.vstack([np.ones((1, groups)), drawn])
    fits = fit(known, drawn)
    per_kind: dict[str, dict[str, Rates]] = defaultdict(dict)
    prevalence = {}
    for number, kind in enumerate(known.kinds):
        own = only(known, kind)
        units, share = float(own.counts.sum()), fits.prevalence[:, number]
        articles = int((own.counts.sum(axis=1) > 0).sum())
        found = measure(float(share[0]), share[1:], n=units, groups=articles)
        prevalence[kind] = Estimate(value=found.value, low=found.low, high=found.high)
        if share[0] * units >= ENOUGH:
            for name, rates in _rates(own, fit(own, drawn)).items():
                per_kind[name][kind] = rates
    return Estimated(_rates(known, fits), dict(per_kind), prevalence)


def _rates(votes: Votes, fits: Fitted) -> dict[str, Rates]:
    judged = votes.yes + votes.no
    found = {}
    for n, name in enumerate(votes.annotators):
        articles = int((votes.counts @ judged[:, n] > 0).sum())
        sensitivity, specificity = (
            measure(
                float(rate[0, n]) if expected[0, n] >= 1 else float("nan"),
                rate[1:, n],
                n=float(expected[0, n]),
                groups=articles,
            )
            for rate, expected in (
                (fits.sensitivity, fits.positives),
                (fits.specificity, fits.negatives),
            )
        )
        found[name] = Rates(sensitivity=sensitivity, specificity=specificity)
    return found
