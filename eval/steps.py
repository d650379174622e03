"""The verbs of this stage on files; the commands and ``miyar demo`` both call these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from eval.agreement import agreement
from eval.assistance import assistance
from eval.compare import compare, label_names
from eval.quality import quality
from eval.render import render, render_assistance
from eval.score import score
from eval.skips import count_skipped
from schemas.annotation import Annotation, Arm, Prediction
from schemas.codebook import Codebook
from schemas.dataset import MANIFEST, Dataset, load, read_manifest
from schemas.errors import UsageError
from schemas.gold import SPLITS
from schemas.jsonl import read, write_text
from schemas.record import Record
from schemas.report import (
    AgreementReport,
    AssistanceReport,
    ModelReport,
    QualityReport,
    SystemScores,
)
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


def run_agreement(
    workspace: Workspace, adjudicators: frozenset[str], *, arm: Arm | None = None
) -> AgreementReport:
    """Measure agreement in a workspace, the adjudicators left out."""
    unread = workspace.unread_types()
    return agreement_of(
        workspace.annotations(), workspace.codebook(), adjudicators, unread, arm=arm
    )


def agreement_of(
    annotations: Sequence[Annotation],
    codebook: Codebook,
    adjudicators: frozenset[str],
    unread: Mapping[str, frozenset[str]] | None = None,
    *,
    arm: Arm | None = None,
) -> AgreementReport:
    """Measure agreement of annotations made under a codebook; articles are the groups."""
    own = _independent(annotations, codebook, adjudicators)
    return agreement(own, issues=codebook.issue_ids, groups=_articles(own), unread=unread, arm=arm)


def _independent(
    annotations: Sequence[Annotation], codebook: Codebook, adjudicators: frozenset[str]
) -> list[Annotation]:
    # Who decides a dispute has seen the others' answers, also where it is an annotator.
    return [
        a
        for a in annotations
        if a.annotator not in adjudicators and not a.decides and a.codebook == codebook.hash
    ]


def _adjudications(
    annotations: Sequence[Annotation], codebook: Codebook, own: Sequence[Annotation]
) -> list[Annotation]:
    """Return the annotations under the codebook that are not independent ones."""
    independent = {a.id for a in own}
    return [a for a in annotations if a.codebook == codebook.hash and a.id not in independent]


def run_assistance(
    workspace: Workspace,
    adjudicators: frozenset[str],
    *,
    predictions: Path | None = None,
    out: Path | None = None,
) -> AssistanceReport:
    """Compare annotators who began from a prediction with those who did not.

    Args:
        workspace: whose annotations and predictions.
        adjudicators: their word is not an annotator's.
        predictions: what to compare with; what was pushed, and the workspace's own, unless given.
        out: where the page goes, its JSON twin beside it.
    """
    if out:
        _check_page(out)
    annotations, codebook = workspace.annotations(), workspace.codebook()
    own = _independent(annotations, codebook, adjudicators)
    report = assistance(
        own,
        adjudications=_adjudications(annotations, codebook, own),
        predictions=_predictions(workspace, predictions),
        words={p.id: len(p.text.split()) for p in workspace.passages()},
        groups=_articles(own),
        issues=codebook.issue_ids,
        unread=workspace.unread_types(),
        pushed=workspace.pushed_arms(),
        names=label_names(codebook),
    )
    if out:
        _write_page(out, render_assistance(report), report)
    return report


def run_quality(
    workspace: Workspace, adjudicators: frozenset[str], *, arm: Arm | None = None
) -> QualityReport:
    """Measure every annotator of a workspace."""
    annotations, codebook = workspace.annotations(), workspace.codebook()
    own = _independent(annotations, codebook, adjudicators)
    return quality(
        own,
        adjudications=_adjudications(annotations, codebook, own),
        issues=codebook.issue_ids,
        groups=_articles(own),
        unread=workspace.unread_types(),
        skipped=count_skipped(workspace),
        arm=arm,
    )


def _articles(annotations: Sequence[Annotation]) -> dict[str, str]:
    return {a.passage_id: a.passage_id.partition(":")[0] for a in annotations}


def _predictions(workspace: Workspace, path: Path | None) -> dict[tuple[str, str], Prediction]:
    """Read (passage, model) → prediction, of passages of both arms."""
    if path:
        return {(p.passage_id, p.model): p for p in read(path, Prediction)}
    files = sorted(workspace.predictions_dir.glob("*.jsonl"))
    own = {(p.passage_id, p.model): p for file in files for p in read(file, Prediction)}
    # What was sent counts more than what the same name stands for now.
    return own | workspace.shown_predictions()


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
    _check_page(out)
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
        agreement=agreement_of(annotations, codebook, adjudicators, workspace.unread_types())
        if workspace and codebook and several
        else None,
        codebook=codebook,
        counts=read_manifest(gold).counts if (gold / MANIFEST).is_file() else {},
    )
    _write_page(out, render(report, notes=notes), report)
    return report


def _check_page(out: Path) -> None:
    """Check that a page and its JSON twin are two files.

    Raises:
        UsageError: the page itself ends in ``.json``.
    """
    if out.suffix == ".json":
        raise UsageError(f"--out {out}: the page needs another suffix, its JSON twin takes .json.")


def _write_page(out: Path, page: str, report: Record) -> None:
    write_text(out, page)
    write_text(out.with_suffix(".json"), report.model_dump_json(indent=1) + "\n")
