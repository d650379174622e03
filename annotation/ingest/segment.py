"""Cut an article into passages of about 40-120 words that cover all of its text.

A paragraph is a line. A long one is cut at sentence ends into windows of even length; a short
one joins its neighbour; a heading stays with what follows it, a list with its introduction.
Deterministic: the same text always gives the same passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from schemas.article import Article, Passage, passage_id
from schemas.characters import BIDI_CONTROLS, QUOTES, ZERO_WIDTH
from schemas.sentences import lines, sentences, trimmed
from schemas.text import CLOSING

VERSION = "3"
"""Changes whenever some text would be cut in other places than before."""
MIN_WORDS, MAX_WORDS, WINDOW_WORDS = 40, 120, 80

_HEADING_WORDS, _TAIL = 12, 8
_STOPS = frozenset(".!?؟…۔،؛")
_WORD = re.compile(r"\S+")
# As ``count_words`` counts: a part between blanks that holds a letter or digit.
_COUNTED = re.compile(r"[^\W_]\S*")
_CLAUSE = re.compile(r"[؛;،,:](?=\s)")
_ITEM = re.compile(
    r"[^\w\s]?(?:[-–•*●▪◦·]|(?:\d{1,3}|[أ-ي])\s?[)\-–](?!\d)|(?:\d{1,3}|[أبج])\.(?!\d))"
)
_QUOTE = re.compile('[«»“”"]')
_ATTRIBUTION = re.compile(r"(?:(?:هكذا|بهذا|هذا ما) )?(?:قال|يقول|تقول|صرح|علق|أضاف|كتب)ت?\b")
_CLOSERS = CLOSING + QUOTES + BIDI_CONTROLS + ZERO_WIDTH


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of text that is not cut further."""

    start: int
    end: int
    words: int


def segment(article: Article) -> list[Passage]:
    """Return the passages of an article, in text order.

    Every character that is not white space lies in exactly one passage; passages begin and
    end without white space. None has more than ``MAX_WORDS`` words. The time is linear.
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


def _pieces(text: str) -> Iterator[_Piece]:
    """Yield paragraphs, bound to what they must not part from, and windows of the long ones."""
    for piece in _blocks(text, [_piece(text, a, b) for a, b in lines(text)]):
        if piece.words <= MAX_WORDS:
            yield piece
        else:
            yield from _windows(text, piece)


def _piece(text: str, start: int, end: int) -> _Piece:
    return _Piece(start, end, len(_COUNTED.findall(text, start, end)))


def _blocks(text: str, paragraphs: list[_Piece]) -> Iterator[_Piece]:
    """Join headings and introductions with what follows, and lists that are short enough."""
    at = 0
    while at < len(paragraphs):
        first = last = paragraphs[at]
        words, at = first.words, at + 1
        while at < len(paragraphs) and _binds(text, last, paragraphs[at], words):
            last, at = paragraphs[at], at + 1
            words += last.words
        if last is not first and _ITEM.match(text, last.start):
            for piece in _rest_of_list(text, paragraphs, at, MAX_WORDS - words):
                last, at = piece, at + 1
                words += last.words
        yield _Piece(first.start, last.end, words)


def _binds(text: str, this: _Piece, following: _Piece, words: int) -> bool:
    """Tell whether a paragraph is a heading of the next one, or introduces it."""
    if _ending(text, this) == ":":
        return this.words < MIN_WORDS or words + following.words <= MAX_WORDS
    return (
        words < MIN_WORDS
        and 0 < this.words <= _HEADING_WORDS < following.words
        and _ending(text, this) not in _STOPS
        and _ending(text, following) in _STOPS
    )


def _ending(text: str, piece: _Piece) -> str:
    """Return the last character of a piece, quotes and brackets left out."""
    return text[max(piece.start, piece.end - _TAIL) : piece.end].rstrip(_CLOSERS)[-1:]


def _rest_of_list(text: str, paragraphs: list[_Piece], at: int, room: int) -> list[_Piece]:
    """Return the further items of a list, or none when not all of them have room."""
    items = []
    while at < len(paragraphs) and _ITEM.match(text, paragraphs[at].start):
        piece, at = paragraphs[at], at + 1
        room -= max(1, piece.words)  # a list of bare signs must come to an end, too
        if room < 0:
            return []
        items.append(piece)
    return items


def _windows(text: str, piece: _Piece) -> Iterator[_Piece]:
    """Cut a long paragraph at sentence ends into windows of even length."""
    target = piece.words / max(2, round(piece.words / WINDOW_WORDS))
    begin, last, filled = piece.start, piece, 0
    for atom in _atoms(text, piece):
        # Close before this atom when that comes nearer to the target than taking it in.
        size = atom.words
        full = filled + size - target > target - filled and _ending(text, last) != ":"
        if filled >= MIN_WORDS and (full or filled + size > MAX_WORDS):
            yield _Piece(begin, last.end, filled)
            begin, filled = atom.start, 0
        filled += size
        last = atom
    yield _Piece(begin, last.end, filled)


def _atoms(text: str, piece: _Piece) -> Iterator[_Piece]:
    """Yield sentences; one that is too long is cut at clauses, or at worst between words."""
    limit = MAX_WORDS - MIN_WORDS
    for sentence in _quotes_whole(text, piece, limit):
        if sentence.words <= limit:
            yield sentence
            continue
        commas = (match.end() for match in _CLAUSE.finditer(text, sentence.start, sentence.end))
        for a, b in pairwise([sentence.start, *commas, sentence.end]):
            clause = _piece(text, *trimmed(text, a, b))
            if clause.words <= limit:
                yield clause
            else:
                for word in _WORD.finditer(text, clause.start, clause.end):
                    counted = _COUNTED.search(word.group())
                    yield _Piece(word.start(), word.end(), 1 if counted else 0)


def _quotes_whole(text: str, piece: _Piece, limit: int) -> Iterator[_Piece]:
    """Yield sentences; a quote's, and who said it, together when they are short enough."""
    held: _Piece | None = None
    quoted = False
    for a, b in sentences(text[piece.start : piece.end]):
        sentence = _piece(text, piece.start + a, piece.start + b)
        words = sentence.words + (held.words if held else 0)
        if held and words <= limit and (quoted or _attributes(text, held, sentence)):
            held = _Piece(held.start, sentence.end, words)
        else:
            if held:
                yield held
            held = sentence
        for quote in _QUOTE.findall(text, sentence.start, sentence.end):
            quoted = not quoted if quote == '"' else quote in "«“"
    if held:
        yield held


def _attributes(text: str, held: _Piece, sentence: _Piece) -> bool:
    """Tell whether a sentence says whose the quote is that ends before it."""
    return text[held.end - 1] in QUOTES and bool(_ATTRIBUTION.match(text, sentence.start))


def _pack(pieces: Iterator[_Piece]) -> list[tuple[int, int]]:
    """Join short pieces with what follows them, and the short ones left with what is before."""
    packed = list(pieces)
    for joins in (_short_before, _short_after):
        open_pieces, packed = packed, []
        for piece in open_pieces:
            if packed and joins(packed[-1], piece):
                last = packed.pop()
                piece = _Piece(last.start, piece.end, last.words + piece.words)
            packed.append(piece)
    return [(piece.start, piece.end) for piece in packed]


def _short_before(last: _Piece, piece: _Piece) -> bool:
    return last.words < MIN_WORDS and last.words + piece.words <= MAX_WORDS


def _short_after(last: _Piece, piece: _Piece) -> bool:
    return piece.words < MIN_WORDS and last.words + piece.words <= MAX_WORDS
