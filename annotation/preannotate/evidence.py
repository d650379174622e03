"""A passage and its known entities → strings that look like names of others, and why."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from annotation.preannotate.name_shapes import Kind, Shapes, shapes
from annotation.preannotate.names import LABEL as PERSON
from annotation.preannotate.names import names
from schemas.article import Span, longest_first
from schemas.characters import QUOTES
from schemas.text import Folded, fold_name, whole_words


class Evidence(StrEnum):
    """Why a string looks like a name."""

    TITLE = "title"
    """A person's name after a title."""
    GIVEN_NAME = "given_name"
    """It begins with a given name."""
    LATIN = "latin"
    """Latin letters with a capital."""
    QUOTED = "quoted"
    """In quotation marks after a head word: صحيفة «…»."""
    HEAD = "head"
    """After a head word: حزب …"""
    PLACE = "place"
    """After a word for a kind of place: مدينة …"""


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a string looks like a name."""

    text: str
    """As written, without proclitics."""
    label: str
    evidence: Evidence


_ORGANISATIONS = (
    "صحيفة|جريدة|مجلة|قناة|شبكة|وكالة|إذاعة|موقع|شركة|مجموعة|بنك|مصرف|حزب|حركة|تنظيم|جماعة|منظمة"
    "|مؤسسة|جمعية|تيار|نادي|نادى|تحالف|ائتلاف|ميليشيا|كتائب|مركز|معهد|جامعة|حلف|كتلة"
)
_PRODUCTS = "تطبيق|منصة|هاتف|صاروخ|طائرة|مقاتلة|مدمرة|سفينة|لقاح|محرك|لعبة"
_GOVERNED = "مدينة|بلدة|قرية|ولاية|محافظة|مقاطعة|إقليم|ضاحية|دولة|إمارة"
_NATURAL = "جزيرة|نهر|بحيرة|جبل|مضيق|خليج|صحراء|وادي|هضبة|جزر|ميناء"
_KINDS = {
    "ORG": frozenset(_ORGANISATIONS.split("|")),
    "PRODUCT": frozenset(_PRODUCTS.split("|")),
    "GPE": frozenset(_GOVERNED.split("|")),
    "LOC": frozenset(_NATURAL.split("|")),
}
_LABELS = {fold_name(head): label for label, heads in _KINDS.items() for head in heads}
_HEAD = re.compile(rf"(?<!\w)[وف]?[بلك]?(?:ال|لل)?({'|'.join(sorted(_LABELS))})(?!\w)")
_OPEN, _CLOSE = "«“„\"'‹", "»”\"'›"
_QUOTED = re.compile(
    rf"(?: (?:[^\W\d_]|[\u064b-\u065f\u0670])+)? ?"
    rf"[{_OPEN}]([^{_OPEN}{_CLOSE}\n،.؛]{{2,40}})[{_CLOSE}]"
)
"""A name in quotation marks, as stored: folding makes blanks of the marks."""
_BARE = re.compile(r" ([^\W\d_]+)(?: ([^\W\d_]+))?")
_LATIN = re.compile(
    r"(?<![\w@./-])[A-Z][A-Za-z0-9&'-]*"
    r"(?: (?=[\d&'-]*[A-Za-z])[A-Z0-9][A-Za-z0-9&'-]*){0,3}(?![\w@/])"
)
_PROCLITICS = ("", "و", "ف", "ب", "ل", "ول", "وب", "فل", "فب")
_MOST_WORDS = 4


def mentions(text: str, folded: Folded, known: Sequence[Span]) -> Iterator[Mention]:
    """Yield what looks like a name in a text and is in no known span."""
    lists = shapes()
    people = _Taken(span for span in known if span.label == PERSON)
    for span in longest_first(names(text, folded, known))[0]:
        if not people.meets(span.start, span.end):
            yield _person(text, folded, span, lists)
    taken = _Taken(known)
    for start, end, label, evidence in (*_latin(text), *_by_heads(text, folded, lists)):
        start, end = whole_words(text, start, end)
        if not taken.meets(start, end) and 0 < len(text[start:end].split()) <= _MOST_WORDS:
            yield Mention(" ".join(text[start:end].split()), label, evidence)


class _Taken:
    """Ranges of a text, and whether another one meets any of them."""

    def __init__(self, spans: Iterable[Span]) -> None:
        ranges = sorted((span.start, span.end) for span in spans)
        self._starts = [start for start, _ in ranges]
        self._ends = list(accumulate((end for _, end in ranges), max))

    def meets(self, start: int, end: int) -> bool:
        """Tell whether ``start..end`` has a character in common with a range."""
        before = bisect_left(self._starts, end)
        return before > 0 and self._ends[before - 1] > start


def _person(text: str, folded: Folded, span: Span, lists: Shapes) -> Mention:
    """Return a person's mention: what is written to the first word is taken off."""
    start = folded.from_raw(span.start)
    first = fold_name(text[span.start : span.end].split()[0])
    for proclitic in _PROCLITICS:
        rest = first.removeprefix(proclitic)
        if first.startswith(proclitic) and rest in lists.given | lists.starters:
            begin, _ = folded.to_raw(start + len(proclitic), start + len(first))
            written = text[max(begin, span.start) : span.end]
            return Mention(" ".join(written.split()), PERSON, Evidence.GIVEN_NAME)
    return Mention(" ".join(text[span.start : span.end].split()), PERSON, Evidence.TITLE)


