"""The regions of one annotation → spans, ticks and comments; every region counted.

Label Studio calls everything a region that a control gives: a marked place, a tick, a comment,
an arrow between two places.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter

from annotation.labelstudio.foreign import SHOWN, shown
from annotation.labelstudio.interface.config import COMMENT, ENTITIES, ISSUES
from schemas.annotation import AnnotatedSpan, Origin
from schemas.article import longest_first
from schemas.characters import BIDI_CONTROLS, ZERO_WIDTH
from schemas.ledger import Ledger, Reason, Unit
from schemas.text import trim, whole_words

_ORIGINS = {origin.value: origin for origin in Origin}
_SPANS: TypeAdapter[tuple[AnnotatedSpan, ...]] = TypeAdapter(tuple[AnnotatedSpan, ...])
# In Python 3.11 looking up an enum's member takes longer than counting with it.
_UNIT, _MANUAL = Unit.SPANS, Origin.MANUAL
_ELSEWHERE = frozenset({"startOffset", "endOffset", "globalOffsets"})
"""Keys of a value whose offsets do not count from the start of the text."""
_LEFT_OUT = str.maketrans(dict.fromkeys(BIDI_CONTROLS + ZERO_WIDTH))
_CONTROLS = {(ENTITIES, "labels"), (ISSUES, "choices"), (COMMENT, "textarea")}


_Key = tuple[int, int, str]
"""Start, end and label of a span."""
_Candidates = dict[_Key, tuple[Origin, Reason | None]]
"""Spans that can be read, each with its origin and the repair that it needed."""


class _RefusedError(Exception):
    """A region that is not taken."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason, self.detail = reason, detail


@dataclass
class Parts:
    """What the regions of one annotation say."""

    ticked: list[str] = field(default_factory=list)
    extra: dict[str, list[str]] = field(default_factory=dict)
    """Control → what was ticked there, for controls that the codebook does not know."""
    spans: tuple[AnnotatedSpan, ...] = ()
    """In text order, without overlaps."""
    comments: list[str] = field(default_factory=list)
    whole: bool = True
    """False when something was repaired or left out."""


