"""Bytes of a JSON export → its tasks, one by one: an export of any size needs little memory."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from schemas.errors import RecordError

CHUNK = 1 << 20
"""Bytes that are worth reading at a time."""
_BLANK = " \t\r\n"
_NEAR_END = 16
"""Characters: longer than any literal or escape that the end of a chunk may cut."""
_WANTED = "export the project as JSON (not CSV, CONLL …)."
_MARKS = (
    (b"PK\x03\x04", "a ZIP archive (YOLO, COCO and others come so)"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"<", "XML or HTML"),
    (b"-DOCSTART-", "a CoNLL file"),
)


Pairs = list[tuple[str, Any]]


class _BrokenError(ValueError):
    """JSON that no more bytes would mend."""


def tasks_in(chunks: Iterable[bytes], where: str, *, from_server: bool = False) -> Iterator[object]:
    """Yield the tasks of a JSON export as its bytes come in.

    Args:
        chunks: the bytes.
        where: how to call them in messages.
        from_server: nobody has edited them, so that no object can have a key twice. Looking for
            that takes a quarter of the time.

    Raises:
        RecordError: it is no list of tasks with annotations, or ends early. What is wrong may
            come late: what was yielded before must not be stored alone.
    """
    source = _Source(_decoded(chunks, where), None if from_server else _object)
    number, with_annotations, first = 0, False, ""
    try:
        if source.peek() != "[":
            raise RecordError(_no_list(source, where))
        for task in source.items():
            number += 1
            if not isinstance(task, dict) or "annotations" in task:
                with_annotations = True
            elif not first:
                first = ", ".join(map(str, list(task)[:6]))
            yield task
    except _BrokenError as error:
        raise RecordError(
            f"{where} is not JSON, after {number} tasks: {error}; export the project as JSON again."
        ) from error
    except RecursionError as error:
        raise RecordError(
            f"{where} is nested too deeply after {number} tasks: no export of Label Studio is; "
            "export the project as JSON again."
        ) from error
    if number and not with_annotations:
        raise RecordError(
            f"{where} holds no annotations (keys: {first} …): it looks like a JSON-MIN export, "
            "which loses region ids, skips and relations; export the project as JSON."
        )


class _Source:
    """Text that is read on when it is needed."""

    def __init__(self, parts: Iterator[str], hook: Callable[[Pairs], Any] | None) -> None:
        self._parts = parts
        self.text = ""
        self._at = 0
        self._passed = 0
        """Characters that were let go."""
        self._decode = json.JSONDecoder(object_pairs_hook=hook).raw_decode

    def more(self) -> bool:
        """Read on, at least as much as there is: an item is then tried a few times only."""
        self._passed += self._at
        kept = self.text[self._at :]
        new: list[str] = []
        size = 0
        while size <= len(kept) and (part := next(self._parts, None)) is not None:
            new.append(part)
            size += len(part)
        self.text, self._at = kept + "".join(new), 0
        return size > 0

    def peek(self) -> str:
        """Return the next character that is not blank; nothing at the end."""
        while True:
            while self._at < len(self.text) and self.text[self._at] in _BLANK:
                self._at += 1
            if self._at < len(self.text):
                return self.text[self._at]
            if not self.more():
                return ""

    def items(self) -> Iterator[object]:
        """Yield the items of the list that begins here, and check that nothing follows it."""
        self._at += 1
        if self.peek() == "]":
            self._at += 1
        else:
            yield self.item()
            while (sign := self.peek()) == ",":
                self._at += 1
                self.peek()
                yield self.item()
            if sign != "]":
                raise _BrokenError(self._here("ends early" if not sign else "lacks a comma"))
            self._at += 1
        if self.peek():
            raise _BrokenError(self._here("goes on after the end of the list"))

    def item(self) -> object:
        """Return the item that begins here."""
        while True:
            try:
                item, end = self._decode(self.text, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self.text) - _NEAR_END
                place = self._passed + error.pos
                if not (cut and self.more()):
                    what = "ends early" if cut else error.msg
                    raise _BrokenError(f"{what} at character {place}") from error
            except ValueError as error:  # a number with thousands of digits, a key twice
                raise _BrokenError(str(error)) from error
            else:
                if end < len(self.text):
                    self._at = end
                    return item
                if not self.more():  # else it may be a number that goes on
                    self._at = len(self.text)
                    return item

    def _here(self, what: str) -> str:
        return f"{what} at character {self._passed + self._at}"


def _object(pairs: Pairs) -> dict[str, Any]:
    """Return an object, unless it has a key twice: then one of the values would be lost unseen."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _BrokenError(f"an object has the key {twice!r} twice")
    return found


def _decoded(chunks: Iterable[bytes], where: str) -> Iterator[str]:
    """Yield the text of the bytes: UTF-8, or UTF-16 as some editors write it.

    Raises:
        RecordError: they are no text, or a format that is not JSON.
    """
    rest = iter(chunks)
    head = b""
    while len(head) < _NEAR_END and (chunk := next(rest, None)) is not None:
        head += chunk
    for mark, what in _MARKS:
        if head.lstrip().startswith(mark):
            raise RecordError(f"{where} is not JSON but {what}; {_WANTED}")
    decoder = codecs.getincrementaldecoder(json.detect_encoding(head))("surrogatepass")
    try:
        for chunk in chain((head,), rest):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise RecordError(
            f"{where} is not JSON ({error.reason}, read as {error.encoding}); {_WANTED}"
        ) from error


def _no_list(source: _Source, where: str) -> str:
    """Say what stands there instead of a list of tasks."""
    head = source.text.lstrip().partition("\n")[0]
    table = "it looks like CSV or TSV" if "," in head or "\t" in head else "no list begins there"
    try:
        item = source.item()
        following = source.peek()
    except _BrokenError as error:
        why = table if head[:1] not in "[{" else str(error)
        return f"{where} is not JSON ({why}); {_WANTED}"
    what = f"a JSON {type(item).__name__}"
    if isinstance(item, dict) and following == "{":
        what = "JSON lines, one object a line"
    elif following:
        return f"{where} is not JSON ({table}); {_WANTED}"
    elif isinstance(item, dict) and {"tasks", "results"} & item.keys():
        what = "a page of the task list, which need not be all"
    elif isinstance(item, dict) and "annotations" in item:
        what = "one task alone"
    return f"{where}: got {what}, expected a list of tasks; export the project as JSON."
