"""Find many forms in a folded text at once: whole words, with Arabic proclitics seen through.

Aho-Corasick gives every raw hit, overlapping ones too; all are then checked for word edges, as
arrays. Choosing the longest comes after that check: the other way round a long form that ends
inside a word would hide a short one that fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

import ahocorasick_rs
import numpy as np
import numpy.typing as npt

from schemas.text import Bools, Codes, Folded, Ints, fold_name

_AL = "ال"
_HAMZA = "أإآ"
"""What no article begins with: إلكتروني takes one."""
_GLUED_MIN = 8
"""Shortest length (without ال) at which a form of several words is also looked for without its
spaces."""
_VERB_MIN = 5
"""Letters from which س is seen through before a form."""
_OWN_MIN = 5
"""Shortest length at which a form that begins with ال is taken to have the article."""


def _joined(*parts: tuple[str, ...]) -> set[str]:
    return {"".join(choice) for choice in product(*parts)}


_AND = ("", "و", "ف")
_OF_NOUNS = ("", "ب", "ل", "ك")
# و ف, then ب ل ك, may be written to the word that follows.
_FEW_PROCLITICS = _joined(_AND, _OF_NOUNS)
# So may س be, to verbs; before a short form it makes everyday words (سهرات is not س + هرات).
_PROCLITICS = _FEW_PROCLITICS | _joined(_AND, ("س",))
# The same with the article: بال كال, and لل for ل + ال.
_WITH_ARTICLE = _joined(_AND, ("ال", "بال", "كال", "لل"))
# What stands before a form that has the article itself and is looked for without it: للصين too.
_OWN_ARTICLE = _joined(_AND, _OF_NOUNS, ("ال",)) | _joined(_AND, ("لل",))
_LETTERS = "ابسفكلو"
_LONGEST = 4


def _number(prefix: str) -> int:
    """Return what stands before a form as one number, a digit for each letter."""
    number = 0
    for letter in prefix:
        number = number * 8 + _LETTERS.index(letter) + 1
    return number


_SETS = (_FEW_PROCLITICS, _PROCLITICS, _WITH_ARTICLE, _OWN_ARTICLE)
_FEW, _PLAIN, _ARTICLE, _OWN = 1, 2, 4, 8
_BARE = _FEW | _PLAIN
_ALLOWED = np.zeros(8**_LONGEST, dtype=np.uint8)
"""For each prefix, as a number, the bits of the sets that it is in."""
for _bit, _set in zip((_FEW, _PLAIN, _ARTICLE, _OWN), _SETS, strict=True):
    for _prefix in _set:
        _ALLOWED[_number(_prefix)] |= _bit

_DIGITS = np.zeros(0x110000, dtype=np.uint16)
for _letter in _LETTERS:
    _DIGITS[ord(_letter)] = _number(_letter)


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


class Hit(NamedTuple):
    """A form found: folded offsets of the whole words that hold it."""

    key: int
    start: int
    end: int
    bare: bool
    """Whether nothing is written to the form: a better reading than one with a proclitic."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Many hits, as columns of shape (n,), ordered by where their forms end."""

    key: Ints
    start: Ints
    end: Ints
    bare: Bools


class _Pattern(NamedTuple):
    key: int
    before: int
    open_end: bool


