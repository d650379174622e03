"""Where things stand in a workspace folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from schemas.annotation import Annotation, Prediction
from schemas.article import Article, Cluster, Passage
from schemas.codebook import Codebook, read_codebook
from schemas.errors import RecordError, UsageError
from schemas.jsonl import read, stream


@dataclass(frozen=True)
class Workspace:
    """The paths of a workspace and the records in them."""

    root: Path

    @property
    def codebook_file(self) -> Path:
        """The codebook (YAML)."""
        return self.root / "codebook.yaml"

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

    def predictions(self, name: str) -> dict[str, Prediction]:
        """Read one model's predictions by passage id; empty when there are none."""
        path = self.predictions_dir / f"{name}.jsonl"
        if not path.is_file():
            return {}
        return {record.passage_id: record for record in read(path, Prediction)}

    def annotation_files(self) -> list[Path]:
        """Return the annotation files, oldest pull first, without the rejects."""
        files = self.annotations_dir.glob("*.jsonl")
        return sorted(path for path in files if not path.name.endswith(".rejects.jsonl"))

    def annotations(self) -> list[Annotation]:
        """Read the annotations that count.

        Of several records with one id the latest pull's counts; what was withdrawn is left out.
        """
        by_id: dict[str, Annotation] = {}
        for path in self.annotation_files():
            for record in read(path, Annotation):
                by_id[record.id] = record
        return [record for record in by_id.values() if not record.withdrawn]
