"""Raw files and a model → one JSON object a passage: issues with scores, entities, offsets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from annotation.ingest.collect import collect, settle
from annotation.ingest.segment import segment
from annotation.preannotate.predict import RulePredictor
from annotation.steps import predictor_of
from schemas.article import Article, Passage, Span
from schemas.codebook import read_codebook
from schemas.ledger import Ledger, Unit
from train.predict import Tagger

Line = dict[str, Any]


def tag(paths: list[Path], tagger: Tagger, ledger: Ledger) -> Iterator[Line]:
    """Yield a line for each passage of each article, in the order of the files.

    Passage offsets count code points in the article's text (for .txt that is the file's), entity
    offsets in the passage. Every file and passage is counted; the same text twice is tagged twice.
    """
    entities = _entity_rules(tagger.folder)
    now = datetime.now(UTC)
    for article in collect(paths, now=now, ledger=ledger):
        settle(article, ledger)
        passages = segment(article)
        ledger.receive(Unit.PASSAGES, len(passages))
        texts = [passage.text for passage in passages]
        found = entities.entities_of(texts) if entities else ([] for _ in texts)
        for passage, given, spans in zip(passages, tagger.scores(texts), found, strict=True):
            yield _line(article, passage, given, tagger, spans)
            ledger.accept(Unit.PASSAGES)


def _entity_rules(folder: Path) -> RulePredictor | None:
    """Compile the codebook and gazetteer that lie beside the model, if it has them."""
    codebook = folder / "codebook.yaml"
    if not codebook.is_file():
        return None
    return predictor_of(read_codebook(codebook), folder / "gazetteer.jsonl")


def _line(
    article: Article,
    passage: Passage,
    scores: dict[str, float],
    tagger: Tagger,
    spans: list[Span],
) -> Line:
    present = tagger.decide(scores)
    return {
        "file": article.file,
        "article_id": article.id,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "issues": {
            issue: {"score": score, "present": issue in present} for issue, score in scores.items()
        },
        "entities": [
            {
                "start": span.start,
                "end": span.end,
                "label": span.label,
                "entity_id": span.entity_id,
                "text": passage.text[span.start : span.end],
            }
            for span in spans
        ],
    }


def to_json(line: Line) -> str:
    """Return a line's JSON, Arabic as it is."""
    return json.dumps(line, ensure_ascii=False)
