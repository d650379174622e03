"""What was said about a passage: Prediction (by a machine) and Annotation (by a person)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from schemas.article import Span, overlaps
from schemas.record import Record

Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Judgement(StrEnum):
    """The three values of an issue label."""

    PRESENT = "present"
    ABSENT = "absent"
    NOT_JUDGED = "not_judged"


class Origin(StrEnum):
    """How a span came into an annotation."""

    MANUAL = "manual"
    PREDICTION = "prediction"
    CHANGED = "prediction-changed"


class Arm(StrEnum):
    """Whether the annotator began from a prediction."""

    ASSISTED = "assisted"
    BLIND = "blind"


class Why(StrEnum):
    """Why annotators differed, in the words of the one who decided."""

    OVERLOOKED = "overlooked"
    """Somebody missed what the text says."""
    GUIDELINE = "guideline"
    """The guideline decides it, and somebody did not follow it."""
    GUIDELINE_UNCLEAR = "guideline_unclear"
    """The guideline leaves it open; it must be mended."""
    TEXT_AMBIGUOUS = "text_ambiguous"
    """The text can be read in two ways."""
    BOUNDARY = "boundary"
    """The same entity, but where it begins or ends."""
    ENTITY_TYPE = "entity_type"
    """The same words, but which type they are."""
    SLIP = "slip"
    """A wrong key or click."""
    OTHER = "other"
    """None of these; the comment says what."""


class Evidence(Record):
    """Why a machine gave an issue its score: a place in the passage and what was seen there."""

    issue: str
    start: int = Field(ge=0)
    end: int = Field(gt=0)
    reason: str
    """For the rules: ``strong:<cue>`` or ``weak:<cue>``."""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"evidence {self.start}..{self.end} is empty: start must be < end")
        return self


class Prediction(Record):
    """What a machine says about a passage."""

    schema_version: int = 1
    passage_id: str
    model: str
    """Name and version of the model or rule set."""
    issues: dict[str, Score]
    """A score in 0..1 for every issue of the codebook."""
    present: tuple[str, ...]
    """The issues whose score reaches the model's threshold: its decision."""
    spans: tuple[Span, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @model_validator(mode="after")
    def _present_has_scores(self) -> Self:
        if unknown := sorted(set(self.present) - self.issues.keys()):
            raise ValueError(f"present names {', '.join(unknown)} without a score")
        return self


class AnnotatedSpan(Span):
    """A span as an annotator left it."""

    origin: Origin = Origin.MANUAL


class Annotation(Record):
    """What one annotator says about one passage."""

    schema_version: int = 1
    id: str
    """Label Studio's ``unique_id``."""
    passage_id: str
    annotator: str
    created_at: AwareDatetime
    """When the server first stored it."""
    updated_at: AwareDatetime | None = None
    """When it was last changed on the server, if it ever was."""
    lead_time_s: float | None = None
    """Seconds that the annotator spent, where the interface measured them."""
    arm: Arm
    """``assisted`` when the annotation descends from a prediction, else ``blind``."""
    codebook: str
    """Hash of the codebook it was made under."""
    issues: dict[str, Judgement]
    """A judgement for every issue of the codebook."""
    spans: tuple[AnnotatedSpan, ...] = ()
    parent_prediction: str | None = None
    """The model whose prediction was shown as the start, when there was one."""
    comment: str | None = None
    decides: tuple[str, ...] = ()
    """Ids of the annotations that this one decides between; not empty: it is an adjudication."""
    basis: str | None = None
    """Hash of what those annotations said when this one was made; see ``schemas.dispute``."""
    why: tuple[Why, ...] = ()
    """Why the others differed; an adjudication may give several reasons."""
    migrated_from: str | None = None
    """Id of the annotation under an earlier codebook that this one was made from."""
    withdrawn: bool = False
    """True: a later pull found it skipped, emptied or rejected; it counts no longer."""

    @model_validator(mode="after")
    def _spans_are_apart(self) -> Self:
        for first, second in zip(self.spans, self.spans[1:], strict=False):
            if first.start > second.start or overlaps(first, second):
                raise ValueError(
                    f"spans {first.start}..{first.end} and {second.start}..{second.end} overlap "
                    "or are out of order"
                )
        return self

    @property
    def touched_at(self) -> datetime:
        """When somebody last said what it says; a migration is no such time."""
        return self.updated_at or self.created_at

    @property
    def age(self) -> tuple[datetime, bool, str]:
        """Sorts annotations from the one that was touched first to the latest.

        Of two that were touched at one time, what a migration made comes before what somebody
        said: a codebook that is changed and changed back would else leave the copy, which went
        through both changes, in the place of the original.
        """
        return self.touched_at, self.migrated_from is None, self.id

    @property
    def content(self) -> str:
        """What makes two copies of an annotation say the same: all but the server's clock."""
        return self.model_dump_json(exclude_none=True, exclude={"created_at", "updated_at"})
