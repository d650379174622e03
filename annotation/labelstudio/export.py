"""What Label Studio exports → annotations, with every task, annotation, choice and region counted.

The SDK's own converter drops what it does not know and what was skipped, without a word; so
the raw JSON is read here. Foreign shapes are checked leniently once, at this border.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from annotation.labelstudio.accounts import UNNAMED
from annotation.labelstudio.config import COMMENT, ENTITIES, ISSUES
from annotation.labelstudio.tasks import CODEBOOK, KEY
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Origin
from schemas.article import Passage, longest_first
from schemas.codebook import CANNOT_JUDGE, NONE_OF_THESE, Codebook
from schemas.ledger import Ledger, Reason, Unit
from schemas.text import trim, whole_words

_SHOWN = 120


class _Foreign(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Annotation(_Foreign):
    unique_id: str | None = None
    completed_by: int | dict[str, Any] | None = None
    updated_by: int | None = None
    result: list[dict[str, Any]]
    was_cancelled: bool = False
    created_at: datetime
    updated_at: datetime | None = None
    lead_time: float | None = None
    parent_prediction: int | None = None
    prediction: dict[str, Any] | None = None


class _Task(_Foreign):
    id: int | None = None
    data: dict[str, Any]
    annotations: list[Any]
    drafts: list[Any] = []


class _Value(_Foreign):
    start: int
    end: int
    labels: list[str]


@dataclass
class _Parts:
    """What the regions of one annotation say."""

    ticked: list[str] = field(default_factory=list)
    candidates: dict[AnnotatedSpan, Reason | None] = field(default_factory=dict)
    """Spans that can be read, each with the repair that it needed."""
    spans: list[AnnotatedSpan] = field(default_factory=list)
    """The candidates that do not overlap."""
    comments: list[str] = field(default_factory=list)
    clean: bool = True


class ExportReader:
    """Reads exports of one workspace's tasks."""

    def __init__(
        self,
        codebook: Codebook,
        passages: Iterable[Passage],
        names: dict[int, str],
        ledger: Ledger,
    ) -> None:
        """Prepare.

        Args:
            codebook: what the project was made from.
            passages: the workspace's passages; any other task is foreign.
            names: Label Studio user id → annotator.
            ledger: gets the state of everything in the export.
        """
        self._codebook = codebook
        self._passages = {passage.id: passage for passage in passages}
        self._names = names
        self._ledger = ledger
        self._ids: set[str] = set()
        self._seen: set[str] = set()
        self.refused: set[str] = set()
        """Ids that the export holds, but that do not count (any more)."""

    def read(self, export: Sequence[object]) -> list[Annotation]:
        """Return the annotations of an export, in the order of its tasks."""
        found: list[Annotation] = []
        for number, raw in enumerate(export, start=1):
            found.extend(self._task(raw, f"task {number} of the export"))
        self.refused -= self._ids
        return found

    def _task(self, raw: object, where: str) -> list[Annotation]:
        ledger = self._ledger
        ledger.receive(Unit.TASKS)
        try:
            task = _Task.model_validate(raw)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            detail = f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            ledger.reject(Unit.TASKS, Reason.UNREADABLE_TASK, where=where, detail=detail)
            return []
        where = f"task {task.id}" if task.id is not None else where
        key = str(task.data.get(KEY, ""))
        passage = self._passages.get(key)
        text = task.data.get("text")
        codebook = task.data.get(CODEBOOK)
        refusal: tuple[Reason, str] | None = None
        if passage is None:
            self._refuse_task(task, where, Reason.FOREIGN_TASK, f"{KEY} {key!r}")
            return []
        if text != passage.text:
            refusal = Reason.TASK_TEXT_CHANGED, f"text {str(text)[:60]!r}"
        elif codebook not in (None, self._codebook.hash):
            refusal = Reason.OTHER_CODEBOOK, f"codebook {str(codebook)[:8]}"
        if refusal:
            self._refuse_task(task, where, *refusal)
            return []
        found = [self._annotation(item, passage, where) for item in task.annotations]
        kept = [annotation for annotation in found if annotation]
        ledger.receive(Unit.ANNOTATIONS, len(task.drafts))
        ledger.pend(Unit.ANNOTATIONS, Reason.DRAFT, len(task.drafts))
        if key in self._seen:
            ledger.repair(Unit.TASKS, Reason.TASK_DUPLICATED)
        elif kept:
            ledger.accept(Unit.TASKS)
        else:
            ledger.pend(Unit.TASKS, Reason.NOT_ANNOTATED)
        self._seen.add(key)
        return kept

    def _refuse_task(self, task: _Task, where: str, reason: Reason, detail: str) -> None:
        self._ledger.reject(Unit.TASKS, reason, where=where, detail=detail)
        self._drop(task.annotations, Reason.TASK_REJECTED, where)
        self._drop(task.drafts, Reason.TASK_REJECTED, where)

    def _drop(self, items: list[Any], reason: Reason, where: str) -> None:
        """Count annotations that cannot be read on their own, with all that is in them."""
        for item in items:
            self._ledger.receive(Unit.ANNOTATIONS)
            self._reject(reason, where, item)

    def _reject(self, reason: Reason, where: str, item: object) -> None:
        """Settle a received annotation, and the regions in it, as rejected."""
        detail = ""
        if isinstance(item, dict):
            self.refused.add(str(item.get("unique_id")))
            detail = f"unique_id {item.get('unique_id')!r} by {item.get('completed_by')!r}"
            result = item.get("result")
            regions = (
                [r for r in result if _type(r) == "labels"] if isinstance(result, list) else []
            )
            self._ledger.receive(Unit.SPANS, len(regions))
            self._ledger.reject_parts(Unit.SPANS, Reason.ANNOTATION_REJECTED, len(regions))
        self._ledger.reject(Unit.ANNOTATIONS, reason, where=where, detail=detail[:_SHOWN])

    def _annotation(self, item: object, passage: Passage, where: str) -> Annotation | None:
        ledger = self._ledger
        ledger.receive(Unit.ANNOTATIONS)
        try:
            raw = _Annotation.model_validate(item)
        except ValidationError:
            self._reject(Reason.UNREADABLE_ANNOTATION, where, item)
            return None
        reason = self._refusal(raw)
        if reason:
            self._reject(reason, where, item)
            return None
        unique_id = raw.unique_id or ""
        self._ids.add(unique_id)
        where = f"{where}, annotation {unique_id}"
        parts = self._parts(raw.result, passage, where)
        issues = self._judgements(parts, where)
        annotator, user = self._annotator(raw.completed_by)
        if raw.updated_by is not None and user is not None and raw.updated_by != user:
            ledger.repair(Unit.ANNOTATIONS, Reason.EDITED_BY_OTHER)
        elif not parts.clean:
            ledger.repair(Unit.ANNOTATIONS, Reason.LOST_PARTS)
        else:
            ledger.accept(Unit.ANNOTATIONS)
        changed = raw.updated_at != raw.created_at
        return Annotation(
            id=unique_id,
            passage_id=passage.id,
            annotator=annotator,
            created_at=_utc(raw.created_at),
            updated_at=_utc(raw.updated_at) if changed and raw.updated_at else None,
            lead_time_s=raw.lead_time,
            arm=Arm.BLIND if raw.parent_prediction is None else Arm.ASSISTED,
            codebook=self._codebook.hash,
            issues=issues,
            spans=tuple(parts.spans),
            parent_prediction=_parent(raw),
            comment="\n".join(parts.comments) or None,
        )

    def _refusal(self, raw: _Annotation) -> Reason | None:
        if raw.was_cancelled:
            return Reason.SKIPPED
        if not raw.result:
            return Reason.EMPTY_ANNOTATION
        if not raw.unique_id:
            return Reason.MISSING_ID
        return Reason.DUPLICATE_ID if raw.unique_id in self._ids else None

    def _annotator(self, completed_by: int | dict[str, Any] | None) -> tuple[str, int | None]:
        if isinstance(completed_by, dict):
            user = completed_by.get("id")
            name = completed_by.get("email") or f"{UNNAMED}{user}"
        else:
            user, name = completed_by, f"{UNNAMED}{completed_by}"
        return self._names.get(user, str(name)) if isinstance(user, int) else str(name), user

    def _parts(self, result: list[dict[str, Any]], passage: Passage, where: str) -> _Parts:
        parts = _Parts()
        for region in result:
            kind, name, value = _type(region), region.get("from_name"), region.get("value")
            if kind == "labels" and name == ENTITIES:
                self._span(region, passage, where, parts)
            elif kind == "choices" and name == ISSUES and _texts(value, "choices") is not None:
                parts.ticked.extend(_texts(value, "choices") or [])
            elif kind == "textarea" and name == COMMENT and _texts(value, "text") is not None:
                parts.comments.extend(_texts(value, "text") or [])
            else:
                detail = f"type {kind!r} from {name!r}"
                self._ledger.receive(Unit.SPANS)
                self._refuse_span(parts, Reason.UNREADABLE_REGION, where, detail)
        self._settle_spans(parts, where)
        return parts

    def _span(self, region: dict[str, Any], passage: Passage, where: str, parts: _Parts) -> None:
        ledger = self._ledger
        ledger.receive(Unit.SPANS)
        try:
            value = _Value.model_validate(region.get("value"), strict=True)
        except ValidationError:
            detail = repr(region.get("value"))
            self._refuse_span(parts, Reason.UNREADABLE_REGION, where, detail)
            return
        labels = [label for label in value.labels if label in self._codebook.entity_ids]
        place = f"{value.start}..{value.end} {value.labels}"
        if len(value.labels) != 1 or not labels:
            self._refuse_span(parts, Reason.UNKNOWN_LABEL, where, place)
            return
        if not 0 <= value.start < value.end <= len(passage.text):
            detail = f"{place} in a text of {len(passage.text)} code points"
            self._refuse_span(parts, Reason.OFFSET_OUT_OF_RANGE, where, detail)
            return
        start, end = whole_words(passage.text, value.start, value.end)
        if start == end:
            self._refuse_span(parts, Reason.SPAN_WITHOUT_WORD, where, place)
            return
        origin = region.get("origin")
        span = AnnotatedSpan(
            start=start,
            end=end,
            label=labels[0],
            origin=Origin(origin) if origin in list(Origin) else Origin.MANUAL,
        )
        if any(span.key == other.key for other in parts.candidates):
            self._refuse_span(parts, Reason.SPAN_DUPLICATE, where, place)
            return
        inner = trim(passage.text, value.start, value.end)
        repair: Reason | None = None
        if start < inner[0] or end > inner[1]:
            repair = Reason.SPAN_WIDENED
        elif (start, end) != (value.start, value.end):
            repair = Reason.SPAN_TRIMMED
        parts.candidates[span] = repair

    def _refuse_span(self, parts: _Parts, reason: Reason, where: str, detail: str) -> None:
        self._ledger.reject(Unit.SPANS, reason, where=where, detail=detail[:_SHOWN])
        parts.clean = False

    def _settle_spans(self, parts: _Parts, where: str) -> None:
        """Settle the candidates: of overlapping ones the longest is kept."""
        kept, dropped = longest_first(list(parts.candidates))
        for span in dropped:
            detail = f"{span.start}..{span.end} {span.label}"
            self._refuse_span(parts, Reason.SPAN_OVERLAP, where, detail)
        for span in kept:
            if repair := parts.candidates[span]:
                self._ledger.repair(Unit.SPANS, repair)
                parts.clean = False
            else:
                self._ledger.accept(Unit.SPANS)
        parts.spans = kept

    def _judgements(self, parts: _Parts, where: str) -> dict[str, Judgement]:
        ledger, known = self._ledger, self._codebook.issue_ids
        ticked = set(parts.ticked)
        for choice in sorted(ticked - {*known, NONE_OF_THESE, CANNOT_JUDGE}):
            ledger.receive(Unit.ISSUE_DECISIONS)
            ledger.reject(Unit.ISSUE_DECISIONS, Reason.UNKNOWN_ISSUE, where=where, detail=choice)
            parts.clean = False
        ledger.receive(Unit.ISSUE_DECISIONS, len(known))
        present = ticked & set(known)
        if NONE_OF_THESE in ticked and present:
            parts.clean = False
            detail = f"{NONE_OF_THESE} with {', '.join(sorted(present))}"
            ledger.reject(
                Unit.ISSUE_DECISIONS, Reason.CONTRADICTORY_CHOICE, where=where, detail=detail
            )
            rest = len(known) - 1
            ledger.reject_parts(Unit.ISSUE_DECISIONS, Reason.CONTRADICTORY_CHOICE, rest)
            return dict.fromkeys(known, Judgement.NOT_JUDGED)
        answered = ticked & {*known, NONE_OF_THESE} and CANNOT_JUDGE not in ticked
        other = Judgement.ABSENT if answered else Judgement.NOT_JUDGED
        issues = {issue: Judgement.PRESENT if issue in present else other for issue in known}
        open_ = sum(value is Judgement.NOT_JUDGED for value in issues.values())
        ledger.accept(Unit.ISSUE_DECISIONS, len(known) - open_)
        ledger.pend(Unit.ISSUE_DECISIONS, Reason.NOT_JUDGED, open_)
        return issues


def _type(region: object) -> str | None:
    return region.get("type") if isinstance(region, dict) else None


def _texts(value: object, key: str) -> list[str] | None:
    """Return the list of texts that a control's value holds; ``None`` when it holds none."""
    found = value.get(key) if isinstance(value, dict) else None
    if found is None and isinstance(value, dict) and key in value:
        return []
    if isinstance(found, list) and all(isinstance(item, str) for item in found):
        return found
    return None


def _utc(time: datetime) -> datetime:
    """Read a time without a zone as UTC, which Label Studio's are."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _parent(raw: _Annotation) -> str | None:
    if raw.parent_prediction is None:
        return None
    shown = raw.prediction or {}
    model = shown.get("model_version") if shown.get("id") == raw.parent_prediction else None
    return str(model or f"prediction {raw.parent_prediction}")
