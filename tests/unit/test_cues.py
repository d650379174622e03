"""Cue terms in a text, and the issue scores they earn."""

from __future__ import annotations

import pytest

from annotation.preannotate.cues import ONE_WEAK_SCORE, STRONG_SCORE, THRESHOLD, TWO_WEAK_SCORE
from annotation.preannotate.cues import CueScorer as Scorer
from schemas.annotation import Evidence
from schemas.codebook import Bilingual, Codebook, Cues, Group, Issue
from schemas.cues import CueMatcher
from schemas.text import fold

NAME = Bilingual(ar="اسم", en="name")


def _find(text: str, **cues: Cues) -> list[Evidence]:
    return CueMatcher(cues).find(text, fold(text))


def _codebook(**cues: Cues) -> Codebook:
    return Codebook(
        id="x",
        version="1.0.0",
        language="ar",
        unit="passage",
        title=NAME,
        groups=(Group(id="g", name=NAME),),
        issues=tuple(
            Issue(id=name, name=NAME, definition=NAME, group="g", cues=terms)
            for name, terms in cues.items()
        ),
    )


def test_evidence_names_the_issue_the_cue_and_its_raw_place():
    text = "قال إنّ «تَايوان» هادئة"
    start = text.index("تَايوان")
    assert _find(text, taiwan=Cues(strong=("تايوان",))) == [
        Evidence(issue="taiwan", start=start, end=start + 7, reason="strong:تايوان")
    ]


@pytest.mark.parametrize("text", ["الرسوم", "بالرسوم", "للرسوم", "ورسوم", "والرسوم"])
def test_a_cue_is_found_with_and_without_the_article(text):
    assert [e.reason for e in _find(text, a=Cues(weak=("رسوم",)))] == ["weak:رسوم"]


def test_a_star_opens_the_end_and_without_it_the_word_must_end():
    assert _find("عقوبات", a=Cues(strong=("عقوب*",)))
    assert not _find("عقوبات", a=Cues(strong=("عقوب",)))


def test_a_pair_counts_when_both_terms_stand_in_one_sentence_in_any_order():
    pair = Cues(strong=("مضيق & سفينة",))
    assert _find("عبرت سفينة مدنية المضيق أمس.", a=pair)
    assert _find("في المضيق عبرت سفينة.", a=pair)


def test_a_term_that_begins_with_the_article_is_found_with_it_only():
    met = Cues(strong=("التقى & وزير",))
    assert _find("التقى الوفد وزير الخارجية", a=met)
    assert not _find("هذا رجل تقي عرفه وزير الخارجية", a=met)


@pytest.mark.parametrize("text", ["عبرت سفينة. ثم أغلق المضيق.", "سفينة\nمضيق", "سفينة فقط"])
def test_a_pair_in_two_sentences_or_half_a_pair_counts_for_nothing(text):
    assert _find(text, a=Cues(strong=("مضيق & سفينة",))) == []


def test_a_pair_is_placed_at_its_first_term():
    text = "عبرت سفينة المضيق"
    (found,) = _find(text, a=Cues(strong=("مضيق & سفينة",)))
    assert text[found.start : found.end] == "المضيق"


def test_a_pair_with_an_open_end_in_each_term_is_found():
    assert _find("حظر الرقائق الإلكترونية", a=Cues(strong=("رقائق & إلكتروني*",)))


def test_one_cue_gives_one_piece_of_evidence_a_sentence():
    text = "المناخ والمناخ. المناخ"
    found = _find(text, climate=Cues(weak=("مناخ",)))
    assert [(e.start, e.end) for e in found] == [(0, 6), (16, 22)]


def test_evidence_comes_in_text_order_across_issues():
    text = "ضرائب ثم مناخ ثم ضرائب. مناخ"
    found = _find(text, b=Cues(weak=("ضرائب",)), a=Cues(strong=("مناخ",)))
    assert [e.issue for e in found] == ["b", "a", "a"]
    assert [e.start for e in found] == sorted(e.start for e in found)


def test_a_codebook_without_cues_finds_nothing():
    assert _find("أي نص كان", a=Cues()) == []


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("لا شيء هنا", 0.0),
        ("ذكر الكربون", ONE_WEAK_SCORE),
        ("ذكر الكربون. ثم ذكر الكربون", ONE_WEAK_SCORE),
        ("ذكر الكربون والاحترار", TWO_WEAK_SCORE),
        ("ذكر الكربون. ثم ذكر الاحترار", TWO_WEAK_SCORE),
        ("ذكر المناخ", STRONG_SCORE),
        ("ذكر المناخ والكربون والاحترار", STRONG_SCORE),
    ],
)
def test_one_strong_cue_or_two_different_weak_ones_earn_the_issue(text, score):
    cues = Cues(strong=("مناخ",), weak=("كربون", "احترار"))
    scores, _ = Scorer(_codebook(climate=cues, other=Cues())).score(text, fold(text))
    assert scores == {"climate": score, "other": 0.0}


def test_only_one_weak_cue_stays_below_the_threshold():
    assert ONE_WEAK_SCORE < THRESHOLD <= TWO_WEAK_SCORE < STRONG_SCORE <= 1


def test_scores_come_in_the_order_of_the_codebook():
    scores, _ = Scorer(_codebook(z=Cues(), a=Cues(), m=Cues())).score("نص", fold("نص"))
    assert list(scores) == ["z", "a", "m"]
