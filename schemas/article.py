"""Article, Passage, Span: texts and places in them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from typing import Self, TypeVar

from pydantic import AwareDatetime, Field, model_validator

from schemas.errors import AlignmentError
from schemas.record import Record, content_id

_SHOWN = 40


class Article(Record):
    """One collected text. The text is exactly what was received and never changes."""

    schema_version: int = 1
    id: str
    """Hash of source, url and text."""
    text: str = Field(min_length=1)
    """The text as received: not normalised, line ends kept."""
    title: str | None = None
    source: str | None = None
    url: str | None = None
    published: date | None = None
    language: str = "ar"
    licence: str | None = None
    file: str
    """Where it was read from: the path below the collected folder, with ``:line`` (of a JSONL or
    CSV file) or ``:row`` (of a Parquet file, from 1) where a file holds many."""
    encoding: str = "utf-8"
    """What the file's bytes were decoded with (a Python codec name)."""
    collected_at: AwareDatetime
    """When it first came in; a second collection of the same article keeps the first time."""

    @model_validator(mode="after")
    def _id_is_hash(self) -> Self:
        expected = article_id(self.text, source=self.source, url=self.url)
        if self.id != expected:
            raise ValueError(
                f"id {self.id!r} is not the hash of source, url and text ({expected!r}): "
                "it was changed after it was collected, or another version of Miyar wrote it; "
                "delete this file, then collect it again"
            )
        return self


class Cluster(Record):
    """Articles of which each has the text of another one, exactly or nearly.

    Nothing is removed: later stages keep a cluster in one split. An article is in one cluster
    at most. Near duplicates are joined pair by pair, so two members may be less alike than any
    pair that holds the cluster together.
    """

    id: str
    """Id of the first member."""
    members: tuple[str, ...] = Field(min_length=2)
    """Article ids, sorted by time of collection, file and id."""
    copies: tuple[str, ...] = ()
    """Members whose folded text equals that of an earlier one."""
    similarity: float = Field(ge=0, le=1)
    """Least Jaccard similarity of the pairs that hold the cluster together; 1 for copies only."""


class Passage(Record):
    """A part of an article that is labelled as a whole."""

    id: str
    """Article id and offsets: ``a0123456789abcdef:0-120``."""
    article_id: str
    start: int = Field(ge=0)
    """Code points from the start of the article's text, inclusive."""
    end: int = Field(gt=0)
    """Code points from the start of the article's text, exclusive."""
    text: str = Field(min_length=1)
    position: int = Field(ge=0)
    """Place among the article's passages, from 0."""

    @model_validator(mode="after")
    def _offsets_fit(self) -> Self:
        if self.end - self.start != len(self.text):
            raise ValueError(
                f"offsets {self.start}..{self.end} span {self.end - self.start} code points, "
                f"the text has {len(self.text)}"
            )
        if self.id != passage_id(self.article_id, self.start, self.end):
            raise ValueError(f"id {self.id!r} does not name {self.article_id} and the offsets")
        return self

    def check_against(self, article: Article) -> None:
        """Check that the passage is its slice of the article.

        Raises:
            AlignmentError: it is not.
        """
        found = article.text[self.start : self.end]
        if article.id != self.article_id or found != self.text:
            raise AlignmentError(
                f"passage {self.id} reads {self.text[:_SHOWN]!r}, its slice of article "
                f"{article.id} reads {found[:_SHOWN]!r}; collect and segment the article again."
            )


class Span(Record):
    """An entity mention in a passage: whole words, no outer punctuation."""

    start: int = Field(ge=0)
    """Code points from the start of the passage, inclusive."""
    end: int = Field(gt=0)
    """Code points from the start of the passage, exclusive."""
    label: str
    """An entity id of the codebook."""
    entity_id: str | None = None
    """A gazetteer id, when the mention is linked."""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"span {self.start}..{self.end} is empty: start must be < end")
        return self

    @property
    def key(self) -> tuple[int, int, str]:
        """What two spans share when they say the same."""
        return self.start, self.end, self.label


S = TypeVar("S", bound=Span)


def overlaps(first: Span, second: Span) -> bool:
    """Tell whether two spans share a character."""
    return first.start < second.end and second.start < first.end


def longest_first(spans: Sequence[S]) -> tuple[list[S], list[S]]:
    """Part spans into ``(kept, dropped)`` so that no two kept ones overlap.

    The longest wins, then the leftmost; both lists come back in text order.
    """
    kept: list[S] = []
    dropped: list[S] = []
    starts: list[int] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start, s.label)):
        # What is kept does not overlap, so that only its neighbours can be in the way.
        place = bisect_left(starts, span.start)
        if any(overlaps(span, other) for other in kept[max(place - 1, 0) : place + 1]):
            dropped.append(span)
        else:
            kept.insert(place, span)
            starts.insert(place, span.start)
    return kept, sorted(dropped, key=lambda s: s.key)


def article_id(text: str, *, source: str | None, url: str | None) -> str:
    """Return the id of an article: 16 hexadecimal digits over source, url and text."""
    return content_id("a", source, url, text)


def passage_id(article: str, start: int, end: int) -> str:
    """Return the id of a passage: its article and its offsets."""
    return f"{article}:{start}-{end}"
