"""Where sentences and lines of a text end."""

from __future__ import annotations

import pytest

from schemas import sentences as sentences_module
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("… … !", ["… … !"]),
        ("نعم؟ ! ثم ذهب", ["نعم؟ !", "ثم ذهب"]),
        ("قال نعم. ... ثم ذهب", ["قال نعم. ...", "ثم ذهب"]),
        ("قال نعم. .ثم ذهب", ["قال نعم. .", "ثم ذهب"]),
        ("... ثم ذهب", ["... ثم ذهب"]),
        ("نعم\n. .\nلا", ["نعم", ". .", "لا"]),
    ],
)
def test_stops_alone_belong_to_what_precedes_them_on_their_line(text, expected):
    assert _parts(text) == expected


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('قال "نعم."ثم ذهب', ['قال "نعم."', "ثم ذهب"]),
        ('قال نعم."ثم" قال', ["قال نعم.", '"ثم" قال']),
        ("قال نعم.«ثم» قال", ["قال نعم.", "«ثم» قال"]),
        ("قال “نعم.”ثم ذهب", ["قال “نعم.”", "ثم ذهب"]),
        ("قال «ذهب “علي.”». ثم عاد", ["قال «ذهب “علي.”».", "ثم عاد"]),
        ("قال «نعم».وأضاف", ["قال «نعم».", "وأضاف"]),
        ("قال (رويترز).وأضاف", ["قال (رويترز).", "وأضاف"]),
        ("قال 'نعم.' ثم ذهب", ["قال 'نعم.'", "ثم ذهب"]),
        ("سأل: «أين هو؟» فسكتوا", ["سأل: «أين هو؟»", "فسكتوا"]),
    ],
)
def test_a_quote_stays_with_the_sentence_that_it_opens_or_closes_in(text, expected):
    assert _parts(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "«هل ذهب؟» قال الوزير",
        '"هل ذهب؟" تساءل الوزير',
        '"ذهب الوزير." قائلًا ذلك مرتين',
        "«لن نعود!» وفقاً للوكالة",
        "“ذهب الوزير.”وفقا للوكالة",
    ],
)
def test_a_quote_and_the_words_that_attribute_it_are_one_sentence(text):
    assert _parts(text) == [text]


def test_a_closing_quote_without_a_stop_ends_a_sentence_where_the_report_goes_on():
    assert _parts("هذا «أمر خطير» وأضاف الوزير") == ["هذا «أمر خطير»", "وأضاف الوزير"]
    assert _parts("نقلته «الوكالة» وقال الوزير") == ["نقلته «الوكالة» وقال الوزير"]


@pytest.mark.parametrize(
    "text",
    [
        "كتبت ج. ك. رولينغ",
        "قال أ.د. وليد حسن",
        "قال أ. د. ماهر",
        "وكالة د.ب.أ: قالت",
        "شركة ش.م.م. مقرها دبي",
        "عام 300 ق.م. في مصر",
        "في 15 محرم 1445 هـ. الموافق 2 أغسطس",
        "قناة بي. بي. سي البريطانية",
        "قناة بي.بي.سي البريطانية",
        "شركة سي.آي إن.في للكيماويات",
        "تيموثي دي. كوك",
        "George W. Bush",
        "Apple Inc. أعلنت",
        "النفط والغاز... إلخ",
        "قال .. ",
        "اجتمعوا في 5. 11. 2023 ببغداد",
        "تشمل: 1. النفط 2. الغاز 3. الماء",
        "1. النفط",
        "2) الغاز",
        "أ) الماء",
        "- • * بند",
        "بلغ ٣٫٥ أو 3,5 أو 1.5% في 10.30",
        "موقع العربية.نت الإخباري",
        "انظر https://example.org/خبر.عاجل هنا",
        "راسل ali.hasan@example.org اليوم",
        "واشنطن (رويترز) - قال الوزير",
        "قال...ثم سكت",
    ],
)
def test_what_only_looks_like_an_end_is_none(text):
    assert _parts(text) == [text.strip()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("في عام 1436هـ. وأضاف", ["في عام 1436هـ.", "وأضاف"]),
        ("في عام 2015 م. ثم عاد", ["في عام 2015 م.", "ثم عاد"]),
        ("فازت المجموعة ب. ثم خسرت", ["فازت المجموعة ب.", "ثم خسرت"]),
        ("عام 300 ق.م. وكانت مصر", ["عام 300 ق.م.", "وكانت مصر"]),
        ("قالته سي إن إن. لم يعلق", ["قالته سي إن إن.", "لم يعلق"]),
        ("زار the U.S. وقال نعم", ["زار the U.S.", "وقال نعم"]),
        ("انتقل إلى Apple Inc. وقال نعم", ["انتقل إلى Apple Inc.", "وقال نعم"]),
        ("كان غدًا. وقال نعم", ["كان غدًا.", "وقال نعم"]),
        ("بلغ عددهم 2. وقال نعم", ["بلغ عددهم 2.", "وقال نعم"]),
        ("كان ذلك في 2015.وقال نعم", ["كان ذلك في 2015.", "وقال نعم"]),
        ("راسل a@example.org. ثم ذهب", ["راسل a@example.org.", "ثم ذهب"]),
        ("1. النفط. 2. الغاز.", ["1. النفط.", "2. الغاز."]),
        ("قال نعم .ثم ذهب", ["قال نعم .", "ثم ذهب"]),
        ("قال نعم . ثم ذهب", ["قال نعم .", "ثم ذهب"]),
        ("قال له.ثم ذهب", ["قال له.", "ثم ذهب"]),
        ("قال نعم.\u200fثم ذهب", ["قال نعم.\u200f", "ثم ذهب"]),
        ("قال نعم.\u200f ثم ذهب", ["قال نعم.\u200f", "ثم ذهب"]),
        ("أحسنت! 😀 ثم ذهب", ["أحسنت! 😀", "ثم ذهب"]),
        ("أحسنت!🤝🏽 ثم ذهب", ["أحسنت!🤝🏽", "ثم ذهب"]),
        ("قال نعم! 📌 ثم ذهب", ["قال نعم!", "📌 ثم ذهب"]),
        ("قال نعم.. ثم ذهب", ["قال نعم..", "ثم ذهب"]),
    ],
)
def test_an_end_is_found_where_it_looks_like_none(text, expected):
    assert _parts(text) == expected


@pytest.mark.parametrize("unit", ['."', "قال.", "1. ", "«نعم. ", "U.S. ", ". ", "قال نعم\n"])
def test_no_place_is_looked_at_more_often_in_a_longer_text(unit):
    looked = 0

    class Counted(str):
        def __getitem__(self, key):
            nonlocal looked
            found = super().__getitem__(key)
            looked += len(found)
            return found

    def count(times: int) -> int:
        nonlocal looked
        looked = 0
        sentences(Counted(unit * times + "x"))
        return looked

    assert count(2000) <= 12 * count(200) + 1000


@pytest.mark.parametrize("run", ["." * 999, '."' * 999, "…»" * 999, "؟\u200f" * 999])
def test_a_run_of_stops_that_ends_nothing_is_read_once(run):
    (place,) = sentences_module._PLACE.finditer(f"{run}x")
    assert place.span() == (0, len(run))
    assert _parts(f"{run}x") == [f"{run}x"]
