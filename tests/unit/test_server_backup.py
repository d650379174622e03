"""Backup and restore of a SQLite server's folder, whole and damaged."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from annotation.labelstudio.managed import restore as restoring
from annotation.labelstudio.managed.archive import MANIFEST, SQLITE
from annotation.labelstudio.managed.backup import backup, default_path
from annotation.labelstudio.managed.credentials import Account, Credentials
from annotation.labelstudio.managed.database import Postgres
from annotation.labelstudio.managed.environment import VERSION
from annotation.labelstudio.managed.restore import restore
from annotation.labelstudio.managed.server import Server
from schemas.errors import GateError, MiyarError, RecordError, ServerError, UsageError

ADMIN = Account(email="admin@miyar.invalid", password="geheim-1", token="geheim-2")
UPLOAD = "media/upload/1/ملف 😀.txt"


def rows(server: Server) -> list[tuple[str]]:
    with closing(sqlite3.connect(server.data / "label_studio.sqlite3")) as link:
        return link.execute("select text from task order by text").fetchall()


def add(server: Server, text: str) -> None:
    with closing(sqlite3.connect(server.data / "label_studio.sqlite3")) as link:
        link.execute("create table if not exists task (text)")
        link.execute("insert into task values (?)", (text,))
        link.commit()


def made(root: Path, text: str) -> Server:
    server = Server(root, 9999)
    (server.data / UPLOAD).parent.mkdir(parents=True)
    (server.data / UPLOAD).write_bytes(text.encode() * 1000)
    (server.data / "export").mkdir()
    (server.data / "export" / "copy.json").write_text("a copy", encoding="utf-8")
    (server.data / ".env").write_text("SECRET_KEY=geheim-3\n", encoding="utf-8")
    add(server, text)
    server.save(Credentials(admin=ADMIN, annotators={text: ADMIN}))
    return server


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return made(tmp_path / "one", "بكين")


@pytest.fixture
def archive(server: Server, tmp_path: Path) -> Path:
    path = tmp_path / "backup.zip"
    backup(server, path)
    return path


def contents(root: Path) -> dict[str, bytes]:
    """Return what a server is made of, without locks."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def test_a_backup_comes_back_under_another_name(
    server: Server, archive: Path, tmp_path: Path
) -> None:
    other = Server(tmp_path / "two", 9998)
    manifest = restore(other, archive, print)
    assert rows(other) == [("بكين",)]
    assert other.credentials() == server.credentials()
    for name in (UPLOAD, ".env"):
        assert (other.data / name).read_bytes() == (server.data / name).read_bytes()
    assert manifest.label_studio == other.data_version() == VERSION
    assert not (other.data / "export").exists()
    modes = {path.stat().st_mode & 0o077 for path in (other.root, *other.root.rglob("*"))}
    assert modes == {0}


