"""Messy regions: other controls, other offsets, other texts are counted and coded."""

from __future__ import annotations

from typing import Any

import pytest

from annotation.labelstudio.export import ExportReader
from schemas.annotation import Annotation
from schemas.article import Passage, passage_id
from schemas.ledger import DEFECTS, EXPLAINED, Ledger, Reason
from tests.exports import (
    CODEBOOK,
    PASSAGE,
    TAIWAN,
    TEXT,
    Json,
    at,
    given,
    outcome,
    read,
    region,
    task,
    tick,
)

HTML = {
    "start": "/div[1]/p[1]/text()[1]",
    "end": "/div[1]/p[1]/text()[1]",
    "startOffset": 3,
    "endOffset": 7,
    "globalOffsets": {"start": 3, "end": 7},
    "text": "بكين",
}
PARAGRAPH = {"start": "0", "end": "1", "startOffset": 2, "endOffset": 6, "text": "بكين"}
RECTANGLE = {"x": 1.5, "y": 2, "width": 3, "height": 4, "rotation": 0, "rectanglelabels": ["GPE"]}
BRUSH = {"format": "rle", "rle": [0, 1, 2, 255], "brushlabels": ["GPE"]}
BY_PARTS = {"start": 0, "end": 5, "text": "التقى"}


def control(kind: str, name: str, value: object, **more: object) -> Json:
    return {"id": "x", "type": kind, "from_name": name, "to_name": "text", "value": value, **more}


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (control("taxonomy", "topic", {"taxonomy": [["a", "b"], ["c"]]}), Reason.UNKNOWN_CONTROL),
        (control("rating", "quality", {"rating": 3}), Reason.UNKNOWN_CONTROL),
        (control("number", "count", {"number": 2.5}), Reason.UNKNOWN_CONTROL),
        (control("datetime", "when", {"datetime": "2026-01-01"}), Reason.UNKNOWN_CONTROL),
        (control("pairwise", "better", {"selected": "left"}), Reason.UNKNOWN_CONTROL),
        (control("ranker", "order", {"ranker": {"_": ["a", "b"]}}), Reason.UNKNOWN_CONTROL),
        (control("brushlabels", "tag", BRUSH), Reason.UNKNOWN_CONTROL),
        (control("rectanglelabels", "tag", RECTANGLE), Reason.UNKNOWN_CONTROL),
        (control("textarea", "why", {"text": ["صعب"]}), Reason.UNKNOWN_CONTROL),
        (control("choices", "mood", {"choices": ["glad"]}), Reason.UNKNOWN_CONTROL),
        (control("choices", "sure", {**BY_PARTS, "choices": ["SURE"]}), Reason.UNKNOWN_CONTROL),
        # Ticks and comments of one span, from controls that are meant for the passage.
        (
            control("choices", "issues", {**BY_PARTS, "choices": ["trade"]}),
            Reason.UNREADABLE_REGION,
        ),
        (control("textarea", "comment", {**BY_PARTS, "text": ["؟"]}), Reason.UNREADABLE_REGION),
        (control("hypertextlabels", "entities", HTML), Reason.FOREIGN_OFFSETS),
        (control("labels", "entities", {**HTML, "labels": ["GPE"]}), Reason.FOREIGN_OFFSETS),
        (region(start="/div[1]", end="/div[2]", labels=["GPE"]), Reason.FOREIGN_OFFSETS),
        (control("paragraphlabels", "entities", PARAGRAPH), Reason.FOREIGN_OFFSETS),
        ({"type": "relation", "from_id": "a", "to_id": "b", "labels": []}, Reason.RELATION),
        ({"type": "relation", "from_id": ["a"], "direction": None}, Reason.RELATION),
        (at("بكين", labels=None), Reason.SPAN_WITHOUT_LABEL),
        (at("بكين", labels=["GPE", "MOON"]), Reason.SEVERAL_LABELS),
        (at("بكين", start=5.5), Reason.UNREADABLE_REGION),
        (at("بكين", start=10**30), Reason.OFFSET_OUT_OF_RANGE),
        (at("بكين", start=-5, end=-1), Reason.OFFSET_OUT_OF_RANGE),
        (at("بكين", end=float("nan")), Reason.UNREADABLE_REGION),
        (at("بكين", end=float("inf")), Reason.UNREADABLE_REGION),
        (at("بكين", text="واشنطن"), Reason.TEXT_MISMATCH),
        (at("بكين", text=" \\n "), Reason.TEXT_MISMATCH),
        ("region", Reason.UNREADABLE_REGION),
        (None, Reason.UNREADABLE_REGION),
        ([], Reason.UNREADABLE_REGION),
    ],
)
def test_what_is_no_answer_of_ours_is_counted_with_its_code_and_the_rest_is_kept(
    other: Any, reason: Reason
) -> None:
    found, ledger = read(task(given(other, at("واشنطن"), tick("taiwan"))))
    assert [TEXT[s.start : s.end] for s in found[0].spans] == ["وواشنطن"]
    assert found[0].issues == TAIWAN
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations repaired lost_parts": 1,
        "issue decisions accepted": 3,
        "spans repaired span_widened": 1,
        f"spans rejected {reason}": 1,
    }
    (reject,) = ledger.rejects
    assert reject.detail
    assert reject.to_line().isprintable()
    assert len(EXPLAINED[reject.reason]) > 20