class Lexicon:
    """A set of forms, compiled once.

    >>> from schemas.text import fold
    >>> [hit.key for hit in Lexicon([Form("الصين", 7)]).find(fold("قال للصين والصينيين"))]
    [7]
    """

    def __init__(self, forms: Iterable[Form]) -> None:
        by_text: dict[str, list[_Pattern]] = {}
        for form in forms:
            for text, pattern in _patterns(form):
                by_text.setdefault(text, []).append(pattern)
        self._texts = list(by_text)
        # The patterns of a text stand together: from self._first on, self._count of them.
        patterns = [pattern for group in by_text.values() for pattern in group]
        self._key = np.array([pattern.key for pattern in patterns], np.int64)
        self._before = np.array([pattern.before for pattern in patterns], np.uint8)
        self._open = np.array([pattern.open_end for pattern in patterns], bool)
        self._count = np.array([len(group) for group in by_text.values()], np.int64)
        self._first = np.cumsum(self._count) - self._count

    @cached_property
    def _alphabet(self) -> npt.NDArray[Any]:
        """The code of each character: small numbers, so that a state has few ways to go on.

        A hyphen is a space here (جونغ-أون); what occurs in no form is 0.
        """
        characters = sorted(set("".join(self._texts)))
        kind: npt.DTypeLike = np.uint8 if len(characters) < 0xFF else np.uint16
        alphabet: npt.NDArray[Any] = np.zeros(0x110000, kind)
        for code, character in enumerate(characters, start=1):
            alphabet[ord(character)] = code
        alphabet[ord("-")] = alphabet[ord(" ")]
        return alphabet

    @cached_property
    def _automaton(self) -> ahocorasick_rs.BytesAhoCorasick:
        return ahocorasick_rs.BytesAhoCorasick(
            [self._alphabet[_codes(text)].tobytes() for text in self._texts],
            implementation=ahocorasick_rs.Implementation.ContiguousNFA,
        )

    def find(self, folded: Folded) -> Iterator[Hit]:
        """Yield every hit at word edges, overlapping ones too, ordered by where they end."""
        hits = self.find_all(folded)
        columns = (hits.key, hits.start, hits.end, hits.bare)
        yield from map(Hit._make, zip(*(c.tolist() for c in columns), strict=True))

    def find_all(self, folded: Folded) -> Hits:
        """Return what :meth:`find` yields, as columns."""
        if not self._texts:
            none = np.zeros(0, np.int64)
            return Hits(none, none, none, none.astype(bool))
        index, start, end = self._raw_hits(folded.codes)
        alnum = np.append(folded.alnum, False)  # also what index -1 is
        # One row for each pattern that has the text.
        count = self._count[index]
        row = np.repeat(np.arange(len(index)), count)
        pattern = np.repeat(self._first[index] - np.cumsum(count) + count, count)
        pattern += np.arange(len(row))
        start, end = start[row], end[row]
        cut = alnum[end] & alnum[end - 1]
        fits = ~cut | self._open[pattern]
        pattern, start, end, cut = pattern[fits], start[fits], end[fits], cut[fits]
        begins, stops = _runs(alnum)
        if cut.any():
            end[cut] = stops[np.searchsorted(stops, end[cut])]
        word = start.copy()
        glued = np.flatnonzero(alnum[start] & alnum[start - 1])
        word[glued] = begins[np.searchsorted(begins, start[glued], side="right") - 1]
        before = np.full(len(start), _BARE)
        before[glued] = _sets_of(folded.codes, word[glued], start[glued])
        fits = self._before[pattern] & before != 0
        if folded.whole is not None:
            fits &= folded.whole[word] & folded.whole[end]
        alone = (start - word == len(_AL)) & (folded.codes[word] == ord(_AL[0]))
        bare = np.where(self._before[pattern] == _OWN, alone, word == start)
        return Hits(self._key[pattern[fits]], word[fits], end[fits], bare[fits])

    def _raw_hits(self, codes: Codes) -> tuple[Ints, Ints, Ints]:
        letters = self._alphabet[codes]
        found = self._automaton.find_matches_as_indexes(letters.tobytes(), overlapping=True)
        hits = np.array(found, dtype=np.int64).reshape(-1, 3)
        if letters.itemsize == 2:  # a hit from the middle of a character is none
            hits = hits[(hits[:, 1] | hits[:, 2]) & 1 == 0]
            hits[:, 1:] >>= 1
        return hits[:, 0], hits[:, 1], hits[:, 2]


def _runs(alnum: Bools) -> tuple[Ints, Ints]:
    """Return where runs of letters and digits begin and where they end; the last is no letter."""
    changes = np.flatnonzero(alnum[1:] != alnum[:-1]) + 1
    if alnum[0]:
        changes = np.append(0, changes)
    return changes[::2], changes[1::2]


def _sets_of(codes: Codes, word: Ints, start: Ints) -> Ints:
    """Return the sets (as bits) that the letters between ``word`` and ``start`` are in."""
    length = start - word
    number = np.zeros(len(start), dtype=np.int64)
    known = length <= _LONGEST
    for back in range(_LONGEST, 0, -1):
        there = np.flatnonzero(known & (length >= back))
        digit = _DIGITS[codes[start[there] - back]]
        number[there] = number[there] * 8 + digit
        known[there] = digit > 0
    return np.where(known, _ALLOWED[number], 0)


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _patterns(form: Form) -> Iterator[tuple[str, _Pattern]]:
    text = fold_name(form.text).strip().replace("-", " ")
    if not text.strip():
        return
    before = _PLAIN if len(text) >= _VERB_MIN else _FEW
    if form.article:
        before |= _ARTICLE
    own = text.startswith(_AL) and text[2:3] != " " and form.text[:1] not in _HAMZA
    if own and len(text) >= _OWN_MIN:
        text, before = text.removeprefix(_AL), _OWN
    yield text, _Pattern(form.key, before, form.open_end)
    if " " in text and len(text) >= _GLUED_MIN:
        yield text.replace(" ", ""), _Pattern(form.key, before, form.open_end)
