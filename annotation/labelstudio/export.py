"""What Label Studio exports → annotations, with every task, annotation, choice and region counted.

The SDK's own converter drops what it does not know and what was skipped, without a word; so
the raw JSON is read here. ``foreign`` reads its shapes, ``regions`` what is inside an annotation.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager

from annotation.labelstudio.foreign import (
    SHOWN,
    UNKNOWN,
    Submitted,
    Task,
    UnreadableError,
    identity,
    parent_model,
    read_annotation,
    read_task,
    shown,
)
from annotation.labelstudio.regions import Parts, RegionReader
from schemas.annotation import Annotation, Arm, Judgement
from schemas.article import Passage
from schemas.codebook import CANNOT_JUDGE, NONE_OF_THESE, Codebook
from schemas.ledger import Ledger, Reason, Unit

# In Python 3.11 looking up an enum's member takes longer than counting with it.
_TASKS, _ANNOTATIONS, _DECISIONS = Unit.TASKS, Unit.ANNOTATIONS, Unit.ISSUE_DECISIONS
_PRESENT, _ABSENT, _OPEN = Judgement.PRESENT, Judgement.ABSENT, Judgement.NOT_JUDGED
_BLIND, _ASSISTED = Arm.BLIND, Arm.ASSISTED
_TAKEN_BACK = (Reason.SKIPPED, Reason.EMPTY_ANNOTATION)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Keep Python from looking for reference cycles in a block that makes only plain records.

    They have none, and looking at all of them again and again takes a third of the time.
    """
    active = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if active:
            gc.enable()


