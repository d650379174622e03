"""A text's words → hashed, counted features: the folded word, its light stem, character n-grams.

Every feature belongs to one word, so a word's features are computed once and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from spacy.strings import hash_string  # type: ignore[attr-defined]  # missing in the stub

from schemas.annotation import Evidence
from schemas.cues import STRONG
from schemas.text import fold

LEXICAL_BITS, CHARACTER_BITS = 15, 16
LEXICAL, CHARACTER = 1 << LEXICAL_BITS, 1 << CHARACTER_BITS
WIDTH = LEXICAL + CHARACTER
"""Columns: words and stems first, then character n-grams."""
NGRAMS = (3, 4, 5)
CUE_FEATURES = 3
"""Of a label in a text: a strong cue stands there; log of 1 + strong ones; of 1 + weak ones."""

_PREFIXES = ("وال", "بال", "كال", "فال", "لل", "ال")
_SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")

Int = NDArray[np.int64]
Float = NDArray[np.float32]


def light_stem(word: str) -> str:
    """Return a folded word without و, article and the commonest endings.

    Source: light10 of Larkey, Ballesteros and Connell, "Light Stemming for Arabic Information
    Retrieval" (2007), table 12.2. ة is written ه here: the word is folded.

    >>> light_stem("والصادرات")
    'صادر'
    """
    if word.startswith("و") and len(word) > 3:
        word = word[1:]
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= 2:
            word = word[len(prefix) :]
            break
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 2:
            word = word[: -len(suffix)]
    return word


@lru_cache(maxsize=200_000)
def word_features(word: str) -> Int:
    """Return the columns of one word as it stands in the text; empty for punctuation.

    Shape (k,), repeated columns count twice.
    """
    found: list[int] = []
    for part in fold(word).text.split():
        if not any(map(str.isalnum, part)):
            continue
        found.append(_column(f"w={part}", LEXICAL))
        found.append(_column(f"s={light_stem(part)}", LEXICAL))
        marked = f"<{part}>"
        for size in NGRAMS:
            grams = (marked[i : i + size] for i in range(len(marked) - size + 1))
            found.extend(LEXICAL + _column(f"c={gram}", CHARACTER) for gram in grams)
    return np.array(found, dtype=np.int64)


def _column(feature: str, width: int) -> int:
    return int(hash_string(feature)) & (width - 1)


def count_matrix(texts: Iterable[Sequence[str]]) -> csr_matrix:
    """Return the feature counts of texts given as words; shape (n_texts, WIDTH), float32."""
    data: list[Float] = []
    indices: list[Int] = []
    ends = [0]
    for words in texts:
        parts = [word_features(word) for word in words]
        columns, counts = np.unique(
            np.concatenate(parts) if parts else np.empty(0, np.int64), return_counts=True
        )
        indices.append(columns)
        data.append(counts.astype(np.float32))
        ends.append(ends[-1] + len(columns))
    return csr_matrix(
        (
            np.concatenate(data) if data else np.empty(0, np.float32),
            np.concatenate(indices) if indices else np.empty(0, np.int64),
            np.array(ends),
        ),
        shape=(len(ends) - 1, WIDTH),
    )


def inverse_document_frequency(counts: csr_matrix) -> Float:
    """Return the smoothed idf of each column, shape (WIDTH,).

    Source: ``log((1 + n) / (1 + df)) + 1``, as in scikit-learn's TfidfTransformer.
    """
    n = counts.shape[0]
    df = np.bincount(counts.indices, minlength=WIDTH)
    return np.asarray(np.log((1 + n) / (1 + df)) + 1, dtype=np.float32)


def weigh(counts: csr_matrix, idf: Float) -> csr_matrix:
    """Return tf-idf weights: sublinear counts, each family (lexical, character) of unit length."""
    weighted = counts.copy()
    weighted.data = (1 + np.log(weighted.data)) * idf[weighted.indices]
    rows = np.repeat(np.arange(weighted.shape[0]), np.diff(weighted.indptr))
    family = rows * 2 + (weighted.indices >= LEXICAL)
    squares = np.bincount(family, weights=weighted.data**2, minlength=weighted.shape[0] * 2)
    lengths = np.sqrt(squares)
    lengths[lengths == 0] = 1.0
    weighted.data = (weighted.data / lengths[family]).astype(np.float32)
    return weighted


def cue_features(found: Sequence[Sequence[Evidence]], labels: Sequence[str]) -> Float:
    """Return what cues say, from the cues found in each text.

    Shape (n_texts, labels, CUE_FEATURES). A term that stands in a text twice counts once.
    """
    column = {label: number for number, label in enumerate(labels)}
    counts = np.zeros((len(found), len(labels), 2))
    for row, evidence in enumerate(found):
        for issue, reason in {(cue.issue, cue.reason) for cue in evidence}:
            counts[row, column[issue], 0 if reason.startswith(STRONG) else 1] += 1
    strong, weak = counts[..., 0], counts[..., 1]
    return np.stack([strong > 0, np.log1p(strong), np.log1p(weak)], axis=-1).astype(np.float32)
