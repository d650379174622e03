"""Folding for matching, with a map back; and where words and spans end.

Stored text is never changed. Matching runs on a *folded view*; every folded offset maps
back to a code point offset of the stored text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache

from schemas.errors import AlignmentError

BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Invisible direction marks; a drag or a double click in a browser often takes one along."""
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
QUOTES = "\"'`´«»‹›“”„‟‘’‚‛＂＇"
_PARTNERS = {"»": "«", "”": "“„", "“": "„", "’": "‘‚", "›": "‹", ")": "(", "]": "[", "}": "{"}
"""Closing quote or bracket → what may have opened it."""
CLOSING = "".join(_PARTNERS)
_TATWEEL = "\u0640"
# Marks of the Arabic blocks that change no letter: honorifics, harakat, Quranic signs.
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]")
_LETTERS = {
    **dict.fromkeys("أإآٱٲٳ", "ا"),  # hamza seats and madda on alef: dropped freely in news
    "ى": "ي",  # alef maqsura: written for final yeh in Egypt, and the other way round
    "ة": "ه",  # ta marbuta: its dots are dropped as often
    "ؤ": "و",
    "ئ": "ي",
    "ک": "ك",  # Persian keyboard layouts
    "ی": "ي",
    "ہ": "ه",
}
_DIGITS = {chr(base + n): str(n) for base in (0x0660, 0x06F0) for n in range(10)}
_DROPPED = re.compile(f"[{BIDI_CONTROLS}{ZERO_WIDTH}{_TATWEEL}]|{_MARKS.pattern}")
_BLANK = re.compile(rf"[\s{QUOTES}]")
# Characters that a span keeps when they follow its last letter: they belong to the word.
_CLINGING = re.compile(f"[{_TATWEEL}\u200c\u200d]|{_MARKS.pattern}")


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded view of a text.

    ``starts[i]`` and ``ends[i]`` are the code point offsets in the raw text, half-open, of
    what became folded character ``i``. One raw character may become several folded ones
    (a ligature) and several raw ones may become one (a run of blanks).
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def to_raw(self, start: int, end: int) -> tuple[int, int]:
        """Map a folded range to the raw range whose fold it is.

        Raises:
            AlignmentError: the range is empty, out of bounds, or begins or ends inside what
                one raw character became, so that no raw slice has this fold.
        """
        if not 0 <= start < end <= len(self.text):
            raise AlignmentError(
                f"folded range {start}..{end} does not fit a folded text of {len(self.text)} "
                "characters; give 0 <= start < end <= length."
            )
        if not self.splits(start) or not self.splits(end):
            raise AlignmentError(
                f"folded range {start}..{end} cuts through one character of the raw text; "
                "take a range that ends at raw characters."
            )
        return self.starts[start], self.ends[end - 1]

    def splits(self, index: int) -> bool:
        """Tell whether a raw character begins (or the text ends) at this folded index."""
        return index in (0, len(self.text)) or self.starts[index] != self.starts[index - 1]

    def from_raw(self, start: int) -> int:
        """Return the index of the folded character at or after a raw offset."""
        index = bisect_right(self.starts, start)
        if index and self.ends[index - 1] > start:
            index -= 1
            while index and self.starts[index - 1] == self.starts[index]:
                index -= 1
        return index


def fold(text: str) -> Folded:
    """Return the folded view of ``text``: what different spellings of one word share.

    Dropped: tashkeel, tatweel, bidi controls, zero-width characters. Unified: hamza seats,
    alef maqsura with yeh, ta marbuta with heh, Arabic-Indic digits, presentation forms,
    Latin case. Quotes and white space become one space, runs of them too.

    >>> fold("القاهِرَة").text
    'القاهره'
    >>> fold("قال «نَعَم»").to_raw(4, 7)
    (5, 10)
    """
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    after_blank = False
    offset = 0
    for match in _RUNS.finditer(text):
        run = match.group()
        if match.lastgroup == "plain" and not (after_blank and _BLANK.match(run)):
            # One character each: no need to look at them one by one.
            pieces.append(run.translate(_PLAIN))
            starts.extend(range(offset, match.end()))
            ends.extend(range(offset + 1, match.end() + 1))
            after_blank = pieces[-1][-1] == " "
        else:
            for character in run:
                folded = _fold_character(character)
                if not folded:
                    if starts and ends[-1] == offset and _CLINGING.match(character):
                        _stretch(starts, ends, offset + 1)
                elif folded == " " and after_blank:
                    _stretch(starts, ends, offset + 1)
                else:
                    after_blank = folded == " "
                    pieces.append(folded)
                    starts.extend([offset] * len(folded))
                    ends.extend([offset + 1] * len(folded))
                offset += 1
        offset = match.end()
    return Folded("".join(pieces), tuple(starts), tuple(ends))


def _stretch(starts: list[int], ends: list[int], end: int) -> None:
    """Let the raw range of the last raw character reach ``end`` (in all its folded pieces)."""
    start, index = starts[-1], len(ends) - 1
    while index >= 0 and starts[index] == start:
        ends[index] = end
        index -= 1


@cache
def _fold_character(character: str) -> str:
    if _DROPPED.match(character):
        return ""
    if _BLANK.match(character):
        return " "
    if character in _LETTERS:
        return _LETTERS[character]
    if character in _DIGITS:
        return _DIGITS[character]
    plain = unicodedata.normalize("NFKC", character)
    if plain == character:
        return character.casefold()
    return "".join(_fold_character(piece) for piece in plain)


# Characters of ordinary Arabic and Latin text that fold to exactly one character, blanks only
# where no other blank follows; everything else is looked at one by one.
_ONE_TO_ONE = "".join(
    chr(code)
    for code in (*range(0x20, 0x7F), *range(0x600, 0x700), 0x2013, 0x2014)
    if len(_fold_character(chr(code))) == 1 and not _BLANK.match(chr(code))
)
_PLAIN = str.maketrans({c: _fold_character(c) for c in _ONE_TO_ONE + " \n\t\r" + QUOTES})
_WORDS, _BLANKS = f"[{re.escape(_ONE_TO_ONE)}]", rf"[ \n\t\r{QUOTES}]"
_RUNS = re.compile(rf"(?P<plain>(?:{_WORDS}+|{_BLANKS}(?![\s{QUOTES}]))+)|(?P<odd>.)", re.DOTALL)


def is_word(character: str) -> bool:
    """Tell whether a character is part of a word: a letter, digit, mark or joiner."""
    return bool(character) and (
        character.isalnum()
        or character == "_"
        or unicodedata.category(character) in ("Mn", "Mc", "Me")
        or character in (_TATWEEL, "\u200c", "\u200d")
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
    return sum(any(map(str.isalnum, part)) for part in text.split())
