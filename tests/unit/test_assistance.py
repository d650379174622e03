"""The assisted against the blind arm, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from eval.agreement import agreement
from eval.conclude import direction
from eval.sway import span_fates
from eval.tallies import Tallies
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Origin, Prediction
from schemas.dispute import basis_of
from schemas.errors import GateError
from schemas.report import Estimate
from tests.arms import GPE, ISSUES, ORG, Key, compared, predicted, said, values


def test_answers_are_counted_as_the_prediction_s_or_not_in_both_arms() -> None:
    given = [
        said("x", 0, "pa", shown="m"),  # taiwan kept, trade as predicted
        said("y", 0, "ap", shown="m"),  # taiwan unticked, trade added
        said("x", 1, "na", shown="m"),  # taiwan not judged
        said("x", 2, "pa"),
        said("x", 3, "aa"),
        said("y", 4, "aa"),
    ]
    found = compared(given, [predicted(n, ["taiwan"]) for n in range(5)])
    assert values(found.sway["issues"]) == (0.6, 5, 0.6667, 6, -0.0667)
    assert values(found.sway["issues_predicted"]) == (0.5, 2, 0.3333, 3, 0.1667)
    assert values(found.sway["issues_not_predicted"]) == (0.6667, 3, 1.0, 3, -0.3333)
    fate = found.issues_per_label["taiwan"]
    assert (fate.shown, fate.kept, fate.removed, fate.unjudged, fate.added) == (3, 1, 1, 1, 0)
    fate = found.issues
    assert (fate.shown, fate.kept, fate.removed, fate.unjudged, fate.added) == (3, 1, 1, 1, 1)
    assert found.issues_per_label["trade"].added == 1
    assert {name: one.shown for name, one in found.issues_per_annotator.items()} == {"x": 2, "y": 1}
    assert values(fate.same) == values(found.sway["issues_predicted"])


@pytest.mark.parametrize(
    ("shown", "held", "expected"),
    [
        ([GPE], [GPE], ["kept"]),
        ([GPE], [], ["removed"]),
        ([], [GPE], ["added"]),
        ([GPE], [(0, 6, "GPE")], ["changed"]),
        ([GPE], [(0, 4, "ORG")], ["changed"]),
        ([GPE], [ORG], ["added", "removed"]),
        # A long span for two short ones: one was changed into it, the other is gone.
        ([GPE, ORG], [(0, 9, "ORG")], ["changed", "removed"]),
        # Two short ones for a long one: it was changed into the longer part.
        ([(0, 9, "ORG")], [(0, 2, "ORG"), (3, 9, "GPE")], ["added", "changed"]),
    ],
)
def test_a_shown_span_is_kept_changed_or_removed_by_what_stands_in_its_place(
    shown: list[Key], held: list[Key], expected: list[str]
) -> None:
    assert sorted(what for what, _ in span_fates(set(shown), set(held))) == expected


def test_of_several_spans_in_one_place_the_longest_part_is_the_changed_one() -> None:
    fates = dict(span_fates({(0, 9, "ORG")}, {(0, 2, "ORG"), (3, 9, "GPE")}))
    assert fates == {"changed": (0, 9, "ORG"), "added": (0, 2, "ORG")}


def test_spans_are_counted_by_label_annotator_and_origin() -> None:
    kept = AnnotatedSpan(start=0, end=4, label="GPE", origin=Origin.PREDICTION)
    drawn = AnnotatedSpan(start=20, end=24, label="GPE")
    given = [
        said("x", 0, "aa", shown="m").model_copy(update={"spans": (kept, drawn)}),
        said("y", 0, "aa", shown="m"),
        said("x", 1, "aa", spans=[GPE]),
        said("y", 1, "aa", spans=[ORG]),
    ]
    found = compared(given, [predicted(n, [], [GPE, ORG]) for n in range(2)])
    assert values(found.sway["spans"]) == (0.25, 4, 0.5, 4, -0.25)
    counts = {
        label: (fate.shown, fate.kept, fate.removed, fate.added)
        for label, fate in found.spans_per_label.items()
    }
    assert counts == {"GPE": (2, 1, 1, 1), "ORG": (2, 0, 2, 0)}
    assert found.spans_per_annotator["y"].removed == 2
    assert found.origins == {"manual": 1, "prediction": 1}


def test_a_prediction_is_wrong_where_two_others_deny_it_together() -> None:
    given = [
        said("x", 0, "pa", shown="m", spans=[GPE]),
        *(said(who, 0, "aa", shown="m", spans=[ORG]) for who in "yz"),
        *(said(who, 1, "ap", spans=[ORG]) for who in "xyz"),
    ]
    found = compared(given, [predicted(n, ["taiwan"], [GPE]) for n in range(2)])
    # Of x's answers the others deny the tick and the span; of theirs nobody does: split. So
    # only x has cases in both arms.
    for case in ("issues_wrong", "spans_wrong", "spans_missed"):
        assert values(found.sway[case])[:4] == (1.0, 1, 0.0, 1)
        assert found.sway[case].annotators == ("x",)
    assert sum("points (95 %" not in t and " – of x only" in t for t in found.conclusions) == 3
    # Nobody has such cases in the assisted arm: what there is is told, and not compared.
    assert values(found.sway["issues_missed"]) == (None, 0, 0.0, 3, None)
    assert found.sway["issues_missed"].annotators == ()


def test_two_annotators_cannot_tell_the_prediction_s_errors_from_their_own() -> None:
    given = [said(who, n, "pa", shown="m" if n else None) for who in "xy" for n in range(4)]
    found = compared(given, [predicted(n, []) for n in range(4)])
    assert found.sway["issues_missed"].assisted.n == 0
    assert any("takes three annotators a passage" in text for text in found.conclusions)


def test_an_adjudication_counts_only_where_the_others_are_split_without_the_annotator() -> None:
    voters = [said("x", 0, "pa", shown="m"), *(said(w, 0, "aa", shown="m") for w in "yz")]
    ruling = said(
        "adj", 0, "pa", decides=tuple(a.id for a in voters), basis=basis_of(voters), shown="m"
    )
    found = compared(voters, [predicted(0, ["taiwan"])], adjudications=[ruling])
    # x is held against y and z, who agree; y and z against the adjudicator, for they are split
    # when one of them is left out: taiwan is there, and both have missed it.
    assert values(found.sway["issues_wrong"])[:2] == (1.0, 1)
    assert values(found.measures["issue_recall"])[:2] == (0.0, 2)


def test_annotations_from_another_model_are_not_compared() -> None:
    given = [
        *(said("x", n, "pa", shown="new") for n in range(3)),
        said("x", 3, "pa", shown="old"),
        said("x", 4, "pa"),
        said("x", 5, "pa"),
    ]
    known = [predicted(n, ["taiwan"], model=m) for n in range(5) for m in ("new", "old", "unseen")]
    # Known for more passages, but seen by nobody.
    known.append(predicted(5, ["taiwan"], model="unseen"))
    found = compared(given, known)
    assert found.model == "new"
    assert found.sway["issues"].assisted.n == 3 * len(ISSUES)
    # The blind one of passage 4 was made when the old model was shown.
    assert {arm: one.without_prediction for arm, one in found.arms.items()} == {
        "assisted": 1,
        "blind": 2,
    }
    (told,) = (t for t in found.conclusions if "1 assisted and 2 blind annotations" in t)
    assert "none by new, or belong to the round of another model" in told


def test_times_are_compared_by_their_medians() -> None:
    given = [
        *(said("x", n, "aa", shown="m", lead_time_s=s) for n, s in enumerate((10, 20, 60))),
        *(said("x", 3 + n, "aa", lead_time_s=s) for n, s in enumerate((30, 50))),
        said("x", 9, "aa"),
    ]
    found = compared(given)
    assert values(found.measures["lead_time_s"]) == (20.0, 3, 40.0, 2, 0.5)
    assert found.measures["lead_time_s"].comparison == "ratio"


def test_density_is_by_words_and_by_passages_where_all_issues_were_judged() -> None:
    given = [
        said("x", 0, "pp", shown="m", spans=[GPE, ORG]),
        said("x", 1, "pn", shown="m"),
        said("x", 2, "aa", spans=[GPE]),
    ]
    found = compared(given)
    unknown = compared(given, words={"p2": 50})
    assert values(unknown.measures["spans_per_100_words"])[:4] == (None, 0, 2.0, 1)
    assert values(found.measures["spans_per_100_words"]) == (2.0, 2, 2.0, 1, 0.0)
    assert values(found.measures["issues_per_passage"])[:4] == (2.0, 1, 0.0, 1)


def test_agreement_of_an_arm_is_what_the_agreement_report_says_of_it() -> None:
    rng = np.random.default_rng(3)
    given = [
        said(
            who,
            n,
            "".join(rng.choice(list("pan"), 2)),
            shown="m" if n % 2 else None,
            spans=[key for key in (GPE, ORG) if rng.random() < 0.6],
        )
        for n in range(40)
        for who in ("xyz" if n < 20 else "xy")
    ]
    found = compared(given)
    for arm, side in ((Arm.ASSISTED, "assisted"), (Arm.BLIND, "blind")):
        own = [a for a in given if a.arm is arm]
        groups = {a.passage_id: a.passage_id for a in own}
        expected = agreement(own, issues=ISSUES, groups=groups, resamples=10)
        assert getattr(found.measures["alpha"], side).value == expected.alpha.value
        assert expected == agreement(
            given, issues=ISSUES, groups=groups, arm=arm, resamples=10
        ).model_copy(update={"arm": None})
        assert getattr(found.measures["span_f1"], side).value == expected.span_f1.value


def test_without_assisted_annotations_only_this_is_said() -> None:
    found = compared([said("x", 0, "pa")], [predicted(0, ["taiwan"])])
    (sentence,) = found.conclusions
    assert "without a prediction in sight" in sentence


def test_without_a_blind_arm_sway_is_not_concluded() -> None:
    found = compared([said("x", 0, "pa", shown="m")], [predicted(0, ["taiwan"])])
    assert "cannot be told without others who did not see one" in found.conclusions[0]
    assert found.issues.kept == 1
    assert found.sway["issues"].change.value is None


@pytest.mark.parametrize(
    "given",
    [
        [said("x", 0, "nn", shown="m"), said("x", 1, "nn")],
        [said("x", 0, "pa", shown="m"), said("y", 1, "aa")],
        [said("x", 0, "pa", shown="gone"), said("y", 1, "aa"), said("z", 1, "aa")],
    ],
)
@pytest.mark.parametrize("known", [[], [predicted(0, [])], [predicted(1, ["trade"], [GPE])]])
def test_small_numbers_give_no_interval_and_no_crash(
    given: list[Annotation], known: list[Prediction]
) -> None:
    found = compared(given, known)
    assert found.conclusions
    assert all(one.assisted.few and one.blind.few for one in found.sway.values())
    assert not any(" more often than " in text for text in found.conclusions)


def test_nothing_to_compare_is_an_error() -> None:
    with pytest.raises(GateError, match="no annotation under this codebook"):
        compared([])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Estimate(value=0.1, low=0.01, high=0.2), "more"),
        (Estimate(value=-0.1, low=-0.2, high=-0.01), "less"),
        (Estimate(value=0.1, low=0.0, high=0.2), None),
        (Estimate(value=0.1, low=-0.01, high=0.2), None),
        (Estimate(value=0.1), None),
        (Estimate(value=None), None),
    ],
)
def test_a_direction_is_claimed_only_where_the_interval_leaves_out_zero(
    change: Estimate, expected: str | None
) -> None:
    assert direction(change) == expected


def test_a_difference_without_variation_still_has_newcombe_s_interval() -> None:
    # Newcombe (1998), table II, method 10, example (h): 10/10 against 0/20, without correction.
    tallies = Tallies(["g1", "g2"], resamples=10)
    for group in ("g1", "g2"):
        for _ in range(5):
            tallies.add("k", group, 0, 1)
        for _ in range(10):
            tallies.add("k", group, 1, 0)
    change = tallies.ratio("k").change
    assert (change.value, change.low, change.high) == (1.0, pytest.approx(0.6791, abs=2e-4), 1.0)
