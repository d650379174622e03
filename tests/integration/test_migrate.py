"""A codebook changes in the middle of the work, against the real server: no decision is lost."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from annotation.adjudication import run_adjudicate_push
from annotation.carrying import Carried, run_carry
from annotation.labelstudio.accounts import ensure_account
from annotation.labelstudio.api.client import ONCE, Connection, client_for
from annotation.labelstudio.managed.server import Server
from annotation.labelstudio.project import Project
from annotation.labelstudio.push import Held, tasks_on_server
from annotation.labelstudio.tasks import annotation
from annotation.migration import Migration, run_migrate
from annotation.projects import default_title, run_push
from annotation.pulls import pull_project
from annotation.steps import run_build, run_collect, run_preannotate
from miyar.cli import app
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Origin
from schemas.dispute import DisputeState
from schemas.errors import GateError, RecordError
from schemas.gold import GoldRecord
from schemas.jsonl import write
from schemas.ledger import Ledger, Reason, State, Unit
from schemas.workspace import Workspace, archive_codebook
from tests.codebooks import NEW, NEW_TYPES, OLD, OLD_TYPES, PLAN, write_codebook

TEXTS = {
    "taiwan": "قال متحدث باسم الخارجية في بكين إن تايوان شأن داخلي، وعاد الوفد أمس.",
    "trade": "بحثت شركة سعدة في عمّان ملف الرسوم 😀 مع وزارة النماء، وتراجعت التجارة.",
    "rights": "انتقدت منظمة النور وضع الحقوق بعد مؤتمر جدة، ولم يصدر رد.",
    "climate": "لم يتفق الجانبان في جدة على خطة المناخ، ثم غادر الوزير.",
}
PRESENT, ABSENT = Judgement.PRESENT, Judgement.ABSENT
COMMENT = {"from_name": "comment", "to_name": "text", "type": "textarea"}


class Team:
    """A workspace with a project, and annotators who work in it through the API."""

    def __init__(self, root: Path, server: Server, connection: Connection) -> None:
        self.space = Workspace(root / f"ws{uuid4().hex[:10]}")
        self.connection = connection
        self.tasks: dict[int, Held] = {}
        self.space.root.mkdir()
        write_codebook(self.space.codebook_file, OLD, OLD_TYPES)
        raw = root / "raw"
        raw.mkdir()
        for name, text in TEXTS.items():
            (raw / f"{name}.txt").write_text(text, encoding="utf-8")
        run_collect(self.space, [raw], Ledger())
        texts = {passage.text: passage for passage in self.space.passages()}
        self.passages = {name: texts[text] for name, text in TEXTS.items()}

        self.tokens = {n: ensure_account(server, connection, n).token for n in ("a1", "a2")}

    def push(self) -> Project:
        run_preannotate(self.space)
        archive_codebook(self.space)
        done = run_push(self.space, self.connection, Ledger(), overlap=2, blind=0.0)
        assert done.project
        return done.project

    def task(self, project: Project, name: str) -> int:
        if project.id not in self.tasks:
            self.tasks[project.id] = tasks_on_server(self.connection, project)
        ((task, _),) = self.tasks[project.id][self.passages[name].id]
        return task

    def says(
        self,
        project: Project,
        who: str,
        name: str,
        present: tuple[str, ...] = (),
        spans: tuple[tuple[str, str], ...] = (),
        *,
        assisted: bool = False,
    ) -> str:
        """Submit an annotation as an annotator does; return its id."""
        passage, codebook = self.passages[name], self.space.codebook()
        places = [(passage.text.index(words), words, label) for words, label in spans]
        given = Annotation(
            id=str(uuid4()),
            passage_id=passage.id,
            annotator=who,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            lead_time_s=12.5,
            arm=Arm.BLIND,
            codebook=codebook.hash,
            issues={
                k: Judgement.PRESENT if k in present else Judgement.ABSENT
                for k in codebook.issue_ids
            },
            spans=tuple(
                AnnotatedSpan(start=at, end=at + len(words), label=label, origin=Origin.MANUAL)
                for at, words, label in sorted(places)
            ),
            comment="ملاحظة",
        )
        task = self.task(project, name)
        client, body = client_for(self.connection.url, self.tokens[who]), annotation(passage, given)
        if assisted:
            shown = client.tasks.get(id=str(task)).predictions
            body["parent_prediction"] = shown[0].id
        client.annotations.create(id=task, request_options=ONCE, **body)
        return given.id

    def pull(self) -> Ledger:
        ledger = Ledger()
        pull_project(self.space, self.connection, ledger)
        ledger.check()
        return ledger

    def change(self, issues: tuple[str, ...], types: tuple[str, ...], plan: str) -> Migration:
        """Change the codebook and migrate to it."""
        write_codebook(self.space.codebook_file, issues, types, version="2.0.0")
        file = self.space.root / "plan.yaml"
        file.write_text(plan, encoding="utf-8")
        ledger = Ledger()
        done = run_migrate(self.space, ledger, plan=file)
        ledger.check()
        return done

    def carry(self, title: str | None = None) -> tuple[Carried, Ledger]:
        run_preannotate(self.space)
        # Of a2 no token is known here, as on a server where people sign up by themselves.
        tokens, ledger = {"a1": self.tokens["a1"]}, Ledger()
        done = run_carry(self.space, self.connection, ledger, tokens=tokens, title=title, blind=0.0)
        ledger.check()
        return done, ledger

    def gold(self) -> tuple[dict[str, GoldRecord], Ledger]:
        ledger = Ledger()
        records = run_build(self.space, frozenset(["adj"]), ledger)
        names = {passage.id: name for name, passage in self.passages.items()}
        return {names[record.passage.id]: record for record in records}, ledger

    def files(self) -> dict[Path, bytes]:
        return {p: p.read_bytes() for p in self.space.annotations_dir.iterdir()}


@pytest.fixture
def team(tmp_path: Path, server: Server, connection: Connection) -> Team:
    return Team(tmp_path, server, connection)


def _annotate_everything(team: Team) -> Project:
    """Annotate under the old codebook, blind and assisted."""
    project = team.push()
    places = (("بكين", "GPE"),)
    for who, assisted in (("a1", True), ("a2", False)):
        team.says(project, who, "taiwan", ("taiwan",), places, assisted=assisted)
        spans = (("عمّان", "GPE"), ("شركة سعدة", "ORG"), ("وزارة النماء", "ORG"))
        team.says(project, who, "trade", ("trade",), spans[:2] if assisted else spans)
        team.says(project, who, "climate", ("climate",), (("جدة", "GPE"),), assisted=assisted)
    team.says(project, "a1", "rights", ("rights", "trade"), (("مؤتمر جدة", "EVENT"),))
    team.says(project, "a2", "rights", ("tariffs",), assisted=True)
    team.pull()
    return project


def shown(team: Team, project: Project, name: str) -> tuple[str, dict[str, list[dict]]]:
    """Return the note of a passage's task, and model → regions of its predictions."""
    found = team.connection.client.tasks.get(id=str(team.task(project, name)))
    return found.data["note"], {p.model_version: p.result for p in found.predictions}


