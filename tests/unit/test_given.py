"""What a project gave before and does not give now."""

from __future__ import annotations

import pytest

from annotation.labelstudio.foreign import identity
from annotation.labelstudio.given import deleted, ids_in


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


def test_a_task_that_was_not_read_says_nothing() -> None:
    assert deleted({"1": ("a",), "2": ("c",)}, {"1": ("a",)}) == set()
