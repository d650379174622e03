"""Resampling of groups → 95 % intervals.

Passages of one article are alike, so articles are drawn, not passages: intervals by passage
would be too narrow. Percentile intervals; Efron and Tibshirani, "An Introduction to the
Bootstrap" (1993), chapter 13, with clusters as in Field and Welsh, "Bootstrapping Clustered
Data" (JRSS B, 2007).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.report import Estimate

Array = NDArray[np.float64]
RESAMPLES = 2000
SEED = 0
_LEVEL = (2.5, 97.5)


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


def interval(samples: Array) -> tuple[float | None, float | None]:
    """Return the 2.5 % and 97.5 % points of samples, NaN left out; ``None`` without samples."""
    kept = samples[~np.isnan(samples)]
    if not len(kept):
        return None, None
    low, high = np.percentile(kept, _LEVEL)
    return rounded(low), rounded(high)


def estimate(value: float, samples: Array, *, groups: int) -> Estimate:
    """Return a value with its interval; one group alone gives none."""
    low, high = interval(samples) if groups > 1 else (None, None)
    return Estimate(value=rounded(value), low=low, high=high)


def rounded(value: float) -> float | None:
    """Round for reports; NaN becomes ``None``."""
    return None if np.isnan(value) else round(float(value), 4)
