"""One threshold for all labels from held-out scores."""

from __future__ import annotations

import numpy as np
import pytest

from train.threshold import best_threshold

NAN = np.nan


def best(truth: list[list[float]], scores: list[list[float]]) -> float:
    return best_threshold(np.array(truth, dtype=float), np.array(scores, dtype=float))


@pytest.mark.parametrize(
    ("truth", "scores", "threshold"),
    [
        # Half-way between the lowest positive and the highest negative.
        ([[1, 0]], [[0.9, 0.2]], 0.55),
        ([[1], [0], [1]], [[0.08], [0.02], [0.06]], 0.04),
        # Taking the 0.8 costs one false positive and finds the 0.6: F1 4/5 against 2/3.
        ([[1], [0], [1], [0]], [[0.9], [0.8], [0.6], [0.1]], 0.35),
        # Labels are pooled: cut by cut the best is both positives without the 0.3.
        ([[1, 0], [0, 1]], [[0.7, 0.3], [0.1, 0.5]], 0.4),
        # A positive below every negative still counts: all three taken is 2/4, the best.
        ([[1], [0], [0]], [[0.2], [0.6], [0.4]], 0.1),
        # Every example positive: the last cut lies half-way to zero.
        ([[1], [1]], [[0.6], [0.4]], 0.2),
    ],
)
def test_the_threshold_cuts_where_f1_is_best(
    truth: list[list[float]], scores: list[list[float]], threshold: float
) -> None:
    assert best(truth, scores) == pytest.approx(threshold)


@pytest.mark.parametrize(
    ("truth", "scores", "threshold"),
    [
        # 0.9 alone: F1 2/3 (one of two found). 0.9 to 0.3: 2 of 4 wrong, F1 4/6: the same.
        # The cuts are (0.9 + 0.7) / 2 = 0.8 and (0.3 + 0.1) / 2 = 0.2: both 0.3 from 0.5. So
        # move the last: with 0.2 below it the cut is 0.25 and lies nearer.
        ([[1], [0], [0], [1], [0]], [[0.9], [0.7], [0.5], [0.3], [0.2]], 0.25),
        # And the other way round: with 0.65 in second place the first cut is 0.775.
        ([[1], [0], [0], [1], [0]], [[0.9], [0.65], [0.5], [0.3], [0.1]], 0.775),
    ],
)
def test_of_equally_good_thresholds_the_one_nearest_to_a_half_is_taken(
    truth: list[list[float]], scores: list[list[float]], threshold: float
) -> None:
    assert best(truth, scores) == pytest.approx(threshold)


def test_equal_scores_fall_on_the_same_side() -> None:
    # Cutting between the two 0.5 would give F1 1.0, but no threshold can.
    assert best([[1], [0], [1]], [[0.5], [0.5], [0.1]]) == pytest.approx(0.05)


def test_what_was_not_judged_does_not_count() -> None:
    assert best([[1, NAN], [0, NAN]], [[0.9, 0.8], [0.2, 0.85]]) == pytest.approx(0.55)


@pytest.mark.parametrize("truth", [[[0.0], [0.0]], [[NAN], [NAN]], [[NAN], [0.0]]])
def test_without_a_positive_the_threshold_is_a_half(truth: list[list[float]]) -> None:
    assert best(truth, [[0.9], [0.1]]) == 0.5


def test_without_examples_the_threshold_is_a_half() -> None:
    assert best_threshold(np.empty((0, 3)), np.empty((0, 3))) == 0.5
