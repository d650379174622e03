"""Passages to Label Studio and annotations back: push, status, pull."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from schemas.console import emit, err, fail_on_defects, hint, progress, say, show_ledger
from schemas.ledger import Ledger
from schemas.options import (
    CORPUS,
    AcceptDeletions,
    AsJson,
    DryRun,
    ProjectTitle,
    ServerName,
    WorkspaceOption,
)
from schemas.workspace import Workspace

if TYPE_CHECKING:
    from annotation.labelstudio.progress import Progress
    from annotation.projects import Pushed

app = typer.Typer()


@app.command()
def push(
    workspace: WorkspaceOption = CORPUS,
    predictions: Annotated[
        str | None,
        typer.Option("--predictions", help="File name in runs/predictions; rules unless given."),
    ] = None,
    overlap: Annotated[
        int | None,
        typer.Option("--overlap", min=1, help="Annotators a passage; 2 in a new project."),
    ] = None,
    blind: Annotated[
        float, typer.Option("--blind", min=0, max=1, help="Share pushed without predictions.")
    ] = 0.15,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Give an older project today's interface.")
    ] = False,
    project: ProjectTitle = None,
    server: ServerName = "default",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send passages with their predictions to Label Studio, each exactly once."""
    from annotation.labelstudio.api.client import Settings, connect
    from annotation.labelstudio.managed.server import Server
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
            predictions=predictions,
            overlap=overlap,
            blind=blind,
            refreshed=refresh,
            dry_run=dry_run,
            on_batch=lambda n: bar.advance(bar.task_ids[0], n),
        )
    _show_pushed(done, dry_run=dry_run)
    if not dry_run:
        show_ledger(ledger)
    if done.project:
        say(f"Annotate at {done.project.page}")
    if as_json:
        newer = done.predictions
        emit(
            {
                "project": done.project.id if done.project else None,
                "made": done.made,
                "new": len(done.plan.new),
                "held": done.plan.held,
                "model": newer.model if newer else None,
                "predictions": len(newer.new) if newer else 0,
                "ledger": ledger.as_dict(),
            }
        )
    fail_on_defects(ledger, where="look at these tasks in Label Studio")
    hint(f"miyar annotation status --workspace {workspace}")


def _show_pushed(done: Pushed, *, dry_run: bool) -> None:
    """Tell what was done, or would be."""
    blind = sum(not task.assisted for task in done.plan.new)
    say(
        f"{'would make' if dry_run else 'made'} {len(done.plan.new)} tasks ({blind} blind); "
        f"{done.plan.held} passages had theirs already."
    )
    newer = done.predictions
    if newer and (newer.new or newer.finished or newer.doubled):
        say(
            f"predictions by {newer.model} {'would be ' if dry_run else ''}added to "
            f"{len(newer.new)} tasks that were there; {newer.held} have them, {newer.finished} "
            f"need none: they have all their annotations."
        )
        if newer.doubled:
            say(f"{newer.doubled} tasks hold the same prediction twice; it does no harm.")
    if done.overlap:
        before, now = done.overlap
        verb = "would go" if dry_run else "goes"
        say(f"each passage {verb} to {now} annotators, before to {before}.")


@app.command()
def pull(
    workspace: WorkspaceOption = CORPUS,
    from_export: Annotated[
        Path | None,
        typer.Option("--from-export", help="A JSON export instead of the server."),
    ] = None,
    incremental: Annotated[
        bool, typer.Option("--incremental", help="Read only what changed since the last pull.")
    ] = False,
    accept_deletions: AcceptDeletions = False,
    project: ProjectTitle = None,
    server: ServerName = "default",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Fetch and validate annotations; what is bad is counted, coded and kept beside them."""
    from annotation.labelstudio.api.client import Settings, connect
    from annotation.labelstudio.managed.server import Server
    from annotation.pulls import pull_file, pull_project

    space, ledger = Workspace(workspace), Ledger()
    if from_export:
        taken = pull_file(space, from_export, ledger, dry_run=dry_run)
    else:
        connection = connect(Server.named(server), Settings())
        taken = pull_project(
            space,
            connection,
            ledger,
            title=project,
            incremental=incremental,
            accept_deletions=accept_deletions,
            dry_run=dry_run,
        )
    done = taken.pulled
    show_ledger(ledger)
    say(
        f"{taken.tasks} tasks read{'' if taken.whole else ', those that changed'}; "
        f"{len(taken.annotations)} annotations: {done.new} new, {done.changed} changed, "
        f"{done.unchanged} known already; {done.withdrawn} known ones withdrawn."
    )
    if done.file and not dry_run:
        say(f"written to {done.file}")
    if as_json:
        names = ("new", "changed", "withdrawn", "unchanged")
        emit(
            {
                "tasks": taken.tasks,
                "whole": taken.whole,
                **{name: getattr(done, name) for name in names},
                "ledger": ledger.as_dict(),
            }
        )
    kept = f"all rejects are in {done.rejects}" if done.rejects else "nothing was written"
    fail_on_defects(ledger, where=kept)
    hint(f"miyar gold build --workspace {workspace}")


@app.command()
def status(
    workspace: WorkspaceOption = CORPUS,
    project: ProjectTitle = None,
    server: ServerName = "default",
    as_json: AsJson = False,
) -> None:
    """Tell how far the annotators are, how fast they go, and when they will be done."""
    from annotation.labelstudio.api.client import Settings, connect
    from annotation.labelstudio.managed.server import Server
    from annotation.progress import run_status

    space = Workspace(workspace)
    connection = connect(Server.named(server), Settings())
    found = run_status(space, connection, title=project)
    _show_progress(found)
    if as_json:
        emit(found.model_dump(mode="json"))
    hint(f"miyar annotation pull --workspace {workspace}")


def _show_progress(found: Progress) -> None:
    """Print progress as a table of annotators and a sentence on the end."""
    share = f" ({100 * found.done / found.wanted:.0f} %)" if found.wanted else ""
    say(
        f"{found.title}: {found.done} of {found.wanted} annotations{share}; "
        f"{found.passages} passages, {found.overlap} annotators each."
    )
    say("passages by annotators: " + ", ".join(f"{k}: {n}" for k, n in found.by_count.items()))
    if found.foreign:
        say(f"{found.foreign} tasks of the project hold no passage of this workspace.")
    table = Table(box=None, pad_edge=False)
    table.add_column("annotator")
    for name in ("annotations", "skipped", "drafts", "a day", "seconds each", "last"):
        table.add_column(name, justify="right")
    for one in found.annotators:
        numbers = (one.annotations, one.skipped, one.drafts, one.per_day)
        seconds = "–" if one.median_s is None else f"{one.median_s:.0f}"
        last = f"{one.last:%Y-%m-%d %H:%M}" if one.last else "–"
        table.add_row(one.annotator, *map(str, numbers), seconds, last)
    err.print(table)
    pace = found.pace
    if found.done == found.wanted:
        say("Everything is annotated.")
    elif pace is None:
        say("Too few annotations in the last days to tell when it will be done.")
    else:
        band = f" ({pace.low:.0f} to {pace.high:.0f})" if pace.low is not None else ""
        say(f"{pace.per_day:.0f} annotations a day{band} over the last {pace.days} days.")
        if pace.end:
            until = f" (between {pace.end_early} and {pace.end_late or 'no end in sight'})"
            say(f"Done on about {pace.end}{until if pace.low is not None else ''}.")
