"""Record files: read with every bad line named, written whole or not at all."""

from __future__ import annotations

import filecmp
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

from pydantic import ValidationError

from schemas.errors import RecordError, UsageError
from schemas.record import Record

R = TypeVar("R", bound=Record)
_MAX_SHOWN = 10


def read(path: Path, model: type[R]) -> list[R]:
    """Read a JSONL file of ``model`` records; blank lines are passed over.

    Raises:
        RecordError: the file is missing, is not UTF-8, or some lines do not validate.
            All bad lines are named as ``file:line``.
    """
    return list(stream(path, model))


def stream(path: Path, model: type[R]) -> Iterator[R]:
    """Yield the records of a JSONL file one by one, so that it need not fit into memory.

    Raises:
        RecordError: as for :func:`read`; bad lines are named when the file ends.
    """
    return (record for _, record in stream_lines(path, model))


def stream_lines(path: Path, model: type[R]) -> Iterator[tuple[str, R]]:
    """Yield ``(line, record)`` of a JSONL file.

    Raises:
        RecordError: as for :func:`stream`.
    """
    problems: list[str] = []
    for number, line in lines(path):
        try:
            record = model.model_validate_json(line)
        except ValidationError as error:
            problems.extend(f"{path}:{number}: {text}" for text in explain(error))
            continue
        yield line, record
    if problems:
        shown = "\n".join(problems[:_MAX_SHOWN])
        more = len(problems) - _MAX_SHOWN
        tail = f"\n… and {more} more" if more > 0 else ""
        raise RecordError(
            f"{path} is not a file of {model.__name__} records:\n{shown}{tail}\n"
            "Mend these lines, or make the file again with the command that wrote it."
        )


def read_one(path: Path, model: type[R], *, mend: str) -> R:
    """Read a JSON file that holds one record.

    Args:
        path: the file.
        model: of the record.
        mend: what to do when it cannot be read, as the end of a sentence.

    Raises:
        RecordError: the file is missing or does not validate.
    """
    try:
        return model.model_validate_json(read_bytes(path))
    except ValidationError as error:
        raise RecordError(f"{path}: {explain(error)[0]}; {mend}.") from error


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield ``(line number from 1, line)`` of a UTF-8 file without its blank lines.

    Raises:
        RecordError: the file is missing or is not UTF-8.
    """
    offset = 0
    # Lines of bytes end at \n alone: U+2028 and U+0085 may stand inside a JSON string.
    for number, data in enumerate(_byte_lines(path), start=1):
        try:
            content = data.decode("utf-8-sig" if number == 1 else "utf-8").removesuffix("\n")
        except UnicodeDecodeError as error:
            raise RecordError(
                f"{path}:{number}: not UTF-8 (byte 0x{data[error.start]:02x} at offset "
                f"{offset + error.start}); save the file as UTF-8."
            ) from error
        offset += len(data)
        if content.strip():
            yield number, content


def _byte_lines(path: Path) -> Iterator[bytes]:
    with _opened(path) as file:
        yield from file


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise RecordError(f"{path}: no such file.") from error
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}.") from error


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        RecordError: there is no such file, or it cannot be read.
    """
    with _opened(path) as file:
        return file.read()


def byte_chunks(path: Path, size: int) -> Iterator[bytes]:
    """Yield the bytes of a file, at most ``size`` at a time.

    Raises:
        RecordError: there is no such file, or it cannot be read.
    """
    with _opened(path) as file:
        while chunk := file.read(size):
            yield chunk


def explain(error: ValidationError) -> list[str]:
    """Return one line for each problem in a validation error: where, what, what was got."""
    found = []
    for item in error.errors(include_url=False):
        where = ".".join(str(part) for part in item["loc"]) or "record"
        got = "" if item["type"] == "missing" else f"; got {_short(item.get('input'))}"
        found.append(f"{where}: {item['msg']}{got}")
    return found


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def dump(records: Iterable[Record]) -> str:
    """Return records as JSONL text, one line each, with a final newline."""
    return "".join(record.to_line() + "\n" for record in records)


def write(path: Path, records: Iterable[Record]) -> bool:
    """Write records as JSONL, atomically; return whether the file's bytes changed.

    The records are written as they come, so that a stream of any length can be given.
    """
    return _replace(path, (record.to_line() + "\n" for record in records))


def write_lines(path: Path, lines: Iterable[str]) -> bool:
    """Write lines that are records already, as :func:`write` does records."""
    return _replace(path, (line + "\n" for line in lines))


def write_text(path: Path, text: str) -> bool:
    """Write text atomically as UTF-8; return whether the file's bytes changed.

    A reader sees the old file or the new one, never a part; an unchanged file is not touched.
    """
    return _replace(path, (text,))


def _replace(path: Path, parts: Iterable[str]) -> bool:
    with atomic(path) as temporary:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.writelines(parts)
        return not _same(path, temporary)


def _same(path: Path, other: Path) -> bool:
    return path.is_file() and filecmp.cmp(path, other, shallow=False)


@contextmanager
def atomic(path: Path, *, mode: int | None = None) -> Iterator[Path]:
    """Give a temporary file that takes the place of ``path`` when the block succeeds.

    A file that would get the bytes it has is not touched. A link stays a link: what it points to
    is replaced. What is no regular file (``/dev/stdout``,
    a pipe) is written to, not replaced.

    Args:
        path: where the result goes.
        mode: permissions; without it those of the old file, or the usual ones.

    Raises:
        UsageError: ``path`` is a folder.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give the name of a file.")
    special = path.exists() and not path.is_file()
    target = path.resolve() if path.is_symlink() and not special else path
    folder = Path(tempfile.gettempdir()) if special else target.parent
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{target.name}.", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        if special:
            target.write_bytes(temporary.read_bytes())
            return
        if mode is None and _same(target, temporary):
            return
        temporary.chmod(_permissions(target) if mode is None else mode)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(target)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _permissions(path: Path) -> int:
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
