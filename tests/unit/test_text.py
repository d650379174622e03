"""Folding, its map back, and where words and spans end."""

from __future__ import annotations

import pytest

from schemas.errors import AlignmentError
from schemas.text import count_words, fold, is_word, trim, whole_words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("الصِّينُ", "الصين"),
        ("الصـــين", "الصين"),
        ("أمريكا إلى آسيا ٱلشرق", "امريكا الي اسيا الشرق"),
        ("الحكومة", "الحكومه"),
        ("مستوى", "مستوي"),
        ("مسؤول", "مسوول"),
        ("رئيس", "رييس"),
        ("٢٠٢٣ ۲۰۲۴", "2023 2024"),
        ("کیہ", "كيه"),
        ("TikTok", "tiktok"),
        ("\u202bنعم\u202c", "نعم"),
        ("می\u200cخواهد", "ميخواهد"),
        ("\ufeffنعم\u200b", "نعم"),
        ("ﻻ", "لا"),
        ("ﷲ", "الله"),
        ("«نعم» لا", " نعم لا"),
        ("أ \u00a0\t\r\n ب", "ا ب"),
        ("O'Neil", "o neil"),
        ("شيء", "شيء"),
        ("م\ufe76حم\ufe7aد", "محمد"),  # harakat as characters of their own, from PDF files
        ("São Łódź Erdoğan", "sao lodz erdogan"),
        ("ڤيتو پوتين گوگل چاد", "فيتو بوتين كوكل جاد"),
        ("٣٫٥٪ – ١٬٠٠٠", "3.5% - 1,000"),
        ("", ""),
        ("\u064b\u0640\u200f", ""),
    ],
)
def test_different_spellings_fold_to_one(text, folded):
    assert fold(text).text == folded


@pytest.mark.parametrize("text", ["كتاب", "3.5", "a-b", "قال، ثم"])
def test_letters_digits_and_punctuation_that_need_no_folding_stay(text):
    assert fold(text).text == text


def test_a_run_of_quotes_and_blanks_folds_to_one_blank_over_all_of_it():
    folded = fold("قال  «نعم")
    assert folded.text == "قال نعم"
    assert folded.to_raw(3, 4) == (3, 6)


def test_a_mark_after_the_last_letter_belongs_to_the_word_and_a_direction_mark_does_not():
    folded = fold("نعمْ\u200f لا")
    assert folded.to_raw(0, 3) == (0, 4)


def test_a_mark_that_does_not_touch_the_letter_is_not_taken_in():
    assert fold("نعم\u200f\u064e").to_raw(0, 3) == (0, 3)


def test_marks_in_the_middle_are_inside_the_range():
    text = "بِـكِين اليوم"
    assert fold(text).to_raw(0, 4) == (0, len("بِـكِين"))


def test_a_ligature_maps_to_its_one_raw_character():
    folded = fold("قﻻل")  # ق + lam-alef ligature + ل folds to five letters less one mark: قلال
    assert folded.text == "قلال"
    assert folded.to_raw(1, 3) == (1, 2)
    assert [folded.splits(i) for i in range(5)] == [True, True, False, True, True]


@pytest.mark.parametrize(("start", "end"), [(1, 2), (2, 3), (0, 2), (2, 4)])
def test_a_range_that_cuts_through_a_ligature_has_no_raw_range(start, end):
    with pytest.raises(AlignmentError, match=rf"{start}\.\.{end} cuts through one character"):
        fold("قﻻل").to_raw(start, end)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (2, 1), (-1, 2), (0, 5), (4, 5)])
def test_a_range_outside_the_folded_text_is_refused_with_its_length(start, end):
    with pytest.raises(AlignmentError, match=rf"{start}\.\.{end} .*of 4 characters"):
        fold("قﻻل").to_raw(start, end)


def test_from_raw_goes_to_the_start_of_a_ligature_and_past_what_was_dropped():
    folded = fold("قـﻻل\u200f")
    # raw:    ق=0 tatweel=1 (clings to ق) lam-alef=2 ل=3 mark=4;  folded: ق=0 ل=1 ا=2 ل=3
    assert [folded.from_raw(offset) for offset in range(6)] == [0, 0, 1, 3, 4, 4]


