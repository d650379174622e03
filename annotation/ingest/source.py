"""Files and folders → raw files, opened alike whether they are compressed or not.

Readers take a ``Source`` (one file) and yield ``Candidate``s; what they cannot take they reject.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from annotation.ingest.columns import Columns
from schemas.errors import UsageError
from schemas.ledger import Ledger, Reason, Unit

CHUNK = 1 << 20
"""Bytes that are read at once."""
BREAKS = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading a damaged archive raises."""
_SHOWN = 80


class RefusedError(Exception):
    """A file cannot be read, or cannot be read further; caught where files are walked."""

    def __init__(self, reason: Reason, detail: str, *, line: int | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.line = line


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may become an article: its text, where it stands, what else is known of it."""

    text: str
    where: str
    fields: dict[str, object]
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Source:
    """One raw file."""

    path: Path
    name: str
    """What records say: never a folder outside what was given."""
    columns: Columns = field(default_factory=Columns)
    ledger: Ledger = field(default_factory=Ledger)
    on_bytes: Callable[[int], None] = lambda n: None

    @property
    def compressed(self) -> bool:
        """Tell whether this is a gzip file."""
        return self.path.suffix.lower() == ".gz"

    @property
    def suffix(self) -> str:
        """The suffix that names the format, in lower case."""
        return (Path(self.path.stem) if self.compressed else self.path).suffix.lower()

    @contextmanager
    def open(self, *, counted: bool = False) -> Iterator[BinaryIO]:
        """Open the file for its (uncompressed) bytes.

        Args:
            counted: report the bytes to ``on_bytes`` as they are read; once a file.
        """
        with self.path.open("rb", buffering=0) as raw:
            file = io.BufferedReader(_Counted(raw, self.on_bytes) if counted else raw, CHUNK >> 4)
            if self.compressed:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield unpacked  # type: ignore[misc]  # it has all that BinaryIO is used for
            else:
                yield file

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes in pieces, uncompressed; what comes before a break is yielded first."""
        with self.open() as file:
            while chunk := file.read1(CHUNK):  # type: ignore[attr-defined]  # both kinds have it
                yield chunk

    def line(self, number: int) -> str:
        """Return the name of a line (or row) of the file."""
        return f"{self.name}:{number}"

    def reject(self, reason: Reason, where: str, detail: str) -> None:
        """Count one input that comes to nothing."""
        self.ledger.receive(Unit.ARTICLES)
        self.ledger.reject(Unit.ARTICLES, reason, where=where, detail=detail[:_SHOWN])


class _Counted(io.RawIOBase):
    """Tells how many bytes go through."""

    def __init__(self, raw: io.FileIO, on_bytes: Callable[[int], None]) -> None:
        self._raw = raw
        self._on_bytes = on_bytes

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def readinto(self, buffer: object) -> int:
        count = self._raw.readinto(buffer) or 0  # type: ignore[arg-type]  # as it came to us
        self._on_bytes(count)
        return count


def walk(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Yield ``(path, name to record)`` of the files, folders in sorted order.

    Hidden files and folders below a given folder are passed over.

    Raises:
        UsageError: a path does not exist.
    """
    for path in paths:
        if path.is_file():
            yield path, path.name
        elif path.is_dir():
            for file in sorted(p for p in path.rglob("*") if p.is_file()):
                name = file.relative_to(path)
                if not any(part.startswith(".") for part in name.parts):
                    yield file, name.as_posix()
        else:
            raise UsageError(f"{path}: no such file or folder.")


def total_bytes(paths: list[Path]) -> int:
    """Return the size of all files that ``walk`` gives, for a progress bar.

    Raises:
        UsageError: a path does not exist.
    """
    return sum(path.stat().st_size for path, _ in walk(paths))
