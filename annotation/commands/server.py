"""The managed Label Studio: up, down, status."""

from __future__ import annotations

from typing import Annotated

import typer

from schemas.console import emit, hint, say
from schemas.options import AsJson, ServerName

app = typer.Typer(help="The managed local Label Studio.", no_args_is_help=True)


@app.command("up")
def server_up(
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535)] = None,
    server: ServerName = "default",
) -> None:
    """Start Label Studio; the first time it is installed into an environment of its own."""
    from annotation.labelstudio.server import Server

    managed = Server.named(server, port)
    started = managed.start(say)
    say(f"Label Studio {'is up' if started else 'was up already'}: {managed.url}")
    say(f"Your login (user and password) is in {managed.credentials_file}.")
    hint("miyar annotation push")


@app.command("down")
def server_down(server: ServerName = "default") -> None:
    """Stop Label Studio; its data stays."""
    from annotation.labelstudio.server import Server

    stopped = Server.named(server).stop()
    say("Label Studio is stopped." if stopped else "Label Studio was not running.")


@app.command("status")
def server_status(server: ServerName = "default", as_json: AsJson = False) -> None:
    """Tell whether Label Studio runs and answers."""
    from annotation.labelstudio.server import Server

    managed = Server.named(server)
    state = managed.running()
    answers = bool(state) and managed.healthy()
    say(
        f"{managed.url}: process {state.pid}, {'answers' if answers else 'does not answer yet'}."
        if state
        else "Label Studio is not running."
    )
    if as_json:
        emit({"url": managed.url, "pid": state.pid if state else None, "answers": answers})
    if not state:
        hint("miyar annotation server up")
