"""Agreement between annotators, against the krippendorff package and by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from eval.agreement import agreement, alpha_by_issue, coincidences
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement
from schemas.errors import GateError
from schemas.report import AgreementReport

ISSUES = ("taiwan", "trade")
P, A, N = Judgement.PRESENT, Judgement.ABSENT, Judgement.NOT_JUDGED
START = datetime(2026, 1, 1, tzinfo=UTC)
NEAR = 5e-5


def said(
    annotator: str,
    passage: int,
    taiwan: Judgement,
    trade: Judgement = A,
    *,
    spans: tuple[tuple[int, int, str], ...] = (),
    minute: int = 0,
) -> Annotation:
    return Annotation(
        id=f"{annotator}-{passage}-{minute}",
        passage_id=f"p{passage}",
        annotator=annotator,
        created_at=START + timedelta(minutes=minute),
        arm=Arm.BLIND,
        codebook="c",
        issues={"taiwan": taiwan, "trade": trade},
        spans=tuple(AnnotatedSpan(start=a, end=b, label=label) for a, b, label in spans),
    )


def measured(given: list[Annotation], **changed: int) -> AgreementReport:
    groups = {a.passage_id: f"g{a.passage_id}" for a in given}
    return agreement(given, issues=ISSUES, groups=groups, **{"resamples": 200, **changed})


def pair(first: str, second: str) -> list[Annotation]:
    """Two annotators on passages in a row; one letter each: present, absent, not judged."""
    code = {"p": P, "a": A, "n": N}
    rows = enumerate(zip(first, second, strict=True))
    return [
        said(name, n, code[letter])
        for n, letters in rows
        for name, letter in zip("xy", letters, strict=True)
    ]


def test_alpha_of_a_label_is_what_one_counts_by_hand() -> None:
    # Four units: both present, both absent, both absent, one of each. Of the 8 values 3 are
    # present: D_o = 2/8, D_e = 2 * 3 * 5 / (8 * 7), alpha = 1 - 0.25 * 56 / 30 = 0.5333.
    found = measured(pair("paap", "paaa")).per_label["taiwan"]
    assert found.alpha.value == 0.5333
    assert found.observed == 0.75
    # F1 of one's positives against the other's: 2 * 1 / (2 + 1).
    assert found.positive == round(2 / 3, 4)
    assert (found.units, found.present) == (4, 3)


def test_identical_annotators_agree_fully() -> None:
    found = measured(pair("papap", "papap"))
    assert found.alpha.value == 1.0
    assert found.per_label["taiwan"].alpha.value == 1.0
    assert found.per_label["taiwan"].positive == 1.0
    # No resample differs from another: that says nothing about others.
    assert (found.alpha.low, found.alpha.high) == (None, None)


def test_opposite_annotators_agree_less_than_by_chance() -> None:
    # D_o = 1; 4 of each of 8 values: D_e = 2 * 16 / 56, alpha = 1 - 56 / 32 = -0.75.
    assert measured(pair("papa", "apap")).per_label["taiwan"].alpha.value == -0.75


@pytest.mark.parametrize("both", ["pppp", "aaaa"])
def test_alpha_is_undefined_where_only_one_value_was_used(both: str) -> None:
    found = measured(pair(both, both)).per_label["taiwan"]
    assert (found.alpha.value, found.alpha.low) == (None, None)
    assert found.observed == 1.0


def test_alpha_is_undefined_where_nobody_judged() -> None:
    found = measured(pair("nn", "nn")).per_label["taiwan"]
    assert (found.alpha.value, found.observed, found.positive, found.units) == (None, None, None, 0)


def test_what_only_one_annotator_judged_does_not_count() -> None:
    shorter = measured(pair("paap", "paaa")).per_label["taiwan"]
    longer = measured(pair("paapp", "paaan")).per_label["taiwan"]
    assert longer.alpha.value == shorter.alpha.value
    assert (longer.units, longer.present) == (4, 3)


def test_alpha_over_all_issues_sums_their_disagreements() -> None:
    given = [
        said("x", 0, P, P),
        said("y", 0, P, A),
        said("x", 1, A, P),
        said("z", 1, N, P),
        said("y", 2, A, A),
        said("z", 2, P, A),
        said("x", 2, A, A),
    ]
    # Taiwan: pp on passage 0, aap on 2; by Krippendorff's coincidences of 5 values 3 are present:
    # disagreements observed 2, expected 2 * 3 * 2 / 4 = 3. Trade: pa, pp, aaa; of 7 values 3 are
    # present: observed 2, expected 2 * 3 * 4 / 6 = 4.
    found = measured(given)
    assert found.per_label["taiwan"].alpha.value == round(1 - 2 / 3, 4)
    assert found.per_label["trade"].alpha.value == 0.5
    assert found.alpha.value == round(1 - (2 + 2) / (3 + 4), 4)
    assert found.annotators == {"x": 3, "y": 2, "z": 2}
    assert (found.units, found.groups) == (3, 3)


def test_who_ticks_at_random_agrees_with_nobody_however_common_the_issues_are() -> None:
    # Both know that Taiwan is in nine passages of ten and trade in one; nothing else.
    rng = np.random.default_rng(1)
    given = [
        said(who, n, P if rng.random() < 0.9 else A, P if rng.random() < 0.1 else A)
        for n in range(1_500)
        for who in "xy"
    ]
    alpha = measured(given).alpha
    assert alpha.low is not None
    assert alpha.high is not None
    assert alpha.low < 0 < alpha.high < 0.1


@pytest.mark.parametrize("rare", [P, A])
def test_alpha_of_a_value_that_hardly_occurs_has_no_interval(rare: Judgement) -> None:
    common = A if rare is P else P
    given = [said(who, n, common, common) for n in range(200) for who in "xy"]
    given[0] = said("x", 0, rare, common)
    found = measured(given)
    label = found.per_label["taiwan"]
    assert (label.alpha.low, label.alpha.high, label.few) == (None, None, True)
    assert (found.alpha.low, found.alpha.high) == (None, None)


def test_alpha_of_ten_present_of_many_has_an_interval() -> None:
    given = [said(who, n, P if n < 5 + (who == "x") else A) for n in range(30) for who in "xy"]
    label = measured(given[:-1]).per_label["taiwan"]
    assert (label.present, label.few) == (11, False)
    assert label.alpha.low is not None


def test_krippendorff_s_own_binary_example() -> None:
    # Computing Krippendorff's Alpha-Reliability (2011), section A: two observers, ten units,
    # binary. Published: o01 = 4, n0 = 14, n1 = 6, n = 20, alpha = 0.095.
    values = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]], dtype=float)
    matrix = coincidences(values).sum(axis=0)
    assert matrix.tolist() == [[10, 4], [4, 2]]
    assert alpha_by_issue(matrix[None]) == pytest.approx(0.095, abs=5e-4)


def test_a_passage_of_one_annotator_counts_nowhere() -> None:
    given = pair("paap", "paaa")
    more = [*given, said("x", 9, P)]
    assert measured(more).per_label == measured(given).per_label
    assert measured(more).units == 4
    assert measured(more).annotators == {"x": 4, "y": 4}


def test_of_one_annotator_s_several_annotations_the_latest_counts() -> None:
    given = pair("paap", "paaa")
    older = said("y", 0, A, minute=-5)
    newer = said("y", 3, P, minute=5)
    found = measured([newer, *given, older])
    assert found.per_label["taiwan"].observed == 1.0
    assert found.annotators == {"x": 4, "y": 4}


def test_one_arm_can_be_looked_at_and_who_began_from_a_prediction_is_counted() -> None:
    blind = pair("paap", "paaa")
    helped = [
        a.model_copy(update={"arm": Arm.ASSISTED, "passage_id": f"q{a.passage_id}"})
        for a in pair("pppp", "pppp")
    ]
    given = [*blind, *helped]
    groups = {a.passage_id: a.passage_id for a in given}
    both = agreement(given, issues=ISSUES, groups=groups, resamples=10)
    alone = agreement(given, issues=ISSUES, groups=groups, arm=Arm.BLIND, resamples=10)
    assert (both.units, both.assisted, both.arm) == (8, 8, None)
    assert (alone.units, alone.assisted, alone.arm) == (4, 0, "blind")
    assert alone.per_label == measured(blind).per_label
    with pytest.raises(GateError, match="in the assisted arm"):
        agreement(blind, issues=ISSUES, groups=groups, arm=Arm.ASSISTED)


@pytest.mark.parametrize(
    "given", [[], [said("x", 0, P)], [said("x", 0, P), said("y", 1, P)], [said("x", 0, P)] * 2]
)
def test_without_a_passage_annotated_by_two_people_there_is_no_agreement(
    given: list[Annotation],
) -> None:
    with pytest.raises(GateError, match="no passage was annotated by two people"):
        measured(given)


G, Q = (0, 4, "GPE"), (5, 9, "GPE")
R, T = (0, 4, "PERSON"), (0, 5, "GPE")


def test_span_f1_is_strict_and_pooled_over_passages() -> None:
    given = [
        said("x", 0, A, spans=(G, Q)),
        said("y", 0, A, spans=(G,)),
        said("x", 1, A, spans=(R,)),
        said("y", 1, A, spans=(T,)),
    ]
    found = measured(given)
    # One of x's three and y's two is the same: 2 * 1 / 5. Of GPE: 2 * 1 / (2 + 2).
    assert found.span_f1.value == 0.4
    assert found.span_f1_per_label == {"GPE": 0.5, "PERSON": 0.0}


def test_span_f1_of_three_annotators_is_pooled_over_their_pairs() -> None:
    given = [
        said("x", 0, A, spans=(G,)),
        said("y", 0, A, spans=(G,)),
        said("z", 0, A, spans=(G, Q)),
    ]
    # The same of x and y 2 of 2, of x and z 2 of 3, of y and z 2 of 3.
    assert measured(given).span_f1.value == round(6 / 8, 4)


def test_a_pair_with_one_common_passage_weighs_as_much_as_that_passage() -> None:
    given = [said(who, n, A, spans=(G,)) for n in range(50) for who in "xy"]
    given += [said("x", 50, A, spans=(G,)), said("z", 50, A, spans=(Q,))]
    given += [said("y", 51, A, spans=(G,)), said("z", 51, A, spans=(Q,))]
    found = measured(given).span_f1
    assert found.value == round(100 / 104, 4)
    # In most resamples some pair has no common passage.
    assert found.low is not None
    assert found.high is not None


def test_spans_of_a_type_that_one_annotation_says_nothing_about_do_not_count() -> None:
    both, org = (0, 3, "person"), (4, 7, "org")
    given = [said("x", 0, A, spans=(both, org)), said("y", 0, A, spans=(both,))]
    assert measured(given).span_f1.value == pytest.approx(2 / 3, abs=NEAR)
    for silent in ("x-0-0", "y-0-0"):
        found = agreement(
            given, issues=ISSUES, groups={"p0": "g"}, unread={silent: frozenset({"org"})}
        )
        assert found.span_f1.value == 1
        assert found.span_f1_per_label == {"person": 1}
        assert found.unread == 1


def test_without_any_span_there_is_no_span_f1() -> None:
    found = measured(pair("pa", "pa"))
    assert (found.span_f1.value, found.span_f1_per_label) == (None, {})


def test_the_interval_holds_the_value_and_is_the_same_every_time() -> None:
    given = pair("papapapapappaa", "papaaapapapaaa")
    found = measured(given)
    assert found == measured(given)
    alpha = found.per_label["taiwan"].alpha
    assert alpha.value is not None
    assert alpha.low is not None
    assert alpha.high is not None
    assert alpha.low < alpha.value < alpha.high
    assert measured(given, seed=1).per_label["taiwan"].alpha != alpha


def test_one_article_alone_gives_no_interval() -> None:
    given = pair("papap", "papaa")
    found = agreement(given, issues=ISSUES, groups={f"p{n}": "g" for n in range(5)}, resamples=50)
    assert found.alpha.value is not None
    assert (found.alpha.low, found.alpha.high, found.groups) == (None, None, 1)
