"""The managed server on a real PostgreSQL: refusals, the whole round trip, backup and restore."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.managed.backup import backup
from annotation.labelstudio.managed.database import parse
from annotation.labelstudio.managed.server import Server
from annotation.labelstudio.submit import submit
from schemas.annotation import Annotation, Arm, Judgement
from schemas.errors import ServerError
from schemas.workspace import Workspace
from tests import postgres
from tests.conftest import CORPUS, free_port
from tests.managed import House
from tests.postgres import PASSWORD, USER, Cluster

TEXT = "زار الوزير\u200f بكين 😀 ثم عاد إلى واشنـــطن.\n\n" + "وبحث ملف تايوان مع نظيره. " * 30
VARIABLE = "MIYAR_LABEL_STUDIO_DATABASE"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with postgres.running() as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("postgres"))


def database(cluster: Cluster, name: str, *, owner: str = USER, more: str = "") -> str:
    """Make a database and return its address."""
    cluster.sql(f"create database {name} owner {owner} {more}")
    return cluster.address(name)


@pytest.fixture(scope="module")
def server(cluster: Cluster, house: House) -> Iterator[Server]:
    """A server whose data is in PostgreSQL."""
    address = database(cluster, "one")
    up = ("annotation", "server", "up", "--port", free_port())
    house.miyar(*up, **{VARIABLE: address})
    managed = house.server()
    yield managed
    managed.stop(force=True)


@pytest.fixture
def refusing(tmp_path: Path) -> Iterator[Server]:
    """A server that is not expected to start."""
    server = Server(tmp_path / "server", free_port())
    yield server
    server.stop(force=True)


@pytest.mark.parametrize(
    ("address", "what"),
    [
        (lambda c: c.address("gone"), r"there is no such database; .*createdb --owner miyar"),
        (
            lambda c: c.address("postgres", password="geheim"),
            r"password of user 'miyar' is refused",
        ),
        (lambda c: c.address("postgres", user="who"), "the password of user 'who' is"),
        (lambda c: c.address("postgres", port=free_port()), "is PostgreSQL running there"),
        (lambda c: c.address("postgres", host="no.invalid"), "is PostgreSQL running there"),
        (
            lambda c: database(c, "latin", more="encoding 'LATIN1' template template0"),
            "has the encoding LATIN1, Arabic text needs UTF8",
        ),
        (lambda c: database(c, "others", owner="postgres"), "may not make tables there"),
        (
            lambda c: _with_a_table(c, "crowded"),
            "holds 1 tables, but this server has not made them",
        ),
    ],
)
def test_a_database_that_will_not_do_is_refused_before_anything_is_made(
    cluster: Cluster, refusing: Server, address: object, what: str
) -> None:
    given = address(cluster)  # type: ignore[operator]
    with pytest.raises(ServerError, match=what) as caught:
        refusing.start(print, parse(given))
    for secret in (PASSWORD, "geheim", given):
        assert secret not in str(caught.value)
    assert "postgresql://" in str(caught.value)
    assert refusing.database() is None
    assert not refusing.credentials_file.exists()


def _with_a_table(cluster: Cluster, name: str) -> str:
    address = database(cluster, name)
    cluster.sql("create table theirs ()", database=name)
    return address


def _annotated(house: House, server: Server, folder: Path) -> Workspace:
    """Collect, pre-annotate, push; write annotations as two annotators."""
    space = Workspace(folder / "ws")
    space.root.mkdir()
    for name in ("codebook.yaml", "gazetteer.jsonl"):
        shutil.copy(CORPUS / name, space.root / name)
    (folder / "raw.txt").write_bytes(TEXT.encode())
    here = ("--workspace", space.root)
    house.miyar("annotation", "collect", folder / "raw.txt", *here)
    house.miyar("annotation", "preannotate", *here)
    house.miyar("annotation", "push", "--blind", "1", *here)
    house.miyar("annotation", "annotators", "add", "layla", "sami")
    tasks = _tasks(Connection(server.url, server.credentials().admin.token))
    accounts = server.credentials().annotators
    submit(
        Connection(server.url, accounts["layla"].token),
        [_annotation(space, name) for name in accounts],
        passages={passage.id: passage for passage in space.passages()},
        task_ids=tasks,
        tokens={name: account.token for name, account in accounts.items()},
        on_each=lambda: None,
    )
    return space


def _annotation(space: Workspace, who: str) -> Annotation:
    codebook = space.codebook()
    judged = dict.fromkeys(codebook.issue_ids, Judgement.ABSENT) | {"taiwan": Judgement.PRESENT}
    return Annotation(
        id=str(uuid4()),
        passage_id=space.passages()[0].id,
        annotator=who,
        created_at=datetime.now(UTC),
        arm=Arm.BLIND,
        codebook=codebook.hash,
        issues=judged,
        spans=(),
    )


def _tasks(connection: Connection) -> dict[str, int]:
    """Return passage id → task id of the server's one project."""
    (project,) = list(connection.client.projects.list())
    tasks = connection.client.tasks.list(project=project.id, include="id,data")
    return {task.data["ext_id"]: int(task.id) for task in tasks}


