"""What the doctor says of a gazetteer."""

from __future__ import annotations

import pytest

from annotation.preannotate.gazetteer import Entry
from annotation.preannotate.lint import lint
from schemas.codebook import Bilingual
from schemas.finding import Level
from tests.unit.test_gazetteer import CHINA, _codebook, _entry

CODEBOOK = _codebook("GPE", "ORG", "PERSON")


def _codes(*entries: Entry) -> list[tuple[str, str]]:
    return [(f.code, f.where.removeprefix("gazetteer: ")) for f in lint(entries, CODEBOOK)]


def test_a_sound_gazetteer_has_no_findings():
    assert _codes(CHINA, _entry("org.nato", "ORG", "حلف الناتو")) == []


def test_two_entries_with_one_form_are_a_conflict_under_any_spelling():
    (finding,) = [
        f
        for f in lint(
            [_entry("gpe.a", "GPE", "القاهرة"), _entry("gpe.b", "GPE", "مدينة", "القاهره")],
            CODEBOOK,
        )
        if f.level is Level.ERROR
    ]
    assert (finding.code, finding.where) == ("form_conflict", "gazetteer: gpe.a")
    assert "gpe.b" in finding.text


def test_ids_and_labels_are_checked():
    twice = _entry("gpe.china", "GPE", "بلد آخر")
    assert ("id_twice", "gpe.china") in _codes(CHINA, twice)
    assert ("unknown_label", "x.y") in _codes(_entry("x.y", "PLANET", "المريخ"))


def test_the_same_english_name_twice_is_a_warning():
    first = Entry(id="org.a", label="ORG", name=Bilingual(ar="منظمة الصحة", en="WHO"))
    second = Entry(id="org.b", label="ORG", name=Bilingual(ar="الصحة العالمية", en="Who"))
    assert ("english_name_twice", "org.b") in _codes(first, second)


@pytest.mark.parametrize("form", ["كان", "منذ"])
def test_an_everyday_word_needs_context(form):
    assert ("everyday_word", "gpe.x") in _codes(_entry("gpe.x", "GPE", form))
    with_context = _entry("gpe.x", "GPE", "مدينة كان", ambiguous={form: ("مهرجان",)})
    assert "everyday_word" not in dict(_codes(with_context))


@pytest.mark.parametrize(
    ("form", "code"),
    [("★", "unreachable_form"), ("«»", "unreachable_form"), ("قطر", "short_form")],
)
def test_forms_that_cannot_be_found_or_are_found_too_often_are_named(form, code):
    assert (code, "gpe.x") in _codes(_entry("gpe.x", "GPE", "بلدة نائية", form))


def test_a_form_hidden_by_another_entry_is_unreachable():
    # The hyphen is a space to the matcher, so that both forms are one; the longer entry is first.
    first, second = _entry("org.a", "ORG", "ألف باء"), _entry("org.b", "ORG", "ألف-باء")
    assert ("unreachable_form", "org.b") in _codes(first, second)


def test_an_ambiguous_form_is_tried_beside_its_context_word():
    assert _codes(_entry("org.apple", "ORG", "شركة آبل", ambiguous={"تفاحة": ("هاتف*",)})) == []


@pytest.mark.parametrize("variant", ["القاهره", "القَاهرة"])
def test_a_variant_that_folding_makes_is_spare(variant):
    assert _codes(_entry("gpe.cairo", "GPE", "القاهرة", variant)) == [
        ("spare_variant", "gpe.cairo")
    ]


@pytest.mark.parametrize(
    ("label", "form", "reading"),
    [
        ("GPE", "لاوس", "كلاوس"),  # a given name, as ك + لاوس
        ("GPE", "قاء", "لقاء"),  # an everyday word, as ل + قاء
        ("ORG", "دولة", "دولة"),
    ],
)
def test_a_form_that_is_read_in_another_word_is_named_until_the_word_is_ambiguous(
    label, form, reading
):
    finding = ("everyday_reading", "x.y")
    assert finding in _codes(_entry("x.y", label, form))
    if form == reading:
        cured = _entry("x.y", label, f"{form} أخرى", ambiguous={form: ("سياق",)})
    else:
        cured = _entry("x.y", label, form, ambiguous={reading: ("سياق",)})
    assert finding not in _codes(cured)


def test_a_spelling_made_by_rule_is_read_too():
    entry = Entry(id="gpe.x", label="GPE", name=Bilingual(ar="مغددا", en="Mogadda"))
    assert ("everyday_reading", "gpe.x") in _codes(entry)


def test_a_given_name_that_is_a_place_as_it_stands_is_meant():
    assert "everyday_reading" not in dict(_codes(_entry("gpe.sofia", "GPE", "صوفيا")))


def test_people_and_places_are_not_read_with_the_article():
    assert _codes(_entry("org.x", "ORG", "حسين")) == [("everyday_reading", "org.x")]
    assert "everyday_reading" not in dict(_codes(_entry("gpe.x", "GPE", "حسين")))


@pytest.mark.parametrize(
    ("label", "head"), [("ORG", "شركة"), ("ORG", "صحيفة"), ("GPE", "مدينة"), ("GPE", "محافظة")]
)
def test_a_generic_head_before_a_form_is_outside_the_span(label, head):
    finding = ("generic_head", "x.y")
    assert finding in _codes(_entry("x.y", label, "فورتنال", f"{head} فورتنال"))
    assert finding in _codes(_entry("x.y", label, f"{head} نال", ambiguous={"نال": ("سياق",)}))
    assert finding not in _codes(_entry("x.y", label, "فورتنال", f"{head} أخرى"))


def test_a_head_that_is_part_of_the_name_is_no_finding():
    agency = _entry("org.x", "ORG", "وكالة المخابرات المركزية", "المخابرات المركزية")
    assert "generic_head" not in dict(_codes(agency))
    assert "generic_head" not in dict(_codes(_entry("org.y", "ORG", "باريس", "مدينة باريس")))
