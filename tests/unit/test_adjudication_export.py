"""Exports of the adjudication project → annotations that say what they decide and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from annotation.labelstudio.adjudication.export import Adjudicated, read_adjudications
from schemas.annotation import Arm, Judgement, Why
from schemas.article import Passage, passage_id
from schemas.codebook import NONE_OF_THESE, read_codebook
from schemas.dispute import dispute_key
from schemas.ledger import Ledger, Reason, State, Unit
from tests.conftest import CORPUS

CODEBOOK = read_codebook(CORPUS / "codebook.yaml")
TEXT = "زار الوزير بكين"
PASSAGE = Passage(
    id=passage_id("a0", 0, len(TEXT)),
    article_id="a0",
    start=0,
    end=len(TEXT),
    text=TEXT,
    position=0,
)
BASIS, LATER = "a" * 64, "b" * 64
Json = dict[str, Any]


def choices(name: str, *ticked: str) -> Json:
    return {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": ticked}}


def answer(key: str, *whys: str, issues: tuple[str, ...] = ("taiwan",), **more: Any) -> Json:
    result = [choices("issues", *issues), choices("why", *whys)]
    for region in result:
        region["value"]["choices"] = list(region["value"]["choices"])
    return {
        "unique_id": key,
        "completed_by": 7,
        "created_at": "2026-01-01T10:00:00Z",
        "result": result,
        **more,
    }


def task(*answers: Json, basis: str = BASIS, number: int = 1, **data: Any) -> Json:
    return {
        "id": number,
        "data": {
            "ext_id": dispute_key(PASSAGE.id, basis),
            "passage": PASSAGE.id,
            "basis": basis,
            "decides": ["u-1", "u-2"],
            "codebook": CODEBOOK.hash,
            "text": TEXT,
            **data,
        },
        "annotations": list(answers),
        "predictions": [],
        "drafts": [],
    }


def read(*tasks: object) -> tuple[Adjudicated, Ledger]:
    ledger = Ledger()
    found = read_adjudications(list(tasks), CODEBOOK, [PASSAGE], {7: "lead"}, ledger)
    ledger.check()
    return found, ledger


def test_a_decision_says_what_it_decides_from_what_and_why() -> None:
    found, ledger = read(task(answer("r", "slip", "overlooked")))
    (given,) = found.annotations
    assert given.id == "r"
    assert given.annotator == "lead"
    assert given.passage_id == PASSAGE.id
    assert given.created_at == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert given.arm is Arm.BLIND
    assert given.decides == ("u-1", "u-2")
    assert given.basis == BASIS
    assert given.why == (Why.OVERLOOKED, Why.SLIP)
    assert given.issues["taiwan"] is Judgement.PRESENT
    assert given.issues["climate"] is Judgement.ABSENT
    assert ledger.states[Unit.ANNOTATIONS, State.ACCEPTED] == 1
    assert ledger.states[Unit.WHYS, State.ACCEPTED] == 2
    assert not ledger.defects()


def test_a_reason_that_is_not_offered_is_rejected_and_the_decision_is_kept() -> None:
    found, ledger = read(task(answer("r", "boredom", "slip")))
    assert found.annotations[0].why == (Why.SLIP,)
    assert ledger.defects() == {Reason.UNKNOWN_WHY: 1}
    assert ledger.rejects[0].detail == "boredom"


def test_a_decision_without_a_reason_is_taken() -> None:
    raw = answer("r")
    raw["result"].pop()
    found, _ = read(task(raw))
    assert found.annotations[0].why == ()


def test_a_reason_given_twice_counts_once() -> None:
    found, ledger = read(task(answer("r", "slip", "slip")))
    assert found.annotations[0].why == (Why.SLIP,)
    assert ledger.received[Unit.WHYS] == 1


def test_a_passage_that_is_decided_again_on_new_answers_is_no_duplicate() -> None:
    found, ledger = read(
        task(answer("r1", "slip")),
        task(answer("r2", "slip"), basis=LATER, number=2, decides=["u-1", "u-3"]),
    )
    assert [(a.id, a.basis, a.decides[1]) for a in found.annotations] == [
        ("r1", BASIS, "u-2"),
        ("r2", LATER, "u-3"),
    ]
    assert ledger.states[Unit.TASKS, State.ACCEPTED] == 2


def test_a_second_task_of_the_same_dispute_is_a_duplicate() -> None:
    found, ledger = read(task(answer("r1", "slip")), task(answer("r2", "slip"), number=2))
    assert len(found.annotations) == 2
    assert ledger.reasons[Unit.TASKS, State.REPAIRED, Reason.TASK_DUPLICATED] == 1


def test_a_skipped_decision_is_refused_with_its_id() -> None:
    found, ledger = read(task(answer("r", "slip", was_cancelled=True)))
    assert found.annotations == []
    assert found.refused == {"r"}
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.SKIPPED] == 1


@pytest.mark.parametrize(
    "data",
    [
        {"ext_id": PASSAGE.id},
        {"passage": "a9:0-9"},
        {"basis": LATER},
        {"basis": None},
        {"decides": []},
        {"decides": [1]},
        {"decides": "u-1"},
    ],
)
def test_a_task_whose_parts_do_not_belong_together_is_foreign(data: Json) -> None:
    raw = task(answer("r", "slip"))
    raw["data"] |= data
    found, ledger = read(raw)
    assert found.annotations == []
    assert found.refused == set()  # its adjudicator has taken nothing back
    assert ledger.defects() == {Reason.FOREIGN_TASK: 1}


@pytest.mark.parametrize("raw", [None, [], {}, {"id": 1, "data": 3}, {"data": {}}])
def test_what_is_no_task_is_counted_and_harms_nothing(raw: object) -> None:
    found, ledger = read(raw, task(answer("r", "slip")))
    assert len(found.annotations) == 1
    assert ledger.received[Unit.TASKS] == 2
    assert ledger.states[Unit.TASKS, State.REJECTED] == 1


def test_an_export_is_left_as_it_was() -> None:
    raw = task(answer("r", "slip"))
    before = str(raw)
    read(raw)
    assert str(raw) == before


def test_none_of_these_decides_that_all_issues_are_absent() -> None:
    found, _ = read(task(answer("r", "guideline", issues=(NONE_OF_THESE,))))
    assert set(found.annotations[0].issues.values()) == {Judgement.ABSENT}


def test_an_id_that_comes_in_two_disputes_counts_once_and_as_it_came_first() -> None:
    found, ledger = read(
        task(answer("r", "slip", issues=("taiwan",))),
        task(answer("r", "boundary", issues=("climate",)), basis=LATER, number=2, decides=["u-9"]),
    )
    (given,) = found.annotations
    assert (given.basis, given.decides, given.why) == (BASIS, ("u-1", "u-2"), (Why.SLIP,))
    assert given.issues["taiwan"] is Judgement.PRESENT
    assert given.issues["climate"] is Judgement.ABSENT
    assert found.refused == set()
    assert ledger.defects() == {Reason.DUPLICATE_ID: 1}
    assert ledger.states[Unit.ANNOTATIONS, State.ACCEPTED] == 1


def test_a_skipped_answer_and_another_of_its_id_are_not_mixed() -> None:
    found, _ = read(
        task(answer("r", "slip", was_cancelled=True)),
        task(answer("r", "boundary"), basis=LATER, number=2, decides=["u-9"]),
    )
    (given,) = found.annotations
    assert (given.basis, given.decides) == (LATER, ("u-9",))
    assert found.refused == set()


def test_who_decides_a_passage_again_has_not_annotated_it_twice() -> None:
    _, ledger = read(task(answer("r1", "slip")), task(answer("r2", "slip"), basis=LATER, number=2))
    assert (Unit.ANNOTATIONS, State.ACCEPTED, Reason.ANNOTATED_AGAIN) not in ledger.reasons
