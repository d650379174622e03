"""Spellings of foreign names by rule: what is made, and what must not be."""

from __future__ import annotations

import pytest

from annotation.preannotate.gazetteer import Entry, Gazetteer, made_forms
from annotation.preannotate.variants import spellings
from schemas.codebook import Bilingual


@pytest.mark.parametrize(
    ("form", "english", "other"),
    [
        ("بلينكن", "Antony Blinken", "بلينكين"),
        ("أوستن", "Lloyd Austin", "اوستين"),
        ("لويد أوستين", "Lloyd Austin", "لويد اوستن"),
        ("غوتيريش", "Antonio Guterres", "جوتيريش"),
        ("بنغلادش", "Bangladesh", "بنجلادش"),
        ("هونغ كونغ", "Hong Kong", "هونج كونج"),
        ("هونغ كونغ", "Hong Kong", "هونق كونق"),
        ("بيونج يانج", "Pyongyang", "بيونغ يانغ"),
        ("القيادة الأمريكية", "US command", "القياده الاميركيه"),
        ("القيادة الأميركية", "US command", "القياده الامريكيه"),
        ("عبد الله الثاني", "Abdullah II", "عبدالله الثاني"),
        ("عبدالفتاح السيسي", "Abdel Fattah el-Sisi", "عبد الفتاح السيسي"),
        ("أبو ظبي", "Abu Dhabi", "ابوظبي"),
        ("شي جين بينغ", "Xi Jinping", "شي جينبينغ"),
        ("شي جين بينغ", "Xi Jinping", "شي جينبينج"),
    ],
)
def test_other_spellings_of_a_name_are_made(form, english, other):
    assert other in spellings(form, english)


@pytest.mark.parametrize(
    ("form", "english", "word"),
    [
        ("أمين", "Amin", "امن"),  # security
        ("حسين", "Hussein", "حسن"),
        ("اليمن", "Yemen", "اليمين"),  # the right
        ("غانا", "Ghana", "كانا"),  # both were
        ("براغ", "Prague", "براك"),
        ("إيغاد", "IGAD", "ايجاد"),  # finding
        ("غريان", "Gharyan", "جريان"),  # a flow
        ("جورج بوش", "George Bush", "غورج بوش"),
        ("واشنطن", "Washington", "واشنطين"),
        ("تونغ شي وانغ", "Tong Xi Wang", "تونغ شيوانغ"),
    ],
)
def test_everyday_words_and_names_of_others_are_not(form, english, word):
    assert word not in spellings(form, english)


def test_the_form_itself_and_what_folds_alike_is_not_repeated():
    assert spellings("القاهرة", "Cairo") == set()


def _entry(identity: str, ar: str, en: str, *variants: str) -> Entry:
    return Entry(id=identity, label="GPE", name=Bilingual(ar=ar, en=en), variants=variants)


def test_the_english_name_is_a_form_too_without_what_stands_in_brackets():
    entry = _entry("gpe.x", "جورجيا", "Georgia (country)")
    assert dict(made_forms([entry])) == {"Georgia": entry}


def test_a_made_form_that_somebody_has_in_writing_stays_theirs():
    first = _entry("gpe.a", "بنغالور", "Bangalore city")
    second = _entry("gpe.b", "مدينة", "Other", "بنجالور")
    assert "بنجالور" not in dict(made_forms([first, second]))
    (span,) = Gazetteer([first, second]).spans("في بنجالور")
    assert span.entity_id == "gpe.b"


def test_a_form_made_for_two_entries_is_made_for_none():
    first = _entry("gpe.a", "بنغالور", "Bangalore")
    second = _entry("gpe.b", "بنغالوور", "Bangalore")
    assert "Bangalore" not in dict(made_forms([first, second]))


def test_a_made_form_is_found_in_text():
    gazetteer = Gazetteer([_entry("gpe.hk", "هونغ كونغ", "Hong Kong")])
    text = "بين هونج-كونج وHong Kong وهونغكونغ"
    found = [text[s.start : s.end] for s in sorted(gazetteer.spans(text), key=lambda s: s.start)]
    assert found == ["هونج-كونج", "وHong Kong", "وهونغكونغ"]
