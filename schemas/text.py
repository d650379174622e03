"""Folding for matching, with a map back; and where words and spans end.

Stored text is never changed. Matching runs on a *folded view*; every folded offset maps
back to a code point offset of the stored text. ``schemas.characters`` has the table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from schemas.characters import (
    BIDI_CONTROLS,
    JOINERS,
    TATWEEL,
    ZERO_WIDTH,
    clings,
    fold_character,
)
from schemas.errors import AlignmentError

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint32]

_PARTNERS = {"»": "«", "”": "“„", "“": "„", "’": "‘‚", "›": "‹", ")": "(", "]": "[", "}": "{"}
"""Closing quote or bracket → what may have opened it."""
_WORD = re.compile(r"[^\W_]\S*")
CLOSING = "".join(_PARTNERS)
_MAY_CLOSE = CLOSING + '"'


class CharacterTable:
    """A function of one character, over arrays of code points.

    Values are worked out when a block of 256 characters is first met, so that a table costs
    nothing at import. A value must not be 0.
    """

    def __init__(self, value: Callable[[str], int], dtype: npt.DTypeLike) -> None:
        self._value = value
        self._values = np.zeros(0x110000, dtype=dtype)

    def __getitem__(self, codes: Codes) -> npt.NDArray[np.uint32]:
        values = self._values[codes]
        if not values.all():
            for block in np.unique(codes[values == 0] >> 8):
                for code in range(block << 8, (block + 1) << 8):
                    self._values[code] = self._value(chr(code))
            values = self._values[codes]
        return values


# What a character becomes, in one number: its kind in the highest bits, then whether it is a
# letter or digit, then its folded code point.
_SHIFT, _ALNUM, _CODE = 22, np.uint32(1 << 21), np.uint32((1 << 21) - 1)
_ONE, _MANY, _BLANK, _DROPPED, _CLINGING = range(1, 6)


def _is_letter(character: str) -> bool:
    """Tell whether a character holds a word together: #يوم_الأرض is one."""
    return character.isalnum() or character == "_"


def _packed(character: str) -> int:
    folded = fold_character(character)
    if not folded:
        return (_CLINGING if clings(character) else _DROPPED) << _SHIFT
    if len(folded) > 1:
        return _MANY << _SHIFT | ord(character)
    # Not ™, though it folds to letters: the name before it ends there.
    letter = int(_ALNUM) if _is_letter(folded) and _is_letter(character) else 0
    return (_BLANK if folded == " " else _ONE) << _SHIFT | letter | ord(folded)


_FOLDS = CharacterTable(_packed, np.uint32)


@dataclass(frozen=True, eq=False)
class Folded:
    """A folded view of a text.

    ``starts[i]`` and ``ends[i]`` are the code point offsets in the raw text, half-open, of
    what became folded character ``i``. One raw character may become several folded ones
    (a ligature) and several raw ones may become one (a run of blanks).
    """

    codes: Codes
    """Code points of the folded text, shape (n,)."""
    alnum: Bools
    """Which of them are letters, digits or underscores, shape (n,)."""
    starts: Ints
    """Shape (n,)."""
    ends: Ints
    """Shape (n,)."""
    whole: Bools | None
    """Whether a raw character begins at an index (or the text ends), shape (n + 1,); ``None``
    when one begins at each."""

    @cached_property
    def text(self) -> str:
        """The folded text."""
        return self.codes.tobytes().decode("utf-32-le", "surrogatepass")

    def to_raw(self, start: int, end: int) -> tuple[int, int]:
        """Map a folded range to the raw range whose fold it is.

        Raises:
            AlignmentError: the range is empty, out of bounds, or begins or ends inside what
                one raw character became, so that no raw slice has this fold.
        """
        if not 0 <= start < end <= len(self.codes):
            raise AlignmentError(
                f"folded range {start}..{end} does not fit a folded text of {len(self.codes)} "
                "characters; give 0 <= start < end <= length."
            )
        if not self.splits(start) or not self.splits(end):
            raise AlignmentError(
                f"folded range {start}..{end} cuts through one character of the raw text; "
                "take a range that ends at raw characters."
            )
        return int(self.starts[start]), int(self.ends[end - 1])

    def splits(self, index: int) -> bool:
        """Tell whether a raw character begins (or the text ends) at this folded index."""
        return self.whole is None or bool(self.whole[index])

    def from_raw(self, start: int) -> int:
        """Return the index of the folded character at or after a raw offset."""
        return int(np.searchsorted(self.ends, start, side="right"))


