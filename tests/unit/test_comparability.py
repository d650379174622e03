"""What is compared between the arms, and what is left out, named and counted instead."""

from __future__ import annotations

import pytest

from schemas.annotation import Arm
from tests.arms import GPE, ORG, compared, predicted, said, values


def test_errors_that_one_annotator_has_more_of_weigh_no_more_than_another_s() -> None:
    # Assisted, x keeps three errors of four and y one of one; blind, x one of two, y none of two.
    wrong = ["taiwan"]
    given = [
        *(said("x", n, "pa" if n < 3 else "aa", shown="m") for n in range(4)),
        *(said(who, n, "aa", shown="m") for who in "zw" for n in range(4)),
        said("y", 4, "pa", shown="m"),
        *(said(who, 4, "aa", shown="m") for who in "zw"),
        *(said("x", n, "pa" if n == 5 else "aa") for n in (5, 6)),
        *(said("y", n, "aa") for n in (5, 6)),
        *(said(who, n, "aa") for who in "zw" for n in (5, 6)),
    ]
    found = compared(given, [predicted(n, wrong) for n in range(7)]).sway["issues_wrong"]
    # z and w: never, in either arm. The mean over the four.
    assert values(found)[0] == round((3 / 4 + 1 + 0 + 0) / 4, 4)
    assert values(found)[2] == round((1 / 2 + 0 + 0 + 0) / 4, 4)
    assert values(found)[4] == round((1 / 4 + 1) / 4, 4)
    assert found.annotators == ("w", "x", "y", "z")


def test_blind_work_is_compared_with_assisted_work_of_the_same_time() -> None:
    # Beginners under the old model find nothing; later, under the new one, they find all.
    early = [said("x", n, "aa", shown="old" if n % 2 else None) for n in range(20)]
    late = [said("x", n, "pa", shown="new" if n % 2 else None) for n in range(20, 40)]
    found = compared(
        [*early, *late], [predicted(n, ["taiwan"], model=m) for n in range(40) for m in ("new",)]
    )
    # Minute 20 is as near to the old model's last as to the new one's first.
    assert found.sway["issues_predicted"].blind.n in (9, 10)
    assert found.sway["issues_predicted"].change.value == 0.0


def test_annotators_of_one_arm_only_are_named_and_left_out() -> None:
    given = [
        *(said("x", n, "pa", shown="m", lead_time_s=10.0) for n in range(20)),
        *(said("x", n, "pa", lead_time_s=10.0) for n in range(20, 40)),
        *(said("slow", n, "aa", lead_time_s=90.0, spans=[GPE]) for n in range(20, 40)),
    ]
    found = compared(given, [predicted(n, ["taiwan"], [GPE]) for n in range(40)])
    assert found.one_arm == {"slow": "blind"}
    assert found.arms["blind"].annotators == {"slow": 20, "x": 20}
    for name in ("lead_time_s", "issues_per_passage", "spans_per_100_words"):
        assert found.measures[name].blind.n == 20
        assert found.measures[name].change.value == (1.0 if name == "lead_time_s" else 0.0)
    assert values(found.sway["issues"]) == (1.0, 40, 1.0, 40, 0.0)
    assert any("left out of all comparisons: slow (blind)" in t for t in found.conclusions)


def test_where_nobody_worked_in_both_arms_nothing_is_compared() -> None:
    given = [said("fast", 0, "pa", shown="m"), said("slow", 1, "aa")]
    found = compared(given, [predicted(n, ["taiwan"]) for n in range(2)])
    assert found.conclusions[0].startswith("Nobody worked in both arms (fast assisted, slow blind)")
    assert found.sway["issues"].assisted.n == found.measures["lead_time_s"].blind.n == 0
    assert found.issues.kept == 1


def test_annotators_with_unlike_parts_in_the_arms_are_told() -> None:
    given = [
        *(said("x", n, "pa", shown="m") for n in range(9)),
        *(said("y", n, "pa") for n in range(10, 19)),
        said("x", 9, "pa"),
        said("y", 19, "pa", shown="m"),
    ]
    found = compared(given)
    assert any("x made 90 % of the assisted and 10 % of the blind" in t for t in found.conclusions)
    assert not any("unlike parts" in t for t in compared(given[:9] + given[-2:-1]).conclusions)


def test_what_cannot_be_judged_more_often_with_a_prediction_in_sight_is_told() -> None:
    given = [
        *(said("x", n, "na" if n % 4 else "pa", shown="m") for n in range(20)),
        *(said("x", n, "pa" if n % 4 else "aa") for n in range(20, 40)),
    ]
    found = compared(given, [predicted(n, ["taiwan"]) for n in range(40)])
    assert values(found.measures["not_judged"]) == (0.75, 20, 0.0, 20, 0.75)
    # What is left of the assisted answers is as predicted, all five of them.
    assert values(found.sway["issues_predicted"])[:2] == (1.0, 5)
    assert any(t.startswith("Annotators say more often") for t in found.conclusions)
    assert not any(
        t.startswith("Annotators say")
        for t in compared([said("x", 0, "na", shown="m"), said("x", 1, "pa")]).conclusions
    )


