"""Turn folded texts into hashed character shingles, their signatures, and sets kept in a file."""

from __future__ import annotations

from typing import IO, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

LENGTH = 5
"""Characters in one shingle."""
PERMUTATIONS = 128
_SEED = 1  # of the permutations; another seed changes nothing but which borderline pairs LSH misses
# Odd constants without structure: a polynomial in the first over 64 bits tells shingles apart,
# folding the halves and the second spread what it says over all bits.
_FACTOR, _SPREAD, _HALF = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xD6E8FEB86659FD93),
    np.uint64(32),
)

Hashes: TypeAlias = NDArray[np.uint64]
Signatures: TypeAlias = NDArray[np.uint16]
Offsets: TypeAlias = NDArray[np.int64]


def hashes(texts: list[str]) -> tuple[Hashes, Offsets]:
    """Return the hash of every shingle, text after text, and where each text's hashes begin.

    There is one offset more than there are texts: the last one is the end. Texts are at least
    ``LENGTH`` characters long. Two shingles share a hash once in about 2**64 pairs.
    """
    joined = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.array([len(text) for text in texts], np.int64)
    windows = max(len(joined) - LENGTH + 1, 0)
    found = joined[:windows].astype(np.uint64)
    for place in range(1, LENGTH):
        found *= _FACTOR
        found += joined[place : place + windows]
    found ^= found >> _HALF
    found *= _SPREAD
    found ^= found >> _HALF
    inside = np.ones(len(joined), bool)
    for place in range(1, LENGTH):
        inside[np.cumsum(lengths) - place] = False  # begins in one text and ends in the next
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(lengths - LENGTH + 1, out=offsets[1:])
    return found[inside[:windows]], offsets


def signatures(texts: list[str]) -> Signatures:
    """Return the MinHash signatures of texts: shape ``(texts, PERMUTATIONS)``.

    The share of equal places in two rows estimates the Jaccard similarity of the two texts'
    sets of shingles. Only the low 16 bits of each minimum are kept: different ones agree in
    them once in 65,536 times, far below the error of the estimate.

    Source: Broder (1997), On the resemblance and containment of documents; Li and König
    (2010), b-bit minwise hashing.
    """
    flat, offsets = hashes(texts)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        flat, offsets.astype(np.uint64), PERMUTATIONS, _SEED
    )
    return np.array(matrix.to_rows(), np.uint32).astype(np.uint16)


class ShingleFile:
    """Sets of shingles by number, sorted, in an open file: too many to hold in memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._places: dict[int, tuple[int, int]] = {}

    def __contains__(self, number: int) -> bool:
        return number in self._places

    def write(self, numbers: list[int], texts: list[str]) -> None:
        """Store the sets of texts under their numbers; do so before anything is compared."""
        flat, offsets = hashes(texts)
        for number, begin, end in zip(numbers, offsets[:-1], offsets[1:], strict=True):
            distinct = np.unique(flat[begin:end])
            self._places[number] = (self._file.tell(), len(distinct))
            self._file.write(distinct.tobytes())

    def similarity(self, first: int, second: int) -> float:
        """Return the Jaccard similarity of two sets."""
        one, two = self._read(first), self._read(second)
        shared = len(np.intersect1d(one, two, assume_unique=True))
        return shared / (len(one) + len(two) - shared)

    def _read(self, number: int) -> Hashes:
        place, count = self._places[number]
        self._file.seek(place)
        return np.frombuffer(self._file.read(count * 8), np.uint64)
