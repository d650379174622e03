"""Files and folders → raw files, opened alike whether they are compressed or not.

Readers take a ``Source`` (one file) and yield ``Candidate``s; what they cannot take they reject.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import ENOENT
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
_FOLDERS = ("a folder that cannot be looked into", "a link to a folder")


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

    Hidden files and folders below a given folder are passed over. What else stands there and
    cannot be read (pipes, links to nothing or to folders, closed folders) is yielded as well, so
    that it is counted.

    Raises:
        UsageError: a path does not exist, or is neither a file nor a folder.
    """
    for path in paths:
        problem = unreadable(path)
        if problem in _FOLDERS:
            for found in sorted(_below(path)):
                name = found.relative_to(path).as_posix() if found != path else path.name
                yield found, _name(name)
        elif problem is None:
            yield path, _name(path.name)
        elif problem == os.strerror(ENOENT):
            raise UsageError(f"{path}: no such file or folder.")
        else:
            raise UsageError(f"{path}: {problem}; give a file or a folder.")


def _below(folder: Path) -> Iterator[Path]:
    """Yield what is no folder, and the folders that cannot be looked into."""
    closed: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if _is_link(Path(parent, name))]
        yield from (Path(parent, name) for name in files + links if not name.startswith("."))
    yield from (Path(os.fsdecode(error.filename)) for error in closed)


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:  # its folder may be listed but not entered
        return False


def _name(name: str) -> str:
    """Return a file's name for records: each byte that is not UTF-8 by its number."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def unreadable(path: Path) -> str | None:
    """Say what a path is that is no regular file; ``None`` for one that is."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return "a link to nothing" if _is_link(path) else str(error.strerror)
    if stat.S_ISREG(mode):
        return None
    if not stat.S_ISDIR(mode):
        return "a pipe, a socket or a device"
    return _FOLDERS[_is_link(path)]


def total_bytes(paths: list[Path]) -> int:
    """Return the size of all files that ``walk`` gives, for a progress bar.

    Raises:
        UsageError: a path does not exist.
    """
    return sum(path.stat().st_size for path, _ in walk(paths) if not unreadable(path))
