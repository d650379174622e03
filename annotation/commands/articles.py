"""Raw articles to predicted passages: collect, preannotate, gazetteer suggest."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.console import emit, fail_on_defects, hint, progress, say, show_ledger
from schemas.ledger import Ledger
from schemas.options import CORPUS, AsJson, DryRun, WorkspaceOption
from schemas.workspace import Workspace

if TYPE_CHECKING:
    from annotation.steps import Collected

app = typer.Typer()
gazetteer_app = typer.Typer(help="The list of known entities.", no_args_is_help=True)
app.add_typer(gazetteer_app, name="gazetteer")


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
