"""The regions of an annotation → spans, judgements and comments, each counted."""

from __future__ import annotations

import pytest

from schemas.annotation import Judgement, Origin
from schemas.ledger import Reason
from tests.exports import (
    ABSENT,
    ISSUES,
    OPEN,
    RLM,
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

_PAST = {"start": len(TEXT) - 3, "end": len(TEXT) + 1, "labels": ["GPE"]}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (at("بكين", "PLANET"), Reason.UNKNOWN_LABEL),
        (at("بكين", labels=[]), Reason.SPAN_WITHOUT_LABEL),
        (at("بكين", labels=["GPE", "PERSON"]), Reason.SEVERAL_LABELS),
        (region(**_PAST), Reason.OFFSET_OUT_OF_RANGE),
        (region(start=9000, end=9004, labels=["GPE"]), Reason.OFFSET_OUT_OF_RANGE),
        (region(start=-1, end=4, labels=["GPE"]), Reason.OFFSET_OUT_OF_RANGE),
        (region(start=7, end=2, labels=["GPE"]), Reason.OFFSET_OUT_OF_RANGE),
        (region(start=7, end=7, labels=["GPE"]), Reason.OFFSET_OUT_OF_RANGE),
        (region(start=True, end=5, labels=["GPE"]), Reason.UNREADABLE_REGION),
        (region(start="0", end="5", labels=["GPE"]), Reason.UNREADABLE_REGION),
        (region(start=0.5, end=5.0, labels=["GPE"]), Reason.UNREADABLE_REGION),
        (region(start=None, end=5, labels=["GPE"]), Reason.UNREADABLE_REGION),
        (region(end=5, labels=["GPE"]), Reason.UNREADABLE_REGION),
        (region(start=0, end=5), Reason.SPAN_WITHOUT_LABEL),
        (region(start=0, end=5, labels="GPE"), Reason.UNREADABLE_REGION),
        (region(start=0, end=5, labels=[7]), Reason.UNREADABLE_REGION),
        ({**at("بكين"), "value": None}, Reason.UNREADABLE_REGION),
        ({**at("بكين"), "value": [1, 2]}, Reason.UNREADABLE_REGION),
        ({**at("بكين"), "from_name": "other"}, Reason.UNKNOWN_CONTROL),
        ({**at("بكين"), "type": "hypertextlabels"}, Reason.UNKNOWN_CONTROL),
        ({**tick("taiwan"), "value": ["taiwan"]}, Reason.UNREADABLE_REGION),
        ({**tick("taiwan"), "from_name": "mood"}, Reason.UNKNOWN_CONTROL),
        ({}, Reason.UNREADABLE_REGION),
        (at("."), Reason.SPAN_WITHOUT_WORD),
        (at(RLM), Reason.SPAN_WITHOUT_WORD),
    ],
)
def test_a_bad_region_is_rejected_alone_and_the_rest_of_the_annotation_kept(
    bad: Json, reason: Reason
) -> None:
    found, ledger = read(task(given(bad, at("بكين"), tick("taiwan"))))
    assert [TEXT[s.start : s.end] for s in found[0].spans] == ["بكين"]
    assert found[0].issues == TAIWAN
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations repaired lost_parts": 1,
        "issue decisions accepted": 3,
        "spans accepted": 1,
        f"spans rejected {reason}": 1,
    }
    (reject,) = ledger.rejects
    assert reject.reason is reason
    assert reject.where == "task 7, annotation u-1"


def test_a_span_that_ends_with_the_text_is_inside_it() -> None:
    found, ledger = read(
        task(given(region(start=0, end=len(TEXT), labels=["GPE"]), tick("taiwan")))
    )
    # The final full stop is no part of a word, so the whole text without it is left.
    assert [(s.start, s.end) for s in found[0].spans] == [(0, len(TEXT) - 1)]
    assert outcome(ledger)["spans repaired span_trimmed"] == 1


