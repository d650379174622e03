"""One fault at a time, at the place where it hurts most; and what happens without a look first."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from label_studio_sdk import LabelStudio

from annotation.labelstudio.api.client import ONCE, Connection
from annotation.labelstudio.api.listing import MARK, SENT
from annotation.labelstudio.api.lookup import titled
from annotation.labelstudio.api.patience import Patience
from annotation.labelstudio.api.snapshot import fetch
from annotation.labelstudio.project import Project, find_project
from annotation.labelstudio.push import plan_push, push, tasks_on_server
from annotation.labelstudio.settle import settle
from annotation.labelstudio.submit import submit
from schemas.errors import GateError, ServerError
from schemas.ledger import Reason
from tests.faults.bench import Bench, annotations
from tests.faults.proxy import COMMITTING, LISTING, Fault
from tests.faults.scene import PASSAGES, Scene
from tests.faults.schedule import Always

NOT_ONCE = LISTING | {Fault.EXPIRED_FOR_GOOD, Fault.OUTAGE}
ONE_OF_EACH = (
    Fault.RESET_AFTER,
    Fault.RESET_IN_REQUEST,
    Fault.COMMIT_504,
    Fault.LATE_504,
    Fault.CONFLICT,
    Fault.CUT_JSON,
    Fault.CAPTIVE,
    Fault.EXPIRED,
    Fault.SLOW,
)
"""Faults that are treated in different ways."""


@pytest.mark.parametrize(
    "fault", [fault for fault in Fault if fault not in NOT_ONCE], ids=lambda fault: fault.name
)
def test_an_import_that_fails_once(bench: Bench, scene: Scene, fault: Fault) -> None:
    project = scene.make()
    bench.proxy.follow(Always(fault))
    scene.push(bench.connection(1), project)
    bench.proxy.drain()
    counts, ledger = scene.settle(project)
    assert counts == scene.once
    assert not ledger.defects()


def test_without_looking_first_the_same_faults_do_double(bench: Bench, scene: Scene) -> None:
    """The SDK's own way: two more tries after a 504."""
    project = scene.make()
    bench.proxy.follow(Always(Fault.COMMIT_504))
    client: LabelStudio = LabelStudio(base_url=bench.proxy.url, api_key=bench.token)  # type: ignore[no-untyped-call]
    request: Any = [task.make() for task in scene.tasks]
    client.projects.import_tasks(id=project.id, request=request)
    assert all(len(copies) >= 2 for copies in scene.copies(project))


