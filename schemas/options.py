"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CORPUS = Path("corpus")
"""The workspace that ships, in a clone of the repository."""
WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", help="Workspace folder.", file_okay=False)
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print counts, write nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
ServerName = Annotated[str, typer.Option("--server", help="Name of the managed server.")]
ProjectTitle = Annotated[
    str | None, typer.Option("--project", help="Title of the Label Studio project.")
]
AcceptDeletions = Annotated[
    bool,
    typer.Option("--accept-deletions", help="What is gone was deleted in Label Studio on purpose."),
]
Adjudicators = Annotated[
    list[str] | None,
    typer.Option("--adjudicator", help="Annotator whose word decides; adj unless given."),
]


def adjudicators(given: list[str] | None) -> frozenset[str]:
    """Return the adjudicators that an option names, or the usual one."""
    return frozenset(given or ["adj"])