def test_a_codebook_changes_and_no_decision_is_lost(team: Team) -> None:
    old_project = _annotate_everything(team)
    before = {a.id: a for a in team.space.annotations()}
    assert Counter(a.arm for a in before.values()) == {Arm.ASSISTED: 3, Arm.BLIND: 5}
    migration = team.change(NEW, NEW_TYPES, PLAN)
    assert (migration.new, len(migration.open)) == (8, 3)

    done, ledger = team.carry()
    project = done.pushed.project
    assert project
    assert project.id != old_project.id
    assert (len(done.sorted.whole), done.written, len(done.sorted.again)) == (5, 5, 3)
    assert ledger.states[Unit.ANNOTATIONS, State.ACCEPTED] == 5
    assert ledger.reasons[Unit.ANNOTATIONS, State.PENDING, Reason.TO_REVIEW] == 3
    assert (done.tasks, done.without_note) == (4, 0)
    _check_what_is_shown(team, project)

    # What comes back is what the workspace holds: arms, parents, times of work, origins.
    files = team.files()
    pulled = team.pull()
    assert team.files() == files
    assert pulled.states[Unit.ANNOTATIONS, State.ACCEPTED] == 2
    assert pulled.reasons[Unit.ANNOTATIONS, State.REPAIRED, Reason.EDITED_BY_OTHER] == 3
    migrated = {a.migrated_from: a for a in team.space.annotations() if a.migrated_from}
    assert {key: _origin(a) for key, a in migrated.items()} == {
        key: _origin(a) for key, a in before.items()
    }

    # A second run changes nothing, here and there.
    again, _ = team.carry()
    assert (again.tasks, again.written, again.without_note) == (0, 0, 0)
    assert again.pushed.predictions
    assert not again.pushed.predictions.new
    assert team.files() == files

    _look_again(team, project)
    assert not run_migrate(team.space, Ledger()).open
    third, ledger = team.carry()
    assert (third.written, len(third.sorted.again), len(third.sorted.superseded)) == (0, 0, 3)
    assert third.pushed.predictions
    assert not third.pushed.predictions.new
    records, ledger = team.gold()
    assert {name: record.present() for name, record in records.items()} == {
        "taiwan": ("taiwan_strait",),
        "trade": ("commerce",),
        "rights": ("commerce",),
        "climate": (),
    }
    assert [s.label for s in records["trade"].spans] == ["COMPANY", "PLACE", "AGENCY"]
    assert [s.label for s in records["climate"].spans] == ["PLACE"]
    reasons = Counter({r: n for (u, _, r), n in ledger.reasons.items() if u is Unit.ANNOTATIONS})
    assert reasons == {Reason.MIGRATED: 8, Reason.SUPERSEDED: 3}
    assert ledger.states[Unit.ANNOTATIONS, State.ACCEPTED] == 8
    assert not ledger.defects()
    # Nobody looked for weapons in what was carried over as it was.
    complete = {name for name, record in records.items() if record.spans_complete}
    assert complete == {"trade"}
    # The earlier project is as it was.
    assert len(tasks_on_server(team.connection, old_project)) == len(TEXTS)