class ExportReader:
    """Reads exports of one workspace's tasks."""

    def __init__(
        self,
        codebook: Codebook,
        passages: Iterable[Passage],
        names: Mapping[int, str],
        ledger: Ledger,
        *,
        extra_choices: Set[str] = frozenset(),
    ) -> None:
        """Prepare.

        Args:
            codebook: what the project was made from.
            passages: the workspace's passages; any other task is foreign.
            names: Label Studio user id → annotator.
            ledger: gets the state of everything in the export.
            extra_choices: names of choices controls that the project has besides the codebook's;
                what is ticked there comes into ``extra``.
        """
        self._hash = codebook.hash
        self._issues = codebook.issue_ids
        self._answers = frozenset({*self._issues, NONE_OF_THESE, CANNOT_JUDGE})
        self._passages = {passage.id: passage for passage in passages}
        self._names = names
        self._ledger = ledger
        self._regions = RegionReader(frozenset(codebook.entity_ids), extra_choices, ledger)
        self._ids: set[str] = set()
        self._read: set[str] = set()
        self._given: set[tuple[str, str]] = set()
        self.refused: set[str] = set()
        """Ids of annotations that were skipped or emptied: their annotators took them back.

        What is rejected for another reason, alone or with its task, says nothing of that.
        """
        self.extra: dict[str, dict[str, list[str]]] = {}
        """Annotation id → extra choices control → what is ticked there."""

    def read(self, export: Iterable[object]) -> list[Annotation]:
        """Return the annotations of an export, in the order of its tasks.

        The tasks may be a stream: each is let go when it is read.
        """
        found: list[Annotation] = []
        with _no_search_for_cycles():
            for number, raw in enumerate(export, start=1):
                found.extend(self._task(raw, number))
        self.refused -= self._ids
        return found

    def new_round(self) -> None:
        """Begin anew to tell second tasks of a passage and second answers; ids stay known."""
        self._read.clear()
        self._given.clear()

    def _task(self, raw: object, number: int) -> list[Annotation]:
        ledger = self._ledger
        ledger.receive(_TASKS)
        where = f"task {number} of the export"
        try:
            task = read_task(raw)
        except UnreadableError as error:
            detail = str(error)[:SHOWN]
            ledger.reject(_TASKS, Reason.UNREADABLE_TASK, where=where, detail=detail)
            return []
        where = f"task {task.id}" if task.id is not None else where
        passage = self._passages.get(task.key) if task.key is not None else None
        if passage is None:
            return self._refuse_task(task, where, Reason.FOREIGN_TASK, f"passage {shown(task.key)}")
        if task.text != passage.text:
            detail = f"text {shown(task.text)}"
            return self._refuse_task(task, where, Reason.TASK_TEXT_CHANGED, detail)
        if task.codebook is not None and task.codebook != self._hash:
            detail = f"codebook {shown(task.codebook)}"
            return self._refuse_task(task, where, Reason.OTHER_CODEBOOK, detail)
        found = [self._annotation(item, task, passage, where) for item in task.annotations]
        kept = [annotation for annotation in found if annotation]
        if task.drafts:
            ledger.receive(_ANNOTATIONS, len(task.drafts))
            ledger.pend(_ANNOTATIONS, Reason.DRAFT, len(task.drafts))
        if passage.id in self._read:
            ledger.repair(_TASKS, Reason.TASK_DUPLICATED)
        elif kept:
            ledger.accept(_TASKS)
        else:
            ledger.pend(_TASKS, Reason.NOT_ANNOTATED)
        self._read.add(passage.id)
        return kept

    def _refuse_task(self, task: Task, where: str, reason: Reason, detail: str) -> list[Annotation]:
        """Settle a task that does not count, and all that is in it."""
        self._ledger.reject(_TASKS, reason, where=where, detail=detail[:SHOWN])
        for item in (*task.annotations, *task.drafts):
            self._ledger.receive(_ANNOTATIONS)
            self._reject(Reason.TASK_REJECTED, where, item, task)
        return []

    def _reject(self, reason: Reason, where: str, item: object, task: Task, why: str = "") -> None:
        """Settle a received annotation, and the regions in it, as rejected."""
        detail = why or shown(item)
        if isinstance(item, dict):
            key = identity(item, task.key)
            if key is not None and reason in _TAKEN_BACK:
                self.refused.add(key)
            detail = f"unique_id {shown(item.get('unique_id'))} by "
            detail += f"{shown(item.get('completed_by'))}{why and ': '}{why}"
            self._regions.count_lost(item.get("result"))
        self._ledger.reject(_ANNOTATIONS, reason, where=where, detail=detail[:SHOWN])

    def _annotation(
        self, item: object, task: Task, passage: Passage, where: str
    ) -> Annotation | None:
        self._ledger.receive(_ANNOTATIONS)
        try:
            given = read_annotation(item, task.key, self._names)
        except UnreadableError as error:
            self._reject(Reason.UNREADABLE_ANNOTATION, where, item, task, str(error))
            return None
        if reason := self._refusal(given):
            self._reject(reason, where, item, task)
            return None
        unique_id = given.id or ""
        self._ids.add(unique_id)
        where = f"{where}, annotation {unique_id}"
        parts = self._regions.read(given.result, passage.text, where)
        issues = self._judgements(parts, where)
        if parts.extra:
            self.extra[unique_id] = parts.extra
        annotator = given.annotator or UNKNOWN
        self._settle(given, parts, (passage.id, annotator))
        return Annotation(
            id=unique_id,
            passage_id=passage.id,
            annotator=annotator,
            created_at=given.created,
            updated_at=given.updated,
            lead_time_s=given.lead_time,
            arm=_BLIND if given.parent is None else _ASSISTED,
            codebook=self._hash,
            issues=issues,
            spans=parts.spans,
            parent_prediction=parent_model(given, task),
            comment="\n".join(parts.comments) or None,
        )

    def _refusal(self, given: Submitted) -> Reason | None:
        if given.cancelled:
            return Reason.SKIPPED
        if not given.result:
            return Reason.EMPTY_ANNOTATION
        if given.id is None:
            return Reason.MISSING_ID
        return Reason.DUPLICATE_ID if given.id in self._ids else None

    def _settle(self, given: Submitted, parts: Parts, author: tuple[str, str]) -> None:
        """Settle an annotation that is taken, under the weightiest of its repairs."""
        ledger = self._ledger
        if given.user is not None and given.editor not in (None, given.user):
            ledger.repair(_ANNOTATIONS, Reason.EDITED_BY_OTHER)
        elif given.annotator is None:
            ledger.repair(_ANNOTATIONS, Reason.NO_ANNOTATOR)
        elif not (parts.whole and given.whole):
            ledger.repair(_ANNOTATIONS, Reason.LOST_PARTS)
        elif given.id_made:
            ledger.repair(_ANNOTATIONS, Reason.ID_MADE)
        else:
            ledger.accept(_ANNOTATIONS)
        if author in self._given:
            ledger.remark(_ANNOTATIONS, Reason.ANNOTATED_AGAIN)
        self._given.add(author)

    def _judgements(self, parts: Parts, where: str) -> dict[str, Judgement]:
        ledger, known = self._ledger, self._issues
        ticked = set(parts.ticked)
        unknown = ticked - self._answers
        for choice in sorted(unknown):
            detail = shown(choice)
            ledger.receive(_DECISIONS)
            ledger.reject(_DECISIONS, Reason.UNKNOWN_ISSUE, where=where, detail=detail)
            parts.whole = False
        ledger.receive(_DECISIONS, len(known))
        present = ticked.intersection(known)
        if NONE_OF_THESE in ticked and present:
            parts.whole = False
            detail = f"{NONE_OF_THESE} with {', '.join(sorted(present))}"
            ledger.reject(_DECISIONS, Reason.CONTRADICTORY_CHOICE, where=where, detail=detail)
            rest = len(known) - 1
            ledger.reject_parts(_DECISIONS, Reason.CONTRADICTORY_CHOICE, rest)
            return dict.fromkeys(known, _OPEN)
        answered = bool(present) or NONE_OF_THESE in ticked
        # What is ticked under an unknown name may be any of the others, so none of them is absent.
        judged = answered and CANNOT_JUDGE not in ticked and not unknown
        other = _ABSENT if judged else _OPEN
        issues = dict.fromkeys(known, other)
        for issue in present:
            issues[issue] = _PRESENT
        open_ = 0 if judged else len(known) - len(present)
        ledger.accept(_DECISIONS, len(known) - open_)
        if open_:
            ledger.pend(_DECISIONS, Reason.NOT_JUDGED, open_)
        return issues
