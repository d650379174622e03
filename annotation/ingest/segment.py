"""Cut an article into passages of about 40-120 words that cover all of its text.

A paragraph is a line. A long one is cut at sentence ends into windows of even length; a short
one joins its neighbour. Deterministic: the same text always gives the same passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from schemas.article import Article, Passage, passage_id
from schemas.sentences import lines, sentences, trimmed
from schemas.text import count_words

VERSION = "1"
MIN_WORDS, MAX_WORDS, WINDOW_WORDS = 40, 120, 80

_WORD = re.compile(r"\S+")
_CLAUSE = re.compile(r"[؛;،,:](?=\s)")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of text that is not cut further."""

    start: int
    end: int
    words: int


def segment(article: Article) -> list[Passage]:
    """Return the passages of an article, in text order.

    Every character that is not white space lies in exactly one passage; passages begin and
    end without white space.
    """
    bounds = _pack(_pieces(article.text))
    return [
        Passage(
            id=passage_id(article.id, start, end),
            article_id=article.id,
            start=start,
            end=end,
            text=article.text[start:end],
            position=position,
        )
        for position, (start, end) in enumerate(bounds)
    ]


def _pieces(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    for start, end in lines(text):
        words = count_words(text[start:end])
        if words <= MAX_WORDS:
            pieces.append(_Piece(start, end, words))
            continue
        windows = _windows(text, start, end, words)
        pieces.extend(_Piece(a, b, count_words(text[a:b])) for a, b in windows)
    return pieces


def _windows(text: str, start: int, end: int, words: int) -> list[tuple[int, int]]:
    """Cut a long paragraph at sentence ends into windows of even length."""
    target = words / max(2, round(words / WINDOW_WORDS))
    windows: list[tuple[int, int]] = []
    begin, filled = start, 0.0
    last = start
    for a, b in _atoms(text, start, end):
        size = count_words(text[a:b])
        # Close before this atom when that comes nearer to the target than taking it in.
        full = filled + size > MAX_WORDS or filled + size - target > target - filled
        if filled and full and filled >= MIN_WORDS:
            windows.append((begin, last))
            begin, filled = a, 0.0
        filled += size
        last = b
    windows.append((begin, last))
    return windows


def _atoms(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield sentences; one that is too long is cut at clauses, or at worst between words."""
    limit = MAX_WORDS - MIN_WORDS
    for a, b in sentences(text[start:end]):
        sentence = (start + a, start + b)
        if count_words(text[slice(*sentence)]) <= limit:
            yield sentence
            continue
        commas = (match.end() for match in _CLAUSE.finditer(text, *sentence))
        for c, d in pairwise([sentence[0], *commas, sentence[1]]):
            clause = trimmed(text, c, d)
            if count_words(text[slice(*clause)]) <= limit:
                yield clause
            else:
                yield from (match.span() for match in _WORD.finditer(text, *clause))


def _pack(pieces: list[_Piece]) -> list[tuple[int, int]]:
    """Join short pieces with what follows them, and the short ones left with what is before."""
    for joins in (_short_before, _short_after):
        packed: list[_Piece] = []
        for piece in pieces:
            if packed and joins(packed[-1], piece):
                last = packed.pop()
                piece = _Piece(last.start, piece.end, last.words + piece.words)
            packed.append(piece)
        pieces = packed
    return [(piece.start, piece.end) for piece in pieces]


def _short_before(last: _Piece, piece: _Piece) -> bool:
    return last.words < MIN_WORDS and last.words + piece.words <= MAX_WORDS


def _short_after(last: _Piece, piece: _Piece) -> bool:
    return piece.words < MIN_WORDS and last.words + piece.words <= MAX_WORDS
