"""A gazetteer → what is wrong with it: conflicts, forms that can never be found, common words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import product

from spacy.lang.ar.stop_words import STOP_WORDS

from annotation.preannotate import name_words, plain_words
from annotation.preannotate.gazetteer import Entry, Gazetteer, made_forms
from annotation.preannotate.variants import spellings
from schemas.article import longest_first
from schemas.codebook import Codebook
from schemas.finding import Finding, Level
from schemas.text import fold, fold_name

_SHORT = 3
_STOP_WORDS = frozenset(map(fold_name, STOP_WORDS))


def _folded(*lists: str) -> frozenset[str]:
    return frozenset(fold(" ".join(lists)).text.split())


_PLAIN_WORDS = _folded(plain_words.PARTICLES, plain_words.VERBS, plain_words.NOUNS)
_GIVEN_NAMES = _folded(
    name_words.ARABIC_GIVEN,
    name_words.ARTICLE_GIVEN,
    name_words.FOREIGN_GIVEN,
    name_words.DOUBTFUL_GIVEN,
)
_PROCLITICS = tuple(map("".join, product(("", "و", "ف"), ("", "ب", "ل", "ك"))))
_WITH_ARTICLE = tuple(map("".join, product(("", "و", "ف"), ("ال", "بال", "كال", "لل"))))
_WITHOUT_ARTICLE = ("PERSON", "GPE")
_GENERIC = _folded(
    "شركة شبكة وكالة صحيفة جريدة مجلة قناة إذاعة تطبيق نظام منصة صاروخ منظومة طائرة موقع"
)
_PLACES = _folded("مدينة محافظة ولاية العاصمة ميناء بلدة قرية منطقة")
_PLACE_LABELS = ("GPE", "LOC")
_AGENCY = fold_name("وكالة").strip()
_ITS_FIELD = _folded("المخابرات الاستخبارات أنباء الأنباء")
"""What follows وكالة in names that it is part of: وكالة المخابرات المركزية."""


def lint(entries: Sequence[Entry], codebook: Codebook) -> list[Finding]:
    """Return the findings, in the order of the entries.

    Errors are what keeps the gazetteer from being read; warnings are forms that will not be
    found, or that will be found where nobody means them.
    """
    checks = (
        _ids,
        _labels,
        _conflicts,
        _english_names,
        _everyday_words,
        _everyday_readings,
        _generic_heads,
        _spare,
        _unreachable,
    )
    return [finding for check in checks for finding in check(entries, codebook)]


def _finding(level: Level, code: str, entry: Entry, text: str) -> Finding:
    return Finding(level=level, code=code, where=f"gazetteer: {entry.id}", text=text)


def _ids(entries: Sequence[Entry], _: Codebook) -> Iterator[Finding]:
    counts = Counter(entry.id for entry in entries)
    for entry in {entry.id: entry for entry in entries}.values():
        if (n := counts[entry.id]) > 1:
            yield _finding(
                Level.ERROR, "id_twice", entry, f"the id is given {n} times; join the entries."
            )


def _labels(entries: Sequence[Entry], codebook: Codebook) -> Iterator[Finding]:
    for entry in entries:
        if entry.label not in codebook.entity_ids:
            known = ", ".join(codebook.entity_ids)
            text = f"label {entry.label!r} is not in the codebook ({known}); take one of these."
            yield _finding(Level.ERROR, "unknown_label", entry, text)


def _conflicts(entries: Sequence[Entry], _: Codebook) -> Iterator[Finding]:
    owners: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        for form in (*entry.plain_forms(), *entry.ambiguous):
            owners[fold_name(form).strip()][entry.id] = entry
    for form, of in owners.items():
        if len(of) > 1:
            first, *others = of.values()
            text = (
                f"the form {form!r} belongs to {', '.join(e.id for e in others)} too; leave it "
                "with one entry, or with none and use longer forms."
            )
            yield _finding(Level.ERROR, "form_conflict", first, text)


def _english_names(entries: Sequence[Entry], _: Codebook) -> Iterator[Finding]:
    seen: dict[str, Entry] = {}
    for entry in entries:
        first = seen.setdefault(fold_name(entry.name.en), entry)
        if first.id != entry.id:
            text = (
                f"the English name {entry.name.en!r} is that of {first.id}: if they are one, join "
                "them; if not, tell them apart in the name."
            )
            yield _finding(Level.WARNING, "english_name_twice", entry, text)


def _everyday_words(entries: Sequence[Entry], _: Codebook) -> Iterator[Finding]:
    """Plain forms that news writes without meaning the entity."""
    for entry in entries:
        for form in entry.plain_forms():
            folded = fold_name(form).strip()
            if folded in _STOP_WORDS:
                text = f"{form!r} is an everyday word; move it to `ambiguous` with context words."
                yield _finding(Level.WARNING, "everyday_word", entry, text)
            elif len(folded) <= _SHORT and not folded.isascii() and " " not in folded:
                text = (
                    f"{form!r} has {len(folded)} letters, which are the end of many words and with "
                    "a proclitic many words themselves; consider `ambiguous` with context words."
                )
                yield _finding(Level.NOTE, "short_form", entry, text)


def _everyday_readings(entries: Sequence[Entry], _: Codebook) -> Iterator[Finding]:
    """Forms, written or made, that are another word as they stand or with what is written to them.

    A given name counts only when a proclitic makes it: صوفيا is a city too, كلاوس is not ك + لاوس.
    What an entry lists as ambiguous is taken care of.
    """
    forms = [(entry, form, "") for entry in entries for form in entry.plain_forms()]
    forms += [(entry, form, " (a spelling by rule)") for form, entry in made_forms(entries)]
    for entry, form, made in forms:
        folded = fold_name(form).strip()
        before = _PROCLITICS
        if entry.label not in _WITHOUT_ARTICLE and not folded.startswith("ال"):
            before += _WITH_ARTICLE
        readings = {prefix + folded for prefix in before}
        words = readings & _PLAIN_WORDS | (readings - {folded}) & _GIVEN_NAMES
        for word in sorted(words - {fold_name(known).strip() for known in entry.ambiguous}):
            text = (
                f"{form!r}{made} is read in the word {word!r}; move the form to `ambiguous` with "
                "context words, or block the word by writing it there."
            )
            yield _finding(Level.WARNING, "everyday_reading", entry, text)


def _generic_heads(entries: Sequence[Entry], _: Codebook) -> Iterator[Finding]:
    """Forms that put what kind of thing it is inside the span: شركة فورد beside فورد."""
    for entry in entries:
        forms = (*entry.plain_forms(), *entry.ambiguous)
        known = {fold_name(form).strip().removeprefix("ال") for form in forms}
        heads = _GENERIC | _PLACES if entry.label in _PLACE_LABELS else _GENERIC
        for form in forms:
            head, _blank, rest = fold_name(form).strip().partition(" ")
            if head not in heads or rest.removeprefix("ال") not in known:
                continue
            if head == _AGENCY and rest.split()[0] in _ITS_FIELD:
                continue
            text = (
                f"{form!r} begins with a generic head, which stays outside the span, and the rest "
                "is a form too; delete it (the head may be a context word of an ambiguous form)."
            )
            yield _finding(Level.WARNING, "generic_head", entry, text)


def _spare(entries: Sequence[Entry], _: Codebook) -> Iterator[Finding]:
    """Variants that folding or the spelling rules make anyway."""
    for entry in entries:
        seen = {fold_name(entry.name.ar).strip()}
        made = spellings(entry.name.ar, entry.name.en)
        for form in entry.variants:
            folded = fold_name(form).strip()
            if folded in seen or folded in made:
                text = f"the variant {form!r} is found without being written down."
                yield _finding(Level.NOTE, "spare_variant", entry, text)
            seen.add(folded)


def _unreachable(entries: Sequence[Entry], _: Codebook) -> Iterator[Finding]:
    """Forms that are not found where they stand alone, beside a context word where they need it."""
    forms: list[tuple[Entry, str, tuple[str, ...]]] = []
    forms += [(e, f, ()) for e in entries for f in e.plain_forms()]
    forms += [(e, f, words) for e in entries for f, words in e.ambiguous.items()]
    texts = [" ".join([form, *words[:1]]).replace("*", "") for _, form, words in forms]
    found = Gazetteer(entries).spans_of(texts)
    for (entry, form, words), text, spans in zip(forms, texts, found, strict=True):
        kept = longest_first(spans)[0]
        if any(span.entity_id == entry.id for span in kept):
            continue
        instead = ", ".join(f"{text[s.start : s.end]} → {s.entity_id}" for s in kept)
        beside = " beside its context word" if words else ""
        problem = (
            f"{form!r} is not found{beside} ({instead or 'nothing is'} found in its place); it "
            "needs a letter or digit, whole words, and no other entry's longer or barer form."
        )
        yield _finding(Level.WARNING, "unreachable_form", entry, problem)
