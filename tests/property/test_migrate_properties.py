"""Any change of a codebook: everything is counted, nothing is invented, renames can be undone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.gold.migrate import Change, migrate
from annotation.gold.plan import complete, plan_text
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement
from schemas.codebook import Codebook
from schemas.ledger import Ledger, Reason, State, Unit
from schemas.migration import Kind, Look, Plan, Step, read_plan
from tests.codebooks import small_codebook

P, A, N = Judgement.PRESENT, Judgement.ABSENT, Judgement.NOT_JUDGED


@st.composite
def steps(draw: st.DrawFn, old: list[str], fresh: list[str], *, renames: bool) -> list[Step]:
    """Return steps that cover ``old``; new labels are taken from ``fresh``, or stay."""
    left = draw(st.permutations(old))
    names = iter(fresh)
    made = []
    kinds = [Kind.KEEP, Kind.RENAME]
    kinds += [] if renames else [Kind.MERGE, Kind.SPLIT, Kind.REMOVE, Kind.ADD]
    while left:
        kind = draw(st.sampled_from(kinds))
        if kind is Kind.ADD:
            made.append(Step(kind=kind, new=(next(names),)))
            kinds.remove(kind)
            continue
        size = min(len(left), draw(st.integers(2, 3))) if kind is Kind.MERGE else 1
        taken, left = tuple(left[:size]), left[size:]
        if kind is Kind.REMOVE:
            made.append(Step(kind=kind, old=taken))
        elif kind is Kind.SPLIT:
            made.append(Step(kind=kind, old=taken, new=(next(names), next(names))))
        elif kind is Kind.KEEP or (kind is Kind.MERGE and size < 2):
            made.append(Step(kind=Kind.KEEP, old=taken, new=taken))
        else:
            # A merge may go into one of its own labels.
            new = draw(st.sampled_from([taken[0], next(names)])) if size > 1 else next(names)
            made.append(Step(kind=kind, old=taken, new=(new,)))
    return made


@st.composite
def changes(draw: st.DrawFn, old: Codebook | None = None, *, renames: bool = False) -> Change:
    """Return a change of a codebook with a whole plan."""
    tag = "b" if old else "a"
    if old is None:
        issues = [f"i{n}" for n in range(draw(st.integers(1, 5)))]
        types = [f"T{n}" for n in range(draw(st.integers(0, 4)))]
        old = small_codebook(issues, types)
    made = []
    for ids, sign in ((old.issue_ids, f"n{tag}"), (old.entity_ids, f"N{tag.upper()}")):
        fresh = [f"{sign}{n}" for n in range(20)]
        made.append(draw(steps(list(ids), fresh, renames=renames)))
    if not any(step.new for step in made[0]):
        made[0].append(Step(kind=Kind.ADD, new=(f"n{tag}99",)))
    new_ids = [draw(st.permutations([k for step in part for k in step.new])) for part in made]
    new = small_codebook(*new_ids, version=f"{2 + (tag == 'b')}.0.0")
    labels = st.sampled_from([*new.issue_ids, *new.entity_ids])
    review = (
        {} if renames else draw(st.dictionaries(labels, st.sampled_from(list(Look)), max_size=3))
    )
    plan = Plan(issues=tuple(made[0]), entities=tuple(made[1]), review=review)
    return Change(old.hash, old, new, complete(plan, old, new))


@st.composite
def annotations(draw: st.DrawFn, codebook: Codebook) -> list[Annotation]:
    """Return annotations under a codebook."""
    made = []
    for number in range(draw(st.integers(1, 4))):
        starts = range(draw(st.integers(0, 4 if codebook.entity_ids else 0)))
        made.append(
            Annotation(
                id=f"u{number}",
                passage_id="p",
                annotator=f"a{number}",
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
                arm=draw(st.sampled_from(list(Arm))),
                codebook=codebook.hash,
                issues={k: draw(st.sampled_from(list(Judgement))) for k in codebook.issue_ids},
                spans=tuple(
                    AnnotatedSpan(
                        start=n * 5, end=n * 5 + 3, label=draw(st.sampled_from(codebook.entity_ids))
                    )
                    for n in starts
                ),
            )
        )
    return made


@st.composite
def cases(draw: st.DrawFn, *, renames: bool = False) -> tuple[Change, list[Annotation]]:
    """Return a change and annotations under its old codebook."""
    change = draw(changes(renames=renames))
    return change, draw(annotations(change.old))


@given(cases())
def test_every_decision_and_span_ends_in_one_state(case: tuple[Change, list[Annotation]]) -> None:
    change, given_ = case
    ledger = Ledger()
    done = migrate(given_, {}, change, ledger)
    ledger.check()
    added = sum(step.kind is Kind.ADD for step in change.plan.issues)
    unjudged = 0
    assert ledger.received[Unit.ANNOTATIONS] == len(given_) == len(done.annotations)
    assert ledger.received[Unit.ISSUE_DECISIONS] == len(given_) * (len(change.old.issues) + added)
    for old, review in zip(given_, done.reviews, strict=True):
        asked = {k for q in review.questions if q.unit == "issue" for k in q.new}
        unjudged += sum(
            old.issues[k] is N
            for step in change.plan.issues
            for k in step.old
            if step.new and not asked & set(step.new)
        )
    assert ledger.reasons[Unit.ISSUE_DECISIONS, State.PENDING, Reason.NOT_JUDGED] == unjudged


@given(cases())
def test_every_span_is_kept_asked_about_or_dropped(case: tuple[Change, list[Annotation]]) -> None:
    change, given_ = case
    ledger = Ledger()
    done = migrate(given_, {}, change, ledger)
    received = sum(len(a.spans) for a in given_)
    assert ledger.received[Unit.SPANS] == received
    kept = sum(len(a.spans) for a in done.annotations)
    asked = sum(q.start is not None for r in done.reviews for q in r.questions)
    dropped = ledger.reasons[Unit.SPANS, State.REJECTED, Reason.LABEL_REMOVED]
    assert kept + asked + dropped == received
    assert (kept, asked) == (
        ledger.states[Unit.SPANS, State.ACCEPTED],
        ledger.states[Unit.SPANS, State.PENDING],
    )
    assert sum(done.tally.values()) == sum(
        ledger.received[unit] for unit in (Unit.ISSUE_DECISIONS, Unit.SPANS)
    )


@given(cases())
def test_nothing_is_invented_and_what_is_lost_is_asked(
    case: tuple[Change, list[Annotation]],
) -> None:
    change, given_ = case
    done = migrate(given_, {}, change, Ledger())
    for old, new, review in zip(given_, done.annotations, done.reviews, strict=True):
        assert tuple(new.issues) == change.new.issue_ids
        asked = {k for q in review.questions if q.unit == "issue" for k in q.new}
        for step in change.plan.issues:
            was = [old.issues[k] for k in step.old]
            for label in step.new:
                value = new.issues[label]
                if value is P:
                    assert P in was
                elif value is A:
                    assert set(was) == {A}
                else:
                    assert label in asked or set(was) <= {N}
        assert asked <= {k for k, value in new.issues.items() if value is N}


@given(cases())
def test_the_same_migration_gives_the_same_records(case: tuple[Change, list[Annotation]]) -> None:
    change, given_ = case
    assert migrate(given_, {}, change, Ledger()) == migrate(given_, {}, change, Ledger())


def undone(change: Change) -> Change:
    """Return the change back, for one that only renames."""

    def back(steps_: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(Step(kind=s.kind, old=s.new, new=s.old) for s in steps_)

    plan = Plan(issues=back(change.plan.issues), entities=back(change.plan.entities))
    return Change(change.new.hash, change.new, change.old, complete(plan, change.new, change.old))


@given(cases(renames=True))
def test_renames_there_and_back_change_nothing_but_ids(
    case: tuple[Change, list[Annotation]],
) -> None:
    change, given_ = case
    there = migrate(given_, {}, change, Ledger())
    back = migrate(there.annotations, {}, undone(change), Ledger())
    plain = {"id": "", "migrated_from": None}
    assert [a.model_copy(update=plain) for a in back.annotations] == [
        a.model_copy(update=plain) for a in given_
    ]
    assert not any(r.questions or r.unread for r in (*there.reviews, *back.reviews))


@given(st.data())
def test_questions_survive_a_second_change_that_only_renames(data: st.DataObject) -> None:
    first, given_ = data.draw(cases())
    second = data.draw(changes(first.new, renames=True))
    done = migrate(given_, {}, first, Ledger())
    reviews = {review.annotation: review for review in done.reviews}
    ledger = Ledger()
    later = migrate([*given_, *done.annotations], reviews, second, ledger)
    ledger.check()
    names = {
        k: step.new[0] for step in (*second.plan.issues, *second.plan.entities) for k in step.old
    }
    for before, after in zip(done.reviews, later.reviews, strict=True):
        assert Counter(
            (q.why, q.old, frozenset(names[k] for k in q.new)) for q in before.questions
        ) == Counter((q.why, q.old, frozenset(q.new)) for q in after.questions)
        assert {names[k] for k in before.unread} == set(after.unread)


@given(changes())
def test_a_plan_survives_its_file(tmp_path_factory: pytest.TempPathFactory, change: Change) -> None:
    path = tmp_path_factory.mktemp("plan") / "plan.yaml"
    path.write_text(plan_text(change.plan), encoding="utf-8")
    assert complete(read_plan(path), change.old, change.new) == change.plan
