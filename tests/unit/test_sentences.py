"""Where sentences and lines of a text end."""

from __future__ import annotations

import pytest

from schemas.sentences import lines, sentences, trimmed


def _parts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("جاء الوزير. ثم ذهب.", ["جاء الوزير.", "ثم ذهب."]),
        ("هل جاء؟ نعم! جاء", ["هل جاء؟", "نعم!", "جاء"]),
        ("انتظر… ثم ذهب", ["انتظر…", "ثم ذهب"]),
        ("انتظر... ثم ذهب", ["انتظر...", "ثم ذهب"]),
        ("ماذا؟! لا أدري", ["ماذا؟!", "لا أدري"]),
        ("یہ ہے۔ اور", ["یہ ہے۔", "اور"]),
        ("قال «نعم.» ثم ذهب", ["قال «نعم.»", "ثم ذهب"]),
        ('قال "نعم". ثم ذهب', ['قال "نعم".', "ثم ذهب"]),
        ("قال (نعم.) ثم ذهب", ["قال (نعم.)", "ثم ذهب"]),
        ("قال «نعم.». ثم ذهب", ["قال «نعم.».", "ثم ذهب"]),
        ("قالوا نعم.\u00a0ثم ذهبوا", ["قالوا نعم.", "ثم ذهبوا"]),
        ("انتهى الاجتماع.وقال الوزير", ["انتهى الاجتماع.", "وقال الوزير"]),
        ("هل انتهى؟وقال الوزير", ["هل انتهى؟", "وقال الوزير"]),
    ],
)
def test_a_stop_ends_a_sentence_with_the_quotes_that_follow_it(text, expected):
    assert _parts(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "بلغ النمو 3.5 في المئة",
        "في 15.11.2023 صباحا",
        "قال د. علي نعم",
        "قال ود. علي نعم",
        "كتب أ. ب. حسن",
        "قال (د. علي) نعم",
        "زار U.S. officials أمس",
        "زار Mr. Smith أمس",
        "زار Dr. Smith أمس",
        "البند No. 5 نافذ",
        "قال، ثم ذهب؛ ثم عاد: نعم",
    ],
)
def test_a_full_stop_in_a_number_or_after_an_abbreviation_ends_nothing(text):
    assert _parts(text) == [text]


def test_a_question_mark_after_one_letter_ends_a_sentence_all_the_same():
    assert _parts("هل هو ب؟ لا") == ["هل هو ب؟", "لا"]


def test_an_abbreviation_is_a_word_of_its_own_not_the_end_of_one():
    assert _parts("زار الهند. ثم عاد") == ["زار الهند.", "ثم عاد"]


def test_a_full_stop_that_glues_two_words_ends_a_sentence_as_documented():
    assert _parts("قال.ثم") == ["قال.", "ثم"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\u2028", "\u2029", "\x85", "\v"])
def test_every_line_end_of_unicode_ends_a_sentence(end):
    text = f"عنوان الخبر{end}قال الوزير"
    assert _parts(text) == ["عنوان الخبر", "قال الوزير"]
    assert sentences(text) == lines(text)


def test_offsets_count_code_points_of_the_text_given():
    text = "🤝 نعم.  لا."
    assert sentences(text) == [(0, 6), (8, 11)]


@pytest.mark.parametrize("text", ["", " ", "\n \r\n\t\u00a0"])
def test_a_blank_text_has_no_sentence_and_no_line(text):
    assert sentences(text) == []
    assert lines(text) == []


def test_stops_alone_are_kept_as_a_sentence_so_that_nothing_is_lost():
    assert _parts("… … !") == ["…", "…", "!"]


def test_lines_are_trimmed_of_blanks_but_keep_direction_marks():
    text = "  \u200fقال \n\n\t نعم\u00a0"
    assert [text[a:b] for a, b in lines(text)] == ["\u200fقال", "نعم"]


def test_trimmed_gives_an_empty_range_for_blanks_only():
    start, end = trimmed("a   b", 1, 4)
    assert start == end


def test_a_direction_mark_after_the_full_stop_does_not_hide_the_end():
    text = "قال نعم.\u200f ثم ذهب."
    assert [text[a:b].strip("\u200f ") for a, b in sentences(text)] == ["قال نعم.", "ثم ذهب."]


def test_a_web_address_is_not_cut_at_its_dots():
    text = "انظر www.example.com هنا."
    assert [text[a:b] for a, b in sentences(text)] == [text]