class RegionReader:
    """Reads the regions of annotations under one codebook."""

    def __init__(self, entities: Set[str], extra: Set[str], ledger: Ledger) -> None:
        """Prepare.

        Args:
            entities: the labels of spans.
            extra: names of further choices controls.
            ledger: gets the state of every region that is no tick or comment.
        """
        self._entities = entities
        self._extra = extra
        self._ledger = ledger

    def read(self, result: list[Any], text: str, where: str) -> Parts:
        """Return what the regions of an annotation of ``text`` say."""
        parts = Parts()
        candidates: _Candidates = {}
        received = 0
        for region in result:
            if isinstance(region, dict):
                if region.get("type") != "labels" and self._is_answer(region, parts):
                    continue
                if "meta" in region:
                    _note(region, parts)
            received += 1
            try:
                key, repair = self._place(region, text)
            except _RefusedError as refused:
                self._refuse(parts, refused.reason, where, refused.detail)
                continue
            if key in candidates:
                self._refuse(parts, Reason.SPAN_DUPLICATE, where, _named(key))
            else:
                origin = region.get("origin")
                known = _ORIGINS.get(origin) if isinstance(origin, str) else None
                candidates[key] = known or _MANUAL, repair
        self._ledger.receive(_UNIT, received)
        if candidates:
            self._settle(candidates, parts, where)
        return parts

    def count_lost(self, result: object) -> None:
        """Count the regions of an annotation that is rejected as a whole."""
        if isinstance(result, list):
            lost = sum(not self._is_answer(region, Parts()) for region in result)
            self._ledger.receive(_UNIT, lost)
            self._ledger.reject_parts(_UNIT, Reason.ANNOTATION_REJECTED, lost)

    def _is_answer(self, region: object, parts: Parts) -> bool:
        """Take a tick or comment; tell whether the region is one."""
        if not isinstance(region, dict):
            return False
        kind = region.get("type")
        if kind not in ("choices", "textarea"):
            return False
        name, value = region.get("from_name"), region.get("value")
        if not isinstance(value, dict) or "start" in value:
            return False  # with a start it is about one span, not the passage
        if kind == "choices" and name == ISSUES:
            goal = parts.ticked
        elif kind == "choices" and isinstance(name, str) and name in self._extra:
            goal = parts.extra.setdefault(name, [])
        elif kind == "textarea" and name == COMMENT:
            goal = parts.comments
        else:
            return False
        found = _texts(value, "choices" if kind == "choices" else "text")
        if found is None:
            return False
        for item in found:
            good = _storable(item)
            parts.whole &= good == item
            goal.append(good)
        return True

    def _place(self, region: object, text: str) -> tuple[_Key, Reason | None]:
        """Return start, end and label of a region's span, and the repair that they needed.

        Raises:
            _RefusedError: it gives none.
        """
        value = region.get("value") if isinstance(region, dict) else None
        if (
            not isinstance(region, dict)
            or not isinstance(value, dict)
            or region.get("type") != "labels"
            or region.get("from_name") != ENTITIES
            or not _ELSEWHERE.isdisjoint(value)
        ):
            raise _not_an_entity(region)
        start, end = value.get("start"), value.get("end")
        if type(start) is not int or type(end) is not int:
            start, end = _offset(start, value), _offset(end, value)
        labels = value.get("labels")
        label = labels[0] if isinstance(labels, list) and len(labels) == 1 else None
        if not isinstance(label, str) or label not in self._entities:
            label = self._one_label(labels)
        own, moved = value.get("text"), False
        if (end > len(text) or own != text[start:end]) and isinstance(own, str) and own:
            start, end, moved = _placed(text, start, end, own)
        if not 0 <= start < end <= len(text):
            detail = f"{shown(start)}..{shown(end)} in a text of {len(text)} code points"
            raise _RefusedError(Reason.OFFSET_OUT_OF_RANGE, detail)
        first, last = whole_words(text, start, end)
        if first == last:
            raise _RefusedError(Reason.SPAN_WITHOUT_WORD, f"{start}..{end} {label}")
        key = first, last, label
        if moved:
            return key, Reason.UTF16_OFFSETS
        if (first, last) == (start, end):
            return key, None
        inner = trim(text, start, end)
        widened = first < inner[0] or last > inner[1]
        return key, Reason.SPAN_WIDENED if widened else Reason.SPAN_TRIMMED

    def _one_label(self, labels: object) -> str:
        """Return the label of a span that has no plain one.

        Raises:
            _RefusedError: it has none, several, or none of the codebook's.
        """
        if labels is None or labels == []:
            raise _RefusedError(Reason.SPAN_WITHOUT_LABEL, "no label")
        if not (isinstance(labels, list) and all(isinstance(label, str) for label in labels)):
            raise _RefusedError(Reason.UNREADABLE_REGION, f"labels {shown(labels)}")
        label: str = labels[0]
        if len(set(labels)) > 1:
            raise _RefusedError(Reason.SEVERAL_LABELS, f"labels {shown(labels)}")
        if label not in self._entities:
            raise _RefusedError(Reason.UNKNOWN_LABEL, f"label {shown(label)}")
        return label

    def _settle(self, candidates: _Candidates, parts: Parts, where: str) -> None:
        """Settle the candidates: of overlapping ones the longest is kept."""
        keys = sorted(candidates)
        rows = [
            {"start": key[0], "end": key[1], "label": key[2], "origin": candidates[key][0]}
            for key in keys
        ]
        # All at once: that takes half the time. The list is not strictly the tuple that it becomes.
        spans = _SPANS.validate_python(rows, strict=False)
        if any(first[1] > second[0] for first, second in pairwise(keys)):
            kept, dropped = longest_first(spans)
            for span in dropped:
                self._refuse(parts, Reason.SPAN_OVERLAP, where, _named(span.key))
            spans, keys = tuple(kept), [span.key for span in kept]
        parts.spans = spans
        repairs = [repair for key in keys if (repair := candidates[key][1])]
        for reason in repairs:
            self._ledger.repair(_UNIT, reason)
            parts.whole = False
        self._ledger.accept(_UNIT, len(keys) - len(repairs))

    def _refuse(self, parts: Parts, reason: Reason, where: str, detail: str) -> None:
        self._ledger.reject(_UNIT, reason, where=where, detail=detail[:SHOWN])
        parts.whole = False