@pytest.mark.parametrize(
    ("dragged", "kept", "reason"),
    [
        (" بكين", "بكين", Reason.SPAN_TRIMMED),
        ("بكين ", "بكين", Reason.SPAN_TRIMMED),
        (f"لين هاو{RLM}", "لين هاو", Reason.SPAN_TRIMMED),
        (f"لين هاو{RLM} ", "لين هاو", Reason.SPAN_TRIMMED),
        ("تايوان.", "تايوان", Reason.SPAN_TRIMMED),
        ("واشنطن", "وواشنطن", Reason.SPAN_WIDENED),
        ("بك", "بكين", Reason.SPAN_WIDENED),
        (" واشن"[1:], "وواشنطن", Reason.SPAN_WIDENED),
    ],
)
def test_a_span_that_misses_the_word_edges_is_repaired_to_whole_words(
    dragged: str, kept: str, reason: Reason
) -> None:
    found, ledger = read(task(given(at(dragged), tick("taiwan"))))
    (span,) = found[0].spans
    assert (span.start, TEXT[span.start : span.end]) == (TEXT.index(kept), kept)
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations repaired lost_parts": 1,
        "issue decisions accepted": 3,
        f"spans repaired {reason}": 1,
    }
    assert ledger.defects() == {}


@pytest.mark.parametrize("second", [at("بكين"), at("بكين ")])
def test_the_same_span_twice_is_kept_once(second: Json) -> None:
    found, ledger = read(task(given(at("بكين"), second, tick("taiwan"))))
    assert [TEXT[s.start : s.end] for s in found[0].spans] == ["بكين"]
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations repaired lost_parts": 1,
        "issue decisions accepted": 3,
        "spans accepted": 1,
        "spans rejected span_duplicate": 1,
    }


@pytest.mark.parametrize("turned", [False, True])
def test_of_overlapping_spans_the_longest_is_kept_in_whatever_order_they_come(
    turned: bool,
) -> None:
    regions = [at("وزير الخارجية", "PERSON"), at("الخارجية لين هاو", "PERSON")]
    found, ledger = read(task(given(*(regions[::-1] if turned else regions), tick("taiwan"))))
    assert [TEXT[s.start : s.end] for s in found[0].spans] == ["الخارجية لين هاو"]
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations repaired lost_parts": 1,
        "issue decisions accepted": 3,
        "spans accepted": 1,
        "spans rejected span_overlap": 1,
    }


def test_spans_come_out_in_text_order() -> None:
    found, _ = read(task(given(at("تايوان"), at("لين هاو", "PERSON"), at("بكين"), tick("taiwan"))))
    assert [TEXT[s.start : s.end] for s in found[0].spans] == ["لين هاو", "بكين", "تايوان"]


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("manual", Origin.MANUAL),
        ("prediction", Origin.PREDICTION),
        ("prediction-changed", Origin.CHANGED),
        ("elsewhere", Origin.MANUAL),
        (None, Origin.MANUAL),
        (["prediction"], Origin.MANUAL),
    ],
)
def test_a_span_keeps_its_origin(origin: object, expected: Origin) -> None:
    found, _ = read(task(given({**at("بكين"), "origin": origin}, tick("taiwan"))))
    assert found[0].spans[0].origin is expected


@pytest.mark.parametrize(
    ("ticked", "issues", "counts"),
    [
        (("none_of_these",), ABSENT, {"issue decisions accepted": 3}),
        (("cannot_judge",), OPEN, {"issue decisions pending not_judged": 3}),
        (
            ("taiwan", "cannot_judge"),
            OPEN | {"taiwan": Judgement.PRESENT},
            {"issue decisions accepted": 1, "issue decisions pending not_judged": 2},
        ),
        (
            ("none_of_these", "cannot_judge"),
            OPEN,
            {"issue decisions pending not_judged": 3},
        ),
        (ISSUES, dict.fromkeys(ISSUES, Judgement.PRESENT), {"issue decisions accepted": 3}),
        (("taiwan", "taiwan"), TAIWAN, {"issue decisions accepted": 3}),
        ((), OPEN, {"issue decisions pending not_judged": 3}),
    ],
)
def test_ticks_become_judgements_on_every_issue(
    ticked: tuple[str, ...], issues: dict[str, Judgement], counts: dict[str, int]
) -> None:
    found, ledger = read(task(given(tick(*ticked))))
    assert found[0].issues == issues
    assert outcome(ledger) == {"tasks accepted": 1, "annotations accepted": 1, **counts}


