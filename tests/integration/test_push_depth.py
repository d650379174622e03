"""A project over time: newer predictions, more articles, later pulls, against the real server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from annotation.labelstudio.accounts import ensure_account
from annotation.labelstudio.api.changes import titled
from annotation.labelstudio.api.client import ONCE, Connection
from annotation.labelstudio.managed.server import Server
from annotation.labelstudio.mirror import pushed_tasks
from annotation.labelstudio.predictions import shown_on_server
from annotation.labelstudio.project import overlap_of
from annotation.labelstudio.push import tasks_on_server
from annotation.progress import run_status
from annotation.projects import Pushed, run_push
from annotation.pulls import Taken, pull_project
from annotation.steps import run_collect, run_preannotate
from schemas.annotation import Arm, Prediction
from schemas.article import Passage
from schemas.errors import GateError
from schemas.jsonl import read, write
from schemas.ledger import Ledger, Reason, State, Unit
from schemas.workspace import Workspace

TEXTS = ("زار الوزير بكين.", "بحث الوفد ملف تايوان.", "ارتفعت الصادرات إلى الصين.", "خبر عن الطقس.")
TICK = {"type": "choices", "from_name": "issues", "to_name": "text"}


class Team:
    """A workspace with a project, and what people do in it."""

    def __init__(self, workspace: Workspace, connection: Connection, server: Server) -> None:
        self.workspace, self.connection, self.server = workspace, connection, server
        self.title = f"depth {uuid4().hex[:12]}"
        gazetteer = workspace.gazetteer_file
        known = [line for line in gazetteer.read_text("utf-8").splitlines() if '"GPE"' in line]
        gazetteer.write_text("\n".join(known[:100]) + "\n", encoding="utf-8")
        self.add(**{str(number): text for number, text in enumerate(TEXTS)})
        self.project = self.push().project

    def add(self, **texts: str) -> None:
        """Collect more articles and predict everything."""
        paths = [self.workspace.root / f"{name}.txt" for name in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            path.write_text(text + "\n", encoding="utf-8")
        run_collect(self.workspace, paths, Ledger())
        run_preannotate(self.workspace)

    def push(self, **options: Any) -> Pushed:
        """Push; the ledger must close."""
        chosen = {"blind": 0.0, **options}
        ledger = Ledger()
        done = run_push(self.workspace, self.connection, ledger, title=self.title, **chosen)
        ledger.check()
        return done

    def pull(self, **options: Any) -> tuple[Taken, Ledger]:
        """Pull; the ledger must close."""
        ledger = Ledger()
        taken = pull_project(self.workspace, self.connection, ledger, title=self.title, **options)
        ledger.check()
        return taken, ledger

    def task(self, number: int) -> int:
        """Return the task of a passage."""
        assert self.project is not None
        return tasks_on_server(self.connection, self.project)[self.passage(number).id][0][0]

    def passage(self, number: int) -> Passage:
        """Return the passage of an article."""
        return next(p for p in self.workspace.passages() if p.text.startswith(TEXTS[number]))

    def annotate(self, number: int, who: str = "layla", **more: Any) -> int:
        """Tick one issue as an annotator; return the annotation's number on the server."""
        token = ensure_account(self.server, self.connection, who).token
        client = Connection(self.server.url, token).client
        result = [{**TICK, "value": {"choices": ["taiwan"]}}]
        made = client.annotations.create(
            id=self.task(number), result=result, request_options=ONCE, **more
        )
        assert made.id is not None
        return made.id

    def predict(self, model: str, name: str = "fast") -> None:
        """Write predictions of another model."""
        rules = self.workspace.predictions("rules").values()
        write(
            self.workspace.predictions_dir / f"{name}.jsonl",
            [Prediction(**{**dict(p), "model": model, "spans": ()}) for p in rules],
        )

    def shown(self, number: int) -> dict[str, int]:
        """Return model → predictions that a passage's task holds."""
        assert self.project is not None
        return dict(shown_on_server(self.connection, self.project)[self.task(number)].models)

    def model_version(self) -> str | None:
        """Return the one model whose predictions the label stream shows."""
        assert self.project is not None
        return self.connection.client.projects.get(id=self.project.id).model_version


