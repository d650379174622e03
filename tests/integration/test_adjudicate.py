"""Disputes to an adjudicator and decisions back, against the real server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from annotation.adjudication import PushedDisputes, run_adjudicate_push
from annotation.cli import app
from annotation.decisions import PulledDecisions, run_adjudicate_pull
from annotation.labelstudio.accounts import ensure_account
from annotation.labelstudio.api.client import ONCE, Connection, client_for
from annotation.labelstudio.api.listing import MARK
from annotation.labelstudio.managed.server import Server
from annotation.labelstudio.project import Project
from annotation.labelstudio.push import tasks_on_server
from annotation.projects import run_push
from annotation.pulls import pull_project
from annotation.steps import run_build, run_collect
from schemas.annotation import Annotation, Arm, Judgement, Why
from schemas.dispute import Dispute, DisputeState
from schemas.errors import GateError, MiyarError
from schemas.gold import DecidedBy, GoldRecord
from schemas.jsonl import write
from schemas.ledger import Ledger, Reason, State, Unit
from schemas.workspace import Workspace
from tests.conftest import CORPUS

ADJ = frozenset({"adj"})
TEXTS = {
    "tie.txt": "قال الوزير إن بلاده بحثت ملف تايوان في بكين يوم الثلاثاء.\n",
    "bounds.txt": "وصل وفد من وزارة التجارة الأمريكية لبحث الرسوم الجمركية.\n",
    "agreed.txt": "أعلنت الشركة نتائجها السنوية في مؤتمر صحفي عقدته أمس.\n",
}
Json = dict[str, Any]


def ticks(name: str, *ids: str) -> Json:
    return {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [*ids]}}


def region(text: str, word: str, label: str) -> Json:
    start = text.index(word)
    value = {"start": start, "end": start + len(word), "text": word, "labels": [label]}
    return {
        "id": uuid4().hex[:10],
        "from_name": "entities",
        "to_name": "text",
        "type": "labels",
        "value": value,
    }


@dataclass
class Desk:
    """A workspace with its two projects, and people who answer in them."""

    workspace: Workspace
    server: Server
    connection: Connection
    project: Project
    title: str
    """Of the adjudication project."""
    target: Project | None = None
    """The adjudication project, after the first push."""
    pushed: PushedDisputes | None = None
    """What the last push found."""
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    """(annotator, word) → number of the answer on the server."""

    def passage(self, word: str) -> tuple[str, str]:
        """Return id and text of the passage with a word."""
        found = next(p for p in self.workspace.passages() if word in p.text)
        return found.id, found.text

    def task(self, key: str, project: Project | None = None) -> int:
        """Return the id of the only task with a key; in the adjudication project unless told."""
        where = project or self.target
        assert where is not None
        ((number, _),) = tasks_on_server(self.connection, where, [key])[key]
        return number

    def client(self, who: str) -> Any:
        token = ensure_account(self.server, self.connection, who).token
        return client_for(self.server.url, token)

    def answer(self, who: str, word: str, issues: Sequence[str], *words: tuple[str, str]) -> None:
        """Submit an annotator's answer."""
        key, text = self.passage(word)
        result = [ticks("issues", *issues), *(region(text, *w) for w in words)]
        task = self.task(key, self.project)
        made = self.client(who).annotations.create(id=task, result=result, request_options=ONCE)
        self.numbers[who, word] = int(made.id)

    def decide(
        self, who: str, word: str, issues: Sequence[str], *words: tuple[str, str], why: Why
    ) -> Dispute:
        """Submit an adjudicator's answer to the dispute about a passage; return that."""
        _, text = self.passage(word)
        dispute = self.dispute(word)
        result = [ticks("issues", *issues), ticks("why", why), *(region(text, *w) for w in words)]
        task = self.task(dispute.key)
        self.client(who).annotations.create(id=task, result=result, request_options=ONCE)
        return dispute

    def dispute(self, word: str) -> Dispute:
        """Return the dispute about a passage as the last push found it."""
        assert self.pushed is not None
        key, _ = self.passage(word)
        return next(d for d in self.pushed.disputes if d.passage_id == key)

    def pull(self) -> None:
        ledger = Ledger()
        pull_project(self.workspace, self.connection, ledger, title=self.project.title)
        ledger.check()

    def push(self, **more: Any) -> tuple[PushedDisputes, Ledger]:
        ledger = Ledger()
        done = run_adjudicate_push(
            self.workspace, self.connection, ledger, adjudicators=ADJ, title=self.title, **more
        )
        ledger.check()
        self.pushed, self.target = done, done.project
        return done, ledger

    def take(self, **more: Any) -> tuple[PulledDecisions, Ledger]:
        ledger = Ledger()
        done = run_adjudicate_pull(
            self.workspace, self.connection, ledger, adjudicators=ADJ, title=self.title, **more
        )
        ledger.check()
        return done, ledger

    def gold(self, word: str) -> GoldRecord:
        records = run_build(self.workspace, ADJ, Ledger(), dry_run=True)
        key, _ = self.passage(word)
        return next(r for r in records if r.passage.id == key)