def test_emoji_beyond_the_first_plane_count_one_code_point():
    text = "🤝🏽 بكين"
    folded = fold(text)
    start = folded.text.index("بكين")
    assert text[slice(*folded.to_raw(start, start + 4))] == "بكين"
    assert folded.to_raw(start, start + 4) == (3, 7)


@pytest.mark.parametrize("character", [*"ا5٥aﷺ_ـ", "\u064e", "\u0301", "\u200c", "\u200d"])
def test_letters_digits_marks_and_joiners_are_parts_of_words(character):
    assert is_word(character)


@pytest.mark.parametrize("character", ["", *' .،؛«"-…🤝', "\u200f", "\u00a0", "\ufeff"])
def test_blanks_punctuation_emoji_and_direction_marks_are_not(character):
    assert not is_word(character)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (" نعم ", "نعم"),
        ("\u200fنعم\u202c", "نعم"),
        ("\ufeff\u00a0نعم\u2003\n", "نعم"),
        ("«نعم».", "«نعم»."),
        (" \u200f\ufeff ", ""),
        ("", ""),
    ],
)
def test_trim_leaves_out_blanks_and_invisible_characters_only(text, inside):
    start, end = trim(text, 0, len(text))
    assert text[start:end] == inside


def test_trim_stays_inside_the_span():
    assert trim("  ab  ", 3, 4) == (3, 4)


@pytest.mark.parametrize(
    ("text", "marked", "expected"),
    [
        ("زار بكين أمس", "كي", "بكين"),
        ("وواشنطن ترفض", "واشنطن", "وواشنطن"),
        ("قالت (وواشنطن).", "(وواشنطن).", "وواشنطن"),
        ("في «بكين».", "«بكين».", "بكين"),
        ("سياسة «صين واحدة» قديمة", "سياسة «صين واحدة", "سياسة «صين واحدة»"),
        ('اتفاق "ستارت الجديدة" انتهى', 'اتفاق "ستارت الجديدة', 'اتفاق "ستارت الجديدة"'),
        ("قانون (تايوان) صدر", "قانون (تايوان", "قانون (تايوان)"),
        ("هو «مجلس النواب» إذن", "مجلس النواب", "مجلس النواب"),
        ('هو "مجلس" إذن', "مجلس", "مجلس"),
        ('قال "نعم" هنا" غلطا', 'قال "نعم" هنا', 'قال "نعم" هنا'),
        ("زار  بكين  أمس", "  بكين  ", "بكين"),
        ("زار \u200fبكين\u200f أمس", "\u200fبكين\u200f", "بكين"),
        ("بكينَ أمس", "بكين", "بكينَ"),
        ("بكيـن أمس", "بكيـ", "بكيـن"),
        ("جو بايدن وشي", "و بايدن و", "جو بايدن وشي"),
        ("كوفيد-19 انتشر", "كوفيد-19", "كوفيد-19"),
        ("كوفيد-19 انتشر", "19", "19"),
        ("🤝بكين🤝", "🤝بكين🤝", "بكين"),
        ("عام ٢٠٢٣م", "٢٠٢٣", "٢٠٢٣م"),
    ],
)
def test_a_span_becomes_the_whole_words_it_touches(text, marked, expected):
    start = text.index(marked)
    found = whole_words(text, start, start + len(marked))
    assert text[slice(*found)] == expected


@pytest.mark.parametrize("marked", [" ", "،", " .» ", "\u200f", "…", "🤝"])
def test_a_span_without_a_word_comes_back_empty(marked):
    text = f"نعم{marked}لا"
    start, end = whole_words(text, 3, 3 + len(marked))
    assert start == end


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("", 0),
        (" \n ", 0),
        ("قال نعم", 2),
        ("قال - نعم .", 2),
        ("3.5 % 🤝", 1),
        ("أ\u00a0ب\u2028ج", 3),
    ],
)
def test_a_word_is_what_stands_between_blanks_and_holds_a_letter_or_digit(text, n):
    assert count_words(text) == n


def test_all_closing_marks_that_a_span_opened_are_kept():
    text = "قال (سياسة «صين واحدة»)."
    start, end = text.index("سياسة"), text.index("واحدة") + 5
    assert text[slice(*whole_words(text, start, end))] == "سياسة «صين واحدة»"
    text = "اتفاق («المرحلة الأولى») جديد"
    assert (
        text[slice(*whole_words(text, 0, text.index("الأولى") + 6))] == "اتفاق («المرحلة الأولى»)"
    )
