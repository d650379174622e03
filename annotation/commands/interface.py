"""What annotators see and read: config."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schemas.console import say
from schemas.options import CORPUS, WorkspaceOption
from schemas.workspace import Workspace

app = typer.Typer()


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
