"""What annotators see and read: config, guide."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schemas.console import hint, say
from schemas.jsonl import write_text
from schemas.options import CORPUS, WorkspaceOption
from schemas.workspace import Workspace

app = typer.Typer()
OutOption = Annotated[Path | None, typer.Option("--out", help="File instead of stdout.")]


@app.command()
def config(
    workspace: WorkspaceOption = CORPUS,
    out: OutOption = None,
) -> None:
    """Print the annotator interface (Label Studio XML) that the codebook gives."""
    from annotation.labelstudio.interface.config import label_config

    _give(label_config(Workspace(workspace).codebook()) + "\n", out)


@app.command()
def guide(
    workspace: WorkspaceOption = CORPUS,
    out: OutOption = None,
) -> None:
    """Print the annotators' guideline page (HTML, Arabic and English) of the codebook."""
    from annotation.labelstudio.interface.guide import guide as page

    _give(page(Workspace(workspace).codebook()), out)
    if out:
        hint(f"miyar annotation push --workspace {workspace}")


def _give(text: str, out: Path | None) -> None:
    if out:
        write_text(out, text)
        say(f"written to {out}.")
    else:
        typer.echo(text, nl=False)
