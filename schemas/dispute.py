"""Dispute: a passage on which annotators differ, who said what, and what is proposed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from schemas.annotation import Annotation, Judgement
from schemas.article import Span
from schemas.record import Record, sha256

KEY_SIGN = "#"
_HASH_SHOWN = 16


class DisputeState(StrEnum):
    """How far the adjudication of a dispute has come."""

    OPEN = "open"
    """Nobody has adjudicated it."""
    STALE = "stale"
    """It was adjudicated, and the annotators' answers have changed since."""
    LEFT_OPEN = "left_open"
    """An adjudicator saw these answers and could not judge."""
    DIFFERENT = "adjudicators_differ"
    """Adjudicators saw these answers and contradict each other."""
    TO_REVIEW = "to_review"
    """The codebook changed; annotators have to look at the passage again first."""
    DECIDED = "decided"


class Ground(StrEnum):
    """Why something is in dispute."""

    TIE = "tie"
    """As many for it as against it, or no value with a majority."""
    MAJORITY = "majority"
    """A majority decided it against others."""
    NOT_JUDGED = "not_judged"
    """Nobody could judge it."""
    PRESENCE = "presence"
    """A span that some mark, where the others mark nothing."""
    BOUNDARY = "boundary"
    """A span that others begin or end elsewhere."""
    TYPE = "type"
    """A span that others mark as another type."""


class IssueDispute(Record):
    """An issue in dispute."""

    issue: str
    ground: Ground
    said: dict[str, Judgement]
    """Annotation id → what it says."""


class SpanDispute(Span):
    """A span in dispute."""

    ground: Ground
    held_by: tuple[str, ...]
    """Ids of the annotations that hold this span; the others of the dispute do not."""


class Dispute(Record):
    """A passage in dispute, and what an adjudicator needs to know about it."""

    passage_id: str
    state: DisputeState
    decides: tuple[str, ...]
    """Ids of the annotations that are to be decided between, sorted by annotator."""
    annotators: dict[str, str]
    """Annotation id → annotator."""
    basis: str
    """Hash of what these annotations say: other answers make another dispute."""
    issues: tuple[IssueDispute, ...] = ()
    spans: tuple[SpanDispute, ...] = ()
    comments: dict[str, str] = Field(default_factory=dict)
    """Annotation id → the annotator's comment."""
    proposed: dict[str, Judgement]
    """The merged candidate: what is decided; of what is open, everything that somebody saw."""
    proposed_spans: tuple[Span, ...] = ()
    earlier: tuple[str, ...] = ()
    """Ids of adjudications that were made from other answers."""

    @property
    def key(self) -> str:
        """Names this passage with these answers: the task's key in the adjudication project."""
        return dispute_key(self.passage_id, self.basis)

    @property
    def waits(self) -> bool:
        """Whether an adjudicator has to look at it."""
        return self.state in (DisputeState.OPEN, DisputeState.STALE)


def dispute_key(passage_id: str, basis: str) -> str:
    """Return the key of a passage with these answers."""
    return f"{passage_id}{KEY_SIGN}{basis[:_HASH_SHOWN]}"


def passage_of_key(key: str) -> str | None:
    """Return the passage that a dispute's key names; ``None`` for what is no such key."""
    passage, sign, _ = key.rpartition(KEY_SIGN)
    return passage if sign else None


def basis_of(annotations: Iterable[Annotation]) -> str:
    """Return the hash of what annotations say: issues, and spans by start, end and type.

    Comments, times and origins are no part of it: they do not change what is to be decided.
    """
    said = [
        (a.id, sorted(a.issues.items()), sorted(span.key for span in a.spans)) for a in annotations
    ]
    return sha256(json.dumps(sorted(said), ensure_ascii=False))


def stands(
    adjudication: Annotation, voters: Iterable[Annotation], others: Iterable[Annotation] = ()
) -> bool:
    """Tell whether an adjudication was made from all that the annotators say now.

    Args:
        adjudication: an annotation with ``decides``.
        voters: the annotations of the passage that count now.
        others: further annotations that it may have seen.
    """
    counting = {a.id: a for a in voters}
    known = counting | {a.id: a for a in others}
    decides = set(adjudication.decides)
    if not counting.keys() <= decides <= known.keys():
        return False
    return adjudication.basis in (None, basis_of(known[key] for key in decides))
