"""Progress of a project, counted from what the server tells."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from annotation.labelstudio.progress import Progress, progress

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
NAMES = {1: "layla", 2: "omar", 3: "huda"}


def _given(user: object, days_ago: float, **more: Any) -> dict[str, Any]:
    at = (NOW - timedelta(days=days_ago)).isoformat().replace("+00:00", "Z")
    return {"completed_by": user, "created_at": at, "was_cancelled": False, **more}


def _task(passage: str, *given: dict[str, Any], drafts: tuple[int, ...] = ()) -> dict[str, Any]:
    return {
        "data": {"ext_id": passage},
        "annotations": list(given),
        "drafts": [{"user": user} for user in drafts],
    }


def _progress(*tasks: object, passages: int = 4, overlap: int = 2) -> Progress:
    return progress(
        tasks,
        title="t",
        page="p",
        passages=[f"p{n}" for n in range(passages)],
        overlap=overlap,
        names=NAMES,
        now=NOW,
    )


def test_what_counts_is_one_annotation_an_annotator_and_none_beyond_the_overlap() -> None:
    found = _progress(
        _task("p0", _given(1, 0), _given(1, 0), _given(2, 0)),
        _task("p1", _given(1, 0), _given(2, 0), _given(3, 0)),
        _task("p2", _given(1, 0, was_cancelled=True)),
    )
    assert (found.done, found.wanted) == (4, 8)
    assert found.by_count == {"0": 2, "1": 0, "2": 2}


def test_skips_and_drafts_are_counted_for_their_annotator() -> None:
    found = _progress(_task("p0", _given(1, 0, was_cancelled=True), drafts=(2, 2)))
    layla, omar = found.annotators
    assert (layla.annotator, layla.annotations, layla.skipped, layla.drafts) == ("layla", 0, 1, 0)
    assert (omar.annotator, omar.annotations, omar.skipped, omar.drafts) == ("omar", 0, 0, 2)
    assert omar.last is None


def test_tasks_of_other_passages_are_foreign_and_count_nowhere() -> None:
    found = _progress(_task("elsewhere", _given(1, 0)), {"no": "data"}, "junk")
    assert (found.foreign, found.done, found.annotators) == (1, 0, ())


@pytest.mark.parametrize("user", [2, {"id": 2, "email": "omar@example.org"}])
def test_an_annotator_is_named_however_the_server_gives_the_user(user: object) -> None:
    assert [a.annotator for a in _progress(_task("p0", _given(user, 0))).annotators] == ["omar"]


def test_an_unknown_user_is_called_by_number() -> None:
    assert [a.annotator for a in _progress(_task("p0", _given(9, 0))).annotators] == ["user-9"]


def test_the_median_time_leaves_out_what_was_not_measured() -> None:
    found = _progress(
        _task("p0", _given(1, 0, lead_time=10.0)),
        _task("p1", _given(1, 0, lead_time=None)),
        _task("p2", _given(1, 0, lead_time=30.0)),
    )
    assert found.annotators[0].median_s == 20.0


def test_the_end_follows_from_the_pace_of_the_last_days() -> None:
    # One a day on each of the last five days; 20 - 5 = 15 are left: 15 more days.
    tasks = [_task(f"p{n}", _given(1, n)) for n in range(5)]
    found = _progress(*tasks, passages=20, overlap=1)
    assert found.pace is not None
    assert (found.pace.days, found.pace.per_day, found.pace.low) == (5, 1.0, 1.0)
    assert found.pace.end == found.pace.end_late == date(2026, 3, 25)


def test_an_uneven_pace_gives_a_wide_range_of_ends() -> None:
    tasks = [_task(f"p{n}", _given(1, 3 if n == 0 else 0)) for n in range(9)]
    found = _progress(*tasks, passages=30, overlap=1)
    assert found.pace is not None
    # Counts a day: 1 0 0 8: mean 2.25, sd 3.862, t(3) 3.182: 2.25 ± 6.15.
    assert (found.pace.low, found.pace.high) == (0.0, 8.4)
    assert found.pace.end_late is None
    assert found.pace.end_early == date(2026, 3, 13)


def test_days_before_the_window_do_not_count_for_the_pace() -> None:
    old = [_task(f"p{n}", _given(1, 30)) for n in range(9)]
    assert _progress(*old, passages=20, overlap=1).pace is None


def test_two_days_give_a_pace_without_an_interval() -> None:
    tasks = [_task(f"p{n}", _given(1, n % 2)) for n in range(6)]
    found = _progress(*tasks, passages=12, overlap=1)
    assert found.pace is not None
    assert (found.pace.per_day, found.pace.low, found.pace.end_late) == (3.0, None, None)
    assert found.pace.end == date(2026, 3, 12)


def test_a_project_that_nobody_began_has_no_pace_and_all_to_do() -> None:
    found = _progress()
    assert (found.pace, found.done, found.wanted) == (None, 0, 8)
    assert found.by_count == {"0": 4, "1": 0, "2": 0}
