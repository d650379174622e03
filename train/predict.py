"""A model and texts → Predictions."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

import spacy
from spacy.language import Language

from schemas.annotation import Prediction
from schemas.errors import UsageError
from train.fit import PIPE

BATCH = 64


class Tagger:
    """A loaded model with its threshold."""

    def __init__(self, folder: Path) -> None:
        """Load a model.

        Raises:
            UsageError: the folder is not a spaCy model with ``textcat_multilabel``.
        """
        if not (folder / "meta.json").is_file():
            raise UsageError(
                f"{folder} is not a model folder (meta.json is missing); fit one with "
                "`miyar train fit`."
            )
        self.folder = folder
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=r".*\[W095\].*")  # another spaCy version
            try:
                self.nlp: Language = spacy.load(folder)
            except UserWarning as error:
                raise UsageError(
                    f"{folder} was made with another version of spaCy than {version('spacy')}; "
                    "fit it again with `miyar train fit`."
                ) from error
        if PIPE not in self.nlp.pipe_names:
            raise UsageError(
                f"{folder} has the pipes {', '.join(self.nlp.pipe_names) or 'none'}; a tagger has "
                f"{PIPE}."
            )
        pipe = self.nlp.get_pipe(PIPE)
        self.threshold = float(pipe.cfg["threshold"])  # type: ignore[attr-defined]  # a trainable pipe
        self.issues: tuple[str, ...] = tuple(pipe.labels)  # type: ignore[attr-defined]  # as above
        self.name = f"{self.nlp.meta['name']}-{self.nlp.meta['version']}"

    def scores(self, texts: Iterable[str]) -> Iterator[dict[str, float]]:
        """Yield every issue's score for each text, in order."""
        for doc in self.nlp.pipe(texts, batch_size=BATCH):
            yield {issue: round(float(doc.cats[issue]), 6) for issue in self.issues}

    def predict(self, items: Iterable[tuple[str, str]]) -> Iterator[Prediction]:
        """Yield a prediction for each ``(id, text)``, in order."""
        pairs = list(items)
        for (identity, _), scores in zip(
            pairs, self.scores(text for _, text in pairs), strict=True
        ):
            yield Prediction(
                passage_id=identity,
                model=self.name,
                issues=scores,
                present=self.decide(scores),
            )

    def decide(self, scores: dict[str, float]) -> tuple[str, ...]:
        """Return the issues whose score reaches the threshold."""
        return tuple(issue for issue, score in scores.items() if score >= self.threshold)
