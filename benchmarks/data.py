"""Texts to measure on: a team's own JSON lines, or synthetic Arabic from a seed."""

from __future__ import annotations

import gzip
import json
import random
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from schemas.article import Article, article_id

CORPUS = Path(__file__).parents[1] / "corpus"


def articles(path: Path | None, count: int) -> list[str]:
    """Return the first texts of a JSON-lines file (``content``; may be gzipped), or synthetic ones.

    Empty texts are passed over.
    """
    if path is None:
        return passages(count, words=400, seed=0)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        contents = (json.loads(line)["content"] for line in lines)
        return list(islice((text for text in contents if text.strip()), count))


def passages(count: int, *, words: int, seed: int) -> list[str]:
    """Return texts of a given length; their words are real, their order is not."""
    generator = random.Random(seed)
    pool = [
        word
        for path in sorted((CORPUS / "raw").glob("*.txt"))
        for word in path.read_text(encoding="utf-8").split()
    ]
    return [" ".join(generator.choices(pool, k=words)) for _ in range(count)]


def article_of(text: str, number: int = 0) -> Article:
    """Return an article record with a text; the number tells equal texts apart."""
    url = f"https://example.org/{number}"
    return Article(
        id=article_id(text, source=None, url=url),
        text=text,
        url=url,
        file=f"{number:06}.txt",
        collected_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
