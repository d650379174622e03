"""Predictions against gold, checked against scikit-learn and nervaluate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from nervaluate import Evaluator
from sklearn.metrics import f1_score, precision_score, recall_score

from eval.score import score
from schemas.annotation import Prediction
from schemas.article import Span
from schemas.dataset import Dataset, Example
from schemas.errors import GateError, RecordError
from schemas.report import SystemScores

ISSUES = ("taiwan", "trade", "climate")
# Presence of each issue, gold and given; the last issue has no positive in gold.
GOLD = [(1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 0), (1, 0, 0), (0, 0, 0)]
GIVEN = [(1, 0, 0), (0, 1, 1), (1, 1, 0), (0, 0, 0), (1, 1, 0), (0, 0, 0)]
NEAR = 5e-5  # reports round to four digits


def example(number: int, row: tuple[int, ...], *spans: tuple[int, int, str]) -> Example:
    return Example(
        id=f"p{number}",
        text="نص",
        group=f"g{number // 2}",
        issues={issue: bool(value) for issue, value in zip(ISSUES, row, strict=True)},
        spans=tuple(Span(start=a, end=b, label=label) for a, b, label in spans),
        spans_complete=True,
    )


def given(number: int, row: tuple[int, ...], *spans: tuple[int, int, str]) -> Prediction:
    return Prediction(
        passage_id=f"p{number}",
        model="m",
        issues={issue: float(value) for issue, value in zip(ISSUES, row, strict=True)},
        present=tuple(issue for issue, value in zip(ISSUES, row, strict=True) if value),
        spans=tuple(Span(start=a, end=b, label=label) for a, b, label in spans),
    )


def dataset(*examples: Example) -> Dataset:
    return Dataset(name="test", issues=ISSUES, examples=examples, hash="h")


DATA = dataset(*(example(n, row) for n, row in enumerate(GOLD)))
PREDICTED = {f"p{n}": given(n, row) for n, row in enumerate(GIVEN)}


def scored(data: Dataset = DATA, predicted: dict[str, Prediction] = PREDICTED) -> SystemScores:
    return score(data, predicted, name="m", resamples=200)


def test_micro_scores_are_scikit_learn_s() -> None:
    micro = scored().micro
    for value, measure in (
        (micro.precision, precision_score),
        (micro.recall, recall_score),
        (micro.f1, f1_score),
    ):
        expected = measure(np.array(GOLD), np.array(GIVEN), average="micro", zero_division=0.0)
        assert value == pytest.approx(expected, abs=NEAR)


def test_micro_scores_are_what_one_counts_by_hand() -> None:
    # Right: taiwan in 0 and 4, trade in 1 and 2. Wrongly given: climate in 1, taiwan in 2,
    # trade in 4. Missed: taiwan in 1.
    micro = scored().micro
    assert (micro.precision, micro.recall) == (round(4 / 7, 4), round(4 / 5, 4))
    assert micro.f1 == round(8 / 12, 4)


def test_macro_f1_is_scikit_learn_s_over_the_labels_with_a_positive() -> None:
    macro = scored().macro
    expected = f1_score(np.array(GOLD), np.array(GIVEN), average="macro", labels=[0, 1])
    assert macro.f1 == pytest.approx(expected, abs=NEAR)
    assert macro.labels == 2


@pytest.mark.parametrize("column", range(len(ISSUES)))
def test_scores_of_a_label_are_scikit_learn_s(column: int) -> None:
    label = scored().per_label[ISSUES[column]]
    truth, predicted = np.array(GOLD)[:, column], np.array(GIVEN)[:, column]
    for value, measure in (
        (label.precision, precision_score),
        (label.recall, recall_score),
        (label.f1, f1_score),
    ):
        expected = measure(truth, predicted, zero_division=np.nan)
        assert value == (None if np.isnan(expected) else pytest.approx(expected, abs=NEAR))
    assert (label.support, label.predicted, label.judged) == (truth.sum(), predicted.sum(), 6)


def test_what_cannot_be_measured_is_none_and_not_zero() -> None:
    nothing = scored(dataset(example(0, (0, 0, 0))), {"p0": given(0, (0, 0, 0))})
    assert (nothing.micro.precision, nothing.micro.recall, nothing.micro.f1) == (None, None, None)
    assert (nothing.macro.f1, nothing.macro.labels) == (None, 0)
    assert nothing.spans is None
    assert nothing.tagged == 0.0


def test_perfect_predictions_score_one_with_an_interval_below_it() -> None:
    perfect = scored(predicted={f"p{n}": given(n, row) for n, row in enumerate(GOLD)})
    assert (perfect.micro.f1, perfect.macro.f1, perfect.micro.high) == (1.0, 1.0, 1.0)
    assert perfect.micro.low is not None
    assert perfect.micro.low < 1.0


def test_what_nobody_judged_counts_neither_way() -> None:
    # Example 2 is wrong on Taiwan only; unjudged there, one false positive is gone.
    third = replace(DATA.examples[2], issues={"trade": True, "climate": False})
    changed = scored(dataset(*DATA.examples[:2], third, *DATA.examples[3:]))
    assert changed.micro.precision == round(4 / 6, 4)
    assert changed.micro.recall == round(4 / 5, 4)
    assert changed.per_label["taiwan"].judged == 5
    assert changed.per_label["taiwan"].predicted == 2


def test_the_share_of_tagged_examples_counts_those_that_were_given_an_issue() -> None:
    assert scored().tagged == round(4 / 6, 4)
    assert (scored().n, scored().groups, scored().name) == (6, 3, "m")


def test_an_example_without_a_prediction_stops_the_scoring_by_name() -> None:
    few = {key: value for key, value in PREDICTED.items() if key != "p3"}
    with pytest.raises(GateError, match=r"1 of 6 examples of test .*first: p3"):
        scored(predicted=few)


def test_predictions_of_other_passages_are_left_out() -> None:
    assert scored(predicted={**PREDICTED, "p9": given(9, (1, 1, 1))}) == scored()


def test_a_prediction_for_other_issues_stops_the_scoring() -> None:
    other = Prediction(passage_id="p0", model="m", issues={"taiwan": 0.5}, present=())
    with pytest.raises(RecordError, match="no score for climate, trade"):
        scored(predicted={**PREDICTED, "p0": other})


def test_no_example_at_all_stops_the_scoring() -> None:
    with pytest.raises(GateError, match="no example"):
        scored(dataset(), {})


def test_one_group_alone_still_has_the_interval_of_its_counts() -> None:
    one = dataset(*(replace(e, group="g") for e in DATA.examples))
    found = scored(one)
    assert found.groups == 1
    assert found.macro.low is not None
    assert found.micro.low is not None
    assert found.micro.f1 is not None
    assert found.micro.low < found.micro.f1


SPANS = [
    ([(0, 4, "GPE"), (5, 9, "PERSON")], [(0, 4, "GPE"), (5, 9, "PERSON")]),
    ([(0, 4, "GPE")], [(0, 4, "PERSON")]),
    ([(0, 4, "GPE"), (10, 14, "GPE")], [(0, 5, "GPE"), (10, 14, "GPE")]),
    ([], [(3, 6, "PERSON")]),
    ([(7, 9, "PERSON")], []),
    ([], []),
]


def with_spans(pairs: list[tuple[list, list]]) -> tuple[Dataset, dict[str, Prediction]]:
    gold = [example(n, (0, 0, 0), *spans) for n, (spans, _) in enumerate(pairs)]
    return dataset(*gold), {
        f"p{n}": given(n, (0, 0, 0), *spans) for n, (_, spans) in enumerate(pairs)
    }


def test_span_scores_are_nervaluate_s_strict_ones() -> None:
    found = scored(*with_spans(SPANS)).spans
    assert found is not None

    def dicts(side: int) -> list[list[dict[str, object]]]:
        # nervaluate's ends are inclusive.
        return [
            [{"label": label, "start": a, "end": b - 1} for a, b, label in pair[side]]
            for pair in SPANS
        ]

    result = Evaluator(dicts(0), dicts(1), tags=["GPE", "PERSON"], loader="dict").evaluate()
    strict = result["overall"]["strict"]
    for own, theirs in (
        (found.precision, strict.precision),
        (found.recall, strict.recall),
        (found.f1, strict.f1),
    ):
        assert own == pytest.approx(theirs, abs=NEAR)
    for label, scores in found.per_label.items():
        assert scores.f1 == pytest.approx(result["entities"][label]["strict"].f1, abs=NEAR)


def test_span_scores_are_what_one_counts_by_hand() -> None:
    found = scored(*with_spans(SPANS)).spans
    assert found is not None
    # Right: both of the first, one of the third. Gold has 6 mentions, 6 were given.
    assert (found.support, found.predicted) == (6, 6)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)


def test_a_passage_whose_spans_are_not_decided_does_not_count_in_span_scores() -> None:
    data, predicted = with_spans(SPANS)
    changed = (data.examples[0], replace(data.examples[1], spans_complete=False))
    found = scored(dataset(*changed, *data.examples[2:]), predicted).spans
    assert found is not None
    # Without the second passage: 3 right, 5 in gold, 5 given.
    assert (found.precision, found.recall) == (0.6, 0.6)


def test_a_system_that_gives_no_span_at_all_has_no_span_scores() -> None:
    data, _ = with_spans(SPANS)
    assert scored(data, {f"p{n}": given(n, (0, 0, 0)) for n in range(6)}).spans is None
