"""The Arabic tokenizer: whole words alone, numbers whole, nothing lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from annotation.ingest.collect import collect
from annotation.ingest.segment import segment
from schemas.article import Passage
from schemas.ledger import Ledger
from schemas.text import whole_words
from schemas.workspace import Workspace

CORPUS = Workspace(Path(__file__).parents[2] / "corpus")


@pytest.fixture(scope="module")
def nlp() -> Language:
    return spacy.blank(
        "ar", config={"nlp": {"tokenizer": {"@tokenizers": "miyar.ArabicTokenizer.v1"}}}
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("في «بكين».", ["في", "«", "بكين", "»", "."]),
        ("قال: «نعم»؟", ["قال", ":", "«", "نعم", "»", "؟"]),
        ("عن (الرسوم).", ["عن", "(", "الرسوم", ")", "."]),
        ("جدًا.", ["جدًا", "."]),
        ("شكرًا!", ["شكرًا", "!"]),
        ("قريبٌ،", ["قريبٌ", "،"]),
        ("واشنطن،بكين", ["واشنطن", "،", "بكين"]),
        ("بكين؛واشنطن", ["بكين", "؛", "واشنطن"]),
        ("قال؟ثم", ["قال", "؟", "ثم"]),
        # To spaCy this is a host name.
        ("قال.ثم", ["قال", ".", "ثم"]),
        ("في https://example.org/a.b عنه", ["في", "https://example.org/a.b", "عنه"]),
        ("الصين/تايوان", ["الصين", "/", "تايوان"]),
        ("الأمريكية-الصينية", ["الأمريكية", "-", "الصينية"]),
        ("الصين–تايوان", ["الصين", "–", "تايوان"]),
        ("بكين\u200f.", ["بكين", "\u200f", "."]),
        ("\u200fبكين", ["\u200f", "بكين"]),
        ("والرياض", ["والرياض"]),
        ("الصيـــن", ["الصيـــن"]),
        ("الساعة 10:30 مساء", ["الساعة", "10:30", "مساء"]),
        ("في 2024/11/5.", ["في", "2024/11/5", "."]),
        ("بنسبة 3.5%", ["بنسبة", "3.5", "%"]),
        ("عام 2024.", ["عام", "2024", "."]),
    ],
)
def test_a_text_falls_into_these_tokens(nlp: Language, text: str, words: list[str]) -> None:
    assert [token.text for token in nlp.make_doc(text)] == words


def test_blank_arabic_would_leave_them_glued() -> None:
    # Why this tokenizer exists; when spaCy mends it, it can go.
    blank = spacy.blank("ar")
    glued = ["بكين».", "جدًا.", "واشنطن،بكين"]
    assert [[t.text for t in blank.make_doc(text)] for text in glued] != [
        ["بكين", "»", "."],
        ["جدًا", "."],
        ["واشنطن", "،", "بكين"],
    ]


@pytest.mark.parametrize(
    "text", ["قال  «نعم»\n\nثم\tذهب.", " بكين ", "\u200f«بكين»\u200f", "😀،بكين", "", "\r\n"]
)
def test_tokens_and_their_spaces_give_the_text_back(nlp: Language, text: str) -> None:
    assert "".join(token.text_with_ws for token in nlp.make_doc(text)) == text


@pytest.fixture(scope="module")
def passages() -> dict[str, Passage]:
    """The passages of the shipped articles."""
    articles = collect(
        [CORPUS.root / "raw"], now=datetime(2026, 1, 1, tzinfo=UTC), known={}, ledger=Ledger()
    )
    return {p.id: p for article in articles for p in segment(article)}


def test_every_span_of_the_shipped_annotations_aligns_with_tokens(
    nlp: Language, passages: dict[str, Passage]
) -> None:
    annotations = CORPUS.annotations()
    spans = {(a.passage_id, *span.key) for a in annotations for span in a.spans}
    assert len(spans) > 300
    missed = [
        passages[where].text[start:end]
        for where, start, end, label in sorted(spans)
        if nlp.make_doc(passages[where].text).char_span(start, end, label=label) is None
    ]
    assert missed == []


def test_every_word_of_the_shipped_articles_aligns_with_tokens(
    nlp: Language, passages: dict[str, Passage]
) -> None:
    # Parts of F-16 and Musical.ly are words to nobody: a name holds both parts.
    compound = re.compile(r"\w+(?:[-.]\w+)+")
    missed = set()
    for passage in passages.values():
        doc = nlp.make_doc(passage.text)
        inside = {i for m in compound.finditer(passage.text) for i in range(*m.span())}
        for start, character in enumerate(passage.text):
            if character.isalpha() and start not in inside:
                place = whole_words(passage.text, start, start + 1)
                if doc.char_span(*place) is None:
                    missed.add(passage.text[slice(*place)])
    assert missed == set()
