"""Where things stand in a workspace folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from schemas.annotation import Annotation, Arm, Prediction
from schemas.article import Article, Cluster, Passage
from schemas.codebook import Codebook, read_codebook
from schemas.errors import RecordError, UsageError
from schemas.jsonl import atomic, read, read_bytes, stream
from schemas.locks import exclusive
from schemas.lookup import Lookup
from schemas.migration import Review
from schemas.pushed import TASKS_FILE, PushedTask

MIGRATED = ".migrated.jsonl"
"""Ending of annotation files that a migration wrote."""
REVIEWS = ".review.jsonl"
"""Ending of the files beside them: what must be looked at again."""
REJECTS = ".rejects.jsonl"
"""Ending of the files beside pulls: what was not taken."""
_BESIDE = (REJECTS, REVIEWS)
SHORT = 8
"""Digits of a codebook's hash in file names."""


@dataclass(frozen=True)
class Workspace:
    """The paths of a workspace and the records in them."""

    root: Path

    @property
    def codebook_file(self) -> Path:
        """The codebook (YAML)."""
        return self.root / "codebook.yaml"

    @property
    def codebooks_dir(self) -> Path:
        """Every codebook that the workspace was annotated under, and the plans between them."""
        return self.root / "codebooks"

    @property
    def gazetteer_file(self) -> Path:
        """The gazetteer (JSONL)."""
        return self.root / "gazetteer.jsonl"

    @property
    def articles_dir(self) -> Path:
        """Article records, one file a collection."""
        return self.root / "articles"

    @property
    def annotations_dir(self) -> Path:
        """Annotation records, one file a pull, rejects beside them."""
        return self.root / "annotations"

    @property
    def gold_dir(self) -> Path:
        """Gold releases, ``v1`` and up."""
        return self.root / "gold"

    @property
    def runs_dir(self) -> Path:
        """Everything else that is made; may be deleted at any time."""
        return self.root / "runs"

    @property
    def passages_file(self) -> Path:
        """Passages of all articles."""
        return self.runs_dir / "passages.jsonl"

    @property
    def clusters_file(self) -> Path:
        """Clusters of exact and near duplicates among all articles."""
        return self.runs_dir / "clusters.jsonl"

    @property
    def rejects_file(self) -> Path:
        """What the last collection did not take; missing when it took everything."""
        return self.runs_dir / "collect.rejects.jsonl"

    @property
    def hygiene_file(self) -> Path:
        """What is odd in the text of each article that has anything odd."""
        return self.runs_dir / "hygiene.jsonl"

    @property
    def predictions_dir(self) -> Path:
        """Predictions, one file a model."""
        return self.runs_dir / "predictions"

    @property
    def label_studio_dir(self) -> Path:
        """What is known of the workspace's project in Label Studio."""
        return self.runs_dir / "label-studio"

    @property
    def shown_dir(self) -> Path:
        """The predictions that were sent to Label Studio, one file a model."""
        return self.label_studio_dir / "shown"

    @property
    def open_reviews_file(self) -> Path:
        """What must be looked at again since the codebook changed, as it is now."""
        return self.runs_dir / "migration" / "review.jsonl"

    @property
    def gold_file(self) -> Path:
        """Gold records as last built, not yet released."""
        return self.runs_dir / "gold" / "records.jsonl"

    def check(self) -> None:
        """Check that this is a workspace.

        Raises:
            UsageError: it has no codebook.
        """
        if not self.codebook_file.is_file():
            raise UsageError(
                f"{self.root} is not a workspace: {self.codebook_file} does not exist. "
                "Give --workspace DIR: a folder with a codebook.yaml, such as corpus."
            )

    def codebook(self) -> Codebook:
        """Read the codebook."""
        self.check()
        return read_codebook(self.codebook_file)

    def archive_file(self, codebook: str) -> Path:
        """Return where the codebook with a hash is kept."""
        return self.codebooks_dir / f"{codebook[:SHORT]}.yaml"

    def plan_file(self, old: str, new: str) -> Path:
        """Return where the plan between the codebooks with two hashes is kept."""
        return self.codebooks_dir / f"{old[:SHORT]}-to-{new[:SHORT]}.plan.yaml"

    def articles(self) -> list[Article]:
        """Read all articles, in the order of their files."""
        return list(self.stream_articles())

    def stream_articles(self) -> Iterator[Article]:
        """Yield all articles one by one, in the order of their files."""
        for path in sorted(self.articles_dir.glob("*.jsonl")):
            yield from stream(path, Article)

    def clusters(self) -> list[Cluster]:
        """Read the clusters of duplicates; empty before the first collection."""
        return read(self.clusters_file, Cluster) if self.clusters_file.is_file() else []

    def passages(self) -> list[Passage]:
        """Read the passages, and check each against its article.

        Raises:
            RecordError: there are none yet, or one names an unknown article.
            AlignmentError: a passage is not its slice of the article.
        """
        if not self.passages_file.is_file():
            raise RecordError(
                f"{self.passages_file} does not exist: collect articles first, with "
                f"`miyar annotation collect PATH --workspace {self.root}`."
            )
        articles = {article.id: article for article in self.articles()}
        passages = read(self.passages_file, Passage)
        for passage in passages:
            if passage.article_id not in articles:
                raise RecordError(
                    f"{self.passages_file}: passage {passage.id} belongs to an article that is not "
                    f"in {self.articles_dir}; run `miyar annotation collect` again."
                )
            passage.check_against(articles[passage.article_id])
        return passages

    def predictions(self, name: str) -> Lookup[Prediction]:
        """Read one model's predictions by passage id; empty when there are none."""
        path = self.predictions_dir / f"{name}.jsonl"
        if not path.is_file():
            return Lookup(Prediction, {})
        return Lookup.read(path, Prediction, lambda record: record.passage_id)

    def shown_predictions(self) -> dict[tuple[str, str], Prediction]:
        """Read what annotators may have been shown: (passage id, model) → prediction."""
        return {
            (record.passage_id, record.model): record
            for path in sorted(self.shown_dir.glob("*.jsonl"))
            for record in read(path, Prediction)
        }

    def pushed_arms(self) -> dict[str, Arm] | None:
        """Read passage id → the arm that it was pushed in; ``None`` when no push told.

        A passage that stands in the one arm here and in the other there is left out.
        """
        files = sorted(self.label_studio_dir.glob(f"*/{TASKS_FILE}"))
        pushed = {(task.passage_id, task.arm) for path in files for task in read(path, PushedTask)}
        several = Counter(passage for passage, _ in pushed)
        return {passage: arm for passage, arm in pushed if several[passage] == 1} or None

    def annotation_files(self) -> list[Path]:
        """Return the annotation files, oldest pull first, without rejects and reviews."""
        return [path for path in self._pulls() if not path.name.endswith(_BESIDE)]

    def next_annotation_file(self) -> Path:
        """Return the file of the next pull or migration; keep ``annotating`` until it is there."""
        last = max((_number(path) for path in self._pulls()), default=0)
        return self.annotations_dir / f"pull-{last + 1:04d}.jsonl"

    def _pulls(self) -> list[Path]:
        """Return all files of annotations and what stands beside them, oldest first."""
        files = self.annotations_dir.glob("*.jsonl")
        return sorted(files, key=lambda path: (_number(path), path.name))

    def annotating(self) -> AbstractContextManager[None]:
        """Keep other commands from changing the annotations while the block reads and writes."""
        return exclusive(self.runs_dir / "annotations.lock", lambda: None)

    def annotations(self) -> list[Annotation]:
        """Read the annotations that count.

        Of several records with one id the latest pull's counts. What was withdrawn is left out,
        and with it what it was migrated from: else an annotation that somebody took back would
        be migrated again.
        """
        by_id = self.latest_annotations()
        gone = {
            identity
            for record in by_id.values()
            if record.withdrawn
            for identity in _with_ancestors(record, by_id)
        }
        return [record for record in by_id.values() if record.id not in gone]

    def latest_annotations(self) -> dict[str, Annotation]:
        """Read the latest record of every annotation by its id, also of those withdrawn."""
        by_id: dict[str, Annotation] = {}
        for path in self.annotation_files():
            for record in read(path, Annotation):
                by_id[record.id] = record
        return by_id

    def reviews(self) -> dict[str, Review]:
        """Read what migrations left open, by annotation id.

        An annotation that was changed in Label Studio after its migration has been looked at.
        """
        found: dict[str, Review] = {}
        for path in self._pulls():
            if path.name.endswith(REVIEWS):
                found.update({review.annotation: review for review in read(path, Review)})
            elif found and not path.name.endswith((REJECTS, MIGRATED)):
                for record in read(path, Annotation):
                    found.pop(record.id, None)
        return found

    def unread_types(self) -> dict[str, frozenset[str]]:
        """Return annotation id → entity types that the annotation says nothing about."""
        return {
            identity: frozenset(review.unread)
            for identity, review in self.reviews().items()
            if review.unread
        }


