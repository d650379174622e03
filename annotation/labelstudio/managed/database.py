"""The database of a managed server: SQLite, or a PostgreSQL that is asked for by its address."""

from __future__ import annotations

import os
import re
from typing import Literal, NoReturn
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pydantic import Field

from schemas.errors import UsageError
from schemas.record import Record

VARIABLE = "MIYAR_LABEL_STUDIO_DATABASE"
FORM = "postgresql://USER:PASSWORD@HOST:PORT/NAME"
_SETTINGS = {"host", "sslmode", "sslrootcert"}
_PASSED = ("PATH", "HOME", "LANG", "TZ", "LD_LIBRARY_PATH")


class Sqlite(Record):
    """A file in the server's data folder."""

    kind: Literal["sqlite"] = "sqlite"

    @property
    def shown(self) -> str:
        """What people are told."""
        return "SQLite"


class Postgres(Record):
    """A PostgreSQL database and how to log in."""

    kind: Literal["postgresql"] = "postgresql"
    host: str
    """Name or address, or the folder of a Unix socket."""
    port: int = 5432
    name: str
    user: str
    password: str = Field(default="", repr=False)
    sslmode: str = ""
    sslrootcert: str = ""

    @property
    def shown(self) -> str:
        """Its address without the password."""
        user, name = quote(self.user, safe=""), quote(self.name, safe="")
        if self.host.startswith("/"):
            return f"postgresql://{user}@:{self.port}/{name}?host={quote(self.host)}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{user}@{host}:{self.port}/{name}"

    def same_place(self, other: Postgres) -> bool:
        """Tell whether both mean one database; user and password may differ."""
        mine, theirs = (self.host, self.port, self.name), (other.host, other.port, other.name)
        return mine == theirs

    def for_label_studio(self) -> dict[str, str]:
        """Return the environment that Label Studio reads."""
        given = {
            "LABEL_STUDIO_DJANGO_DB": "postgresql",
            "LABEL_STUDIO_POSTGRE_HOST": self.host,
            "LABEL_STUDIO_POSTGRE_PORT": str(self.port),
            "LABEL_STUDIO_POSTGRE_NAME": self.name,
            "LABEL_STUDIO_POSTGRE_USER": self.user,
            "LABEL_STUDIO_POSTGRE_PASSWORD": self.password,
        }
        return given | self._tls()

    def for_libpq(self) -> dict[str, str]:
        """Return the environment that PostgreSQL's own programs read; no argument holds a word."""
        given = {"PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": self.user}
        given["PGDATABASE"] = self.name
        if self.password:
            given["PGPASSWORD"] = self.password
        passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
        return passed | given | self._tls()

    def _tls(self) -> dict[str, str]:
        settings = {"PGSSLMODE": self.sslmode, "PGSSLROOTCERT": self.sslrootcert}
        return {name: value for name, value in settings.items() if value}


Database = Sqlite | Postgres


def parse(given: str) -> Database:
    """Read what ``--database`` was given: an address, or ``sqlite``.

    Raises:
        UsageError: it is neither. The message never shows it, since it may hold a password.
    """
    if given.strip().lower() == "sqlite":
        return Sqlite()
    try:
        parts = urlsplit(given.strip())
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        _refuse("it is no address")
    if parts.scheme not in ("postgresql", "postgres"):
        _refuse("it does not begin with postgresql://")
    if "@" in parts.path or ":" in parts.path or "/" in parts.path[1:] or parts.fragment:
        _refuse("there is something behind the name of the database")
    settings = dict(query)
    if not settings.keys() <= _SETTINGS or len(settings) != len(query):
        _refuse(f"after ? only {', '.join(sorted(_SETTINGS))} are known, each once")
    login, _, place = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    host, port = _place(place)
    name = _plain(parts.path[1:])
    host = settings.pop("host", "") or _plain(host)
    if not (user and name and host):
        missing = [w for w, v in (("user", user), ("host", host), ("database name", name)) if not v]
        _refuse(f"it has no {' and no '.join(missing)}")
    return Postgres(
        host=host,
        port=port,
        name=name,
        user=_plain(user),
        password=_plain(password),
        sslmode=settings.get("sslmode", ""),
        sslrootcert=settings.get("sslrootcert", ""),
    )


def _place(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, "5432"
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        _refuse("its port is no number from 1 to 65535")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _plain(text: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        _refuse("a % in it is not followed by two hexadecimal digits")
    plain = unquote(text)
    if any(ord(character) < 32 for character in plain):
        _refuse("it holds a control character")
    return plain


def _refuse(what: str) -> NoReturn:
    raise UsageError(
        f"--database (or {VARIABLE}) cannot be read: {what}; expected {FORM} or sqlite (what was "
        "given is not shown, it may hold a password). In user and password write @ : / ? # % as "
        "%40 %3A %2F %3F %23 %25."
    ) from None
