"""Votes on issues → sensitivity and specificity of every annotator, with 95 % intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from eval.bootstrap import weights
from eval.latent import Array, Fitted, Votes, collect, fit, only
from eval.tallies import measure
from schemas.report import Estimate, Measure, Rates

DRAWS = 500
"""Resamples at most: for each the model is fitted anew."""
ENOUGH = 30
"""Expected positives from which on an issue has rates of its own."""


@dataclass(frozen=True)
class Estimated:
    """What the votes tell; empty when three annotators judged nothing in common."""

    whole: dict[str, Rates] = field(default_factory=dict)
    """Annotator → rates over all issues."""
    per_kind: dict[str, dict[str, Rates]] = field(default_factory=dict)
    """Annotator → issue → rates."""
    prevalence: dict[str, Estimate] = field(default_factory=dict)
    """Issue → share of passages that have it, of those that three annotators judged."""
    unsettled: int = 0
    """Fits to the data, of all issues and of single ones, that came to no end."""


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
    prevalence, unsettled = {}, int(fits.unsettled[0])
    for number, kind in enumerate(known.kinds):
        own = only(known, kind)
        units, share = float(own.counts.sum()), fits.prevalence[:, number]
        by_group = np.asarray(own.counts.sum(axis=1)).ravel()
        articles = int((by_group > 0).sum())
        # Where none of its units was drawn, a resample says nothing of the issue.
        share = np.where(drawn @ by_group > 0, share, np.nan)
        found = measure(float(share[0]), share[1:], n=units, groups=articles)
        prevalence[kind] = Estimate(value=found.value, low=found.low, high=found.high)
        if share[0] * units >= ENOUGH:
            alone = fit(own, drawn)
            unsettled += int(alone.unsettled[0])
            for name, rates in _rates(own, alone).items():
                per_kind[name][kind] = rates
    return Estimated(_rates(known, fits), dict(per_kind), prevalence, unsettled)


def _rates(votes: Votes, fits: Fitted) -> dict[str, Rates]:
    judged = votes.yes + votes.no
    found = {}
    for n, name in enumerate(votes.annotators):
        articles = int((votes.counts @ judged[:, n] > 0).sum())
        found[name] = Rates(
            sensitivity=_rate(fits.sensitivity[:, n], fits.positives[:, n], articles),
            specificity=_rate(fits.specificity[:, n], fits.negatives[:, n], articles),
        )
    return found


def _rate(rate: Array, expected: Array, articles: int) -> Measure:
    """Return a rate with its interval.

    Of less than one expected case nothing is known; so a resample without the annotator, or
    without a positive, says nothing instead of something made up.

    Args:
        rate: shape (fits,), the first one of the data themselves.
        expected: shape (fits,), cases that each rate rests on.
        articles: number of articles that the annotator worked on.
    """
    known = np.where(expected >= 1, rate, np.nan)
    return measure(float(known[0]), known[1:], n=float(expected[0]), groups=articles)
