"""How each annotator works: counted by hand, and by the model of who is right."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.optimize import minimize

from eval.latent import collect, fit
from eval.quality import quality
from eval.reference import Reference
from eval.skips import count_skipped
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement
from schemas.dispute import basis_of
from schemas.errors import GateError
from schemas.gold import DecidedBy
from schemas.jsonl import write
from schemas.ledger import Reason, Reject, Unit
from schemas.report import QualityReport
from schemas.workspace import Workspace

ISSUES = ("taiwan", "trade")
CODE = {"p": Judgement.PRESENT, "a": Judgement.ABSENT, "n": Judgement.NOT_JUDGED}
START = datetime(2026, 1, 1, tzinfo=UTC)
Key = tuple[int, int, str]
GPE, LONG, ORG = (0, 4, "GPE"), (0, 6, "GPE"), (10, 14, "ORG")


def said(
    who: str, passage: int, issues: str, *, spans: Sequence[Key] = (), **changes: object
) -> Annotation:
    """One letter an issue: present, absent, not judged."""
    fields: dict[str, object] = {
        "id": f"{who}-{passage}",
        "passage_id": f"p{passage}",
        "annotator": who,
        "created_at": START + timedelta(minutes=passage),
        "arm": Arm.BLIND,
        "codebook": "c",
        "issues": dict(zip(ISSUES, (CODE[letter] for letter in issues), strict=True)),
        "spans": tuple(AnnotatedSpan(start=a, end=b, label=c) for a, b, c in sorted(spans)),
    }
    return Annotation.model_validate({**fields, **changes})


def measured(given: Iterable[Annotation], **changes: object) -> QualityReport:
    """Every passage is an article of its own."""
    given = list(given)
    arguments: dict[str, object] = {
        "issues": ISSUES,
        "groups": {a.passage_id: f"g{a.passage_id}" for a in given},
        "resamples": 100,
    }
    return quality(given, **{**arguments, **changes})  # type: ignore[arg-type]


def rows(**letters: str) -> list[Annotation]:
    """Annotators on passages in a row, one letter each for taiwan; trade is always absent."""
    return [
        said(who, n, f"{letter}a" if letter != "n" else "nn")
        for who, line in letters.items()
        for n, letter in enumerate(line)
        if letter != "."
    ]


def test_an_annotator_is_held_against_what_the_others_say() -> None:
    # Passage:              01234567
    given = rows(x="ppaapapn", y="ppppaaap", z="pppaaapp")
    one = measured(given).annotators["x"].per_label["taiwan"]
    # y and z: p p p split a a split p; x was not asked on 3 and 6, and did not judge 7.
    assert (one.judged, one.support, one.given) == (5, 3, 3)
    assert one.precision.value == one.recall.value == one.f1.value == 0.6667
    assert measured(given).decided_by == {"unanimous": 34, "single": 4}


def test_of_the_two_others_one_who_did_not_judge_leaves_the_word_to_the_other() -> None:
    found = measured(rows(x="pa", y="pp", z="n."))
    assert found.annotators["x"].per_label["taiwan"].recall.value == 0.5
    assert found.decided_by["single"] == 2 * 2 * len(ISSUES)
    assert any(text.startswith("Every decision rests on one other") for text in found.conclusions)


def test_an_adjudication_counts_more_than_the_others() -> None:
    given = rows(x="p", y="a", z="a")
    ruling = said("adj", 0, "pa", decides=tuple(a.id for a in given), basis=basis_of(given))
    found = measured(given, adjudications=[ruling])
    assert found.decided_by == {"adjudicated": 3 * len(ISSUES)}
    recalls = {n: one.per_label["taiwan"].recall.value for n, one in found.annotators.items()}
    assert recalls == {"x": 1.0, "y": 0.0, "z": 0.0}


def test_an_adjudication_of_other_answers_than_today_s_counts_no_more() -> None:
    given = rows(x="p", y="a", z="a")
    before = [*given[:2], said("z", 0, "pa")]
    ruling = said("adj", 0, "pa", decides=tuple(a.id for a in given), basis=basis_of(before))
    assert Reference(given, [ruling]).issue("p0", "taiwan", "x").by is DecidedBy.UNANIMOUS  # type: ignore[union-attr]


def test_nobody_is_held_against_a_ruling_of_their_own() -> None:
    given = rows(x="p", y="a", z="a")
    ruling = said("x", 0, "pa", id="x-ruling", decides=("x-0", "y-0", "z-0"))
    reference = Reference(given, [ruling])
    assert reference.issue("p0", "taiwan", "x").present is False  # type: ignore[union-attr]
    assert reference.issue("p0", "taiwan", "y").present is True  # type: ignore[union-attr]


def test_adjudicators_who_differ_decide_nothing() -> None:
    given = rows(x="p", y="a", z="a")
    rulings = [said("adj1", 0, "pa"), said("adj2", 0, "aa")]
    verdict = Reference(given, rulings).issue("p0", "taiwan", "x")
    assert verdict is not None
    assert verdict.by is DecidedBy.UNANIMOUS


def test_spans_are_held_against_those_that_most_others_mark() -> None:
    given = [
        said("x", 0, "aa", spans=[GPE, ORG]),
        said("y", 0, "aa", spans=[GPE]),
        said("z", 0, "aa", spans=[LONG]),
        said("x", 1, "aa", spans=[ORG]),
        said("y", 1, "aa", spans=[GPE]),
        said("z", 1, "aa", spans=[GPE]),
    ]
    one = measured(given).annotators["x"]
    # Of passage 0 the GPE is open, for y and z differ there; the ORG is nobody else's.
    assert (one.spans.judged, one.spans.support, one.spans.given) == (2, 1, 2)
    assert (one.spans.precision.value, one.spans.recall.value) == (0.0, 0.0)
    assert one.spans_per_label["ORG"].given == 2
    assert one.spans_per_label["GPE"].recall.value == 0.0


def test_identical_annotators_are_always_right() -> None:
    line = "ppaapapaap"
    found = measured(rows(x=line, y=line, z=line))
    for one in found.annotators.values():
        assert (one.issues.f1.value, one.issues.precision.value) == (1.0, 1.0)
        assert one.rates is not None
        assert (one.rates.sensitivity.value, one.rates.specificity.value) == (1.0, 1.0)
        # Nothing varied: what is not known of ten positives is Wilson's.
        assert one.rates.sensitivity.low == pytest.approx(0.566, abs=1e-3)
    assert found.prevalence["taiwan"].value == 0.5
    assert found.prevalence["trade"].value == 0.0
    first, second = found.conclusions
    assert first.startswith("These 60 decisions do not show that anybody drifts")
    assert second.startswith("All that is present is taken to be equally hard to see.")


def test_an_annotator_who_says_the_opposite_is_told() -> None:
    line, turned = "ppaapapaap" * 4, "aappapappa" * 4
    found = measured(rows(x=line, y=line, z=turned))
    rates = found.annotators["z"].rates
    assert rates is not None
    assert rates.sensitivity.value == 0.0
    assert sum(text.startswith("z is more often wrong") for text in found.conclusions) == 1
    right = found.annotators["x"].rates
    assert right is not None
    assert (right.sensitivity.value, right.specificity.value) == (1.0, 1.0)


@pytest.mark.parametrize("line", ["pppppp", "aaaaaa"])
def test_one_answer_throughout_tells_nothing_of_the_other_one(line: str) -> None:
    given = [said(who, n, line[n] * 2) for who in "xyz" for n in range(len(line))]
    rates = measured(given).annotators["x"].rates
    assert rates is not None
    known, unknown = rates.sensitivity, rates.specificity
    if line[0] == "a":
        known, unknown = unknown, known
    assert (known.value, unknown.value, unknown.low) == (1.0, None, None)


def test_one_annotator_alone_is_counted_and_not_judged() -> None:
    found = measured([said("x", n, "pa", lead_time_s=10.0 + n) for n in range(3)])
    one = found.annotators["x"]
    assert (one.annotations, one.lead_time_s.value, one.issues.judged) == (3, 11.0, 0)
    assert (one.issues.precision.value, one.spans.f1.value, one.rates) == (None, None, None)
    assert "No passage was annotated by two people" in found.conclusions[0]


def test_annotators_without_a_common_passage_are_not_judged() -> None:
    found = measured([said("x", 0, "pa"), said("y", 1, "pa"), said("z", 2, "ap")])
    assert (found.passages, found.decided_by) == (0, {})


def test_of_two_annotators_nobody_knows_who_is_right() -> None:
    found = measured(rows(x="ppaaapp", y="paapapp"))
    x, y = (found.annotators[name].issues for name in "xy")
    assert (x.precision.value, x.recall.value) == (y.recall.value, y.precision.value)
    assert found.annotators["x"].rates is None
    assert any("who of two is right nobody knows" in text for text in found.conclusions)


def test_nothing_to_measure_is_an_error() -> None:
    with pytest.raises(GateError, match="no assisted annotation under this codebook"):
        measured(rows(x="pa", y="pa"), arm=Arm.ASSISTED)


def test_an_arm_can_be_looked_at_alone() -> None:
    given = [*rows(x="pp", y="pp"), said("x", 5, "pa", arm=Arm.ASSISTED)]
    assert measured(given).assisted == 1
    assert any("--arm blind" in text for text in measured(given).conclusions)
    alone = measured(given, arm=Arm.BLIND)
    assert (alone.annotators["x"].annotations, alone.assisted, alone.arm) == (2, 0, "blind")


def test_an_annotator_who_tires_is_told() -> None:
    line = "pa" * 30
    tired = line[:30] + "".join("a" if n % 3 else c for n, c in enumerate(line[30:]))
    found = measured(rows(x=line, y=line, z=tired)).annotators["z"].drift
    assert found.first.value == 1.0
    assert found.second.value is not None
    assert found.second.value < 0.8
    assert found.change.high is not None
    assert found.change.high < 0
    texts = measured(rows(x=line, y=line, z=tired)).conclusions
    assert any(text.startswith("z agrees less with the others") for text in texts)


def test_what_cannot_be_judged_is_counted_by_annotation() -> None:
    found = measured([said("x", 0, "nn"), said("x", 1, "pn"), said("x", 2, "pa")])
    assert found.annotators["x"].cannot_judge == 2


def test_the_model_finds_what_makes_the_votes_most_likely() -> None:
    # Against a general optimiser on the logarithm of the likelihood, votes missing here and there.
    rng = np.random.default_rng(5)
    votes = []
    for n, yes in enumerate(rng.random(600) < 0.3):
        given = {
            name: bool(rng.random() < (right if yes else 1 - right))
            for name, right in (("x", 0.9), ("y", 0.85), ("z", 0.8))
            if rng.random() < 0.9
        }
        votes.append((n % 20, "k", given))
    known = collect(votes, groups=20)
    assert known is not None
    found = fit(known, np.ones((1, 20)))
    weights = np.asarray(known.counts.sum(axis=0)).ravel()

    def loss(logits: np.ndarray) -> float:
        share, *rates = 1 / (1 + np.exp(-logits))
        sensitivity, specificity = np.array(rates[:3]), np.array(rates[3:])
        positive = np.prod(sensitivity**known.yes * (1 - sensitivity) ** known.no, axis=1)
        negative = np.prod((1 - specificity) ** known.yes * specificity**known.no, axis=1)
        return -float(weights @ np.log(share * positive + (1 - share) * negative))

    best = minimize(loss, np.array([-1.0] + [1.0] * 6), method="BFGS")
    expected = 1 / (1 + np.exp(-best.x))
    own = [found.prevalence[0, 0], *found.sensitivity[0], *found.specificity[0]]
    assert [float(value) for value in own] == pytest.approx(expected.tolist(), abs=1e-3)


def test_skips_are_read_from_the_rejects_of_all_pulls(workspace: Workspace) -> None:
    assert count_skipped(workspace) is None
    workspace.label_studio_dir.mkdir(parents=True)
    users = workspace.label_studio_dir / "users.json"
    users.write_text(json.dumps({"4": "muna", "5": "samir"}), encoding="utf-8")

    def reject(key: str, user: int, reason: Reason = Reason.SKIPPED) -> Reject:
        return Reject(
            unit=Unit.ANNOTATIONS, reason=reason, where="t", detail=f"unique_id {key!r} by {user}"
        )

    first = [reject("s1", 4), reject("s2", 4), reject("s3", 5), reject("e1", 4, Reason.MISSING_ID)]
    write(workspace.annotations_dir / "pull-0001.rejects.jsonl", first)
    # Pulled again, s1 is still skipped, and s3 was annotated meanwhile.
    write(workspace.annotations_dir / "pull-0002.rejects.jsonl", [reject("s1", 4)])
    write(workspace.annotations_dir / "pull-0002.jsonl", [said("samir", 0, "pa", id="s3")])
    assert count_skipped(workspace) == {"muna": 2}
