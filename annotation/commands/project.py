"""Passages to Label Studio and annotations back: push, pull."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from schemas.console import emit, fail_on_defects, hint, progress, say, show_ledger
from schemas.ledger import Ledger
from schemas.options import CORPUS, AsJson, DryRun, ProjectTitle, ServerName, WorkspaceOption
from schemas.workspace import Workspace

app = typer.Typer()


@app.command()
def push(
    workspace: WorkspaceOption = CORPUS,
    overlap: Annotated[int, typer.Option("--overlap", min=1, help="Annotators a passage.")] = 2,
    blind: Annotated[
        float, typer.Option("--blind", min=0, max=1, help="Share pushed without predictions.")
    ] = 0.15,
    project: ProjectTitle = None,
    server: ServerName = "default",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send passages with their predictions to Label Studio, each exactly once."""
    from annotation.labelstudio.client import Settings, connect
    from annotation.labelstudio.server import Server
    from annotation.projects import run_push

    space, ledger = Workspace(workspace), Ledger()
    total = len(space.passages())
    connection = connect(Server.named(server), Settings())
    with progress("push", total) as bar:
        done = run_push(
            space,
            connection,
            ledger,
            title=project,
            overlap=overlap,
            blind=blind,
            dry_run=dry_run,
            on_batch=lambda n: bar.advance(bar.task_ids[0], n),
        )
    verb = "would make" if dry_run else "made"
    say(f"{verb} {len(done.plan.new)} tasks; {done.plan.held} passages had theirs already.")
    if not dry_run:
        show_ledger(ledger)
    if done.project:
        say(f"Annotate at {done.project.page}")
    if as_json:
        emit(
            {
                "project": done.project.id if done.project else None,
                "made": done.made,
                "held": done.plan.held,
                "ledger": ledger.as_dict(),
            }
        )
    fail_on_defects(ledger, where="look at these tasks in Label Studio")
    hint(f"miyar annotation pull --workspace {workspace}")


@app.command()
def pull(
    workspace: WorkspaceOption = CORPUS,
    from_export: Annotated[
        Path | None,
        typer.Option("--from-export", help="A JSON export instead of the server."),
    ] = None,
    project: ProjectTitle = None,
    server: ServerName = "default",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Fetch and validate annotations; what is bad is counted, coded and kept beside them."""
    from annotation.labelstudio.accounts import names_by_user
    from annotation.labelstudio.client import Settings, connect
    from annotation.labelstudio.export import ExportReader
    from annotation.labelstudio.pull import store
    from annotation.labelstudio.server import Server
    from annotation.labelstudio.snapshot import fetch, read_export
    from annotation.projects import open_project, project_link
    from schemas.jsonl import write_text

    space, ledger = Workspace(workspace), Ledger()
    codebook, passages = space.codebook(), space.passages()
    names: dict[int, str] = {}
    users = project_link(space).with_name("users.json")
    if from_export:
        tasks = read_export(from_export)
        if users.is_file():
            stored = json.loads(users.read_text(encoding="utf-8"))
            names = {int(user): name for user, name in stored.items()}
    else:
        connection = connect(Server.named(server), Settings())
        names = names_by_user(connection)
        tasks = fetch(connection, open_project(space, connection, project))
        if not dry_run:
            write_text(users, json.dumps(names, ensure_ascii=False, indent=1) + "\n")
    reader = ExportReader(codebook, passages, names, ledger)
    annotations = reader.read(tasks)
    done = store(space, annotations, ledger, refused=reader.refused, dry_run=dry_run)
    show_ledger(ledger)
    say(
        f"{len(annotations)} annotations: {done.new} new, {done.changed} changed, "
        f"{done.unchanged} known already; {done.withdrawn} known ones withdrawn."
    )
    if done.file and not dry_run:
        say(f"written to {done.file}")
    if as_json:
        counts = {name: getattr(done, name) for name in ("new", "changed", "withdrawn")}
        counts["unchanged"] = done.unchanged
        emit({**counts, "ledger": ledger.as_dict()})
    kept = f"all rejects are in {done.rejects}" if done.rejects else "nothing was written"
    fail_on_defects(ledger, where=kept)
    hint(f"miyar gold build --workspace {workspace}")
