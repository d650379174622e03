"""Known entities: a file of names with their variants → spans in texts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import Field

from annotation.preannotate.variants import spellings
from schemas.article import Span
from schemas.characters import BIDI_CONTROLS, QUOTES
from schemas.codebook import Bilingual, Codebook
from schemas.errors import RecordError
from schemas.jsonl import read
from schemas.lexicon import Form, Hits, Lexicon
from schemas.record import Record, sha256
from schemas.text import (
    CLOSING,
    Bools,
    CharacterTable,
    Folded,
    Ints,
    fold,
    fold_name,
    is_word,
    whole_words,
)

# People and places are not used with ال unless it is part of their name.
_NO_ARTICLE = ("PERSON", "GPE")
T = TypeVar("T")
_IN_BRACKETS = re.compile(r"\s*\([^)]*\)")
_PROCLITICS = re.compile("^[ء-ي\u064b-\u0652\u0640]+")
# Two characters before a name, a NUL in its place, two after it. A slash between names is none.
_IN_ADDRESS = re.compile(r"[@_]\0|[A-Za-z0-9]\.\0|[a-z0-9/:]/\0|\0[@_]|\0\.[A-Za-z0-9]|\0/[a-z0-9]")
_SEPARATOR = "\0"
_SURE = 2
# Characters that begin and end a span of whole words, and those that may stand beside it.
_INNER = CharacterTable(lambda character: 1 + character.isalnum(), np.uint8)
_OUTER = CharacterTable(
    lambda c: 1 + (not is_word(c) and c not in CLOSING + QUOTES + BIDI_CONTROLS), np.uint8
)
_BATCH = 50_000
"""Code points that are matched in one go: enough to forget the cost of a call, and few enough
for the processor's cache."""


