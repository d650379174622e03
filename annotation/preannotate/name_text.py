"""The words of a folded text, one after another, as the reading of names needs them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from schemas.characters import QUOTES
from schemas.text import Folded

_LETTERS = re.compile(r"[^\W\d_]{1,20}+(?!\w)")
_BREAK = re.compile(rf"[{QUOTES}\n\r\v\f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of letters and its place in the folded text."""

    start: int
    end: int
    text: str


class Words:
    """The words of one text; a name reaches from one to the next over one blank or hyphen."""

    def __init__(self, text: str, folded: Folded) -> None:
        self._folded, self._text = folded, folded.text
        # A name does not go over a quotation mark or the end of a line, both blanks here.
        self._breaks = {folded.from_raw(match.start()) for match in _BREAK.finditer(text)}

    def at(self, start: int) -> Word | None:
        """Return the word that begins at a folded index; numbers are none."""
        match = _LETTERS.match(self._text, start)
        return Word(start, match.end(), match.group()) if match else None

    def after(self, end: int) -> int | None:
        """Return where the next word begins if but one blank (or a hyphen) parts it."""
        if self._text[end : end + 1] not in (" ", "-") or end in self._breaks:
            return None
        return end + 1

    def next(self, word: Word) -> Word | None:
        """Return the word right after another."""
        start = self.after(word.end)
        return None if start is None else self.at(start)

    def before(self, start: int) -> str:
        """Return the word before a folded index, or nothing."""
        if start < 2 or self._text[start - 1] != " ":  # a letter and a blank
            return ""
        return self._text[self._text.rfind(" ", 0, start - 1) + 1 : start - 1]

    def is_whole(self, start: int, end: int) -> bool:
        """Tell whether a folded range begins and ends at raw characters."""
        return self._folded.splits(start) and self._folded.splits(end)
