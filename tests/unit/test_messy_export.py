"""A messy export: what older servers, lost users and editors leave is counted and coded."""

from __future__ import annotations

import pytest

from annotation.labelstudio.export import ExportReader
from schemas.annotation import Annotation, Arm, Judgement
from schemas.ledger import Ledger
from tests.exports import (
    ABSENT,
    CODEBOOK,
    OPEN,
    PASSAGE,
    PLACE,
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


def test_an_annotation_without_unique_id_gets_the_same_id_at_every_pull() -> None:
    old = given(at("بكين"), tick("taiwan"), unique_id=None)
    (first,), ledger = read(task(old))
    (again,), _ = read(task({**old, "result": [tick("trade")], "updated_at": "2026-05-01"}))
    (other,), _ = read(task({**old, "id": 12}))
    (server,), _ = read(task({**old, "created_at": "2026-03-04T05:06:07.000009Z"}))
    assert first.id == again.id
    assert len({first.id, other.id, server.id}) == 3
    assert outcome(ledger)["annotations repaired id_made"] == 1


@pytest.mark.parametrize("number", [None, True, -1, 1.5, "x", 1 << 70, [11], {"id": 11}])
def test_without_unique_id_and_number_an_annotation_cannot_be_told_apart(number: object) -> None:
    found, ledger = read(task(given(tick("taiwan"), unique_id=None, id=number)))
    assert found == []
    assert outcome(ledger)["annotations rejected missing_id"] == 1


def test_the_same_annotation_in_two_copies_of_a_task_counts_once_without_unique_id_too() -> None:
    twice = task(given(tick("taiwan"), unique_id=None))
    found, ledger = read(twice, twice)
    assert len(found) == 1
    assert outcome(ledger)["annotations rejected duplicate_id"] == 1


def test_an_annotation_that_was_taken_back_is_refused_under_its_made_id() -> None:
    old = given(tick("taiwan"), unique_id=None)
    (taken,), _ = read(task(old))
    reader = ExportReader(CODEBOOK, [PASSAGE], {}, Ledger())
    assert reader.read([task({**old, "was_cancelled": True})]) == []
    assert reader.refused == {taken.id}


@pytest.mark.parametrize(
    ("completed_by", "annotator"),
    [
        ("3", "a1"),
        (3.0, "a1"),
        ("b@example.org", "b@example.org"),
        ("lead@miyar.invalid", "lead"),
        ({"id": 98, "email": "lead@miyar.invalid"}, "lead"),
        ({"email": "b@example.org"}, "b@example.org"),
        ({"id": 98, "username": "هدى"}, "هدى"),
        ({"id": 98, "email": None}, "user-98"),
    ],
)
def test_a_user_is_known_by_number_address_or_name(completed_by: object, annotator: str) -> None:
    found, ledger = read(task(given(tick("taiwan"), completed_by=completed_by, updated_by=None)))
    assert found[0].annotator == annotator
    assert outcome(ledger)["annotations accepted"] == 1


@pytest.mark.parametrize(
    "completed_by", [None, True, -3, 10**30, "", "\ud800", "a\nb", {}, {"id": None}, [3], 1.5]
)
def test_an_annotation_by_nobody_counts_as_one_of_an_unknown_user(completed_by: object) -> None:
    found, ledger = read(task(given(tick("taiwan"), completed_by=completed_by)))
    assert found[0].annotator == "user-unknown"
    assert outcome(ledger)["annotations repaired no_annotator"] == 1


def test_a_coder_who_annotated_twice_is_seen_and_both_are_kept() -> None:
    again = given(tick("none_of_these"), unique_id="u-2")
    other = given(tick("trade"), unique_id="u-3", completed_by=4, updated_by=4)
    found, ledger = read(task(given(tick("taiwan")), again, other))
    assert [a.issues for a in found[:2]] == [TAIWAN, ABSENT]
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations accepted": 3,
        "annotations accepted annotated_again": 1,
        "issue decisions accepted": 9,
    }


def test_a_tick_of_an_unknown_name_leaves_the_others_open() -> None:
    found, ledger = read(task(given(tick("taiwan", "strait"))))
    assert found[0].issues == OPEN | {"taiwan": Judgement.PRESENT}
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "annotations repaired lost_parts": 1,
        "issue decisions accepted": 1,
        "issue decisions rejected unknown_issue": 1,
        "issue decisions pending not_judged": 2,
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"data": {"ext_id": PLACE, "text": f"{TEXT} "}},
        {"data": {"ext_id": PLACE, "text": TEXT, "codebook": "another"}},
        {"data": {"ext_id": "a9:0-3", "text": TEXT}},
    ],
)
def test_a_task_that_does_not_count_says_nothing_of_its_annotations(changed: Json) -> None:
    reader = ExportReader(CODEBOOK, [PASSAGE], {}, Ledger())
    assert reader.read([{**task(given(tick("taiwan"))), **changed}]) == []
    assert reader.refused == set()


