"""Annotations under one codebook → annotations under the next, and what must be looked at again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID, uuid5

from annotation.gold.lineage import going_on, settled
from schemas.annotation import AnnotatedSpan, Annotation, Judgement
from schemas.codebook import Codebook
from schemas.dispute import basis_of, stands
from schemas.errors import RecordError
from schemas.ledger import Ledger, Reason, Unit
from schemas.migration import Kind, Plan, Question, Review, Step

_NAMESPACE = UUID("6f1f5a0e-2b4c-5d3a-9a57-0c1e8f7b6d24")
_KEEPING = (Kind.KEEP, Kind.RENAME, Kind.MERGE)

Fate = Literal["kept", "review", "dropped"]
Tally = Counter[tuple[Step, Fate]]


@dataclass(frozen=True)
class Change:
    """A change of codebook."""

    source: str
    """Hash of the old codebook, as the annotations carry it."""
    old: Codebook
    new: Codebook
    plan: Plan
    """A whole one, from ``annotation.gold.plan.complete``."""


@dataclass(frozen=True)
class Migrated:
    """What a migration gives."""

    annotations: tuple[Annotation, ...]
    """Under the new codebook, in the order of those that they were made from."""
    reviews: tuple[Review, ...]
    """One for each of them; many are empty."""
    tally: Tally = field(default_factory=Counter)
    """(step, fate) → decisions or spans."""


def migrated_id(identity: str, codebook: str) -> str:
    """Return the id of an annotation under another codebook: the same one at every run."""
    return str(uuid5(_NAMESPACE, f"{identity} {codebook}"))


def migrate(
    annotations: Iterable[Annotation],
    reviews: Mapping[str, Review],
    change: Change,
    ledger: Ledger,
) -> Migrated:
    """Migrate the annotations of the old codebook; everything else is only counted.

    What went on to a codebook in between comes from there.

    Issue decisions: what is renamed stays; merged ones are present where one is, absent where
    all are; a split one stays only where it was absent. What that leaves open, what is added and
    what the plan wants to be looked at again is ``not_judged`` and stands in the review.
    Spans: what is renamed or merged stays; the type of a split one is unknown, so the span is
    left out and stands in the review. What is removed is dropped and counted.

    Args:
        annotations: all that the workspace holds.
        reviews: what earlier migrations left open, by annotation id.
        change: the codebooks and the plan.
        ledger: gets every annotation that is not of the new codebook, with every decision and
            span of those that are migrated, and a question for every added label.

    Raises:
        RecordError: an annotation has other labels than the old codebook.
    """
    given = list(annotations)
    _check_labels(given, change)
    target = change.new.hash
    chosen, replaced = going_on(given, target), settled(given, target)
    work = _Work(change, ledger)
    done: list[tuple[Annotation, Annotation, Review]] = []
    for item in given:
        if item.codebook == target:
            continue
        ledger.receive(Unit.ANNOTATIONS)
        own = item.codebook == change.source
        if own and item.id in chosen:
            ledger.accept(Unit.ANNOTATIONS)
            done.append((item, *work.one(item, reviews.get(item.id))))
        elif own or item.id in replaced:
            reason = Reason.MIGRATED if item.id in replaced else Reason.SUPERSEDED
            ledger.reject(Unit.ANNOTATIONS, reason, where=item.passage_id, detail=item.id)
        else:
            ledger.pend(Unit.ANNOTATIONS, Reason.OTHER_CODEBOOK)
    found = _decide_again(given, [(old, new) for old, new, _ in done], target)
    return Migrated(tuple(found), tuple(review for _, _, review in done), work.tally)


def _check_labels(annotations: Iterable[Annotation], change: Change) -> None:
    issues, types = set(change.old.issue_ids), set(change.old.entity_ids)
    for item in annotations:
        if item.codebook != change.source:
            continue
        odd = sorted((set(item.issues) ^ issues) | ({span.label for span in item.spans} - types))
        if odd:
            raise RecordError(
                f"annotation {item.id} of {item.passage_id} and codebook {change.source[:8]} do "
                f"not have the same labels ({', '.join(odd)}): that is not the codebook it was "
                "made under; give the right one with --from."
            )


def _decide_again(
    given: Sequence[Annotation],
    pairs: Sequence[tuple[Annotation, Annotation]],
    codebook: str,
) -> list[Annotation]:
    """Let adjudications name what they decided between by its new ids.

    One that was made from these very answers must not look as if they had changed since.
    """
    before = {a.id: a for a in given}
    after = {old.id: new for old, new in pairs}
    found = []
    for old, new in pairs:
        if not old.decides:
            found.append(new)
            continue
        changes: dict[str, object] = {
            "decides": tuple(
                migrated_id(key, codebook) if key in after else key for key in old.decides
            )
        }
        if all(key in after for key in old.decides) and old.basis == basis_of(
            before[key] for key in old.decides
        ):
            changes["basis"] = basis_of(after[key] for key in old.decides)
        found.append(new.model_copy(update=changes))
    return found


class _Work:
    """Migrates annotations one by one, and counts what becomes of their parts."""

    def __init__(self, change: Change, ledger: Ledger) -> None:
        self.change = change
        self.ledger = ledger
        self.tally: Tally = Counter()
        self._types = {label: step for step in change.plan.entities for label in step.old}
        self._issues = {label: step for step in change.plan.issues for label in step.old}
        self._added = [s.new[0] for s in change.plan.entities if s.kind is Kind.ADD]

    def one(self, old: Annotation, before: Review | None) -> tuple[Annotation, Review]:
        """Return the annotation under the new codebook, and what is open in it."""
        earlier = before.questions if before else ()
        unread = {new for label in (before.unread if before else ()) for new in self._image(label)}
        judged, issue_questions = self._decide(old.issues)
        issue_questions += self._still_open(earlier, judged)
        self._count_decisions(old.issues, issue_questions)
        spans, span_questions = self._retype(old.spans, earlier)
        new = old.model_copy(
            update={
                "id": migrated_id(old.id, self.change.new.hash),
                "codebook": self.change.new.hash,
                "issues": {issue: judged[issue] for issue in self.change.new.issue_ids},
                "spans": tuple(spans),
                "migrated_from": old.id,
            }
        )
        for question in span_questions:
            unread.update(question.new)
        unread.update(self._added)
        return new, Review(
            passage_id=old.passage_id,
            annotator=old.annotator,
            annotation=new.id,
            migrated_from=old.id,
            questions=(*issue_questions, *span_questions),
            unread=tuple(label for label in self.change.new.entity_ids if label in unread),
        )

    def _decide(
        self, issues: Mapping[str, Judgement]
    ) -> tuple[dict[str, Judgement], list[Question]]:
        """Return a judgement for every new issue, and the questions that this migration raises."""
        judged: dict[str, Judgement] = {}
        questions = []
        for step in self.change.plan.issues:
            was = {label: issues[label] for label in step.old}
            value, asks = _outcome(step.kind, list(was.values()))
            judged |= dict.fromkeys(step.new, value)
            if asks:
                questions.append(self._question("issue", step.kind, step.old, step.new, was=was))
                continue
            again = [label for label in step.new if self._looked_at_again(label, value)]
            if again:
                judged |= dict.fromkeys(again, Judgement.NOT_JUDGED)
                questions.append(self._question("issue", Kind.KEEP, step.old, again, was=was))
        return judged, questions

    def _looked_at_again(self, label: str, value: Judgement) -> bool:
        look = self.change.plan.review.get(label)
        return look is not None and look.covers(value)

    def _still_open(
        self, earlier: Iterable[Question], judged: Mapping[str, Judgement]
    ) -> list[Question]:
        """Return the questions of earlier migrations that this one does not settle."""
        found = []
        for question in earlier:
            if question.unit != "issue":
                continue
            image = [new for label in question.new for new in self._image(label)]
            left = [label for label in image if judged[label] is Judgement.NOT_JUDGED]
            if left:
                found.append(question.model_copy(update={"new": _unique(left)}))
        return found

    def _image(self, label: str) -> tuple[str, ...]:
        """Return what a label of the old codebook becomes."""
        return (self._issues.get(label) or self._types[label]).new

    def _count_decisions(
        self, issues: Mapping[str, Judgement], questions: Collection[Question]
    ) -> None:
        """Settle every decision of the annotation, and the question for each added issue."""
        ledger, unit = self.ledger, Unit.ISSUE_DECISIONS
        asked = {new for question in questions for new in question.new}
        for step in self.change.plan.issues:
            fate: Fate = "review" if asked & set(step.new) else "kept"
            for label in step.old or step.new:
                ledger.receive(unit)
                value = issues.get(label, Judgement.NOT_JUDGED) if step.old else None
                if step.kind is Kind.REMOVE:
                    fate = "dropped"
                    ledger.reject_parts(unit, Reason.LABEL_REMOVED, 1)
                elif fate == "review":
                    ledger.pend(unit, Reason.TO_REVIEW)
                elif value is Judgement.NOT_JUDGED:
                    ledger.pend(unit, Reason.NOT_JUDGED)
                else:
                    ledger.accept(unit)
                self.tally[step, fate] += 1

    def _retype(
        self, spans: Iterable[AnnotatedSpan], earlier: Iterable[Question]
    ) -> tuple[list[AnnotatedSpan], list[Question]]:
        """Return the spans whose new type is known, and questions on the others."""
        kept: list[AnnotatedSpan] = []
        questions: list[Question] = []
        for span in spans:
            step = self._types[span.label]
            question = self._asked_of(span, step)
            fate: Fate = "dropped" if step.kind is Kind.REMOVE else "review" if question else "kept"
            if question:
                questions.append(question)
            elif fate == "kept":
                kept.append(span.model_copy(update={"label": step.new[0]}))
            self.tally[step, fate] += 1
            self._settle_span(fate)
        for question in earlier:
            if question.unit == "entity":
                questions += self._still_asked(question)
        return kept, [*questions, *self._types_to_read()]

    def _asked_of(self, span: AnnotatedSpan, step: Step) -> Question | None:
        """Return the question on a span whose type is not certain any more."""
        place = span.start, span.end
        if step.kind is Kind.SPLIT:
            return self._question("entity", step.kind, (span.label,), step.new, place=place)
        if step.kind in _KEEPING and self._looked_at_again(step.new[0], Judgement.PRESENT):
            return self._question("entity", Kind.KEEP, (span.label,), step.new, place=place)
        return None

    def _still_asked(self, question: Question) -> list[Question]:
        """Return what is left of an earlier question on a span or a type."""
        image = _unique(new for label in question.new for new in self._image(label))
        if question.start is not None:
            self._settle_span("review" if image else "dropped")
        return [question.model_copy(update={"new": image})] if image else []

    def _settle_span(self, fate: Fate) -> None:
        self.ledger.receive(Unit.SPANS)
        if fate == "dropped":
            self.ledger.reject_parts(Unit.SPANS, Reason.LABEL_REMOVED, 1)
        elif fate == "review":
            self.ledger.pend(Unit.SPANS, Reason.TO_REVIEW)
        else:
            self.ledger.accept(Unit.SPANS)

    def _types_to_read(self) -> list[Question]:
        """Return a question for each type of which spans may be missing, and the plan asks."""
        return [
            self._question(
                "entity", Kind.ADD if step.kind is Kind.ADD else Kind.KEEP, step.old, (label,)
            )
            for step in self.change.plan.entities
            for label in step.new
            if self._looked_at_again(label, Judgement.ABSENT)
            or (step.kind is Kind.ADD and label in self.change.plan.review)
        ]

    def _question(
        self,
        unit: Literal["issue", "entity"],
        why: Kind,
        old: Sequence[str],
        new: Sequence[str],
        *,
        was: Mapping[str, Judgement] | None = None,
        place: tuple[int | None, int | None] = (None, None),
    ) -> Question:
        return Question(
            unit=unit,
            why=why,
            codebook=self.change.source,
            old=tuple(old),
            new=tuple(new),
            was=dict(was or {}),
            start=place[0],
            end=place[1],
        )


def still_open(
    reviews: Iterable[Review], annotations: Iterable[Annotation], codebook: str
) -> list[Review]:
    """Return the reviews of annotations that still count, sorted by passage and annotator.

    Once an annotator has a later annotation of the passage under the codebook, it is that which
    counts, and what was open in the earlier one is settled. So it is in an adjudication whose
    annotators have changed their answers.
    """
    latest = latest_by_voice(a for a in annotations if a.codebook == codebook)
    said: dict[str, list[Annotation]] = defaultdict(list)
    for item in latest:
        if not item.decides:
            said[item.passage_id].append(item)
    counting = {a.id for a in latest if not a.decides or stands(a, (), said[a.passage_id])}
    found = [r for r in reviews if r.questions and r.annotation in counting]
    return sorted(found, key=lambda r: (r.passage_id, r.annotator, r.annotation))


def latest_by_voice(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Return each annotator's latest annotation of each passage; adjudications are apart."""
    latest = {
        (a.passage_id, a.annotator, bool(a.decides)): a
        for a in sorted(annotations, key=lambda a: a.age)
    }
    return [latest[key] for key in sorted(latest)]


def _outcome(kind: Kind, values: Sequence[Judgement]) -> tuple[Judgement, bool]:
    """Return what a step makes of old decisions, and whether it must be looked at again."""
    if kind is Kind.ADD:
        return Judgement.NOT_JUDGED, True
    if kind is Kind.SPLIT:
        present = values[0] is Judgement.PRESENT
        return (Judgement.NOT_JUDGED if present else values[0]), present
    if Judgement.PRESENT in values:
        return Judgement.PRESENT, False
    if len(set(values)) == 1:
        return values[0], False
    # Merged or removed; what is removed has no new label that the value could reach.
    return Judgement.NOT_JUDGED, True


def _unique(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(labels))
