"""Forms at word edges, with proclitics and the article seen through."""

from __future__ import annotations

import pytest

from schemas.lexicon import Form, Hit, Lexicon
from schemas.text import fold


def _found(text: str, *forms: Form) -> list[str]:
    folded = fold(text)
    return [folded.text[hit.start : hit.end] for hit in Lexicon(forms).find(folded)]


@pytest.mark.parametrize("before", ["", "و", "ف", "ب", "ل", "ك", "س", "وب", "فل", "وك"])
def test_a_proclitic_before_a_name_is_seen_through_and_kept_in_the_hit(before):
    assert _found(f"زار {before}واشنطن أمس", Form("واشنطن", 0)) == [f"{before}واشنطن"]


@pytest.mark.parametrize("written", ["سهرات", "وسهرات", "سالصين", "سلندن"])
def test_the_sin_of_verbs_is_not_seen_through_before_short_names_and_the_article(written):
    assert _found(f"في {written} اليوم", *map(Form, ("هرات", "الصين", "لندن"), range(3))) == []


def test_a_name_inside_a_hashtag_is_no_word_of_its_own():
    assert _found("وسم #يوم_الصين_الوطني اليوم", Form("الصين", 0)) == []


@pytest.mark.parametrize("before", ["بو", "لب", "ال", "م", "وال", "ا", "2"])
def test_other_letters_before_a_name_make_it_another_word(before):
    assert _found(f"زار {before}واشنطن أمس", Form("واشنطن", 0)) == []


@pytest.mark.parametrize("before", ["ال", "وال", "بال", "كال", "فبال", "لل", "ولل", "و", "ل", ""])
def test_a_form_that_takes_the_article_is_found_with_it(before):
    assert _found(f"في {before}بنتاغون اليوم", Form("بنتاغون", 0, article=True)) == [
        f"{before}بنتاغون"
    ]


@pytest.mark.parametrize("written", ["للصين", "وللصين", "فللصين"])
def test_the_article_of_a_form_merges_with_the_preposition_before_it(written):
    assert _found(f"قال {written} كلمة", Form("الصين", 0)) == [written]


@pytest.mark.parametrize("written", ["صين", "وصين", "بصين", "لصين", "الصينيون", "بالصينية"])
def test_a_form_with_its_own_article_is_not_found_without_it_or_with_another_ending(written):
    assert _found(f"قال {written} كلمة", Form("الصين", 0)) == []


@pytest.mark.parametrize("written", ["إلكتروني", "الإلكتروني", "بالإلكتروني", "للإلكتروني"])
def test_a_hamza_tells_a_word_that_begins_with_lam_from_one_with_the_article(written):
    assert _found(f"نشر {written} اليوم", Form("إلكتروني", 0, article=True)) == [fold(written).text]


@pytest.mark.parametrize(
    ("written", "bare"), [("الصين", True), ("والصين", False), ("للصين", False)]
)
def test_a_form_with_its_own_article_is_bare_when_nothing_else_stands_before_it(written, bare):
    (hit,) = Lexicon([Form("الصين", 0)]).find(fold(f"في {written}"))
    assert hit.bare is bare


def test_a_form_may_not_end_inside_a_word():
    assert _found("الصينيون هنا", Form("الصين", 0)) == []


def test_an_open_end_takes_in_the_rest_of_the_word_and_no_more():
    assert _found("عقوبات وعقوباتها قاسية", Form("عقوب", 0, open_end=True)) == [
        "عقوبات",
        "وعقوباتها",
    ]


def test_an_open_end_also_holds_when_nothing_follows():
    assert _found("فرض عقوبة", Form("عقوبه", 0, open_end=True)) == ["عقوبه"]


def test_a_form_of_several_words_is_found_over_any_blanks_and_quotes():
    assert _found("بحر\u00a0 «الصين الجنوبي»", Form("بحر الصين الجنوبي", 0)) == [
        "بحر الصين الجنوبي"
    ]


def test_a_long_form_is_found_without_its_spaces_and_a_short_one_is_not():
    assert _found("قال شيجينبينغ نعم", Form("شي جين بينغ", 0)) == ["شيجينبينغ"]
    assert _found("قال شيجين نعم", Form("شي جين", 0)) == []


def test_overlapping_forms_are_all_found():
    forms = (Form("بحر الصين", 1), Form("الصين", 2), Form("بحر الصين الجنوبي", 3))
    folded = fold("في بحر الصين الجنوبي")
    assert sorted(hit.key for hit in Lexicon(forms).find(folded)) == [1, 2, 3]


def test_a_form_given_twice_is_found_for_both_keys():
    folded = fold("في الهند")
    assert sorted(h.key for h in Lexicon([Form("الهند", 1), Form("الهند", 2)]).find(folded)) == [
        1,
        2,
    ]


def test_a_long_form_that_ends_inside_a_word_does_not_hide_a_short_one_that_fits():
    forms = (Form("وزارة الدفاع", 1), Form("وزارة", 2))
    folded = fold("وزارة الدفاعات")
    assert [hit.key for hit in Lexicon(forms).find(folded)] == [2]


def test_bare_tells_a_form_alone_from_one_with_a_proclitic():
    folded = fold("بكين وبكين")
    hits = list(Lexicon([Form("بكين", 0)]).find(folded))
    assert hits == [Hit(0, 0, 4, bare=True), Hit(0, 5, 10, bare=False)]


def test_spelling_variants_on_both_sides_do_not_matter():
    assert _found("في أَنـقرة", Form("انقره", 0)) == ["انقره"]
    assert _found("في انقره", Form("أنقرة", 0)) == ["انقره"]


def test_a_hit_that_begins_or_ends_inside_one_raw_character_is_no_hit():
    # ½ folds to three characters: 1, a fraction slash and 2.
    assert _found("ساعة ½ اليوم", Form("2", 0), Form("1", 1)) == []
    assert _found("ساعة 2 اليوم", Form("2", 0), Form("1", 1)) == ["2"]


def test_a_hit_may_end_with_a_whole_ligature():
    assert _found("قال ﻻ اليوم", Form("لا", 0)) == ["لا"]


def test_punctuation_and_text_ends_are_word_edges():
    assert _found("بكين،(بكين)/بكين", Form("بكين", 0)) == ["بكين"] * 3


@pytest.mark.parametrize("forms", [(), (Form("", 0),), (Form(" \u200f«", 0),)])
def test_no_form_or_an_empty_one_finds_nothing(forms):
    assert _found("أي نص كان", *forms) == []


def test_al_as_a_word_of_its_own_is_no_article():
    assert _found("قال ال سعود", Form("ال سعود", 0)) == ["ال سعود"]


@pytest.mark.parametrize("after", ["™", "®", "ⓐ", "№ 5"])
def test_a_sign_that_folds_to_letters_does_not_go_on_with_the_word(after):
    assert _found(f"شركة هواوي{after} أعلنت", Form("هواوي", 0)) == ["هواوي"]