@pytest.mark.parametrize("changed", [{"was_cancelled": True}, {"result": []}])
def test_what_is_skipped_or_emptied_was_taken_back(changed: Json) -> None:
    reader = ExportReader(CODEBOOK, [PASSAGE], {}, Ledger())
    item = {**given(tick("taiwan")), **changed}
    assert reader.read([task(item)]) == []
    assert reader.refused == {item["unique_id"]}


def test_what_cannot_be_read_was_not_taken_back() -> None:
    reader = ExportReader(CODEBOOK, [PASSAGE], {}, Ledger())
    assert reader.read([task({**given(tick("taiwan")), "created_at": "soon"})]) == []
    assert reader.refused == set()


def test_a_coder_who_annotated_both_copies_of_a_task_is_seen_too() -> None:
    _, ledger = read(
        task(given(tick("taiwan"))), task(given(tick("taiwan"), unique_id="u-2"), id=8)
    )
    assert outcome(ledger)["annotations accepted annotated_again"] == 1


@pytest.mark.parametrize(
    ("changed", "lead_time"),
    [
        ({"lead_time": None}, None),
        ({"lead_time": 7}, 7.0),
        ({"ground_truth": True}, 12.5),
        ({"last_action": "fixed_and_accepted", "import_id": 9, "bulk_created": True}, 12.5),
        ({"prediction": [1, 2]}, 12.5),
        ({"was_cancelled": None}, 12.5),
        ({"was_cancelled": "false"}, 12.5),
        ({"updated_by": {"id": 3}}, 12.5),
        ({"updated_by": "3"}, 12.5),
        ({"updated_by": "somebody"}, 12.5),
    ],
)
def test_what_the_server_says_besides_is_taken_as_it_comes(
    changed: Json, lead_time: float | None
) -> None:
    found, ledger = read(task({**given(tick("taiwan")), **changed}))
    assert found[0].lead_time_s == lead_time
    assert outcome(ledger)["annotations accepted"] == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"lead_time": "long"},
        {"lead_time": -3.0},
        {"lead_time": float("nan")},
        {"lead_time": float("inf")},
        {"lead_time": 10**400},
        {"lead_time": True},
        {"updated_at": "yesterday"},
        {"updated_at": "0001-01-01T00:00:00+23:00"},
    ],
)
def test_a_side_fact_that_cannot_be_read_is_left_out_and_counted(changed: Json) -> None:
    found, ledger = read(task({**given(tick("taiwan")), **changed}))
    (kept,) = found
    assert (kept.lead_time_s, kept.updated_at) in ((None, None), (12.5, None))
    assert Annotation.model_validate_json(kept.to_line()) == kept
    assert outcome(ledger)["annotations repaired lost_parts"] == 1


@pytest.mark.parametrize(
    ("changed", "model"),
    [
        ({"parent_prediction": 5, "prediction": None}, "rules-9"),
        ({"parent_prediction": {"id": 5, "model_version": "rules-8"}}, "rules-8"),
        ({"parent_prediction": "5", "prediction": {"id": 5, "model_version": "\ud800"}}, "rules-9"),
        ({"parent_prediction": 6}, "prediction 6"),
    ],
)
def test_the_model_is_found_wherever_the_export_has_it(changed: Json, model: str) -> None:
    full = [4, None, {"id": 5, "model_version": "rules-9", "result": []}]
    found, _ = read(task({**given(tick("taiwan")), **changed}, predictions=full))
    assert (found[0].arm, found[0].parent_prediction) == (Arm.ASSISTED, model)


def test_half_a_character_in_a_comment_is_replaced_so_that_it_can_be_stored() -> None:
    note = {"type": "textarea", "from_name": "comment", "value": {"text": ["نعم \ud83d", "😀"]}}
    found, ledger = read(task(given(tick("taiwan"), note)))
    assert found[0].comment == "نعم \ufffd\n\U0001f600"
    assert found[0].to_line().encode()
    assert outcome(ledger)["annotations repaired lost_parts"] == 1


@pytest.mark.parametrize(
    ("changed", "pending"),
    [
        ({"drafts": None}, 0),
        ({"drafts": [17, 18]}, 2),
        ({"drafts": {"result": []}}, 1),
        ({"predictions": None}, 0),
        ({"id": "7"}, 0),
        ({"id": None}, 0),
        ({"id": [7]}, 0),
        ({"meta": [], "file_upload": "x.json", "cancelled_annotations": "?"}, 0),
    ],
)
def test_what_else_a_task_holds_does_not_throw_its_annotations_away(
    changed: Json, pending: int
) -> None:
    found, ledger = read(task(given(tick("taiwan")), **changed))
    assert len(found) == 1
    assert outcome(ledger).get("annotations pending draft", 0) == pending


def test_a_row_of_a_json_min_export_among_tasks_is_explained() -> None:
    row = {"ext_id": PLACE, "text": TEXT, "issues": {"choices": ["taiwan"]}, "annotator": 3}
    _, ledger = read(task(given(tick("taiwan"))), row)
    assert outcome(ledger)["tasks rejected unreadable_task"] == 1
    assert "JSON-MIN" in ledger.rejects[0].detail
