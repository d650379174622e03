"""A first start that was interrupted: its half-made database is cleared, so that it begins again.

Label Studio makes its tables in some hundred steps, and writes down each step after it. Killed in
between, it can never go on: "table … already exists". The administrator is made after the last
step; a database without any user holds nobody's work.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from annotation.labelstudio.managed.database import Postgres
from schemas.errors import ServerError

_CLEAR = """
import json, psycopg
from psycopg import sql
with psycopg.connect(connect_timeout=10, client_encoding="utf8") as link:
    made = link.execute("select to_regclass('htx_user') is not null").fetchone()[0]
    users = link.execute("select count(*) from htx_user").fetchone()[0] if made else 0
    left = []
    if not users:
        left = link.execute(
            "select relkind::text, relname from pg_class where relkind in ('r', 'p', 'v', 'S') "
            "and relnamespace = (select oid from pg_namespace where nspname = current_schema()) "
            "and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e') "
            "order by position(relkind::text in 'vprS')").fetchall()
    for kind, name in left:
        word = {"v": "view", "S": "sequence"}.get(kind, "table")
        link.execute(sql.SQL(f"drop {word} if exists {{}} cascade").format(sql.Identifier(name)))
print(json.dumps(len(left)))
"""


def clear_sqlite(file: Path) -> bool:
    """Remove a database that nobody could ever log in to; return whether it was one."""
    if not file.is_file():
        return False
    try:
        # Not read-only: after a kill -9 SQLite has to roll back first.
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as link:
            known = "select count(*) from sqlite_master where name = 'htx_user'"
            if link.execute(known).fetchone()[0] and _users(link):
                return False
    except sqlite3.DatabaseError as error:
        raise ServerError(
            f"{file} is damaged ({error}); bring the last backup back with "
            "`miyar annotation server restore FILE --force`."
        ) from error
    file.unlink()
    file.with_name(f"{file.name}-journal").unlink(missing_ok=True)
    return True


def _users(link: sqlite3.Connection) -> int:
    return int(link.execute("select count(*) from htx_user").fetchone()[0])


def clear_postgres(database: Postgres, python: Path) -> bool:
    """Empty a database that nobody could ever log in to; return whether there was something.

    Only for a database that was empty when the server first used it.

    Raises:
        ServerError: it cannot be emptied.
    """
    result = subprocess.run(
        [str(python), "-I", "-c", _CLEAR],
        env=database.for_libpq(),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise ServerError(
            f"{database.shown}: the first start was interrupted, and what it has made cannot be "
            f"removed ({(result.stderr.strip().splitlines() or ['no reason given'])[-1][:300]}); "
            "give an empty database."
        )
    return bool(json.loads(result.stdout))
