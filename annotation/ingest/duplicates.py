"""Take a stream of articles; give clusters of those that have one text, exactly or nearly.

The stream is read twice. Of an article only its id, file and time stay in memory, and of each
different text a hash and a signature of 256 bytes. The shingles of texts that may have a near
duplicate go to a temporary file in the second reading, and each pair is verified on them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from tempfile import TemporaryFile
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from annotation.ingest.shingles import PERMUTATIONS, ShingleFile, Signatures, signatures
from schemas.article import Article, Cluster
from schemas.errors import GateError, UsageError
from schemas.text import fold

SHORTEST = 50
"""Folded characters below which a text is compared as a whole only: with so few shingles, what
two headlines say weighs less than the words around it."""
LEAST_THRESHOLD = 0.5
"""Two texts as similar as this share no band 13 times in 100 (once in 100 at 0.6, and once in
6,500 at 0.7), so lower thresholds would promise too much."""
_MARGIN = 0.15  # nearly four standard errors of an estimate at 0.7
_NEIGHBOURS = 16  # thousands of texts from one template would give millions of pairs
_BATCH = 1_000_000  # characters hashed at once
_PAIRS = 50_000  # pairs of signatures compared at once

Codes: TypeAlias = NDArray[np.signedinteger]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Text:
    """One folded text: its row in the signatures (-1: none), and the articles that have it."""

    row: int
    members: list[tuple[datetime, str, str]] = field(default_factory=list)


def find_clusters(
    articles: Callable[[], Iterator[Article]], *, threshold: float = 0.7
) -> list[Cluster]:
    """Return the clusters of articles that have the same or nearly the same text.

    Articles are copies when their folded texts are equal. They are near duplicates when the
    Jaccard similarity of their folded texts' sets of shingles reaches the threshold; so are
    reports from one template (weather, prices, congratulations) that differ in numbers and
    names only. A cluster is all that such pairs join, so two of its members may be less alike
    than the threshold. Texts under ``SHORTEST`` folded characters can only be copies, and
    texts that fold to nothing are in no cluster. Titles are not looked at.

    The result does not depend on the order of the articles: members are sorted by time, file
    and id, clusters by their first members. An id that comes again is the same article.

    Args:
        articles: gives all articles anew at each call; called once or twice.
        threshold: least Jaccard similarity of a pair, from ``LEAST_THRESHOLD`` to 1.

    Raises:
        UsageError: the threshold is out of bounds.
        GateError: articles went missing between the two readings.
    """
    if not LEAST_THRESHOLD <= threshold <= 1:
        raise UsageError(
            f"near-duplicate threshold is {threshold}; give a number from {LEAST_THRESHOLD} to 1."
        )
    texts, signed = _read(articles())
    pairs = _candidates(signed, threshold - _MARGIN)
    forest = _Forest()
    if len(pairs):
        rows = {texts[row].members[0][2]: row for row in np.unique(pairs).tolist()}
        with TemporaryFile() as file:
            shingles = ShingleFile(file)
            _write(articles(), rows, shingles)
            forest = _join(pairs, shingles, threshold)
    clusters = _clusters(texts, forest)
    log.info("%d texts, %d candidate pairs, %d clusters", len(texts), len(pairs), len(clusters))
    return clusters


def _read(articles: Iterable[Article]) -> tuple[list[_Text], Signatures]:
    """Return the different texts, those with a signature first, and the signatures.

    Both parts are sorted by first members; row ``n`` of the signatures belongs to text ``n``.
    """
    texts: dict[bytes, _Text] = {}
    seen: set[str] = set()
    signed: list[Signatures] = [np.empty((0, PERMUTATIONS), np.uint16)]
    rows = 0
    for batch in _batches(articles):
        new: list[str] = []
        for article, folded in batch:
            if article.id in seen or not folded:
                continue
            seen.add(article.id)
            key = blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            text = texts.get(key)
            if text is None:
                long = len(folded) >= SHORTEST
                text = texts[key] = _Text(rows if long else -1)
                new += [folded] * long
                rows += long
            text.members.append((article.collected_at, article.file, article.id))
        if new:
            signed.append(signatures(new))
    for text in texts.values():
        text.members.sort()
    ordered = sorted(texts.values(), key=lambda text: (text.row < 0, text.members[0]))
    return ordered, np.concatenate(signed)[[text.row for text in ordered if text.row >= 0]]


def _batches(articles: Iterable[Article]) -> Iterator[list[tuple[Article, str]]]:
    """Yield articles with their folded texts in lists of about ``_BATCH`` characters."""
    batch: list[tuple[Article, str]] = []
    size = 0
    for article in articles:
        folded = fold(article.text).text.strip()
        batch.append((article, folded))
        size += len(folded)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _candidates(signed: Signatures, least: float) -> Codes:
    """Return the pairs of rows that share a band and seem to be as similar as ``least``.

    Shape ``(pairs, 2)``: the lower row first, the most similar pairs first. Of the rows that
    share a band each is paired with the next ``_NEIGHBOURS`` only; in such a crowd the others
    are reached through those.
    """
    found: Codes = np.empty(0, np.int64)
    # Four minima of 16 bits, read as one integer, are a band: 32 bands of 128 minima.
    for band in np.ascontiguousarray(signed).view(np.uint64).T:
        codes = np.setdiff1d(_neighbours(band), found)
        found = np.union1d(found, codes[_estimates(codes, signed) >= least])
    pairs = np.stack(np.divmod(found, max(len(signed), 1)), axis=1)
    return pairs[np.argsort(-_estimates(found, signed), kind="stable")]


def _neighbours(band: NDArray[np.uint64]) -> Codes:
    """Return the pairs of rows with one value, each coded as ``first * rows + second``."""
    order = np.argsort(band, kind="stable")
    values = band[order]
    at: Codes = np.arange(len(band))
    codes: list[Codes] = []
    for step in range(1, _NEIGHBOURS + 1):
        at = at[at < len(band) - step]
        at = at[values[at] == values[at + step]]
        codes.append(order[at] * len(band) + order[at + step])
    return np.concatenate(codes)


def _estimates(codes: Codes, signed: Signatures) -> NDArray[np.float64]:
    """Return the estimated similarity of coded pairs."""
    parts = [np.empty(0)]
    for begin in range(0, len(codes), _PAIRS):
        first, second = np.divmod(codes[begin : begin + _PAIRS], len(signed))
        parts.append((signed[first] == signed[second]).mean(axis=1))
    return np.concatenate(parts)


def _write(articles: Iterable[Article], rows: dict[str, int], shingles: ShingleFile) -> None:
    """Store the shingles of the articles whose ids have a row."""
    for batch in _batches(article for article in articles if article.id in rows):
        shingles.write([rows[article.id] for article, _ in batch], [text for _, text in batch])
    missing = [article for article, row in rows.items() if row not in shingles]
    if missing:
        raise GateError(
            f"{len(missing)} of {len(rows)} articles to compare were gone at the second reading "
            f"({missing[0]} for one); let nothing change the articles meanwhile, then run again."
        )


@dataclass(slots=True)
class _Forest:
    """Which rows are joined (union-find), and by what: the least similarity, at each root."""

    parents: dict[int, int] = field(default_factory=dict)
    least: dict[int, float] = field(default_factory=dict)

    def root(self, row: int) -> int:
        """Return the row that stands for all that ``row`` is joined with; shorten the way to it."""
        path = []
        while (parent := self.parents.get(row, row)) != row:
            path.append(row)
            row = parent
        self.parents.update(dict.fromkeys(path, row))
        return row

    def join(self, one: int, two: int, similarity: float) -> None:
        """Join the trees of two different roots."""
        self.parents[two] = one
        known = (self.least.get(one, 1.0), self.least.pop(two, 1.0))
        self.least[one] = min(similarity, *known)


def _join(pairs: Codes, shingles: ShingleFile, threshold: float) -> _Forest:
    """Return the forest of the pairs that reach the threshold.

    Pairs come with the most similar first, so this is a maximum spanning forest (going by the
    estimates), and a pair that is joined already need not be compared.
    """
    forest = _Forest()
    for first, second in pairs.tolist():
        one, two = forest.root(first), forest.root(second)
        if one != two and (similarity := shingles.similarity(first, second)) >= threshold:
            forest.join(one, two, similarity)
    return forest


def _clusters(texts: list[_Text], forest: _Forest) -> list[Cluster]:
    """Return what is joined; a text that several articles have is a cluster by itself."""
    groups: dict[int, list[_Text]] = {}
    for number, text in enumerate(texts):
        groups.setdefault(forest.root(number), []).append(text)
    found = []
    for root, group in groups.items():
        members = sorted(member for text in group for member in text.members)
        firsts = {text.members[0] for text in group}
        if len(members) > 1:
            cluster = Cluster(
                id=members[0][2],
                members=tuple(member[2] for member in members),
                copies=tuple(member[2] for member in members if member not in firsts),
                similarity=forest.least.get(root, 1.0),
            )
            found.append((members[0], cluster))
    return [cluster for _, cluster in sorted(found, key=lambda pair: pair[0])]
