"""Passages → rule predictions: entities by gazetteer and date rules, issues by cues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from annotation.preannotate.cues import THRESHOLD, CueScorer
from annotation.preannotate.dates import LABEL, dates
from annotation.preannotate.gazetteer import Gazetteer
from schemas.annotation import Prediction
from schemas.article import Passage, Span, longest_first
from schemas.codebook import Codebook
from schemas.text import Folded, fold

VERSION = "1"


class RulePredictor:
    """The rules of one codebook and one gazetteer; their hashes name it."""

    def __init__(self, codebook: Codebook, gazetteer: Gazetteer) -> None:
        self.name = f"rules-{VERSION}-{codebook.short_hash}-{gazetteer.hash[:8]}"
        self._gazetteer = gazetteer
        self._cues = CueScorer(codebook)
        self._with_dates = LABEL in codebook.entity_ids

    def predict(self, passages: Iterable[Passage]) -> Iterator[Prediction]:
        """Yield one prediction for each passage, in order."""
        for passage in passages:
            folded = fold(passage.text)
            scores, evidence = self._cues.score(passage.text, folded)
            yield Prediction(
                passage_id=passage.id,
                model=self.name,
                issues=scores,
                present=tuple(k for k, score in scores.items() if score >= THRESHOLD),
                spans=tuple(self._entities(passage.text, folded)),
                evidence=tuple(evidence),
            )

    def entities(self, text: str) -> list[Span]:
        """Return the entities in a text: whole words, none overlapping, the longest kept."""
        return self._entities(text, fold(text))

    def _entities(self, text: str, folded: Folded) -> list[Span]:
        spans = self._gazetteer.spans(text, folded)
        if self._with_dates:
            spans += dates(text, folded)
        return longest_first(spans)[0]