def _number(path: Path) -> int:
    """Return the number of a pull's file; 0 for a file of another name."""
    found = re.match(r"pull-(\d+)\.", path.name)
    return int(found.group(1)) if found else 0


def _with_ancestors(record: Annotation, by_id: Mapping[str, Annotation]) -> Iterator[str]:
    """Yield an annotation's id and those of the ones that it was migrated from."""
    current: Annotation | None = record
    while current is not None:
        yield current.id
        current = by_id.get(current.migrated_from or "")


def archive_codebook(workspace: Workspace) -> Path:
    """Keep a copy of the codebook under its hash; return where it stands.

    Raises:
        RecordError: another codebook stands there.
    """
    return keep_codebook(workspace, workspace.codebook_file)


def keep_codebook(workspace: Workspace, path: Path) -> Path:
    """Keep a byte copy of a codebook file in the workspace's archive; return where it stands.

    Raises:
        RecordError: the file is no codebook, or another one stands there.
    """
    codebook = read_codebook(path)
    target = workspace.archive_file(codebook.hash)
    if not target.is_file():
        with atomic(target) as temporary:
            temporary.write_bytes(read_bytes(path))
    elif read_codebook(target).hash != codebook.hash:
        raise RecordError(
            f"{target} is not the codebook that its name says: it was edited, or written by "
            f"another version of Miyar; delete it, or move it away, and keep {path}."
        )
    return target
