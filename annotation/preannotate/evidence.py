"""A passage and its known entities → strings that look like names of others, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from annotation.preannotate.name_shapes import Kind, Shapes, shapes
from annotation.preannotate.names import LABEL as PERSON
from annotation.preannotate.names import names
from schemas.article import Span
from schemas.text import QUOTES, Folded, whole_words


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
_LABELS = {head: label for label, heads in _KINDS.items() for head in heads}
_HEAD = re.compile(rf"(?<!\w)[وف]?[بلك]?(?:ال|لل)?({'|'.join(sorted(_LABELS))})(?!\w)")
_OPEN, _CLOSE = "«“„\"'‹", "»”\"'›"
_QUOTED = re.compile(rf"(?: [^\W\d_]+)? ?[{_OPEN}]([^{_OPEN}{_CLOSE}\n،.؛]{{2,40}})[{_CLOSE}]")
_BARE = re.compile(r" ([^\W\d_]+)(?: ([^\W\d_]+))?")
_LATIN = re.compile(r"(?<![\w@./-])[A-Z][A-Za-z0-9&'-]*(?: [A-Z0-9][A-Za-z0-9&'-]*){0,3}(?![\w@/])")
_PROCLITICS = ("", "و", "ف", "ب", "ل", "ول", "وب", "فل", "فب")
_MOST_WORDS = 4


def mentions(text: str, folded: Folded, known: Sequence[Span]) -> Iterator[Mention]:
    """Yield what looks like a name in a text and is in no known span."""
    lists = shapes()
    for span in names(text, folded, known):
        if not any(s.label == PERSON and span.start <= s.start < span.end for s in known):
            yield _person(text[span.start : span.end], lists)
    taken = [(span.start, span.end) for span in known]
    for start, end, label, evidence in (*_latin(text), *_by_heads(text, lists)):
        start, end = whole_words(text, start, end)
        free = not any(start < other_end and begin < end for begin, other_end in taken)
        if free and 0 < len(text[start:end].split()) <= _MOST_WORDS:
            yield Mention(" ".join(text[start:end].split()), label, evidence)


def _person(written: str, lists: Shapes) -> Mention:
    """Return a person's mention: what is written to the first word is taken off."""
    words = written.split()
    folded = lists.folded(words[0])
    for proclitic in _PROCLITICS:
        rest = folded.removeprefix(proclitic)
        if folded.startswith(proclitic) and rest in lists.given | lists.starters:
            words[0] = words[0][len(proclitic) :]
            return Mention(" ".join(words), PERSON, Evidence.GIVEN_NAME)
    return Mention(" ".join(words), PERSON, Evidence.TITLE)


def _latin(text: str) -> Iterator[tuple[int, int, str, Evidence]]:
    for match in _LATIN.finditer(text):
        if len(match.group()) > 1:
            before = text[: match.start()].rstrip(" " + QUOTES).rpartition(" ")[2]
            label = _LABELS.get(before.removeprefix("ال"), "ORG")
            yield *match.span(), label, Evidence.LATIN


def _by_heads(text: str, lists: Shapes) -> Iterator[tuple[int, int, str, Evidence]]:
    """Yield the names after head words: in quotation marks, or words like no everyday word."""
    for head in _HEAD.finditer(text):
        label = _LABELS[head[1]]
        quoted = _QUOTED.match(text, head.end())
        if quoted:
            yield *quoted.span(1), label, Evidence.QUOTED
            continue
        bare = _BARE.match(text, head.end())
        if bare is None or not _names_something(bare[1], label, lists):
            continue
        kind = lists.kind(lists.folded(bare[2]), (Kind.UNKNOWN,), sure=True) if bare[2] else None
        second = kind in (Kind.UNKNOWN, Kind.FOREIGN)
        evidence = Evidence.PLACE if label in ("GPE", "LOC") else Evidence.HEAD
        yield bare.start(1), bare.end(2) if second else bare.end(1), label, evidence


def _names_something(word: str, label: str, lists: Shapes) -> bool:
    folded = lists.folded(word)
    if not folded.startswith("ال"):
        return lists.kind(folded, (), sure=True) in (Kind.UNKNOWN, Kind.FOREIGN)
    # مدينة الرقة; but حزب العمال and جزيرة العرب are not cut out so.
    everyday = folded in lists.definite or lists.is_adjective(folded)
    return label == "GPE" and not everyday and not lists.is_plain(folded[2:])