def _origin(given: Annotation) -> tuple[object, ...]:
    return given.annotator, given.arm, given.parent_prediction, given.lead_time_s, given.comment


def _check_what_is_shown(team: Team, project: Project) -> None:
    """Check notes, predictions and the order of the label stream."""
    model = team.connection.client.projects.get(id=project.id).model_version
    text, predictions = shown(team, project, "rights")
    assert "قُسّمت قضية «الحقوق» إلى: «الأقليات»، «الصحافة»" in text
    assert list(predictions) == [model]
    (choices,) = [r["value"]["choices"] for r in predictions[model] if r["type"] == "choices"]
    assert choices == ["commerce"]
    text, predictions = shown(team, project, "trade")
    assert "«شركة سعدة» كان من نوع «منظمة»؛ حدّد نوعه الآن: «هيئة»، «شركة»." in text
    values = [r["value"] for r in predictions[model] if r["type"] == "labels"]
    assert {(value["text"], *value["labels"]) for value in values} == {("عمّان", "PLACE")}
    assert shown(team, project, "taiwan")[0] == ""
    http = client_for(team.connection.url, team.tokens["a1"])._client_wrapper.httpx_client
    answer = http.request(f"api/projects/{project.id}/next", method="GET").json()
    assert answer["data"]["ext_id"] in {team.passages[name].id for name in ("trade", "rights")}


def _look_again(team: Team, project: Project) -> None:
    """Answer what is open, as the annotators."""
    spans = (("عمّان", "PLACE"), ("شركة سعدة", "COMPANY"), ("وزارة النماء", "AGENCY"))
    for who in ("a1", "a2"):
        team.says(project, who, "trade", ("commerce",), spans, assisted=True)
    team.says(project, "a1", "rights", ("press", "commerce"), assisted=True)
    team.pull()


def test_an_added_issue_brings_everything_up_again(team: Team) -> None:
    project = team.push()
    team.says(project, "a1", "taiwan", ("taiwan",))
    team.says(project, "a1", "rights", ("rights",))
    team.says(project, "a2", "rights", ("trade",))
    team.pull()
    migration = team.change((*OLD, "space"), OLD_TYPES, "")
    assert len(migration.open) == 3
    done, ledger = team.carry()
    assert (done.written, len(done.sorted.again)) == (0, 3)
    assert ledger.reasons[Unit.ANNOTATIONS, State.PENDING, Reason.TO_REVIEW] == 3
    assert done.pushed.project
    text, predictions = shown(team, done.pushed.project, "rights")
    assert "قضية جديدة: «الفضاء»" in text
    assert "اختلفت الإجابات السابقة في: «التجارة»، «الحقوق»." in text
    (regions,) = predictions.values()
    assert [r["value"] for r in regions if r["type"] == "choices"] == []
    records, ledger = team.gold()
    assert {r.issues["space"].judgement for r in records.values()} == {Judgement.NOT_JUDGED}
    # The annotators look first, then the adjudicator.
    asked = run_adjudicate_push(
        team.space, team.connection, Ledger(), adjudicators=frozenset(), dry_run=True
    )
    assert [d.state for d in asked.disputes] == [DisputeState.TO_REVIEW]
    assert asked.plan.new == ()
    assert records["taiwan"].issues["taiwan"].judgement is PRESENT
    assert not ledger.defects()


