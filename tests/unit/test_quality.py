"""How each annotator works: counted by hand, and by the model of who is right."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

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


def test_an_adjudication_stands_also_where_only_one_arm_is_looked_at() -> None:
    given = [
        said("x", 0, "pa", arm=Arm.ASSISTED),
        said("y", 0, "aa", arm=Arm.ASSISTED),
        said("z", 0, "aa"),
    ]
    ruling = said("adj", 0, "pa", decides=tuple(a.id for a in given), basis=basis_of(given))
    for arm, people in ((None, 3), (Arm.ASSISTED, 2), (Arm.BLIND, 1)):
        found = measured(given, adjudications=[ruling], arm=arm)
        assert found.decided_by == {"adjudicated": people * len(ISSUES)}


def test_an_adjudication_may_have_seen_what_a_named_adjudicator_says() -> None:
    given = rows(x="p", y="a", z="a")
    boss = said("boss", 0, "pa")
    seen = [*given, boss]
    ruling = said("lead", 0, "aa", decides=tuple(a.id for a in seen), basis=basis_of(seen))
    # As in gold, both count: they differ about taiwan, and agree about trade.
    reference = Reference(given, [boss, ruling])
    assert reference.issue("p0", "trade", "x").by is DecidedBy.ADJUDICATED  # type: ignore[union-attr]
    assert reference.issue("p0", "taiwan", "x").by is DecidedBy.UNANIMOUS  # type: ignore[union-attr]


def test_an_older_ruling_that_stands_counts_where_a_newer_one_does_not() -> None:
    given = rows(x="p", y="a", z="a")
    ids = tuple(a.id for a in given)
    stands = said("adj", 0, "pa", id="first", decides=ids, basis=basis_of(given))
    gone = said("adj", 0, "aa", id="second", decides=("x-0",), created_at=START + timedelta(days=1))
    verdict = Reference(given, [stands, gone]).issue("p0", "taiwan", "y")
    assert verdict is not None
    assert (verdict.present, verdict.by) == (True, DecidedBy.ADJUDICATED)


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


def test_a_place_where_all_others_see_another_end_is_decided_against_nobody() -> None:
    ends = {"u": 4, "v": 6, "w": 8, "x": 4}
    given = [said(who, 0, "aa", spans=[(0, end, "GPE")]) for who, end in ends.items()]
    others = Reference(given).spans("p0", "x")
    assert others is not None
    assert not others.decides((0, 4, "GPE"))
    assert others.decides((20, 24, "GPE"))
    scores = measured(given).annotators["x"].spans
    assert (scores.support, scores.given) == (0, 0)


def test_an_adjudicator_decides_a_torn_place_also_with_a_span_of_nobody_s() -> None:
    ends = {"u": 4, "v": 6, "w": 8, "x": 4}
    given = [said(who, 0, "aa", spans=[(0, end, "GPE")]) for who, end in ends.items()]
    ruling = said("adj", 0, "aa", spans=[(0, 5, "GPE")])
    others = Reference(given, [ruling]).spans("p0", "x", independent=True)
    assert others is not None
    assert others.held == {(0, 5, "GPE")}
    assert others.decides((0, 4, "GPE"))


def test_spans_of_a_type_that_somebody_was_never_asked_for_are_held_against_nobody() -> None:
    # y annotated before ORG existed, otherwise like x.
    given = [said(who, n, "aa", spans=[GPE, ORG]) for n in range(12) for who in "x"]
    given += [said("y", n, "aa", spans=[GPE]) for n in range(12)]
    unread = {a.id: frozenset({"ORG"}) for a in given if a.annotator == "y"}
    found = measured(given, unread=unread)
    for one in found.annotators.values():
        assert (one.spans.precision.value, one.spans.recall.value) == (1.0, 1.0)
        assert one.spans.support == 12
    assert found.unread == 12
    assert any(t.startswith("12 annotations say nothing about") for t in found.conclusions)
    # With a third who was asked, there is one other to hold x against.
    given += [said("z", n, "aa", spans=[GPE]) for n in range(12)]
    assert measured(given, unread=unread).annotators["x"].spans_per_label["ORG"].given == 12


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


def test_of_two_annotators_whom_an_adjudicator_decided_between_somebody_knows() -> None:
    given = rows(x="ppaa", y="paap")
    by_passage = [[a for a in given if a.passage_id == f"p{n}"] for n in range(4)]
    rulings = [
        said("adj", n, "pa", decides=tuple(a.id for a in two), basis=basis_of(two))
        for n, two in enumerate(by_passage)
    ]
    found = measured(given, adjudications=rulings)
    assert not any("nobody knows" in text for text in found.conclusions)
    assert any("rest on adjudication in 16 of 16 decisions" in text for text in found.conclusions)


def test_where_only_spans_were_judged_by_two_that_is_said() -> None:
    found = measured([said(who, n, "nn", spans=[GPE]) for who in "xyz" for n in range(12)])
    assert (found.passages, found.decided_by) == (12, {})
    assert found.annotators["x"].spans.f1.value == 1.0
    assert found.conclusions == ("No issue was judged by two people: only spans are compared.",)


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


@pytest.mark.parametrize("articles", [3, 11])
def test_drift_is_told_only_where_it_rests_on_ten_articles(articles: int) -> None:
    rng = np.random.default_rng(2)
    line = "pa" * 60
    tired = line[:60] + "".join(c if rng.random() < 0.3 else "a" for c in line[60:])
    given = rows(x=line, y=line, z=tired)
    groups = {a.passage_id: f"g{int(a.passage_id[1:]) % articles}" for a in given}
    found = measured(given, groups=groups)
    assert found.annotators["z"].drift.change.high < 0  # type: ignore[operator]
    (told,) = [t for t in found.conclusions if "in the later half" in t] or [""]
    assert bool(told) == (articles == 11)
    assert ("decisions against 1.00 on 30 before" in told) == (articles == 11)


def test_one_article_alone_gives_no_interval() -> None:
    given = rows(x="ppaapapn", y="ppppaaap", z="pppaaapp")
    found = measured(given, groups={a.passage_id: "one" for a in given}).annotators["x"]
    for one in (found.issues.precision, found.issues.recall, found.issues.f1):
        assert one.value is not None
        assert (one.low, one.high) == (None, None)


def test_skips_of_those_who_annotated_nothing_are_told_and_arms_have_none() -> None:
    given = rows(x="pa", y="pa")
    found = measured(given, skipped={"gone": 50, "x": 2})
    assert (found.annotators["x"].skipped, found.annotators["y"].skipped) == (2, 0)
    assert found.skipped_others == {"gone": 50}
    assert any(t.endswith("without an annotation here: gone 50.") for t in found.conclusions)
    alone = measured(given, skipped={"gone": 50, "x": 2}, arm=Arm.BLIND)
    assert (alone.annotators["x"].skipped, alone.skipped_others) == (None, {})


def test_what_cannot_be_judged_is_counted_by_annotation() -> None:
    found = measured([said("x", 0, "nn"), said("x", 1, "pn"), said("x", 2, "pa")])
    assert found.annotators["x"].cannot_judge == 2


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
