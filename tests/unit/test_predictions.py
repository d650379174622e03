"""Which tasks get a newer model's predictions, and which predictions can be shown at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from annotation.labelstudio.mirror import keep_predictions, shown_file
from annotation.labelstudio.predictions import (
    Shown,
    _names,
    examine,
    plan_predictions,
    refuse,
)
from schemas.annotation import Arm, Prediction
from schemas.article import Passage, Span
from schemas.codebook import read_codebook
from schemas.errors import GateError
from schemas.jsonl import read
from schemas.workspace import Workspace
from tests.conftest import CORPUS

TEXT = "زار الوزير بكين"


def _passage(number: int) -> Passage:
    return Passage(
        id=f"a:{number}-{number + len(TEXT)}",
        article_id="a",
        start=number,
        end=number + len(TEXT),
        text=TEXT,
        position=number,
    )


def _predicted(passage: Passage, **changes: object) -> Prediction:
    fields: dict[str, object] = {
        "passage_id": passage.id,
        "model": "m2",
        "issues": {"taiwan": 0.5},
        "present": (),
        "spans": (Span(start=11, end=15, label="GPE"),),
    }
    return Prediction.model_validate({**fields, **changes})


PASSAGES = [_passage(n) for n in range(5)]
PREDICTED = {p.id: _predicted(p) for p in PASSAGES}
IDS = {p.id: n for n, p in enumerate(PASSAGES)}


def test_a_newer_model_goes_to_assisted_tasks_that_wait_for_annotators() -> None:
    shown = {
        0: Shown(Counter({"m1": 1}), 0),
        1: Shown(Counter({"m1": 1}), 1),
        2: Shown(Counter({"m1": 1}), 2),  # has all its annotations
        3: Shown(Counter(), 0),  # blind
        4: Shown(Counter({"m1": 1, "m2": 1}), 0, predictions=3),  # has it already, twice
    }
    plan = plan_predictions("m2", PREDICTED, PASSAGES, IDS, shown, overlap=2)
    assert plan.new == ((0, PASSAGES[0]), (1, PASSAGES[1]))
    assert (plan.held, plan.finished, plan.doubled) == (1, 1, 1)


def test_a_passage_without_a_task_gets_nothing() -> None:
    plan = plan_predictions("m2", PREDICTED, PASSAGES, {}, {}, overlap=2)
    assert (plan.new, plan.held, plan.finished) == ((), 0, 0)


@pytest.mark.parametrize(
    ("models", "arm"), [(Counter({"m": 1}), Arm.ASSISTED), (Counter[str](), Arm.BLIND)]
)
def test_the_arm_is_whether_a_task_was_given_a_prediction(models: Counter[str], arm: Arm) -> None:
    assert Shown(models, 0).arm is arm


@pytest.mark.parametrize(
    ("versions", "names"),
    [("m1,m1,m2", ["m1", "m1", "m2"]), (["m1", "m2"], ["m1", "m2"]), ("", []), (None, [])],
)
def test_model_versions_are_read_as_either_database_gives_them(
    versions: object, names: list[str]
) -> None:
    assert _names(versions) == names


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"issues": {"taiwan": 1.0, "nope": 1.0}, "present": ("nope",)}, "issue nope"),
        ({"spans": (Span(start=0, end=2, label="NOPE"),)}, "label NOPE"),
        ({"spans": (Span(start=0, end=16, label="GPE"),)}, "0..16 ends beyond a text of 15"),
    ],
)
def test_predictions_that_cannot_be_shown_are_refused(
    changes: dict[str, object], fault: str
) -> None:
    codebook = read_codebook(CORPUS / "codebook.yaml")
    assert examine(PASSAGES, PREDICTED, codebook) == (["m2"], [])
    bad = {**PREDICTED, PASSAGES[1].id: _predicted(PASSAGES[1], **changes)}
    with pytest.raises(GateError, match=rf"file: 1 faults[^$]*{PASSAGES[1].id}: .*{fault}"):
        refuse(examine(PASSAGES, bad, codebook)[1], "file")


def test_what_was_sent_is_kept_and_grows(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    first, second = PASSAGES[:2]
    keep_predictions(space, "m2", {first.id: PREDICTED[first.id]}, dry_run=False)
    both = {p.id: PREDICTED[p.id] for p in (first, second)}
    keep_predictions(space, "m2", both, dry_run=False)
    assert space.shown_predictions() == {(key, "m2"): p for key, p in both.items()}


def test_a_dry_run_keeps_nothing(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    keep_predictions(space, "m2", PREDICTED, dry_run=True)
    assert space.shown_predictions() == {}


def test_a_model_name_means_one_prediction_for_ever(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    first = PASSAGES[0]
    keep_predictions(space, "m2", PREDICTED, dry_run=False)
    changed = {first.id: _predicted(first, spans=())}
    for dry_run in (True, False):
        with pytest.raises(GateError, match=f"{first.id} was sent with another prediction by 'm2'"):
            keep_predictions(space, "m2", changed, dry_run=dry_run)
    assert read(shown_file(space, "m2"), Prediction) == list(PREDICTED.values())


def test_a_model_name_with_a_path_in_it_stays_in_its_folder(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    assert shown_file(space, "../x/y").parent == space.shown_dir
