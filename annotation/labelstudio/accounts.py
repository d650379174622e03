"""Annotators' accounts: made by the invitation link, their secrets kept in files of the owner."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from annotation.labelstudio.api.client import Connection, Settings, translated
from annotation.labelstudio.managed.credentials import (
    Account,
    Credentials,
    Roll,
    read_secrets,
    write_secret,
    write_secrets,
)
from annotation.labelstudio.managed.server import Server, home
from annotation.labelstudio.signup import log_in, sign_up, works
from schemas.errors import ServerError, UsageError
from schemas.locks import exclusive

UNNAMED = "user-"
"""How an annotator is called when only the user's number is known."""
DOMAIN = "miyar.invalid"
"""``.invalid`` is reserved: nothing is ever sent to these addresses (RFC 2606)."""
RESERVED = "admin"
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_LONGEST = 40
_CARD = """\
بيانات الدخول إلى منصة الوسم: {name}
Login for the annotation server: {name}

العنوان / Address:
{url}

البريد الإلكتروني / E-mail:
{email}

كلمة المرور / Password:
{password}

افتح العنوان في المتصفح، ثم أدخل البريد وكلمة المرور.
لا تُطلع أحدًا على هذه البيانات.
Open the address in a browser and enter e-mail and password. Show this to nobody else.
"""


@dataclass(frozen=True)
class Book:
    """Where the secrets of one server's annotators are kept."""

    root: Path
    managed: bool

    @classmethod
    def of(cls, server: Server, settings: Settings) -> Book:
        """Return the book of the server that :func:`connect` connects to."""
        if not settings.url:
            return cls(server.root, managed=True)
        parts = urlsplit(settings.url)
        place = f"{parts.netloc.rpartition('@')[2]}{parts.path}".lower().rstrip("/")
        folder = re.sub(r"[^a-z0-9.-]", "_", place).lstrip(".")
        return cls(home("data") / "label-studio-hosts" / folder, managed=False)

    @property
    def file(self) -> Path:
        """Names and their accounts, readable by the owner only."""
        return self.root / "credentials.json"

    def card(self, name: str) -> Path:
        """Return the file to hand over to an annotator."""
        return self.root / "logins" / f"{name}.txt"

    def read(self) -> Roll:
        """Return the accounts that are known here."""
        if self.managed:
            return Server(self.root).credentials()
        return read_secrets(self.file, Roll) or Roll()

    def write(self, roll: Roll) -> None:
        """Keep accounts."""
        write_secrets(self.file, roll)


@dataclass(frozen=True)
class Member:
    """A user of the server."""

    name: str
    email: str
    known: bool
    """Whether the account's secrets are kept here."""
    last_activity: datetime | None


def annotator_name(given: str) -> str:
    """Return the name of an annotator as the server keeps it: in small letters.

    Raises:
        UsageError: it cannot be the first part of an e-mail address.
    """
    name = given.lower()
    if not (given.isascii() and _NAME.fullmatch(name) and len(name) <= _LONGEST):
        raise UsageError(
            f"{given!r} cannot name an annotator; use at most {_LONGEST} of a to z, 0 to 9, - and "
            "_, with single dots inside: layla, a1, sami.h"
        )
    if name == RESERVED:
        raise UsageError(f"{given!r} is the administrator's name; take another one.")
    return name


def ensure_account(server: Server, connection: Connection, name: str) -> Account:
    """Return the account of an annotator of the managed server, made when there is none.

    Raises:
        ServerError: the server has such an account, but its credentials are not here.
        UsageError: the name cannot be one.
    """
    account, _ = add_account(Book(server.root, managed=True), connection, name)
    return account


def add_account(book: Book, connection: Connection, name: str) -> tuple[Account, bool]:
    """Return the account of an annotator and whether it was made now.

    An interrupted run is taken up where it ended: the password is kept before the server has it.
    A token that was revoked is replaced.

    Raises:
        ServerError: the server has such an account, but its credentials are not here.
        UsageError: the name cannot be one.
    """
    name = annotator_name(name)
    with exclusive(book.root / "accounts.lock", lambda: None):
        roll = book.read()
        if (known := roll.annotators.get(name)) and works(connection, known.token):
            return known, False
        account, email = known or roll.pending.get(name), f"{name}@{DOMAIN}"
        there = email in names_by_user(connection, full=True).values()
        if there and account is None:
            raise ServerError(
                f"{email} is an account of {connection.url} already, but {book.file} does not "
                "know its password; take another name."
            )
        if account is None:
            account = Account(email=email, password=secrets.token_urlsafe(18), token="")
            roll = _with(roll, pending={**roll.pending, name: account})
            book.write(roll)
        token = log_in(connection, account) if there else sign_up(connection, account)
        account = account.model_copy(update={"token": token})
        pending = {key: value for key, value in roll.pending.items() if key != name}
        book.write(_with(roll, pending=pending, annotators={**roll.annotators, name: account}))
    return account, not there


def _with(roll: Roll, **changes: dict[str, Account]) -> Roll:
    return roll.model_copy(update=changes)


def write_card(book: Book, connection: Connection, name: str, account: Account) -> Path:
    """Write what an annotator needs to log in, readable by the owner only; return where."""
    path = book.card(name)
    text = _CARD.format(
        name=name, url=connection.url, email=account.email, password=account.password
    )
    write_secret(path, text)
    return path


def members(book: Book, connection: Connection) -> list[Member]:
    """Return the users of a server by name."""
    roll = book.read()
    known = {account.email for account in roll.annotators.values()}
    if isinstance(roll, Credentials):
        known.add(roll.admin.email)
    with translated(connection.url):
        users = list(connection.client.users.list())
    found = [
        Member(
            name=_name(user.email, int(user.id or 0)),
            email=user.email or "",
            known=user.email in known,
            last_activity=user.last_activity,
        )
        for user in users
    ]
    return sorted(found, key=lambda member: member.name)


def names_by_user(connection: Connection, *, full: bool = False) -> dict[int, str]:
    """Return user id → name: the e-mail address, without Miyar's own domain unless ``full``."""
    with translated(connection.url):
        users = list(connection.client.users.list())
    return {int(user.id or 0): _name(user.email, int(user.id or 0), full=full) for user in users}


def _name(email: str | None, user: int, *, full: bool = False) -> str:
    email = email or f"{UNNAMED}{user}"
    return email if full else email.removesuffix(f"@{DOMAIN}")
