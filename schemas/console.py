"""How the commands speak: people read stderr, programs read stdout."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from schemas.errors import GateError, MiyarError
from schemas.ledger import DEFECTS, Ledger, State

err = Console(stderr=True, highlight=False)
HELP = (
    "Exit codes: 0 done, 1 bug, 2 usage, 3 data or gate failed, 4 server. "
    "Data goes to stdout or --out, everything for people to stderr."
)


def say(text: str) -> None:
    """Print a sentence for people."""
    err.print(text, markup=False, soft_wrap=True)


def hint(command: str) -> None:
    """Name the command to run next."""
    err.print(f"[dim]next:[/dim] [bold]{command}[/bold]", soft_wrap=True)


def emit(data: object) -> None:
    """Print one JSON object on stdout."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1))


def show_ledger(ledger: Ledger) -> None:
    """Print the counts of a ledger as a table, with its reason codes."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in ("received", *State):
        table.add_column(name, justify="right")
    table.add_column("reasons")
    for unit in ledger.units():
        reasons = [
            f"{reason} {n}" for (of, _, reason), n in sorted(ledger.reasons.items()) if of is unit
        ]
        states = [str(ledger.states[unit, state]) for state in State]
        table.add_row(unit, str(ledger.received[unit]), *states, ", ".join(reasons))
    err.print(table)


def fail_on_defects(ledger: Ledger, *, where: str) -> None:
    """Raise when something was rejected that somebody has to look at.

    Raises:
        GateError: names the codes and counts.
    """
    if defects := ledger.defects():
        codes = ", ".join(f"{n} {reason}" for reason, n in sorted(defects.items()))
        first = [reject for reject in ledger.rejects if reject.reason in DEFECTS][:5]
        shown = "\n".join(f"  {r.where}: {r.reason}: {r.detail}" for r in first)
        raise GateError(
            f"some items were rejected ({codes}); everything else was taken.\n{shown}\n"
            f"{where}; docs/reason-codes.md says what each code means."
        )


@contextmanager
def progress(what: str, total: int) -> Iterator[Progress]:
    """Show a progress bar on a terminal; call ``advance(task_ids[0])`` on what it gives."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=not err.is_terminal,
        transient=True,
    ) as bar:
        bar.add_task(what, total=total)
        yield bar


def run(app: typer.Typer, *, prog_name: str) -> None:
    """Run a command line; end the process with the documented exit code."""
    logging.basicConfig(
        level=logging.WARNING,
        format="%(message)s",
        handlers=[RichHandler(console=err, show_path=False, show_time=False)],
    )
    try:
        app(prog_name=prog_name)
    except MiyarError as error:
        err.print("[bold red]error:[/bold red]", end=" ")
        err.print(str(error), markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
