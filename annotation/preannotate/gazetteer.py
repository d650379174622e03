"""Known entities: a file of names with their variants → spans in a passage."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from schemas.article import Span
from schemas.codebook import Bilingual, Codebook
from schemas.errors import RecordError
from schemas.jsonl import read
from schemas.lexicon import Form, Lexicon
from schemas.record import Record, sha256
from schemas.text import Folded, fold, whole_words

# People and places are not used with ال unless it is part of their name.
_NO_ARTICLE = ("PERSON", "GPE")


class Entry(Record):
    """One entity of the world, with the forms by which news names it."""

    id: str = Field(pattern=r"^[a-z0-9_.]+$")
    label: str
    name: Bilingual
    variants: tuple[str, ...] = ()
    ambiguous: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Forms that are common words too → words of which one must stand in the same passage."""


class Gazetteer:
    """A compiled gazetteer."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.hash = sha256("".join(entry.to_line() for entry in entries))
        self._forms: list[tuple[Entry, tuple[str, ...]]] = []
        forms = []
        for entry in entries:
            article = entry.label not in _NO_ARTICLE
            plain = (entry.name.ar, *entry.variants)
            for text, context in [(t, ()) for t in plain] + [*entry.ambiguous.items()]:
                forms.append(Form(text, len(self._forms), article=article))
                self._forms.append((entry, tuple(fold(word).text for word in context)))
        self._lexicon = Lexicon(forms)

    def spans(self, text: str, folded: Folded) -> list[Span]:
        """Return every mention of a known entity, overlapping ones too.

        ``folded`` is the fold of ``text``; spans are whole words of ``text``.
        """
        found: dict[tuple[int, int], Span] = {}
        # A bare reading first: كابل is Kabul before it is ك + آبل. Then the longer form: the span
        # of أوبك+ is that of أوبك, since it ends without the sign.
        hits = sorted(self._lexicon.find(folded), key=lambda h: (not h.bare, h.start - h.end))
        for hit in hits:
            entry, context = self._forms[hit.key]
            if context and not any(word in folded.text for word in context):
                continue
            start, end = whole_words(text, *folded.to_raw(hit.start, hit.end))
            span = Span(start=start, end=end, label=entry.label, entity_id=entry.id)
            found.setdefault((start, end), span)
        return list(found.values())


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
        forms = {fold(f).text for f in (entry.name.ar, *entry.variants, *entry.ambiguous)}
        problems.extend(
            f"{where}: the form {form!r} belongs to {owners[form]} already"
            for form in sorted(forms)
            if owners.setdefault(form, entry.id) != entry.id
        )
    if problems:
        raise RecordError("\n".join([*problems, "Mend these gazetteer entries."]))
    return Gazetteer(entries)
