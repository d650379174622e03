"""The verbs of this stage on files; the commands and ``miyar demo`` both call these."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from schemas.codebook import Cues, read_codebook
from schemas.dataset import load, read_manifest
from schemas.errors import UsageError
from schemas.gold import SPLITS, SplitName
from schemas.jsonl import read_bytes, write
from train.fit import Job, fit
from train.predict import Tagger

log = logging.getLogger(__name__)
_BESIDE = ("codebook.yaml", "gazetteer.jsonl")
"""Files of the workspace that ``miyar tag`` needs: a model carries them along."""


def job_of(
    gold: Path | None,
    train: Path | None,
    dev: Path | None,
    *,
    preset: str,
    seed: int,
    settings: dict[str, str],
) -> Job:
    """Make a job from a release folder, or from a pair of JSONL files.

    Raises:
        UsageError: neither or half of a pair is given, or a setting is not a number.
    """
    values = {key: _number(key, value) for key, value in settings.items()}
    if gold is not None:
        extras = {}
        for name in _BESIDE:
            path = gold.resolve().parent.parent / name
            if path.is_file():
                extras[name] = read_bytes(path)
        return Job(
            preset=preset,
            train=load(gold, "train"),
            dev=load(gold, "dev"),
            seed=seed,
            settings=values,
            cues=_cues(gold),
            extras=extras,
        )
    if train is None or dev is None:
        raise UsageError("give both --train FILE and --dev FILE.")
    first = load(train)
    return Job(preset, first, load(dev, issues=first.issues), seed, values)


def _cues(gold: Path) -> dict[str, Cues]:
    """Return the cue terms of the workspace's codebook, if the gold was made under it."""
    path = gold.resolve().parent.parent / "codebook.yaml"
    if not path.is_file():
        return {}
    codebook = read_codebook(path)
    if codebook.hash != read_manifest(gold).codebook:
        log.warning("%s is not the codebook of %s: its cues are not used", path, gold)
        return {}
    return {issue.id: issue.cues for issue in codebook.issues}


def _number(key: str, value: str) -> float | int:
    try:
        return int(value) if value.isdigit() else float(value)
    except ValueError as error:
        raise UsageError(f"--set {key}={value}: {value!r} is not a number.") from error


def run_fit(job: Job, out: Path) -> dict[str, Any]:
    """Fit a model; return what is worth knowing of it."""
    new = fit(job, out)
    meta = json.loads((out / "meta.json").read_text(encoding="utf-8"))["miyar"]
    return {"new": new, "out": str(out), **meta}


def split_name(name: str | None) -> SplitName | None:
    """Check the name of a split.

    Raises:
        UsageError: it is none of train, dev and test.
    """
    if name is not None and name not in SPLITS:
        raise UsageError(f"unknown split {name!r}; choose one of {', '.join(SPLITS)}.")
    return name


def run_predict(model: Path, data: Path, split: str | None, out: Path) -> int:
    """Predict the examples of a release or file; return their number."""
    tagger = Tagger(model)
    dataset = load(data, split_name(split), issues=() if data.is_dir() else tagger.issues)
    predictions = list(tagger.predict((e.id, e.text) for e in dataset.examples))
    write(out, predictions)
    return len(predictions)
