"""Lines and sentences of a text, as offsets into it."""

from __future__ import annotations

import re
from itertools import pairwise

from schemas.text import BIDI_CONTROLS, CLOSING, QUOTES

_CLOSERS = re.escape("".join(dict.fromkeys(CLOSING + QUOTES)))
_END = re.compile(
    rf"(?:[.!?؟…۔]+[{_CLOSERS}]*)+(?=[{BIDI_CONTROLS}]*(?:\s|$))"
    r"|(?<=[ء-ي]{3})[.؟!](?=[ء-ي]{2})"
)
# A full stop after one of these does not end a sentence: one letter (د. أ. م.), Latin initials.
_ABBREVIATION = re.compile(r"(?:^|[\s(«“\"'])(?:و?[ء-ي]|(?:[A-Za-z]\.)*[A-Za-z]|Mr|Dr|No)$")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the sentences of a text as half-open code point ranges, trimmed of white space.

    A line break ends a sentence. Full stops inside numbers, after single letters and Latin
    initials do not; a full stop that glues two words (``قال.ثم``) does.

    >>> [text[a:b] for text in ["قال د. علي 3.5 نعم. ثم ذهب"] for a, b in sentences(text)]
    ['قال د. علي 3.5 نعم.', 'ثم ذهب']
    """
    found: list[tuple[int, int]] = []
    for start, end in lines(text):
        cuts = [start]
        for match in _END.finditer(text, start, end):
            before = text[cuts[-1] : match.start()]
            if match.group() == "." and _ABBREVIATION.search(before[-8:]):
                continue
            cuts.append(match.end())
        cuts.append(end)
        found.extend(trimmed(text, a, b) for a, b in pairwise(cuts))
    return [(a, b) for a, b in found if a < b]


def lines(text: str) -> list[tuple[int, int]]:
    """Return the non-empty lines, trimmed; every line end of Unicode counts."""
    found, start = [], 0
    for line in text.splitlines(keepends=True):
        a, b = trimmed(text, start, start + len(line))
        if a < b:
            found.append((a, b))
        start += len(line)
    return found


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave white space at the ends out; direction marks stay, they are not white space."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
