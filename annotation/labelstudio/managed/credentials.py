"""Accounts with their secrets, in files that only their owner can read."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import TypeVar

from pydantic import Field, ValidationError

from schemas.errors import ServerError
from schemas.jsonl import atomic
from schemas.record import Record

R = TypeVar("R", bound=Record)


class Account(Record):
    """A user of the server."""

    email: str
    password: str = Field(repr=False)
    token: str = Field(repr=False)
    """A personal access token, or a legacy token: the SDK takes both. Empty while it is made."""


class Roll(Record):
    """The annotators whose secrets are known here, by name."""

    annotators: dict[str, Account] = Field(default_factory=dict)
    pending: dict[str, Account] = Field(default_factory=dict)
    """Accounts that are being made: their password is kept before the server learns it, so that
    an interrupted `annotators add` can go on."""


class Credentials(Roll):
    """The accounts of a managed server."""

    admin: Account


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with atomic(path, mode=0o600) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_secrets(path: Path, record: Record) -> None:
    """Write a record that only its owner can read."""
    write_secret(path, record.model_dump_json(indent=1, exclude_defaults=True) + "\n")


def read_secrets(path: Path, model: type[R]) -> R | None:
    """Read such a record; ``None`` when there is no file.

    Raises:
        ServerError: the file is damaged; its content is not shown.
    """
    if not path.is_file():
        return None
    try:
        return model.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise ServerError(
            f"{path} is damaged ({where}: {first['type']}); put back the file from a backup "
            "(`miyar annotation server restore`)."
        ) from None


def ensure_secret_key(env_file: Path) -> None:
    """Make the key that signs sessions and tokens, if there is none that lasts.

    Label Studio makes one itself, but cannot read it again when it begins with ``$`` (one in
    fifty): every start would then end all sessions and personal access tokens.
    """
    text = env_file.read_text(encoding="utf-8") if env_file.is_file() else ""
    keys = re.findall(r"^SECRET_KEY=(.*)$", text, flags=re.MULTILINE)
    if keys and not keys[0].startswith("$"):
        return
    others = re.sub(r"^SECRET_KEY=.*\n?", "", text, flags=re.MULTILINE)
    write_secret(env_file, f"{others}SECRET_KEY={secrets.token_urlsafe(48)}\n")
