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
from schemas.codebook import Bilingual, Codebook
from schemas.errors import RecordError
from schemas.jsonl import read
from schemas.lexicon import Form, Lexicon
from schemas.record import Record, sha256
from schemas.text import Folded, fold, fold_name, whole_words

# People and places are not used with ال unless it is part of their name.
_NO_ARTICLE = ("PERSON", "GPE")
T = TypeVar("T")
_IN_BRACKETS = re.compile(r"\s*\([^)]*\)")
_SEPARATOR = "\0"
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
    context: frozenset[int]
    """Numbers of the context words of which one must stand beside it; empty for none."""


class Gazetteer:
    """A compiled gazetteer."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        self.hash = sha256("".join(entry.to_line() for entry in entries))
        self._names: list[_Name] = []
        self._contexts: dict[str, int] = {}
        self._lexicon = Lexicon(self._forms())

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
        self._names.append(_Name(entry, context))
        return Form(text, len(self._names) - 1, article=entry.label not in _NO_ARTICLE)

    def spans(self, text: str, folded: Folded | None = None) -> list[Span]:
        """Return every mention of a known entity in a text, overlapping ones too."""
        (found,) = self._spans(text, folded or fold(text), [0, len(text) + 1])
        return found

    def spans_of(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        """Yield the mentions in each text, as :meth:`spans` does, many texts at a time."""
        for batch in batches(texts, size=len):
            bounds = [0]
            for text in batch:
                bounds.append(bounds[-1] + len(text) + len(_SEPARATOR))
            joined = _SEPARATOR.join(batch)
            yield from self._spans(joined, fold(joined), bounds)

    def _spans(self, text: str, folded: Folded, bounds: list[int]) -> list[list[Span]]:
        """Return the mentions in each part of a text; spans count from the start of their part."""
        hits = self._lexicon.find_all(folded)
        starts, ends = folded.starts[hits.start], folded.ends[hits.end - 1]
        parts = np.searchsorted(bounds, starts, side="right") - 1
        is_word = hits.key < 0
        beside = set(zip(parts[is_word].tolist(), (-1 - hits.key[is_word]).tolist(), strict=True))
        # A bare reading first: كابل is Kabul before it is ك + آبل. Then the longer form: the span
        # of أوبك+ is that of أوبك, since it ends without the sign.
        order = np.lexsort((hits.start - hits.end, ~hits.bare))
        order = order[~is_word[order]]
        columns = (parts, starts, ends, hits.key, hits.bare)
        spans: list[dict[tuple[int, int], Span | None]] = [{} for _ in bounds[1:]]
        for part, a, b, key, bare in zip(*(c[order].tolist() for c in columns), strict=True):
            start, end = whole_words(text, a, b)
            place = (start - bounds[part], end - bounds[part])
            if start == end or place in spans[part]:  # a form may be all signs
                continue
            name = self._names[key]
            if not name.context or any((part, word) in beside for word in name.context):
                spans[part][place] = Span(
                    start=place[0], end=place[1], label=name.entry.label, entity_id=name.entry.id
                )
            elif bare:  # the everyday word: كابل is a cable then, and not ك + آبل
                spans[part][place] = None
        return [[span for span in of.values() if span] for of in spans]


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
    made: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        english = _IN_BRACKETS.sub("", entry.name.en)
        others = {fold_name(english).strip()}
        for form in entry.plain_forms():
            others |= spellings(form, english)
        for form in others - written:
            made[form][entry.id] = entry
    return [(form, next(iter(of.values()))) for form, of in made.items() if len(of) == 1]


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
