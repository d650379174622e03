"""Which fault comes when: a seed decides, so that a run can be had again."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass

from tests.faults.messages import Request
from tests.faults.proxy import COMMITTING, LISTING, Decision, Fault

RARE = frozenset({Fault.SLOW, Fault.SLOW_LATE, Fault.OUTAGE, Fault.EXPIRED_FOR_GOOD})
"""Faults that take long, or after which nothing else happens."""
LATEST_S = 0.6
"""The longest that a late request stays on its way."""


@dataclass
class Random:
    """Faults at random places, until a number of them has come."""

    seed: int
    most: int
    """How many faults come at most."""
    rate: float = 0.4
    """The share of requests that something happens to, as long as faults are left."""

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self._lock = threading.Lock()
        self.left = self.most

    def __call__(self, request: Request) -> Decision | None:
        """Decide what happens to a request."""
        with self._lock:
            if not self.left or self._rng.random() >= self.rate:
                return None
            fits = [fault for fault in Fault if _fits(fault, request)]
            weights = [0.25 if fault in RARE else 1.0 for fault in fits]
            # What writes is where something can be doubled.
            heavier = 1.0 if request.method == "GET" else 2.0
            weights = [
                weight * (heavier if fault in COMMITTING else 1.0)
                for fault, weight in zip(fits, weights, strict=True)
            ]
            self.left -= 1
            fault = self._rng.choices(fits, weights)[0]
            return Decision(fault, self._rng.uniform(0.02, LATEST_S))


@dataclass
class Always:
    """One fault for the first requests of some kind, then nothing more."""

    fault: Fault
    method: str = "POST"
    path: str = "/import"
    """How the path must end."""
    times: int = 1
    delay_s: float = 0.3

    def __call__(self, request: Request) -> Decision | None:
        """Decide what happens to a request."""
        fits = request.method == self.method and request.path.rstrip("/").endswith(self.path)
        if not fits or not self.times:
            return None
        self.times -= 1
        return Decision(self.fault, self.delay_s)


def _fits(fault: Fault, request: Request) -> bool:
    if fault in LISTING:
        return request.lists_tasks
    if fault in (Fault.LATE_504, Fault.LATE_RESET, Fault.SLOW_LATE):
        return request.method != "GET"  # a read that is carried out later does nothing
    return True
