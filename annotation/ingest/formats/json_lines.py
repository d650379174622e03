"""JSON Lines → a candidate article for each object that has a text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from annotation.ingest.columns import remember
from annotation.ingest.decode import UTF_8, damaged, detect, text_of
from annotation.ingest.source import Candidate, Source
from schemas.ledger import Reason

LONGEST = 1 << 24
"""Characters of a line: a file without line ends must not fill the memory."""


def read(source: Source) -> Iterator[Candidate]:
    """Yield the objects line by line; a line that is none is rejected, and no other with it."""
    encoding = detect(source, rows=True)
    plain = encoding.codec == UTF_8 and not encoding.damage
    seen: set[str] = set()
    # Lines end at \n alone: U+2028 and U+0085 may stand inside a JSON string.
    with text_of(source, encoding, newline="\n") as lines:
        try:
            for number, line in _bounded(lines):
                if line is None:
                    detail = f"a line of more than {LONGEST} characters"
                    source.reject(Reason.BAD_JSON, source.line(number), detail)
                elif not line.strip():
                    continue
                elif not plain and (what := damaged(line)):
                    source.reject(Reason.BAD_BYTES, source.line(number), what)
                elif found := parse(source, line, number, encoding.codec, seen):
                    yield found
        finally:
            source.columns.note(seen)


def _bounded(lines: TextIO) -> Iterator[tuple[int, str | None]]:
    """Yield ``(number, line)``, with ``None`` for a line that is too long to be kept."""
    number = 0
    while line := lines.readline(LONGEST + 1):
        number += 1
        if len(line) <= LONGEST or line.endswith("\n"):
            yield number, line
            continue
        while line and not line.endswith("\n"):
            line = lines.readline(LONGEST)
        yield number, None


class _Object(dict[str, Any]):
    """A JSON object that knows whether it was given a key twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = len(pairs)


def parse(source: Source, text: str, line: int, codec: str, seen: set[str]) -> Candidate | None:
    """Return the candidate that one JSON object is; reject it and return ``None`` otherwise."""
    where = source.line(line)
    try:
        row = json.loads(text, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        source.reject(Reason.BAD_JSON, where, f"{error.msg} at column {error.colno}")
        return None
    except (ValueError, RecursionError) as error:  # a number or a nesting without end
        source.reject(Reason.BAD_JSON, where, str(error))
        return None
    if not isinstance(row, _Object):
        source.reject(Reason.BAD_JSON, where, f"a {type(row).__name__}, not an object")
        return None
    if len(row) < row.pairs:
        source.reject(Reason.BAD_JSON, where, f"a key stands twice among {row.pairs}")
        return None
    remember(seen, row)
    return candidate(source, row, where, codec)


def candidate(source: Source, row: dict[str, Any], where: str, codec: str) -> Candidate | None:
    """Return the candidate that a row of named values is; reject it when it has no text."""
    fields = source.columns.fields(row)
    text = fields.pop("text", None)
    if not isinstance(text, str):
        keys = ", ".join(map(repr, row)) or "none"
        source.reject(Reason.MISSING_TEXT, where, f"keys: {keys}")
        return None
    return Candidate(text, where, fields, codec)
