"""The features and one linear layer as a spaCy architecture, for ``textcat_multilabel``.

    logit[label] = n-grams · W[label] + b[label] + cues[label] · cue

The n-gram weights are each label's own; what a cue term of the codebook is worth (``cue``) is
the same for all labels, so that an issue with hardly an example still has its terms.
The weights usually come from the convex fit in ``train.fast``; the layer also learns by
``spacy train``, with gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import Model
from thinc.types import Floats2d

from schemas.codebook import Cues
from schemas.cues import CueMatcher
from schemas.text import fold
from train.features import CUE_FEATURES, WIDTH, count_matrix, cue_features, weigh

Network = Model[list[Doc], Floats2d]
Terms = dict[str, list[str]]


@registry.architectures("miyar.LinearNgram.v1")  # type: ignore[untyped-decorator]  # spaCy's
def linear_ngram(cues: dict[str, Terms], nO: int | None = None) -> Network:
    """Return the model: documents → scores in 0..1, shape (n_docs, nO).

    Parameters: ``W`` (nO, WIDTH), ``b`` (nO,), ``idf`` (WIDTH,), ``cue`` (CUE_FEATURES,), all
    float32. A document without a letter or digit scores 0 everywhere.

    Args:
        cues: label → its ``strong`` and ``weak`` cue terms, in the order of the labels; empty
            for a model without cues.
        nO: number of labels.
    """
    model: Network = Model(
        "linear_ngram",
        _forward,
        init=_init,
        dims={"nO": nO},
        params={"W": None, "b": None, "idf": None, "cue": None},
        attrs={"multi_label": True, "cues": CueReader(cues)},
    )
    model.set_ref("output_layer", model)
    return model


class CueReader:
    """Cue terms of the labels, compiled once."""

    def __init__(self, cues: dict[str, Terms]) -> None:
        self.labels = tuple(cues)
        self._matcher = CueMatcher(
            {
                label: Cues(strong=tuple(terms["strong"]), weak=tuple(terms["weak"]))
                for label, terms in cues.items()
            }
        )

    def read(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the cue features of texts; shape (n_texts, labels, CUE_FEATURES)."""
        return cue_features([self._matcher.find(t, fold(t)) for t in texts], self.labels)


def set_weights(model: Network, weights: Any, bias: Any, idf: Any, cue: Any) -> None:
    """Put fitted weights into the model."""
    model.set_param("W", _floats(weights))
    model.set_param("b", _floats(bias))
    model.set_param("idf", _floats(idf))
    model.set_param("cue", _floats(cue))


def _floats(values: Any) -> Any:
    return np.ascontiguousarray(values, dtype=np.float32)


def _init(model: Network, X: Any = None, Y: Any = None) -> None:
    if Y is not None and model.has_dim("nO") is None:
        model.set_dim("nO", Y.shape[1])
    labels = model.get_dim("nO")
    known = model.attrs["cues"].labels
    if known and len(known) != labels:
        raise ValueError(f"cues are given for {len(known)} labels, the data have {labels}")
    zeros = np.zeros((labels, WIDTH))
    set_weights(model, zeros, np.zeros(labels), np.ones(WIDTH), np.zeros(CUE_FEATURES))


def _forward(
    model: Network, docs: list[Doc], is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], list[Doc]]]:
    counts = count_matrix([token.text for token in doc] for doc in docs)
    features = weigh(counts, np.asarray(model.get_param("idf")))
    weights = np.asarray(model.get_param("W"))
    logits = np.asarray(features @ weights.T) + np.asarray(model.get_param("b"))
    reader = model.attrs["cues"]
    cues = reader.read([doc.text for doc in docs]) if reader.labels else None
    if cues is not None:
        logits = logits + cues @ np.asarray(model.get_param("cue"))
    scores = (1.0 / (1.0 + np.exp(-logits))).astype(np.float32)
    scores[np.diff(features.indptr) == 0] = 0.0

    def backprop(d_scores: Floats2d) -> list[Doc]:
        # d_scores is the gradient of the loss by the scores as spaCy gives it: score - truth,
        # which is the gradient by the logits under cross-entropy.
        gradient = np.asarray(d_scores, dtype=np.float32)
        model.inc_grad("W", _floats((features.T @ gradient).T))
        model.inc_grad("b", gradient.sum(axis=0))
        if cues is not None:
            model.inc_grad("cue", _floats(np.einsum("dl,dlk->k", gradient, cues)))
        return docs

    return scores, backprop
