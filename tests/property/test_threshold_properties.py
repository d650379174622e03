"""No other threshold is better than the chosen one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from train.threshold import best_threshold

# Three decimals: models round scores to six, and a cut lies half-way between two of them.
PAIRS = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, np.nan]), st.integers(0, 1000).map(lambda n: n / 1000)),
    min_size=1,
    max_size=30,
)


def _f1(truth: np.ndarray, scores: np.ndarray, threshold: float) -> float:
    judged = ~np.isnan(truth)
    return float(f1_score(truth[judged] == 1, scores[judged] >= threshold, zero_division=0.0))


@settings(deadline=None)
@given(pairs=PAIRS, columns=st.integers(1, 3))
def test_the_threshold_is_the_best_of_a_brute_force_search(
    pairs: list[tuple[float, float]], columns: int
) -> None:
    pairs = pairs * columns  # any number of rows fits any number of labels
    truth = np.array([t for t, _ in pairs]).reshape(-1, columns)
    scores = np.array([s for _, s in pairs]).reshape(-1, columns)
    threshold = best_threshold(truth, scores)
    if not (truth == 1).any():
        assert threshold == 0.5
        return
    tried = [_f1(truth, scores, value) for value in {0.0, 0.5, *scores.ravel()}]
    assert abs(_f1(truth, scores, threshold) - max(tried)) < 1e-12


@settings(deadline=None)
@given(pairs=PAIRS)
def test_the_order_of_examples_moves_no_threshold(pairs: list[tuple[float, float]]) -> None:
    truth = np.array([[t] for t, _ in pairs])
    scores = np.array([[s] for _, s in pairs])
    assert best_threshold(truth, scores) == best_threshold(truth[::-1], scores[::-1])
