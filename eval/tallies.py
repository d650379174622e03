"""Counts by article and side → ratios of both sides and their change, with 95 % intervals.

The sides are two parts of the annotations: the assisted and the blind arm, or the first and the
second half of an annotator's work. Articles are drawn with all that belongs to them, on both
sides at once, as in ``eval.bootstrap``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from eval.bootstrap import (
    RESAMPLES,
    SEED,
    estimate,
    mean_ends,
    resample,
    rounded,
    weights,
    wilson,
)
from schemas.report import Estimate, Measure

Array = NDArray[np.float64]
Key = TypeVar("Key", bound=Hashable)
FEW = 10
"""Fewer than this, of what is counted or of articles: marked as saying little."""
Ends = tuple[float, float] | None
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

    def counted(self) -> list[Hashable]:
        """Return the keys that anything was counted under."""
        return list(self._sums)

    def ratio(self, key: Hashable, *, share: bool = True) -> Sides:
        """Return the ratio on both sides.

        Args:
            key: what was counted.
            share: the ratio is a share of independent yes-or-no answers: its interval is never
                narrower than the one that the counts alone give.
        """
        cells = self._cells(key)
        total = cells.sum(axis=0)
        ends = [wilson(*total[side, (_TOP, _N)]) if share else None for side in (0, 1)]
        return sides(
            _ratios(total),
            _ratios(resample(cells, self.drawn)),
            n=total[:, _N],
            groups=(cells[:, :, _BOTTOM] > 0).sum(axis=0),
            ends=ends,
        )

    def mean_ratio(self, keys: Iterable[Key]) -> tuple[Sides, list[Key]]:
        """Return the mean of the shares under several keys, each counting the same.

        Only keys with something on both sides are in it, so that the same ones are compared.
        Without any, each side is the mean of what is there, and the change is not defined.

        Returns:
            both sides, and the keys that are compared.
        """
        counted = [(key, self._cells(key)) for key in keys]
        both = [(key, c) for key, c in counted if (c[:, :, _BOTTOM].sum(axis=0) > 0).all()]
        if not both:
            one, other = (self._mean([c for _, c in counted], (side,)) for side in (0, 1))
            return Sides(one.first, other.second, Estimate(value=None)), []
        return self._mean([c for _, c in both], (0, 1)), [key for key, _ in both]

    def _cells(self, key: Hashable) -> Array:
        shape = (self.drawn.shape[1], 2, 3)
        return np.array(self._sums.get(key) or np.zeros(shape)).reshape(shape)

    def _mean(self, cells: Sequence[Array], of: Sequence[int]) -> Sides:
        """Return the mean ratio of the cells that have something on the sides ``of``."""
        kept = [c for c in cells if all(c[:, side, _BOTTOM].sum() > 0 for side in of)]
        if not kept:
            nothing, never = np.zeros(2), np.full((len(self.drawn), 2), np.nan)
            return sides(never[0], never, n=nothing, groups=nothing)
        joint = np.sum(kept, axis=0)
        totals = np.array([c.sum(axis=0) for c in kept])
        values = _ratios(totals)
        drawn = np.array([_ratios(resample(c, self.drawn)) for c in kept])
        # A resample without one of them says nothing: the mean over the others is another thing.
        samples = drawn.mean(axis=0)
        samples[np.isnan(samples[:, list(of)]).any(axis=1)] = np.nan
        ends: list[Ends] = [None, None]
        for side in of:
            found = [wilson(*total[side, (_TOP, _N)]) for total in totals]
            ends[side] = mean_ends(values[:, side], np.array(found))
        return sides(
            values.mean(axis=0),
            samples,
            n=joint.sum(axis=0)[:, _N],
            groups=(joint[:, :, _BOTTOM] > 0).sum(axis=0),
            ends=ends,
        )


def _ratios(cells: Array) -> Array:
    """Return what was counted as ratios: (..., 3) → (...); NaN of nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(cells[..., _TOP] / cells[..., _BOTTOM])


def sides(
    values: Array,
    samples: Array,
    *,
    n: Array,
    groups: Array,
    ends: Sequence[Ends] = (None, None),
    least: Array | None = None,
) -> Sides:
    """Join values of two sides with their resamples.

    A share's change is no narrower than Newcombe's interval of a difference, which joins the
    Wilson intervals of both sides: "Interval estimation for the difference between independent
    proportions", Statistics in Medicine (1998), method 10.

    Args:
        values: shape (2,); NaN where not defined.
        samples: shape (resamples, 2).
        n: shape (2,); what the values rest on.
        groups: shape (2,); groups with anything on that side. One alone gives no interval: all
            that is counted there may be alike.
        ends: of each side, when it is a share, the interval that its counts alone give.
        least: shape (2,); what must reach ``FEW`` beside the groups; ``n`` unless given.
    """
    known = [own if groups[side] > 1 else None for side, own in enumerate(ends)]
    number = n if least is None else least
    first, second = (
        Measure(
            **_widened(
                estimate(float(values[s]), samples[:, s], groups=int(groups[s])), known[s]
            ).model_dump(),
            n=round(float(n[s])),
            few=bool(number[s] < FEW or groups[s] < FEW),
        )
        for s in (0, 1)
    )
    change = estimate(
        float(values[0] - values[1]), samples[:, 0] - samples[:, 1], groups=int(min(groups))
    )
    return Sides(first, second, _widened(change, _newcombe(values, known)))


def measure(value: float, samples: Array, *, n: float, groups: int, share: bool = True) -> Measure:
    """Return one value with its interval; a share's is no narrower than Wilson's.

    One group alone gives none.
    """
    known = share and n and groups > 1 and not np.isnan(value)
    ends = wilson(value * n, n) if known else None
    found = _widened(estimate(value, samples, groups=groups), ends)
    return Measure(**found.model_dump(), n=round(n), few=bool(n < FEW or groups < FEW))


def _widened(found: Estimate, ends: Ends) -> Estimate:
    if ends is None or found.value is None:
        return found
    low = ends[0] if found.low is None else min(ends[0], found.low)
    high = ends[1] if found.high is None else max(ends[1], found.high)
    return Estimate(value=found.value, low=rounded(low), high=rounded(high))


def _newcombe(values: Array, ends: Sequence[Ends]) -> Ends:
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