def test_a_backup_is_for_its_owner_only_and_leaves_nothing_behind(
    server: Server, tmp_path: Path
) -> None:
    before = contents(server.root)
    path = tmp_path / "deep" / "er" / "backup.zip"
    backup(server, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert contents(server.root) == before
    assert list(path.parent.iterdir()) == [path]


def test_a_backup_never_replaces_a_file(server: Server, archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        backup(server, archive)
    assert archive.read_bytes() == before


def test_a_failed_backup_leaves_no_archive(server: Server, tmp_path: Path) -> None:
    (server.data / "label_studio.sqlite3").write_bytes(b"no database " * 500)
    with pytest.raises(ServerError, match="cannot be copied: file is not a database"):
        backup(server, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()
    assert not (server.root / ".backup").exists()


def test_a_backup_follows_no_links(server: Server, tmp_path: Path) -> None:
    (server.data / "media" / "link").symlink_to("/etc/hostname")
    with pytest.raises(ServerError, match="is a link"):
        backup(server, tmp_path / "backup.zip")


def test_a_backup_in_the_middle_of_a_transaction_has_what_was_committed(
    server: Server, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(server.data / "label_studio.sqlite3")) as writer:
        writer.execute("insert into task values ('half')")
        backup(server, tmp_path / "backup.zip")
        writer.rollback()
    other = Server(tmp_path / "two", 9998)
    restore(other, tmp_path / "backup.zip", print)
    assert rows(other) == [("بكين",)]


def test_a_dry_run_writes_nothing(server: Server, archive: Path, tmp_path: Path) -> None:
    before = contents(tmp_path)
    planned = backup(server, tmp_path / "other.zip", dry_run=True)
    assert SQLITE in planned.files
    restore(Server(tmp_path / "two", 9998), archive, print, dry_run=True)
    assert contents(tmp_path) == before
    assert not (tmp_path / "two").exists()


def test_data_is_replaced_with_force_only(archive: Path, tmp_path: Path) -> None:
    other = made(tmp_path / "two", "طوكيو")
    (other.root / "logins").mkdir()
    before = contents(other.root)
    with pytest.raises(GateError, match=r"two holds data already; .*--force"):
        restore(other, archive, print)
    assert contents(other.root) == before
    restore(other, archive, print, force=True)
    assert rows(other) == [("بكين",)]
    assert list(other.credentials().annotators) == ["بكين"]
    assert not (other.root / "logins").exists()
    assert not list(other.root.glob(".re*"))


def test_an_interrupted_restore_is_not_mistaken_for_a_server(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = made(tmp_path / "two", "طوكيو")

    def die(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "write_secret", die)
        with pytest.raises(KeyboardInterrupt):
            restore(other, archive, print, force=True)
    with pytest.raises(ServerError, match=r"a restore into .* was interrupted"):
        other.start(print)
    with pytest.raises(ServerError, match="interrupted restore"):
        backup(other, tmp_path / "x.zip")
    with pytest.raises(GateError, match="--force"):
        restore(other, archive, print)
    restore(other, archive, print, force=True)
    assert rows(other) == [("بكين",)]
    assert not other.unfinished_file.exists()


def rewritten(change: Callable[[dict[str, bytes]], None]) -> Callable[[Path], None]:
    """Return a function that writes an archive again with changed entries."""

    def apply(path: Path) -> None:
        with zipfile.ZipFile(path) as old:
            held = {name: old.read(name) for name in old.namelist()}
        change(held)
        with zipfile.ZipFile(path, "w") as new:
            for name, data in held.items():
                new.writestr(name, data)

    return apply


def smuggled(name: str) -> Callable[[Path], None]:
    """Return a function that adds an entry, in the manifest too."""

    def change(held: dict[str, bytes]) -> None:
        manifest = json.loads(held[MANIFEST])
        manifest["files"][name] = manifest["files"]["credentials.json"]
        held[MANIFEST] = json.dumps(manifest).encode()
        held[name] = held["credentials.json"]

    return rewritten(change)


def manifest(**changes: object) -> Callable[[Path], None]:
    """Return a function that changes the manifest."""

    def change(held: dict[str, bytes]) -> None:
        held[MANIFEST] = json.dumps(json.loads(held[MANIFEST]) | changes).encode()

    return rewritten(change)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut": (lambda p: p.write_bytes(p.read_bytes()[:-200]), "damaged or no backup"),
    "text": (lambda p: p.write_text("hello", encoding="utf-8"), "damaged or no backup"),
    "empty": (lambda p: p.write_bytes(b""), "damaged or no backup"),
    "other zip": (rewritten(lambda held: held.pop(MANIFEST) and None), "no backup of Miyar's"),
    "lost file": (rewritten(lambda held: held.pop(SQLITE) and None), "exactly the files"),
    "extra file": (rewritten(lambda held: held.update(x=b"x")), "exactly the files"),
    "changed": (
        rewritten(lambda held: held.update({SQLITE: held[SQLITE] + b"x"})),
        "sqlite3 is not the file",
    ),
    "same length": (
        rewritten(lambda held: held.update({SQLITE: held[SQLITE][:-1] + b"x"})),
        "sqlite3 is not the file",
    ),
    "shorter": (rewritten(lambda held: held.update({SQLITE: b""})), "sqlite3 is not the file"),
    "up": (smuggled("../evil"), "lead out of the server's folder"),
    "up in media": (smuggled("data/media/../../evil"), "lead out of the server's folder"),
    "absolute": (smuggled("/tmp/evil"), "lead out of the server's folder"),
    "backslash": (smuggled("data/media/..\\..\\evil"), "lead out of the server's folder"),
    "code": (smuggled("data/evil.py"), "lead out of the server's folder"),
    "newer format": (manifest(format=2), "newer Miyar"),
    "other version": (manifest(label_studio="1.99.0"), "is of Label Studio 1.99.0"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_archive_is_refused_and_nothing_changes(
    archive: Path, tmp_path: Path, kind: str
) -> None:
    spoil, what = DAMAGE[kind]
    spoil(archive)
    other = made(tmp_path / "two", "طوكيو")
    before = contents(tmp_path)
    for dry_run in (True, False):
        with pytest.raises(MiyarError, match=what):
            restore(other, archive, print, force=True, dry_run=dry_run)
    assert contents(tmp_path) == before
    other_folders = {path.name for path in tmp_path.iterdir()}
    assert other_folders == {"one", "two", "backup.zip"}


def test_every_flipped_byte_of_the_content_is_noticed(archive: Path, tmp_path: Path) -> None:
    whole = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as held:
        info = held.getinfo(SQLITE)
    begin = info.header_offset + 30 + len(SQLITE) + 20
    for at in range(begin, begin + info.compress_size - 20, max(1, info.compress_size // 12)):
        spoilt = bytearray(whole)
        spoilt[at] ^= 0x55
        archive.write_bytes(spoilt)
        with pytest.raises(RecordError):
            restore(Server(tmp_path / "two", 9998), archive, print, dry_run=True)


def test_a_missing_archive_is_a_usage_error(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        restore(server, tmp_path / "none.zip", print)


def test_sqlite_does_not_go_into_postgresql(archive: Path, tmp_path: Path) -> None:
    target = Postgres(host="db", name="n", user="u", password="geheim")
    with pytest.raises(GateError, match=r"SQLite .* cannot go to postgresql://u@db") as caught:
        restore(Server(tmp_path / "two", 9998), archive, print, database=target)
    assert "geheim" not in str(caught.value)


def test_a_server_without_data_has_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="no managed Label Studio"):
        backup(Server(tmp_path / "none", 9998), tmp_path / "backup.zip")


def test_data_of_a_newer_label_studio_is_not_opened(server: Server) -> None:
    server.keep_version("1.99.0")
    with pytest.raises(ServerError, match=r"used by Label Studio 1\.99\.0 already"):
        server._upgrade(print)


def test_data_of_an_older_label_studio_is_backed_up_first(server: Server, tmp_path: Path) -> None:
    server.keep_version("1.9.0")
    said: list[str] = []
    server._upgrade(said.append)
    assert server.data_version() == VERSION
    (path,) = (server.root / "backups").iterdir()
    assert path.name.startswith(f"one-before-{VERSION}-")
    assert str(path) in said[0]
    with pytest.raises(GateError, match=r"is of Label Studio 1\.9\.0, this Miyar runs"):
        restore(Server(tmp_path / "two", 9998), path, print)


def test_backups_lie_beside_the_data_unless_told_otherwise(server: Server) -> None:
    path = default_path(server)
    assert path.parent == server.root / "backups"
    assert path.name.startswith("one-2")
    assert path.suffix == ".zip"
