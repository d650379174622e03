"""GoldRecord, splits and the manifest of a gold release."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.annotation import Judgement, Why
from schemas.article import Passage, Span
from schemas.record import Record

SplitName = Literal["train", "dev", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "dev", "test")


class DecidedBy(StrEnum):
    """What a gold decision rests on."""

    UNANIMOUS = "unanimous"
    MAJORITY = "majority"
    ADJUDICATED = "adjudicated"
    SINGLE = "single"
    UNDECIDED = "undecided"
    """Annotators disagree and nobody adjudicated: the decision is left out."""


class IssueDecision(Record):
    """The gold value of one issue in one passage, and what it rests on."""

    judgement: Judgement
    decided_by: DecidedBy
    annotations: tuple[str, ...] = ()
    """Ids of the annotations that judged this issue."""

    @model_validator(mode="after")
    def _undecided_is_not_judged(self) -> Self:
        if self.decided_by is DecidedBy.UNDECIDED and self.judgement is not Judgement.NOT_JUDGED:
            raise ValueError(f"an undecided issue cannot be {self.judgement}")
        return self


class SpanDecision(Span):
    """A gold span, and what it rests on."""

    decided_by: DecidedBy
    annotations: tuple[str, ...] = ()
    """Ids of the annotations that hold this span."""


class Ruling(Record):
    """An adjudication behind a gold record: from what it was made, and why it was needed."""

    annotation: str
    """Id of the adjudicator's annotation."""
    decides: tuple[str, ...]
    """Ids of the annotations that it decided between."""
    why: tuple[Why, ...] = ()
    """Why these differed, in the adjudicator's words."""


class GoldRecord(Record):
    """What the team holds to be true of a passage."""

    schema_version: int = 1
    passage: Passage
    group: str
    """Records of one group never fall into different splits: the article, or its cluster."""
    issues: dict[str, IssueDecision]
    spans: tuple[SpanDecision, ...] = ()
    spans_complete: bool
    """False when annotators disagree about a span and nobody adjudicated."""
    rulings: tuple[Ruling, ...] | None = None
    """The adjudications that count for this passage, if there are any."""

    @model_validator(mode="after")
    def _spans_fit(self) -> Self:
        end = 0
        for span in self.spans:
            if span.start < end or span.end > len(self.passage.text):
                raise ValueError(
                    f"span {span.start}..{span.end} of {self.passage.id} overlaps the one before, "
                    f"is out of order, or ends beyond the text of {len(self.passage.text)}"
                )
            end = span.end
        return self

    def present(self) -> tuple[str, ...]:
        """The issues that are present, in the order of the codebook."""
        return tuple(k for k, v in self.issues.items() if v.judgement is Judgement.PRESENT)

    def judged(self) -> dict[str, bool]:
        """Issue → present?, without the issues that were not judged."""
        return {
            issue: decision.judgement is Judgement.PRESENT
            for issue, decision in self.issues.items()
            if decision.judgement is not Judgement.NOT_JUDGED
        }


class Splits(Record):
    """Which passages train, choose and test a model."""

    seed: int
    train: tuple[str, ...]
    dev: tuple[str, ...]
    test: tuple[str, ...]

    def of(self, name: SplitName) -> tuple[str, ...]:
        """Return the passage ids of one split."""
        return {"train": self.train, "dev": self.dev, "test": self.test}[name]


class Manifest(Record):
    """What a release holds, from what it was made, and the hash of each of its files."""

    schema_version: int = 1
    version: str
    """``v1``, ``v2`` …"""
    parent: str | None = None
    """The release before this one."""
    tool: str
    """Name and version of the program that made it."""
    codebook_id: str
    codebook_version: str
    codebook: str
    """Hash of the codebook."""
    issues: tuple[str, ...]
    entities: tuple[str, ...]
    counts: dict[str, int] = Field(default_factory=dict)
    files: dict[str, str]
    """File name → SHA-256."""