class Entry(Record):
    """One entity of the world, with the forms by which news names it."""

    id: str = Field(pattern=r"^[a-z0-9_.]+$")
    label: str
    name: Bilingual
    variants: tuple[str, ...] = ()
    ambiguous: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Forms that are common words too → words of which one must stand in the same passage.

    A context word is found as cues are: whole, with proclitics and ال seen through; ``word*``
    may end in any way.
    """

    def plain_forms(self) -> tuple[str, ...]:
        """Return the forms as written that need no context."""
        return (self.name.ar, *self.variants)


@dataclass(frozen=True, slots=True)
class _Name:
    """A form of an entry, as compiled."""

    entry: Entry
    form: str
    context: frozenset[int]
    """Numbers of the context words of which one must stand beside it; empty for none."""


class Gazetteer:
    """A compiled gazetteer."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        self.hash = hash_of(entries)
        self._names: list[_Name] = []
        self._contexts: dict[str, int] = {}
        self._lexicon = Lexicon(self._forms())
        self._is_latin = np.array([name.form.isascii() for name in self._names], bool)
        self._wants_context = np.array([bool(name.context) for name in self._names], bool)

    def _forms(self) -> Iterator[Form]:
        """Yield all forms; a name's key is its number, a context word's is negative."""
        for entry in self.entries:
            for form in entry.plain_forms():
                yield self._form(form, entry, ())
            for form, words in entry.ambiguous.items():
                yield self._form(form, entry, words)
        for form, entry in made_forms(self.entries):
            yield self._form(form, entry, ())
        for word, number in self._contexts.items():
            yield Form(word.rstrip("*"), -1 - number, article=True, open_end=word.endswith("*"))

    def _form(self, text: str, entry: Entry, words: Iterable[str]) -> Form:
        context = frozenset(
            self._contexts.setdefault(fold_name(word), len(self._contexts)) for word in words
        )
        self._names.append(_Name(entry, text.strip(), context))
        return Form(text, len(self._names) - 1, article=entry.label not in _NO_ARTICLE)

    def spans(self, text: str, folded: Folded | None = None) -> list[Span]:
        """Return every mention of a known entity in a text, overlapping ones too, in text order."""
        return self._spans(self._mentions(text, folded or fold(text), [0]))[0]

    def spans_of(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        """Yield the mentions in each text, as :meth:`spans` does, many texts at a time."""
        for mentions in self._batched(texts):
            yield from self._spans(mentions)

    def longest_of(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        """Yield of each text the mentions that :func:`schemas.article.longest_first` keeps."""
        for mentions in self._batched(texts):
            yield from self._spans(mentions.keep(mentions.longest()))

    def _batched(self, texts: Iterable[str]) -> Iterator[_Mentions]:
        for batch in batches(texts, size=len):
            begins = [0]
            for text in batch[:-1]:
                begins.append(begins[-1] + len(text) + len(_SEPARATOR))
            joined = _SEPARATOR.join(batch)
            yield self._mentions(joined, fold(joined), begins)

    def _mentions(self, text: str, folded: Folded, begins: list[int]) -> _Mentions:
        """Find the names in a text whose parts begin at ``begins``."""
        hits = self._lexicon.find_all(folded)
        start, end = folded.starts[hits.start], folded.ends[hits.end - 1]
        part = np.searchsorted(begins, start, side="right") - 1
        known, blocked = self._in_context(hits, part)
        known &= self._latin_fits(text, hits.key, start, end)
        # A bare reading first: كابل is Kabul before it is ك + آبل. Then the longer form: the span
        # of أوبك+ is that of أوبك, since it ends without the sign.
        order = np.lexsort((hits.start - hits.end, ~hits.bare))
        order = order[(known | blocked)[order]]
        start, end = _whole_words(text, start[order], end[order])
        _, first = np.unique(start * (len(text) + 1) + end, return_index=True)
        # A form may be all signs. What is blocked takes its place, and is no mention.
        first = first[(start[first] < end[first]) & known[order[first]]]
        chosen = order[first]
        return _Mentions(np.array(begins), part[chosen], start[first], end[first], hits.key[chosen])

    def _in_context(self, hits: Hits, part: Ints) -> tuple[Bools, Bools]:
        """Tell which hits are names, and which are everyday words that block other readings."""
        known = hits.key >= 0
        blocked = np.zeros(len(known), bool)
        words = ~known
        beside = set(zip(part[words].tolist(), (-1 - hits.key[words]).tolist(), strict=True))
        for at in np.flatnonzero(known & self._wants_context[hits.key]).tolist():
            of = int(part[at])
            if not any((of, word) in beside for word in self._names[hits.key[at]].context):
                known[at], blocked[at] = False, hits.bare[at]
        return known, blocked

    def _latin_fits(self, text: str, key: Ints, start: Ints, end: Ints) -> Bools:
        """Tell of forms in Latin letters whether they stand there as a name: as it is capitalised.

        Parts of addresses are none (bbc.com, @reuters), nor are everyday words (swift, rss).
        """
        fits = np.ones(len(key), bool)
        for at in np.flatnonzero(self._is_latin[key] & (key >= 0)).tolist():
            form, a, b = self._names[key[at]].form, int(start[at]), int(end[at])
            found = _PROCLITICS.sub("", text[a:b])
            written = found.isupper() or (
                not form.isupper() and found[:1].isupper() == form[:1].isupper()
            )
            beside = f"{text[max(a - 2, 0) : a]}\0{text[b : b + 2]}"
            fits[at] = written and not _IN_ADDRESS.search(beside)
        return fits

    def _spans(self, mentions: _Mentions) -> list[list[Span]]:
        """Return the spans of each part, counted from its start."""
        spans: list[list[Span]] = [[] for _ in mentions.begins]
        begin = mentions.begins[mentions.part]
        columns = (mentions.part, mentions.start - begin, mentions.end - begin, mentions.key)
        for part, start, end, key in zip(*(c.tolist() for c in columns), strict=True):
            entry = self._names[key].entry
            spans[part].append(Span(start=start, end=end, label=entry.label, entity_id=entry.id))
        return spans


@dataclass(frozen=True, slots=True)
class _Mentions:
    """Names found in a text that is made of parts, in text order; columns of shape (n,)."""

    begins: Ints
    """Where the parts begin, shape (parts,)."""
    part: Ints
    start: Ints
    end: Ints
    key: Ints

    def keep(self, which: Bools) -> _Mentions:
        """Return some of the mentions."""
        columns = (self.part, self.start, self.end, self.key)
        return _Mentions(self.begins, *(column[which] for column in columns))

    def longest(self) -> Bools:
        """Tell which ones stay when of those that overlap the longest wins, then the leftmost."""
        stay = np.ones(len(self.start), bool)
        if not len(stay):
            return stay
        # A group is what hangs together by overlaps; most are single mentions.
        reach = np.maximum.accumulate(self.end)
        first = np.flatnonzero(np.append(True, self.start[1:] >= reach[:-1]))
        size = np.diff(np.append(first, len(stay)))
        for begin, n in zip(first[size > 1].tolist(), size[size > 1].tolist(), strict=True):
            group = slice(begin, begin + n)
            places = zip(
                self.start[group].tolist(), self.end[group].tolist(), range(n), strict=True
            )
            kept: list[tuple[int, int]] = []
            for start, end, at in sorted(places, key=lambda place: (place[0] - place[1], place[0])):
                if any(start < b and a < end for a, b in kept):
                    stay[begin + at] = False
                else:
                    kept.append((start, end))
        return stay


def _whole_words(text: str, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Give whole words; all but a few are, as the characters beside them show."""
    codes = np.frombuffer(f"{text}\0".encode("utf-32-le", "surrogatepass"), np.uint32)
    inside = _INNER[codes[start]] & _INNER[codes[end - 1]]
    sure = inside & _OUTER[codes[start - 1]] & _OUTER[codes[end]] == _SURE
    for at in np.flatnonzero(~sure).tolist():
        start[at], end[at] = whole_words(text, int(start[at]), int(end[at]))
    return start, end


def batches(items: Iterable[T], *, size: Callable[[T], int]) -> Iterator[list[T]]:
    """Part items into lists of some 50,000 code points in all, in order."""
    batch: list[T] = []
    total = 0
    for item in items:
        batch.append(item)
        total += size(item)
        if total >= _BATCH:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def made_forms(entries: Sequence[Entry]) -> list[tuple[str, Entry]]:
    """Return the forms that nobody wrote down: the English name, and spellings by rule.

    A form that an entry has in writing stays that entry's; one that would be made for two
    entries is made for none.
    """
    written = {fold_name(f) for e in entries for f in (*e.plain_forms(), *e.ambiguous)}
    made: dict[str, dict[str, tuple[str, Entry]]] = defaultdict(dict)
    for entry in entries:
        english = _IN_BRACKETS.sub("", entry.name.en)
        others = {fold_name(english).strip(): english}
        for form in entry.plain_forms():
            others |= {other: other for other in spellings(form, english)}
        for folded, form in others.items():
            if folded not in written:
                made[folded][entry.id] = (form, entry)
    return [next(iter(of.values())) for of in made.values() if len(of) == 1]


def hash_of(entries: Iterable[Entry]) -> str:
    """Return the hash that names exactly these entries, in this order."""
    return sha256("".join(entry.to_line() for entry in entries))


def read_gazetteer(path: Path, codebook: Codebook) -> Gazetteer:
    """Read and check a gazetteer.

    Raises:
        RecordError: a line does not validate, a label is not in the codebook, an id or a
            form stands twice.
    """
    entries = read(path, Entry)
    problems: list[str] = []
    ids: dict[str, int] = {}
    owners: dict[str, str] = {}
    for number, entry in enumerate(entries, start=1):
        where = f"{path}: record {number} ({entry.id})"
        if entry.label not in codebook.entity_ids:
            known = ", ".join(codebook.entity_ids)
            problems.append(f"{where}: label {entry.label!r} is not in the codebook ({known})")
        if ids.setdefault(entry.id, number) != number:
            problems.append(f"{where}: the id stands already in record {ids[entry.id]}")
        forms = {fold_name(f) for f in (*entry.plain_forms(), *entry.ambiguous)}
        problems.extend(
            f"{where}: the form {form!r} belongs to {owners[form]} already"
            for form in sorted(forms)
            if owners.setdefault(form, entry.id) != entry.id
        )
    if problems:
        raise RecordError("\n".join([*problems, "Mend these gazetteer entries."]))
    return Gazetteer(entries)
