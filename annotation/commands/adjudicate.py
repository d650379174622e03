"""Disputed passages to adjudicators and their decisions back: push, status, pull."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from schemas.console import emit, fail_on_defects, hint, progress, say, show_ledger
from schemas.ledger import Ledger
from schemas.options import (
    CORPUS,
    AcceptDeletions,
    Adjudicators,
    AsJson,
    DryRun,
    ProjectTitle,
    ServerName,
    WorkspaceOption,
    adjudicators,
)
from schemas.workspace import Workspace

app = typer.Typer(
    help="Passages on which annotators differ: to an adjudicator and back.", no_args_is_help=True
)
Least = Annotated[
    int, typer.Option("--least", min=1, help="Annotators that must have answered a passage.")
]
Majority = Annotated[
    bool, typer.Option("--majority", help="Also what a majority decided against others.")
]
Commented = Annotated[
    bool, typer.Option("--commented", help="Also passages with an annotator's comment.")
]


@app.command()
def push(
    workspace: WorkspaceOption = CORPUS,
    least: Least = 2,
    majority: Majority = False,
    commented: Commented = False,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Do not show who said what.")
    ] = False,
    remove_outdated: Annotated[
        bool,
        typer.Option("--remove-outdated", help="Remove tasks on older answers that nobody began."),
    ] = False,
    adjudicator: Adjudicators = None,
    project: ProjectTitle = None,
    server: ServerName = "default",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send disputed passages to a project of their own, each annotator's answer in a tab."""
    from annotation.adjudication import run_adjudicate_push
    from annotation.gold.disputes import Rules
    from annotation.labelstudio.api.client import Settings, connect
    from annotation.labelstudio.managed.server import Server

    space, ledger = Workspace(workspace), Ledger()
    connection = connect(Server.named(server), Settings())
    with progress("push", len(space.passages())) as bar:
        done = run_adjudicate_push(
            space,
            connection,
            ledger,
            adjudicators=adjudicators(adjudicator),
            rules=Rules(least=least, majority=majority, commented=commented),
            title=project,
            anonymous=anonymous,
            remove_outdated=remove_outdated,
            dry_run=dry_run,
            on_batch=lambda n: bar.advance(bar.task_ids[0], n),
        )
    waiting = [dispute for dispute in done.disputes if dispute.waits]
    say(
        f"{len(waiting)} passages wait for an adjudicator; in dispute are "
        f"{sum(len(d.issues) for d in waiting)} issues and {sum(len(d.spans) for d in waiting)} "
        "spans in them."
    )
    verb = "would make" if dry_run else "made"
    say(f"{verb} {len(done.plan.new)} tasks; {done.plan.held} disputes had theirs already.")
    if done.outdated:
        say(
            f"{done.outdated} tasks are about older answers"
            + (f"; {done.removed} of them removed." if remove_outdated and not dry_run else ".")
        )
    show_ledger(ledger)
    if done.project:
        say(f"Adjudicate at {done.project.page}/data: open a passage from the list.")
    if as_json:
        emit(
            {
                "project": done.project.id if done.project else None,
                "made": done.made,
                "new": len(done.plan.new),
                "held": done.plan.held,
                "outdated": done.outdated,
                "removed": done.removed,
                "disputes": [d.model_dump(mode="json", exclude_none=True) for d in done.disputes],
                "ledger": ledger.as_dict(),
            }
        )
    fail_on_defects(ledger, where="these do not count; the other disputes were taken")
    hint(f"miyar annotation adjudicate pull --workspace {workspace}")


@app.command()
def status(
    workspace: WorkspaceOption = CORPUS,
    least: Least = 2,
    majority: Majority = False,
    commented: Commented = False,
    adjudicator: Adjudicators = None,
    project: ProjectTitle = None,
    server: ServerName = "default",
    as_json: AsJson = False,
) -> None:
    """Tell how many disputes wait, are decided, or are decided on older answers."""
    from annotation.adjudication import adjudication_status
    from annotation.gold.disputes import Rules
    from annotation.labelstudio.api.client import Settings, connect
    from annotation.labelstudio.managed.server import Server

    ledger = Ledger()
    found = adjudication_status(
        Workspace(workspace),
        connect(Server.named(server), Settings()),
        ledger,
        adjudicators=adjudicators(adjudicator),
        rules=Rules(least=least, majority=majority, commented=commented),
        title=project,
    )
    say(f"disputes: {_listed(found.states.items())}.")
    say(f"passages adjudicated: {_listed(found.by.items())}.")
    say(f"reasons given: {_listed(found.whys.items())}.")
    if found.project:
        say(
            f"{found.tasks} tasks at {found.project.page}; {found.unpushed} disputes have none "
            f"yet, {found.outdated} tasks are about older answers."
        )
    if as_json:
        emit(
            {
                "states": found.states,
                "by": found.by,
                "whys": found.whys,
                "project": found.project.id if found.project else None,
                "tasks": found.tasks,
                "unpushed": found.unpushed,
                "outdated": found.outdated,
                "ledger": ledger.as_dict(),
            }
        )
    if found.unpushed:
        hint(f"miyar annotation adjudicate push --workspace {workspace}")
    elif found.project:
        hint(f"miyar annotation adjudicate pull --workspace {workspace}")
    else:
        hint(f"miyar gold build --workspace {workspace}")


def _listed(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts) or "none"


@app.command()
def pull(
    workspace: WorkspaceOption = CORPUS,
    adjudicator: Adjudicators = None,
    accept_deletions: AcceptDeletions = False,
    project: ProjectTitle = None,
    server: ServerName = "default",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Fetch the adjudicators' decisions, each with what it decides between and why."""
    from annotation.decisions import run_adjudicate_pull
    from annotation.labelstudio.api.client import Settings, connect
    from annotation.labelstudio.managed.server import Server

    space, ledger = Workspace(workspace), Ledger()
    connection = connect(Server.named(server), Settings())
    found = run_adjudicate_pull(
        space,
        connection,
        ledger,
        adjudicators=adjudicators(adjudicator),
        title=project,
        accept_deletions=accept_deletions,
        dry_run=dry_run,
    )
    done = found.pulled
    show_ledger(ledger)
    say(
        f"{len(found.annotations)} adjudications: {done.new} new, {done.changed} changed, "
        f"{done.unchanged} known already; {done.withdrawn} known ones withdrawn."
    )
    say(
        f"reasons given: {_listed(found.whys.items())}; "
        f"{found.without_why} adjudications without any."
    )
    if found.stale:
        say(f"{found.stale} of them do not count: the annotators' answers have changed since.")
    if done.file and not dry_run:
        say(f"written to {done.file}")
    if as_json:
        counts = {name: getattr(done, name) for name in ("new", "changed", "withdrawn")}
        emit(
            {
                **counts,
                "unchanged": done.unchanged,
                "stale": found.stale,
                "own": found.own,
                "without_why": found.without_why,
                "whys": found.whys,
                "ledger": ledger.as_dict(),
            }
        )
    kept = f"all rejects are in {done.rejects}" if done.rejects else "nothing was written"
    fail_on_defects(ledger, where=kept)
    verb = "annotation adjudicate push" if found.stale else "gold build"
    hint(f"miyar {verb} --workspace {workspace}")
