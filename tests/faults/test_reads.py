"""Lists and snapshots through faults: never a short one without a word."""

from __future__ import annotations

from typing import Any

import pytest

from annotation.labelstudio.api.client import ONCE, Connection
from annotation.labelstudio.api.listing import rows
from annotation.labelstudio.api.snapshot import TITLE, fetch
from annotation.labelstudio.project import Project
from annotation.labelstudio.push import tasks_on_server
from schemas.errors import ServerError
from tests.faults.bench import Bench
from tests.faults.proxy import Fault
from tests.faults.scene import PASSAGES, Scene
from tests.faults.schedule import Always


@pytest.mark.parametrize(
    "fault",
    [Fault.SHORT_BODY, Fault.CUT_JSON, Fault.CAPTIVE, Fault.BAD_GATEWAY],
    ids=lambda fault: fault.name,
)
def test_a_snapshot_that_does_not_arrive_whole_is_fetched_again(
    bench: Bench, scene: Scene, fault: Fault
) -> None:
    project = scene.make()
    scene.push(bench.direct, project)
    bench.proxy.follow(Always(fault, method="GET", path="/download", times=2))
    assert len(fetch(bench.connection(1), project)) == PASSAGES
    assert bench.proxy.counts[fault] >= 2
    assert not [e for e in bench.direct.client.projects.exports.list(project.id) if e.title]


def test_a_snapshot_that_never_arrives_whole_is_an_error(bench: Bench, scene: Scene) -> None:
    project = scene.make()
    scene.push(bench.direct, project)
    bench.proxy.follow(Always(Fault.CUT_JSON, method="GET", path="/download", times=99))
    with pytest.raises(ServerError, match="does not answer like Label Studio"):
        fetch(bench.connection(1), project)


def test_a_snapshot_whose_making_fails_leaves_none_behind(bench: Bench, scene: Scene) -> None:
    project = scene.make()
    scene.push(bench.direct, project)
    bench.proxy.follow(Always(Fault.COMMIT_504, path="/exports"))
    assert len(fetch(bench.connection(1), project)) == PASSAGES
    titles = [e.title for e in bench.direct.client.projects.exports.list(project.id)]
    assert not [title for title in titles if (title or "").startswith(TITLE)]


def _naive(connection: Connection, project: Project, size: int) -> list[int]:
    """Read the list by page numbers, as the SDK's pager does."""
    pages = connection.client.tasks.list(project=project.id, page_size=size, include="id")
    return [int(task.id or 0) for task in pages]


def test_a_task_deleted_while_the_list_is_read_hides_no_other(bench: Bench, scene: Scene) -> None:
    project = scene.make()
    rest = tuple(_delete_while_reading(bench, scene, project, naive=True))
    assert len(rest) == PASSAGES - 1  # one of them was never shown, though it is there
    scene.settle(project)
    found = _delete_while_reading(bench, scene, project, naive=False)
    there = {row["id"] for row in rows(bench.direct, project, "id")}
    assert there <= set(found)
    assert len(found) == len(set(found))


def _delete_while_reading(
    bench: Bench, scene: Scene, project: Project, *, naive: bool
) -> list[int]:
    """Delete the first task when the second page is asked for."""
    scene.push(bench.direct, project)
    first = min(task for copies in scene.copies(project) for task in copies)

    def meddle(_: int) -> None:
        bench.direct.client.tasks.delete(id=str(first), request_options=ONCE)

    before, bench.proxy.meddle = bench.proxy.meddle, meddle
    bench.proxy.follow(_Second(Always(Fault.MEDDLED, method="GET", path="/tasks")))
    try:
        connection = bench.connection(1)
        if naive:
            return _naive(connection, project, 2)
        return [row["id"] for row in rows(connection, project, "id", page_size=2)]
    finally:
        bench.proxy.meddle = before


class _Second:
    """Leaves out the first list request."""

    def __init__(self, rest: Always) -> None:
        self._rest, self._seen = rest, 0

    def __call__(self, request: Any) -> Any:
        self._seen += request.lists_tasks
        return self._rest(request) if self._seen > 1 else None


@pytest.mark.parametrize("fault", [Fault.STALE_PAGE, Fault.REORDERED], ids=lambda fault: fault.name)
def test_a_wrong_page_is_read_again(bench: Bench, scene: Scene, fault: Fault) -> None:
    project = scene.make()
    scene.push(bench.direct, project)
    bench.proxy.follow(_Second(Always(fault, method="GET", path="/tasks")))
    found = [row["id"] for row in rows(bench.connection(1), project, "id", page_size=2)]
    assert found == [copies[0] for copies in scene.copies(project)]
    assert bench.proxy.counts[fault]


def test_a_list_that_stays_wrong_is_an_error(bench: Bench, scene: Scene) -> None:
    project = scene.make()
    scene.push(bench.direct, project)
    bench.proxy.follow(Always(Fault.REORDERED, method="GET", path="/tasks", times=99))
    with pytest.raises(ServerError, match=r"task list .* cannot be read: after task"):
        tasks_on_server(bench.connection(1), project)
