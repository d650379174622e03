"""The managed Label Studio: up, down, status, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.console import emit, hint, say
from schemas.options import AsJson, DryRun, ServerName

if TYPE_CHECKING:
    from annotation.labelstudio.managed.database import Database

app = typer.Typer(help="The managed local Label Studio.", no_args_is_help=True)
Port = Annotated[int | None, typer.Option("--port", min=1, max=65535)]
DatabaseAddress = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="postgresql://USER:PASSWORD@HOST:PORT/NAME, or sqlite; best given by the environment, "
        "where it stands in no history and no list of processes.",
        envvar="MIYAR_LABEL_STUDIO_DATABASE",
        show_default=False,
    ),
]


@app.command("up")
def server_up(
    port: Port = None,
    database: DatabaseAddress = None,
    server: ServerName = "default",
) -> None:
    """Start Label Studio; the first time it is installed into an environment of its own."""
    from annotation.labelstudio.managed.server import Server

    managed = Server.named(server, port)
    started = managed.start(say, _database(database))
    say(f"Label Studio {'is up' if started else 'was up already'}: {managed.url}")
    say(f"Your login (user and password) is in {managed.credentials_file}.")
    hint(f"miyar annotation push{_named(server)}")


def _named(server: str) -> str:
    return "" if server == "default" else f" --server {server}"


def _database(given: str | None) -> Database | None:
    from annotation.labelstudio.managed.database import parse

    return parse(given) if given else None


@app.command("down")
def server_down(
    server: ServerName = "default",
    force: Annotated[bool, typer.Option("--force", help="Kill it when it does not end.")] = False,
) -> None:
    """Stop Label Studio; its data stays."""
    from annotation.labelstudio.managed.server import Server

    stopped = Server.named(server).stop(force=force, say=say)
    say("Label Studio is stopped." if stopped else "Label Studio was not running.")


@app.command("status")
def server_status(server: ServerName = "default", as_json: AsJson = False) -> None:
    """Tell whether Label Studio runs and answers, and how much it holds."""
    from annotation.labelstudio.managed.health import look, readable
    from annotation.labelstudio.managed.server import Server

    health = look(Server.named(server))
    if health.pid is None:
        say("Label Studio is not running.")
    else:
        does = "answers" if health.answers else "does not answer yet"
        say(f"{health.url}: process {health.pid}, {does}.")
    say(f"Label Studio {health.version or 'is not installed yet'}; data in {health.folder}")
    if health.database:
        where = health.database_address or "SQLite"
        say(f"Database: {where}; {readable(health.size_bytes)} with uploads.")
    if health.database_problem:
        say(health.database_problem)
    if health.projects is not None:
        say(f"Projects: {health.projects}, tasks: {health.tasks}.")
    if as_json:
        emit(health.as_dict())
    if health.pid is None:
        hint(f"miyar annotation server up{_named(server)}")


@app.command("backup")
def server_backup(
    out: Annotated[
        Path | None, typer.Option("--out", help="The archive; in the server's backups/ if not.")
    ] = None,
    server: ServerName = "default",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Write all of a server into one archive, while it runs or not."""
    from annotation.labelstudio.managed.backup import backup, default_path
    from annotation.labelstudio.managed.health import readable
    from annotation.labelstudio.managed.server import Server

    managed = Server.named(server)
    path = out or default_path(managed)
    manifest = backup(managed, path, dry_run=dry_run)
    size = sum(file.size for file in manifest.files.values())
    verb = "would be" if dry_run else "are"
    say(f"{len(manifest.files)} files ({readable(size)}) {verb} in {path}")
    if not dry_run:
        say("It holds passwords and the secret key: only you can read it; keep it that way.")
    if as_json:
        emit(
            {
                "path": str(path),
                "files": len(manifest.files),
                "size_bytes": size,
                "database": manifest.database,
                "label_studio": manifest.label_studio,
            }
        )
    hint(f"miyar annotation server restore {path} --server NAME")


@app.command("restore")
def server_restore(
    archive: Annotated[Path, typer.Argument(help="What `backup` wrote.")],
    database: DatabaseAddress = None,
    server: ServerName = "default",
    force: Annotated[
        bool, typer.Option("--force", help="Replace the data that the server has.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Bring a backup back into a server that is stopped, here or on another machine."""
    from annotation.labelstudio.managed.restore import restore
    from annotation.labelstudio.managed.server import Server

    managed = Server.named(server)
    manifest = restore(
        managed, archive, say, database=_database(database), force=force, dry_run=dry_run
    )
    made = f"{manifest.made_at:%Y-%m-%d %H:%M} UTC"
    if dry_run:
        say(f"{archive} is whole (made {made}) and could be restored into {managed.root}")
        return
    say(f"{managed.root} is as it was on {made}.")
    hint(f"miyar annotation server up{_named(server)}")
