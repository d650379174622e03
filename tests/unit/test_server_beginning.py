"""A first start that was interrupted is begun again; work is never cleared away."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from annotation.labelstudio.managed.beginning import clear_sqlite
from schemas.errors import ServerError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "label_studio.sqlite3"


def made(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as link:
        for statement in statements:
            link.execute(statement)
        link.commit()


def test_there_is_nothing_to_clear_before_the_first_start(file: Path) -> None:
    assert clear_sqlite(file) is False
    assert not file.exists()


@pytest.mark.parametrize(
    "statements",
    [(), ("create table django_migrations (id)",), ("create table htx_user (id)",)],
    ids=["empty", "no users' table", "no users"],
)
def test_a_database_without_users_is_cleared(file: Path, statements: tuple[str, ...]) -> None:
    made(file, *statements)
    assert clear_sqlite(file) is True
    assert not file.exists()


def test_a_database_with_a_user_is_kept(file: Path) -> None:
    made(file, "create table htx_user (id)", "insert into htx_user values (1)")
    before = file.read_bytes()
    assert clear_sqlite(file) is False
    assert file.read_bytes() == before


def test_a_killed_transaction_is_rolled_back_before_anything_is_judged(file: Path) -> None:
    made(file, "create table htx_user (id)", "insert into htx_user values (1)")
    # Deletes the user, spills the change into the file, and dies before the commit.
    code = (
        "import os, sqlite3, sys\n"
        "link = sqlite3.connect(sys.argv[1])\n"
        "link.execute('pragma cache_size = 1')\n"
        "link.execute('begin')\n"
        "link.execute('delete from htx_user')\n"
        "link.execute('create table big (text)')\n"
        "for n in range(2000): link.execute('insert into big values (?)', ('x' * 500,))\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", code, file], check=False)
    assert file.with_name(f"{file.name}-journal").exists()
    assert clear_sqlite(file) is False
    with closing(sqlite3.connect(file)) as link:
        assert link.execute("select count(*) from htx_user").fetchone() == (1,)


def test_a_damaged_database_is_kept_and_named(file: Path) -> None:
    file.write_bytes(b"not a database at all " * 100)
    with pytest.raises(ServerError, match=r"is damaged .*server restore FILE --force"):
        clear_sqlite(file)
    assert file.exists()
