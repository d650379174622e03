"""The verbs of this stage on files; the commands and ``miyar demo`` both call these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from eval.agreement import agreement
from eval.compare import compare
from eval.render import render
from eval.score import score
from schemas.annotation import Annotation, Prediction
from schemas.codebook import Codebook
from schemas.dataset import MANIFEST, Dataset, load, read_manifest
from schemas.errors import UsageError
from schemas.gold import SPLITS
from schemas.jsonl import read, write_text
from schemas.report import AgreementReport, ModelReport, SystemScores
from schemas.workspace import Workspace


def read_predictions(path: Path) -> dict[str, Prediction]:
    """Read a predictions file by passage id."""
    return {record.passage_id: record for record in read(path, Prediction)}


def load_gold(gold: Path, split: str | None, issues: tuple[str, ...]) -> Dataset:
    """Load what to score on: a split of a release (test unless named), or a JSONL file.

    Raises:
        UsageError: the split is not known.
    """
    if gold.is_file():
        return load(gold, issues=issues)
    name = split or "test"
    if name not in SPLITS:
        raise UsageError(f"unknown split {name!r}; choose one of {', '.join(SPLITS)}.")
    return load(gold, name)


def run_score(gold: Path, predictions: Path, split: str | None) -> SystemScores:
    """Score one predictions file."""
    given = read_predictions(predictions)
    first = next(iter(given.values()), None)
    issues = tuple(first.issues) if first else ()
    name = first.model if first else predictions.stem
    return score(load_gold(gold, split, issues), given, name=name)


def run_agreement(workspace: Workspace, adjudicators: frozenset[str]) -> AgreementReport:
    """Measure agreement in a workspace, the adjudicators left out."""
    return agreement_of(workspace.annotations(), workspace.codebook(), adjudicators)


def agreement_of(
    annotations: Sequence[Annotation], codebook: Codebook, adjudicators: frozenset[str]
) -> AgreementReport:
    """Measure agreement of annotations made under a codebook; articles are the groups."""
    own = _independent(annotations, codebook, adjudicators)
    groups = {a.passage_id: a.passage_id.partition(":")[0] for a in own}
    return agreement(own, issues=codebook.issue_ids, groups=groups)


def _independent(
    annotations: Sequence[Annotation], codebook: Codebook, adjudicators: frozenset[str]
) -> list[Annotation]:
    return [
        a for a in annotations if a.annotator not in adjudicators and a.codebook == codebook.hash
    ]


def run_report(
    gold: Path,
    split: str | None,
    systems: Sequence[tuple[str, Path]],
    *,
    workspace: Workspace | None,
    adjudicators: frozenset[str],
    title: str,
    notes: str,
    out: Path,
) -> ModelReport:
    """Write a model report: ``out`` (HTML) and its JSON twin beside it."""
    if out.suffix == ".json":
        raise UsageError(f"--out {out}: the page needs another suffix, its JSON twin takes .json.")
    given = [(name, read_predictions(path)) for name, path in systems]
    first = next(iter(given[0][1].values()), None)
    dataset = load_gold(gold, split, tuple(first.issues) if first else ())
    codebook = workspace.codebook() if workspace else None
    annotations = workspace.annotations() if workspace else []
    own = _independent(annotations, codebook, adjudicators) if codebook else []
    pairs = Counter(passage for passage, _ in {(a.passage_id, a.annotator) for a in own})
    several = any(n > 1 for n in pairs.values())
    report = compare(
        dataset,
        given,
        title=title,
        tool=f"miyar {version('miyar')}",
        agreement=agreement_of(annotations, codebook, adjudicators)
        if codebook and several
        else None,
        codebook=codebook,
        counts=read_manifest(gold).counts if (gold / MANIFEST).is_file() else {},
    )
    write_text(out, render(report, notes=notes))
    write_text(out.with_suffix(".json"), report.model_dump_json(indent=1) + "\n")
    return report
