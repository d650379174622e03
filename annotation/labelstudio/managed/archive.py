"""The file that a backup is: a zip with a manifest that names and hashes everything in it."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from pydantic import AwareDatetime, Field, ValidationError

from schemas.errors import RecordError, UsageError
from schemas.jsonl import atomic, explain
from schemas.record import Record

MANIFEST = "manifest.json"
CREDENTIALS = "credentials.json"
DUMP = "database.dump"
SQLITE = "data/label_studio.sqlite3"
SECRET_KEY = "data/.env"  # noqa: S105  # the name of a file
MEDIA = "data/media"
_CHUNK = 1 << 20


class File(Record):
    """A file of a backup."""

    size: int = Field(ge=0)
    sha256: str


class Manifest(Record):
    """What a backup holds, and what it was made from."""

    format: Literal[1] = 1
    made_at: AwareDatetime
    miyar: str
    label_studio: str
    """Version that the data belongs to."""
    server: str
    """Name of the server that it was made from."""
    database: Literal["sqlite", "postgresql"]
    files: dict[str, File]


def pack(out: Path, sources: dict[str, Path], head: Manifest) -> Manifest:
    """Write an archive that only its owner can read, whole or not at all.

    Args:
        out: where; it must not be there yet.
        sources: name in the archive → file. A file that is gone by now was deleted by the server
            since the list was made, and is left out.
        head: the manifest without its files.

    Returns:
        The manifest as it stands in the archive.
    """
    found: dict[str, File] = {}
    with (
        atomic(out, mode=0o600) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive,
    ):
        for name, path in sorted(sources.items()):
            try:
                source = path.open("rb")
            except FileNotFoundError:
                continue
            with source, archive.open(_info(name, head.made_at), "w", force_zip64=True) as target:
                found[name] = _copy(source, target)
        manifest = head.model_copy(update={"files": found})
        archive.writestr(_info(MANIFEST, head.made_at), manifest.model_dump_json(indent=1))
    return manifest


def _info(name: str, at: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


def _copy(source: IO[bytes], target: IO[bytes]) -> File:
    digest, size = hashlib.sha256(), 0
    while block := source.read(_CHUNK):
        target.write(block)
        digest.update(block)
        size += len(block)
    return File(size=size, sha256=digest.hexdigest())


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Open an archive and check its manifest against what is in it; contents come later.

    Raises:
        UsageError: there is no such file.
        RecordError: it is no backup, is damaged, or holds what no backup holds.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file; give what `miyar annotation server backup` wrote.")
    with _damage_named(path), zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if MANIFEST not in names:
            raise RecordError(f"{path} has no {MANIFEST}: it is no backup of Miyar's.")
        manifest = _manifest(path, archive.read(MANIFEST))
        if sorted(names) != sorted([MANIFEST, *manifest.files]):
            raise RecordError(
                f"{path} does not hold exactly the files that its manifest names: it is damaged "
                "or was changed; take another backup."
            )
        if wrong := [name for name in manifest.files if not _belongs(name)]:
            raise RecordError(
                f"{path} holds {wrong[0]!r}, which no backup holds and which may lead out of the "
                "server's folder; nothing was unpacked."
            )
        yield archive, manifest


def _manifest(path: Path, data: bytes) -> Manifest:
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        raise RecordError(
            f"{path}: {MANIFEST}: {explain(error)[0]}; it was made by a newer Miyar, or is damaged."
        ) from error


def _belongs(name: str) -> bool:
    if name in (CREDENTIALS, DUMP, SQLITE, SECRET_KEY):
        return True
    parts = PurePosixPath(name).parts
    plain = "\\" not in name and "\0" not in name and str(PurePosixPath(name)) == name
    return plain and len(parts) > 2 and "/".join(parts[:2]) == MEDIA and ".." not in parts


def unpack(path: Path, archive: zipfile.ZipFile, manifest: Manifest, folder: Path | None) -> None:
    """Write all files below a folder, or only check them when there is none.

    Raises:
        RecordError: a file is not what the manifest says.
    """
    with _damage_named(path):
        for name, file in manifest.files.items():
            digest, left = hashlib.sha256(), file.size
            with archive.open(name) as source, _target(folder, name) as target:
                while block := source.read(_CHUNK):
                    left -= len(block)
                    if left < 0:
                        break
                    digest.update(block)
                    if target:
                        target.write(block)
            if left or digest.hexdigest() != file.sha256:
                raise RecordError(
                    f"{path}: {name} is not the file that was backed up ({file.size} bytes, "
                    f"sha256 {file.sha256[:12]}…): the backup is damaged; take another one."
                )


@contextmanager
def _target(folder: Path | None, name: str) -> Iterator[IO[bytes] | None]:
    if folder is None:
        yield None
        return
    path = folder / name
    for parent in reversed(PurePosixPath(name).parents):
        (folder / parent).mkdir(exist_ok=True, mode=0o700)  # parents=True forgets the mode
    with path.open("xb") as file:
        path.chmod(0o600)
        yield file


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise RecordError(f"{path} is damaged or no backup ({error}); take another one.") from error


def free_space(folder: Path, needed: int) -> None:
    """Check that a folder has room.

    Raises:
        RecordError: it has not.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise RecordError(
            f"{folder} has {free // 10**6} MB free, {needed // 10**6} MB are needed; make room, "
            "then run the same command again."
        )
