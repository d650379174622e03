"""Passages → rule predictions: entities by gazetteer, name and date rules, issues by cues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from annotation.preannotate.cues import THRESHOLD, CueScorer
from annotation.preannotate.dates import LABEL as DATE
from annotation.preannotate.dates import dates
from annotation.preannotate.gazetteer import Gazetteer, batches
from annotation.preannotate.names import LABEL as PERSON
from annotation.preannotate.names import names
from schemas.annotation import Prediction
from schemas.article import Passage, Span, longest_first
from schemas.codebook import Codebook
from schemas.text import Folded, fold

VERSION = "2"


class RulePredictor:
    """The rules of one codebook and one gazetteer; their hashes name it."""

    def __init__(self, codebook: Codebook, gazetteer: Gazetteer) -> None:
        self.name = f"rules-{VERSION}-{codebook.short_hash}-{gazetteer.hash[:8]}"
        self.gazetteer = gazetteer
        self._cues = CueScorer(codebook)
        self._with_dates = DATE in codebook.entity_ids
        self._with_names = PERSON in codebook.entity_ids

    def predict(self, passages: Iterable[Passage]) -> Iterator[Prediction]:
        """Yield one prediction for each passage, in order."""
        for batch in batches(passages, size=lambda passage: len(passage.text)):
            known = self.gazetteer.spans_of(passage.text for passage in batch)
            for passage, spans in zip(batch, known, strict=True):
                yield self._prediction(passage, spans)

    def _prediction(self, passage: Passage, known: list[Span]) -> Prediction:
        folded = fold(passage.text)
        scores, evidence = self._cues.score(passage.text, folded)
        return Prediction(
            passage_id=passage.id,
            model=self.name,
            issues=scores,
            present=tuple(k for k, score in scores.items() if score >= THRESHOLD),
            spans=tuple(self._entities(passage.text, folded, known)),
            evidence=tuple(evidence),
        )

    def entities(self, text: str) -> list[Span]:
        """Return the entities in a text: whole words, none overlapping, the longest kept."""
        folded = fold(text)
        return self._entities(text, folded, self.gazetteer.spans(text, folded))

    def _entities(self, text: str, folded: Folded, known: list[Span]) -> list[Span]:
        spans = list(known)
        if self._with_names:
            spans += names(text, folded, known)
        if self._with_dates:
            spans += dates(text, folded)
        return longest_first(spans)[0]
