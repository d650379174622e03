"""The convex fit: logistic regressions over hashed n-grams, and over them one that weighs cues.

First each label gets its own regression over n-grams. Then one small regression, shared by all
labels, learns from out-of-fold n-gram logits how much they and the cue terms are worth
(stacking; Wolpert, "Stacked Generalization", Neural Networks 5, 1992).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold
from spacy.language import Language

from schemas.dataset import Example
from train.features import CUE_FEATURES, count_matrix, inverse_document_frequency, weigh
from train.threshold import DEFAULT, best_threshold

Array = NDArray[np.float64]
C_GRID = (1.0, 10.0, 100.0)
FOLDS = 5
_NEVER = -20.0  # the logit of a label that nobody judged: never given
_FREE_INTERCEPT = 10.0  # liblinear penalises the intercept; scaled up, hardly


@dataclass(frozen=True)
class Fitted:
    """Weights, and how they were chosen."""

    weights: Array
    """Shape (labels, WIDTH)."""
    bias: Array
    """Shape (labels,)."""
    idf: NDArray[np.float32]
    """Shape (WIDTH,)."""
    cue: Array
    """Shape (CUE_FEATURES,)."""
    threshold: float
    c: float
    out_of_fold: Array | None
    """Scores of each example by a model that saw no example of its group; shape (n, labels)."""


@dataclass(frozen=True)
class _Stack:
    """What a unit of n-gram logit, each cue feature, and nothing at all are worth."""

    ngram: float
    cue: Array
    bias: float

    def logits(self, ngrams: Array, cues: Array) -> Array:
        return self.ngram * ngrams + cues @ self.cue + self.bias


def fit_linear(
    nlp: Language,
    examples: Sequence[Example],
    issues: Sequence[str],
    *,
    cues: NDArray[np.float32] | None,
    c: float | None,
) -> Fitted:
    """Fit; all that is chosen is chosen on out-of-fold scores, never on test.

    Args:
        nlp: its tokenizer gives the words.
        examples: what to learn from. Issues that were not judged are left out of their fit.
        issues: the labels, in the order of the weights.
        cues: cue features of the examples, shape (n, labels, CUE_FEATURES); ``None``: without.
        c: inverse strength of regularisation; ``None`` picks it from ``C_GRID`` by the mean
            average precision over labels of out-of-fold scores.
    """
    counts = count_matrix([token.text for token in nlp.make_doc(e.text)] for e in examples)
    truth = np.array([[_value(e, issue) for issue in issues] for e in examples])
    groups = [example.group for example in examples]
    idf = inverse_document_frequency(counts)
    features = weigh(counts, idf)
    none = np.zeros(CUE_FEATURES)
    if len(set(groups)) < 2:
        weights, bias = _fit(features, truth, C_GRID[1] if c is None else c)
        return Fitted(weights, bias, idf, none, DEFAULT, C_GRID[1] if c is None else c, None)
    by_c = {
        value: _out_of_fold(counts, truth, groups, value)
        for value in (C_GRID if c is None else (c,))
    }
    chosen = max(by_c, key=lambda value: _average_precision(truth, by_c[value]))
    weights, bias = _fit(features, truth, chosen)
    logits = by_c[chosen]
    if cues is None:
        scores = _sigmoid(logits)
        return Fitted(weights, bias, idf, none, best_threshold(truth, scores), chosen, scores)
    cue_values = cues.astype(np.float64)
    stack = _fit_stack(logits, cue_values, truth)
    scores = np.zeros_like(truth)
    for seen, held_out in _folds(groups):
        partial = _fit_stack(logits[seen], cue_values[seen], truth[seen])
        scores[held_out] = _sigmoid(partial.logits(logits[held_out], cue_values[held_out]))
    return Fitted(
        weights=stack.ngram * weights,
        bias=stack.ngram * bias + stack.bias,
        idf=idf,
        cue=stack.cue,
        threshold=best_threshold(truth, scores),
        c=chosen,
        out_of_fold=scores,
    )


def _value(example: Example, issue: str) -> float:
    present = example.issues.get(issue)
    return np.nan if present is None else float(present)


def _sigmoid(logits: Array) -> Array:
    return 1 / (1 + np.exp(-logits))


def _folds(groups: list[str]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    folds = GroupKFold(n_splits=min(FOLDS, len(set(groups))))
    yield from folds.split(np.zeros(len(groups)), groups=groups)


def _out_of_fold(counts: csr_matrix, truth: Array, groups: list[str], c: float) -> Array:
    """Return the n-gram logits of each example by a fit that saw none of its group."""
    logits = np.zeros_like(truth)
    for seen, held_out in _folds(groups):
        idf = inverse_document_frequency(counts[seen])
        weights, bias = _fit(weigh(counts[seen], idf), truth[seen], c)
        logits[held_out] = weigh(counts[held_out], idf) @ weights.T + bias
    return logits


def _fit(features: csr_matrix, truth: Array, c: float) -> tuple[Array, Array]:
    """Fit every label on the examples where it was judged."""
    labels = truth.shape[1]
    used = np.flatnonzero(np.bincount(features.indices, minlength=features.shape[1]))
    compact = features[:, used]  # most hashed columns are empty: they would only cost time
    weights = np.zeros((labels, features.shape[1]))
    bias = np.zeros(labels)
    for label in range(labels):
        judged = np.flatnonzero(~np.isnan(truth[:, label]))
        wanted = truth[judged, label]
        positives = int(wanted.sum())
        if not len(wanted):
            bias[label] = _NEVER
            continue
        if positives in (0, len(wanted)):
            # One class only: nothing separates; the smoothed share of positives is all we know.
            bias[label] = np.log((positives + 0.5) / (len(wanted) - positives + 0.5))
            continue
        # The dual problem: there are far fewer passages than features.
        model = LogisticRegression(
            C=c,
            class_weight="balanced",
            solver="liblinear",
            dual=True,
            intercept_scaling=_FREE_INTERCEPT,
            max_iter=10_000,
            tol=1e-4,
            random_state=0,
        )
        model.fit(compact[judged], wanted)
        weights[label, used], bias[label] = model.coef_[0], model.intercept_[0]
    return weights, bias


def _fit_stack(ngrams: Array, cues: Array, truth: Array) -> _Stack:
    """Fit the shared regression on all judged pairs of passage and label."""
    judged = ~np.isnan(truth)
    pairs = np.column_stack([ngrams[judged], cues[judged]])
    if len(np.unique(truth[judged])) < 2:
        return _Stack(1.0, np.zeros(CUE_FEATURES), 0.0)
    model = LogisticRegression(C=10.0, tol=1e-6, max_iter=1000)
    model.fit(pairs, truth[judged])
    ngram, *cue = model.coef_[0]
    return _Stack(float(ngram), np.array(cue), float(model.intercept_[0]))


def _average_precision(truth: Array, scores: Array) -> float:
    """Return the mean average precision over the labels that have both classes."""
    values = []
    for label in range(truth.shape[1]):
        judged = ~np.isnan(truth[:, label])
        wanted = truth[judged, label]
        if 0 < wanted.sum() < len(wanted):
            values.append(average_precision_score(wanted, scores[judged, label]))
    return float(np.mean(values)) if values else 0.0
