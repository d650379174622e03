"""Annotations → disputes: which passages are in dispute, why, who said what, how far they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from annotation.gold.disputes import Rules, current_keys, disputes
from eval.steps import agreement_of
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement
from schemas.article import Passage, passage_id
from schemas.codebook import Bilingual, Codebook, EntityType, Group, Issue
from schemas.dispute import Dispute, DisputeState, Ground, basis_of, dispute_key
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
    entities=tuple(
        EntityType(id=i, name=NAME, definition=NAME, colour="#000000") for i in ("GPE", "LOC")
    ),
)
TEXT = "زار الوزير بكين ثم واشنطن"
PASSAGE = Passage(
    id=passage_id("a0", 0, len(TEXT)),
    article_id="a0",
    start=0,
    end=len(TEXT),
    text=TEXT,
    position=0,
)
START = datetime(2026, 1, 1, tzinfo=UTC)
P, A, N = Judgement.PRESENT, Judgement.ABSENT, Judgement.NOT_JUDGED
BEIJING, LONG, PLACE = (11, 15, "GPE"), (4, 15, "GPE"), (11, 15, "LOC")
WASHINGTON = (19, 25, "GPE")
Key = tuple[int, int, str]


def said(
    who: str,
    taiwan: Judgement = A,
    *spans: Key,
    minute: int = 0,
    decides: tuple[Annotation, ...] = (),
    key: str | None = None,
    comment: str | None = None,
    trade: Judgement = A,
) -> Annotation:
    return Annotation(
        id=key or (f"r-{who}" if decides else f"u-{who}"),
        passage_id=PASSAGE.id,
        annotator=who,
        created_at=START + timedelta(minutes=minute),
        arm=Arm.BLIND,
        codebook=CODEBOOK.hash,
        issues={"taiwan": taiwan, "trade": trade},
        spans=tuple(AnnotatedSpan(start=s, end=e, label=label) for s, e, label in spans),
        comment=comment,
        decides=tuple(a.id for a in decides),
        basis=basis_of(decides) if decides else None,
    )


def found(*given: Annotation, **rules: object) -> tuple[list[Dispute], Ledger]:
    ledger = Ledger()
    result = disputes(
        [PASSAGE],
        given,
        CODEBOOK,
        adjudicators=frozenset({"adj"}),
        ledger=ledger,
        rules=Rules(**rules),  # type: ignore[arg-type]
    )
    ledger.check()
    return result, ledger


def only(*given: Annotation, **rules: object) -> Dispute:
    (dispute,) = found(*given, **rules)[0]
    return dispute


@pytest.mark.parametrize(
    "given",
    [
        (said("a", P), said("b", P)),
        (said("a", P, BEIJING), said("b", P, BEIJING)),
        (said("a", P), said("b", P), said("c", A)),
        (said("a", P), said("b", N)),
        (said("a", A, BEIJING), said("b"), said("c")),
    ],
)
def test_what_the_rules_decide_is_not_in_dispute(given: tuple[Annotation, ...]) -> None:
    result, ledger = found(*given)
    assert result == []
    assert ledger.states[Unit.PASSAGES, State.ACCEPTED] == 1


def test_a_tie_is_a_dispute_that_says_who_said_what() -> None:
    dispute = only(said("b", A), said("a", P))
    assert dispute.decides == ("u-a", "u-b")
    assert dispute.annotators == {"u-a": "a", "u-b": "b"}
    assert [(d.issue, d.ground, d.said) for d in dispute.issues] == [
        ("taiwan", Ground.TIE, {"u-a": P, "u-b": A})
    ]
    assert dispute.spans == ()
    assert dispute.state is DisputeState.OPEN


def test_an_issue_that_nobody_could_judge_is_a_dispute() -> None:
    dispute = only(said("a", N), said("b", N))
    assert [(d.issue, d.ground) for d in dispute.issues] == [("taiwan", Ground.NOT_JUDGED)]
    assert dispute.proposed == {"taiwan": N, "trade": A}


def test_one_annotator_is_too_few_unless_one_is_enough() -> None:
    result, ledger = found(said("a", N))
    assert result == []
    assert ledger.reasons[Unit.PASSAGES, State.PENDING, Reason.TOO_FEW_ANNOTATORS] == 1
    assert only(said("a", N), least=1).decides == ("u-a",)
    result, _ = found(said("a", P), said("b", A), least=3)
    assert result == []


@pytest.mark.parametrize(
    ("first", "second", "grounds"),
    [
        ((BEIJING,), (), {BEIJING: Ground.PRESENCE}),
        ((BEIJING,), (LONG,), {BEIJING: Ground.BOUNDARY, LONG: Ground.BOUNDARY}),
        ((BEIJING,), (PLACE,), {BEIJING: Ground.TYPE, PLACE: Ground.TYPE}),
        ((BEIJING,), (WASHINGTON,), {BEIJING: Ground.PRESENCE, WASHINGTON: Ground.PRESENCE}),
        ((BEIJING, WASHINGTON), (WASHINGTON,), {BEIJING: Ground.PRESENCE}),
    ],
)
def test_spans_differ_in_presence_in_boundary_or_in_type(
    first: tuple[Key, ...], second: tuple[Key, ...], grounds: dict[Key, Ground]
) -> None:
    dispute = only(said("a", A, *first), said("b", A, *second))
    assert {span.key: span.ground for span in dispute.spans} == grounds
    for span in dispute.spans:
        assert span.held_by == (("u-a",) if span.key in first else ("u-b",))


def test_three_boundaries_of_three_annotators_are_in_dispute() -> None:
    ends = (15, 18, 25)
    dispute = only(*(said(f"a{n}", A, (11, end, "GPE")) for n, end in enumerate(ends)))
    assert [span.end for span in dispute.spans] == list(ends)
    assert {span.ground for span in dispute.spans} == {Ground.BOUNDARY}


def test_what_a_majority_decided_is_in_dispute_only_when_asked_for() -> None:
    given = (said("a", P, BEIJING), said("b", P, BEIJING), said("c", A))
    assert found(*given)[0] == []
    dispute = only(*given, majority=True)
    assert [(d.issue, d.ground) for d in dispute.issues] == [("taiwan", Ground.MAJORITY)]
    assert [span.key for span in dispute.spans] == [BEIJING]
    assert dispute.proposed["taiwan"] is P
    assert [span.key for span in dispute.proposed_spans] == [BEIJING]


def test_a_span_that_was_outvoted_is_in_dispute_only_when_asked_for() -> None:
    given = (said("a", A, BEIJING), said("b"), said("c"))
    dispute = only(*given, majority=True)
    assert [span.key for span in dispute.spans] == [BEIJING]
    assert dispute.proposed_spans == ()


def test_a_comment_makes_a_dispute_only_when_asked_for_and_is_always_told() -> None:
    given = (said("a", P, comment="أهذا رسمي؟"), said("b", P))
    assert found(*given)[0] == []
    dispute = only(*given, commented=True)
    assert (dispute.issues, dispute.spans) == ((), ())
    assert dispute.comments == {"u-a": "أهذا رسمي؟"}
    assert only(given[0], said("b", A)).comments == {"u-a": "أهذا رسمي؟"}


def test_the_proposal_is_what_is_decided_and_all_that_somebody_saw() -> None:
    dispute = only(
        said("a", P, BEIJING, WASHINGTON, trade=P), said("b", P, LONG, WASHINGTON, trade=A)
    )
    assert dispute.proposed == {"taiwan": P, "trade": P}
    assert [span.key for span in dispute.proposed_spans] == [LONG, WASHINGTON]


def test_a_decided_span_is_proposed_rather_than_an_older_decision_across_it() -> None:
    before = (said("a", A, LONG), said("b"))
    stale = said("lead", A, (11, 25, "GPE"), decides=before)
    dispute = only(said("a", A, BEIJING, WASHINGTON), said("b", A, BEIJING), stale)
    assert [span.key for span in dispute.proposed_spans] == [BEIJING]


def test_an_adjudicated_dispute_is_decided() -> None:
    given = (said("a", P), said("b", A))
    dispute = only(*given, said("lead", P, decides=given))
    assert dispute.state is DisputeState.DECIDED
    assert not dispute.waits


def test_a_named_adjudicator_settles_a_dispute_without_having_seen_it() -> None:
    assert only(said("a", P), said("b", A), said("adj", A)).state is DisputeState.DECIDED


@pytest.mark.parametrize(
    "now",
    [
        # an answer was changed, under the same id
        (said("a", P), said("b", A, trade=P)),
        (said("a", P), said("b", A, BEIJING)),
        # a further annotator came, one was withdrawn, one answered anew
        (said("a", P), said("b", A), said("c", A), said("d", P)),
        (said("a", P), said("c", A)),
        (said("a", P), said("b", A), said("b", A, minute=5, key="u-b2")),
    ],
)
def test_an_adjudication_of_other_answers_is_stale_and_the_dispute_waits_again(
    now: tuple[Annotation, ...],
) -> None:
    before = (said("a", P), said("b", A))
    result, ledger = found(*now, said("lead", P, decides=before))
    (dispute,) = result
    assert dispute.state is DisputeState.STALE
    assert dispute.waits
    assert dispute.earlier == ("r-lead",)
    assert dispute.key != only(*before).key
    assert ledger.reasons[Unit.PASSAGES, State.PENDING, Reason.STALE_ADJUDICATION] == 1
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.STALE_ADJUDICATION] == 1


@pytest.mark.parametrize("change", [{"comment": "نعم"}, {"lead_time_s": 3.0}])
def test_a_comment_or_a_time_that_changed_makes_nothing_stale(change: dict[str, object]) -> None:
    before = (said("a", P), said("b", A))
    now = before[0].model_copy(update=change)
    dispute = only(now, before[1], said("lead", P, decides=before))
    assert dispute.state is DisputeState.DECIDED


def test_what_was_decided_on_older_answers_is_proposed_where_it_is_open() -> None:
    before = (said("a", P, BEIJING), said("b", A, LONG))
    stale = said("lead", A, BEIJING, decides=before)
    dispute = only(before[0], said("b", A, LONG, trade=P), stale)
    assert dispute.proposed["taiwan"] is A
    assert [span.key for span in dispute.proposed_spans] == [BEIJING]


def test_adjudicators_who_contradict_each_other_settle_nothing() -> None:
    given = (said("a", P), said("b", A))
    result, ledger = found(*given, said("x", P, decides=given), said("y", A, decides=given))
    assert [dispute.state for dispute in result] == [DisputeState.DIFFERENT]
    assert not result[0].waits
    assert ledger.reasons[Unit.PASSAGES, State.PENDING, Reason.ADJUDICATORS_DIFFER] == 1


def test_adjudicators_who_differ_about_what_is_not_in_dispute_settle_it() -> None:
    given = (said("a", P, WASHINGTON), said("b", A, WASHINGTON))
    judges = (said("x", P, WASHINGTON, decides=given), said("y", P, decides=given))
    assert only(*given, *judges).state is DisputeState.DECIDED


def test_an_adjudicator_who_cannot_judge_leaves_it_open() -> None:
    given = (said("a", P), said("b", A))
    result, ledger = found(*given, said("x", N, decides=given))
    assert [dispute.state for dispute in result] == [DisputeState.LEFT_OPEN]
    assert ledger.reasons[Unit.PASSAGES, State.PENDING, Reason.LEFT_OPEN] == 1


def test_who_adjudicates_the_own_dispute_keeps_the_vote_and_is_remarked() -> None:
    given = (said("a", P), said("b", A))
    result, ledger = found(*given, said("a", A, decides=given, minute=9))
    assert result[0].decides == ("u-a", "u-b")
    assert result[0].state is DisputeState.DECIDED
    assert ledger.reasons[Unit.ANNOTATIONS, State.ACCEPTED, Reason.OWN_DISPUTE] == 1


def test_the_keys_of_today_name_every_annotated_passage_also_without_a_dispute() -> None:
    given = (said("a", P), said("b", P))
    keys = current_keys([PASSAGE], given, CODEBOOK, adjudicators=frozenset())
    assert keys == {dispute_key(PASSAGE.id, basis_of(given))}


def test_the_order_of_annotations_makes_no_other_dispute() -> None:
    given = [said("a", P, BEIJING), said("b", A, LONG), said("c", N)]
    assert found(*given)[0] == found(*given[::-1])[0]


def test_an_adjudication_is_no_independent_annotation() -> None:
    given = (said("a", P), said("b", P), said("c", A))
    plain = agreement_of(given, CODEBOOK, frozenset())
    judged = agreement_of([*given, said("a", A, decides=given, minute=9)], CODEBOOK, frozenset())
    assert judged == plain
