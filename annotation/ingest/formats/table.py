"""CSV and TSV → a candidate article for each row; the first row names the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from annotation.ingest.columns import Columns
from annotation.ingest.decode import damaged, detect, text_of
from annotation.ingest.formats.table_lines import Lines
from annotation.ingest.source import Candidate, RefusedError, Source
from schemas.ledger import Reason

DELIMITERS = ",;\t"
_LONGEST = 1 << 24
"""Characters of one cell: a missing quote must not take the rest of the file along."""


def read(source: Source) -> Iterator[Candidate]:
    """Yield the rows; quoted cells may hold line ends, which are kept as they are.

    Raises:
        RefusedError: no column of the header is known to hold the text.
    """
    encoding = detect(source, rows=True)
    with text_of(source, encoding, newline="") as lines:
        yield from _rows(source, Lines(lines), encoding.codec)


def _rows(source: Source, lines: Lines, codec: str) -> Iterator[Candidate]:
    first = lines.header()
    if first is None:
        return
    csv.field_size_limit(_LONGEST)
    delimiter = delimiter_of(first, source.columns)
    # Strict: a quote inside a quoted cell would otherwise be read as something else, unsaid.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    names: list[str | None] | None = None
    while True:
        line = lines.begin()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if names is None:
                raise RefusedError(Reason.BROKEN_FILE, f"header: {error}", line=line) from error
            lines.skip_broken(delimiter, len(names))
            _reject_lines(source, line, lines.number, str(error))
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if names is None:
            names = _header(source, row, line)
        elif row and (found := _candidate(source, names, row, line, codec)):
            yield found


def _reject_lines(source: Source, first: int, last: int, problem: str) -> None:
    """Reject a row that cannot be read, with the lines below that may belong to it."""
    where = source.line(first)
    if last > first:
        where, problem = f"{where}-{last}", f"{last - first + 1} lines: {problem}"
    source.reject(Reason.BAD_ROW, where, problem)


def delimiter_of(header: str, columns: Columns) -> str:
    """Return the delimiter under which most cells of a header are known, then most cells."""

    def score(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([header], delimiter=delimiter))
        except csv.Error:
            return (0, 0)
        return sum(name is not None for name in columns.of_header(cells)), len(cells)

    return max(DELIMITERS, key=score)


def _header(source: Source, row: list[str], line: int) -> list[str | None]:
    names = source.columns.of_header(row)
    source.columns.note(name or cell for name, cell in zip(names, row, strict=True))
    if not source.columns.fields({name: True for name in names if name}).get("text"):
        cells = ", ".join(map(repr, row))
        raise RefusedError(Reason.MISSING_TEXT, f"columns: {cells}", line=line)
    return names


def _candidate(
    source: Source, names: list[str | None], row: list[str], line: int, codec: str
) -> Candidate | None:
    where = source.line(line)
    if len(row) != len(names):
        source.reject(Reason.BAD_ROW, where, f"{len(row)} cells, {len(names)} in the header")
        return None
    if what := next(filter(None, map(damaged, row)), None):
        source.reject(Reason.BAD_BYTES, where, what)
        return None
    cells = {name: cell for name, cell in zip(names, row, strict=True) if name and cell}
    fields = source.columns.fields(cells)
    text = fields.pop("text", "")
    return Candidate(str(text), where, fields, codec)
