"""Find many forms in a folded text at once: whole words, with Arabic proclitics seen through.

Aho-Corasick gives every raw hit, overlapping ones too; each is then checked for word edges.
Choosing the longest comes after that check: the other way round a long form that ends inside
a word would hide a short one that fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import ahocorasick_rs

from schemas.text import Folded, fold

# و ف, then ب ل ك س, may be written to the word that follows.
_PROCLITICS = re.compile(r"[وف]?[بلكس]?")
# The same with the article: بال كال, and لل for ل + ال.
_WITH_ARTICLE = re.compile(r"[وف]?(?:[بك]?ال|لل|[بلكس])?")
# What stands before a form whose own article has merged with ل.
_MERGED_ARTICLE = re.compile(r"[وف]?لل")
_GLUED_MIN = 8
"""Shortest length at which a form of several words is also looked for without its spaces."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form to look for."""

    text: str
    """As written; it is folded here."""
    key: int
    """What the caller knows it by."""
    article: bool = False
    """Whether ال may be written to it."""
    open_end: bool = False
    """Whether its last word may go on (any ending)."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A form found: folded offsets of the whole words that hold it."""

    key: int
    start: int
    end: int
    bare: bool
    """Whether nothing is written to the form: a better reading than one with a proclitic."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    key: int
    before: re.Pattern[str]
    open_end: bool


class Lexicon:
    """A set of forms, compiled once.

    >>> [hit.key for hit in Lexicon([Form("الصين", 7)]).find(fold("قال للصين والصينيين"))]
    [7]
    """

    def __init__(self, forms: Iterable[Form]) -> None:
        by_text: dict[str, list[_Pattern]] = {}
        for form in forms:
            for text, pattern in _patterns(form):
                by_text.setdefault(text, []).append(pattern)
        self._texts = list(by_text)
        self._patterns = list(by_text.values())

    @cached_property
    def _automaton(self) -> ahocorasick_rs.AhoCorasick:
        return ahocorasick_rs.AhoCorasick(self._texts, store_patterns=False)

    def find(self, folded: Folded) -> Iterator[Hit]:
        """Yield every hit at word edges, overlapping ones too, ordered by where they end."""
        if not self._texts:
            return
        text = folded.text
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            for pattern in self._patterns[index]:
                edges = _edges(text, start, end, pattern)
                if edges and folded.splits(edges[0]) and folded.splits(edges[1]):
                    yield Hit(pattern.key, *edges, bare=edges[0] == start)


def _patterns(form: Form) -> Iterator[tuple[str, _Pattern]]:
    text = fold(form.text).text.strip()
    if not text:
        return
    before = _WITH_ARTICLE if form.article else _PROCLITICS
    spellings = {text}
    if " " in text and len(text) >= _GLUED_MIN:
        spellings.add(text.replace(" ", ""))
    for spelling in sorted(spellings):
        yield spelling, _Pattern(form.key, before, form.open_end)
        if spelling.startswith("ال") and len(spelling) > 4:
            yield spelling[2:], _Pattern(form.key, _MERGED_ARTICLE, form.open_end)


def _edges(text: str, start: int, end: int, pattern: _Pattern) -> tuple[int, int] | None:
    """Return the whole words around a raw hit, or ``None`` when it is not at word edges."""
    if end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        if not pattern.open_end:
            return None
        while end < len(text) and text[end].isalnum():
            end += 1
    word = start
    while word > 0 and text[word - 1].isalnum() and text[start].isalnum():
        word -= 1
    return (word, end) if pattern.before.fullmatch(text, word, start) else None
