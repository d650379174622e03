"""Annotations → gold: what each decision rests on, and where every annotation went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from annotation.gold.build import build
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Why
from schemas.article import Passage, passage_id
from schemas.codebook import Bilingual, Codebook, EntityType, Group, Issue
from schemas.dispute import basis_of
from schemas.gold import DecidedBy, GoldRecord, Ruling
from schemas.ledger import Ledger, Reason, State, Unit

NAME = Bilingual(ar="اسم", en="name")
CODEBOOK = Codebook(
    id="mini",
    version="1.0.0",
    language="ar",
    unit="passage",
    title=NAME,
    groups=(Group(id="all", name=NAME),),
    issues=tuple(Issue(id=i, name=NAME, definition=NAME, group="all") for i in ("taiwan", "trade")),
    entities=(EntityType(id="GPE", name=NAME, definition=NAME, colour="#000000"),),
)
TEXT = "زار الوزير بكين ثم واشنطن"
START = datetime(2026, 1, 1, tzinfo=UTC)
P, A, N = Judgement.PRESENT, Judgement.ABSENT, Judgement.NOT_JUDGED
BEIJING, LONG = (11, 15, "GPE"), (4, 15, "GPE")


def passage(article: str = "a0") -> Passage:
    return Passage(
        id=passage_id(article, 0, len(TEXT)),
        article_id=article,
        start=0,
        end=len(TEXT),
        text=TEXT,
        position=0,
    )


def said(
    annotator: str,
    taiwan: Judgement = A,
    *,
    spans: tuple[tuple[int, int, str], ...] = (),
    minute: int = 0,
    key: str | None = None,
    where: str = "a0",
    codebook: str = CODEBOOK.hash,
    issues: dict[str, Judgement] | None = None,
) -> Annotation:
    return Annotation(
        id=key or f"u-{annotator}",
        passage_id=passage(where).id,
        annotator=annotator,
        created_at=START + timedelta(minutes=minute),
        arm=Arm.BLIND,
        codebook=codebook,
        issues={"taiwan": taiwan, "trade": A} if issues is None else issues,
        spans=tuple(AnnotatedSpan(start=s, end=e, label=label) for s, e, label in spans),
    )


def gold(
    *annotations: Annotation, groups: dict[str, str] | None = None
) -> tuple[list[GoldRecord], Ledger]:
    ledger = Ledger()
    records = build(
        [passage("a0"), passage("a1")],
        annotations,
        CODEBOOK,
        adjudicators=frozenset({"adj", "adj2"}),
        groups=groups or {},
        ledger=ledger,
    )
    ledger.check()
    return records, ledger


def outcome(ledger: Ledger) -> dict[str, int]:
    found = {
        f"{unit} {state}": n
        for (unit, state), n in ledger.states.items()
        if state is State.ACCEPTED and n
    }
    return found | {f"{u} {state} {why}": n for (u, state, why), n in ledger.reasons.items()}


@pytest.mark.parametrize(
    ("votes", "judgement", "decided_by", "ids"),
    [
        ({"a": P}, P, DecidedBy.SINGLE, "a"),
        ({"a": A}, A, DecidedBy.SINGLE, "a"),
        ({"a": P, "b": P}, P, DecidedBy.UNANIMOUS, "ab"),
        ({"a": A, "b": A, "c": A}, A, DecidedBy.UNANIMOUS, "abc"),
        ({"a": P, "b": P, "c": A}, P, DecidedBy.MAJORITY, "abc"),
        ({"a": A, "b": P, "c": A}, A, DecidedBy.MAJORITY, "abc"),
        ({"a": P, "b": A}, N, DecidedBy.UNDECIDED, "ab"),
        ({"a": P, "b": A, "c": A, "d": P}, N, DecidedBy.UNDECIDED, "abcd"),
        # Who did not judge has no vote: neither against nor in the count of voters.
        ({"a": P, "b": N}, P, DecidedBy.SINGLE, "a"),
        ({"a": P, "b": N, "c": P}, P, DecidedBy.UNANIMOUS, "ac"),
        ({"a": P, "b": A, "c": N}, N, DecidedBy.UNDECIDED, "ab"),
        ({"a": P, "b": P, "c": A, "d": N, "e": N}, P, DecidedBy.MAJORITY, "abc"),
        ({"a": N, "b": N}, N, DecidedBy.UNDECIDED, ""),
        # The adjudicator.
        ({"a": P, "b": A, "adj": P}, P, DecidedBy.ADJUDICATED, ("a", "b", "adj")),
        ({"a": P, "b": A, "adj": A}, A, DecidedBy.ADJUDICATED, ("a", "b", "adj")),
        ({"a": P, "b": P, "adj": A}, A, DecidedBy.ADJUDICATED, ("a", "b", "adj")),
        ({"a": P, "b": P, "c": A, "adj": A}, A, DecidedBy.ADJUDICATED, ("a", "b", "c", "adj")),
        ({"a": P, "b": P, "adj": P}, P, DecidedBy.UNANIMOUS, ("a", "b", "adj")),
        ({"a": P, "adj": P}, P, DecidedBy.SINGLE, ("a", "adj")),
        ({"a": N, "adj": P}, P, DecidedBy.ADJUDICATED, ("adj",)),
        ({"adj": A}, A, DecidedBy.ADJUDICATED, ("adj",)),
        ({"a": P, "b": A, "adj": N}, N, DecidedBy.UNDECIDED, "ab"),
        ({"a": P, "b": P, "adj": N}, P, DecidedBy.UNANIMOUS, "ab"),
        # Adjudicators who contradict each other decide nothing.
        ({"adj": P, "adj2": A}, N, DecidedBy.UNDECIDED, ("adj", "adj2")),
    ],
)
def test_an_issue_is_decided_by_who_judged_it(
    votes: dict[str, Judgement], judgement: Judgement, decided_by: DecidedBy, ids: tuple[str, ...]
) -> None:
    records, _ = gold(*(said(who, vote) for who, vote in votes.items()))
    decision = records[0].issues["taiwan"]
    assert (decision.judgement, decision.decided_by) == (judgement, decided_by)
    assert decision.annotations == tuple(f"u-{who}" for who in ids)


def test_the_order_of_annotations_decides_nothing() -> None:
    given = [said("a", P, spans=(BEIJING,)), said("b", A), said("c", P), said("adj", A)]
    assert gold(*given)[0] == gold(*given[::-1])[0]


def test_each_issue_is_decided_for_itself() -> None:
    records, ledger = gold(
        said("a", issues={"taiwan": P, "trade": P}), said("b", issues={"taiwan": P, "trade": A})
    )
    assert {k: d.decided_by for k, d in records[0].issues.items()} == {
        "taiwan": DecidedBy.UNANIMOUS,
        "trade": DecidedBy.UNDECIDED,
    }
    assert records[0].judged() == {"taiwan": True}
    assert outcome(ledger) == {
        "passages accepted": 1,
        "passages pending not_annotated": 1,
        "annotations accepted": 2,
        "issue decisions accepted": 1,
        "issue decisions pending undecided": 1,
    }


def test_a_passage_without_annotations_gets_no_record() -> None:
    records, ledger = gold()
    assert records == []
    assert outcome(ledger) == {"passages pending not_annotated": 2}


def test_records_come_in_the_order_of_passages_and_with_their_groups() -> None:
    given = (said("a", where="a1"), said("a", key="u-2"))
    assert [(r.passage.article_id, r.group) for r in gold(*given, groups={"a1": "cluster"})[0]] == [
        ("a0", "a0"),
        ("a1", "cluster"),
    ]


def test_a_later_annotation_by_the_same_annotator_supersedes() -> None:
    records, ledger = gold(
        said("a", A, key="new", minute=5), said("a", P, key="old", minute=1), said("b", A)
    )
    assert records[0].issues["taiwan"].annotations == ("new", "u-b")
    assert records[0].issues["taiwan"].decided_by is DecidedBy.UNANIMOUS
    assert outcome(ledger)["annotations rejected superseded"] == 1
    assert outcome(ledger)["annotations accepted"] == 2
    assert "old" in ledger.rejects[0].detail


def test_an_annotation_that_was_changed_later_supersedes_one_made_later() -> None:
    changed = said("a", P, key="first", minute=1).model_copy(
        update={"updated_at": START + timedelta(minutes=9)}
    )
    records, _ = gold(changed, said("a", A, key="second", minute=5))
    assert records[0].issues["taiwan"].annotations == ("first",)
    assert records[0].issues["taiwan"].judgement is P


def test_the_same_annotator_on_two_passages_supersedes_nothing() -> None:
    records, ledger = gold(said("a"), said("a", key="u-2", where="a1"))
    assert len(records) == 2
    assert outcome(ledger)["annotations accepted"] == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (said("b", P, codebook="0" * 64), "other_codebook"),
        (said("b", issues={"taiwan": P}), "other_codebook"),
        (said("b", issues={"taiwan": P, "trade": P, "moon": P}), "other_codebook"),
        (said("b", P, where="a9"), "unknown_passage"),
    ],
)
def test_an_annotation_of_other_data_is_rejected_and_decides_nothing(
    bad: Annotation, reason: str
) -> None:
    records, ledger = gold(said("a", A), bad)
    assert records[0].issues["taiwan"].decided_by is DecidedBy.SINGLE
    assert outcome(ledger) == {
        "passages accepted": 1,
        "passages pending not_annotated": 1,
        "annotations accepted": 1,
        f"annotations rejected {reason}": 1,
        "issue decisions accepted": 2,
    }


def test_an_annotation_of_another_codebook_supersedes_nothing() -> None:
    records, _ = gold(said("a", P, minute=1), said("a", A, key="x", minute=9, codebook="0" * 64))
    assert records[0].issues["taiwan"].judgement is P


@pytest.mark.parametrize(
    ("holders", "others", "decided_by", "complete"),
    [
        ("a", "", DecidedBy.SINGLE, True),
        ("ab", "", DecidedBy.UNANIMOUS, True),
        ("ab", "c", DecidedBy.MAJORITY, True),
        ("a", "bc", None, True),
        ("a", "b", None, False),
        ("ab", "cd", None, False),
        (("a", "adj"), "b", DecidedBy.ADJUDICATED, True),
        (("a",), ("b", "adj"), None, True),
        (("a", "b"), ("adj",), None, True),
        (("adj",), ("a", "b"), DecidedBy.ADJUDICATED, True),
        (("adj",), (), DecidedBy.ADJUDICATED, True),
        (("a", "b", "adj"), (), DecidedBy.UNANIMOUS, True),
        (("a", "adj"), (), DecidedBy.SINGLE, True),
    ],
)
def test_a_span_is_decided_like_an_issue(
    holders: tuple[str, ...], others: tuple[str, ...], decided_by: DecidedBy | None, complete: bool
) -> None:
    given = [said(who, spans=(BEIJING,)) for who in holders] + [said(who) for who in others]
    records, ledger = gold(*given)
    expected = [(BEIJING, decided_by, tuple(f"u-{who}" for who in holders))] if decided_by else []
    assert [(s.key, s.decided_by, s.annotations) for s in records[0].spans] == expected
    assert records[0].spans_complete is complete
    state = "accepted" if decided_by else "rejected outvoted" if complete else "pending undecided"
    assert outcome(ledger)[f"spans {state}"] == 1


def test_a_span_on_which_the_adjudicators_alone_differ_is_undecided() -> None:
    records, _ = gold(said("adj", spans=(BEIJING,)), said("adj2"))
    assert records[0].spans == ()
    assert not records[0].spans_complete


def test_spans_with_another_end_or_label_are_other_spans() -> None:
    records, ledger = gold(said("a", spans=(BEIJING,)), said("b", spans=(LONG,)))
    assert records[0].spans == ()
    assert not records[0].spans_complete
    assert outcome(ledger)["spans pending undecided"] == 2


def test_overlapping_spans_that_half_the_annotators_hold_are_both_undecided() -> None:
    given = [
        said("a", spans=(LONG,)),
        said("b", spans=(LONG,)),
        said("c", spans=(BEIJING,)),
        said("d", spans=(BEIJING,)),
    ]
    records, ledger = gold(*given)
    assert records[0].spans == ()
    assert not records[0].spans_complete
    assert outcome(ledger)["spans pending undecided"] == 2


def test_spans_come_in_text_order_and_keep_the_label() -> None:
    later = (19, 25, "GPE")
    records, ledger = gold(said("a", spans=(BEIJING, later)), said("b", spans=(BEIJING, later)))
    assert [span.key for span in records[0].spans] == [BEIJING, later]
    assert outcome(ledger)["spans accepted"] == 2


def test_three_boundaries_of_three_annotators_are_undecided_and_not_no_entity() -> None:
    ends = (15, 18, 25)
    records, ledger = gold(
        *(said(f"a{n}", spans=((11, end, "GPE"),)) for n, end in enumerate(ends))
    )
    assert records[0].spans == ()
    assert records[0].spans_complete is False
    assert ledger.states[Unit.SPANS, State.PENDING] == 3


def test_one_of_three_who_sees_an_entity_where_nobody_else_does_is_outvoted() -> None:
    records, ledger = gold(said("a", spans=(BEIJING,)), said("b"), said("c"))
    assert records[0].spans_complete is True
    assert ledger.reasons[Unit.SPANS, State.REJECTED, Reason.OUTVOTED] == 1


def ruling(who: str, taiwan: Judgement, *decides: Annotation, **changes: object) -> Annotation:
    """An adjudication by somebody whom no option names."""
    record = said(who, taiwan, key=f"r-{who}", spans=(BEIJING,) if taiwan is P else ())
    ids = tuple(a.id for a in decides)
    return record.model_copy(update={"decides": ids, "basis": basis_of(decides), **changes})


def test_an_adjudication_decides_whoever_made_it_and_says_from_what_and_why() -> None:
    given = (said("a", P, spans=(BEIJING,)), said("b", A))
    records, ledger = gold(*given, ruling("lead", P, *given, why=(Why.OVERLOOKED,)))
    decision = records[0].issues["taiwan"]
    assert (decision.judgement, decision.decided_by) == (P, DecidedBy.ADJUDICATED)
    assert decision.annotations == ("u-a", "u-b", "r-lead")
    assert [(s.key, s.decided_by) for s in records[0].spans] == [(BEIJING, DecidedBy.ADJUDICATED)]
    assert records[0].spans_complete
    assert records[0].rulings == (
        Ruling(annotation="r-lead", decides=("u-a", "u-b"), why=(Why.OVERLOOKED,)),
    )
    assert outcome(ledger)["annotations accepted"] == 3


def test_a_record_without_adjudication_says_nothing_about_one() -> None:
    records, _ = gold(said("a", P), said("b", A), said("adj", P))
    assert records[0].issues["taiwan"].decided_by is DecidedBy.ADJUDICATED
    assert records[0].rulings is None
    assert "rulings" not in records[0].to_line()


def test_an_annotator_who_adjudicates_has_a_vote_and_the_last_word() -> None:
    given = (said("a", P), said("b", A))
    records, ledger = gold(*given, ruling("a", A, *given))
    decision = records[0].issues["taiwan"]
    assert (decision.judgement, decision.annotations) == (A, ("u-a", "u-b", "r-a"))
    assert outcome(ledger)["annotations accepted own_dispute"] == 1


@pytest.mark.parametrize(
    ("now", "left"),
    [
        # changed answers that differ still, that agree now, and a third annotator
        ((said("a", P, spans=(BEIJING,)), said("b", A)), DecidedBy.UNDECIDED),
        ((said("a", A), said("b", A)), DecidedBy.UNANIMOUS),
        ((said("a", P), said("b", A), said("c", A)), DecidedBy.MAJORITY),
        ((said("a", P),), DecidedBy.SINGLE),
    ],
)
def test_an_adjudication_of_other_answers_decides_nothing(
    now: tuple[Annotation, ...], left: DecidedBy
) -> None:
    before = (said("a", P), said("b", A))
    records, ledger = gold(*now, ruling("lead", P, *before))
    assert records[0].issues["taiwan"].decided_by is left
    assert records[0].rulings is None
    assert outcome(ledger)["annotations rejected stale_adjudication"] == 1


def test_an_adjudication_that_saw_a_named_adjudicator_too_still_counts() -> None:
    given = (said("a", P), said("b", A), said("adj", N))
    records, _ = gold(*given, ruling("lead", A, *given))
    assert records[0].issues["taiwan"].judgement is A


def test_the_standing_one_of_an_adjudicators_two_decisions_counts_however_old() -> None:
    before = (said("a", P), said("b", A))
    now = (said("a", P), said("b", A), said("c", P), said("d", A))
    stale = ruling("lead", P, *before, id="old").model_copy(
        update={"created_at": START + timedelta(minutes=9)}
    )
    records, _ = gold(*now, stale, ruling("lead", A, *now))
    assert records[0].issues["taiwan"].judgement is A


def test_of_two_decisions_on_the_same_answers_the_adjudicators_latest_counts() -> None:
    given = (said("a", P), said("b", A))
    later = {"id": "later", "created_at": START + timedelta(minutes=9)}
    records, ledger = gold(*given, ruling("lead", A, *given, **later), ruling("lead", P, *given))
    assert records[0].issues["taiwan"].judgement is A
    assert outcome(ledger)["annotations rejected superseded"] == 1


def test_adjudicators_who_agree_decide_and_who_differ_leave_it_open_and_counted() -> None:
    given = (said("a", P), said("b", A))
    records, _ = gold(*given, ruling("x", A, *given), ruling("y", A, *given))
    assert records[0].issues["taiwan"].decided_by is DecidedBy.ADJUDICATED
    assert [r.annotation for r in records[0].rulings or ()] == ["r-x", "r-y"]
    records, ledger = gold(*given, ruling("x", A, *given), ruling("y", P, *given))
    assert records[0].issues["taiwan"].decided_by is DecidedBy.UNDECIDED
    assert outcome(ledger)["issue decisions pending adjudicators_differ"] == 1
    assert outcome(ledger)["spans rejected outvoted"] == 1
