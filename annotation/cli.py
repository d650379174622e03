"""The commands of this stage: raw articles to gold."""

from __future__ import annotations

import typer

from annotation.commands import (
    adjudicate,
    annotators,
    articles,
    carry,
    gold,
    interface,
    project,
    server,
)
from schemas.console import HELP

app = typer.Typer(
    help="From raw articles to annotations: collect, pre-annotate, push, pull.",
    epilog=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(articles.app)
app.add_typer(interface.app)
app.add_typer(project.app)
app.add_typer(carry.app)
app.add_typer(adjudicate.app, name="adjudicate")
app.add_typer(server.app, name="server")
app.add_typer(annotators.app, name="annotators")
gold_app = gold.app