def _named(key: _Key) -> str:
    start, end, label = key
    return f"{start}..{end} {label}"


def _not_an_entity(region: object) -> _RefusedError:
    """Return why a region is none of the entities' control, in a form that can be read."""
    if not isinstance(region, dict):
        return _RefusedError(Reason.UNREADABLE_REGION, shown(region))
    kind, name, value = region.get("type"), region.get("from_name"), region.get("value")
    if kind == "relation":
        ends = f"{shown(region.get('from_id'))} to {shown(region.get('to_id'))}"
        return _RefusedError(Reason.RELATION, f"{ends}, labels {shown(region.get('labels'))}")
    detail = f"type {shown(kind)} from {shown(name)}: {shown(value)}"
    if isinstance(value, dict) and not _ELSEWHERE.isdisjoint(value):
        return _RefusedError(Reason.FOREIGN_OFFSETS, detail)
    told = isinstance(kind, str) and isinstance(name, str)
    foreign = told and (name, kind) not in _CONTROLS
    return _RefusedError(Reason.UNKNOWN_CONTROL if foreign else Reason.UNREADABLE_REGION, detail)


def _note(region: dict[str, Any], parts: Parts) -> None:
    """Take what the annotator wrote on a region itself as a comment."""
    meta, value = region["meta"], region.get("value")
    place = value.get("text") if isinstance(value, dict) else None
    for note in (_texts(meta, "text") if isinstance(meta, dict) else None) or []:
        if note.strip():
            quoted = f"«{_storable(place)}»: " if isinstance(place, str) else ""
            parts.comments.append(quoted + _storable(note))


def _offset(given: object, value: object) -> int:
    """Return a whole number; JSON does not tell 5 from 5.0, but a text or a Boolean is none.

    Raises:
        _RefusedError: it is none.
    """
    if isinstance(given, float) and given.is_integer():
        return int(given)
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    place = isinstance(given, str) and given.startswith("/")  # /div[1]/p[1]/text()[1]
    raise _RefusedError(Reason.FOREIGN_OFFSETS if place else Reason.UNREADABLE_REGION, shown(value))


def _placed(text: str, start: int, end: int, own: str) -> tuple[int, int, bool]:
    """Return where a region is whose own text is not the slice, and whether it had to be moved.

    The interface writes a line break as backslash and n, and what it shows is not always what
    is marked at the ends: white space and marks are not compared. Old servers counted UTF-16
    units; where the own text stands there and not here, nothing is left to guess.

    Raises:
        _RefusedError: the text stands at neither place.
    """
    wanted, inside = _bare(own), 0 <= start < end <= len(text)
    if inside and _bare(text[start:end]) == wanted:
        return start, end, False
    units = text.encode("utf-16-le")
    if wanted and len(units) > 2 * len(text) and 0 <= start < end <= len(units) // 2:
        before = units[: 2 * start].decode("utf-16-le", "replace")
        there = units[2 * start : 2 * end].decode("utf-16-le", "replace")
        if _bare(there) == wanted:
            return len(before), len(before) + len(there), True
    if not inside:
        return start, end, False
    detail = f"{start}..{end} reads {shown(text[start:end])}, the region says {shown(own)}"
    raise _RefusedError(Reason.TEXT_MISMATCH, detail)


def _bare(text: str) -> str:
    return "".join(text.replace("\\n", "").replace("\\r", "").split()).translate(_LEFT_OUT)


def _texts(value: dict[str, Any], key: str) -> list[str] | None:
    """Return the texts that a control's value holds; ``None`` when it holds something else.

    One text alone is what some exports make of a list of one.
    """
    found = value.get(key, 0)
    if found is None:
        return []
    if isinstance(found, str):
        return [found]
    if isinstance(found, list) and all(isinstance(item, str) for item in found):
        return found
    return None


def _storable(text: str) -> str:
    """Return a text with halves of characters, which UTF-8 cannot hold, replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
