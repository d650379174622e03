"""Votes of several annotators → how often each is right, without knowing the truth.

The truth is taken for a hidden yes or no; given the truth, annotators answer independently, each
with a sensitivity and a specificity of their own. Both, and how common a yes is, are what makes
the votes most likely, found by expectation maximisation.
Source: Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM
algorithm", Applied Statistics 28 (1979), equations 2.3 to 2.5, for two classes.

What annotators get wrong together, such as a prediction that all of them saw, the model takes
for the truth; and what is hard to see for all of them it takes to be there less often than it is.

Only decisions with three votes are used. Two votes have three free shares, and the rates of two
annotators with a prevalence are five unknowns: the likelihood is as high at many other rates,
and which ones come out depends on where the search begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Array = NDArray[np.float64]
LEAST = 3
"""Votes on one decision that it takes: with two, nobody knows who of them is right."""
_ROUNDS, _NEAR = 1000, 1e-6
_TINY = 1e-6
_CHUNK = 2_000_000


@dataclass(frozen=True)
class Votes:
    """Equal patterns of votes, counted by group."""

    annotators: tuple[str, ...]
    kinds: tuple[str, ...]
    """Each has a share of yes of its own: the issues."""
    yes: Array
    """Shape (patterns, annotators): 1 where the annotator says yes."""
    no: Array
    """The same for no; neither is 1 where the annotator did not judge."""
    kind: NDArray[np.int64]
    """Shape (patterns,): index into ``kinds``."""
    counts: csr_matrix
    """Shape (groups, patterns)."""


@dataclass(frozen=True)
class Fitted:
    """What makes the votes most likely; one row a fit."""

    sensitivity: Array
    """Shape (fits, annotators); so is ``specificity``."""
    specificity: Array
    prevalence: Array
    """Shape (fits, kinds)."""
    positives: Array
    """Shape (fits, annotators): expected number of yes among what each judged."""
    negatives: Array
    unsettled: Array
    """Shape (fits,): 1 where the rates were still moving when the search was given up."""


def collect(votes: Iterable[tuple[int, str, Mapping[str, bool]]], *, groups: int) -> Votes | None:
    """Count votes by pattern.

    Args:
        votes: (group, kind, annotator → yes or no); units with fewer than three votes are
            passed over.
        groups: number of groups.

    Returns:
        ``None`` when no unit has the votes of three annotators.
    """
    counted: Counter[tuple[int, str, tuple[tuple[str, bool], ...]]] = Counter(
        (group, kind, tuple(sorted(given.items()))) for group, kind, given in votes
    )
    used = {key: n for key, n in counted.items() if len(key[2]) >= LEAST}
    if not used:
        return None
    annotators = sorted({name for _, _, pattern in used for name, _ in pattern})
    kinds = sorted({kind for _, kind, _ in used})
    patterns = sorted({(kind, pattern) for _, kind, pattern in used})
    column = {pattern: number for number, pattern in enumerate(patterns)}
    said = np.zeros((2, len(patterns), len(annotators)))
    for number, (_, pattern) in enumerate(patterns):
        for name, value in pattern:
            said[int(value), number, annotators.index(name)] = 1
    cells = [(group, column[kind, pattern], n) for (group, kind, pattern), n in used.items()]
    rows, columns, counts = (np.array(values) for values in zip(*cells, strict=True))
    return Votes(
        annotators=tuple(annotators),
        kinds=tuple(kinds),
        yes=said[1],
        no=said[0],
        kind=np.array([kinds.index(kind) for kind, _ in patterns]),
        counts=csr_matrix((counts.astype(np.float64), (rows, columns)), (groups, len(patterns))),
    )


def only(votes: Votes, kind: str) -> Votes:
    """Return the votes of one kind."""
    kept = votes.kind == votes.kinds.index(kind)
    return Votes(
        annotators=votes.annotators,
        kinds=(kind,),
        yes=votes.yes[kept],
        no=votes.no[kept],
        kind=np.zeros(int(kept.sum()), dtype=np.int64),
        counts=votes.counts[:, kept],
    )


def fit(votes: Votes, drawn: Array) -> Fitted:
    """Fit the model to each row of ``drawn``: how often each group counts.

    Begins from the share of yes among the votes of a unit, so that of the two solutions that
    explain the votes equally well (yes and no exchanged) the one is found in which most
    annotators are right more often than not.

    Args:
        votes: from ``collect``.
        drawn: shape (fits, groups).
    """
    step = max(1, _CHUNK // max(len(votes.kind), 1))
    parts = [_fit(votes, drawn[n : n + step] @ votes.counts) for n in range(0, len(drawn), step)]
    return Fitted(*(np.concatenate(found) for found in zip(*parts, strict=True)))


@dataclass
class _Patterns:
    """What an E step and an M step need of the votes."""

    votes: Votes
    one_hot: Array

    def rates(self, weights: Array, posterior: Array) -> tuple[Array, ...]:
        """Return the rates that the expected truth gives (equations 2.3 and 2.4)."""
        yes, no = self.votes.yes, self.votes.no
        positive, negative = weights * posterior, weights * (1 - posterior)
        positives, negatives = positive @ (yes + no), negative @ (yes + no)
        return (
            _ratio(positive @ yes, positives),
            _ratio(negative @ no, negatives),
            _ratio(positive @ self.one_hot, weights @ self.one_hot),
            positives,
            negatives,
        )

    def posterior(self, sensitivity: Array, specificity: Array, prevalence: Array) -> Array:
        """Return the chance of a yes that the rates give to each pattern (equation 2.5)."""
        yes, no = self.votes.yes, self.votes.no
        odds = (
            (np.log(prevalence) - np.log1p(-prevalence)) @ self.one_hot.T
            + (np.log(sensitivity) - np.log1p(-specificity)) @ yes.T
            + (np.log1p(-sensitivity) - np.log(specificity)) @ no.T
        )
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -500, 500))))


def _fit(votes: Votes, weights: Array) -> tuple[Array, ...]:
    patterns = _Patterns(votes, np.eye(len(votes.kinds))[votes.kind])
    share = votes.yes.sum(axis=1) / (votes.yes + votes.no).sum(axis=1)
    found = patterns.rates(weights, np.broadcast_to(share, weights.shape))
    moving = np.arange(len(weights))
    for _ in range(_ROUNDS):
        before = [part[moving] for part in found]
        after = patterns.rates(weights[moving], patterns.posterior(*before[:3]))
        for part, new in zip(found, after, strict=True):
            part[moving] = new
        step = np.abs(np.hstack(after[:3]) - np.hstack(before[:3])).max(axis=1)
        moving = moving[step > _NEAR]
        if not len(moving):
            break
    unsettled = np.zeros(len(weights))
    unsettled[moving] = 1
    return *found, unsettled


def _ratio(top: Array, bottom: Array) -> Array:
    """Return shares that are never 0 or 1: their logarithms are needed."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.where(bottom > 0, top / bottom, 0.5)
    return np.asarray(np.clip(found, _TINY, 1 - _TINY))
