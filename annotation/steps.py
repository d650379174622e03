"""The verbs of this stage on a workspace: each reads files, calls pure functions, writes files.

The commands and ``miyar demo`` both call these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from annotation.gold.build import build
from annotation.gold.release import Released, release
from annotation.gold.split import split
from annotation.ingest.collect import collect
from annotation.ingest.columns import Columns
from annotation.ingest.hygiene import Kind
from annotation.ingest.store import store
from annotation.preannotate.gazetteer import Entry, Gazetteer, hash_of, read_gazetteer
from annotation.preannotate.predict import RulePredictor, rules_name
from annotation.preannotate.suggest import Suggestion, suggest
from schemas.annotation import Annotation
from schemas.codebook import Codebook
from schemas.gold import GoldRecord
from schemas.jsonl import read, write
from schemas.ledger import Ledger
from schemas.workspace import Workspace

SPLIT_SEED = 0
ANY_LANGUAGE = "any"


@dataclass(frozen=True)
class Collected:
    """What a collection added, and what the workspace has now."""

    new: tuple[str, ...]
    """Ids of the new articles."""
    passages: int
    """Number of passages of all articles of the workspace."""
    clusters: int
    """Number of groups of duplicates among all articles."""
    hygiene: dict[str, int]
    """What is odd in the texts → number of articles of the workspace that have it."""
    ignored: dict[str, int]
    """Columns that no field was taken from → number of files that have them."""
    never_found: tuple[str, ...]
    """Columns that ``fields`` names and no file has."""


def run_collect(
    workspace: Workspace,
    paths: list[Path],
    ledger: Ledger,
    *,
    fields: Mapping[str, str] | None = None,
    language: str | None = None,
    dry_run: bool = False,
    on_bytes: Callable[[int], None] = lambda n: None,
    on_step: Callable[[str], None] = lambda step: None,
) -> Collected:
    """Collect articles into the workspace, group duplicates, and segment all of its articles.

    Args:
        workspace: where to.
        paths: raw files and folders.
        ledger: gets the fate of every article and passage.
        fields: field → column, where a file's columns have other than well-known names.
        language: what articles must be in; the codebook's unless given, ``any`` takes all.
        dry_run: count only.
        on_bytes: told how many bytes of the files were read.
        on_step: told what begins after the reading.
    """
    wanted = language or workspace.codebook().language
    columns = Columns(fields or {})
    articles = collect(
        paths,
        now=_later_than_all(workspace),
        ledger=ledger,
        fields=columns,
        language=None if wanted == ANY_LANGUAGE else wanted,
        on_bytes=on_bytes,
    )
    stored = store(workspace, articles, ledger, dry_run=dry_run, on_step=on_step)
    return Collected(
        new=tuple(stored.new),
        passages=stored.passages,
        clusters=stored.clusters,
        hygiene={kind.value: stored.hygiene[kind] for kind in Kind if stored.hygiene[kind]},
        ignored=dict(sorted(columns.ignored.items())),
        never_found=tuple(columns.never_found()),
    )


def _later_than_all(workspace: Workspace) -> datetime:
    """Return the time in whole seconds, or one later than the newest article's.

    Of two articles with one text the later one is the copy, so no two runs may share a time.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    for article in workspace.stream_articles():
        now = max(now, article.collected_at + timedelta(seconds=1))
    return now.replace(microsecond=0)


def rule_predictor(workspace: Workspace) -> RulePredictor:
    """Compile the workspace's codebook and gazetteer; a workspace may have no gazetteer."""
    return predictor_of(workspace.codebook(), workspace.gazetteer_file)


def rules_of(workspace: Workspace) -> str:
    """Return the name of the workspace's rules, without compiling them."""
    path = workspace.gazetteer_file
    entries = read(path, Entry) if path.is_file() else []
    return rules_name(workspace.codebook(), hash_of(entries))


def predictor_of(codebook: Codebook, gazetteer_file: Path) -> RulePredictor:
    """Compile a codebook with a gazetteer file that may be missing."""
    if gazetteer_file.is_file():
        return RulePredictor(codebook, read_gazetteer(gazetteer_file, codebook))
    return RulePredictor(codebook, Gazetteer([]))


def run_preannotate(workspace: Workspace, *, dry_run: bool = False) -> tuple[str, int]:
    """Predict all passages by the rules; return the rule set's name and the number of passages."""
    predictor = rule_predictor(workspace)
    predictions = list(predictor.predict(workspace.passages()))
    if not dry_run:
        write(workspace.predictions_dir / "rules.jsonl", predictions)
    return predictor.name, len(predictions)


def run_suggest(workspace: Workspace, *, least: int) -> list[Suggestion]:
    """Suggest names for the gazetteer: frequent name-like strings that it does not match."""
    codebook, passages = workspace.codebook(), workspace.passages()
    gazetteer = predictor_of(codebook, workspace.gazetteer_file).gazetteer
    return suggest(
        passages,
        gazetteer.spans_of(passage.text for passage in passages),
        labels=codebook.entity_ids,
        least=least,
        entries=gazetteer.entries,
    )


def run_build(
    workspace: Workspace, adjudicators: frozenset[str], ledger: Ledger, *, dry_run: bool = False
) -> list[GoldRecord]:
    """Build gold records from all annotations of the workspace.

    Where an entity type was added to the codebook, spans of older annotations are incomplete.
    """
    records = build(
        workspace.passages(),
        workspace.annotations(),
        workspace.codebook(),
        adjudicators=adjudicators,
        # Texts that are alike must not stand in two splits.
        groups={
            member: cluster.id for cluster in workspace.clusters() for member in cluster.members
        },
        ledger=ledger,
        unread=workspace.unread_types(),
    )
    ledger.check()
    if not dry_run:
        write(workspace.gold_file, records)
    return records


def run_release(
    workspace: Workspace, records: list[GoldRecord], ledger: Ledger, *, dry_run: bool = False
) -> Released:
    """Split and release gold records; the same records again make no new release."""
    return release(
        workspace.gold_dir,
        records,
        split(records, seed=SPLIT_SEED),
        workspace.codebook(),
        tool=f"miyar {version('miyar')}",
        ledger=ledger,
        dry_run=dry_run,
    )


def annotators_of(annotations: list[Annotation]) -> list[str]:
    """Return the annotators' names, sorted."""
    return sorted({annotation.annotator for annotation in annotations})