@pytest.mark.usefixtures("own_server")
def test_what_is_on_the_server_already_is_respected(team: Team) -> None:
    project = team.push()
    team.says(project, "a1", "taiwan", ("taiwan",))
    team.says(project, "a1", "rights", ("rights",))
    team.says(project, "a2", "climate", ("climate",))
    team.pull()
    team.change(NEW, NEW_TYPES, PLAN)
    # Somebody pushes before the work is carried over, and an annotator begins anew.
    team.says(team.push(), "a1", "taiwan")
    done, ledger = team.carry()
    assert (done.written, done.without_note) == (1, 1)
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.SUPERSEDED] == 1
    assert ledger.states[Unit.ANNOTATIONS, State.ACCEPTED] == 1
    assert not ledger.defects()
    # Label Studio knows an id once, whatever the project.
    other = ["--project", f"other {uuid4().hex[:8]}", "--blind", "0", "--json"]
    told = CliRunner().invoke(app, ["annotation", "carry", "-w", str(team.space.root), *other])
    assert isinstance(told.exception, GateError)
    assert "1 not_carried" in str(told.exception)
    assert json.loads(told.stdout)["complete"] == 2


def test_a_plan_mended_after_carrying_is_not_undone_by_a_pull(team: Team) -> None:
    project = team.push()
    team.says(project, "a1", "taiwan", ("taiwan",))
    team.pull()
    issues = ("taiwan_strait", "commerce", *OLD[2:])
    wrong = "issues: [{rename: taiwan, to: commerce}, {rename: trade, to: taiwan_strait}]"
    right = "issues: [{rename: taiwan, to: taiwan_strait}, {rename: trade, to: commerce}]"
    team.change(issues, OLD_TYPES, wrong)
    assert team.carry()[0].written == 1
    assert team.change(issues, OLD_TYPES, right).changed == 1
    done, _ = team.carry()
    assert (done.written, done.outdated) == (0, 1)
    team.pull()
    (own,) = [a for a in team.space.annotations() if a.migrated_from]
    assert (own.issues["taiwan_strait"], own.issues["commerce"]) == (PRESENT, ABSENT)
    # What an annotator changes there afterwards does count.
    assert done.pushed.project
    task = team.connection.client.tasks.get(id=str(team.task(done.pushed.project, "taiwan")))
    (given,) = task.annotations
    result = [*given["result"], {**COMMENT, "value": {"text": ["رأي آخر"]}}]
    team.connection.client.annotations.update(id=given["id"], result=result, request_options=ONCE)
    team.pull()
    (own,) = [a for a in team.space.annotations() if a.migrated_from]
    assert own.issues["commerce"] is PRESENT


def test_an_annotator_without_an_account_stops_before_anything_is_made(team: Team) -> None:
    name, codebook = f"gone-{uuid4().hex[:6]}", team.space.codebook()
    given = Annotation(
        id=str(uuid4()),
        passage_id=team.passages["taiwan"].id,
        annotator=name,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        arm=Arm.BLIND,
        codebook=codebook.hash,
        issues=dict.fromkeys(codebook.issue_ids, Judgement.ABSENT),
        migrated_from="an-earlier-one",
    )
    write(team.space.annotations_dir / "pull-0001.migrated.jsonl", [given])
    run_preannotate(team.space)
    with pytest.raises(RecordError, match=f"{name}: no account on .*annotators add {name}"):
        run_carry(team.space, team.connection, Ledger(), tokens={}, blind=0.0)
    title = default_title(team.space, codebook)
    assert title not in {p.title for p in team.connection.client.projects.list()}
