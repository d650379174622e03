"""Votes without a known truth: what the model finds, and what it keeps quiet about."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from eval.latent import collect, fit
from eval.rates import estimate_rates


def test_the_model_finds_what_makes_the_votes_most_likely() -> None:
    # Against a general optimiser on the logarithm of the likelihood; one annotator is missing at
    # times.
    rng = np.random.default_rng(5)
    votes = []
    for n, yes in enumerate(rng.random(600) < 0.3):
        given = {
            name: bool(rng.random() < (right if yes else 1 - right))
            for name, right in (("x", 0.9), ("y", 0.85), ("z", 0.8), ("w", 0.75))
            if name != "w" or rng.random() < 0.5
        }
        votes.append((n % 20, "k", given))
    known = collect(votes, groups=20)
    assert known is not None
    found = fit(known, np.ones((1, 20)))
    weights = np.asarray(known.counts.sum(axis=0)).ravel()

    def loss(logits: np.ndarray) -> float:
        share, *rates = 1 / (1 + np.exp(-logits))
        sensitivity, specificity = np.array(rates[:4]), np.array(rates[4:])
        positive = np.prod(sensitivity**known.yes * (1 - sensitivity) ** known.no, axis=1)
        negative = np.prod((1 - specificity) ** known.yes * specificity**known.no, axis=1)
        return -float(weights @ np.log(share * positive + (1 - share) * negative))

    best = minimize(loss, np.array([-1.0] + [1.0] * 8), method="BFGS")
    expected = 1 / (1 + np.exp(-best.x))
    own = [found.prevalence[0, 0], *found.sensitivity[0], *found.specificity[0]]
    assert [float(value) for value in own] == pytest.approx(expected.tolist(), abs=1e-3)


Rows = list[tuple[int, str, dict[str, bool]]]


def test_annotators_who_only_ever_work_as_a_pair_have_no_rates() -> None:
    # Of two nobody knows who is right, whoever else works elsewhere.
    rng = np.random.default_rng(0)
    rows: Rows = []
    for n, yes in enumerate(rng.random(600) < 0.3):
        said = {"x": bool(yes and rng.random() < 0.95), "y": bool(yes and rng.random() < 0.6)}
        rows.append((n % 60, "k", said))
    rows.append((0, "k", {"a": True, "b": True, "c": True}))
    found = estimate_rates(rows, groups=60, resamples=20, seed=0)
    assert set(found.whole) == {"a", "b", "c"}
    assert found.prevalence["k"].value == 1.0
    assert (found.prevalence["k"].low, found.whole["a"].sensitivity.few) == (None, True)


def test_a_resample_without_the_annotator_says_nothing_of_them() -> None:
    # The fourth one worked on 2 articles of 40, and was always right.
    rng = np.random.default_rng(1)
    rows: Rows = []
    for n, yes in enumerate(rng.random(400) < 0.4):
        said = {who: bool(yes ^ (rng.random() < 0.1)) for who in "xyz"}
        rows.append((n % 40, "k", said | ({"w": bool(yes)} if n % 40 < 2 else {})))
    found = estimate_rates(rows, groups=40, resamples=500, seed=0)
    for rate in (found.whole["w"].sensitivity, found.whole["w"].specificity):
        # Wilson's for so few; 0.5 would be made up.
        assert rate.low is not None
        assert rate.low > 0.51
        assert rate.few


def test_a_resample_without_the_issue_says_nothing_of_its_prevalence() -> None:
    rows: Rows = [(n % 20, "common", {"x": True, "y": True, "z": n % 2 == 0}) for n in range(60)]
    rows += [(n, "rare", {"x": True, "y": True, "z": True}) for n in (0, 1) for _ in range(20)]
    found = estimate_rates(rows, groups=20, resamples=500, seed=0)
    assert found.prevalence["rare"].low is not None
    assert found.prevalence["rare"].low > 0.9


def test_a_search_that_comes_to_no_end_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    rows: Rows = [
        (n % 10, "k", {who: bool(yes ^ (rng.random() < 0.3)) for who in "xyz"})
        for n, yes in enumerate(rng.random(100) < 0.4)
    ]
    assert estimate_rates(rows, groups=10, resamples=5, seed=0).unsettled == 0
    monkeypatch.setattr("eval.latent._ROUNDS", 1)
    # One over all issues, and one to the issue alone, which has enough positives.
    assert estimate_rates(rows, groups=10, resamples=5, seed=0).unsettled == 2
