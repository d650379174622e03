"""The Arabic tokenizer: tokens are whole words and signs, and no span is lost."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from unicodedata import category

import pytest
import spacy
from spacy.language import Language

from annotation.ingest.collect import collect
from annotation.ingest.segment import segment
from annotation.steps import rule_predictor
from schemas.article import Passage
from schemas.ledger import Ledger
from schemas.text import is_word
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
        ("قريبٌ،", ["قريبٌ", "،"]),
        ("واشنطن،بكين", ["واشنطن", "،", "بكين"]),
        ("قال.ثم", ["قال", ".", "ثم"]),
        ("لـ«الصين»", ["لـ", "«", "الصين", "»"]),
        ("الأمريكية-الصينية", ["الأمريكية", "-", "الصينية"]),
        ("بكين\u200f.", ["بكين", "\u200f", "."]),
        ("\u200fبكين", ["\u200f", "بكين"]),
        ("والرياض", ["والرياض"]),
        ("الصيـــن", ["الصيـــن"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("لا تقل...", ["لا", "تقل", "..."]),
        ("ماذا؟!!", ["ماذا", "؟", "!!"]),
        ("قال\r\n \nثم", ["قال", "\r\n \n", "ثم"]),
        # A span may take in one closing sign of two.
        ("(في (بكين))", ["(", "في", "(", "بكين", ")", ")"]),
        ("في 2024/11/5", ["في", "2024", "/", "11", "/", "5"]),
        ("بنسبة 3.5%", ["بنسبة", "3", ".", "5", "%"]),
        ("على x.com/a_b", ["على", "x", ".", "com", "/", "a_b"]),
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


def test_every_character_of_unicode_is_in_a_word_exactly_when_it_is_for_spans(
    nlp: Language,
) -> None:
    tokens = nlp.tokenizer.infix_finditer
    assigned = [c for c in map(chr, range(sys.maxunicode + 1)) if category(c) not in ("Cn", "Co")]
    in_words = [c for c in assigned if is_word.__wrapped__(c)]  # uncached: these are too many
    others = [c for c in assigned if not is_word.__wrapped__(c) and not c.isspace()]
    assert len(in_words) > 100_000
    assert next(tokens("".join(in_words))).end() == len(in_words)
    assert sum(1 for _ in tokens("ا".join(others))) == 2 * len(others) - 1


@pytest.mark.parametrize("registered", ["miyar.ArabicTokenizer.v1", "spacy.Tokenizer.v1"])
def test_a_saved_tokenizer_gives_the_same_tokens_even_to_spacy_alone(
    nlp: Language, tmp_path: Path, registered: str
) -> None:
    nlp.to_disk(tmp_path)
    config = tmp_path / "config.cfg"
    config.write_text(
        config.read_text(encoding="utf-8").replace("miyar.ArabicTokenizer.v1", registered),
        encoding="utf-8",
    )
    text = "لـ«الصيـن»، 3.5% :) F-16 ق.م. https://example.org/a_b\u200f.\n\nثم…"
    assert [t.text for t in spacy.load(tmp_path).make_doc(text)] == [
        t.text for t in nlp.make_doc(text)
    ]


@pytest.fixture(scope="module")
def passages() -> dict[str, Passage]:
    """The passages of the shipped articles."""
    articles = collect([CORPUS.root / "raw"], now=datetime(2026, 1, 1, tzinfo=UTC), ledger=Ledger())
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


def test_every_entity_of_the_rules_in_the_shipped_articles_aligns_with_tokens(
    nlp: Language, passages: dict[str, Passage]
) -> None:
    predictor = rule_predictor(CORPUS)
    missed, found = [], 0
    for passage in passages.values():
        doc, entities = nlp.make_doc(passage.text), predictor.entities(passage.text)
        found += len(entities)
        missed += [e for e in entities if doc.char_span(e.start, e.end, label=e.label) is None]
    assert found > 300
    assert missed == []
