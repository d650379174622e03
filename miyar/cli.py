"""``miyar``: mounts the stages; errors become exit codes."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from annotation.cli import app as annotation_app
from annotation.cli import gold_app
from eval.cli import app as eval_app
from schemas.console import HELP, emit, fail_on_defects, hint, run, say, show_ledger
from schemas.errors import UsageError
from schemas.ledger import Ledger
from schemas.options import AsJson, ServerName, WorkspaceOption
from schemas.workspace import Workspace
from train.cli import app as train_app

app = typer.Typer(
    name="miyar",
    help="Miyar: from raw Arabic policy news to a tagger you can trust.",
    epilog=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(annotation_app, name="annotation")
app.add_typer(gold_app, name="gold")
app.add_typer(train_app, name="train")
app.add_typer(eval_app, name="eval")


def _version(value: bool) -> None:
    if value:
        typer.echo(version("miyar"))
        raise typer.Exit


@app.callback()
def _root(
    show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def demo(
    workspace: WorkspaceOption = Path("corpus"),
    server: ServerName = "default",
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535)] = None,
) -> None:
    """Run the whole journey on the sample workspace, ending at a report page."""
    from annotation.labelstudio.managed.server import Server
    from miyar.demo import run_demo

    done = run_demo(Workspace(workspace), Server.named(server, port))
    managed = Server.named(server)
    say(f"changed: {', '.join(done.changes) or 'nothing'}")
    say(f"report:  {done.report.resolve()}")
    say(f"annotate further at {done.project.page}")
    say(f"         (login in {managed.credentials_file}; stop with `miyar annotation server down`)")
    hint(f"miyar tag PATH --model {workspace}/runs/models/fast --out tags.jsonl")


@app.command()
def doctor(
    workspace: WorkspaceOption = Path("corpus"),
    notes: Annotated[bool, typer.Option("--notes", help="Show every note, not the first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look for what is wrong with a workspace: codebook, gazetteer, passages, annotations."""
    from miyar.doctor import examine, installation, summary
    from schemas.errors import GateError
    from schemas.finding import Level

    versions = installation()
    findings = list(examine(Workspace(workspace)))
    say("  ".join(f"{name} {number}" for name, number in versions.items()))
    for line in summary(findings, shown=len(findings) if notes else 2):
        say(line)
    counts = {level: sum(f.level is level for f in findings) for level in Level}
    say(", ".join(f"{n} {level}s" for level, n in counts.items()))
    if as_json:
        emit({"installation": versions, "findings": [f.model_dump(mode="json") for f in findings]})
    if counts[Level.ERROR]:
        raise GateError(f"{workspace} has {counts[Level.ERROR]} errors, named above; mend them.")


@app.command()
def tag(
    paths: Annotated[list[Path], typer.Argument(help="Files (formats of collect) or folders.")],
    model: Annotated[Path, typer.Option("--model", help="Model folder.")],
    out: Annotated[Path | None, typer.Option("--out", help="File instead of stdout.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tag raw articles: one JSON object a passage, with all issues and the entities."""
    from miyar.tag import tag as tag_paths
    from miyar.tag import to_json
    from schemas.jsonl import atomic
    from train.predict import Tagger

    if as_json and out is None:
        raise UsageError("--json prints a summary on stdout; give --out FILE for the tags.")
    ledger = Ledger()
    lines = tag_paths(paths, Tagger(model), ledger)
    if out is None:
        for line in lines:
            typer.echo(to_json(line))
        ledger.check()
    else:
        with atomic(out) as temporary, temporary.open("w", encoding="utf-8") as file:
            file.writelines(to_json(line) + "\n" for line in lines)
            file.flush()
            ledger.check()
        say(f"written to {out}")
    show_ledger(ledger)
    if as_json:
        emit({"out": str(out), "ledger": ledger.as_dict()})
    fail_on_defects(ledger, where="everything else was tagged")
    if out:
        hint(f"jq -c '[.file, .start, (.issues | map_values(select(.present)) | keys)]' {out}")


def main() -> None:
    """Run the command line."""
    run(app, prog_name="miyar")