def test_a_request_that_is_carried_out_late_doubles_until_it_is_settled(
    bench: Bench, scene: Scene
) -> None:
    project = scene.make()
    bench.proxy.follow(Always(Fault.LATE_504, delay_s=2.0))
    scene.push(bench.connection(1), project)
    bench.proxy.drain()
    before = scene.copies(project)
    assert all(len(copies) >= 2 for copies in before[: PASSAGES // 2])
    counts, ledger = scene.settle(project)
    assert counts == scene.once
    assert scene.copies(project) == [copies[:1] for copies in before]  # the oldest stay
    codes = {code: n for (_, _, code), n in ledger.reasons.items()}
    assert codes[Reason.COPY_REMOVED] >= PASSAGES // 2


def _doubled(scene: Scene) -> tuple[Project, list[tuple[int, ...]]]:
    """Import everything twice, as a late request does."""
    project = scene.make()
    for _ in range(2):
        plan = plan_push(scene.tasks, {}, None)
        push(scene.bench.direct, project, plan, on_batch=lambda n: None)
    return project, scene.copies(project)


def test_a_copy_that_somebody_has_worked_on_stays(bench: Bench, scene: Scene) -> None:
    project, copies = _doubled(scene)
    client = bench.direct.client
    young, old = copies[0][1], copies[1][0]
    client.annotations.create(id=young, result=[], was_cancelled=True, request_options=ONCE)
    bench.direct.post(f"api/tasks/{copies[2][1]}/drafts", {"result": [], "lead_time": 1})
    for task in (*copies[3], old):
        client.annotations.create(id=task, result=[], request_options=ONCE)
    counts, ledger = scene.settle(project)
    left = scene.copies(project)
    assert left[0] == (young,)  # a skip is work, too
    assert left[1] == (old,)
    assert left[2] == (copies[2][1],)  # as is a draft
    assert left[3] == copies[3]  # both have been worked on
    assert sorted(counts.values()) == [1, 1, 1, 1, 1, 2]
    assert not ledger.defects()


def test_a_task_that_no_push_made_is_never_removed(bench: Bench, scene: Scene) -> None:
    project = scene.make()
    scene.push(bench.direct, project)
    by_hand: Any = [{"data": task.make()["data"]} for task in scene.tasks]
    bench.direct.client.projects.import_tasks(id=project.id, request=by_hand, request_options=ONCE)
    before = scene.copies(project)
    counts, _ = scene.settle(project)
    assert set(counts.values()) == {2}
    assert scene.copies(project) == before


def test_two_who_push_the_same_at_once_end_with_each_passage_once(
    bench: Bench, scene: Scene
) -> None:
    project, both = scene.make(), Barrier(2)

    def push_and_settle(_: int) -> None:
        connection = Connection(bench.direct.url, bench.token)
        plan = plan_push(scene.tasks, tasks_on_server(connection, project), None)
        both.wait()  # both have seen that nothing is there
        push(connection, project, plan, on_batch=lambda n: None)
        both.wait()
        settle(connection, project, scene.tasks, tasks_on_server(connection, project))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(push_and_settle, range(2)))
    counts, ledger = scene.settle(project)
    assert counts == scene.once
    assert not ledger.defects()


def test_predictions_that_the_server_forgot_are_sent_again(bench: Bench, scene: Scene) -> None:
    """As Label Studio does on SQLite when it tries an import again: 201, and no prediction."""
    project = scene.make()
    forgotten: Any = [
        {"data": task.make()["data"], "meta": {MARK: {"push": "p", SENT: 1}}}
        for task in scene.tasks[:2]
    ]
    bench.direct.client.projects.import_tasks(
        id=project.id, request=forgotten, request_options=ONCE
    )
    scene.push(bench.direct, project)
    counts, ledger = scene.settle(project)
    assert counts == scene.once
    for copies in scene.copies(project):
        assert len(bench.direct.client.predictions.list(task=copies[0])) == 1
    codes = {code: n for (_, _, code), n in ledger.reasons.items()}
    # The server under test may have forgotten more by itself.
    assert codes[Reason.PREDICTION_RESTORED] >= 2


@pytest.mark.parametrize(
    "fault",
    [Fault.COMMIT_504, Fault.RESET_AFTER, Fault.CUT_JSON, Fault.LATE_504, Fault.BAD_GATEWAY],
    ids=lambda fault: fault.name,
)
def test_a_project_is_made_once(bench: Bench, scene: Scene, fault: Fault) -> None:
    bench.proxy.follow(Always(fault, path="/projects", delay_s=1.0))
    project = scene.make(bench.connection(1))
    bench.proxy.drain()
    scene.push(bench.connection(1), project)
    scene.settle(project)
    assert [found.id for found in titled(bench.direct, scene.title)] == [project.id]
    found = find_project(bench.direct, scene.codebook, scene.title, None)
    assert found is not None
    assert found.id == project.id


def test_of_two_projects_with_one_title_the_one_with_tasks_is_meant(
    bench: Bench, scene: Scene
) -> None:
    scene.make()
    used = scene.make()
    scene.push(bench.direct, used)
    assert find_project(bench.direct, scene.codebook, scene.title, None) == used
    other = scene.make()
    scene.push(bench.direct, other)
    with pytest.raises(GateError, match=rf"hold tasks: {used.id}, {other.id}"):
        find_project(bench.direct, scene.codebook, scene.title, None)


def _submit(scene: Scene, connection: Connection, project: Project) -> int:
    held = tasks_on_server(scene.bench.direct, project)
    return submit(
        connection,
        annotations(scene.bench, scene.space, 1),
        passages={passage.id: passage for passage in scene.passages},
        task_ids={key: found[0][0] for key, found in held.items()},
        tokens={scene.bench.annotator: scene.bench.token},
        on_each=lambda: None,
    )


@pytest.mark.parametrize("fault", ONE_OF_EACH, ids=lambda fault: fault.name)
def test_an_annotation_whose_request_fails_once(bench: Bench, scene: Scene, fault: Fault) -> None:
    project = scene.make()
    scene.push(bench.direct, project)
    bench.proxy.follow(Always(fault, path="/annotations"))
    assert _submit(scene, bench.connection(1), project) == PASSAGES
    bench.proxy.drain()
    found = Counter(_exported(fetch(bench.direct, project)))
    assert found == Counter(given.id for given in annotations(bench, scene.space, 1))


def _exported(tasks: list[object]) -> list[str]:
    return [
        item["unique_id"]
        for task in tasks
        if isinstance(task, dict)
        for item in task["annotations"]
    ]


def test_the_server_decides_how_long_we_wait(bench: Bench, scene: Scene) -> None:
    project, pauses = scene.make(), []
    patient = Patience(tries=4, first_s=0.01, longest_s=9.0, pause=pauses.append)
    connection = Connection(bench.proxy.url, bench.token, patient)
    bench.proxy.follow(Always(Fault.RATE_SECONDS))
    scene.push(connection, project)
    assert pauses == [1.0]
    assert scene.settle(project)[0] == scene.once


def test_a_token_that_is_refused_for_good_ends_the_push(bench: Bench, scene: Scene) -> None:
    project = scene.make()
    connection = bench.connection(1)
    bench.proxy.follow(Always(Fault.EXPIRED_FOR_GOOD))
    with pytest.raises(ServerError, match="refuses the token"):
        scene.push(connection, project)
    bench.proxy.calm()
    scene.push(connection, project)
    assert scene.settle(project)[0] == scene.once


def test_faults_that_commit_are_among_those_that_were_tried() -> None:
    assert set(Fault) - NOT_ONCE > COMMITTING
