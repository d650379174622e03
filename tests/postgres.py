"""A real PostgreSQL for tests, started by an ordinary user in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import free_port

USER = "miyar"
PASSWORD = "p@:/?#% كلمة"
_ROOT_PASSWORD = "only for tests"
MISSING = "no PostgreSQL server found; on Debian: apt-get install postgresql"


def programs() -> Path:
    """Return the folder of PostgreSQL's server programs; Debian keeps it out of the PATH.

    Their absence fails in CI and skips on a laptop.
    """
    found = [Path(path).parent for path in (shutil.which("initdb"),) if path]
    found += [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    if not found:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return found[-1]


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL."""

    bin: Path
    folder: Path
    port: int

    def address(self, name: str, *, password: str = PASSWORD, **changes: object) -> str:
        """Return what ``--database`` is given."""
        parts = {"host": "127.0.0.1", "port": self.port, "user": USER} | changes
        login = f"{parts['user']}:{quote(password, safe='')}"
        return f"postgresql://{login}@{parts['host']}:{parts['port']}/{name}"

    def by_socket(self, name: str) -> str:
        """Return an address that leads through the Unix socket."""
        login = f"{USER}:{quote(PASSWORD, safe='')}"
        return f"postgresql://{login}@:{self.port}/{name}?host={quote(str(self.folder))}"

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """Run statements as the database's superuser; return what they print."""
        words = [word for statement in statements for word in ("-c", statement)]
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database]
        return subprocess.run(
            [self.bin / "psql", "-v", "ON_ERROR_STOP=1", "-Atq", *where, *words],
            env={"PATH": os.environ["PATH"], "PGPASSWORD": _ROOT_PASSWORD},
            capture_output=True,
            text=True,
            check=True,
        ).stdout


def _as_ordinary_user(folder: Path, words: list[str | Path]) -> None:
    # initdb and postgres refuse to run as root.
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (folder, *folder.iterdir()):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    subprocess.run(
        words, check=True, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **who
    )


@contextmanager
def running() -> Iterator[Cluster]:
    """Start PostgreSQL; stop it and remove its folder in the end."""
    bin_folder = programs()
    # Not in pytest's folder, which only its owner may enter; and a socket's path must be short.
    folder, port = Path(tempfile.mkdtemp(prefix="miyar-pg-")), free_port()
    data = folder / "data"
    (folder / "password").write_text(_ROOT_PASSWORD, encoding="utf-8")
    login = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}"]
    control = [bin_folder / "pg_ctl", "-D", data, "-w", "-t", "300", "-s"]
    settings = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    try:
        init = [bin_folder / "initdb", "-D", data, "-E", "UTF8", "--locale=C", "-N", *login]
        _as_ordinary_user(folder, init)
        _as_ordinary_user(folder, [*control, "-l", folder / "log", "-o", settings, "start"])
        try:
            cluster = Cluster(bin_folder, folder, port)
            quoted = PASSWORD.replace("'", "''")
            cluster.sql(f"create role {USER} login password '{quoted}'")
            yield cluster
        finally:
            _as_ordinary_user(folder, [*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder)
