"""Tagging speed of the fitted presets, beside spaCy's own text classifier."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.data import passages
from benchmarks.measure import Row, cpu_seconds, row
from schemas.dataset import Dataset, Example
from train.fit import Job, fit
from train.predict import Tagger


def rows() -> list[Row]:
    """Tag passages of 60 words with both presets, fitted here on the corpus's own words."""
    texts = passages(64, words=60, seed=1)
    examples = tuple(
        Example(f"e{n}", text, f"g{n}", {"odd": n % 2 == 1, "even": n % 2 == 0})
        for n, text in enumerate(texts)
    )
    halves = [
        Dataset(name, ("odd", "even"), part, name)
        for name, part in (("train", examples[:48]), ("dev", examples[48:]))
    ]
    many = passages(1000, words=60, seed=2)
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        for preset, settings in (("fast", {}), ("stock", {"max_steps": 20})):
            out = Path(folder) / preset
            fit(Job(preset, halves[0], halves[1], seed=0, settings=settings), out)
            tagger = Tagger(out)
            rates[preset] = len(many) / cpu_seconds(lambda t=tagger: list(t.scores(many)))
    name = "tagging, 60-word passages (1/s)"
    return [row(name, rates["fast"], "spaCy textcat_multilabel (BOW)", rates["stock"])]
