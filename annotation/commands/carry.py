"""The work of a changed codebook to its new project: carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from schemas.console import emit, fail_on_defects, hint, progress, say, show_ledger
from schemas.ledger import Ledger
from schemas.options import CORPUS, AsJson, DryRun, ProjectTitle, ServerName, WorkspaceOption
from schemas.workspace import Workspace

if TYPE_CHECKING:
    from annotation.carrying import Carried

app = typer.Typer()


@app.command()
def carry(
    workspace: WorkspaceOption = CORPUS,
    overlap: Annotated[
        int | None, typer.Option("--overlap", min=1, help="Annotators a passage; 2 at first.")
    ] = None,
    blind: Annotated[
        float,
        typer.Option("--blind", min=0, max=1, help="Share without predictions, as at the push."),
    ] = 0.15,
    project: ProjectTitle = None,
    server: ServerName = "default",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make the project of a changed codebook, with the annotations that were migrated to it."""
    from annotation.carrying import run_carry, sort_migrated
    from annotation.labelstudio.accounts import Book
    from annotation.labelstudio.api.client import Settings, connect
    from annotation.labelstudio.managed.server import Server

    space, ledger = Workspace(workspace), Ledger()
    managed, settings = Server.named(server), Settings()
    connection = connect(managed, settings)
    accounts = Book.of(managed, settings).read().annotators
    with progress("carry", len(sort_migrated(space).whole)) as bar:
        done = run_carry(
            space,
            connection,
            ledger,
            tokens={name: account.token for name, account in accounts.items()},
            title=project,
            overlap=overlap,
            blind=blind,
            dry_run=dry_run,
            on_each=lambda: bar.advance(bar.task_ids[0]),
        )
    _show(done, ledger, dry_run=dry_run)
    if as_json:
        emit(
            {
                "project": done.pushed.project.id if done.pushed.project else None,
                "tasks": done.tasks,
                "complete": len(done.sorted.whole),
                "written": done.written,
                "to_review": len(done.sorted.again),
                "without_note": done.without_note,
                "ledger": ledger.as_dict(),
            }
        )
    fail_on_defects(ledger, where="look at these in Label Studio")
    if dry_run:
        hint(f"miyar annotation carry --workspace {workspace}")
        return
    hint(f"miyar annotation pull --workspace {workspace}")


def _show(done: Carried, ledger: Ledger, *, dry_run: bool) -> None:
    whole, again = len(done.sorted.whole), len(done.sorted.again)
    passages = len({a.passage_id for a in done.sorted.again})
    verb, written = ("would make", "") if dry_run else ("made", f", {done.written} written now")
    say(
        f"{verb} {done.tasks} tasks; {whole} annotations are complete{written}; "
        f"{again} must be looked at again: their {passages} passages come up first."
    )
    if done.without_note:
        say(
            f"{done.without_note} of these passages had their task before and show no note: carry "
            "makes the project itself, do not push first."
        )
    if done.outdated:
        say(
            f"{done.outdated} annotations stand in the project as an earlier plan made them; the "
            "workspace has what the plan says now, and a pull keeps to that."
        )
    if not dry_run:
        show_ledger(ledger)
    if done.pushed.project:
        say(f"Annotate at {done.pushed.project.page}")
