"""Annotations to a gold release: build, release; and to a changed codebook: migrate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from schemas.console import HELP, emit, err, fail_on_defects, hint, say, show_ledger
from schemas.errors import UsageError
from schemas.ledger import Ledger, State, Unit
from schemas.options import CORPUS, Adjudicators, AsJson, DryRun, WorkspaceOption, adjudicators
from schemas.workspace import Workspace

if TYPE_CHECKING:
    from annotation.migration import Migration

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

    space, ledger = Workspace(workspace), Ledger()
    records = run_build(space, adjudicators(adjudicator), ledger, dry_run=dry_run)
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


@app.command("migrate")
def gold_migrate(
    workspace: WorkspaceOption = CORPUS,
    source: Annotated[
        str | None,
        typer.Option("--from", help="Old codebook: a file, or the short hash of an archived one."),
    ] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="What becomes of the labels (YAML).")
    ] = None,
    draft: Annotated[
        Path | None, typer.Option("--draft", help="Only write a plan to begin with, here.")
    ] = None,
    accept_removals: Annotated[
        bool,
        typer.Option("--accept-removals", help="Drop decisions on labels that are not planned."),
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take annotations over to a changed codebook; list what must be looked at again."""
    from annotation.migration import run_draft, run_migrate

    space, ledger = Workspace(workspace), Ledger()
    if draft:
        if plan or dry_run:
            raise UsageError("--draft writes a plan and nothing else; leave --plan and --dry-run.")
        run_draft(space, draft, source=source)
        say(f"written to {draft}; check every line.")
        hint(f"miyar gold migrate --workspace {workspace} --plan {draft} --dry-run")
        return
    done = run_migrate(
        space,
        ledger,
        source=source,
        plan=plan,
        accept_removals=accept_removals,
        dry_run=dry_run,
    )
    _show_migration(done, ledger, dry_run=dry_run)
    if as_json:
        emit(_as_dict(done, ledger, dry_run=dry_run))
    if done.change and not dry_run:
        hint(f"miyar annotation preannotate --workspace {workspace}")
        hint(f"miyar annotation carry --workspace {workspace}")


def _show_migration(done: Migration, ledger: Ledger, *, dry_run: bool) -> None:
    if done.change is None or done.migrated is None:
        say("All annotations are of today's codebook; there is nothing to migrate.")
    else:
        say(f"codebook {done.change.source[:8]} → {done.change.new.short_hash}")
        _show_steps(done)
        show_ledger(ledger)
        verb = "would be " if dry_run else ""
        say(
            f"{len(done.migrated.annotations)} annotations: {done.new} {verb}new, {done.changed} "
            f"{verb}changed, {done.unchanged} there already; {done.edited} were changed under the "
            "new codebook since and stay so."
        )
        for item in done.reworded:
            say(
                f"{item.label}: {', '.join(item.parts)} changed; its decisions are kept, but for "
                "those that the plan names under `review`."
            )
        if unread := sorted({label for r in done.migrated.reviews for label in r.unread}):
            say(
                f"{', '.join(unread)}: not looked for in some annotations; gold says that spans "
                "of their passages are not complete."
            )
        if done.file and not dry_run:
            say(f"written to {done.file}")
    questions = sum(len(review.questions) for review in done.open)
    where = "" if dry_run else f"; they are listed in {done.open_file}"
    say(f"{len(done.open)} annotations must be looked at again ({questions} questions){where}.")


def _show_steps(done: Migration) -> None:
    """Print what becomes of each label, without those that just stay."""
    table = Table(box=None, pad_edge=False)
    for name in ("step", "kept", "to review", "dropped"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for row in _steps(done):
        if row["step"].startswith("keep") and not row["review"]:
            continue
        table.add_row(row["step"], str(row["kept"]), str(row["review"]), str(row["dropped"]))
    err.print(table)


def _steps(done: Migration) -> list[dict[str, Any]]:
    if done.change is None or done.migrated is None:
        return []
    plan, tally = done.change.plan, done.migrated.tally
    return [
        {
            "step": str(step),
            "kept": tally[step, "kept"],
            "review": tally[step, "review"],
            "dropped": tally[step, "dropped"],
        }
        for step in (*plan.issues, *plan.entities)
    ]


def _as_dict(done: Migration, ledger: Ledger, *, dry_run: bool) -> dict[str, object]:
    return {
        "from": done.change.source if done.change else None,
        "to": done.change.new.hash if done.change else None,
        "steps": _steps(done),
        "reworded": {item.label: list(item.parts) for item in done.reworded},
        "new": done.new,
        "changed": done.changed,
        "unchanged": done.unchanged,
        "edited": done.edited,
        "file": str(done.file) if done.file and not dry_run else None,
        "to_review": len(done.open),
        "review_file": None if dry_run else str(done.open_file),
        "ledger": ledger.as_dict(),
    }
