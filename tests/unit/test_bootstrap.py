"""Resampling of groups, and the intervals that come of it."""

from __future__ import annotations

import numpy as np
import pytest

from eval.bootstrap import (
    estimate,
    expanded,
    f1_interval,
    interval,
    macro_interval,
    resample,
    rounded,
    weights,
)


def test_each_resample_draws_as_many_groups_as_there_are() -> None:
    drawn = weights(7, resamples=50, seed=1)
    assert drawn.shape == (50, 7)
    assert drawn.sum(axis=1).tolist() == [7.0] * 50
    assert len({tuple(row) for row in drawn.tolist()}) > 10


def test_groups_are_drawn_equally_often_in_the_long_run() -> None:
    drawn = weights(5, resamples=20_000, seed=1)
    # The mean of a count with mean 1 and variance 0.8: its standard error is 0.0063.
    assert drawn.mean(axis=0) == pytest.approx(np.ones(5), abs=0.03)


def test_the_same_seed_gives_the_same_numbers_and_another_one_others() -> None:
    first = weights(9, resamples=30, seed=4)
    assert np.array_equal(first, weights(9, resamples=30, seed=4))
    assert not np.array_equal(first, weights(9, resamples=30, seed=5))


def test_resampling_adds_up_the_groups_as_often_as_they_are_drawn() -> None:
    counts = np.array([[[1.0, 2.0]], [[10.0, 20.0]], [[100.0, 200.0]]])
    drawn = np.array([[1.0, 1.0, 1.0], [3.0, 0.0, 0.0], [0.0, 2.0, 1.0]])
    assert resample(counts, drawn).tolist() == [[[111.0, 222.0]], [[3.0, 6.0]], [[120.0, 240.0]]]


def test_an_interval_is_the_middle_95_percent_without_what_is_not_defined() -> None:
    samples = np.array([np.nan, *(n / 1000 for n in range(1001)), np.nan])
    assert interval(samples) == (0.025, 0.975)


@pytest.mark.parametrize("samples", [[], [np.nan, np.nan]])
def test_without_samples_there_is_no_interval(samples: list[float]) -> None:
    assert interval(np.array(samples, dtype=float)) == (None, None)


def test_eight_of_eight_right_is_not_certainty() -> None:
    # Wilson for 8 of 8: low = 8 / (8 + z²) with z² = 3.8415, 0.67559; F1 = 2J / (1 + J) makes
    # it 1.35118 / 1.67559 = 0.80639.
    assert f1_interval(np.ones(100), np.array([8.0, 0.0, 0.0])) == (0.8064, 1.0)


def test_none_of_four_right_is_not_certainty_either() -> None:
    # Wilson for 0 of 4: high = z² / (4 + z²) = 3.8415 / 7.8415 = 0.48989; F1 = 0.97978 / 1.48989.
    assert f1_interval(np.zeros(100), np.array([0.0, 1.0, 3.0])) == (0.0, 0.6576)


def test_wilson_s_published_interval_is_carried_over() -> None:
    # 81 of 263: 0.2553 to 0.3662 (Newcombe, Statistics in Medicine 17, 1998, method 3).
    low, high = f1_interval(np.array([]), np.array([81.0, 100.0, 82.0]))
    assert low == pytest.approx(2 * 0.2553 / 1.2553, abs=1e-4)
    assert high == pytest.approx(2 * 0.3662 / 1.3662, abs=1e-4)


def test_each_end_is_the_wider_of_the_two_intervals() -> None:
    counts = np.array([8.0, 0.0, 0.0])
    assert f1_interval(np.array([0.1, 0.2, 0.3]), counts)[0] == pytest.approx(0.105)
    assert f1_interval(np.array([0.97, 0.98, 0.99]), counts) == (0.8064, 1.0)
    assert f1_interval(np.array([]), counts) == (0.8064, 1.0)


def test_without_any_decision_f1_has_no_interval() -> None:
    assert f1_interval(np.array([np.nan]), np.zeros(3)) == (None, None)


def test_an_estimate_s_interval_holds_its_value() -> None:
    # Ten groups, half of them right: the share right of the resampled ones.
    right = np.array([1.0, 0.0] * 5)
    samples = resample(right, weights(10, resamples=20_000, seed=0)) / 10
    found = estimate(0.5, samples, groups=10)
    assert found.low is not None
    assert found.high is not None
    # A binomial share of ten: P(X <= 0) = 0.001 and P(X <= 1) = 0.011. Of ten groups 0.9 % are
    # left out on each side, so the ends are 0.1 and 0.9; with 2.5 % they would be 0.2 and 0.8.
    assert (found.low, found.value, found.high) == (0.1, 0.5, 0.9)


@pytest.mark.parametrize(("groups", "percent"), [(2, 0.0), (10, 0.86), (50, 2.12), (10**6, 2.5)])
def test_of_few_groups_an_interval_leaves_out_less(groups: int, percent: float) -> None:
    # By hand for ten: Student's 2.5 % point with 9 degrees of freedom is -2.262, by sqrt(10 / 9)
    # it is -2.385, and the normal distribution has 0.0085 below that.
    assert 100 * expanded(groups) == pytest.approx(percent, abs=0.01)


@pytest.mark.parametrize(
    ("samples", "groups"),
    [([0.1, 0.9], 1), ([0.5, 0.5, 0.5], 4), ([np.nan, 0.5], 4), ([np.nan], 4), ([], 4)],
)
def test_nothing_that_varied_gives_no_interval(samples: list[float], groups: int) -> None:
    found = estimate(0.5, np.array(samples, dtype=float), groups=groups)
    assert (found.value, found.low, found.high) == (0.5, None, None)


def test_an_undefined_value_is_none() -> None:
    assert rounded(float("nan")) is None
    assert rounded(0.123456) == 0.1235
    assert estimate(float("nan"), np.array([np.nan]), groups=3).value is None


def test_macro_f1_of_labels_that_are_all_right_is_not_certain() -> None:
    # Wilson for 8 of 8: J >= 8 / (8 + z²), F1 = 2J / (1 + J). Two such labels: the distance of
    # the mean from its lower end is that of one label times sqrt(2) / 2.
    j = 8 / (8 + 1.959963984540054**2)
    one = 1 - 2 * j / (1 + j)
    low, high = macro_interval(np.ones(10), np.array([[8.0, 0.0, 0.0], [8.0, 0.0, 0.0]]))
    assert low == pytest.approx(1 - one / np.sqrt(2), abs=1e-4)
    assert high == 1.0


def test_macro_f1_takes_the_wider_end_of_both_intervals() -> None:
    counts = np.array([[80.0, 10.0, 10.0]])
    assert macro_interval(np.array([0.1, 0.99]), counts)[0] < 0.2
    assert macro_interval(np.empty(0), np.empty((0, 3))) == (None, None)