@pytest.fixture
def team(workspace: Workspace, connection: Connection, server: Server) -> Team:
    """A team with four passages in a project of its own."""
    return Team(workspace, connection, server)


def _raw(team: Team, number: int) -> list[Any]:
    task = team.connection.client.tasks.get(id=str(team.task(number)))
    return [{k: v for k, v in a.items() if k != "created_ago"} for a in task.annotations or []]


def test_a_newer_model_reaches_tasks_that_wait_and_leaves_annotations_alone(team: Team) -> None:
    rules = team.model_version()
    team.annotate(0)
    team.annotate(1, "layla")
    team.annotate(1, "omar")
    before = [_raw(team, number) for number in range(2)]
    team.predict("fast-1")
    done = team.push(predictions="fast")
    assert done.predictions is not None
    assert (done.made, len(done.predictions.new), done.predictions.finished) == (0, 3, 1)
    assert [team.shown(n) for n in range(4)] == [
        {rules: 1, "fast-1": 1},
        {rules: 1},  # two annotators are done with it
        {rules: 1, "fast-1": 1},
        {rules: 1, "fast-1": 1},
    ]
    assert team.model_version() == "fast-1"
    assert [_raw(team, number) for number in range(2)] == before
    again = team.push(predictions="fast")
    assert again.predictions is not None
    assert (again.predictions.new, again.predictions.held) == ((), 3)


def test_new_passages_come_with_the_model_that_the_project_shows(team: Team) -> None:
    gazetteer = team.workspace.gazetteer_file
    lines = gazetteer.read_text(encoding="utf-8").splitlines()
    gazetteer.write_text("\n".join(lines[:50]) + "\n", encoding="utf-8")
    team.add(later="خبر آخر عن واشنطن.")
    done = team.push()
    assert done.predictions is not None
    assert (done.made, len(done.predictions.new)) == (1, 4)
    # Without that the new task would be shown without any prediction.
    assert team.model_version() == done.predictions.model


def test_a_blind_passage_stays_blind_whatever_is_pushed_later(
    workspace: Workspace, connection: Connection, server: Server
) -> None:
    team = Team(workspace, connection, server)
    team.title = f"blind {uuid4().hex[:12]}"
    team.project = team.push(blind=1.0).project
    team.add(later="خبر آخر عن واشنطن.")
    done = team.push()
    assert done.project is not None
    assert done.made == 1
    arms = [task.arm for task in pushed_tasks(workspace, done.project)]
    assert sorted(arms) == [Arm.ASSISTED, *[Arm.BLIND] * 4]


def test_other_predictions_under_a_known_name_are_refused_before_anything_is_sent(
    team: Team,
) -> None:
    team.predict("fast-1")
    team.push(predictions="fast")
    team.predict("fast-1", name="other")
    file = team.workspace.predictions_dir / "other.jsonl"
    first, *others = read(file, Prediction)
    write(file, [first.model_copy(update={"issues": dict.fromkeys(first.issues, 0.5)}), *others])
    with pytest.raises(GateError, match=f"{first.passage_id} was sent with another prediction"):
        team.push(predictions="other")
    assert team.shown(0)["fast-1"] == 1


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(team: Team) -> None:
    team.predict("fast-1")
    done = team.push(predictions="fast", overlap=3, dry_run=True)
    assert done.predictions is not None
    assert (len(done.predictions.new), done.overlap) == (4, (2, 3))
    assert team.shown(0).keys() == {team.model_version()}
    assert done.project is not None
    assert overlap_of(team.connection, done.project) == 2


def test_more_annotators_may_be_asked_for_later(team: Team) -> None:
    team.annotate(0)
    assert team.push(overlap=3).overlap == (2, 3)
    assert team.push().overlap is None
    found = run_status(team.workspace, team.connection, title=team.title)
    assert (found.overlap, found.done, found.wanted) == (3, 1, 12)
    task = team.connection.client.tasks.get(id=str(team.task(1)))
    assert task.overlap == 3


