"""What a project gave before and does not give now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from annotation.labelstudio.foreign import identity
from annotation.labelstudio.given import (
    Given,
    check_deletions,
    deleted,
    given_file,
    ids_in,
    read_given,
    write_given,
)
from annotation.labelstudio.project import Project
from schemas.errors import GateError, RecordError
from schemas.workspace import Workspace


def test_ids_of_every_state_are_in_an_export() -> None:
    export = [
        {"id": 1, "annotations": [{"unique_id": "b"}, {"unique_id": "a", "was_cancelled": True}]},
        {"id": 2, "annotations": []},
    ]
    assert ids_in(export) == {"1": ("a", "b"), "2": ()}


def test_an_annotation_without_unique_id_has_the_id_that_a_pull_gives_it() -> None:
    old = {"id": 5, "created_at": "2024-01-01T00:00:00Z", "completed_by": 1, "result": []}
    export = [{"id": 1, "data": {"ext_id": "p"}, "annotations": [old]}]
    assert ids_in(export) == {"1": (identity(old, "p"),)}
    assert identity(old, "p")


@pytest.mark.parametrize(
    "junk",
    [
        "text",
        None,
        {"annotations": [{"unique_id": "a"}]},
        {"id": 3, "annotations": "x"},
        {"id": 3, "annotations": ["x", {}, {"unique_id": None}]},
        {"id": 3},
    ],
)
def test_what_has_not_the_form_of_a_task_gives_no_id(junk: object) -> None:
    assert set(ids_in([junk]).values()) <= {()}


def test_what_a_task_held_and_does_not_hold_is_deleted() -> None:
    assert deleted({"1": ("a", "b"), "2": ("c",)}, {"1": ("b", "d"), "2": ("c",)}) == {"a"}


def test_what_another_task_holds_is_not_deleted() -> None:
    assert deleted({"1": ("a", "b"), "2": ()}, {"1": ("b",), "2": ("a",)}) == set()


def test_a_task_that_was_not_read_says_nothing() -> None:
    assert deleted({"1": ("a",), "2": ("c",)}, {"1": ("a",)}) == set()


PROJECT = Project(
    url="http://x", id=1, title="t", codebook="c", created_at=datetime(2026, 1, 1, tzinfo=UTC)
)
MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


def held(count: int) -> Given:
    ids = {str(n): (f"u{n}",) for n in range(count)}
    return Given(changed_at=MAY, ids=ids, created_at=PROJECT.created_at)


@pytest.mark.parametrize(("of", "gone"), [(3, 3), (60, 5), (200, 10)])
def test_a_few_deletions_are_people_s(of: int, gone: int) -> None:
    lost = {f"u{n}" for n in range(gone)}
    check_deletions(PROJECT, held(of), lost, JUNE, accepted=False)


@pytest.mark.parametrize(("of", "gone"), [(6, 6), (60, 6), (200, 11)])
def test_many_at_once_are_not(of: int, gone: int) -> None:
    lost = {f"u{n}" for n in range(gone)}
    with pytest.raises(GateError, match=f"does not hold {gone} of the {of} annotations"):
        check_deletions(PROJECT, held(of), lost, JUNE, accepted=False)
    check_deletions(PROJECT, held(of), lost, JUNE, accepted=True)


def test_one_deletion_in_a_project_that_went_back_in_time_is_not() -> None:
    with pytest.raises(GateError, match="as new as the newest change was then"):
        check_deletions(PROJECT, held(60), {"u1"}, MAY - timedelta(days=1), accepted=False)
    check_deletions(PROJECT, held(60), {"u1"}, None, accepted=False)
    check_deletions(PROJECT, held(60), set(), MAY - timedelta(days=1), accepted=False)


def test_what_another_project_of_the_same_number_gave_says_nothing(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    write_given(space, PROJECT, held(3))
    assert read_given(space, PROJECT) == held(3)
    later = PROJECT.model_copy(update={"created_at": JUNE})
    assert read_given(space, later) is None


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    write_given(space, PROJECT, held(3))
    given_file(space, PROJECT).write_text("{}", encoding="utf-8")
    with pytest.raises(RecordError, match=r"pulled\.json: .*; delete it"):
        read_given(space, PROJECT)
