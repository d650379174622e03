"""What is odd in a text is counted and shown with its place; ordinary text has nothing odd."""

from __future__ import annotations

import pytest

from annotation.ingest.boilerplate import SEVERAL, RepeatedLines
from annotation.ingest.hygiene import EXPLAINED, Hygiene, Kind, hygiene
from tests.strategies import article_of

CLEAN = (
    "قالت وزارة الخارجية، الاثنين، إن الحوار مستمر؛ فهل يعود الطرفان؟ وأضافت: «لا شروط».\n"
    "\n"
    "\tووصل الوفد (12 خبيرا) إلى جنيف في 15 يونيو 2023… مع AT&T وR&D بنسبة 3.5%، و2 < 3.\n"
    "استعمالات واحتفالات الرأسماليين والانفصاليين والإيطاليين والكاتالونيين في العالم العالمي\n"
    "أ.د. وليد، ص.ب. 12، بي.بي.سي، سي.إن.إن، شىء على شاطىء هادىء، فىها، 10:30، مستوى المعيشة"
)
ODD = (
    (Kind.BIDI_CONTROL, "قال \u200fنعم\u202c", ["\u200f", "\u202c"]),
    (Kind.ZERO_WIDTH, "\ufeffقال\u200cنعم", ["\ufeff", "\u200c"]),
    (Kind.TATWEEL, "قـــال", ["ـ", "ـ", "ـ"]),
    (Kind.TASHKEEL, "قَالَ", ["َ", "َ"]),
    (Kind.PRESENTATION_FORM, "ﻗﺎل ﷺ", ["ﻗ", "ﺎ", "ﷺ"]),
    (Kind.ODD_SPACE, "قال\u00a0نعم\u202fلا\u3000", ["\u00a0", "\u202f", "\u3000"]),
    (Kind.CARRIAGE_RETURN, "قال\r\nنعم\rلا", ["\r", "\r"]),
    (Kind.REPLACEMENT_CHARACTER, "قال \ufffd", ["\ufffd"]),
    (Kind.CONTROL_CHARACTER, "قال\x1aنعم\x7f\x0b", ["\x1a", "\x7f", "\x0b"]),
    (Kind.DIGITS_OF_TWO_SCRIPTS, "في 2023 وفي ١٥", ["١", "٥"]),
    (Kind.GLUED_WORDS, "السياسةالخارجية هنا", ["السياسةالخارجية"]),
    (Kind.GLUED_WORDS, "إلىالمدينة", ["إلىالمدينة"]),
    (Kind.GLUED_WORDS, "في الولاياتالمتحدة الآن", ["الولاياتالمتحدة"]),
    (Kind.GLUED_SENTENCES, "نعم قال.ثم ذهب", ["قال.ثم"]),
    (Kind.GLUED_SENTENCES, "قالت الوزارة،وذهبت:هنا", ["الوزارة،وذهبت", "وذهبت:هنا"]),
    (
        Kind.MOJIBAKE,
        "قال " + "العربية".encode().decode("cp1256"),
        ["العربية".encode().decode("cp1256")],
    ),
    (
        Kind.MOJIBAKE,
        "x " + "العرب".encode().decode("latin-1"),
        ["العرب".encode().decode("latin-1")],
    ),
    (Kind.HTML, "قال<br/>نعم &nbsp;&#39;", ["<br/>", "&nbsp;", "&#39;"]),
    (Kind.BOILERPLATE, "خبر هنا\nإقـرأ أيضًا: خبر آخر", ["إقـرأ أيضًا"]),
    (Kind.BOILERPLATE, "جميع الحقوق محفوظه © 2023", ["جميع الحقوق محفوظه"]),
)


def _odd(text: str, repeated: RepeatedLines | None = None) -> dict[Kind, int]:
    found = hygiene(article_of(text), repeated)
    return found.counts if found else {}


def test_ordinary_news_has_nothing_odd():
    assert hygiene(article_of(CLEAN)) is None


