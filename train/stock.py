"""spaCy's own default ``textcat_multilabel``, trained by spaCy's own loop: the peer in reports."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import spacy
from spacy.cli.init_config import init_config
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as spacy_train

from schemas.dataset import Example
from train.docbin import doc_bin


def fit_stock(
    train: Sequence[Example],
    dev: Sequence[Example],
    issues: Sequence[str],
    *,
    seed: int,
    max_steps: int,
) -> Language:
    """Train what ``spacy init config -l ar -p textcat_multilabel -o efficiency`` gives.

    Nothing is tuned: learning rate, patience and threshold 0.5 are spaCy's. Only the seed is
    set, and ``max_steps`` where somebody cannot wait. The best step on ``dev`` is returned.
    """
    config = init_config(lang="ar", pipeline=["textcat_multilabel"], optimize="efficiency")
    blank = spacy.blank("ar")
    with tempfile.TemporaryDirectory(prefix="miyar-stock-") as folder:
        for name, examples in (("train", train), ("dev", dev)):
            path = Path(folder) / f"{name}.spacy"
            doc_bin(blank, examples).to_disk(path)
            config["paths"][name] = str(path)
        config["training"]["seed"] = config["system"]["seed"] = seed
        config["training"]["max_steps"] = max_steps
        # spaCy takes labels from the examples: one that nobody judged would be missing.
        config["initialize"]["components"]["textcat_multilabel"] = {"labels": list(issues)}
        nlp = init_nlp(config)
        out = Path(folder) / "out"
        out.mkdir()
        spacy_train(nlp, out, stdout=io.StringIO(), stderr=io.StringIO())
        trained = spacy.load(out / "model-best")
    # The paths of the temporary files would differ in every run, and mean nothing afterwards.
    trained.config["paths"].update(train=None, dev=None)
    return trained