def test_an_annotation_with_spans_only_judges_no_issue() -> None:
    found, ledger = read(task(given(at("بكين"))))
    assert found[0].issues == OPEN
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations accepted": 1,
        "issue decisions pending not_judged": 3,
        "spans accepted": 1,
    }


@pytest.mark.parametrize("turned", [False, True])
def test_none_of_these_with_an_issue_contradicts_itself_and_judges_nothing(turned: bool) -> None:
    ticked = ["none_of_these", "taiwan"]
    found, ledger = read(task(given(tick(*(ticked[::-1] if turned else ticked)))))
    assert found[0].issues == OPEN
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations repaired lost_parts": 1,
        "issue decisions rejected contradictory_choice": 3,
    }
    assert ledger.defects() == {Reason.CONTRADICTORY_CHOICE: 3}


@pytest.mark.parametrize("shown", ["تايوان", "Taiwan", "TAIWAN", "taiwan "])
def test_a_choice_that_is_no_issue_id_is_rejected_and_counted(shown: str) -> None:
    found, ledger = read(task(given(tick("trade", shown))))
    assert found[0].issues == OPEN | {"trade": Judgement.PRESENT}
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations repaired lost_parts": 1,
        "issue decisions accepted": 1,
        "issue decisions rejected unknown_issue": 1,
        "issue decisions pending not_judged": 2,
    }
    assert ledger.rejects[0].detail == repr(shown)


def test_an_unknown_choice_alone_is_no_answer_about_the_known_issues() -> None:
    found, ledger = read(task(given(tick("moon"))))
    assert found[0].issues == OPEN
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations repaired lost_parts": 1,
        "issue decisions pending not_judged": 3,
        "issue decisions rejected unknown_issue": 1,
    }


def test_a_comment_is_kept_line_by_line() -> None:
    note = {"type": "textarea", "from_name": "comment", "value": {"text": ["صعب", "جدا"]}}
    found, ledger = read(task(given(tick("taiwan"), note)))
    assert found[0].comment == "صعب\nجدا"
    assert outcome(ledger)["annotations accepted"] == 1


@pytest.mark.parametrize(
    ("control", "issues", "comment"),
    [
        ({**tick(), "value": {"choices": "taiwan"}}, TAIWAN | {"trade": Judgement.PRESENT}, None),
        (
            {"type": "textarea", "from_name": "comment", "value": {"text": "صعب"}},
            ABSENT | {"trade": Judgement.PRESENT},
            "صعب",
        ),
    ],
)
def test_a_control_s_value_that_is_one_string_is_taken_for_a_list_of_one(
    control: Json, issues: dict[str, Judgement], comment: str | None
) -> None:
    found, ledger = read(task(given(control, tick("trade"))))
    assert (found[0].issues, found[0].comment) == (issues, comment)
    assert outcome(ledger)["annotations accepted"] == 1


@pytest.mark.parametrize(
    "control",
    [
        {**tick(), "value": {"choices": 7}},
        {"type": "textarea", "from_name": "comment", "value": {"text": True}},
    ],
)
def test_a_control_s_value_that_is_a_number_is_an_unreadable_region(control: Json) -> None:
    _, ledger = read(task(given(control, tick("trade"))))
    assert outcome(ledger)["spans rejected unreadable_region"] == 1
