"""Scores of held-out examples → one threshold for all labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DEFAULT = 0.5


def best_threshold(y_true: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    """Return the threshold (``score >= threshold`` is present) with the best micro-F1.

    Args:
        y_true: shape (n, labels): 1 present, 0 absent, NaN not judged.
        scores: shape (n, labels), in 0..1.

    Ties go to the threshold nearest to 0.5. It lies half-way between two scores, so that
    rounding on another machine changes no decision. Without a positive it is 0.5.
    """
    judged = ~np.isnan(y_true)
    truth, given = y_true[judged] == 1, scores[judged]
    positives = int(truth.sum())
    if not positives:
        return DEFAULT
    order = np.argsort(-given, kind="stable")
    found = np.cumsum(truth[order])
    taken = np.arange(1, len(order) + 1)
    f1 = 2 * found / (taken + positives)
    ranked = given[order]
    # Cut only where the score changes: equal scores fall on the same side.
    cuts = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    below = np.append(ranked[1:], 0.0)[cuts]
    middles = (ranked[cuts] + below) / 2
    best = f1[cuts] >= f1[cuts].max() - 1e-12
    candidates = middles[best]
    return round(float(candidates[np.argmin(np.abs(candidates - DEFAULT))]), 6)