@pytest.fixture(scope="module")
def answered(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two annotators have answered three passages, and differ about two of them."""
    return make_desk(server, tmp_path_factory.mktemp("answered"), *TEXTS)


@pytest.fixture
def desk(answered: Desk, tmp_path: Path) -> Desk:
    """A copy of that workspace, with an adjudication project of its own."""
    root = tmp_path / "ws"
    shutil.copytree(answered.workspace.root, root)
    title = f"test {uuid4().hex[:8]} · adjudication"
    return replace(answered, workspace=Workspace(root), title=title)


def make_desk(server: Server, folder: Path, *files: str) -> Desk:
    workspace = Workspace(folder / "ws")
    raw = folder / "raw"
    raw.mkdir()
    workspace.root.mkdir()
    shutil.copy(CORPUS / "codebook.yaml", workspace.root / "codebook.yaml")
    for name in files:
        (raw / name).write_text(TEXTS[name], encoding="utf-8")
    run_collect(workspace, [raw], Ledger())
    connection = Connection(server.url, server.credentials().admin.token)
    name = f"test {uuid4().hex[:8]}"
    done = run_push(workspace, connection, Ledger(), title=name, overlap=2, blind=1.0)
    assert done.project is not None
    desk = Desk(workspace, server, connection, done.project, f"{name} · adjudication")
    desk.answer("a1", "تايوان", ["taiwan"], ("بكين", "GPE"))
    desk.answer("a2", "تايوان", ["taiwan", "diplomatic_channels"])
    if len(files) > 1:
        desk.answer("a1", "الجمركية", ["trade_economy"], ("وزارة التجارة الأمريكية", "ORG"))
        desk.answer("a2", "الجمركية", ["trade_economy"], ("وزارة التجارة", "ORG"))
        desk.answer("a1", "الشركة", ["none_of_these"])
        desk.answer("a2", "الشركة", ["none_of_these"])
    desk.pull()
    return desk


def by_annotator(desk: Desk, word: str) -> dict[str, Annotation]:
    key, _ = desk.passage(word)
    given = [a for a in desk.workspace.annotations() if a.passage_id == key and not a.decides]
    return {a.annotator: a for a in given}


def third_answer(desk: Desk, word: str) -> None:
    """Let a third annotator's answer be pulled."""
    record = by_annotator(desk, word)["a1"].model_copy(
        update={"id": str(uuid4()), "annotator": "a3", "spans": ()}
    )
    write(desk.workspace.annotations_dir / f"pull-{record.id}.jsonl", [record])


def import_strange_tasks(desk: Desk, like: Dispute) -> set[str]:
    """Import tasks that no push of this workspace made; return their keys."""
    data = desk.connection.client.tasks.get(id=str(desk.task(like.key))).data
    metas = {"": {}, "elsewhere#0123": {MARK: {"push": "x"}}, f"{like.passage_id}#0123": {}}
    tasks = [{"data": {**data, "ext_id": key}, "meta": meta} for key, meta in metas.items()]
    assert desk.target
    desk.connection.client.projects.import_tasks(id=desk.target.id, request=tasks)
    return set(metas)


def test_a_dispute_goes_to_an_adjudicator_and_comes_back_decided(desk: Desk) -> None:
    key, text = desk.passage("تايوان")
    before = desk.gold("تايوان")
    assert before.issues["diplomatic_channels"].decided_by is DecidedBy.UNDECIDED
    assert before.spans_complete is False

    done, ledger = desk.push()
    assert done.made == 2
    assert {d.passage_id for d in done.disputes} == {key, desk.passage("الجمركية")[0]}
    assert ledger.states[Unit.TASKS, State.ACCEPTED] == 2
    assert desk.push()[0].made == 0

    desk.decide("lead", "تايوان", ["taiwan"], ("بكين", "GPE"), why=Why.OVERLOOKED)
    found, ledger = desk.take()
    assert not ledger.defects()
    assert ledger.reasons[Unit.TASKS, State.PENDING, Reason.NOT_ANNOTATED] == 1
    (given,) = found.annotations
    answers = by_annotator(desk, "تايوان")
    assert (given.annotator, given.why) == ("lead", (Why.OVERLOOKED,))
    assert given.decides == (answers["a1"].id, answers["a2"].id)
    assert (found.pulled.new, found.stale, found.own) == (1, 0, 0)

    after = desk.gold("تايوان")
    decision = after.issues["diplomatic_channels"]
    assert (decision.judgement, decision.decided_by) == (Judgement.ABSENT, DecidedBy.ADJUDICATED)
    assert decision.annotations == (answers["a1"].id, answers["a2"].id, given.id)
    assert [(text[s.start : s.end], s.decided_by) for s in after.spans] == [
        ("بكين", DecidedBy.ADJUDICATED)
    ]
    (ruling,) = after.rulings or ()
    assert (ruling.annotation, ruling.decides, ruling.why) == (given.id, given.decides, given.why)
    again, _ = desk.take()
    assert (again.pulled.new, again.pulled.changed, again.pulled.unchanged) == (0, 0, 1)
    left = [d.passage_id for d in desk.push()[0].disputes if d.waits]
    assert left == [desk.passage("الجمركية")[0]]


def test_an_answer_that_changes_makes_the_decision_stale_and_the_dispute_new(
    server: Server, tmp_path: Path
) -> None:
    desk = make_desk(server, tmp_path, "tie.txt")
    desk.push()
    old = desk.decide("lead", "تايوان", ["taiwan"], why=Why.GUIDELINE)
    desk.take()
    assert desk.gold("تايوان").issues["diplomatic_channels"].decided_by is DecidedBy.ADJUDICATED

    desk.client("a1").annotations.update(
        id=desk.numbers["a1", "تايوان"],
        result=[ticks("issues", "taiwan", "climate")],
        request_options=ONCE,
    )
    desk.pull()
    assert desk.gold("تايوان").issues["diplomatic_channels"].decided_by is DecidedBy.UNDECIDED
    found, ledger = desk.take()
    assert found.stale == 1
    assert ledger.reasons[Unit.ADJUDICATIONS, State.PENDING, Reason.STALE_ADJUDICATION] == 1

    done, _ = desk.push()
    dispute = desk.dispute("تايوان")
    assert (done.made, dispute.state) == (1, DisputeState.STALE)
    assert dispute.key != old.key
    task = desk.connection.client.tasks.get(id=str(desk.task(dispute.key)))
    assert {p.model_version for p in task.predictions} == {
        "merged",
        "annotator:a1",
        "annotator:a2",
        "adjudicator:lead",
    }
    desk.decide("lead", "تايوان", ["taiwan", "climate"], why=Why.SLIP)
    found, ledger = desk.take()
    assert (len(found.annotations), found.stale) == (2, 1)
    assert not ledger.defects()
    record = desk.gold("تايوان")
    assert record.issues["climate"].judgement is Judgement.PRESENT
    assert [ruling.why for ruling in record.rulings or ()] == [(Why.SLIP,)]


def test_tasks_on_older_answers_are_removed_only_when_nobody_began_them(desk: Desk) -> None:
    assert desk.push()[0].outdated == 0
    answered = desk.decide("lead", "تايوان", ["taiwan"], why=Why.OTHER)
    untouched = desk.dispute("الجمركية")
    strange = import_strange_tasks(desk, untouched)
    third_answer(desk, "تايوان")
    third_answer(desk, "الجمركية")
    assert desk.push(dry_run=True)[0].outdated == 2
    done, _ = desk.push(remove_outdated=True)
    assert (done.outdated, done.removed) == (2, 1)
    assert done.project is not None
    held = tasks_on_server(desk.connection, done.project)
    assert {answered.key, *strange} <= held.keys()
    assert untouched.key not in held


def test_the_task_holds_each_answer_and_begins_with_the_merged_one(desk: Desk) -> None:
    done, _ = desk.push(anonymous=True)
    assert done.project is not None
    held = desk.connection.client.projects.get(id=done.project.id)
    assert held.model_version == "merged"
    assert held.show_collab_predictions is True
    _, text = desk.passage("تايوان")
    dispute = desk.dispute("تايوان")
    task = desk.connection.client.tasks.get(id=str(desk.task(dispute.key)))
    assert task.data["text"] == text
    assert sorted(task.data["decides"]) == sorted(dispute.decides)
    assert {p.model_version for p in task.predictions} == {"merged", "annotator:A", "annotator:B"}
    assert "a1" not in task.data["note"]


def test_a_pull_of_the_annotators_project_never_takes_adjudications_for_answers(
    desk: Desk,
) -> None:
    desk.push()
    desk.decide("lead", "تايوان", ["taiwan"], why=Why.SLIP)
    before = {a.id for a in desk.workspace.annotations()}
    with pytest.raises(GateError, match="another label config"):
        pull_project(desk.workspace, desk.connection, Ledger(), title=desk.title)
    desk.pull()
    assert {a.id for a in desk.workspace.annotations()} == before


def test_arm_and_parent_say_from_which_tab_a_decision_began(desk: Desk) -> None:
    _, text = desk.passage("تايوان")
    desk.push()
    dispute = desk.dispute("تايوان")
    number, client = desk.task(dispute.key), desk.client("lead")
    shown = client.tasks.get(id=str(number)).predictions
    merged = next(p for p in shown if p.model_version == "merged")
    result = [*merged.result, ticks("why", "overlooked")]
    client.annotations.create(
        id=number, result=result, parent_prediction=merged.id, request_options=ONCE
    )
    (given,) = desk.take()[0].annotations
    assert (given.arm, given.parent_prediction) == (Arm.ASSISTED, "merged")
    assert given.issues == dispute.proposed
    assert [text[s.start : s.end] for s in given.spans] == ["بكين"]


def test_who_decides_the_own_dispute_is_remarked_and_a_deleted_decision_is_withdrawn(
    desk: Desk,
) -> None:
    desk.push()
    dispute = desk.decide("a1", "تايوان", ["taiwan"], why=Why.SLIP)
    found, ledger = desk.take()
    assert found.own == 1
    assert ledger.reasons[Unit.ADJUDICATIONS, State.ACCEPTED, Reason.OWN_DISPUTE] == 1
    decision = desk.gold("تايوان").issues["diplomatic_channels"]
    assert (decision.judgement, len(decision.annotations)) == (Judgement.ABSENT, 3)

    task = desk.connection.client.tasks.get(id=str(desk.task(dispute.key)))
    (made,) = task.annotations
    desk.connection.client.annotations.delete(id=made["id"], request_options=ONCE)
    found, ledger = desk.take()
    assert found.pulled.withdrawn == 1
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.DELETED_ON_SERVER] == 1
    assert desk.gold("تايوان").issues["diplomatic_channels"].decided_by is DecidedBy.UNDECIDED


