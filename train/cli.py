"""The commands of this stage: gold to model, model to predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schemas.console import HELP, emit, hint, say
from schemas.errors import UsageError
from schemas.options import AsJson

app = typer.Typer(
    help="Fit spaCy taggers on gold, and predict with them.",
    epilog=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def fit(
    gold: Annotated[
        Path | None, typer.Option("--gold", help="A release, e.g. corpus/gold/v1.")
    ] = None,
    train: Annotated[Path | None, typer.Option("--train", help="Or your own JSONL …")] = None,
    dev: Annotated[Path | None, typer.Option("--dev", help="… with its dev file.")] = None,
    preset: Annotated[str, typer.Option("--preset", help="fast or stock.")] = "fast",
    out: Annotated[Path | None, typer.Option("--out", help="Model folder.")] = None,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of the preset: key=value.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fit a tagger on a gold release, or on your own JSONL."""
    from train.steps import job_of, run_fit

    if (gold is None) == (train is None):
        raise UsageError("give either --gold DIR, or --train FILE with --dev FILE.")
    job = job_of(gold, train, dev, preset=preset, seed=seed, settings=_pairs(settings or []))
    if out is None and gold is None:
        raise UsageError("give --out DIR for the model.")
    target = out or gold.resolve().parent.parent / "runs" / "models" / preset  # type: ignore[union-attr]  # one of both is set
    summary = run_fit(job, target)
    say(
        f"{target}: {'fitted' if summary['new'] else 'unchanged'} on "
        f"{len(job.train.examples)} + {len(job.dev.examples)} passages, "
        f"threshold {summary['threshold']}."
    )
    if as_json:
        emit(summary)
    hint(f"miyar tag PATH --model {target} --out tags.jsonl")


def _pairs(settings: list[str]) -> dict[str, str]:
    for item in settings:
        if "=" not in item:
            raise UsageError(f"--set {item!r} is not key=value, for example --set c=10.")
    return dict(item.split("=", 1) for item in settings)


@app.command()
def predict(
    model: Annotated[Path, typer.Option("--model", help="Model folder.")],
    data: Annotated[Path, typer.Option("--data", help="A release, or your own labelled JSONL.")],
    out: Annotated[Path, typer.Option("--out", help="Predictions (JSONL).")],
    split: Annotated[str | None, typer.Option("--split", help="train, dev or test.")] = None,
    as_json: AsJson = False,
) -> None:
    """Predict the examples of a release or JSONL file, for scoring."""
    from train.steps import run_predict

    count = run_predict(model, data, split, out)
    say(f"{count} predictions written to {out}.")
    if as_json:
        emit({"predictions": count, "out": str(out)})
    part = f" --split {split}" if split else ""
    hint(f"miyar eval score --gold {data} --predictions {out}{part}")
