"""What an adjudicator's word settles in gold, and what disputes say about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from annotation.gold.build import build
from annotation.gold.disputes import Looked, Rules, disputes
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement
from schemas.dispute import Dispute, DisputeState, basis_of
from schemas.gold import DecidedBy, GoldRecord
from schemas.ledger import Ledger, Reason, State, Unit
from schemas.migration import Kind, Question, Review
from tests.codebooks import small_codebook
from tests.strategies import passage_of

CODEBOOK = small_codebook(("taiwan", "trade"), ("GPE", "ORG"))
PASSAGE = passage_of("وصل الوزير إلى بكين أمس مع وفد شركة سعدة")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
P, A, N = Judgement.PRESENT, Judgement.ABSENT, Judgement.NOT_JUDGED
Key = tuple[int, int, str]
BEIJING, LONG, FIRM = (15, 19, "GPE"), (11, 19, "GPE"), (31, 35, "ORG")
NAMED = frozenset({"adj", "adj2"})


def said(
    who: str,
    taiwan: Judgement = A,
    *spans: Key,
    trade: Judgement = A,
    hour: int = 0,
    decides: tuple[Annotation, ...] = (),
) -> Annotation:
    return Annotation(
        id=f"{'r' if decides else 'u'}-{who}",
        passage_id=PASSAGE.id,
        annotator=who,
        created_at=NOON + timedelta(hours=hour),
        arm=Arm.BLIND,
        codebook=CODEBOOK.hash,
        issues={"taiwan": taiwan, "trade": trade},
        spans=tuple(AnnotatedSpan(start=s, end=e, label=label) for s, e, label in spans),
        decides=tuple(a.id for a in decides),
        basis=basis_of(decides) if decides else None,
    )


def review(of: Annotation, *unread: str, asked: bool) -> Review:
    question = Question(unit="issue", why=Kind.ADD, codebook="c", new=("trade",))
    return Review(
        passage_id=PASSAGE.id,
        annotator=of.annotator,
        annotation=of.id,
        migrated_from="x",
        questions=(question,) if asked else (),
        unread=unread,
    )


def gold(*given: Annotation, reviews: tuple[Review, ...] = ()) -> tuple[GoldRecord, Ledger]:
    ledger = Ledger()
    (record,) = build(
        [PASSAGE],
        given,
        CODEBOOK,
        adjudicators=NAMED,
        groups={},
        ledger=ledger,
        unread={r.annotation: r.unread for r in reviews if r.unread},
    )
    ledger.check()
    return record, ledger


def found(
    *given: Annotation, reviews: tuple[Review, ...] = (), least: int = 2
) -> tuple[list[Dispute], Ledger]:
    ledger = Ledger()
    made = disputes(
        [PASSAGE],
        given,
        CODEBOOK,
        adjudicators=NAMED,
        ledger=ledger,
        rules=Rules(least=least),
        looked=Looked.at({r.annotation: r for r in reviews}),
    )
    ledger.check()
    return made, ledger


def states(*given: Annotation, **options: object) -> list[DisputeState]:
    return [d.state for d in found(*given, **options)[0]]  # type: ignore[arg-type]


def spans_of(record: GoldRecord) -> dict[Key, DecidedBy]:
    return {span.key: span.decided_by for span in record.spans}


# Adjudicators who contradict each other


def test_what_adjudicators_contradict_each_other_about_stays_open() -> None:
    given = (said("a", A, BEIJING), said("b", A, LONG), said("c"))
    assert not gold(*given)[0].spans_complete
    judges = [said(who, A, key, decides=given) for who, key in (("x", BEIJING), ("y", LONG))]
    record, ledger = gold(*given, *judges)
    assert spans_of(record) == {}
    assert not record.spans_complete
    assert ledger.reasons[Unit.SPANS, State.PENDING, Reason.ADJUDICATORS_DIFFER] == 2
    assert (Unit.SPANS, State.REJECTED, Reason.OUTVOTED) not in ledger.reasons


def test_what_contradicting_adjudicators_both_reject_is_rejected() -> None:
    given = (said("a", A, BEIJING, FIRM), said("b", A, LONG), said("c"))
    judges = [said(who, A, key, decides=given) for who, key in (("x", BEIJING), ("y", LONG))]
    _, ledger = gold(*given, *judges)
    assert ledger.reasons[Unit.SPANS, State.REJECTED, Reason.OUTVOTED] == 1


def test_named_adjudicators_alone_who_contradict_each_other_are_told() -> None:
    given = (said("adj", P), said("adj2", A))
    made, ledger = found(*given)
    assert made == []
    assert ledger.reasons[Unit.PASSAGES, State.PENDING, Reason.ADJUDICATORS_DIFFER] == 1
    made, ledger = found(said("adj", A, BEIJING), said("adj2", A))
    assert ledger.reasons[Unit.PASSAGES, State.PENDING, Reason.ADJUDICATORS_DIFFER] == 1
    for agreed in (
        (said("adj", P), said("adj2", P)),
        (said("adj", A, BEIJING), said("adj2", N, trade=N)),
    ):
        assert found(*agreed)[1].states[Unit.PASSAGES, State.ACCEPTED] == 1


# One person with two words


@pytest.mark.parametrize(("hour", "word", "rulings"), [(0, A, 1), (9, P, 0)])
def test_of_a_ruling_and_an_ordinary_answer_of_an_adjudicator_the_later_counts(
    hour: int, word: Judgement, rulings: int
) -> None:
    given = (said("a", P), said("b", A))
    own = said("adj", P, hour=hour)
    ruling = said("adj", A, hour=2, decides=given)
    record, ledger = gold(*given, own, ruling)
    decision = record.issues["taiwan"]
    assert (decision.judgement, decision.decided_by) == (word, DecidedBy.ADJUDICATED)
    assert len(record.rulings or ()) == rulings
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.SUPERSEDED] == 1
    assert (Unit.ISSUE_DECISIONS, State.PENDING, Reason.ADJUDICATORS_DIFFER) not in ledger.reasons
    assert states(*given, own, ruling) == [DisputeState.DECIDED]


# Who cannot judge


def test_who_cannot_judge_decides_nothing() -> None:
    given = (said("a", P, BEIJING), said("b", A, BEIJING, FIRM))
    # The merged answer that an adjudication begins with holds every span.
    ruling = said("lead", N, BEIJING, FIRM, trade=N, decides=given)
    record, ledger = gold(*given, ruling)
    assert record == gold(*given)[0]
    assert spans_of(record) == {BEIJING: DecidedBy.UNANIMOUS}
    assert not record.spans_complete
    assert record.rulings is None
    assert ledger.reasons[Unit.SPANS, State.PENDING, Reason.UNDECIDED] == 1
    assert states(*given, ruling) == [DisputeState.LEFT_OPEN]


def test_spans_in_dispute_that_nobody_could_judge_are_left_open() -> None:
    given = (said("a", A, BEIJING), said("b"))
    assert states(*given, said("lead", N, trade=N, decides=given)) == [DisputeState.LEFT_OPEN]
    assert states(*given, said("lead", A, decides=given)) == [DisputeState.DECIDED]


def test_who_cannot_judge_contradicts_nobody() -> None:
    given = (said("a", A, BEIJING), said("b"))
    judges = (said("x", N, trade=N, decides=given), said("y", A, BEIJING, decides=given))
    record, _ = gold(*given, *judges)
    assert spans_of(record) == {BEIJING: DecidedBy.ADJUDICATED}
    assert [ruling.annotation for ruling in record.rulings or ()] == ["r-y"]
    assert states(*given, *judges) == [DisputeState.DECIDED]


def test_what_is_ticked_beside_cannot_judge_is_decided() -> None:
    given = (said("a", P, trade=P), said("b", A))
    record, _ = gold(*given, said("lead", P, trade=N, decides=given))
    assert record.issues["taiwan"].decided_by is DecidedBy.ADJUDICATED
    assert record.issues["trade"].decided_by is DecidedBy.UNDECIDED


def test_spans_of_a_named_adjudicator_who_cannot_judge_the_issues_count() -> None:
    record, _ = gold(said("a"), said("adj", N, BEIJING, trade=N))
    assert spans_of(record) == {BEIJING: DecidedBy.ADJUDICATED}


def test_what_nobody_judged_is_no_disagreement() -> None:
    record, ledger = gold(said("a", P, trade=N), said("b", A, trade=N))
    assert record.issues["trade"].decided_by is DecidedBy.UNDECIDED
    assert ledger.reasons[Unit.ISSUE_DECISIONS, State.PENDING, Reason.NOT_JUDGED] == 1
    assert ledger.reasons[Unit.ISSUE_DECISIONS, State.PENDING, Reason.UNDECIDED] == 1


# After a change of the codebook


def test_a_stale_adjudication_leaves_no_type_unread() -> None:
    before = (said("a", P), said("b", A))
    ruling = said("lead", P, decides=before)
    silent = tuple(review(a, "ORG", asked=True) for a in (*before, ruling))
    assert not gold(*before, ruling, reviews=silent)[0].spans_complete
    now = tuple(said(who, P, hour=5).model_copy(update={"id": f"n-{who}"}) for who in ("a", "b"))
    record, ledger = gold(*before, ruling, *now, reviews=silent)
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.STALE_ADJUDICATION] == 1
    assert record.spans_complete


def test_an_adjudicator_who_looked_for_all_types_completes_the_spans() -> None:
    given = (said("a", P), said("b", A))
    silent = tuple(review(a, "ORG", asked=False) for a in given)
    assert not gold(*given, reviews=silent)[0].spans_complete
    assert gold(*given, said("lead", P, decides=given), reviews=silent)[0].spans_complete
    unable = said("lead", N, trade=N, decides=given)
    assert not gold(*given, unable, reviews=silent)[0].spans_complete


def test_who_never_looked_for_a_type_has_no_vote_on_its_spans() -> None:
    given = (said("a"), said("b", A, BEIJING, FIRM))
    silent = (review(given[0], "ORG", asked=False),)
    record, ledger = gold(*given, reviews=silent)
    assert spans_of(record) == {FIRM: DecidedBy.SINGLE}
    assert not record.spans_complete
    assert ledger.reasons[Unit.SPANS, State.PENDING, Reason.UNDECIDED] == 1
    (dispute,) = found(*given, reviews=silent)[0]
    assert [span.key for span in dispute.spans] == [BEIJING]
    assert [span.key for span in dispute.proposed_spans] == [BEIJING, FIRM]


def test_a_type_that_only_an_adjudicator_did_not_look_for_is_not_read_either() -> None:
    given = (said("a"), said("adj"))
    assert gold(*given)[0].spans_complete
    assert not gold(*given, reviews=(review(given[1], "ORG", asked=False),))[0].spans_complete


def test_half_of_those_who_looked_for_a_type_leave_its_places_open() -> None:
    wide = (26, 35, "ORG")
    given = [said("b", A, FIRM), said("c", A, wide), said("d"), said("x"), said("y")]
    assert gold(*given)[0].spans_complete
    silent = tuple(review(a, "ORG", asked=False) for a in given[3:])
    _, ledger = gold(*given, reviews=silent)
    assert ledger.reasons[Unit.SPANS, State.PENDING, Reason.UNDECIDED] == 2


def test_an_older_decision_does_not_take_a_decided_span_out_of_the_proposal() -> None:
    before = (said("a"), said("b", A, BEIJING))
    stale = said("lead", decides=before)
    now = (before[0], said("b", A, BEIJING, FIRM))
    (dispute,) = found(*now, stale, reviews=(review(now[0], "ORG", asked=False),))[0]
    assert [span.key for span in dispute.proposed_spans] == [FIRM]


def test_a_passage_with_open_questions_waits_for_its_annotators_first() -> None:
    given = (said("a", A, trade=N), said("b", A, trade=N))
    assert states(*given) == [DisputeState.OPEN]
    asked = tuple(review(a, asked=True) for a in given)
    (dispute,), ledger = found(*given, reviews=asked)
    assert dispute.state is DisputeState.TO_REVIEW
    assert not dispute.waits
    assert ledger.reasons[Unit.PASSAGES, State.PENDING, Reason.TO_REVIEW] == 1
    assert states(*given, reviews=asked[:1]) == [DisputeState.TO_REVIEW]
    assert states(*given, reviews=tuple(review(a, asked=False) for a in given)) == [
        DisputeState.OPEN
    ]


def test_a_passage_that_enough_others_answered_does_not_wait_for_who_was_asked() -> None:
    gone = said("a", P, trade=N)
    asked = (review(gone, asked=True),)
    others = (said("b", P, trade=P), said("c", A))
    assert states(gone, *others, reviews=asked) == [DisputeState.OPEN]
    assert states(gone, *others, reviews=asked, least=3) == [DisputeState.TO_REVIEW]
    assert states(gone, others[1], reviews=asked, least=1) == [DisputeState.OPEN]


def test_too_few_annotators_are_too_few_whatever_they_are_asked() -> None:
    given = said("a", A, trade=N)
    made, ledger = found(given, reviews=(review(given, asked=True),))
    assert made == []
    assert ledger.reasons[Unit.PASSAGES, State.PENDING, Reason.TOO_FEW_ANNOTATORS] == 1


def test_what_is_decided_waits_for_nobody() -> None:
    given = (said("a", P), said("b", A))
    asked = tuple(review(a, asked=True) for a in given)
    ruling = said("lead", P, decides=given)
    assert states(*given, ruling, reviews=asked) == [DisputeState.DECIDED]