@pytest.mark.parametrize(("kind", "text", "expected"), ODD)
def test_each_kind_is_found_with_its_places(kind, text, expected):
    found = hygiene(article_of(text))
    assert found is not None
    assert [example.text for example in found.examples[kind]] == expected[:3]
    assert found.counts[kind] == len(expected)
    for example in found.examples[kind]:
        assert text[example.start : example.end] == example.text


def test_many_places_are_counted_and_three_are_shown():
    found = hygiene(article_of("ق" + "ـ" * 500))
    assert found is not None
    assert found.counts == {Kind.TATWEEL: 500}
    assert len(found.examples[Kind.TATWEEL]) == 3


@pytest.mark.parametrize("letter", "صضطظعغ")
def test_arabic_punctuation_after_a_letter_is_no_mojibake(letter):
    assert Kind.MOJIBAKE not in _odd(f"قال: موضو{letter}، وموضو{letter}؛ ثم «ارتفا{letter}» – نعم")


def test_latin_names_with_accents_are_no_mojibake():
    assert _odd("قال François Müller من São Paulo وØrsted") == {}


def test_a_phrase_inside_a_long_paragraph_is_no_boilerplate():
    assert _odd("كلمة " * 30 + "اضغط هنا " + "كلمة " * 30) == {}


def test_a_line_of_several_articles_is_found_in_each_of_them():
    lines, texts = RepeatedLines(), [f"خبر رقم {n} هنا\n عين على العالم \n" for n in range(SEVERAL)]
    for text in texts:
        lines.add(text)
    found = hygiene(article_of(texts[0]), lines)
    assert found is not None
    (example,) = found.examples[Kind.REPEATED_LINE]
    assert example.text == "عين على العالم"


@pytest.mark.parametrize("line", ["* *", "خبر", "ك" * 60 + " " + "ك" * 60, "-- 12"])
def test_lines_without_two_words_or_too_long_are_never_repeated(line):
    lines = RepeatedLines()
    for n in range(SEVERAL):
        lines.add(f"خبر رقم {n}\n{line}")
    assert lines.places(line) == []


def test_copies_of_one_article_do_not_make_its_lines_repeated():
    lines = RepeatedLines()
    for _ in range(SEVERAL):
        lines.add("قال نعم\nثم ذهب")
    assert lines.places("قال نعم\nثم ذهب") == []


@pytest.mark.parametrize(
    ("unit", "kind"),
    [
        ("المحادثةمستمرةاليوم", Kind.GLUED_WORDS),
        ("قال.", Kind.GLUED_SENTENCES),
        ("اضغط هنا ", Kind.BOILERPLATE),
        ("ـ", Kind.TATWEEL),
    ],
)
def test_a_long_text_without_a_break_is_looked_at_in_one_pass(unit, kind):
    # Looking for the ends of the line or word at each place would take hours here.
    assert hygiene(article_of(unit if kind is Kind.BOILERPLATE else unit * 9)).counts[kind]
    hygiene(article_of(unit * 200_000))


def test_a_letter_inside_a_word_shows_the_word_with_all_its_letters():
    text = "x abcالمحادثةمستمرة𐤀، نعم"
    found = hygiene(article_of(text))
    assert found is not None
    assert [e.text for e in found.examples[Kind.GLUED_WORDS]] == ["abcالمحادثةمستمرة𐤀"]


@pytest.mark.parametrize(("before", "found"), [(110, True), (112, False)])
def test_a_phrase_counts_in_lines_of_up_to_the_longest(before, found):
    text = "نعم قال\n" + "ك" * before + " اضغط هنا\nلا"
    assert (Kind.BOILERPLATE in _odd(text)) is found


def test_a_record_reads_back_equal():
    found = hygiene(article_of("قَالَ\r\n"))
    assert found is not None
    assert Hygiene.model_validate_json(found.to_line()) == found


def test_every_kind_has_a_sentence():
    assert set(EXPLAINED) == set(Kind)


def test_a_text_with_characters_beyond_the_basic_plane_keeps_its_offsets():
    found = hygiene(article_of("🤝🏽🇨🇳 قـال"))
    assert found is not None
    assert found.examples[Kind.TATWEEL][0].start == 6