def test_nothing_in_dispute_makes_no_project_and_a_pull_says_what_to_do(desk: Desk) -> None:
    for path in desk.workspace.annotation_files():
        path.unlink()
    done, _ = desk.push()
    assert (done.project, done.made) == (None, 0)
    with pytest.raises(MiyarError, match="adjudicate push"):
        desk.take()


def test_the_commands_push_tell_and_pull(desk: Desk, own_server: Server) -> None:
    words = ["--workspace", str(desk.workspace.root), "--project", desk.title, "--json"]

    def run(*command: str) -> Json:
        result = CliRunner().invoke(app, ["adjudicate", *command, *words])
        assert result.exit_code == 0, result.output
        found: Json = json.loads(result.stdout)
        return found

    dry = run("push", "--dry-run")
    assert (dry["project"], dry["new"], dry["made"]) == (None, 2, 0)
    assert {d["state"] for d in dry["disputes"]} == {"open"}
    assert run("push")["made"] == 2
    assert run("push")["held"] == 2
    assert run("status")["states"] == {"open": 2}
    desk.push(dry_run=True)
    desk.decide("lead", "تايوان", ["taiwan"], why=Why.SLIP)
    assert run("pull")["new"] == 1
    found = run("status")
    assert found["states"] == {"open": 1, "decided": 1}
    assert (found["tasks"], found["unpushed"], found["outdated"]) == (2, 0, 0)
    assert (found["by"], found["whys"]) == ({"lead": 1}, {"slip": 1})
