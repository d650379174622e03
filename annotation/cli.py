"""The commands of this stage: raw articles to gold."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.console import HELP, emit, fail_on_defects, hint, progress, say, show_ledger
from schemas.ledger import Ledger, State, Unit
from schemas.options import (
    Adjudicators,
    AsJson,
    DryRun,
    ProjectTitle,
    ServerName,
    WorkspaceOption,
    adjudicators,
)
from schemas.workspace import Workspace

if TYPE_CHECKING:
    from annotation.steps import Collected

# Imports of the verbs stand inside the commands: the SDK alone takes a second, and
# `miyar --help` must not wait for it.

app = typer.Typer(
    help="From raw articles to annotations: collect, pre-annotate, push, pull.",
    epilog=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
server_app = typer.Typer(help="The managed local Label Studio.", no_args_is_help=True)
app.add_typer(server_app, name="server")
gazetteer_app = typer.Typer(help="The list of known entities.", no_args_is_help=True)
app.add_typer(gazetteer_app, name="gazetteer")
gold_app = typer.Typer(
    help="From annotations to a versioned gold release.",
    epilog=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

CORPUS = Path("corpus")


@app.command()
def collect(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Files (.txt .md .html .json .jsonl .csv .tsv .parquet, each also .gz) or folders."
        ),
    ],
    workspace: WorkspaceOption = CORPUS,
    mapped: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="Column or key of a field (text, title, source, url, published, language, "
            "licence); repeat it for several. Without it well-known names are found.",
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", help="Take this language only; the codebook's. `any`: all."),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take raw articles into the workspace, group duplicates, and cut passages."""
    from annotation.ingest.columns import parse_map
    from annotation.ingest.source import total_bytes
    from annotation.steps import run_collect

    space = Workspace(workspace)
    space.check()
    fields, ledger = parse_map(mapped or ()), Ledger()
    with progress("collect", total_bytes(paths)) as bar:
        task = bar.task_ids[0]
        collected = run_collect(
            space,
            paths,
            ledger,
            fields=fields,
            language=language,
            dry_run=dry_run,
            on_bytes=lambda n: bar.advance(task, n),
            on_step=lambda step: bar.update(task, description=step),
        )
    written = not dry_run and space.rejects_file.is_file()
    show_ledger(ledger)
    _show_collected(collected)
    if as_json:
        rejects = str(space.rejects_file) if written else None
        emit({"ledger": ledger.as_dict(), **asdict(collected), "rejects": rejects})
    kept = f"all rejects are in {space.rejects_file}: " if written else ""
    fail_on_defects(ledger, where=f"{kept}mend these inputs and collect them again")
    hint(f"miyar annotation preannotate --workspace {workspace}")


def _show_collected(collected: Collected) -> None:
    """Tell what there is now, what is odd in it, and what was passed over."""
    say(
        f"{len(collected.new)} new articles; {collected.passages} passages in the workspace, "
        f"groups of duplicates: {collected.clusters}."
    )
    for kind, count in collected.hygiene.items():
        say(f"  {kind}: in {count} articles")
    if collected.ignored:
        named = ", ".join(f"{name} ({n})" for name, n in collected.ignored.items())
        say(f"columns passed over, with the number of files: {named}")
    for column in collected.never_found:
        say(f"no file has the column {column} that --map names.")


@app.command()
def preannotate(
    workspace: WorkspaceOption = CORPUS, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Predict entities and issues by rules, for annotators to start from."""
    from annotation.steps import run_preannotate

    name, count = run_preannotate(Workspace(workspace), dry_run=dry_run)
    say(f"{count} passages predicted by {name}.")
    if as_json:
        emit({"model": name, "passages": count})
    hint(f"miyar annotation push --workspace {workspace}")


@gazetteer_app.command()
def suggest(
    workspace: WorkspaceOption = CORPUS,
    most: Annotated[int, typer.Option("-n", help="How many to show.", min=1)] = 50,
    least: Annotated[int, typer.Option(help="In how many passages a name stands.", min=1)] = 2,
    entries: Annotated[
        bool, typer.Option("--entries", help="Give draft gazetteer entries instead.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="File instead of stdout.")] = None,
    as_json: AsJson = False,
) -> None:
    """List frequent name-like strings that nothing matches yet, the likeliest first."""
    from annotation.steps import run_suggest
    from schemas.jsonl import dump, write_text

    found = run_suggest(Workspace(workspace), least=least)
    shown = [one.entry() for one in found[:most]] if entries else found[:most]
    if out:
        write_text(out, dump(shown))
        say(f"written to {out}.")
    if as_json:
        kind = "entries" if entries else "suggestions"
        emit({"found": len(found), kind: [one.model_dump(mode="json") for one in shown]})
    elif not out:
        typer.echo(dump(shown), nl=False)
    say(f"{len(found)} names are suggested, {len(shown)} are given.")
    if entries:
        say("Check each entry (id, English name, label) and add it to gazetteer.jsonl.")
        hint(f"miyar doctor --workspace {workspace}")
    else:
        hint(
            f"miyar annotation gazetteer suggest --workspace {workspace} --entries --out new.jsonl"
        )


@app.command()
def config(
    workspace: WorkspaceOption = CORPUS,
    out: Annotated[Path | None, typer.Option("--out", help="File instead of stdout.")] = None,
) -> None:
    """Print the annotator interface (Label Studio XML) that the codebook gives."""
    from annotation.labelstudio.config import label_config
    from schemas.jsonl import write_text

    xml = label_config(Workspace(workspace).codebook()) + "\n"
    if out:
        write_text(out, xml)
        say(f"written to {out}.")
    else:
        typer.echo(xml, nl=False)


@server_app.command("up")
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


@server_app.command("down")
def server_down(server: ServerName = "default") -> None:
    """Stop Label Studio; its data stays."""
    from annotation.labelstudio.server import Server

    stopped = Server.named(server).stop()
    say("Label Studio is stopped." if stopped else "Label Studio was not running.")


@server_app.command("status")
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
    from annotation.labelstudio.pull import fetch, read_export, store
    from annotation.labelstudio.server import Server
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


@gold_app.command("build")
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


@gold_app.command("release")
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
