"""Folding maps back; word edges are stable; lexicon hits stand at word edges."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from schemas.errors import AlignmentError
from schemas.lexicon import Form, Lexicon
from schemas.sentences import lines, sentences
from schemas.text import count_words, fold, fold_name, is_word, trim, whole_words
from tests.strategies import BIDI, JOINERS, TASHKEEL, TATWEEL, plain_texts, texts, words


def _range_in(data: st.DataObject, length: int) -> tuple[int, int]:
    start = data.draw(st.integers(0, length - 1), label="start")
    return start, data.draw(st.integers(start + 1, length), label="end")


@given(texts())
@example("قال  «نعم»\r\nﷺ")
@example("½ ¨ ¨")
def test_every_folded_character_has_a_place_in_the_text_and_places_go_forward(text):
    folded = fold(text)
    assert len(folded.starts) == len(folded.ends) == len(folded.text)
    places = list(zip(folded.starts, folded.ends, strict=True))
    assert all(0 <= start < end <= len(text) for start, end in places)
    for (start, end), (next_start, next_end) in pairwise(places):
        assert (start, end) == (next_start, next_end) or end <= next_start


def _clings(character: str) -> bool:
    plain = unicodedata.normalize("NFKC", character).strip()
    return all(c in TATWEEL + JOINERS or unicodedata.category(c) == "Mn" for c in plain)


def _folded_one_by_one(text: str) -> list[tuple[str, int, int]]:
    """Fold by the rules of the docstring, one character at a time: slow, short and separate."""
    out: list[tuple[str, int, int]] = []
    blank = False
    for offset, character in enumerate(text):
        folded = fold(character).text
        grows = (folded == " " and blank) or (
            not folded and _clings(character) and out and out[-1][2] == offset
        )
        if grows:
            start = out[-1][1]
            out = [(c, a, offset + 1 if a == start else b) for c, a, b in out]
        elif folded:
            blank = folded == " "
            out.extend((piece, offset, offset + 1) for piece in folded)
    return out


@given(texts())
@example("ﻻَ نعم\u200f\u064e ﷺـ")
@example("«« نَعَم\r\n\u200f\r\nلا » \u200f» ﷺ ـ ـ \u064e.")
def test_folding_a_text_is_folding_its_characters_one_by_one(text):
    folded = fold(text)
    found = list(zip(folded.text, folded.starts, folded.ends, strict=True))
    assert found == _folded_one_by_one(text)


@given(texts(), st.data())
def test_mapping_an_aligned_folded_range_back_gives_a_slice_with_that_fold(text, data):
    folded = fold(text)
    assume(folded.text)
    start, end = _range_in(data, len(folded.text))
    if folded.splits(start) and folded.splits(end):
        raw_start, raw_end = folded.to_raw(start, end)
        assert fold(text[raw_start:raw_end]).text == folded.text[start:end]
    else:
        with pytest.raises(AlignmentError, match=rf"{start}\.\.{end}"):
            folded.to_raw(start, end)


@given(texts())
def test_all_aligned_single_characters_map_back_and_cover_everything_that_folds(text):
    folded = fold(text)
    covered: set[int] = set()
    for start, end in zip(folded.starts, folded.ends, strict=True):
        covered.update(range(start, end))
    lost = "".join(c for offset, c in enumerate(text) if offset not in covered)
    assert fold(lost).text == ""


@given(texts(), st.data())
def test_from_raw_gives_the_first_folded_character_that_ends_after_the_raw_offset(text, data):
    folded = fold(text)
    offset = data.draw(st.integers(0, len(text)))
    naive = next((i for i, end in enumerate(folded.ends) if end > offset), len(folded.text))
    assert folded.from_raw(offset) == naive


@given(words(), st.lists(st.sampled_from(TASHKEEL + TATWEEL + BIDI + "\u200b\ufeff"), max_size=8))
def test_marks_and_invisible_characters_anywhere_do_not_change_the_fold(word, marks):
    noisy = word
    for number, mark in enumerate(marks):
        place = (number * 7) % (len(noisy) + 1)
        noisy = noisy[:place] + mark + noisy[place:]
    assert fold(noisy).text == fold(word).text


@given(plain_texts())
def test_folding_a_folded_text_changes_nothing(text):
    once = fold(text).text
    assert fold(once).text == once


@given(texts(), st.data())
def test_whole_words_is_idempotent_and_gives_whole_words(text, data):
    assume(text)
    start, end = whole_words(text, *_range_in(data, len(text)))
    assert 0 <= start <= end <= len(text)
    if start == end:
        return
    assert whole_words(text, start, end) == (start, end)
    assert is_word(text[start])
    assert start == 0 or not is_word(text[start - 1])
    assert end == len(text) or not (is_word(text[end - 1]) and is_word(text[end]))


@given(texts(), st.data())
def test_whole_words_loses_no_letter_of_the_span(text, data):
    assume(text)
    asked = _range_in(data, len(text))
    start, end = whole_words(text, *asked)
    letters = [i for i in range(*asked) if text[i].isalnum()]
    assert all(start <= i < end for i in letters)


@given(texts())
def test_words_are_the_parts_between_blanks_that_hold_a_letter_or_digit(text):
    assert count_words(text) == sum(any(map(str.isalnum, part)) for part in text.split())


@given(texts())
def test_folding_a_name_is_folding_without_the_map(text):
    assert fold_name(text) == fold(text).text


@given(texts(), st.data())
def test_trim_takes_only_blanks_and_invisible_characters(text, data):
    assume(text)
    asked = _range_in(data, len(text))
    start, end = trim(text, *asked)
    assert asked[0] <= start <= end <= asked[1]
    lost = text[asked[0] : start] + text[end : asked[1]]
    assert all(c.isspace() or fold(c).text == "" for c in lost)
    assert trim(text, start, end) == (start, end)


@given(st.lists(words(), min_size=1, max_size=6), plain_texts(max_words=15), st.data())
def test_lexicon_hits_hold_whole_words_and_end_with_a_form(forms, text, data):
    text += data.draw(st.sampled_from(forms)) + " ."
    folded = fold(text)
    lexicon = Lexicon([Form(form, key) for key, form in enumerate(forms)])
    hits = list(lexicon.find(folded))
    for hit in hits:
        inside = folded.text[hit.start : hit.end]
        assert hit.start == 0 or not (folded.text[hit.start - 1].isalnum() and inside[0].isalnum())
        assert hit.end == len(folded.text) or not (
            inside[-1].isalnum() and folded.text[hit.end].isalnum()
        )
        form = fold(forms[hit.key]).text
        assert inside.endswith((form, form.removeprefix("ال")))
        if hit.bare:
            assert inside in (form, form.removeprefix("ال"))
        folded.to_raw(hit.start, hit.end)


@given(st.lists(words(), min_size=1, max_size=12), st.data())
def test_a_form_that_stands_alone_is_always_found(spoken, data):
    wanted = data.draw(st.integers(0, len(spoken) - 1))
    assume(fold(spoken[wanted]).text)
    text = " ".join(spoken)
    start = sum(len(word) + 1 for word in spoken[:wanted])
    folded = fold(text)
    places = [
        folded.to_raw(hit.start, hit.end) for hit in Lexicon([Form(spoken[wanted], 0)]).find(folded)
    ]
    # The raw range may leave out invisible characters at the word's ends.
    assert any(a >= start and b <= start + len(spoken[wanted]) for a, b in places)


@given(texts())
@example("قال نعم.ثمود.عاد...!؟ «لا.» د. 3.5")
def test_sentences_part_all_that_is_not_white_space_in_order(text):
    found = sentences(text)
    assert all(a < b and not text[a].isspace() and not text[b - 1].isspace() for a, b in found)
    assert all(b <= c for (_, b), (c, _) in pairwise(found))
    inside = {i for a, b in found for i in range(a, b)}
    assert all(text[i].isspace() for i in range(len(text)) if i not in inside)


@given(texts())
def test_no_line_end_stands_inside_a_line_or_a_sentence(text):
    for a, b in lines(text) + sentences(text):
        assert len(text[a:b].splitlines()) == 1
