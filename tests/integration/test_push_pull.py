"""Passages to Label Studio and annotations back, against the real server."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from annotation.labelstudio.accounts import ensure_account, names_by_user
from annotation.labelstudio.api.client import ONCE, Connection
from annotation.labelstudio.api.snapshot import fetch
from annotation.labelstudio.export import ExportReader
from annotation.labelstudio.managed.server import Server
from annotation.labelstudio.project import Project, make_project
from annotation.labelstudio.pull import store
from annotation.labelstudio.push import plan_push, push, tasks_due, tasks_on_server
from annotation.labelstudio.submit import submit
from annotation.labelstudio.tasks import task_data
from annotation.projects import run_push
from annotation.steps import run_collect, run_preannotate
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement
from schemas.article import Passage
from schemas.errors import GateError, ServerError
from schemas.ledger import Ledger, Reason, State, Unit
from schemas.workspace import Workspace

ARTICLES = {
    # CR LF, an emoji beyond the BMP, a direction mark, tatweel, a ligature, double spaces
    "odd.txt": "عنوان قصير\r\n\r\nزار الوزير\u200f بكين 😀 ثم عاد إلى واشنـــطن.  وقال ﻻ جديد.\r\n",
    "long.txt": "\n\n".join(
        f"الفقرة رقم {n} " + "عن العلاقات بين واشنطن وبكين وعن تايوان والتجارة " * 6 + "."
        for n in range(5)
    ),
}


@pytest.fixture
def pushed(
    workspace: Workspace, connection: Connection, tmp_path: Path
) -> tuple[Workspace, Project]:
    """A workspace of two articles, pushed to a project of its own."""
    raw = tmp_path / "raw"
    raw.mkdir()
    for name, text in ARTICLES.items():
        (raw / name).write_bytes(text.encode())
    run_collect(workspace, [raw], Ledger())
    run_preannotate(workspace)
    done = _push(workspace, connection, f"test {uuid4().hex[:12]}")
    assert done is not None
    return workspace, done


def _push(workspace: Workspace, connection: Connection, title: str | None = None) -> Project | None:
    ledger = Ledger()
    done = run_push(workspace, connection, ledger, title=title, overlap=2, blind=0.0)
    ledger.check()
    return done.project


def _annotation(workspace: Workspace, passage: Passage, who: str, **changes: object) -> Annotation:
    codebook = workspace.codebook()
    issues = dict.fromkeys(codebook.issue_ids, Judgement.ABSENT) | {"taiwan": Judgement.PRESENT}
    fields: dict[str, object] = {
        "id": str(uuid4()),
        "passage_id": passage.id,
        "annotator": who,
        "created_at": datetime.now(UTC),
        "arm": Arm.BLIND,
        "codebook": codebook.hash,
        "issues": issues,
        "spans": (),
    }
    return Annotation.model_validate({**fields, **changes})


def _submit(
    server: Server, connection: Connection, pushed: tuple[Workspace, Project], *given: Annotation
) -> int:
    space, project = pushed
    names = {annotation.annotator for annotation in given}
    return submit(
        connection,
        given,
        passages={passage.id: passage for passage in space.passages()},
        task_ids={k: v[0][0] for k, v in tasks_on_server(connection, project).items()},
        tokens={name: ensure_account(server, connection, name).token for name in names},
        on_each=lambda: None,
    )


def _pull(
    connection: Connection, pushed: tuple[Workspace, Project]
) -> tuple[list[Annotation], Ledger]:
    space, project = pushed
    ledger = Ledger()
    names = names_by_user(connection)
    reader = ExportReader(space.codebook(), space.passages(), names, ledger)
    found = reader.read(fetch(connection, project))
    ledger.check()
    return found, ledger


def test_the_server_holds_every_passage_once_with_the_very_same_text(
    pushed: tuple[Workspace, Project], connection: Connection
) -> None:
    space, project = pushed
    held = tasks_on_server(connection, project)
    assert {key: [text for _, text in tasks] for key, tasks in held.items()} == {
        passage.id: [passage.text] for passage in space.passages()
    }


def test_predictions_arrive_with_the_offsets_they_left_with(
    pushed: tuple[Workspace, Project], connection: Connection
) -> None:
    space, project = pushed
    predictions = space.predictions("rules")
    for passage_id, tasks in tasks_on_server(connection, project).items():
        task = connection.client.tasks.get(id=str(tasks[0][0]))
        regions = task.predictions[0].result
        found = {
            (r["value"]["start"], r["value"]["end"], r["value"]["labels"][0])
            for r in regions
            if r["type"] == "labels"
        }
        assert found == {span.key for span in predictions[passage_id].spans}


def test_a_second_push_makes_nothing(
    pushed: tuple[Workspace, Project], connection: Connection
) -> None:
    space, project = pushed
    before = tasks_on_server(connection, project)
    assert _push(space, connection, project.title) == project
    assert tasks_on_server(connection, project) == before


def test_a_dry_run_makes_no_project(workspace: Workspace, connection: Connection) -> None:
    run_collect(workspace, [_one_article(workspace)], Ledger())
    run_preannotate(workspace)
    title = f"dry {uuid4().hex[:12]}"
    done = run_push(
        workspace, connection, Ledger(), title=title, overlap=1, blind=0.0, dry_run=True
    )
    assert done.project is None
    assert len(done.plan.new) == len(workspace.passages())
    assert not (workspace.runs_dir / "label-studio").exists()
    assert title not in {p.title for p in connection.client.projects.list()}


def _one_article(workspace: Workspace) -> Path:
    path = workspace.root / "one.txt"
    path.write_text("خبر قصير عن بكين.\n", encoding="utf-8")
    return path


def test_an_article_that_comes_later_is_added_to_the_same_project(
    pushed: tuple[Workspace, Project], connection: Connection
) -> None:
    space, project = pushed
    before = tasks_on_server(connection, project)
    run_collect(space, [_one_article(space)], Ledger())
    run_preannotate(space)
    assert _push(space, connection, project.title) == project
    after = tasks_on_server(connection, project)
    assert len(after) == len(before) + 1
    assert {key: after[key] for key in before} == before


def _edit(connection: Connection, project: Project, old: str, new: str) -> str:
    """Change a project's interface in Label Studio; return what it was."""
    held = connection.client.projects.get(id=project.id).label_config or ""
    assert old in held
    connection.client.projects.update(
        id=project.id, label_config=held.replace(old, new), request_options=ONCE
    )
    return held


