"""Every span of whole words aligns with tokens, and tokens give the text back."""

from __future__ import annotations

import pytest
import spacy
from hypothesis import example, given
from hypothesis import strategies as st
from spacy.language import Language

from schemas.text import CLOSING, is_word, whole_words
from tests.strategies import BIDI, EMOJI, QUOTES, STOPS, TASHKEEL, spans_of, texts, words
from train.tokenizer import create_tokenizer

ODD = (
    *("https://example.org/a_b?q=1&p=٢", "www.example.org", "sahafi@example.org", "Twitter.com"),
    *("ق.م.", "د.", "U.S.", "F-16", "إف-16", "3.5%", "10:30", "2024/11/5", "1,000,000", "_", "#"),
    *(
        ":)",
        "8)",
        "'",
        "“”",
        "))",
        "»»",
        '""',
        "...",
        "؟!",
        "1️⃣",
        "🇨🇳",
        "لـ",
        "@",
        "&amp;",
        "\u064e",
    ),
)


@pytest.fixture(scope="module")
def nlp() -> Language:
    return spacy.blank(
        "ar", config={"nlp": {"tokenizer": {"@tokenizers": "miyar.ArabicTokenizer.v1"}}}
    )


def glued_texts() -> st.SearchStrategy[str]:
    """Return texts of words, signs, addresses and abbreviations, mostly without blanks."""
    sign = st.sampled_from(QUOTES + STOPS + BIDI + EMOJI + TASHKEEL + "\u200c\u200b \n")
    return st.lists(words() | st.sampled_from(ODD) | sign, max_size=15).map("".join)


@given(texts() | glued_texts(), st.integers(0, 300))
@example('((ا)) «ب»» "ج"" د.هـ', 0)
@example("8) 3.5% x.com/ا_ب 1️⃣❤️ا", 0)
def test_every_span_of_whole_words_aligns_with_tokens(nlp, text, number):
    doc = nlp.make_doc(text)
    start = number % (len(text) + 1)
    wide = (whole_words(text, start, end) for end in range(start + 1, len(text) + 1))
    single = (whole_words(text, at, at + 1) for at in range(len(text)))
    for span in (*wide, *single):
        assert span[0] == span[1] or doc.char_span(*span) is not None, text[slice(*span)]


@given(texts() | glued_texts(), st.data())
def test_a_span_survives_in_the_doc_that_holds_it(nlp, text, data):
    spans = data.draw(spans_of(text))
    doc = nlp.make_doc(text)
    doc.set_ents([doc.char_span(span.start, span.end, label=span.label) for span in spans])
    assert [(e.start_char, e.end_char, e.label_) for e in doc.ents] == [s.key for s in spans]


@given(texts() | glued_texts())
@example(" \u00a0 ا \r\n\r\n")
@example("\x1c\x85\u2028")
def test_tokens_and_their_blanks_give_the_text_back(nlp, text):
    doc = nlp.make_doc(text)
    assert doc.text == text
    assert [text[token.idx : token.idx + len(token)] for token in doc] == [t.text for t in doc]


@given(texts() | glued_texts())
def test_a_token_is_a_whole_word_or_blanks_or_one_sign_that_may_repeat(nlp, text):
    for token in nlp.make_doc(text):
        characters = set(token.text)
        if any(map(is_word, characters)):
            assert all(map(is_word, characters))
            assert not is_word(text[: token.idx][-1:])
            assert not is_word(text[token.idx + len(token) :][:1])
        elif not token.is_space:
            assert len(characters) == 1
            assert len(token) == 1 or token.text[0] not in CLOSING + '"'


@given(st.lists(glued_texts(), max_size=4))
def test_tokens_do_not_depend_on_what_was_read_before(nlp, several):
    tokenizer = create_tokenizer()(nlp)  # nothing in its cache
    for text in reversed(several):
        tokenizer(text)
    for text in several:
        assert [t.text for t in tokenizer(text)] == [t.text for t in nlp.make_doc(text)]
