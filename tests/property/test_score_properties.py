"""What must hold of scores whatever the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from eval.score import score
from schemas.annotation import Prediction
from schemas.article import Span
from schemas.dataset import Dataset, Example
from schemas.report import SystemScores

ISSUES = ("taiwan", "trade", "climate")
Row = tuple[bool, ...]
Pairs = list[tuple[Row, Row]]

ROWS = st.tuples(*[st.booleans()] * len(ISSUES))
PAIRS = st.lists(st.tuples(ROWS, ROWS), min_size=1, max_size=12)
# Spans of a text of four words: no two on one word, the label by chance.
SPANS = st.dictionaries(st.integers(0, 3), st.sampled_from(["GPE", "PERSON"])).map(
    lambda words: tuple(Span(start=5 * n, end=5 * n + 4, label=words[n]) for n in sorted(words))
)


def _data(
    pairs: Pairs, spans: list[tuple[tuple[Span, ...], tuple[Span, ...]]] | None = None
) -> tuple[Dataset, dict[str, Prediction]]:
    both = spans or [((), ())] * len(pairs)
    examples = tuple(
        Example(
            id=f"p{n}",
            text="نص",
            group=f"g{n % 4}",
            issues=dict(zip(ISSUES, gold, strict=True)),
            spans=both[n][0],
            spans_complete=True,
        )
        for n, (gold, _) in enumerate(pairs)
    )
    predicted = {
        f"p{n}": Prediction(
            passage_id=f"p{n}",
            model="m",
            issues={k: float(v) for k, v in zip(ISSUES, row, strict=True)},
            present=tuple(k for k, v in zip(ISSUES, row, strict=True) if v),
            spans=both[n][1],
        )
        for n, (_, row) in enumerate(pairs)
    }
    return Dataset("d", ISSUES, examples, "h"), predicted


def _score(data: Dataset, predicted: dict[str, Prediction]) -> SystemScores:
    return score(data, predicted, name="m", resamples=20)


def _points(scores: SystemScores) -> list[float | None]:
    parts = [scores.micro, *scores.per_label.values()]
    parts += [scores.spans, *scores.spans.per_label.values()] if scores.spans else []
    found = [value for part in parts for value in (part.precision, part.recall, part.f1)]
    return [*found, scores.macro.f1, scores.tagged]


@settings(deadline=None)
@given(pairs=PAIRS)
def test_scores_are_scikit_learn_s(pairs: Pairs) -> None:
    scores = _score(*_data(pairs))
    truth, predicted = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
    expected = precision_recall_fscore_support(
        truth, predicted, average="micro", zero_division=np.nan
    )[:3]
    found = (scores.micro.precision, scores.micro.recall, scores.micro.f1)
    for own, theirs in zip(found, expected, strict=True):
        assert (own is None) == bool(np.isnan(theirs))
        assert own is None or abs(own - theirs) <= 5.1e-5
    f1 = precision_recall_fscore_support(truth, predicted, zero_division=0.0)[2]
    with_positive = truth.any(axis=0)
    if with_positive.any():
        assert scores.macro.f1 is not None
        assert abs(scores.macro.f1 - f1[with_positive].mean()) <= 5.1e-5
    else:
        assert scores.macro.f1 is None


@settings(deadline=None)
@given(data=st.data(), pairs=PAIRS)
def test_doubling_the_corpus_changes_no_point_score(data: st.DataObject, pairs: Pairs) -> None:
    spans = [data.draw(st.tuples(SPANS, SPANS)) for _ in pairs]
    first, predicted = _data(pairs, spans)
    again = tuple(replace(e, id=f"{e.id}'", group=f"{e.group}'") for e in first.examples)
    doubled = replace(first, examples=(*first.examples, *again))
    copies = {f"{key}'": value for key, value in predicted.items()}
    assert _points(_score(doubled, {**predicted, **copies})) == _points(_score(first, predicted))


@settings(deadline=None)
@given(data=st.data(), pairs=PAIRS)
def test_swapping_gold_and_prediction_swaps_precision_and_recall(
    data: st.DataObject, pairs: Pairs
) -> None:
    filled = SPANS.filter(bool)  # a system without any span has no span scores
    spans = [data.draw(st.tuples(filled, filled)) for _ in pairs]
    one = _score(*_data(pairs, spans))
    other = _score(*_data([(b, a) for a, b in pairs], [(b, a) for a, b in spans]))
    assert one.spans is not None
    assert other.spans is not None
    mine = [one.micro, one.spans, *one.per_label.values()]
    theirs = [other.micro, other.spans, *other.per_label.values()]
    for a, b in zip(mine, theirs, strict=True):
        assert (a.precision, a.recall, a.f1) == (b.recall, b.precision, b.f1)


@settings(deadline=None)
@given(pairs=PAIRS)
def test_every_interval_holds_its_f1(pairs: Pairs) -> None:
    scores = _score(*_data(pairs))
    for part in (scores.micro, *scores.per_label.values()):
        if part.f1 is not None:
            assert part.low is not None
            assert part.high is not None
            assert 0 <= part.low <= part.f1 <= part.high <= 1


@settings(deadline=None)
@given(pairs=PAIRS, unjudged=st.sets(st.integers(0, 11)))
def test_what_was_given_where_nobody_judged_changes_nothing(
    pairs: Pairs, unjudged: set[int]
) -> None:
    data, predicted = _data(pairs)
    examples = tuple(
        replace(e, issues={k: v for k, v in e.issues.items() if k != "trade"})
        if n in unjudged
        else e
        for n, e in enumerate(data.examples)
    )
    turned = {
        key: p.model_copy(update={"present": tuple({"trade"} ^ set(p.present))})
        if int(key[1:]) in unjudged
        else p
        for key, p in predicted.items()
    }
    given_so, turned_so = (_score(replace(data, examples=examples), p) for p in (predicted, turned))
    assert given_so.micro == turned_so.micro
    assert given_so.per_label == turned_so.per_label
    assert given_so.macro == turned_so.macro
