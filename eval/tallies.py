"""Counts by article and side → ratios of both sides and their change, with 95 % intervals.

The sides are two parts of the annotations: the assisted and the blind arm, or the first and the
second half of an annotator's work. Articles are drawn with all that belongs to them, on both
sides at once, as in ``eval.bootstrap``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.bootstrap import RESAMPLES, SEED, estimate, resample, rounded, weights, wilson
from schemas.report import Estimate, Measure

Array = NDArray[np.float64]
FEW = 10
"""Fewer than this, of what is counted or of articles: marked as saying little."""
_TOP, _BOTTOM, _N = 0, 1, 2
_CHUNK = 4_000_000


@dataclass(frozen=True)
class Sides:
    """A measure on both sides, and the change from the second one to the first one."""

    first: Measure
    second: Measure
    change: Estimate


class Tallies:
    """Sums of numerators and denominators by key, article and side."""

    def __init__(
        self, groups: Iterable[str], *, resamples: int = RESAMPLES, seed: int = SEED
    ) -> None:
        """Prepare.

        Args:
            groups: every group (article) that anything will be counted for.
            resamples: number of bootstrap draws.
            seed: of the draws.
        """
        self._row = {group: n for n, group in enumerate(dict.fromkeys(groups))}
        self.drawn = weights(max(len(self._row), 1), resamples=resamples, seed=seed)
        # Plain lists: a million small additions are ten times as fast as on arrays.
        self._sums: dict[Hashable, list[float]] = {}

    def row(self, group: str) -> int:
        """Return the number of a group."""
        return self._row[group]

    def add(
        self,
        key: Hashable,
        group: str,
        side: int,
        top: float,
        bottom: float = 1.0,
        n: float | None = None,
    ) -> None:
        """Count: ``top`` out of ``bottom``, resting on ``n`` things (``bottom`` unless given)."""
        sums = self._sums.get(key)
        if sums is None:
            sums = self._sums[key] = [0.0] * (self.drawn.shape[1] * 2 * 3)
        place = (self._row[group] * 2 + side) * 3
        sums[place + _TOP] += top
        sums[place + _BOTTOM] += bottom
        sums[place + _N] += bottom if n is None else n

    def counted(self) -> list[Any]:
        """Return the keys that anything was counted under."""
        return list(self._sums)

    def ratio(self, key: Hashable, *, share: bool = True) -> Sides:
        """Return the ratio on both sides.

        Args:
            key: what was counted.
            share: the ratio is a share of independent yes-or-no answers: its interval is never
                narrower than the one that the counts alone give.
        """
        shape = (self.drawn.shape[1], 2, 3)
        cells = np.array(self._sums.get(key) or np.zeros(shape)).reshape(shape)
        total, drawn = cells.sum(axis=0), resample(cells, self.drawn)
        with np.errstate(invalid="ignore", divide="ignore"):
            values = total[:, _TOP] / total[:, _BOTTOM]
            samples = drawn[:, :, _TOP] / drawn[:, :, _BOTTOM]
        return sides(
            values,
            samples,
            n=total[:, _N],
            groups=(cells[:, :, _BOTTOM] > 0).sum(axis=0),
            hits=total[:, _TOP] if share else None,
        )


def sides(
    values: Array, samples: Array, *, n: Array, groups: Array, hits: Array | None = None
) -> Sides:
    """Join values of two sides with their resamples.

    A share's change is no narrower than Newcombe's interval of a difference, which joins the
    Wilson intervals of both sides: "Interval estimation for the difference between independent
    proportions", Statistics in Medicine (1998), method 10.

    Args:
        values: shape (2,); NaN where not defined.
        samples: shape (resamples, 2).
        n: shape (2,); what the values rest on.
        groups: shape (2,); groups with anything on that side. One alone gives no interval.
        hits: shape (2,); given when the values are shares, ``hits`` of ``n``.
    """
    ends = [None if hits is None else wilson(hits[s], n[s]) for s in (0, 1)]
    first, second = (
        Measure(
            **_widened(
                estimate(float(values[s]), samples[:, s], groups=int(groups[s])), ends[s]
            ).model_dump(),
            n=round(float(n[s])),
            few=bool(n[s] < FEW or groups[s] < FEW),
        )
        for s in (0, 1)
    )
    change = estimate(
        float(values[0] - values[1]), samples[:, 0] - samples[:, 1], groups=int(min(groups))
    )
    return Sides(first, second, _widened(change, _newcombe(values, ends)))


def measure(value: float, samples: Array, *, n: float, groups: int, share: bool = True) -> Measure:
    """Return one value with its interval; a share's is no narrower than Wilson's."""
    ends = wilson(value * n, n) if share and n and not np.isnan(value) else None
    found = _widened(estimate(value, samples, groups=groups), ends)
    return Measure(**found.model_dump(), n=round(n), few=bool(n < FEW or groups < FEW))


def _widened(found: Estimate, ends: tuple[float, float] | None) -> Estimate:
    if ends is None or found.value is None:
        return found
    low = ends[0] if found.low is None else min(ends[0], found.low)
    high = ends[1] if found.high is None else max(ends[1], found.high)
    return Estimate(value=found.value, low=rounded(low), high=rounded(high))


def _newcombe(
    values: Array, ends: Sequence[tuple[float, float] | None]
) -> tuple[float, float] | None:
    if ends[0] is None or ends[1] is None:
        return None
    (p, q), (p_low, p_high), (q_low, q_high) = values, ends[0], ends[1]
    down = float(np.hypot(p - p_low, q_high - q))
    up = float(np.hypot(p_high - p, q - q_low))
    return float(p - q) - down, float(p - q) + up


def medians(values: Array, rows: NDArray[np.int64], drawn: Array) -> Array:
    """Return the median of values in each resample of groups; NaN where none was drawn.

    Args:
        values: shape (n,).
        rows: shape (n,); the group of each value.
        drawn: shape (resamples, groups); how often each group is drawn.
    """
    order = np.argsort(values, kind="stable")
    values, rows = values[order], rows[order]
    found = np.full(len(drawn), np.nan)
    step = max(1, _CHUNK // max(len(values), 1))
    for first in range(0, len(drawn) if len(values) else 0, step):
        count = np.cumsum(drawn[first : first + step][:, rows], axis=1)
        half = count[:, -1:] / 2
        low = values[np.argmax(count >= half, axis=1)]
        high = values[np.argmax(count > half, axis=1)]
        found[first : first + step] = np.where(count[:, -1] > 0, (low + high) / 2, np.nan)
    return found