def _latin(text: str) -> Iterator[tuple[int, int, str, Evidence]]:
    for match in _LATIN.finditer(text):
        if len(match.group()) > 1:
            before = text[: match.start()].rstrip(" " + QUOTES).rpartition(" ")[2]
            label = _LABELS.get(fold_name(before).removeprefix("ال"), "ORG")
            yield *match.span(), label, Evidence.LATIN


def _by_heads(text: str, folded: Folded, lists: Shapes) -> Iterator[tuple[int, int, str, Evidence]]:
    """Yield the names after head words: in quotation marks, or words like no everyday word."""
    for head in _HEAD.finditer(folded.text):
        label, end = _LABELS[head[1]], head.end()
        if end == len(folded.text) or not (folded.splits(end) and folded.splits(end + 1)):
            continue
        quoted = _QUOTED.match(text, folded.to_raw(end, end + 1)[0])
        if quoted:
            yield *quoted.span(1), label, Evidence.QUOTED
            continue
        bare = _BARE.match(folded.text, end)
        if bare is None or not _is_blank(text, folded, end):
            continue
        if not _names_something(bare[1], label, lists):
            continue
        stop = bare.end(1)
        if bare[2] and _is_blank(text, folded, stop):
            kind = lists.kind(bare[2], (Kind.UNKNOWN,), sure=True)
            stop = bare.end(2) if kind in (Kind.UNKNOWN, Kind.FOREIGN) else stop
        if folded.splits(stop):
            evidence = Evidence.PLACE if label in ("GPE", "LOC") else Evidence.HEAD
            yield *folded.to_raw(bare.start(1), stop), label, evidence


def _is_blank(text: str, folded: Folded, at: int) -> bool:
    """Tell whether a folded blank is one as stored too, no quotation mark or end of a line."""
    if not (folded.splits(at) and folded.splits(at + 1)):
        return False
    return not text[slice(*folded.to_raw(at, at + 1))].strip(" \u00a0")


def _names_something(word: str, label: str, lists: Shapes) -> bool:
    if not word.startswith("ال"):
        return lists.kind(word, (), sure=True) in (Kind.UNKNOWN, Kind.FOREIGN)
    # مدينة الرقة; but حزب العمال and جزيرة العرب are not cut out so.
    everyday = word in lists.definite or lists.is_adjective(word)
    return label == "GPE" and not everyday and not lists.is_plain(word[2:])
