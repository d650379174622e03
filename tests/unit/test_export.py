"""Label Studio's JSON export → annotations, with every item in one counted state."""

from __future__ import annotations

from copy import deepcopy

import pytest

from schemas.annotation import Arm
from schemas.ledger import DEFECTS, Reason
from tests.exports import (
    ABSENT,
    CODEBOOK,
    PLACE,
    RLM,
    TAIWAN,
    TEXT,
    Json,
    at,
    given,
    outcome,
    read,
    task,
    tick,
)


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


@pytest.mark.parametrize(
    ("changed", "reason", "spans"),
    [
        ({"was_cancelled": True}, Reason.SKIPPED, 1),
        ({"was_cancelled": True, "result": []}, Reason.SKIPPED, 0),
        ({"result": []}, Reason.EMPTY_ANNOTATION, 0),
        ({"unique_id": None, "id": None}, Reason.MISSING_ID, 1),
        ({"unique_id": "", "id": "x"}, Reason.MISSING_ID, 1),
        ({"unique_id": 5, "id": -1}, Reason.MISSING_ID, 1),
        ({"result": None}, Reason.EMPTY_ANNOTATION, 0),
        ({"result": "taiwan"}, Reason.UNREADABLE_ANNOTATION, 0),
        ({"result": {"choices": []}}, Reason.UNREADABLE_ANNOTATION, 0),
        ({"created_at": None}, Reason.UNREADABLE_ANNOTATION, 1),
        ({"created_at": "yesterday"}, Reason.UNREADABLE_ANNOTATION, 1),
        ({"was_cancelled": "perhaps"}, Reason.UNREADABLE_ANNOTATION, 1),
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