def test_the_round_trip_and_a_move_to_another_database(
    cluster: Cluster, house: House, server: Server, tmp_path: Path
) -> None:
    space = _annotated(house, server, tmp_path)
    house.miyar("annotation", "pull", "--workspace", space.root)
    pulled = {(a.annotator, a.passage_id): a.issues for a in space.annotations()}
    assert sorted(pulled) == sorted((who, space.passages()[0].id) for who in ("layla", "sami"))
    assert {issues["taiwan"] for issues in pulled.values()} == {Judgement.PRESENT}

    archive = tmp_path / "backup.zip"
    house.miyar("annotation", "server", "backup", "--out", archive)
    moved_to = database(cluster, "two")
    _refused(house, archive, server, moved_to, cluster)
    restore = ("annotation", "server", "restore", archive, "--server", "moved")
    said = house.miyar(*restore, **{VARIABLE: moved_to})
    said += house.miyar(*restore, "--force", **{VARIABLE: moved_to})
    said += house.miyar("annotation", "server", "up", "--server", "moved", "--port", free_port())
    assert PASSWORD not in said
    moved = house.server("moved")
    try:
        for account in (moved.credentials().admin, *server.credentials().annotators.values()):
            assert _tasks(Connection(moved.url, account.token)) == _tasks(
                Connection(server.url, account.token)
            )
        again = Workspace(tmp_path / "again" / "ws")
        shutil.copytree(space.root, again.root, ignore=shutil.ignore_patterns("annotations"))
        house.miyar("annotation", "pull", "--workspace", again.root, "--server", "moved")
        assert {a.id: a.issues for a in again.annotations()} == {
            a.id: a.issues for a in space.annotations()
        }
    finally:
        moved.stop(force=True)


def _refused(house: House, archive: Path, server: Server, empty: str, cluster: Cluster) -> None:
    """Restores that would harm something are refused."""
    restore = ("annotation", "server", "restore", archive, "--server", "moved")
    said = house.miyar(*restore, code=3)
    assert "give an empty one to put it into" in said
    said = house.miyar(*restore, "--force", code=4, **{VARIABLE: cluster.address("one")})
    assert "is in use by another managed server" in said
    said = house.miyar(*restore, code=3, **{VARIABLE: _with_a_table(cluster, "kept")})
    assert "holds data already" in said
    assert cluster.sql("select count(*) from theirs", database="kept") == "0\n"
    house.miyar(*restore, "--dry-run", **{VARIABLE: empty})
    assert not house.server("moved").credentials_file.exists()


def test_the_password_stands_in_one_file_only(
    cluster: Cluster, house: House, server: Server
) -> None:
    said = house.miyar("annotation", "server", "status", "--json")
    told = json.loads(said[said.index("{") :])
    assert told["database"] == "postgresql"
    assert told["database_address"] == f"postgresql://{USER}@127.0.0.1:{cluster.port}/one"
    assert told["database_problem"] is None
    assert told["size_bytes"] > 5_000_000
    said += house.miyar("annotation", "server", "up")
    state = server.running()
    assert state is not None
    words = Path(f"/proc/{state.pid}/cmdline").read_text(encoding="utf-8")
    assert PASSWORD not in said + words
    holding = [
        path
        for path in server.root.rglob("*")
        if path.is_file() and PASSWORD.encode() in path.read_bytes()
    ]
    assert holding == [server.database_file]
    assert server.database_file.stat().st_mode & 0o777 == 0o600
    assert not (server.data / "label_studio.sqlite3").exists()


def test_the_socket_leads_to_the_same_database(cluster: Cluster, refusing: Server) -> None:
    _with_a_table(cluster, "by_socket")
    with pytest.raises(ServerError, match=r"host=/.* holds 1 tables"):
        refusing.start(print, parse(cluster.by_socket("by_socket")))


def test_without_pg_dump_a_backup_says_what_to_install(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(ServerError, match=r"pg_dump is not installed; .*postgresql-client"):
        backup(server, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()


def test_a_database_that_went_away_is_named(cluster: Cluster, house: House, server: Server) -> None:
    cluster.sql(f"alter role {USER} nologin")
    try:
        said = house.miyar("annotation", "server", "status")
        assert "is not permitted to log in" in said
        assert PASSWORD not in said
    finally:
        cluster.sql(f"alter role {USER} login")
