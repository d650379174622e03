"""Random faults by seed: afterwards every passage and every annotation is there once."""

from __future__ import annotations

import os

import pytest

from tests.faults.bench import Bench
from tests.faults.journeys import Outcome, run

RUNS = int(os.environ.get("MIYAR_FAULT_RUNS", "24"))
ONLY = os.environ.get("MIYAR_FAULT_SEED")
SEEDS = [int(ONLY)] if ONLY else range(RUNS)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_doubled(
    bench: Bench, record: list[Outcome | int], seed: int
) -> None:
    again = f"MIYAR_FAULT_SEED={seed} .venv/bin/python -m pytest tests/faults/test_random.py"
    try:
        outcome = run(bench, seed)
    except BaseException:
        record.append(seed)
        print(f"to see this again: {again}")  # noqa: T201  # pytest shows it with the failure
        raise
    record.append(outcome)
    assert (outcome.lost, outcome.doubled) == (0, 0), f"{outcome}\nto see this again: {again}"