@pytest.mark.parametrize(
    "more",
    [
        {"hidden": True},
        {"locked": True},
        {"score": 0.7},
        {"parentID": "r0"},
        {"readonly": False},
        {"meta": {}},
        {"meta": None},
        {"meta": {"text": []}},
        {"meta": {"lead_time": 2}},
        {"original_length": 9, "image_rotation": 0},
    ],
)
def test_what_the_interface_writes_beside_a_span_does_not_matter(more: Json) -> None:
    found, ledger = read(task(given({**at("بكين"), **more}, tick("taiwan"))))
    assert [TEXT[s.start : s.end] for s in found[0].spans] == ["بكين"]
    assert found[0].comment is None
    assert outcome(ledger)["annotations accepted"] == 1


@pytest.mark.parametrize("noted", [at("بكين"), at("بكين", "MOON")])
def test_a_note_on_a_region_is_kept_as_a_comment_even_if_the_region_is_not(noted: Json) -> None:
    meta = {"meta": {"text": ["أهي المدينة؟", " "]}}
    found, _ = read(task(given({**noted, **meta}, tick("taiwan"))))
    assert found[0].comment == "«بكين»: أهي المدينة؟"


def test_ticks_of_a_control_that_was_asked_for_are_handed_back_and_no_unknown_region() -> None:
    ledger = Ledger()
    reader = ExportReader(CODEBOOK, [PASSAGE], {}, ledger, extra_choices=frozenset({"why"}))
    why = control("choices", "why", {"choices": ["slip", "boundary"]})
    other = given(tick("trade"), unique_id="u-2")
    found = reader.read([task(given(why, tick("taiwan")), other)])
    assert [a.id for a in found] == ["u-1", "u-2"]
    assert reader.extra == {"u-1": {"why": ["slip", "boundary"]}}
    assert outcome(ledger)["annotations accepted"] == 2


BROKEN = "قال الرئيس\r\n\r\nمحمود \u2067شي\u2069 إن 😀 «بكين» 🇨🇳 ردت على وواشنطن."


def _broken(**value: Any) -> tuple[list[Annotation], Ledger]:
    """Read one region in a text with line breaks, marks and emoji."""
    place = passage_id("a0", 0, len(BROKEN))
    passage = Passage(id=place, article_id="a0", start=0, end=len(BROKEN), text=BROKEN, position=0)
    ledger = Ledger()
    raw = task(given(region(labels=["GPE"], **value), tick("taiwan")))
    raw["data"] = {"ext_id": place, "text": BROKEN}
    return ExportReader(CODEBOOK, [passage], {3: "a1"}, ledger).read([raw]), ledger


