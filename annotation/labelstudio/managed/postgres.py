"""What is done with a PostgreSQL database: look whether it will do, copy it, bring a copy back."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from pathlib import Path

from annotation.labelstudio.managed.database import VARIABLE, Postgres
from schemas.errors import ServerError
from schemas.record import Record, sha256

OLDEST = 14
"""What the pinned Label Studio's Django supports."""
_PROBE = """
import json, psycopg
try:
    with psycopg.connect(connect_timeout=10, client_encoding="utf8") as link:
        row = link.execute(
            "select current_setting('server_version_num')::int, "
            "current_setting('server_encoding'), "
            "coalesce(has_schema_privilege(current_schema(), 'CREATE'), false), "
            # not information_schema, which hides what belongs to others
            "(select count(*) from pg_class where relkind in ('r', 'p', 'v', 'm', 'f') "
            " and relnamespace = (select oid from pg_namespace where nspname = current_schema())), "
            "pg_database_size(current_database()), "
            "(select count(*) from pg_stat_activity "
            " where datname = current_database() and pid <> pg_backend_pid() "
            " and backend_type = 'client backend'), "
            "(select count(*) from pg_stat_activity "
            " where datname = current_database() and application_name like 'miyar %' "
            " and application_name <> current_setting('application_name'))").fetchone()
    names = ("version", "encoding", "may_create", "tables", "size", "others", "rivals")
    print(json.dumps(dict(zip(names, row))))
except psycopg.Error as error:
    print(json.dumps({"refused": str(error).strip()}))
"""


class Facts(Record):
    """What a database says about itself."""

    version: int
    encoding: str
    may_create: bool
    tables: int
    size: int
    others: int
    """Connections besides ours."""
    rivals: int
    """Those of other managed servers: each keeps one open."""


def identity(root: Path) -> str:
    """Return the name under which the server of a folder connects to PostgreSQL."""
    return f"miyar {sha256(f'{socket.gethostname()}:{root.resolve()}')[:16]}"


def probe(database: Postgres, python: Path, root: Path) -> Facts:
    """Connect and look.

    Args:
        database: where.
        python: the Python of Label Studio's environment, which has the driver.
        root: the folder of the server that asks.

    Raises:
        ServerError: nobody answers, the login is refused, or there is no such database.
    """
    result = subprocess.run(
        [str(python), "-I", "-c", _PROBE],
        env=database.for_libpq() | {"PGAPPNAME": identity(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer = json.loads(result.stdout)
    except ValueError:
        raise ServerError(
            f"cannot look at {database.shown}: the driver failed "
            f"({_last_line(result.stderr)}); remove {python.parents[1]} and run "
            "`miyar annotation server up` again."
        ) from None
    if refused := answer.get("refused"):
        raise ServerError(_why(database, refused))
    return Facts.model_validate_json(result.stdout)


def _why(database: Postgres, refused: str) -> str:
    where, said = database.shown, " ".join(refused.split())[:400]
    if "password authentication failed" in refused or "no password supplied" in refused:
        return (
            f"{where}: the password of user {database.user!r} is refused; mend it in the address "
            f"(percent-encoded), best given in {VARIABLE}. PostgreSQL says: {said}"
        )
    if re.search(r"database .* does not exist", refused):
        return (
            f"{where}: there is no such database; make it with `{_make(database, database.name)}` "
            f"on the database server. PostgreSQL says: {said}"
        )
    if re.search(r"role .* does not exist", refused):
        return (
            f"{where}: there is no such user; make it with `createuser --pwprompt "
            f"{database.user}` on the database server. PostgreSQL says: {said}"
        )
    return f"{where}: cannot connect; is PostgreSQL running there? It says: {said}"


def _make(database: Postgres, name: str) -> str:
    return f"createdb --owner {database.user} --encoding UTF8 --template template0 {name}"


def check(database: Postgres, python: Path, root: Path, *, ours: bool) -> Facts:
    """Check that Label Studio can live in a database.

    Args:
        database: where.
        python: the Python of Label Studio's environment.
        root: the folder of the server.
        ours: this server has used it before.

    Raises:
        ServerError: it cannot be reached or used, or another Label Studio lives there.
    """
    facts = probe(database, python, root)
    where, make = database.shown, f"`{_make(database, 'NAME')}`"
    if facts.version < OLDEST * 10000:
        raise ServerError(
            f"{where} is PostgreSQL {facts.version // 10000}; Label Studio needs {OLDEST} or newer."
        )
    if facts.encoding != "UTF8":
        raise ServerError(
            f"{where} has the encoding {facts.encoding}, Arabic text needs UTF8; make another "
            f"database with {make}."
        )
    if facts.rivals:
        raise ServerError(
            f"{where} is in use by another managed server, here or on another machine; stop that "
            "one first: two on one database would destroy each other's work."
        )
    if not ours and facts.tables:
        raise ServerError(
            f"{where} holds {facts.tables} tables, but this server has not made them; give an "
            f"empty database ({make}), bring a backup back with `miyar annotation server restore "
            "FILE`, or, if it is a Label Studio that you run yourself, set MIYAR_LABEL_STUDIO_URL "
            "and MIYAR_LABEL_STUDIO_API_KEY instead."
        )
    if not facts.may_create:
        raise ServerError(
            f"{where}: user {database.user!r} may not make tables there; give the user a database "
            f"of its own with {make}."
        )
    return facts


def dump(database: Postgres, out: Path) -> None:
    """Write everything in a database to a file, as one moment saw it; the server may run.

    Raises:
        ServerError: ``pg_dump`` is missing or fails.
    """
    _run(database, ["pg_dump", "--format=custom", f"--file={out}"])


def load(database: Postgres, dumped: Path, *, replace: bool) -> None:
    """Bring a dump back, wholly or not at all.

    Raises:
        ServerError: ``pg_restore`` is missing or fails; the database is as it was.
    """
    quoted = database.name.replace("\\", "\\\\").replace("'", "\\'")
    words = ["pg_restore", "--single-transaction", "--exit-on-error", "--no-comments"]
    words += ["--clean", "--if-exists"] if replace else []
    _run(database, [*words, f"--dbname=dbname='{quoted}'", str(dumped)])


def _run(database: Postgres, words: list[str]) -> None:
    if not shutil.which(words[0]):
        raise ServerError(
            f"{words[0]} is not installed; backup and restore of a PostgreSQL database need "
            "PostgreSQL's client programs (on Debian: apt-get install postgresql-client), not "
            "older than the server."
        )
    result = subprocess.run(
        [words[0], "--no-owner", "--no-privileges", "--no-password", *words[1:]],
        env=database.for_libpq(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        # Only the lines of the program itself: the others may quote rows.
        own = [line for line in result.stderr.splitlines() if line.startswith(words[0] + ":")]
        raise ServerError(
            f"{words[0]} failed on {database.shown}: {' '.join(own)[:600] or result.returncode}"
        )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["nothing"])[-1][:300]
