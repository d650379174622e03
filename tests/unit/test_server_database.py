"""What --database may be given, and that its password is never shown."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from annotation.labelstudio.managed.credentials import write_secrets
from annotation.labelstudio.managed.database import Postgres, Sqlite, parse
from annotation.labelstudio.managed.server import Server
from schemas.errors import ServerError, UsageError

PASSWORD = "p@:/?#%[ كلمة"


def postgres(**changes: object) -> Postgres:
    fields = {"host": "db", "port": 5432, "name": "miyar", "user": "ls", "password": PASSWORD}
    return Postgres.model_validate({**fields, **changes})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (f"postgresql://ls:{quote(PASSWORD, safe='')}@db:5432/miyar", postgres()),
        (f"postgres://ls:{quote(PASSWORD, safe='')}@db/miyar", postgres()),
        ("postgresql://ls@db/miyar", postgres(password="")),
        ("postgresql://l%40s:x@[::1]:6000/mi%20yar", None),
        ("postgresql://ls:x@/miyar?host=/var/run/PostgreSQL", None),
        ("postgresql://ls:x@%2Fvar%2Frun%2FPostgreSQL/miyar", None),
        ("postgresql://ls:x@db/miyar?sslmode=verify-full&sslrootcert=/etc/ca.pem", None),
    ],
)
def test_an_address_is_read_whole(given: str, expected: Postgres | None) -> None:
    wanted = {
        "l%40s": postgres(host="::1", port=6000, name="mi yar", user="l@s", password="x"),
        "PostgreSQL": postgres(host="/var/run/PostgreSQL", password="x"),
        "verify": postgres(sslmode="verify-full", sslrootcert="/etc/ca.pem", password="x"),
    }
    if expected is None:
        expected = next(record for part, record in wanted.items() if part in given)
    assert parse(given) == expected


def test_sqlite_can_be_asked_for_by_name() -> None:
    assert parse("SQLite") == Sqlite()


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("mysql://ls:geheim@db/miyar", "does not begin with postgresql://"),
        ("geheim", "does not begin with postgresql://"),
        ("postgresql://ls:geheim@db", "no database name"),
        ("postgresql://:geheim@db/miyar", "no user"),
        ("postgresql://ls:geheim@/miyar", "no host"),
        ("postgresql://ls:geheim@db:port/miyar", "port is no number"),
        ("postgresql://ls:geheim@db:99999/miyar", "port is no number"),
        ("postgresql://ls:geh/eim@db/miyar", "behind the name of the database"),
        ("postgresql://ls:12/geheim@db/miyar", "behind the name of the database"),
        ("postgresql://ls:geh#eim@db/miyar", "behind the name of the database"),
        ("postgresql://ls:geh?eim@db/miyar", "no address"),
        ("postgresql://ls:geh?a=eim@db/miyar", "after ? only"),
        ("postgresql://ls:geheim@db/miyar?geheim=1", "after ? only"),
        ("postgresql://ls:geheim@db/miyar?sslmode=a&sslmode=b", "each once"),
        ("postgresql://ls:geheim%zz@db/miyar", "two hexadecimal digits"),
        ("postgresql://ls:geheim%0A@db/miyar", "control character"),
        ("postgresql://ls:geheim@[::1/miyar", "no address"),
        ("postgresql://ls:geheim@\u2100/miyar", "no address"),
    ],
)
def test_an_unreadable_address_is_refused_without_showing_it(given: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(given)
    said = str(caught.value)
    assert what in said
    assert "postgresql://USER:PASSWORD@HOST:PORT/NAME" in said
    assert not {"geheim", "geh", "eim"} & set(said.replace("/", " ").replace("@", " ").split())
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_the_password_is_in_no_text_of_the_record() -> None:
    record = postgres(sslmode="require")
    assert PASSWORD not in repr(record) + str(record) + record.shown
    assert record.shown == "postgresql://ls@db:5432/miyar"
    assert record.for_libpq()["PGPASSWORD"] == PASSWORD
    assert record.for_libpq()["PGSSLMODE"] == "require"
    assert record.for_label_studio()["LABEL_STUDIO_POSTGRE_PASSWORD"] == PASSWORD


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path / "server", 9999)


def test_without_a_word_the_database_is_sqlite_or_the_one_before(server: Server) -> None:
    assert server.chosen(None) == Sqlite()
    write_secrets(server.database_file, postgres())
    assert server.chosen(None) == postgres()


def test_user_and_password_of_the_same_database_may_change(server: Server) -> None:
    write_secrets(server.database_file, postgres())
    assert server.chosen(postgres(password="new")) == postgres(password="new")


@pytest.mark.parametrize(
    "other", [Sqlite(), postgres(name="b"), postgres(host="c"), postgres(port=1)]
)
def test_another_database_than_the_remembered_one_is_refused(
    server: Server, other: Sqlite | Postgres
) -> None:
    write_secrets(server.database_file, postgres())
    with pytest.raises(ServerError, match=r"is in postgresql://ls@db:5432/miyar, asked for") as e:
        server.chosen(other)
    assert PASSWORD not in str(e.value)
    assert "--server NAME" in str(e.value)


def test_data_in_sqlite_does_not_move_to_postgresql_unnoticed(server: Server) -> None:
    server.data.mkdir(parents=True)
    (server.data / "label_studio.sqlite3").touch()
    with pytest.raises(ServerError, match="is in SQLite, asked for postgresql://ls@db"):
        server.chosen(postgres())


def test_the_remembered_address_is_in_a_file_of_its_owner_only(server: Server) -> None:
    write_secrets(server.database_file, postgres())
    assert server.database_file.stat().st_mode & 0o777 == 0o600
    assert server.root.stat().st_mode & 0o777 == 0o700
    assert server.database() == postgres()
