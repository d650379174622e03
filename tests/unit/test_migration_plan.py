"""A plan between two codebooks: what goes without saying, and what has to be said."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from annotation.gold.plan import complete, draft, plan_text, reworded
from schemas.codebook import Codebook
from schemas.errors import RecordError
from schemas.migration import Kind, Look, Plan, Step, read_plan
from tests.codebooks import NEW, NEW_TYPES, OLD, OLD_TYPES, PLAN, raw_codebook, small_codebook

FIRST = small_codebook(OLD, OLD_TYPES)
SECOND = small_codebook(NEW, NEW_TYPES, version="2.0.0")


def plan_of(tmp_path: Path, text: str) -> Plan:
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path)


def codebook_with(*issues: dict) -> Codebook:
    raw = raw_codebook(())
    return Codebook.model_validate({**raw, "issues": list(issues)}, strict=False)


def issue(label: str, **changes: object) -> dict:
    (raw,) = raw_codebook((label,))["issues"]
    return {**raw, **changes}


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("{rename: a, to: b}", Step(kind=Kind.RENAME, old=("a",), new=("b",))),
        ("{merge: [a, b], to: c}", Step(kind=Kind.MERGE, old=("a", "b"), new=("c",))),
        ("{split: a, to: [b, c]}", Step(kind=Kind.SPLIT, old=("a",), new=("b", "c"))),
        ("{add: a}", Step(kind=Kind.ADD, new=("a",))),
        ("{remove: a}", Step(kind=Kind.REMOVE, old=("a",))),
    ],
)
def test_a_step_is_written_in_one_line(tmp_path: Path, line: str, step: Step) -> None:
    assert plan_of(tmp_path, f"issues:\n- {line}\n").issues == (step,)
    plan = Plan(source="1", target="2", issues=(step,))
    assert plan_of(tmp_path, plan_text(plan)).issues == (step,)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("issues:\n- {rename: a}", "rename of 1 old into 0 new labels"),
        ("issues:\n- {merge: [a], to: b}", "merge of 1 old into 1 new labels"),
        ("issues:\n- {split: a, to: [b]}", "split of 1 old into 1 new labels"),
        ("issues:\n- {add: [a, b]}", "add of 0 old into 2 new labels"),
        ("issues:\n- {drop: a}", r"a step is one of \{rename: old, to: new\}.*keys drop"),
        ("issues:\n- {keep: a}", "got the keys keep"),
        ("issues:\n- {kind: keep, old: [a], new: [b]}", "got the keys kind, old, new"),
        ("issues:\n- {rename: a, to: b, why: c}", "got the keys rename, to, why"),
        ("issues:\n- {add: a, to: b}", "got the keys add, to"),
        ("issues:\n- a", r"issues\.0: .*dictionary"),
        ("steps: []", "steps: Extra inputs are not permitted"),
        ("review: {a: some}", "review.a: Input should be 'all', 'present' or 'absent'"),
        ("issues: [", "not valid YAML"),
        ("to: 1\nto: 2", "plan.yaml:2: not valid YAML: the key 'to' stands twice"),
        ("[]", "Input should be a valid dictionary"),
    ],
)
def test_a_bad_plan_says_what_is_wrong_and_where(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(RecordError, match=problem):
        plan_of(tmp_path, text)


def test_what_is_kept_has_one_id() -> None:
    with pytest.raises(
        ValueError, match="keep a → b keeps nothing: an id that changes is a rename"
    ):
        Step(kind=Kind.KEEP, old=("a",), new=("b",))


@pytest.mark.parametrize("label", ["on", "off", "no", "yes", "null", "NO", "TRUE", "NULL"])
def test_a_label_that_is_a_word_of_yaml_survives_its_file(tmp_path: Path, label: str) -> None:
    fresh = label.lower() + "_then" if label.islower() else label + "_THEN"
    steps = (
        Step(kind=Kind.RENAME, old=(fresh,), new=(label,)),
        Step(kind=Kind.SPLIT, old=(label,), new=(fresh, f"{label}2")),
        Step(kind=Kind.ADD, new=(label,)),
        Step(kind=Kind.REMOVE, old=(label,)),
    )
    plan = Plan(source="1", target="2", issues=steps, review={label: Look.PRESENT})
    text = plan_text(plan)
    assert plan_of(tmp_path, text) == plan
    raw = yaml.safe_load(text)
    assert raw["issues"][0] == {"rename": fresh, "to": label}
    assert raw["review"] == {label: "present"}


def test_a_draft_with_words_of_yaml_reads_back_as_labels() -> None:
    first, second = small_codebook(("off", "same")), small_codebook(("on", "same"), ("NO",))
    text = draft(first, second)
    raw = yaml.safe_load(text.replace("# - {", "- {"))
    assert raw["issues"] == [{"add": "on"}, {"remove": "off"}]
    assert raw["entities"] == [{"add": "NO"}]


def test_a_word_of_yaml_without_quotes_is_the_label_that_it_spells(tmp_path: Path) -> None:
    text = (
        "issues:\n- {rename: off, to: on}\nentities: [{add: NO}]\nreview: {NO: all, on: absent}\n"
    )
    plan = plan_of(tmp_path, text)
    assert plan.issues == (Step(kind=Kind.RENAME, old=("off",), new=("on",)),)
    assert plan.entities == (Step(kind=Kind.ADD, new=("NO",)),)
    assert plan.review == {"NO": Look.ALL, "on": Look.ABSENT}


@pytest.mark.parametrize("digits", ["12345678", "01234567", "12345e67", "1234_567"])
def test_a_hash_of_digits_needs_no_quotes(tmp_path: Path, digits: str) -> None:
    assert plan_of(tmp_path, f"from: {digits}\nto: {digits}\n").source == digits


def test_an_empty_plan_and_empty_keys_say_nothing(tmp_path: Path) -> None:
    assert plan_of(tmp_path, "") == Plan()
    assert plan_of(tmp_path, "issues:\n# - {add: a}\nentities:\nreview:\n") == Plan()


def test_a_list_of_reviews_means_all(tmp_path: Path) -> None:
    assert plan_of(tmp_path, "review: [a, B]").review == {"a": Look.ALL, "B": Look.ALL}


def test_the_obvious_is_added(tmp_path: Path) -> None:
    whole = complete(plan_of(tmp_path, PLAN), FIRST, SECOND)
    assert [str(step) for step in whole.issues] == [
        "rename taiwan → taiwan_strait",
        "merge trade, tariffs → commerce",
        "split rights → minorities, press",
        "remove climate",
    ]
    assert [str(step) for step in whole.entities] == [
        "keep PERSON → PERSON",
        "split ORG → AGENCY, COMPANY",
        "rename GPE → PLACE",
        "remove EVENT",
        "add WEAPON",
    ]
    assert (whole.source, whole.target) == (FIRST.short_hash, SECOND.short_hash)


def test_a_whole_plan_stays_as_it_is_and_survives_its_file(tmp_path: Path) -> None:
    whole = complete(plan_of(tmp_path, PLAN), FIRST, SECOND)
    assert complete(whole, FIRST, SECOND) == whole
    assert complete(plan_of(tmp_path, plan_text(whole)), FIRST, SECOND) == whole


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r"issue taiwan, trade, tariffs, rights, climate: not in the new codebook"),
        ("", r"entity type ORG, GPE, EVENT: not in the new codebook"),
        ("issues: [{remove: nothing}]", "issue nothing is not in the old codebook"),
        ("issues: [{add: nothing}]", "issue nothing is not in the new codebook"),
        (
            "issues: [{remove: taiwan}, {rename: taiwan, to: press}]",
            "taiwan of the old codebook",
        ),
        ("issues: [{add: press}, {rename: taiwan, to: press}]", "press of the new codebook is in"),
        ("review: [climate]", "review names climate, which the new codebook does not have"),
        ("from: '00000000'", r"written for codebook 00000000 \(from\), this is "),
        ("to: '00000000'", r"written for codebook 00000000 \(to\), this is "),
    ],
)
def test_everything_must_be_covered_once(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(RecordError, match=problem):
        complete(plan_of(tmp_path, text), FIRST, SECOND)


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(RecordError) as caught:
        complete(plan_of(tmp_path, "issues: [{add: x}]\nreview: [y]"), FIRST, SECOND)
    assert str(caught.value).count("\n  ") == 4


def test_removals_that_nobody_speaks_of_can_be_accepted() -> None:
    second = small_codebook(OLD[:3], OLD_TYPES)
    whole = complete(Plan(), FIRST, second, accept_removals=True)
    removed = [step.old for step in whole.issues if step.kind is Kind.REMOVE]
    assert removed == [("rights",), ("climate",)]


def test_an_id_that_now_means_something_else_has_to_be_spoken_of() -> None:
    second = small_codebook(("trade", "taiwan"))
    first = small_codebook(("taiwan", "press"))
    away = Step(kind=Kind.RENAME, old=("taiwan",), new=("trade",))
    with pytest.raises(RecordError, match="taiwan: the old one becomes something else"):
        complete(Plan(issues=(away,)), first, second, accept_removals=True)
    into = Step(kind=Kind.RENAME, old=("press",), new=("taiwan",))
    with pytest.raises(RecordError, match="taiwan: the new one is made from something else"):
        complete(Plan(issues=(into,)), first, second)
    assert complete(Plan(issues=(away, into)), first, second).issues == (away, into)


def test_another_unit_of_annotation_cannot_be_migrated_to() -> None:
    second = Codebook.model_validate({**raw_codebook(OLD), "unit": "article"}, strict=False)
    with pytest.raises(RecordError, match="unit changed from passage to article"):
        complete(Plan(), small_codebook(OLD), second)


def test_changed_wording_is_told_and_changed_cues_are_not() -> None:
    first = codebook_with(issue("a"), issue("b"), issue("c"))
    wider = {"ar": "أوسع.", "en": "Wider."}
    second = codebook_with(
        issue("a", cues={"strong": ["جديد"]}, hotkey="1"),
        issue("b", definition=wider, exclude=[wider]),
        issue("d", name={"ar": "جيم", "en": "d"}),
    )
    plan = Plan(issues=(Step(kind=Kind.RENAME, old=("c",), new=("d",)),))
    found = reworded(complete(plan, first, second), first, second)
    assert [(item.label, item.parts) for item in found] == [
        ("b", ("definition", "exclude")),
        ("d", ("name", "definition")),
    ]


def test_a_draft_guesses_renames_and_leaves_removals_to_people(tmp_path: Path) -> None:
    name = {"ar": "قديم", "en": "Old"}
    alike = {"ar": "كل ما يخص الحدود البحرية.", "en": "All about the sea borders of the two."}
    nearly = {"ar": "كل ما يخص الحدود البحرية!", "en": "All about the sea borders of two."}
    first = codebook_with(
        issue("a", name=name), issue("sea", definition=alike), issue("gone"), issue("stays")
    )
    second = codebook_with(
        issue("stays", exclude=[name]),
        issue("b", name=name),
        issue("water", definition=nearly),
        issue("other"),
    )
    text = draft(first, second)
    plan = plan_of(tmp_path, text)
    assert plan.issues == (
        Step(kind=Kind.RENAME, old=("a",), new=("b",)),
        Step(kind=Kind.RENAME, old=("sea",), new=("water",)),
        Step(kind=Kind.ADD, new=("other",)),
    )
    assert "  # - {remove: gone}" in text
    assert "  # stays: all  # changed: exclude" in text
    with pytest.raises(RecordError, match="issue gone: not in the new codebook"):
        complete(plan, first, second)


def test_a_draft_between_two_like_codebooks_says_nothing(tmp_path: Path) -> None:
    assert (
        plan_of(tmp_path, draft(FIRST, FIRST)).model_copy(update={"source": None, "target": None})
        == Plan()
    )