def test_an_incremental_pull_gives_what_a_whole_one_gives(team: Team) -> None:
    first, _ = team.pull(incremental=True)
    assert (first.whole, first.pulled.new) == (True, 0)
    kept = team.annotate(0)
    gone = team.annotate(1)
    skipped = team.annotate(2)
    second, _ = team.pull(incremental=True)
    assert (second.whole, second.pulled.new) == (False, 3)
    annotations = team.connection.client.annotations
    result = [{**TICK, "value": {"choices": ["climate"]}}]
    annotations.update(id=kept, result=result, request_options=ONCE)
    annotations.delete(id=gone, request_options=ONCE)
    annotations.update(id=skipped, was_cancelled=True, request_options=ONCE)
    team.annotate(3)
    third, ledger = team.pull(incremental=True)
    done = third.pulled
    assert (third.whole, done.new, done.changed, done.withdrawn) == (False, 1, 1, 2)
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.DELETED_ON_SERVER] == 1
    fourth, _ = team.pull()
    assert fourth.whole
    assert (fourth.pulled.new, fourth.pulled.changed, fourth.pulled.withdrawn) == (0, 0, 0)
    assert {a.passage_id for a in team.workspace.annotations()} == {
        team.passage(0).id,
        team.passage(3).id,
    }


def test_views_of_pulls_that_were_killed_are_removed_and_those_of_others_are_not(
    team: Team,
) -> None:
    assert team.project is not None
    views, project = team.connection.client.views, team.project.id
    killed, running, people = (
        titled(datetime(2020, 1, 1, tzinfo=UTC)),
        titled(datetime.now(UTC)),
        "x",
    )
    for title in (killed, running, people):
        views.create(project=project, data={"title": title}, request_options=ONCE)
    team.annotate(0)
    run_status(team.workspace, team.connection, title=team.title)
    left = [view.data["title"] for view in views.list(project=project)]
    assert sorted(left) == sorted([running, "x"])


def test_a_deletion_is_found_once_and_stays_withdrawn(team: Team) -> None:
    gone = team.annotate(0)
    team.pull()
    team.connection.client.annotations.delete(id=gone, request_options=ONCE)
    found = [team.pull()[0].pulled.withdrawn for _ in range(2)]
    assert found == [1, 0]
    assert team.workspace.annotations() == []


def test_many_deletions_at_once_must_be_accepted(team: Team) -> None:
    numbers = [team.annotate(n, who) for n in range(3) for who in ("layla", "omar")]
    team.pull()
    before = team.workspace.annotations()
    for number in numbers:
        team.connection.client.annotations.delete(id=number, request_options=ONCE)
    for incremental in (False, True):
        with pytest.raises(GateError, match="does not hold 6 of the 6 annotations"):
            team.pull(incremental=incremental)
        assert team.workspace.annotations() == before
    assert team.pull(accept_deletions=True)[0].pulled.withdrawn == 6
    assert team.workspace.annotations() == []


def test_a_task_that_is_gone_is_missed_and_its_annotations_stay(team: Team) -> None:
    team.annotate(0)
    team.pull()
    team.connection.client.tasks.delete(id=str(team.task(0)), request_options=ONCE)
    taken, ledger = team.pull()
    assert ledger.defects() == {Reason.TASK_LOST: 1}
    assert taken.pulled.withdrawn == 0
    assert len(team.workspace.annotations()) == 1
    assert team.push().made == 1
    assert team.pull()[1].defects() == {}


def test_a_pull_leaves_no_tab_behind(team: Team) -> None:
    team.annotate(0)
    team.pull()
    team.pull(incremental=True)
    run_status(team.workspace, team.connection, title=team.title)
    assert team.project is not None
    assert list(team.connection.client.views.list(project=team.project.id)) == []


def test_status_counts_people_skips_drafts_and_what_is_left(team: Team) -> None:
    team.annotate(0, "layla", lead_time=12.0)
    team.annotate(0, "omar", lead_time=20.0)
    team.annotate(1, "layla", lead_time=14.0)
    team.annotate(2, "omar", was_cancelled=True)
    found = run_status(team.workspace, team.connection, title=team.title)
    assert (found.done, found.wanted, found.by_count) == (3, 8, {"0": 2, "1": 1, "2": 1})
    assert {a.annotator: (a.annotations, a.skipped, a.median_s) for a in found.annotators} == {
        "layla": (2, 0, 13.0),
        "omar": (1, 1, 20.0),
    }
