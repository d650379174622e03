"""Label Studio's JSON export → annotations, with every item in one counted state."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from annotation.labelstudio.export import ExportReader
from schemas.annotation import Annotation, Arm, Judgement, Origin
from schemas.article import Passage, passage_id
from schemas.codebook import Bilingual, Codebook, EntityType, Group, Issue
from schemas.ledger import DEFECTS, Ledger, Reason, State

Json = dict[str, Any]
RLM = "\u200f"
TEXT = f"التقى وزير الخارجية لين هاو{RLM} في بكين وواشنطن لبحث ملف تايوان."
PLACE = passage_id("a0", 0, len(TEXT))
PASSAGE = Passage(id=PLACE, article_id="a0", start=0, end=len(TEXT), text=TEXT, position=0)
ISSUES = ("taiwan", "trade", "climate")
OPEN = dict.fromkeys(ISSUES, Judgement.NOT_JUDGED)
ABSENT = dict.fromkeys(ISSUES, Judgement.ABSENT)
TAIWAN = ABSENT | {"taiwan": Judgement.PRESENT}


def _two(text: str) -> Bilingual:
    return Bilingual(ar=text, en=text)


CODEBOOK = Codebook(
    id="mini",
    version="1.0.0",
    language="ar",
    unit="passage",
    title=_two("عنوان"),
    groups=(Group(id="all", name=_two("الكل")),),
    issues=tuple(Issue(id=i, name=_two(i), definition=_two(i), group="all") for i in ISSUES),
    entities=tuple(
        EntityType(id=e, name=_two(e), definition=_two(e), colour="#a1b2c3")
        for e in ("PERSON", "GPE")
    ),
)


def at(part: str, label: str = "GPE", **changed: Any) -> Json:
    """A region over the first place where ``part`` stands in the text."""
    start = TEXT.index(part)
    value = {"start": start, "end": start + len(part), "text": part, "labels": [label]}
    return region(**{**value, **changed})


def region(**value: Any) -> Json:
    return {
        "id": "r1",
        "type": "labels",
        "from_name": "entities",
        "to_name": "text",
        "origin": "manual",
        "value": value,
    }


def tick(*choices: str) -> Json:
    return {
        "id": "c1",
        "type": "choices",
        "from_name": "issues",
        "to_name": "text",
        "value": {"choices": list(choices)},
    }


def given(*result: Json, **changed: Any) -> Json:
    made = {
        "id": 11,
        "unique_id": "u-1",
        "completed_by": 3,
        "updated_by": 3,
        "was_cancelled": False,
        "created_at": "2026-03-04T05:06:07.000008Z",
        "lead_time": 12.5,
        "parent_prediction": None,
        "prediction": {},
        "result": list(result),
    }
    return {**made, **changed}


def task(*annotations: Any, **changed: Any) -> Json:
    made = {
        "id": 7,
        "data": {"ext_id": PLACE, "text": TEXT, "title": "عنوان"},
        "annotations": list(annotations),
        "drafts": [],
        "predictions": [5],
    }
    return {**made, **changed}


def read(*export: object) -> tuple[list[Annotation], Ledger]:
    ledger = Ledger()
    reader = ExportReader(CODEBOOK, [PASSAGE], {3: "a1", 4: "a2"}, ledger)
    return reader.read(export), ledger


def outcome(ledger: Ledger) -> dict[str, int]:
    """All counts of a ledger that adds up: accepted by unit, the rest by unit and reason."""
    ledger.check()
    found = {
        f"{unit} {state}": n
        for (unit, state), n in ledger.states.items()
        if state is State.ACCEPTED and n
    }
    return found | {f"{u} {state} {why}": n for (u, state, why), n in ledger.reasons.items()}


def test_a_plain_annotation_is_accepted_with_all_it_says() -> None:
    found, ledger = read(task(given(at("بكين"), tick("taiwan"))))
    start = TEXT.index("بكين")
    (annotation,) = found
    assert annotation.id == "u-1"
    assert annotation.passage_id == PLACE
    assert annotation.annotator == "a1"
    assert annotation.lead_time_s == 12.5
    assert annotation.created_at.isoformat() == "2026-03-04T05:06:07.000008+00:00"
    assert annotation.codebook == CODEBOOK.hash
    assert annotation.issues == TAIWAN
    assert [span.key for span in annotation.spans] == [(start, start + 4, "GPE")]
    assert annotation.arm is Arm.BLIND
    assert annotation.parent_prediction is None
    assert annotation.comment is None
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations accepted": 1,
        "issue decisions accepted": 3,
        "spans accepted": 1,
    }


_PAST = {"start": len(TEXT) - 3, "end": len(TEXT) + 1, "labels": ["GPE"]}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (at("بكين", "PLANET"), Reason.UNKNOWN_LABEL),
        (at("بكين", labels=[]), Reason.UNKNOWN_LABEL),
        (at("بكين", labels=["GPE", "PERSON"]), Reason.UNKNOWN_LABEL),
        (region(**_PAST), Reason.OFFSET_OUT_OF_RANGE),
        (region(start=9000, end=9004, labels=["GPE"]), Reason.OFFSET_OUT_OF_RANGE),
        (region(start=-1, end=4, labels=["GPE"]), Reason.OFFSET_OUT_OF_RANGE),
        (region(start=7, end=2, labels=["GPE"]), Reason.OFFSET_OUT_OF_RANGE),
        (region(start=7, end=7, labels=["GPE"]), Reason.OFFSET_OUT_OF_RANGE),
        (region(start=True, end=5, labels=["GPE"]), Reason.UNREADABLE_REGION),
        (region(start="0", end="5", labels=["GPE"]), Reason.UNREADABLE_REGION),
        (region(start=0.0, end=5.0, labels=["GPE"]), Reason.UNREADABLE_REGION),
        (region(start=None, end=5, labels=["GPE"]), Reason.UNREADABLE_REGION),
        (region(end=5, labels=["GPE"]), Reason.UNREADABLE_REGION),
        (region(start=0, end=5), Reason.UNREADABLE_REGION),
        (region(start=0, end=5, labels="GPE"), Reason.UNREADABLE_REGION),
        (region(start=0, end=5, labels=[7]), Reason.UNREADABLE_REGION),
        ({**at("بكين"), "value": None}, Reason.UNREADABLE_REGION),
        ({**at("بكين"), "value": [1, 2]}, Reason.UNREADABLE_REGION),
        ({**at("بكين"), "from_name": "other"}, Reason.UNREADABLE_REGION),
        ({**at("بكين"), "type": "hypertextlabels"}, Reason.UNREADABLE_REGION),
        ({**tick("taiwan"), "value": ["taiwan"]}, Reason.UNREADABLE_REGION),
        ({**tick("taiwan"), "from_name": "mood"}, Reason.UNREADABLE_REGION),
        (
            {"type": "rating", "from_name": "quality", "value": {"rating": 3}},
            Reason.UNREADABLE_REGION,
        ),
        (
            {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": []},
            Reason.UNREADABLE_REGION,
        ),
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


def test_a_region_s_own_text_is_not_trusted() -> None:
    found, ledger = read(task(given(at("بكين", text="واشنطن"), tick("taiwan"))))
    (span,) = found[0].spans
    assert TEXT[span.start : span.end] == "بكين"
    assert outcome(ledger)["spans accepted"] == 1


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
    assert found[0].issues == ABSENT | {"trade": Judgement.PRESENT}
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations repaired lost_parts": 1,
        "issue decisions accepted": 3,
        "issue decisions rejected unknown_issue": 1,
    }
    assert ledger.rejects[0].detail == shown


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
    "control",
    [
        {**tick(), "value": {"choices": "taiwan"}},
        {"type": "textarea", "from_name": "comment", "value": {"text": "صعب"}},
    ],
)
def test_a_control_s_value_that_is_one_string_is_not_taken_letter_by_letter(control: Json) -> None:
    found, ledger = read(task(given(control, tick("trade"))))
    assert "issue decisions rejected unknown_issue" not in outcome(ledger)
    assert found[0].comment in (None, "صعب")


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


@pytest.mark.parametrize(
    ("changed", "reason", "spans"),
    [
        ({"was_cancelled": True}, Reason.SKIPPED, 1),
        ({"was_cancelled": True, "result": []}, Reason.SKIPPED, 0),
        ({"result": []}, Reason.EMPTY_ANNOTATION, 0),
        ({"unique_id": None}, Reason.MISSING_ID, 1),
        ({"unique_id": ""}, Reason.MISSING_ID, 1),
        ({"unique_id": 5}, Reason.UNREADABLE_ANNOTATION, 1),
        ({"result": None}, Reason.UNREADABLE_ANNOTATION, 0),
        ({"result": "taiwan"}, Reason.UNREADABLE_ANNOTATION, 0),
        ({"result": ["taiwan"]}, Reason.UNREADABLE_ANNOTATION, 0),
        ({"result": {"choices": []}}, Reason.UNREADABLE_ANNOTATION, 0),
        ({"created_at": None}, Reason.UNREADABLE_ANNOTATION, 1),
        ({"created_at": "yesterday"}, Reason.UNREADABLE_ANNOTATION, 1),
        ({"lead_time": "long"}, Reason.UNREADABLE_ANNOTATION, 1),
        ({"parent_prediction": "first"}, Reason.UNREADABLE_ANNOTATION, 1),
    ],
)
def test_an_annotation_that_cannot_count_is_rejected_with_all_its_regions(
    changed: Json, reason: Reason, spans: int
) -> None:
    found, ledger = read(task({**given(at("بكين"), tick("taiwan")), **changed}))
    assert found == []
    lost = {"spans rejected annotation_rejected": spans} if spans else {}
    assert outcome(ledger) == {
        "tasks pending not_annotated": 1,
        f"annotations rejected {reason}": 1,
        **lost,
    }


@pytest.mark.parametrize("item", [None, "u-1", 7, ["u-1"], {}])
def test_an_annotation_that_is_no_annotation_at_all_is_counted_too(item: object) -> None:
    found, ledger = read(task(item))
    assert found == []
    assert outcome(ledger) == {
        "tasks pending not_annotated": 1,
        "annotations rejected unreadable_annotation": 1,
    }


def test_a_second_annotation_with_the_same_unique_id_is_rejected() -> None:
    twice = [given(tick("taiwan")), given(at("بكين"), tick("trade"), completed_by=4)]
    found, ledger = read(task(*twice))
    assert [a.annotator for a in found] == ["a1"]
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations accepted": 1,
        "annotations rejected duplicate_id": 1,
        "issue decisions accepted": 3,
        "spans rejected annotation_rejected": 1,
    }


def test_a_skipped_annotation_does_not_take_the_unique_id() -> None:
    skipped = given(tick("trade"), was_cancelled=True)
    found, ledger = read(task(skipped, given(tick("taiwan"))))
    assert [a.issues for a in found] == [TAIWAN]
    assert outcome(ledger)["annotations rejected skipped"] == 1


def test_two_annotators_of_one_task_both_count() -> None:
    second = given(tick("none_of_these"), unique_id="u-2", completed_by=4, updated_by=4)
    found, ledger = read(task(given(tick("taiwan")), second))
    assert [(a.annotator, a.issues) for a in found] == [("a1", TAIWAN), ("a2", ABSENT)]
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations accepted": 2,
        "issue decisions accepted": 6,
    }


@pytest.mark.parametrize(
    ("completed_by", "annotator"),
    [
        (3, "a1"),
        (99, "user-99"),
        ({"id": 4, "email": "b@example.org"}, "a2"),
        ({"id": 99, "email": "c@example.org"}, "c@example.org"),
        ({"id": 99}, "user-99"),
    ],
)
def test_the_annotator_is_named_from_a_user_id_or_a_user(
    completed_by: object, annotator: str
) -> None:
    found, ledger = read(task(given(tick("taiwan"), completed_by=completed_by, updated_by=None)))
    assert found[0].annotator == annotator
    assert outcome(ledger)["annotations accepted"] == 1


@pytest.mark.parametrize(
    ("completed_by", "updated_by", "edited"),
    [(3, 4, True), (3, 3, False), (3, None, False), ({"id": 3}, 4, True), ({"id": 3}, 3, False)],
)
def test_an_annotation_that_somebody_else_changed_is_marked(
    completed_by: object, updated_by: int | None, edited: bool
) -> None:
    raw = given(tick("taiwan"), completed_by=completed_by, updated_by=updated_by)
    found, ledger = read(task(raw))
    assert found[0].annotator == "a1"
    state = "annotations repaired edited_by_other" if edited else "annotations accepted"
    assert outcome(ledger) == {"tasks accepted": 1, state: 1, "issue decisions accepted": 3}


@pytest.mark.parametrize(
    ("shown", "model"),
    [
        ({"id": 5, "model_version": "rules-1"}, "rules-1"),
        ({"id": 6, "model_version": "rules-1"}, "prediction 5"),
        ({}, "prediction 5"),
        (None, "prediction 5"),
    ],
)
def test_an_annotation_that_descends_from_a_prediction_is_assisted(
    shown: Json | None, model: str
) -> None:
    found, _ = read(task(given(tick("taiwan"), parent_prediction=5, prediction=shown)))
    assert (found[0].arm, found[0].parent_prediction) == (Arm.ASSISTED, model)


def test_a_prediction_that_was_only_shown_beside_makes_nobody_assisted() -> None:
    # The export embeds the task's prediction even where the annotation does not descend from it.
    found, _ = read(task(given(tick("taiwan"), prediction={"id": 5, "model_version": "rules-1"})))
    assert (found[0].arm, found[0].parent_prediction) == (Arm.BLIND, None)


@pytest.mark.parametrize("named", [{}, {"codebook": None}, {"codebook": CODEBOOK.hash}])
def test_a_task_of_this_codebook_or_of_none_is_read(named: Json) -> None:
    data = {"ext_id": PLACE, "text": TEXT, **named}
    assert outcome(read(task(given(tick("taiwan")), data=data))[1])["tasks accepted"] == 1


@pytest.mark.parametrize(
    ("updated", "kept"),
    [
        ("2026-03-04T05:06:07.000008Z", None),
        (None, None),
        ("2026-03-05T00:00:00Z", "2026-03-05T00:00:00+00:00"),
    ],
)
def test_a_change_on_the_server_is_kept_apart_from_the_first_time(
    updated: str | None, kept: str | None
) -> None:
    found, _ = read(task(given(tick("taiwan"), updated_at=updated)))
    assert found[0].created_at.isoformat() == "2026-03-04T05:06:07.000008+00:00"
    assert (found[0].updated_at and found[0].updated_at.isoformat()) == kept


def test_a_draft_is_pending_and_its_task_not_annotated() -> None:
    found, ledger = read(task(drafts=[{"result": [tick("taiwan")]}]))
    assert found == []
    assert outcome(ledger) == {
        "tasks pending not_annotated": 1,
        "annotations pending draft": 1,
    }


def test_a_task_without_annotations_is_pending() -> None:
    assert outcome(read(task())[1]) == {"tasks pending not_annotated": 1}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"ext_id": "a9:0-5", "text": TEXT}, Reason.FOREIGN_TASK),
        ({"text": TEXT}, Reason.FOREIGN_TASK),
        ({"ext_id": None, "text": TEXT}, Reason.FOREIGN_TASK),
        ({"ext_id": PLACE, "text": TEXT + " "}, Reason.TASK_TEXT_CHANGED),
        ({"ext_id": PLACE, "text": TEXT.replace(RLM, "")}, Reason.TASK_TEXT_CHANGED),
        ({"ext_id": PLACE}, Reason.TASK_TEXT_CHANGED),
        ({"ext_id": PLACE, "text": TEXT, "codebook": "0" * 64}, Reason.OTHER_CODEBOOK),
        ({"ext_id": PLACE, "text": TEXT, "codebook": 5}, Reason.OTHER_CODEBOOK),
        ({"ext_id": PLACE, "text": TEXT, "codebook": [CODEBOOK.hash]}, Reason.OTHER_CODEBOOK),
    ],
)
def test_a_task_that_is_not_ours_or_was_changed_is_rejected_with_all_in_it(
    data: Json, reason: Reason
) -> None:
    raw = task(given(at("بكين"), at("لين هاو"), tick("taiwan")), data=data, drafts=[{"result": []}])
    found, ledger = read(raw)
    assert found == []
    assert outcome(ledger) == {
        f"tasks rejected {reason}": 1,
        "annotations rejected task_rejected": 2,
        "spans rejected annotation_rejected": 2,
    }
    assert reason in DEFECTS
    assert ledger.defects() == {reason: 1}


@pytest.mark.parametrize(
    "raw",
    [
        None,
        5,
        "task",
        [],
        {},
        {"id": 1, "data": {"ext_id": PLACE, "text": TEXT}},
        {"id": 1, "data": None, "annotations": []},
        {"id": 1, "data": {}, "annotations": None},
        {"id": 1, "data": {}, "annotations": {}},
    ],
)
def test_a_task_that_cannot_be_read_is_rejected_by_its_place_in_the_export(raw: object) -> None:
    found, ledger = read(task(given(tick("taiwan"))), raw)
    assert len(found) == 1
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "tasks rejected unreadable_task": 1,
        "annotations accepted": 1,
        "issue decisions accepted": 3,
    }
    assert ledger.rejects[0].where == "task 2 of the export"


def test_a_second_task_of_the_same_passage_is_marked_as_a_duplicate() -> None:
    other = given(tick("none_of_these"), unique_id="u-2", completed_by=4, updated_by=4)
    found, ledger = read(task(given(tick("taiwan"))), task(other, id=8))
    assert [a.id for a in found] == ["u-1", "u-2"]
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "tasks repaired task_duplicated": 1,
        "annotations accepted": 2,
        "issue decisions accepted": 6,
    }


def test_reading_leaves_the_export_as_it_was() -> None:
    export = [task(given(at(" بكين "), tick("taiwan", "moon")), "broken")]
    before = deepcopy(export)
    read(*export)
    assert export == before


def test_an_empty_export_counts_nothing() -> None:
    found, ledger = read()
    assert (found, outcome(ledger)) == ([], {})


def test_an_annotation_time_without_a_zone_does_not_stay_without_one() -> None:
    found, ledger = read(task(given(tick("taiwan"), created_at="2026-03-04T05:06:07")))
    ledger.check()
    assert all(annotation.created_at.tzinfo for annotation in found)
