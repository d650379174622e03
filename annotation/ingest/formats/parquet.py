"""Parquet → a candidate article for each row; only the columns of fields are read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from annotation.ingest.formats.json_lines import candidate
from annotation.ingest.source import Candidate, RefusedError, Source
from schemas.ledger import Reason

_BATCH = 256
_BUFFER = 1 << 20
"""Bytes of a column that are read at once; without it a whole row group is."""
_NO_VALUE = (ValueError, OverflowError, LookupError)
"""What a cell raises that Python has no value for: a string that is not UTF-8, a day after the
year 9999, an unknown time zone."""


def read(source: Source) -> Iterator[Candidate]:
    """Yield the rows, numbered from 1.

    Raises:
        RefusedError: the file is damaged, or no column is known to hold the text.
    """
    # Imported here: no other format needs it.
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    with _seekable(source) as file:
        try:
            with ParquetFile(file, pre_buffer=False, buffer_size=_BUFFER) as table:
                header = table.schema_arrow.names
                named = _names(source, header)
                number = 0
                for batch in table.iter_batches(_BATCH, columns=list(named), use_threads=False):
                    for row in _rows(batch):
                        number += 1
                        if found := _candidate(source, named, row, number):
                            yield found
        except (ArrowException, OSError) as error:
            detail = " ".join(str(error).split())
            raise RefusedError(Reason.BROKEN_FILE, detail) from error


def _names(source: Source, header: list[str]) -> dict[str, str]:
    """Return column → the name under which a field asks for it."""
    names = source.columns.of_header(header)
    source.columns.note(name or column for name, column in zip(names, header, strict=True))
    named = {column: name for column, name in zip(header, names, strict=True) if name}
    if not source.columns.fields(dict.fromkeys(named.values(), True)).get("text"):
        raise RefusedError(Reason.MISSING_TEXT, f"columns: {', '.join(map(repr, header))}")
    return named


@contextmanager
def _seekable(source: Source) -> Iterator[BinaryIO]:
    """Open the file; a compressed one is unpacked to disk first: it is read from its end."""
    with source.open(counted=True) as file:
        if not source.compressed:
            yield file
            return
        with tempfile.TemporaryFile() as unpacked:
            shutil.copyfileobj(file, unpacked)
            unpacked.seek(0)
            yield unpacked


def _rows(batch: Any) -> Iterator[dict[str, object]]:
    names = batch.schema.names
    batch = batch.select([at for at, name in enumerate(names) if name not in names[:at]])
    try:
        rows = batch.to_pylist()
    except _NO_VALUE:  # of some cell of the batch: find out which
        for index in range(batch.num_rows):
            yield {
                name: _value(batch.column(place)[index])
                for place, name in enumerate(batch.schema.names)
            }
    else:
        yield from rows


def _value(cell: Any) -> object:
    try:
        return cell.as_py()
    except _NO_VALUE as error:
        return error


def _candidate(
    source: Source, named: dict[str, str], row: dict[str, object], number: int
) -> Candidate | None:
    where = source.line(number)
    for column, value in row.items():
        if isinstance(value, UnicodeDecodeError):
            source.reject(Reason.BAD_BYTES, where, f"column {column!r}: {value.reason}")
            return None
        if isinstance(value, _NO_VALUE):
            detail = f"column {column!r}: {type(value).__name__}: {value}"
            source.reject(Reason.BAD_FIELD, where, detail)
            return None
    return candidate(
        source, {named[column]: value for column, value in row.items()}, where, "utf-8"
    )
