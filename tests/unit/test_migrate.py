"""One annotation under a changed codebook: what it keeps, what is open, what is dropped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from annotation.gold.build import build
from annotation.gold.migrate import (
    Change,
    Migrated,
    latest_by_voice,
    migrate,
    migrated_id,
    still_open,
)
from annotation.gold.plan import complete
from annotation.labelstudio.pull import with_known_parts
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Origin
from schemas.codebook import Codebook
from schemas.dispute import basis_of
from schemas.errors import RecordError
from schemas.ledger import Ledger, Reason, State, Unit
from schemas.migration import Kind, Look, Plan, Question, Review, Step
from tests.codebooks import small_codebook
from tests.strategies import passage_of

P, A, N = Judgement.PRESENT, Judgement.ABSENT, Judgement.NOT_JUDGED
PASSAGE = passage_of("وصل الوزير إلى بكين أمس مع وفد شركة سعدة")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Span = tuple[int, int, str]


def said(
    codebook: Codebook,
    issues: dict[str, Judgement] | None = None,
    spans: tuple[Span, ...] = (),
    **changes: object,
) -> Annotation:
    given = Annotation(
        id="u1",
        passage_id=PASSAGE.id,
        annotator="a1",
        created_at=NOON,
        lead_time_s=9.5,
        arm=Arm.ASSISTED,
        codebook=codebook.hash,
        issues={**dict.fromkeys(codebook.issue_ids, A), **(issues or {})},
        spans=tuple(
            AnnotatedSpan(start=start, end=end, label=label, origin=Origin.CHANGED)
            for start, end, label in spans
        ),
        parent_prediction="rules-1",
        comment="كلمة",
    )
    return given.model_copy(update=changes)


def change_of(old: Codebook, new: Codebook, *steps: Step, review: dict | None = None) -> Change:
    plan = Plan(
        issues=tuple(s for s in steps if not (s.old or s.new)[0].isupper()),
        entities=tuple(s for s in steps if (s.old or s.new)[0].isupper()),
        review=review or {},
    )
    return Change(old.hash, old, new, complete(plan, old, new, accept_removals=True))


def run(
    change: Change, *given: Annotation, reviews: dict[str, Review] | None = None
) -> tuple[Migrated, Ledger]:
    ledger = Ledger()
    done = migrate(given, reviews or {}, change, ledger)
    ledger.check()
    return done, ledger


def step(kind: Kind, old: str, new: str) -> Step:
    return Step(kind=kind, old=tuple(old.split()), new=tuple(new.split()))


@pytest.mark.parametrize(
    ("made", "before", "after", "asked"),
    [
        (step(Kind.RENAME, "x", "z"), {"x": P}, {"z": P}, False),
        (step(Kind.RENAME, "x", "z"), {"x": N}, {"z": N}, False),
        (step(Kind.MERGE, "x y", "z"), {"x": P, "y": A}, {"z": P}, False),
        (step(Kind.MERGE, "x y", "z"), {"x": P, "y": N}, {"z": P}, False),
        (step(Kind.MERGE, "x y", "z"), {"x": A, "y": P}, {"z": P}, False),
        (step(Kind.MERGE, "x y", "z"), {"x": A, "y": A}, {"z": A}, False),
        (step(Kind.MERGE, "x y", "z"), {"x": N, "y": N}, {"z": N}, False),
        (step(Kind.MERGE, "x y", "z"), {"x": A, "y": N}, {"z": N}, True),
        (step(Kind.SPLIT, "x", "z w"), {"x": A}, {"z": A, "w": A}, False),
        (step(Kind.SPLIT, "x", "z w"), {"x": N}, {"z": N, "w": N}, False),
        (step(Kind.SPLIT, "x", "z w"), {"x": P}, {"z": N, "w": N}, True),
        (step(Kind.SPLIT, "x", "x w"), {"x": P}, {"x": N, "w": N}, True),
        (step(Kind.ADD, "", "z"), {}, {"z": N}, True),
        (step(Kind.REMOVE, "x", ""), {"x": P}, {}, False),
    ],
)
def test_a_decision_becomes_what_the_step_allows(
    made: Step, before: dict[str, Judgement], after: dict[str, Judgement], *, asked: bool
) -> None:
    old = small_codebook((*made.old, "same"))
    new = small_codebook(("same", *made.new))
    done, ledger = run(change_of(old, new, made), said(old, before))
    (record,), (review,) = done.annotations, done.reviews
    assert record.issues == {"same": A, **after}
    assert list(record.issues) == list(new.issue_ids)
    assert [q.why for q in review.questions] == [made.kind] * asked
    assert all(q.new == made.new and q.was == before for q in review.questions)
    # One count for each old decision, and one for an added label.
    assert ledger.received[Unit.ISSUE_DECISIONS] == 1 + len(made.old or made.new)
    pending = ledger.reasons[Unit.ISSUE_DECISIONS, State.PENDING, Reason.TO_REVIEW]
    assert pending == asked * len(made.old or made.new)


@pytest.mark.parametrize(
    ("look", "value", "after"),
    [
        (Look.ALL, P, N),
        (Look.ALL, A, N),
        (Look.PRESENT, P, N),
        (Look.PRESENT, A, A),
        (Look.ABSENT, P, P),
        (Look.ABSENT, A, N),
        (Look.ALL, N, N),
    ],
)
def test_the_plan_can_ask_to_look_again_at_kept_decisions(
    look: Look, value: Judgement, after: Judgement
) -> None:
    old = small_codebook(("x", "same"))
    done, _ = run(change_of(old, old_but_newer(old), review={"x": look}), said(old, {"x": value}))
    assert done.annotations[0].issues == {"x": after, "same": A}
    questions = done.reviews[0].questions
    assert [q.why for q in questions] == [Kind.KEEP] * (value is not N and after is N)


def old_but_newer(codebook: Codebook) -> Codebook:
    return codebook.model_copy(update={"version": "9.0.0"})


def test_a_migrated_annotation_is_a_new_one_that_names_the_old() -> None:
    old, new = small_codebook(("x",)), small_codebook(("z",))
    before = said(old, updated_at=NOON + timedelta(days=1))
    done, _ = run(change_of(old, new, step(Kind.RENAME, "x", "z")), before)
    (record,) = done.annotations
    assert record == before.model_copy(
        update={
            "id": migrated_id("u1", new.hash),
            "codebook": new.hash,
            "issues": {"z": A},
            "migrated_from": "u1",
        }
    )
    again, _ = run(change_of(old, new, step(Kind.RENAME, "x", "z")), before)
    assert again == done


TYPES = small_codebook(("x",), ("KEPT", "SPLIT", "GONE", "OLD"))
NEW_TYPES = small_codebook(("x",), ("KEPT", "ONE", "TWO", "FRESH", "YOUNG"))
TYPE_STEPS = (
    step(Kind.SPLIT, "SPLIT", "ONE TWO"),
    step(Kind.REMOVE, "GONE", ""),
    step(Kind.RENAME, "OLD", "YOUNG"),
)


def test_a_span_keeps_its_place_and_origin_when_its_type_is_known() -> None:
    spans = ((0, 3, "OLD"), (5, 10, "SPLIT"), (11, 14, "GONE"), (15, 19, "KEPT"))
    done, ledger = run(change_of(TYPES, NEW_TYPES, *TYPE_STEPS), said(TYPES, spans=spans))
    (record,), (review,) = done.annotations, done.reviews
    assert [span.key for span in record.spans] == [(0, 3, "YOUNG"), (15, 19, "KEPT")]
    assert {span.origin for span in record.spans} == {Origin.CHANGED}
    (question,) = review.questions
    assert (question.start, question.end, question.old) == (5, 10, ("SPLIT",))
    assert question.new == ("ONE", "TWO")
    assert ledger.received[Unit.SPANS] == 4
    assert ledger.states[Unit.SPANS, State.ACCEPTED] == 2
    assert ledger.reasons[Unit.SPANS, State.PENDING, Reason.TO_REVIEW] == 1
    assert ledger.reasons[Unit.SPANS, State.REJECTED, Reason.LABEL_REMOVED] == 1


@pytest.mark.parametrize(
    ("spans", "review", "unread", "asked"),
    [
        ((), {}, ("FRESH",), 0),
        (((5, 10, "SPLIT"),), {}, ("ONE", "TWO", "FRESH"), 1),
        ((), {"FRESH": Look.ALL}, ("FRESH",), 1),
        ((), {"FRESH": Look.PRESENT}, ("FRESH",), 1),
        ((), {"KEPT": Look.ABSENT}, ("KEPT", "FRESH"), 1),
        (((5, 10, "KEPT"),), {"KEPT": Look.ABSENT}, ("KEPT", "FRESH"), 1),
        (((5, 10, "KEPT"),), {"KEPT": Look.PRESENT}, ("KEPT", "FRESH"), 1),
        (((5, 10, "KEPT"),), {"KEPT": Look.ALL}, ("KEPT", "FRESH"), 2),
        ((), {"KEPT": Look.PRESENT}, ("FRESH",), 0),
    ],
)
def test_types_that_were_not_looked_for_are_told(
    spans: tuple[Span, ...], review: dict[str, Look], unread: tuple[str, ...], asked: int
) -> None:
    change = change_of(TYPES, NEW_TYPES, *TYPE_STEPS, review=review)
    done, _ = run(change, said(TYPES, spans=spans))
    assert done.reviews[0].unread == unread
    assert len(done.reviews[0].questions) == asked


def test_questions_go_along_through_a_chain_of_migrations() -> None:
    first = small_codebook(("x", "same"), ("SPLIT", "GONE"))
    second = small_codebook(("y", "z", "same"), ("ONE", "TWO", "GONE"))
    third = small_codebook(("y", "w", "same"), ("ONE", "NEWTWO"))
    change = change_of(
        first, second, step(Kind.SPLIT, "x", "y z"), step(Kind.SPLIT, "SPLIT", "ONE TWO")
    )
    before = said(first, {"x": P}, ((0, 3, "SPLIT"), (5, 10, "GONE")))
    done, _ = run(change, before)
    on = change_of(second, third, step(Kind.RENAME, "z", "w"), step(Kind.RENAME, "TWO", "NEWTWO"))
    reviews = {review.annotation: review for review in done.reviews}
    later, ledger = run(on, before, *done.annotations, reviews=reviews)
    (record,), (review,) = later.annotations, later.reviews
    assert record.issues == {"y": N, "w": N, "same": A}
    assert [(q.unit, q.old, q.new) for q in review.questions] == [
        ("issue", ("x",), ("y", "w")),
        ("entity", ("SPLIT",), ("ONE", "NEWTWO")),
    ]
    assert {q.codebook for q in review.questions} == {first.hash}
    assert review.unread == ("ONE", "NEWTWO")
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.MIGRATED] == 1
    # The span in question is no span of the record, and is counted all the same.
    assert ledger.received[Unit.SPANS] == 2
    assert ledger.reasons[Unit.ISSUE_DECISIONS, State.PENDING, Reason.TO_REVIEW] == 2


def test_a_question_ends_when_its_labels_are_removed() -> None:
    first = small_codebook(("x", "same"), ("SPLIT",))
    second = small_codebook(("y", "z", "same"), ("ONE", "TWO"))
    third = small_codebook(("same",))
    splits = (step(Kind.SPLIT, "x", "y z"), step(Kind.SPLIT, "SPLIT", "ONE TWO"))
    done, _ = run(change_of(first, second, *splits), said(first, {"x": P}, ((0, 3, "SPLIT"),)))
    reviews = {review.annotation: review for review in done.reviews}
    later, ledger = run(change_of(second, third), *done.annotations, reviews=reviews)
    assert (later.reviews[0].questions, later.reviews[0].unread) == ((), ())
    assert ledger.reasons[Unit.SPANS, State.REJECTED, Reason.LABEL_REMOVED] == 1
    assert ledger.reasons[Unit.ISSUE_DECISIONS, State.REJECTED, Reason.LABEL_REMOVED] == 2


def test_an_adjudication_decides_between_the_migrated_ones_and_stays_fresh() -> None:
    old, new = small_codebook(("x",)), small_codebook(("z",))
    voters = [
        said(old, {"x": value}, id=name, annotator=name) for name, value in (("a", P), ("b", A))
    ]
    fresh = said(old, id="r", annotator="lead", decides=("a", "b"), basis=basis_of(voters))
    stale = said(old, id="s", annotator="head", decides=("a", "b", "lost"), basis="other")
    done, _ = run(change_of(old, new, step(Kind.RENAME, "x", "z")), *voters, fresh, stale)
    *after, ruling, other = done.annotations
    ids = tuple(migrated_id(name, new.hash) for name in "ab")
    assert ruling.decides == ids
    assert ruling.basis == basis_of(after)
    assert (other.decides, other.basis) == ((*ids, "lost"), "other")


def test_annotations_that_do_not_fit_the_codebook_stop_the_migration() -> None:
    old, new = small_codebook(("x",)), small_codebook(("z",))
    change = change_of(old, new, step(Kind.RENAME, "x", "z"))
    with pytest.raises(RecordError, match=r"do not have the same labels \(q\).*--from"):
        run(change, said(old, {"q": A}))
    with pytest.raises(RecordError, match=r"do not have the same labels \(ORG\)"):
        run(change, said(old, spans=((0, 3, "ORG"),)))


def test_what_is_of_neither_codebook_waits() -> None:
    old, new = small_codebook(("x",)), small_codebook(("z",))
    other, own = small_codebook(("q",)), said(new, id="own")
    done, ledger = run(
        change_of(old, new, step(Kind.RENAME, "x", "z")), said(other, id="o"), own, said(old)
    )
    assert len(done.annotations) == 1
    assert ledger.received[Unit.ANNOTATIONS] == 2
    assert ledger.reasons[Unit.ANNOTATIONS, State.PENDING, Reason.OTHER_CODEBOOK] == 1


def test_a_review_is_settled_by_a_later_annotation_of_the_same_annotator() -> None:
    new = small_codebook(("z",))
    question = Question(unit="issue", why=Kind.ADD, codebook="c", new=("z",))
    open_, empty = (
        Review(
            passage_id=PASSAGE.id, annotator="a1", annotation="u1", migrated_from="u0", questions=q
        )
        for q in ((question,), ())
    )
    mine = said(new)
    assert still_open([open_], [mine], new.hash) == [open_]
    assert still_open([empty], [mine], new.hash) == []
    later = said(new, id="u2", created_at=NOON + timedelta(hours=1))
    assert still_open([open_], [mine, later], new.hash) == []
    of_another = later.model_copy(update={"annotator": "a2"})
    ruling = later.model_copy(update={"decides": ("u1",)})
    assert still_open([open_], [mine, of_another, ruling], new.hash) == [open_]
    of_ruling = open_.model_copy(update={"annotation": "r", "annotator": "lead"})
    ruling = said(new, id="r", annotator="lead", decides=("u1",), basis=basis_of([mine]))
    assert still_open([of_ruling], [mine, ruling], new.hash) == [of_ruling]
    assert still_open([of_ruling], [mine, later, ruling], new.hash) == []
    changed = mine.model_copy(update={"issues": {"z": P}})
    assert still_open([of_ruling], [changed, ruling], new.hash) == []
    assert [a.id for a in latest_by_voice([later, mine])] == ["u2"]


def test_gold_takes_migrated_annotations_for_settled_and_only_lost_ones_for_defects() -> None:
    old, new = small_codebook(("x",)), small_codebook(("z",))
    before = [said(old, {"x": P}, id=name, annotator=name) for name in "ab"]
    done, _ = run(change_of(old, new, step(Kind.RENAME, "x", "z")), *before)
    forgotten = said(old, id="c", annotator="c")
    ledger = Ledger()
    records = build(
        [PASSAGE],
        [*before, *done.annotations, forgotten],
        new,
        adjudicators=frozenset(),
        groups={},
        ledger=ledger,
    )
    ledger.check()
    assert records[0].issues["z"].judgement is P
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.MIGRATED] == 2
    assert ledger.defects() == {Reason.OTHER_CODEBOOK: 1}


def test_gold_does_not_call_spans_complete_where_a_type_was_not_looked_for() -> None:
    new = small_codebook(("z",), ("FRESH",))
    mine, other = said(new), said(new, id="u2", annotator="a2")

    def complete_with(*given: Annotation, unread: dict[str, tuple[str, ...]]) -> bool:
        (record,) = build(
            [PASSAGE],
            given,
            new,
            adjudicators=frozenset(),
            groups={},
            ledger=Ledger(),
            unread=unread,
        )
        return record.spans_complete

    silent = {"u2": ("FRESH",)}
    assert complete_with(mine, other, unread={})
    assert not complete_with(mine, other, unread=silent)
    later = other.model_copy(update={"id": "u3", "created_at": NOON + timedelta(hours=1)})
    assert complete_with(mine, other, later, unread=silent)


def test_a_pull_keeps_what_the_server_cannot_tell_of_a_carried_annotation() -> None:
    new = small_codebook(("z",))
    known = said(new, migrated_from="u0")
    back = known.model_copy(
        update={"arm": Arm.BLIND, "parent_prediction": None, "migrated_from": None}
    )
    assert with_known_parts(back, known) == known
    assert with_known_parts(back, None) == back
    edited = back.model_copy(update={"issues": {"z": P}, "annotator": "user-7"})
    assert with_known_parts(edited, known) == known.model_copy(update={"issues": {"z": P}})
    shown = back.model_copy(update={"arm": Arm.ASSISTED, "parent_prediction": "other"})
    assert with_known_parts(shown, known).parent_prediction == "other"
    blind = known.model_copy(update={"arm": Arm.BLIND, "parent_prediction": None})
    assert with_known_parts(back, blind).arm is Arm.BLIND