def test_a_project_that_stores_other_answers_is_refused(
    pushed: tuple[Workspace, Project], connection: Connection
) -> None:
    space, project = pushed
    _edit(connection, project, 'alias="taiwan"', 'alias="formosa"')
    with pytest.raises(GateError, match=r"lacks: issues=taiwan; .* besides: issues=formosa"):
        _push(space, connection, project.title)


def test_a_project_that_only_looks_different_is_used_and_can_be_refreshed(
    pushed: tuple[Workspace, Project], connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    space, project = pushed
    held = _edit(connection, project, "ملاحظات", "تعليق")
    assert _push(space, connection, project.title) == project
    assert "push --refresh" in caplog.text
    run_push(space, connection, Ledger(), title=project.title, blind=0.0, refreshed=True)
    assert connection.client.projects.get(id=project.id).label_config == held


def test_what_annotators_submit_comes_back_the_same(
    pushed: tuple[Workspace, Project], server: Server, connection: Connection
) -> None:
    space, _ = pushed
    passage = next(p for p in space.passages() if "😀" in p.text)
    start = passage.text.index("واشنـــطن")
    span = AnnotatedSpan(start=start, end=start + len("واشنـــطن"), label="GPE")
    given = _annotation(space, passage, "a1", spans=(span,), lead_time_s=12.5, comment="نعم")
    assert _submit(server, connection, pushed, given) == 1
    assert _submit(server, connection, pushed, given) == 0
    found, ledger = _pull(connection, pushed)
    assert [annotation.content for annotation in found] == [given.content]
    assert ledger.states[Unit.TASKS, State.PENDING] == len(space.passages()) - 1


def test_two_annotators_and_a_second_pull_change_nothing_twice(
    pushed: tuple[Workspace, Project], server: Server, connection: Connection
) -> None:
    space, _ = pushed
    passages = space.passages()
    given = [_annotation(space, p, who) for p in passages[:2] for who in ("a1", "a2")]
    _submit(server, connection, pushed, *given)
    first = store(space, *_pull(connection, pushed), dry_run=False)
    files = {path: path.read_bytes() for path in space.annotations_dir.iterdir()}
    second = store(space, *_pull(connection, pushed), dry_run=False)
    assert (first.new, second.new, second.changed, second.unchanged) == (4, 0, 0, 4)
    assert {path: path.read_bytes() for path in space.annotations_dir.iterdir()} == files
    assert Counter(a.annotator for a in space.annotations()) == {"a1": 2, "a2": 2}


def test_skips_drafts_and_edits_by_another_are_counted(
    pushed: tuple[Workspace, Project], server: Server, connection: Connection
) -> None:
    space, project = pushed
    passages = space.passages()
    task_ids = {k: v[0][0] for k, v in tasks_on_server(connection, project).items()}
    edited = _annotation(space, passages[0], "a1")
    _submit(server, connection, pushed, edited)
    task = connection.client.tasks.get(id=str(task_ids[passages[0].id]))
    number = task.annotations[0]["id"]
    connection.client.annotations.update(
        id=number, result=task.annotations[0]["result"], request_options=ONCE
    )
    connection.client.annotations.create(
        id=task_ids[passages[1].id], result=[], was_cancelled=True, request_options=ONCE
    )
    http = connection.client._client_wrapper.httpx_client  # no public call for drafts
    answer = http.request(
        f"api/tasks/{task_ids[passages[2].id]}/drafts",
        method="POST",
        json={"result": [], "lead_time": 1},
        request_options=ONCE,
    )
    assert answer.status_code == 201
    found, ledger = _pull(connection, pushed)
    assert [annotation.id for annotation in found] == [edited.id]
    kinds = {
        (state, reason): n
        for (unit, state, reason), n in ledger.reasons.items()
        if unit is Unit.ANNOTATIONS
    }
    assert kinds == {
        (State.REPAIRED, Reason.EDITED_BY_OTHER): 1,
        (State.REJECTED, Reason.SKIPPED): 1,
        (State.PENDING, Reason.DRAFT): 1,
    }


def test_a_server_killed_during_push_loses_and_doubles_nothing(
    workspace: Workspace, server: Server, connection: Connection
) -> None:
    text = "\n\n".join(f"خبر رقم {n}: " + "كلمة عن بكين وواشنطن " * 12 for n in range(400))
    path = workspace.root / "many.txt"
    path.write_text(text, encoding="utf-8")
    run_collect(workspace, [path], Ledger())
    run_preannotate(workspace)
    title = f"kill {uuid4().hex[:12]}"
    project = run_push_nothing(workspace, connection, title)
    passages = workspace.passages()
    tasks = tasks_due(
        workspace.articles(), passages, workspace.predictions("rules"), codebook="c", blind=0.0
    )
    batches = 0

    def kill_in_the_next_request(_: int) -> None:
        nonlocal batches
        batches += 1
        if batches == 2:
            threading.Timer(0.05, _kill, [server]).start()

    with pytest.raises(ServerError):
        push(
            connection,
            project,
            plan_push(tasks, {}, None),
            on_batch=kill_in_the_next_request,
            batch_size=20,
        )
    assert server.running() is None
    server.start(print)
    held = tasks_on_server(connection, project)
    assert 40 <= len(held) < len(passages)
    rest = plan_push(tasks, held, None)
    push(connection, project, rest, on_batch=lambda n: None, batch_size=100)
    after = tasks_on_server(connection, project)
    assert Counter({key: len(found) for key, found in after.items()}) == Counter(
        {passage.id: 1 for passage in passages}
    )


def run_push_nothing(workspace: Workspace, connection: Connection, title: str) -> Project:
    """Make the project without tasks."""
    return make_project(connection, workspace.codebook(), title, overlap=1)


def _kill(server: Server) -> None:
    state = server.running()
    assert state is not None
    os.kill(state.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while server.running() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_foreign_task_in_the_project_is_counted(
    pushed: tuple[Workspace, Project], connection: Connection
) -> None:
    space, project = pushed
    articles, passages = space.articles(), space.passages()
    own = [p for p in passages if p.article_id == articles[0].id]
    data = task_data(articles[0], own, 0, codebook=space.codebook().hash)
    connection.client.projects.import_tasks(
        id=project.id,
        request=[{"data": {**data, "ext_id": "somebody-else"}}],  # type: ignore[list-item]  # JSON
        request_options=ONCE,
    )
    _, ledger = _pull(connection, pushed)
    assert ledger.defects() == {Reason.FOREIGN_TASK: 1}
    assert json.loads(ledger.rejects[0].to_line())["detail"] == "passage 'somebody-else'"


def test_a_title_that_is_asked_for_is_not_overridden_by_the_remembered_project(
    pushed: tuple[Workspace, Project], connection: Connection
) -> None:
    space, project = pushed
    other = _push(space, connection, f"other {uuid4().hex[:8]}")
    assert other is not None
    assert other.id != project.id
    again = _push(space, connection)
    assert again is not None
    assert again.id == other.id


def test_new_passages_without_a_prediction_are_not_pushed(
    pushed: tuple[Workspace, Project], connection: Connection
) -> None:
    space, project = pushed
    before = tasks_on_server(connection, project)
    run_collect(space, [_one_article(space)], Ledger())
    with pytest.raises(GateError, match=r"1 of .* passages have no prediction.*preannotate"):
        _push(space, connection, project.title)
    assert tasks_on_server(connection, project) == before


def test_an_annotation_that_is_skipped_later_is_withdrawn(
    pushed: tuple[Workspace, Project], server: Server, connection: Connection
) -> None:
    space, project = pushed
    passage = space.passages()[0]
    _submit(server, connection, pushed, _annotation(space, passage, "a1"))
    found, ledger = _pull(connection, pushed)
    store(space, found, ledger, dry_run=False)
    assert len(space.annotations()) == 1
    task_id = tasks_on_server(connection, project)[passage.id][0][0]
    task = connection.client.tasks.get(id=str(task_id))
    connection.client.annotations.update(
        id=task.annotations[0]["id"], was_cancelled=True, request_options=ONCE
    )
    for withdrawn in (1, 0):
        ledger = Ledger()
        reader = ExportReader(space.codebook(), space.passages(), {}, ledger)
        found = reader.read(fetch(connection, project))
        done = store(space, found, ledger, refused=reader.refused, dry_run=False)
        assert done.withdrawn == withdrawn
        assert space.annotations() == []
