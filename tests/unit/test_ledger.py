"""Reason codes, and the sums that must close."""

from __future__ import annotations

import pytest

from schemas.errors import GateError
from schemas.ledger import DEFECTS, EXPLAINED, MAX_KEPT, Ledger, Reason, Reject, State, Unit


def test_every_reason_has_its_own_sentence_and_no_sentence_is_left_over():
    assert set(EXPLAINED) == set(Reason)
    assert all(text.endswith(".") and len(text) > 20 for text in EXPLAINED.values())
    assert len(set(EXPLAINED.values())) == len(Reason)


@pytest.mark.parametrize("reason", list(Reason))
def test_a_reason_is_written_as_its_name(reason):
    assert reason.value == reason.name.lower()


def test_what_annotators_may_do_is_no_defect():
    ordinary = {Reason.SKIPPED, Reason.DRAFT, Reason.SUPERSEDED, Reason.DUPLICATE_EXACT}
    assert not DEFECTS & ordinary


def _filled() -> Ledger:
    ledger = Ledger()
    ledger.receive(Unit.SPANS, 7)
    ledger.accept(Unit.SPANS, 2)
    ledger.repair(Unit.SPANS, Reason.SPAN_TRIMMED)
    ledger.reject(Unit.SPANS, Reason.UNKNOWN_LABEL, where="task 4", detail="'CITY'")
    ledger.reject_parts(Unit.SPANS, Reason.ANNOTATION_REJECTED, 2)
    ledger.pend(Unit.SPANS, Reason.UNDECIDED)
    return ledger


def test_a_ledger_that_adds_up_passes_and_shows_all_its_counts():
    ledger = _filled()
    ledger.check()
    assert ledger.as_dict() == {
        "spans": {
            "received": 7,
            "accepted": 2,
            "repaired": 1,
            "rejected": 3,
            "pending": 1,
            "reasons": {
                "pending:undecided": 1,
                "rejected:annotation_rejected": 2,
                "rejected:unknown_label": 1,
                "repaired:span_trimmed": 1,
            },
        }
    }


def test_a_forgotten_item_is_found_and_the_message_gives_the_sums():
    ledger = _filled()
    ledger.receive(Unit.SPANS)
    with pytest.raises(
        GateError,
        match=r"spans: 8 received, but "
        r"2 accepted \+ 1 repaired \+ 3 rejected \+ 1 pending = 7\. Nothing was written",
    ):
        ledger.check()


def test_an_item_settled_without_being_received_is_found():
    ledger = Ledger()
    ledger.accept(Unit.TASKS)
    with pytest.raises(GateError, match="tasks: 0 received, but 1 accepted"):
        ledger.check()


def test_all_units_that_do_not_add_up_are_named_and_only_those():
    ledger = _filled()
    ledger.receive(Unit.ARTICLES, 2)
    ledger.receive(Unit.TASKS, 1)
    with pytest.raises(GateError, match="articles: 2 received") as error:
        ledger.check()
    assert "tasks: 1 received" in str(error.value)
    assert "spans:" not in str(error.value)


def test_a_surplus_in_one_unit_does_not_make_up_for_a_loss_in_another():
    ledger = Ledger()
    ledger.receive(Unit.ARTICLES)
    ledger.accept(Unit.PASSAGES)
    with pytest.raises(GateError):
        ledger.check()


def test_an_empty_ledger_adds_up():
    ledger = Ledger()
    ledger.check()
    assert ledger.as_dict() == {}
    assert ledger.defects() == {}


def test_a_reject_is_kept_with_its_place_and_what_was_got():
    assert _filled().rejects == [
        Reject(unit=Unit.SPANS, reason=Reason.UNKNOWN_LABEL, where="task 4", detail="'CITY'")
    ]


def test_defects_are_counted_over_units_and_ordinary_rejects_are_left_out():
    ledger = Ledger()
    for unit, reason in (
        (Unit.ANNOTATIONS, Reason.SKIPPED),
        (Unit.ANNOTATIONS, Reason.MISSING_ID),
        (Unit.SPANS, Reason.UNKNOWN_LABEL),
        (Unit.SPANS, Reason.UNKNOWN_LABEL),
    ):
        ledger.reject(unit, reason, where="x", detail="y")
    ledger.pend(Unit.TASKS, Reason.FOREIGN_TASK)
    assert ledger.defects() == {Reason.MISSING_ID: 1, Reason.UNKNOWN_LABEL: 2}


def test_no_parts_leave_no_trace():
    ledger = Ledger()
    ledger.reject_parts(Unit.SPANS, Reason.ANNOTATION_REJECTED, 0)
    ledger.pend(Unit.SPANS, Reason.UNDECIDED, 0)
    assert ledger.units() == []
    assert not ledger.reasons


def test_units_come_in_the_order_of_the_journey():
    ledger = Ledger()
    for unit in reversed(Unit):
        ledger.receive(unit)
    assert ledger.units() == list(Unit)
    assert ledger.units()[0] is Unit.ARTICLES


def test_the_four_states_are_those_of_the_identity():
    assert [state.value for state in State] == ["accepted", "repaired", "rejected", "pending"]


def test_a_sink_gets_every_reject_and_memory_the_first_defects_only():
    ledger, sunk = Ledger(), []
    ledger.sink = sunk.append
    for n in range(MAX_KEPT + 5):
        ledger.reject(Unit.TASKS, Reason.SKIPPED, where=f"s{n}", detail="")
        ledger.reject(Unit.TASKS, Reason.FOREIGN_TASK, where=f"f{n}", detail="")
    assert len(sunk) == 2 * (MAX_KEPT + 5)
    assert [reject.where for reject in ledger.rejects] == [f"f{n}" for n in range(MAX_KEPT)]
    assert ledger.defects() == {Reason.FOREIGN_TASK: MAX_KEPT + 5}


def test_a_ledger_without_a_sink_keeps_every_reject():
    ledger = Ledger()
    for n in range(MAX_KEPT + 5):
        ledger.reject(Unit.TASKS, Reason.SKIPPED, where=f"s{n}", detail="")
    assert len(ledger.rejects) == MAX_KEPT + 5


def test_remarks_of_accepted_and_repaired_items_add_up_and_one_more_is_found():
    ledger = Ledger()
    ledger.receive(Unit.ARTICLES, 2)
    ledger.accept(Unit.ARTICLES)
    ledger.repair(Unit.ARTICLES, Reason.TRANSCODED)
    ledger.remark(Unit.ARTICLES, Reason.DUPLICATE_EXACT, 2)
    ledger.check()
    ledger.remark(Unit.ARTICLES, Reason.DUPLICATE_NEAR)
    with pytest.raises(GateError, match="articles: 2 accepted or repaired, but 3 remarks"):
        ledger.check()
