"""Folding and gazetteer matching on raw text, beside what others would use.

A match is measured end to end: raw text in, entities without overlap out. The peers get the
same forms. They find a name only where a token is the name, so the comparison is of speed alone.

    python -m benchmarks.matching [FILE]
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pyarabic.araby as araby
import spacy
from spacy.matcher import PhraseMatcher

from annotation.preannotate.gazetteer import Entry, Gazetteer, made_forms
from benchmarks.data import CORPUS, articles, passages
from benchmarks.measure import Row, cpu_seconds, megabytes, row
from schemas.codebook import Bilingual
from schemas.jsonl import read
from schemas.text import fold, fold_name

ARTICLES = 1500
SIZES = (5_000, 50_000)


def fold_rows(texts: list[str]) -> list[Row]:
    """Fold with a map back; the peer strips and normalises without one."""

    def ours() -> None:
        for text in texts:
            fold(text)

    def theirs() -> None:
        for text in texts:
            plain = araby.strip_tatweel(araby.strip_tashkeel(text))
            araby.normalize_teh(araby.normalize_alef(araby.normalize_hamza(plain)))

    size = megabytes(texts)
    return [
        row(
            "fold, with the map back (MB/s)",
            size / cpu_seconds(ours),
            "pyarabic, without one",
            size / cpu_seconds(theirs),
        )
    ]


def match_rows(texts: list[str]) -> list[Row]:
    """Match with as many forms as ``SIZES`` says; the peers get the same."""
    size = megabytes(texts)
    rows = []
    for forms in SIZES:
        entries = gazetteer_of(forms)
        gazetteer = Gazetteer(entries)
        next(gazetteer.spans_of(texts[:1]))  # compiles

        def ours(gazetteer: Gazetteer = gazetteer) -> None:
            for _ in gazetteer.longest_of(texts):
                pass

        rate = size / cpu_seconds(ours)
        ruler = spacy.blank("ar")
        component = ruler.add_pipe("entity_ruler")
        patterns = [(entry.label, form) for form, entry in all_forms(entries)]
        component.add_patterns([{"label": label, "pattern": form} for label, form in patterns])
        what = f"match, {forms:,} forms (MB/s)"
        theirs = size / cpu_seconds(lambda nlp=ruler: list(nlp.pipe(texts)), runs=2)
        rows.append(row(what, rate, "spaCy EntityRuler", theirs))
        tokens = spacy.blank("ar")
        matcher = PhraseMatcher(tokens.vocab)
        matcher.add("FORM", list(tokens.pipe(form for _, form in patterns)))

        def phrases(nlp=tokens, matcher: PhraseMatcher = matcher) -> None:
            for doc in nlp.pipe(texts):
                spacy.util.filter_spans(matcher(doc, as_spans=True))

        rows.append(row(what, rate, "spaCy PhraseMatcher", size / cpu_seconds(phrases, runs=2)))
    return rows


def gazetteer_of(forms: int, *, seed: int = 0) -> list[Entry]:
    """Return entries that have about so many forms: shipped ones, then made-up names.

    A made-up name is two words of the sample corpus: it begins like text, as real names do.
    """
    generator = random.Random(seed)
    shipped = read(CORPUS / "gazetteer.jsonl", Entry)
    generator.shuffle(shipped)
    counted: dict[str, int] = {}
    for _, entry in all_forms(shipped):
        counted[entry.id] = counted.get(entry.id, 0) + 1
    entries, total = [], 0
    for entry in shipped:
        if total + counted.get(entry.id, 0) <= forms:
            entries.append(entry)
            total += counted.get(entry.id, 0)
    known = {fold_name(form) for form, _ in all_forms(entries)}
    words = sorted(
        {w for t in passages(200, words=200, seed=seed) for w in t.split() if w.isalpha()}
    )
    while total < forms:
        name = " ".join(generator.sample(words, 2))
        if fold_name(name) in known:
            continue
        known.add(fold_name(name))
        identity = f"made.n{total}"
        entries.append(Entry(id=identity, label="ORG", name=Bilingual(ar=name, en=name)))
        total += 1
    return entries


def all_forms(entries: list[Entry]) -> list[tuple[str, Entry]]:
    """Return every form that the gazetteer compiles, with its entry."""
    written = [(form, e) for e in entries for form in (*e.plain_forms(), *e.ambiguous)]
    return written + made_forms(entries)


def main(path: Path | None) -> None:
    """Print the rows."""
    texts = articles(path, ARTICLES)
    for found in fold_rows(texts) + match_rows(texts):
        print(found)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None)
