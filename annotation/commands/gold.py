"""Annotations to a gold release: build, release."""

from __future__ import annotations

import typer

from schemas.console import HELP, emit, fail_on_defects, hint, say, show_ledger
from schemas.ledger import Ledger, State, Unit
from schemas.options import CORPUS, Adjudicators, AsJson, DryRun, WorkspaceOption, adjudicators
from schemas.workspace import Workspace

app = typer.Typer(
    help="From annotations to a versioned gold release.",
    epilog=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command("build")
def gold_build(
    workspace: WorkspaceOption = CORPUS,
    adjudicator: Adjudicators = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Decide what the annotations say together: unanimous, majority, adjudicated."""
    from annotation.steps import run_build

    ledger = Ledger()
    records = run_build(Workspace(workspace), adjudicators(adjudicator), ledger, dry_run=dry_run)
    show_ledger(ledger)
    open_ = ledger.states[Unit.ISSUE_DECISIONS, State.PENDING]
    say(f"{len(records)} gold records; {open_} issue decisions are still open.")
    if as_json:
        emit({"records": len(records), "ledger": ledger.as_dict()})
    fail_on_defects(ledger, where="these annotations do not count")
    hint(f"miyar gold release --workspace {workspace}")


@app.command("release")
def gold_release(
    workspace: WorkspaceOption = CORPUS,
    adjudicator: Adjudicators = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Freeze the gold as the next version, split article-wise into train, dev and test."""
    from annotation.steps import run_build, run_release

    space, ledger = Workspace(workspace), Ledger()
    records = run_build(space, adjudicators(adjudicator), ledger, dry_run=dry_run)
    show_ledger(ledger)
    fail_on_defects(ledger, where="these annotations do not count, and nothing was released")
    done = run_release(space, records, ledger, dry_run=dry_run)
    counts = done.manifest.counts
    sizes = ", ".join(f"{name} {counts[f'split:{name}']}" for name in ("train", "dev", "test"))
    verb = "unchanged" if not done.new else "would be released" if dry_run else "released"
    say(f"{done.path}: {verb}; passages: {sizes}.")
    if as_json:
        emit({"path": str(done.path), "new": done.new, "counts": counts})
    hint(f"miyar train fit --gold {done.path}")