def test_blind_annotations_of_passages_that_were_pushed_with_a_prediction_are_told() -> None:
    given = [said("x", 0, "pa", shown="m"), said("x", 1, "pa"), said("x", 2, "pa")]
    pushed = {"p0": Arm.ASSISTED, "p1": Arm.ASSISTED, "p2": Arm.BLIND}
    found = compared(given, [predicted(n, []) for n in range(3)], pushed=pushed)
    assert (found.by_choice, found.mixed) == (1, 0)
    assert any("were pushed with a prediction: these annotators" in t for t in found.conclusions)
    assert compared(given).by_choice is None


def test_types_that_an_annotation_says_nothing_about_are_compared_nowhere() -> None:
    # y annotated before ORG existed, otherwise like x.
    stray = (20, 24, "ORG")
    given = [
        *(said("x", n, "aa", shown="m" if n % 2 else None, spans=[GPE, ORG]) for n in range(20)),
        *(said("y", n, "aa", shown="m" if n % 2 else None, spans=[GPE, stray]) for n in range(20)),
    ]
    unread = {a.id: frozenset({"ORG"}) for a in given if a.annotator == "y"}
    found = compared(given, [predicted(n, [], [GPE, ORG]) for n in range(20)], unread=unread)
    assert values(found.sway["spans"])[:4] == (1.0, 30, 1.0, 30)
    assert found.measures["span_f1"].assisted.value == 1.0
    assert (found.spans_per_label["ORG"].removed, found.spans_per_label["ORG"].added) == (0, 0)
    assert values(found.measures["spans_per_100_words"])[:4] == (4.0, 10, 4.0, 10)
    assert found.unread == 20
    assert any(t.startswith("20 annotations say nothing about") for t in found.conclusions)


def test_annotations_without_a_length_are_counted() -> None:
    found = compared([said("x", 0, "pa", shown="m"), said("x", 1, "pa")], words={"p0": 50})
    assert found.unmeasured == 1
    assert any("Of 1 annotations the passage's length" in t for t in found.conclusions)


def test_one_article_alone_gives_no_interval_and_no_conclusion() -> None:
    given = [
        *(said("x", n, "pa", shown="m") for n in range(30)),
        *(said("x", n, "aa") for n in range(30, 60)),
    ]
    groups = {a.passage_id: "one" if a.arm is Arm.ASSISTED else "other" for a in given}
    found = compared(given, [predicted(n, ["taiwan"]) for n in range(60)], groups=groups)
    for one in (*found.sway.values(), *found.measures.values()):
        assert (one.assisted.low, one.blind.low, one.change.low) == (None, None, None)
    assert found.sway["issues"].change.value == 0.5
    assert not any(" more often than the others: " in t for t in found.conclusions)
    assert "few cases or articles" in found.conclusions[0]


@pytest.mark.parametrize("articles", [9, 10])
def test_nothing_is_concluded_from_fewer_than_ten_articles(articles: int) -> None:
    given = [
        said("x", n, "pa" if n % 2 else "aa", shown="m" if n % 2 else None, lead_time_s=9 + n % 2)
        for n in range(80)
    ]
    groups = {a.passage_id: f"g{n // 2 % articles}" for n, a in enumerate(given)}
    found = compared(given, [predicted(n, ["taiwan"]) for n in range(80)], groups=groups)
    claimed = [t for t in found.conclusions if t.startswith("Annotators") and "cannot" not in t]
    assert bool(claimed) == (articles == 10)
    assert any("nothing is concluded" in t for t in found.conclusions) == (articles == 9)


def test_blind_annotations_of_passages_that_others_saw_predicted_are_told() -> None:
    given = [said("x", 0, "pa", shown="m"), said("y", 0, "pa"), said("y", 1, "pa")]
    found = compared(given, [predicted(n, []) for n in range(2)])
    assert found.mixed == 1
    assert any(text.startswith("1 blind annotations") for text in found.conclusions)


def test_agreement_on_what_hardly_anybody_ticks_is_compared_without_an_interval() -> None:
    given = [
        said(who, n, "pa" if n < 2 and who == "x" else "aa", shown="m" if n % 2 else None)
        for n in range(60)
        for who in "xy"
    ]
    alpha = compared(given).measures["alpha"]
    assert (alpha.assisted.value, alpha.assisted.n, alpha.assisted.few) == (0.0, 60, True)
    assert (alpha.assisted.low, alpha.blind.low, alpha.change.low) == (None, None, None)