@pytest.mark.parametrize(
    ("kept", "own"),
    [
        ("الرئيس\r\n\r\nمحمود", "الرئيس\\n\\nمحمود"),
        ("الرئيس\r\n\r\nمحمود", "الرئيس\\n\\n\\n\\nمحمود"),
        ("الرئيس\r\n\r\nمحمود", "الرئيس\n\nمحمود"),
        ("محمود \u2067شي", "محمود شي"),
        ("محمود", " محمود\u200f "),
        ("محمود", None),
        ("محمود", ""),
        ("محمود", 7),
        ("محمود", ["محمود"]),
    ],
)
def test_white_space_and_marks_in_a_region_s_own_text_do_not_matter(kept: str, own: object) -> None:
    start = BROKEN.index(kept)
    found, ledger = _broken(start=start, end=start + len(kept), text=own)
    (span,) = found[0].spans
    assert BROKEN[span.start : span.end] == kept
    assert outcome(ledger)["annotations accepted"] == 1


@pytest.mark.parametrize("kept", ["بكين", "ردت", "وواشنطن", "«بكين» 🇨🇳 ردت"])
def test_offsets_in_utf16_units_are_read_where_only_they_give_the_region_s_text(kept: str) -> None:
    before = BROKEN[: BROKEN.index(kept)]
    start, length = (len(part.encode("utf-16-le")) // 2 for part in (before, kept))
    found, ledger = _broken(start=start, end=start + length, text=kept)
    (span,) = found[0].spans
    assert BROKEN[span.start : span.end] == kept.strip("«»")
    assert outcome(ledger)["spans repaired utf16_offsets"] == 1
    assert ledger.defects() == {}


def test_utf16_offsets_before_the_first_emoji_are_code_points_as_well() -> None:
    found, ledger = _broken(start=4, end=10, text="الرئيس")
    assert [(s.start, s.end) for s in found[0].spans] == [(4, 10)]
    assert outcome(ledger)["spans accepted"] == 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        # One emoji too few, one too many: what it was meant for cannot be told.
        ({"start": 36, "end": 40, "text": "بكين"}, Reason.TEXT_MISMATCH),
        ({"start": 60, "end": 64, "text": "بكين"}, Reason.OFFSET_OUT_OF_RANGE),
        # The end cuts an emoji in two.
        ({"start": 29, "end": 33, "text": "إن 😀"}, Reason.TEXT_MISMATCH),
        ({"start": 29, "end": 33, "text": "إن \ud83d"}, Reason.TEXT_MISMATCH),
    ],
)
def test_a_text_that_fits_neither_way_is_rejected_and_shown(value: Json, reason: Reason) -> None:
    found, ledger = _broken(**value)
    assert found[0].spans == ()
    assert outcome(ledger)[f"spans rejected {reason}"] == 1
    assert ledger.defects() == {reason: 1}


def test_a_mismatch_says_what_stands_there_and_what_the_region_says() -> None:
    _, ledger = read(task(given(at("بكين", text="واشنطن"), tick("taiwan"))))
    start = TEXT.index("بكين")
    expected = f"{start}..{start + 4} reads 'بكين', the region says 'واشنطن'"
    assert ledger.rejects[0].detail == expected


def test_every_code_for_something_broken_is_a_defect_and_a_relation_is_none() -> None:
    broken = {
        *(Reason.UNKNOWN_CONTROL, Reason.FOREIGN_OFFSETS),
        *(Reason.TEXT_MISMATCH, Reason.SEVERAL_LABELS),
    }
    assert broken <= DEFECTS
    ordinary = {Reason.RELATION, Reason.SPAN_WITHOUT_LABEL, Reason.ANNOTATED_AGAIN}
    assert not DEFECTS & ordinary
