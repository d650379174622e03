"""Synthetic Arabic text from a seed: words of the shipped corpus in random order."""

from __future__ import annotations

import random
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "corpus"


def passages(count: int, *, words: int, seed: int) -> list[str]:
    """Return texts of a given length; their words are real, their order is not."""
    generator = random.Random(seed)
    pool = [
        word
        for path in sorted((CORPUS / "raw").glob("*.txt"))
        for word in path.read_text(encoding="utf-8").split()
    ]
    return [" ".join(generator.choices(pool, k=words)) for _ in range(count)]
