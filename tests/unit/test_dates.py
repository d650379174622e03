"""Calendar expressions: what is one, where it ends, and what is none."""

from __future__ import annotations

import pytest

from annotation.preannotate.dates import LABEL, dates
from schemas.article import longest_first
from schemas.text import fold, whole_words


def _dates(text: str) -> list[str]:
    """Return the longest calendar expressions, as the rule predictor takes them."""
    kept, _ = longest_first(dates(text, fold(text)))
    return [text[span.start : span.end] for span in kept]


@pytest.mark.parametrize(
    "date",
    [
        "15 نوفمبر 2023",
        "١٥ نوفمبر ٢٠٢٣",
        "15 نوفمبر/تشرين الثاني 2023",
        "15 نوفمبر (تشرين الثاني) 2023",
        "15 من نوفمبر 2023",
        "5 مايو",
        "نوفمبر 2023",
        "نوفمبر من العام الماضي",
        "نوفمبر الماضي",
        "مارس 2018",
        "مايو/أيار",
        "شهر رمضان",
        "رمضان 2024",
        "أواخر يونيو",
        "مطلع سبتمبر 2022",
        "كانون الثاني 2021",
        "غشت 2020",
        "أغسطس",
        "عام 2021",
        "العام 2020",
        "نهاية عام 2024",
        "العام الماضي",
        "الأسبوع المقبل",
        "مطلع الشهر الجاري",
        "هذا العام",
        "هذه السنة",
        "قبل عام مضى",
        "صباح يوم الثلاثاء",
        "مساء الاثنين",
        "يوم الجمعة الماضي",
        "أمس",
        "أمس الأول",
        "غداً",
        "2023-11-15",
        "15/11/2023",
        "صيف 2021",
    ],
)
def test_a_calendar_expression_is_found_whole(date):
    assert _dates(f"أعلن {date}، أن") == [date]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("في 2021 بدأت", "2021"),
        ("منذ 2018 تقريبا", "2018"),
        ("للعام المقبل خطة", "للعام المقبل"),
        ("وفي نوفمبر 2023 عاد", "نوفمبر 2023"),
        ("بنوفمبر 2023 عاد", "بنوفمبر 2023"),
        ("ونوفمبر المقبل", "ونوفمبر المقبل"),
        ("قال «أمس».", "أمس"),
        ("\u200fيوم الأحد\u200f جاء", "يوم الأحد"),
        ("🤝 نُوفمبر", "نُوفمبر"),
    ],
)
def test_prepositions_quotes_and_marks_around_a_date(text, expected):
    assert _dates(text) == [expected]


def test_two_dates_in_one_text_are_two_spans():
    assert _dates("بين 2018 و2020 ويوم الأحد 5 مايو") == ["2018", "و2020", "ويوم الأحد", "5 مايو"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "لا تاريخ هنا",
        "مارس الرياضة يوميا",
        "رمضان قديروف وحده",
        "محرم دوليا",
        "خسر 2021 دولارا",
        "استمر ثلاث سنوات",
        "في 3 أيام فقط",
        "في الساعة الخامسة",
        "أمسك به",
        "نوفمبري الهوى",
        "مواطن يونيوني",
        "منوفمبر كتبت خطأ",
        "رقم 12023-11-15",
        "العقد الماضي كان",
        "بند 12345/6",
        "في 20211 حالة",
        "هاتف 2023-11-155",
    ],
)
def test_everyday_words_numbers_and_durations_are_no_dates(text):
    assert _dates(text) == []


def test_spans_are_labelled_and_unlinked_whole_words():
    text = "في يوم الأحد 5 نوفمبر 2023، وعام 2021."
    found = dates(text, fold(text))
    assert found
    assert {span.label for span in found} == {LABEL}
    assert {span.entity_id for span in found} == {None}
    assert all(whole_words(text, s.start, s.end) == (s.start, s.end) for s in found)
    assert len({span.key for span in found}) == len(found)


@pytest.mark.parametrize("text", ["في 5½ مايو", "½ نوفمبر 2023"])
def test_a_fraction_before_a_month_does_not_end_the_run(text):
    assert all(whole_words(text, s.start, s.end) for s in dates(text, fold(text)))
