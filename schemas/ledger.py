"""Reason codes, and the ledger: every item that comes in ends in one counted state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import StrEnum

from schemas.errors import GateError
from schemas.record import Record

MAX_KEPT = 20
"""Rejects that a ledger with a sink keeps in memory."""


class Unit(StrEnum):
    """What is counted."""

    ARTICLES = "articles"
    PASSAGES = "passages"
    TASKS = "tasks"
    ANNOTATIONS = "annotations"
    ISSUE_DECISIONS = "issue decisions"
    SPANS = "spans"
    ADJUDICATIONS = "adjudications"
    WHYS = "reasons"


class State(StrEnum):
    """Where an item ends. ``repaired`` items are kept, as changed."""

    ACCEPTED = "accepted"
    REPAIRED = "repaired"
    REJECTED = "rejected"
    PENDING = "pending"


class Reason(StrEnum):
    """Why an item was repaired, rejected or is pending. Each has a sentence in ``EXPLAINED``."""

    # articles
    EMPTY_TEXT = "empty_text"
    UNREADABLE_FILE = "unreadable_file"
    BINARY_FILE = "binary_file"
    BROKEN_FILE = "broken_file"
    UNKNOWN_ENCODING = "unknown_encoding"
    BAD_BYTES = "bad_bytes"
    TRANSCODED = "transcoded"
    UNSUPPORTED_FORMAT = "unsupported_format"
    BAD_JSON = "bad_json"
    BAD_ROW = "bad_row"
    MISSING_TEXT = "missing_text"
    NO_MAIN_TEXT = "no_main_text"
    BAD_FIELD = "bad_field"
    OTHER_LANGUAGE = "other_language"
    ALREADY_COLLECTED = "already_collected"
    DUPLICATE_EXACT = "duplicate_exact"
    DUPLICATE_NEAR = "duplicate_near"
    # passages
    COPY_OF_ANOTHER = "copy_of_another"
    TOO_FEW_ANNOTATORS = "too_few_annotators"
    LEFT_OPEN = "left_open"
    # tasks
    TASK_LOST = "task_lost"
    TASK_TEXT_CHANGED = "task_text_changed"
    TASK_DUPLICATED = "task_duplicated"
    COPY_REMOVED = "copy_removed"
    PREDICTION_RESTORED = "prediction_restored"
    FOREIGN_TASK = "foreign_task"
    NOT_ANNOTATED = "not_annotated"
    UNREADABLE_TASK = "unreadable_task"
    # annotations
    SKIPPED = "skipped"
    DRAFT = "draft"
    EMPTY_ANNOTATION = "empty_annotation"
    TASK_REJECTED = "task_rejected"
    MISSING_ID = "missing_id"
    DUPLICATE_ID = "duplicate_id"
    UNREADABLE_ANNOTATION = "unreadable_annotation"
    EDITED_BY_OTHER = "edited_by_other"
    LOST_PARTS = "lost_parts"
    ID_MADE = "id_made"
    NO_ANNOTATOR = "no_annotator"
    ANNOTATED_AGAIN = "annotated_again"
    OTHER_CODEBOOK = "other_codebook"
    UNKNOWN_PASSAGE = "unknown_passage"
    SUPERSEDED = "superseded"
    MIGRATED = "migrated"
    NOT_CARRIED = "not_carried"
    STALE_ADJUDICATION = "stale_adjudication"
    OWN_DISPUTE = "own_dispute"
    DELETED_ON_SERVER = "deleted_on_server"
    # issue decisions
    UNKNOWN_ISSUE = "unknown_issue"
    CONTRADICTORY_CHOICE = "contradictory_choice"
    NOT_JUDGED = "not_judged"
    ANNOTATION_REJECTED = "annotation_rejected"
    UNDECIDED = "undecided"
    ADJUDICATORS_DIFFER = "adjudicators_differ"
    OUTVOTED = "outvoted"
    TO_REVIEW = "to_review"
    LABEL_REMOVED = "label_removed"
    # spans
    UNKNOWN_LABEL = "unknown_label"
    OFFSET_OUT_OF_RANGE = "offset_out_of_range"
    UNREADABLE_REGION = "unreadable_region"
    UNKNOWN_CONTROL = "unknown_control"
    RELATION = "relation"
    FOREIGN_OFFSETS = "foreign_offsets"
    TEXT_MISMATCH = "text_mismatch"
    UTF16_OFFSETS = "utf16_offsets"
    SPAN_WITHOUT_LABEL = "span_without_label"
    SEVERAL_LABELS = "several_labels"
    SPAN_WITHOUT_WORD = "span_without_word"
    SPAN_TRIMMED = "span_trimmed"
    SPAN_WIDENED = "span_widened"
    SPAN_DUPLICATE = "span_duplicate"
    SPAN_OVERLAP = "span_overlap"
    # adjudicators' reasons
    UNKNOWN_WHY = "unknown_why"


EXPLAINED: dict[Reason, str] = {
    Reason.EMPTY_TEXT: "The text is empty or holds only white space, or the file holds no article.",
    Reason.UNREADABLE_FILE: "The file cannot be opened; look at its permissions.",
    Reason.BINARY_FILE: "The file holds NUL bytes: it is not text.",
    Reason.BROKEN_FILE: "The file ends early or is not of the format that its name says.",
    Reason.UNKNOWN_ENCODING: "The file is not UTF-8 and no Arabic encoding fits; save it as UTF-8.",
    Reason.BAD_BYTES: "The file is UTF-8 but for some damaged bytes; mend these.",
    Reason.TRANSCODED: "The file was not UTF-8; it was read in the encoding that was found.",
    Reason.UNSUPPORTED_FORMAT: "No reader for this kind of file.",
    Reason.BAD_JSON: "The line is not a JSON object, or has a key twice.",
    Reason.BAD_ROW: "The row has other cells than the header, or its quotes are broken.",
    Reason.MISSING_TEXT: "There is no text under the key or column `text`; see --map.",
    Reason.NO_MAIN_TEXT: "No article text was found in the web page.",
    Reason.BAD_FIELD: "The text or a field has a value that cannot be read or stored, such as NUL.",
    Reason.OTHER_LANGUAGE: "The text is not in the codebook's language; see --language.",
    Reason.ALREADY_COLLECTED: "The workspace holds the article already; it is not stored again.",
    Reason.DUPLICATE_EXACT: "Another article has the same text but for spelling and white space.",
    Reason.DUPLICATE_NEAR: "Another article has nearly the same text; both go to one split.",
    Reason.COPY_OF_ANOTHER: "Its article is an exact duplicate; see the first one.",
    Reason.TOO_FEW_ANNOTATORS: "Fewer people have annotated the passage than were asked for.",
    Reason.LEFT_OPEN: "An adjudicator saw the dispute and could not judge it.",
    Reason.TASK_LOST: "The server holds no task for the passage (any more); push again.",
    Reason.TASK_TEXT_CHANGED: "The task's text is not the passage's text any more.",
    Reason.TASK_DUPLICATED: "A second task holds the same passage; the annotations of both count.",
    Reason.COPY_REMOVED: "The server had made its task twice; the copy without work was removed.",
    Reason.PREDICTION_RESTORED: "The server had forgotten its prediction; it was sent again.",
    Reason.FOREIGN_TASK: "The task names no passage of this workspace.",
    Reason.NOT_ANNOTATED: "Nobody has submitted an annotation for the task yet.",
    Reason.UNREADABLE_TASK: "The task has not the form of a Label Studio JSON export.",
    Reason.SKIPPED: "The annotator skipped the task.",
    Reason.DRAFT: "The annotator has not submitted the annotation yet.",
    Reason.EMPTY_ANNOTATION: "The annotation holds no answer at all: no issue choice, no span.",
    Reason.TASK_REJECTED: "The annotation belongs to a task that was rejected.",
    Reason.MISSING_ID: "It has neither unique_id nor number: it cannot be told from another one.",
    Reason.DUPLICATE_ID: "Another annotation in the export has the same unique_id.",
    Reason.UNREADABLE_ANNOTATION: "The annotation has not the form that Label Studio exports.",
    Reason.EDITED_BY_OTHER: "Somebody else than its annotator changed the annotation last.",
    Reason.LOST_PARTS: "Some of its parts, such as choices or spans, were repaired or rejected.",
    Reason.ID_MADE: "It has no unique_id; its number, task and time of creation make its id.",
    Reason.NO_ANNOTATOR: "It does not say whose it is; it counts as one of `user-unknown`.",
    Reason.ANNOTATED_AGAIN: "The same annotator has another one of the passage; the later counts.",
    Reason.OTHER_CODEBOOK: "The task or annotation was made under another codebook.",
    Reason.UNKNOWN_PASSAGE: "The annotation names no passage of this workspace.",
    Reason.DELETED_ON_SERVER: "It was pulled before, and is deleted in Label Studio; withdrawn.",
    Reason.SUPERSEDED: "The same annotator has a later annotation of the passage.",
    Reason.MIGRATED: "An annotation under a later codebook was made from it, and counts instead.",
    Reason.NOT_CARRIED: "Another project of the server holds the annotation's id; delete it there.",
    Reason.STALE_ADJUDICATION: "What it decided between has changed since; decide again.",
    Reason.OWN_DISPUTE: "The adjudicator is one of the annotators who differed.",
    Reason.UNKNOWN_ISSUE: "The choice is no issue of the codebook.",
    Reason.CONTRADICTORY_CHOICE: "`none of these` is ticked together with an issue.",
    Reason.NOT_JUDGED: "The annotator gave no judgement on this issue.",
    Reason.ANNOTATION_REJECTED: "The decision or span belongs to a rejected annotation.",
    Reason.UNDECIDED: "Annotators disagree and nobody has adjudicated.",
    Reason.ADJUDICATORS_DIFFER: "Adjudicators contradict each other, so the dispute stays open.",
    Reason.OUTVOTED: "The adjudicator, or a majority of the annotators, decided against it.",
    Reason.TO_REVIEW: "The codebook changed so that it must be looked at again.",
    Reason.LABEL_REMOVED: "The new codebook does not have the label any more.",
    Reason.UNKNOWN_LABEL: "The label is no entity type of the codebook.",
    Reason.OFFSET_OUT_OF_RANGE: "The offsets do not lie inside the text.",
    Reason.UNREADABLE_REGION: "The region has not the form that the annotator interface gives.",
    Reason.UNKNOWN_CONTROL: "The region is from a control that the annotator interface has not.",
    Reason.RELATION: "It is a relation between two regions; Miyar has no place for relations.",
    Reason.FOREIGN_OFFSETS: "The offsets count inside HTML elements or paragraphs, not the text.",
    Reason.TEXT_MISMATCH: "The text at the offsets is not the text that the region itself gives.",
    Reason.UTF16_OFFSETS: "The offsets counted UTF-16 units; only so do they give its own text.",
    Reason.SPAN_WITHOUT_LABEL: "The span was marked without a label.",
    Reason.SEVERAL_LABELS: "The span has several labels, where one is possible.",
    Reason.SPAN_WITHOUT_WORD: "The span holds no letter or digit.",
    Reason.SPAN_TRIMMED: "White space, direction marks or punctuation at the ends were left out.",
    Reason.SPAN_WIDENED: "The span began or ended inside a word and was widened to whole words.",
    Reason.SPAN_DUPLICATE: "The same span is given twice in the annotation.",
    Reason.SPAN_OVERLAP: "The span overlaps a longer one in the annotation.",
    Reason.UNKNOWN_WHY: "The reason is none of those that the adjudicators' interface offers.",
}
"""The sentence for each code; docs/reason-codes.md lists it, and a test compares the two."""

DEFECTS = frozenset(
    {
        Reason.EMPTY_TEXT,
        Reason.UNREADABLE_FILE,
        Reason.BINARY_FILE,
        Reason.BROKEN_FILE,
        Reason.UNKNOWN_ENCODING,
        Reason.BAD_BYTES,
        Reason.UNSUPPORTED_FORMAT,
        Reason.BAD_JSON,
        Reason.BAD_ROW,
        Reason.MISSING_TEXT,
        Reason.NO_MAIN_TEXT,
        Reason.BAD_FIELD,
        Reason.TASK_LOST,
        Reason.TASK_TEXT_CHANGED,
        Reason.FOREIGN_TASK,
        Reason.UNREADABLE_TASK,
        Reason.MISSING_ID,
        Reason.DUPLICATE_ID,
        Reason.UNREADABLE_ANNOTATION,
        Reason.OTHER_CODEBOOK,
        Reason.NOT_CARRIED,
        Reason.UNKNOWN_PASSAGE,
        Reason.UNKNOWN_ISSUE,
        Reason.CONTRADICTORY_CHOICE,
        Reason.UNKNOWN_LABEL,
        Reason.OFFSET_OUT_OF_RANGE,
        Reason.UNREADABLE_REGION,
        Reason.UNKNOWN_CONTROL,
        Reason.FOREIGN_OFFSETS,
        Reason.TEXT_MISMATCH,
        Reason.SEVERAL_LABELS,
        Reason.UNKNOWN_WHY,
    }
)
"""Codes that somebody has to look at: a run that ends with one of them exits with 3."""


# In Python 3.11 looking up an enum's member takes longer than counting with it.
_ACCEPTED = State.ACCEPTED


class Reject(Record):
    """One item that was not taken, kept beside the data so that somebody can look at it."""

    unit: Unit
    reason: Reason
    where: str
    """File and line, task or passage."""
    detail: str
    """What was got."""


class Ledger:
    """Counts items coming in and their final states, and compares the two.

    Items are received at the border (when a line, task or region is read) and settled
    where their fate is decided, so that an item forgotten in between shows.

    ``rejects`` holds every item that was not taken. With a ``sink`` each goes there instead, and
    only the first ``MAX_KEPT`` defects stay in memory, for messages.
    """

    def __init__(self) -> None:
        self.sink: Callable[[Reject], object] | None = None
        self.received: Counter[Unit] = Counter()
        self.states: Counter[tuple[Unit, State]] = Counter()
        self.reasons: Counter[tuple[Unit, State, Reason]] = Counter()
        self.rejects: list[Reject] = []

    def receive(self, unit: Unit, n: int = 1) -> None:
        """Count items coming in."""
        self.received[unit] += n

    def accept(self, unit: Unit, n: int = 1) -> None:
        """Settle items as taken unchanged."""
        self.states[unit, _ACCEPTED] += n

    def remark(self, unit: Unit, reason: Reason, n: int = 1) -> None:
        """Say of items that are accepted that something is to be known about them."""
        if n:
            self.reasons[unit, State.ACCEPTED, reason] += n

    def repair(self, unit: Unit, reason: Reason) -> None:
        """Settle an item as taken with a change."""
        self._settle(unit, State.REPAIRED, reason)

    def reject(self, unit: Unit, reason: Reason, *, where: str, detail: str) -> None:
        """Settle an item as not taken, and keep what it was."""
        self._settle(unit, State.REJECTED, reason)
        item = Reject(unit=unit, reason=reason, where=where, detail=detail)
        if self.sink is None:
            self.rejects.append(item)
            return
        self.sink(item)
        if reason in DEFECTS and len(self.rejects) < MAX_KEPT:
            self.rejects.append(item)

    def reject_parts(self, unit: Unit, reason: Reason, n: int) -> None:
        """Settle parts as not taken; their item is kept elsewhere, so they are only counted."""
        self._settle(unit, State.REJECTED, reason, n)

    def pend(self, unit: Unit, reason: Reason, n: int = 1) -> None:
        """Settle items as waiting for somebody."""
        self._settle(unit, State.PENDING, reason, n)

    def _settle(self, unit: Unit, state: State, reason: Reason, n: int = 1) -> None:
        if n:
            self.states[unit, state] += n
            self.reasons[unit, state, reason] += n

    def units(self) -> list[Unit]:
        """Return the units with a count, in the order of the journey."""
        seen = set(self.received) | {unit for unit, _ in self.states}
        return [unit for unit in Unit if unit in seen]

    def check(self) -> None:
        """Check ``received == accepted + repaired + rejected + pending`` for every unit.

        Nor may there be more remarks than items that were taken.

        Raises:
            GateError: the totals of some unit differ: a bug, or a file changed meanwhile.
        """
        wrong = []
        for unit in self.units():
            settled = sum(self.states[unit, state] for state in State)
            if settled != self.received[unit]:
                parts = " + ".join(f"{self.states[unit, state]} {state}" for state in State)
                wrong.append(f"{unit}: {self.received[unit]} received, but {parts} = {settled}")
            taken = self.states[unit, State.ACCEPTED] + self.states[unit, State.REPAIRED]
            remarks = sum(
                n
                for (of, state, _), n in self.reasons.items()
                if of is unit and state is State.ACCEPTED
            )
            if remarks > taken:
                wrong.append(f"{unit}: {taken} accepted or repaired, but {remarks} remarks")
        if wrong:
            raise GateError(
                "the ledger does not add up: " + "; ".join(wrong) + ". Nothing was written; "
                "please report this with the command that you ran."
            )

    def defects(self) -> dict[Reason, int]:
        """Return the defect codes that occurred, with their counts."""
        found: Counter[Reason] = Counter()
        for (_, state, reason), n in self.reasons.items():
            if state is State.REJECTED and reason in DEFECTS:
                found[reason] += n
        return dict(found)

    def as_dict(self) -> dict[str, dict[str, object]]:
        """Return all counts, for ``--json`` and for sidecars."""
        table: dict[str, dict[str, object]] = {}
        for unit in self.units():
            table[unit.value] = {
                "received": self.received[unit],
                **{state.value: self.states[unit, state] for state in State},
                "reasons": {
                    f"{state.value}:{reason.value}": n
                    for (of, state, reason), n in sorted(self.reasons.items())
                    if of is unit
                },
            }
        return table
