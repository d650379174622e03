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
from schemas.text import fold

VERSION = "2"


def rules_name(codebook: Codebook, gazetteer: str) -> str:
    """Return the name of the rules of a codebook and a gazetteer, which is given by its hash."""
    return f"rules-{VERSION}-{codebook.short_hash}-{gazetteer[:8]}"


class RulePredictor:
    """The rules of one codebook and one gazetteer; their hashes name it."""

    def __init__(self, codebook: Codebook, gazetteer: Gazetteer) -> None:
        self.name = rules_name(codebook, gazetteer.hash)
        self.gazetteer = gazetteer
        self._cues = CueScorer(codebook)
        self._with_dates = DATE in codebook.entity_ids
        self._with_names = PERSON in codebook.entity_ids

    def predict(self, passages: Iterable[Passage]) -> Iterator[Prediction]:
        """Yield one prediction for each passage, in order."""
        for batch in batches(passages, size=lambda passage: len(passage.text)):
            found = self.entities_of(passage.text for passage in batch)
            for passage, spans in zip(batch, found, strict=True):
                scores, evidence = self._cues.score(passage.text, fold(passage.text))
                yield Prediction(
                    passage_id=passage.id,
                    model=self.name,
                    issues=scores,
                    present=tuple(k for k, score in scores.items() if score >= THRESHOLD),
                    spans=tuple(spans),
                    evidence=tuple(evidence),
                )

    def entities(self, text: str) -> list[Span]:
        """Return the entities in a text: whole words, none overlapping, the longest kept."""
        (found,) = self.entities_of([text])
        return found

    def entities_of(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        """Yield the entities in each text, as :meth:`entities` does, many texts at a time."""
        for batch in batches(texts, size=len):
            for text, spans in zip(batch, self.gazetteer.spans_of(batch), strict=True):
                folded = fold(text)
                if self._with_names:
                    spans = [*spans, *names(text, folded, spans)]
                if self._with_dates:
                    spans = [*spans, *dates(text, folded)]
                yield longest_first(spans)[0]
