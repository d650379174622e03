"""A managed server → one archive: database, secret key, uploads, accounts; it may run meanwhile."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from annotation.labelstudio.managed.archive import (
    CREDENTIALS,
    DUMP,
    MEDIA,
    SECRET_KEY,
    SQLITE,
    File,
    Manifest,
    free_space,
    pack,
)
from annotation.labelstudio.managed.database import Database, Postgres
from annotation.labelstudio.managed.postgres import dump
from annotation.labelstudio.managed.server import Server
from schemas.errors import ServerError, UsageError
from schemas.locks import exclusive


def default_path(server: Server, why: str = "") -> Path:
    """Return where a backup goes unless somebody says otherwise."""
    at = datetime.now(UTC)
    name = f"{server.root.name}-{why}{at:%Y%m%dT%H%M%SZ}.zip"
    return server.root / "backups" / name


def backup(server: Server, out: Path, *, dry_run: bool = False) -> Manifest:
    """Write all of a server into one archive.

    The database is copied as one moment saw it, then the uploads: what is uploaded meanwhile may
    be in the archive without the database knowing it, never the other way round.

    Raises:
        ServerError: the server has no data here, or its database cannot be copied.
        UsageError: ``out`` is there already.
    """
    database = _database(server)
    if out.exists():
        raise UsageError(f"{out} is there already; give another --out.")
    head = Manifest(
        made_at=datetime.now(UTC).replace(microsecond=0),
        miyar=version("miyar"),
        label_studio=server.data_version(),
        server=server.root.name,
        database=database.kind,
        files={},
    )
    if dry_run:
        return head.model_copy(update={"files": _planned(server, database)})
    out.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = server.root / ".backup"
    with exclusive(server.root / "backup.lock", lambda: None):
        shutil.rmtree(scratch, ignore_errors=True)  # of a run that was killed
        scratch.mkdir(mode=0o700)
        try:
            sources = _frozen(server, database, scratch)
            sources.update(_uploads(server))
            sizes = [path.stat().st_size for path in sources.values() if path.exists()]
            free_space(out.parent, sum(sizes))
            return pack(out, sources, head)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _database(server: Server) -> Database:
    server.credentials()  # a server that was never started here has none
    database = server.database()
    if database is None or server.unfinished_file.exists():
        why = "no data yet" if database is None else "the data of an interrupted restore"
        raise ServerError(f"{server.root} has {why}; there is nothing to back up.")
    return database


def _frozen(server: Server, database: Database, scratch: Path) -> dict[str, Path]:
    """Copy database and accounts of one moment."""
    with exclusive(server.root / "accounts.lock", lambda: None):
        accounts = scratch / CREDENTIALS
        shutil.copyfile(server.credentials_file, accounts)
        if isinstance(database, Postgres):
            name, copy = DUMP, scratch / DUMP
            dump(database, copy)
        else:
            name, copy = SQLITE, scratch / "label_studio.sqlite3"
            copy_sqlite(server.data / copy.name, copy)
    return {CREDENTIALS: accounts, name: copy, SECRET_KEY: server.data / ".env"}


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database that may be in use, as one moment saw it.

    Raises:
        ServerError: it is damaged or stays locked.
    """
    # Not read-only: after a kill -9 SQLite has to roll back first.
    where = f"{source.absolute().as_uri()}?mode=rw"
    try:
        with (
            closing(sqlite3.connect(where, uri=True, timeout=60)) as held,
            closing(sqlite3.connect(target)) as copy,
        ):
            held.backup(copy)
            said = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise ServerError(f"{source} cannot be copied: {error}.") from error
    if said != "ok":
        raise ServerError(f"{source} is damaged ({said}); restore the last good backup.")


def _uploads(server: Server) -> dict[str, Path]:
    found: dict[str, Path] = {}
    top = server.data / "media"
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            path = Path(folder) / name
            if path.is_symlink():
                raise ServerError(
                    f"{path} is a link; a backup holds files only. Put the file in its place."
                )
        for name in files:
            path = Path(folder) / name
            found[f"{MEDIA}/{path.relative_to(top).as_posix()}"] = path
    return found


def _planned(server: Server, database: Database) -> dict[str, File]:
    sources = {
        **_uploads(server),
        CREDENTIALS: server.credentials_file,
        SECRET_KEY: server.data / ".env",
    }
    if not isinstance(database, Postgres):
        sources[SQLITE] = server.data / "label_studio.sqlite3"
    return {
        name: File(size=path.stat().st_size, sha256="")
        for name, path in sources.items()
        if path.is_file()
    }