def fold(text: str) -> Folded:
    """Return the folded view of ``text``: what different spellings of one word share.

    Dropped: tashkeel, tatweel, bidi controls, zero-width characters, accents. Unified: hamza
    seats, alef maqsura with yeh, ta marbuta with heh, digits, presentation forms, Latin case.
    Quotes and white space become one space, runs of them too.

    >>> fold("القاهِرَة").text
    'القاهره'
    >>> fold("قال «نَعَم»").to_raw(4, 7)
    (5, 10)
    """
    values = _FOLDS[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)]
    kinds = (values >> _SHIFT).astype(np.uint8)
    starts: Ints = np.arange(len(values))
    ends: Ints = starts + 1
    dropped = np.flatnonzero(kinds >= _DROPPED)
    if len(dropped):
        # What clings to a letter makes the letter's range longer.
        for letter, mark in _runs_of(dropped[kinds[dropped] == _CLINGING]):
            ends[letter] = mark + 1
        kept = kinds < _DROPPED
        starts, ends, values, kinds = starts[kept], ends[kept], values[kept], kinds[kept]
    blank = kinds == _BLANK
    again = blank[1:] & blank[:-1]
    if again.any():
        first, last = np.append(True, ~again), np.append(~again, True)
        starts, ends, values, kinds = starts[first], ends[last], values[first], kinds[first]
    folded = Folded(values & _CODE, values & _ALNUM != 0, starts, ends, None)
    many = np.flatnonzero(kinds == _MANY)
    return _expanded(folded, many) if len(many) else folded


@lru_cache(maxsize=1 << 16)
def fold_name(text: str) -> str:
    """Return ``fold(text).text``, faster for a few words when no map back is needed."""
    pieces: list[str] = []
    for character in text:
        folded = fold_character(character)
        if folded and not (folded == " " and pieces and pieces[-1] == " "):
            pieces.append(folded)
    return "".join(pieces)


def _runs_of(places: Ints) -> Iterator[tuple[int, int]]:
    """Yield the place before each run of consecutive places, if there is one, and its last."""
    breaks = np.flatnonzero(np.diff(places) != 1)
    firsts = places[np.append(0, breaks + 1)] if len(places) else places
    lasts = places[np.append(breaks, len(places) - 1)] if len(places) else places
    yield from ((a - 1, b) for a, b in zip(firsts.tolist(), lasts.tolist(), strict=True) if a)


def _expanded(folded: Folded, many: Ints) -> Folded:
    """Put what several characters fold to in the place of each character of ``many``."""
    pieces = {int(i): fold_character(chr(folded.codes[i])) for i in many}
    lengths = np.ones(len(folded.codes), dtype=np.int64)
    lengths[many] = [len(piece) for piece in pieces.values()]
    first = np.cumsum(lengths) - lengths
    codes, alnum = np.repeat(folded.codes, lengths), np.repeat(folded.alnum, lengths)
    for index, piece in pieces.items():
        place = slice(first[index], first[index] + len(piece))
        codes[place] = [ord(character) for character in piece]
        letters = _is_letter(chr(folded.codes[index]))
        alnum[place] = [letters and _is_letter(character) for character in piece]
    whole = np.zeros(len(codes) + 1, dtype=bool)
    whole[first] = whole[-1] = True
    starts, ends = np.repeat(folded.starts, lengths), np.repeat(folded.ends, lengths)
    return Folded(codes, alnum, starts, ends, whole)


@cache
def is_word(character: str) -> bool:
    """Tell whether a character is part of a word: a letter, digit, mark or joiner."""
    return bool(character) and (
        character.isalnum()
        or character == "_"
        or unicodedata.category(character) in ("Mn", "Mc", "Me")
        or character in TATWEEL + JOINERS
    )


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Move the ends of a span inwards over white space, bidi marks and BOMs only.

    Returns an empty range (``start == end``) when nothing else is inside.
    """
    loose = BIDI_CONTROLS + ZERO_WIDTH
    while start < end and (text[start].isspace() or text[start] in loose):
        start += 1
    while start < end and (text[end - 1].isspace() or text[end - 1] in loose):
        end -= 1
    return start, end


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span to whole words and drop the punctuation around it.

    A closing quote or bracket is kept when its opening partner is inside the span
    (``سياسة «صين واحدة»``). Returns an empty range when the span holds no word.

    >>> text = "قالت (وواشنطن)."
    >>> text[slice(*whole_words(text, 7, 13))]
    'وواشنطن'
    """
    if _is_whole(text, start, end):
        return start, end
    start, end = trim(text, start, end)
    # From letter or digit to letter or digit; marks and joiners at the ends come back below.
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not text[end - 1].isalnum():
        end -= 1
    if start == end:
        return start, end
    while start > 0 and is_word(text[start]) and is_word(text[start - 1]):
        start -= 1
    while end < len(text) and is_word(text[end - 1]) and is_word(text[end]):
        end += 1
    return start, _close(text, start, end)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Tell at a look whether a span is what most spans are: whole words with nothing to close."""
    return (
        start < end
        and text[start].isalnum()
        and text[end - 1].isalnum()
        and (start == 0 or not is_word(text[start - 1]))
        and (end == len(text) or not (is_word(text[end]) or text[end] in _MAY_CLOSE))
    )


def _close(text: str, start: int, end: int) -> int:
    """Take closing quotes and brackets in that the span opened, from the innermost outwards."""
    while end < len(text):
        inside, after = text[start:end], text[end]
        opened = sum(map(inside.count, _PARTNERS.get(after, "")))
        if not (inside.count('"') % 2 if after == '"' else opened > inside.count(after)):
            break
        end += 1
    return end


def count_words(text: str) -> int:
    """Count the parts of a text between white space that hold a letter or digit."""
    return len(_WORD.findall(text))
