"""Resampling of groups → 95 % intervals.

Passages of one article are alike, so articles are drawn, not passages: intervals by passage
would be too narrow. Percentile intervals; Efron and Tibshirani, "An Introduction to the
Bootstrap" (1993), chapter 13, with clusters as in Field and Welsh, "Bootstrapping Clustered
Data" (JRSS B, 2007).

Of few articles these are too narrow; an estimate's are expanded: Hesterberg, "What Teachers Should
Know About the Bootstrap" (The American Statistician, 2015), section 4.4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from schemas.report import Estimate

Array = NDArray[np.float64]
RESAMPLES = 2000
SEED = 0
_TAIL = 0.025
_Z = 1.959963984540054  # the 97.5 % point of the normal distribution
_SAME = 1e-9


def weights(groups: int, *, resamples: int = RESAMPLES, seed: int = SEED) -> Array:
    """Return how often each group is drawn; shape (resamples, groups), rows sum to ``groups``.

    The same arguments always give the same weights, so that two systems are compared on the
    same draws.
    """
    generator = np.random.default_rng(seed)
    draws = generator.multinomial(groups, np.full(groups, 1 / groups), size=resamples)
    return np.asarray(draws, dtype=np.float64)


def resample(counts: Array, drawn: Array) -> Array:
    """Sum counts of groups as drawn: (groups, ...) and (resamples, groups) → (resamples, ...)."""
    return np.asarray(np.tensordot(drawn, counts, axes=1), dtype=np.float64)


def interval(samples: Array, *, tail: float = _TAIL) -> tuple[float | None, float | None]:
    """Return the middle of samples, without so much on each side and what is NaN.

    ``None`` without samples.
    """
    kept = samples[~np.isnan(samples)]
    if not len(kept):
        return None, None
    low, high = np.percentile(kept, (100 * tail, 100 * (1 - tail)))
    return rounded(low), rounded(high)


def expanded(groups: int) -> float:
    """Return the share of resamples to leave out on each side for a 95 % interval.

    Resamples vary less than data do, by sqrt((n - 1) / n), and their tails are normal where
    Student's would be right; so the interval takes in as much more: 0.9 % on each side with ten
    groups, 2.1 % with fifty. Hesterberg (2015), the expanded percentile interval.
    """
    student = float(stdtrit(groups - 1, _TAIL))
    return float(ndtr(student * np.sqrt(groups / (groups - 1))))


def f1_interval(samples: Array, counts: Array) -> tuple[float | None, float | None]:
    """Return an interval of F1: from resampled groups, widened to what the counts alone allow.

    Resampling cannot see errors that did not happen: eight of eight right would give 1 … 1.
    The counts' own interval is Wilson's ("Probable Inference", JASA 1927) for the proportion
    J = TP / (TP + FP + FN), carried over by F1 = 2J / (1 + J); it takes decisions for
    independent, so each end is the wider of the two.

    Args:
        samples: F1 of each resample; empty when there is one group only.
        counts: TP, FP and FN, shape (3,).
    """
    ends = _wilson(counts)
    return (None, None) if ends is None else _wider(ends, samples)


def macro_interval(samples: Array, counts: Array) -> tuple[float | None, float | None]:
    """Return an interval of macro-F1: from resampled groups, widened to what the counts allow.

    The counts' own interval joins the labels' intervals by MOVER, which takes labels for
    independent: see ``mean_ends``.

    Args:
        samples: macro-F1 of each resample; empty when there is one group only.
        counts: TP, FP and FN of the labels that have a positive, shape (labels, 3).
    """
    ends = np.array([found for row in counts if (found := _wilson(row)) is not None])
    if not len(ends):
        return None, None
    f1 = 2 * counts[:, 0] / (2 * counts[:, 0] + counts[:, 1] + counts[:, 2])
    return _wider(mean_ends(f1, ends), samples)


def mean_ends(values: Array, ends: Array) -> tuple[float, float]:
    """Return the interval of a mean of shares that the shares' own intervals give.

    ``mean - sqrt(sum((share - low)²)) / shares``, and likewise upwards.
    Source: Zou and Donner, "Construction of confidence limits about effect measures: A general
    approach" (Statistics in Medicine, 2008), equation 3, for a mean.

    Args:
        values: shape (shares,).
        ends: shape (shares, 2).
    """
    down, up = (
        float(np.sqrt(((values - ends[:, side]) ** 2).sum())) / len(values) for side in (0, 1)
    )
    mean = float(values.mean())
    return max(mean - down, 0.0), min(mean + up, 1.0)


def wilson(hits: float, n: float) -> tuple[float, float] | None:
    """Return Wilson's 95 % interval of a share, ``hits`` of ``n``; ``None`` of nothing."""
    if not n:
        return None
    share, z2 = float(hits) / float(n), _Z**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * float(np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)))
    return max(float(centre) - half, 0.0), min(float(centre) + half, 1.0)


def _wilson(counts: Array) -> tuple[float, float] | None:
    """Return the interval of F1 that TP, FP and FN allow; ``None`` without any."""
    ends = wilson(float(counts[0]), float(counts.sum()))
    return None if ends is None else (2 * ends[0] / (1 + ends[0]), 2 * ends[1] / (1 + ends[1]))


def _wider(ends: tuple[float, float], samples: Array) -> tuple[float | None, float | None]:
    low, high = interval(samples)
    return (
        rounded(min(ends[0], 1.0 if low is None else low)),
        rounded(max(ends[1], 0.0 if high is None else high)),
    )


def estimate(value: float, samples: Array, *, groups: int) -> Estimate:
    """Return a value with its interval, expanded where there are few groups.

    One group alone gives none, and neither do resamples that are all the same: they tell that
    nothing varied in these data, not that nothing could.
    """
    kept = samples[~np.isnan(samples)]
    varies = len(kept) > 0 and float(np.ptp(kept)) > _SAME
    low, high = interval(samples, tail=expanded(groups)) if groups > 1 and varies else (None, None)
    return Estimate(value=rounded(value), low=low, high=high)


def rounded(value: float) -> float | None:
    """Round for reports; NaN becomes ``None``."""
    return None if np.isnan(value) else round(float(value), 4)
