"""The commands of this stage: agreement, scores, reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from schemas.annotation import Arm
from schemas.console import HELP, emit, err, hint, say
from schemas.errors import UsageError
from schemas.options import Adjudicators, AsJson, WorkspaceOption, adjudicators
from schemas.report import Estimate, MacroScores, Scores
from schemas.workspace import Workspace

app = typer.Typer(
    help="What can be concluded: agreement, scores with intervals, report pages.",
    epilog=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
GoldOption = Annotated[
    Path, typer.Option("--gold", help="A release, e.g. corpus/gold/v1, or your own JSONL.")
]
ArmOption = Annotated[
    Arm | None, typer.Option("--arm", help="Only annotations of this arm; both unless given.")
]
SplitOption = Annotated[
    str | None, typer.Option("--split", help="Split of a release; test unless given.")
]


@app.command()
def agreement(
    workspace: WorkspaceOption = Path("corpus"),
    arm: ArmOption = None,
    adjudicator: Adjudicators = None,
    as_json: AsJson = False,
) -> None:
    """Tell how far annotators agree, per issue and over all, with intervals."""
    from eval.conclude_quality import of_agreement
    from eval.steps import run_agreement

    report = run_agreement(Workspace(workspace), adjudicators(adjudicator), arm=arm)
    who = ", ".join(f"{name} {n}" for name, n in report.annotators.items())
    say(f"{report.units} passages annotated twice or more ({who}).")
    say(f"alpha over all issues     {_shown(report.alpha)}")
    say(f"strict span F1            {_shown(report.span_f1)}")
    for issue, label in report.per_label.items():
        few = "  few" if label.few else ""
        say(f"  {issue:24}  alpha {_shown(label.alpha)}  present {label.present}{few}")
    for sentence in of_agreement(report):
        say(f"- {sentence}")
    if as_json:
        emit(report.model_dump(mode="json"))
    hint(f"miyar gold build --workspace {workspace}")


@app.command()
def assistance(
    workspace: WorkspaceOption = Path("corpus"),
    predictions: Annotated[
        Path | None,
        typer.Option("--predictions", help="Compare with these (JSONL), not with what was pushed."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="A page (HTML); its JSON twin beside it.")
    ] = None,
    adjudicator: Adjudicators = None,
    as_json: AsJson = False,
) -> None:
    """Tell how far pre-annotation sways annotators: the assisted against the blind arm."""
    from eval.steps import run_assistance
    from eval.tables import assistance_tables

    report = run_assistance(
        Workspace(workspace), adjudicators(adjudicator), predictions=predictions, out=out
    )
    if report.arms["assisted"].annotations:
        _show(assistance_tables(report))
    for sentence in report.conclusions:
        say(f"- {sentence}")
    if out:
        say(f"written to {out} and {out.with_suffix('.json')}.")
    if as_json:
        emit(report.model_dump(mode="json"))
    hint(f"miyar eval annotators --workspace {workspace}")


@app.command()
def annotators(
    workspace: WorkspaceOption = Path("corpus"),
    arm: ArmOption = None,
    adjudicator: Adjudicators = None,
    as_json: AsJson = False,
) -> None:
    """Tell how well each annotator works, by the others and by a model of who is right."""
    from eval.steps import run_quality
    from eval.tables import quality_tables

    report = run_quality(Workspace(workspace), adjudicators(adjudicator), arm=arm)
    _show(quality_tables(report))
    for sentence in report.conclusions:
        say(f"- {sentence}")
    if as_json:
        emit(report.model_dump(mode="json"))
    hint(f"miyar gold build --workspace {workspace}")


@app.command()
def score(
    gold: GoldOption,
    predictions: Annotated[Path, typer.Option("--predictions", help="Predictions (JSONL).")],
    split: SplitOption = None,
    as_json: AsJson = False,
) -> None:
    """Score predictions against gold: micro, macro and per issue, with intervals."""
    from eval.steps import run_score

    result = run_score(gold, predictions, split)
    say(f"{result.name}: {result.n} passages of {result.groups} groups")
    say(f"micro-F1 {_shown(result.micro)}  macro-F1 {_shown(result.macro)}")
    for issue, label in result.per_label.items():
        say(f"  {issue:24}  F1 {_shown(label)}  positives {label.support}")
    if as_json:
        emit(result.model_dump(mode="json"))
    hint(f"miyar eval report --gold {gold} --predictions {predictions} --out report.html")


@app.command()
def report(
    gold: GoldOption,
    predictions: Annotated[Path, typer.Option("--predictions", help="The system's (JSONL).")],
    out: Annotated[Path, typer.Option("--out", help="The page (HTML); its JSON twin beside it.")],
    baseline: Annotated[
        list[Path] | None, typer.Option("--baseline", help="Predictions to compare with.")
    ] = None,
    split: SplitOption = None,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="For names and agreement.")
    ] = None,
    adjudicator: Adjudicators = None,
    title: Annotated[str, typer.Option("--title")] = "Tagger report",
) -> None:
    """Write the report page of a system against its baselines."""
    from eval.steps import run_report

    systems = [(path.stem, path) for path in (predictions, *(baseline or []))]
    if len({name for name, _ in systems}) < len(systems):
        raise UsageError("two prediction files have the same name; rename one of them.")
    run_report(
        gold,
        split,
        systems,
        workspace=Workspace(workspace) if workspace else None,
        adjudicators=adjudicators(adjudicator),
        title=title,
        notes="",
        out=out,
    )
    say(f"written to {out} and {out.with_suffix('.json')}.")
    hint(f"open {out}")


def _shown(estimate: Estimate | Scores | MacroScores) -> str:
    value = estimate.value if isinstance(estimate, Estimate) else estimate.f1
    if value is None:
        return "  –  "
    if estimate.low is None or estimate.high is None:
        return f"{value:.3f}"
    return f"{value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _show(tables: Sequence[Table]) -> None:
    for table in tables:
        err.print(table)
        err.print()
