"""Accounts of annotators: add, list, link."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from schemas.console import emit, hint, say
from schemas.options import AsJson, DryRun, ServerName

if TYPE_CHECKING:
    from annotation.labelstudio.accounts import Book
    from annotation.labelstudio.api.client import Connection

app = typer.Typer(help="The accounts of the people who annotate.", no_args_is_help=True)


@app.command()
def add(
    names: Annotated[list[str], typer.Argument(help="One name an annotator: layla a1 sami.h")],
    server: ServerName = "default",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make an account for each name; its login is written to a file to hand over."""
    from annotation.labelstudio.accounts import add_account, annotator_name, write_card

    wanted = list(dict.fromkeys(annotator_name(name) for name in names))
    book, connection = _open(server)
    known = book.read().annotators
    done: list[dict[str, object]] = []
    for name in wanted:
        if dry_run:
            say(f"{name}: {'has an account already' if name in known else 'would be made'}")
            continue
        account, made = add_account(book, connection, name)
        card = write_card(book, connection, name, account)
        say(f"{name}: {'made' if made else 'has an account already'}; login in {card}")
        done.append({"name": name, "email": account.email, "made": made, "login": str(card)})
    if as_json:
        emit({"annotators": done})
    if not dry_run:
        say("Hand each file to its annotator by a safe way; then it can be deleted.")
    hint(f"miyar annotation annotators list{_named(server)}")


@app.command("list")
def list_annotators(server: ServerName = "default", as_json: AsJson = False) -> None:
    """Name everybody who has an account, and when they were last seen."""
    from rich.table import Table

    from annotation.labelstudio.accounts import members
    from schemas.console import err

    book, connection = _open(server)
    found = members(book, connection)
    table = Table(box=None, pad_edge=False)
    for title in ("name", "e-mail", "login kept here", "last seen (UTC)"):
        table.add_column(title)
    for member in found:
        seen = f"{member.last_activity:%Y-%m-%d %H:%M}" if member.last_activity else ""
        table.add_row(member.name, member.email, "yes" if member.known else "no", seen)
    err.print(table)
    if as_json:
        emit(
            {
                "annotators": [
                    {
                        "name": member.name,
                        "email": member.email,
                        "known": member.known,
                        "last_activity": member.last_activity.isoformat()
                        if member.last_activity
                        else None,
                    }
                    for member in found
                ]
            }
        )


@app.command()
def link(
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write it; in the server's folder if not.")
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Make a new link; the one before it ends.")
    ] = False,
    server: ServerName = "default",
    dry_run: DryRun = False,
) -> None:
    """Write the sign-up link, for people who want to choose their own password, to a file."""
    from annotation.labelstudio.managed.credentials import write_secret
    from annotation.labelstudio.signup import invitation

    book, connection = _open(server)
    path = out or book.root / "sign-up-link.txt"
    if dry_run:
        say(f"would write the {'new ' if renew else ''}link to {path}")
        return
    write_secret(path, invitation(connection, renew=renew) + "\n")
    say(f"The sign-up link is in {path}; whoever has it can make an account.")
    if not renew:
        say("When everybody has signed up, end it:")
        hint(f"miyar annotation annotators link --renew{_named(server)}")


def _named(server: str) -> str:
    return "" if server == "default" else f" --server {server}"


def _open(server: str) -> tuple[Book, Connection]:
    from annotation.labelstudio.accounts import Book
    from annotation.labelstudio.api.client import Settings, connect
    from annotation.labelstudio.managed.server import Server

    settings, managed = Settings(), Server.named(server)
    connection = connect(managed, settings)
    where = urlsplit(connection.url)
    if where.scheme != "https" and where.hostname not in ("127.0.0.1", "localhost", "::1"):
        say(f"{connection.url} is not https: passwords and tokens travel in the clear.")
    return Book.of(managed, settings), connection
