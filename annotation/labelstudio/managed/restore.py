"""An archive → a server that is stopped: here, under another name, or on another machine."""

from __future__ import annotations

import shutil
import time
import zipfile
from contextlib import ExitStack
from pathlib import Path

from annotation.labelstudio.managed.archive import (
    CREDENTIALS,
    DUMP,
    SQLITE,
    Manifest,
    free_space,
    opened,
    unpack,
)
from annotation.labelstudio.managed.credentials import write_secret, write_secrets
from annotation.labelstudio.managed.database import Database, Postgres, Sqlite
from annotation.labelstudio.managed.environment import VERSION, Say, ensure_environment
from annotation.labelstudio.managed.postgres import check, load
from annotation.labelstudio.managed.process import lock_of
from annotation.labelstudio.managed.server import Server
from schemas.errors import GateError, RecordError, ServerError
from schemas.locks import exclusive, is_held

_LEAVING_S = 10.0


def restore(
    server: Server,
    path: Path,
    say: Say,
    *,
    database: Database | None = None,
    force: bool = False,
    dry_run: bool = False,
) -> Manifest:
    """Bring a backup back, wholly or not at all.

    Everything is unpacked and checked beside the data first. While old data is replaced,
    ``restore.unfinished`` stands in the folder, and nothing starts on it.

    Args:
        server: where to.
        path: the archive.
        say: prints a sentence.
        database: where a PostgreSQL backup goes; where the server's data is unless given.
        force: replace data that is there.
        dry_run: only check.

    Raises:
        GateError: the server runs, or has data already, or the backup is of another version.
        RecordError: the archive is damaged.
        ServerError: the database cannot be reached or refuses.
    """
    with opened(path) as (archive, manifest), ExitStack() as held:
        _check_version(path, manifest)
        if not dry_run:
            for lock in ("start.lock", "backup.lock"):
                held.enter_context(
                    exclusive(
                        server.root / lock,
                        lambda: say("another command is at work on this server; waiting for it …"),
                    )
                )
        _refuse_running(server)
        target = _target(server, path, manifest, database)
        old = _refuse_full(server, target, say, force=force)
        if dry_run:
            unpack(path, archive, manifest, None)
        else:
            _replace(server, path, archive, manifest, target, old_tables=old)
        return manifest


def _refuse_running(server: Server) -> None:
    if server.running() or is_held(lock_of(server.root)):
        raise GateError(
            f"the server of {server.root} runs; stop it with `miyar annotation server down "
            f"--server {server.root.name}` first, or give another --server NAME."
        )


def _check_version(path: Path, manifest: Manifest) -> None:
    if manifest.label_studio != VERSION:
        raise GateError(
            f"{path} is of Label Studio {manifest.label_studio}, this Miyar runs {VERSION}. "
            f"Restore it with the Miyar that made it ({manifest.miyar}) and start that server "
            "once; then install this Miyar: `miyar annotation server up` brings the data up to "
            "date (docs/label-studio.md, Upgrade)."
        )


def _target(server: Server, path: Path, manifest: Manifest, asked: Database | None) -> Database:
    if manifest.database == "sqlite":
        if isinstance(asked, Postgres):
            raise GateError(
                f"{path} holds a SQLite database, it cannot go to {asked.shown}; leave --database "
                "out and MIYAR_LABEL_STUDIO_DATABASE unset."
            )
        needed: str = SQLITE
        target: Database = Sqlite()
    else:
        known = asked or server.database()
        if not isinstance(known, Postgres):
            raise GateError(
                f"{path} holds a PostgreSQL database; give an empty one to put it into, with "
                "--database or MIYAR_LABEL_STUDIO_DATABASE (createdb --owner USER --encoding UTF8 "
                "NAME)."
            )
        needed, target = DUMP, known
    if missing := {needed, CREDENTIALS} - manifest.files.keys():
        raise RecordError(f"{path} has no {sorted(missing)[0]}: it is no whole backup.")
    return target


def _refuse_full(server: Server, target: Database, say: Say, *, force: bool) -> bool:
    """Check that there is room; return whether a PostgreSQL has tables to replace."""
    full = [str(server.root)] if _has_data(server) else []
    tables = False
    if isinstance(target, Postgres):
        python = ensure_environment(say) / "bin" / "python"
        facts = check(target, python, server.root, ours=True)
        deadline = time.monotonic() + _LEAVING_S
        while facts.others and time.monotonic() < deadline:
            time.sleep(0.5)  # a program that has just ended is seen a moment longer
            facts = check(target, python, server.root, ours=True)
        if facts.others:
            raise GateError(
                f"{facts.others} other programs are connected to {target.shown}; stop what uses "
                "this database, then run the same command again."
            )
        tables = facts.tables > 0
        full += [target.shown] if tables else []
    if full and not force:
        raise GateError(
            f"{' and '.join(full)} holds data already; restore into another --server NAME, or "
            "replace what is there with --force (make a backup of it first)."
        )
    return tables


def _has_data(server: Server) -> bool:
    return bool(
        server.database() or server.credentials_file.exists() or server.unfinished_file.exists()
    )


def _replace(
    server: Server,
    path: Path,
    archive: zipfile.ZipFile,
    manifest: Manifest,
    target: Database,
    *,
    old_tables: bool,
) -> None:
    fresh = server.root / ".restore"
    shutil.rmtree(fresh, ignore_errors=True)  # of a run that was killed
    free_space(server.root, sum(file.size for file in manifest.files.values()))
    fresh.mkdir(mode=0o700)
    try:
        unpack(path, archive, manifest, fresh)
        (fresh / "data").mkdir(exist_ok=True, mode=0o700)
        began_here = not server.unfinished_file.exists()
        server.unfinished_file.touch()
        if isinstance(target, Postgres):
            try:
                load(target, fresh / DUMP, replace=old_tables)
            except ServerError:
                if began_here:  # one transaction: nothing has changed
                    server.unfinished_file.unlink()
                raise
        _swap(server, fresh, manifest, target)
        server.unfinished_file.unlink()
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _swap(server: Server, fresh: Path, manifest: Manifest, target: Database) -> None:
    replaced = server.root / ".replaced"
    shutil.rmtree(replaced, ignore_errors=True)
    if server.data.exists():
        server.data.rename(replaced)
    (fresh / "data").rename(server.data)
    write_secret(server.credentials_file, (fresh / CREDENTIALS).read_text(encoding="utf-8"))
    if isinstance(target, Postgres):
        write_secrets(server.database_file, target)
    else:
        server.database_file.unlink(missing_ok=True)
    server.keep_version(manifest.label_studio)
    # Logins of accounts that may not be there any more; `annotators add` writes them again.
    shutil.rmtree(server.root / "logins", ignore_errors=True)
    (server.root / "sign-up-link.txt").unlink(missing_ok=True)
    shutil.rmtree(replaced, ignore_errors=True)
