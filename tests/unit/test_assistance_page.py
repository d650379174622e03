"""The page on pre-annotation, and the commands on annotators."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from annotation.steps import run_collect
from eval.cli import app
from eval.conclude import CASES, MEASURES, of_assistance
from eval.render import render_assistance
from eval.steps import run_agreement, run_assistance, run_quality, run_report
from eval.sway import CASES as COUNTED
from schemas.annotation import Annotation, Arm
from schemas.jsonl import write
from schemas.ledger import Ledger
from schemas.migration import Review
from schemas.pushed import TASKS_FILE, PushedTask
from schemas.report import AssistanceReport, Estimate
from schemas.workspace import Workspace
from tests.conftest import CORPUS
from tests.simulation import (
    Skill,
    annotations,
    make_world,
    predictions,
    texts,
    work,
)

MACHINE = Skill(miss=0.3, alarm=0.05, span_miss=0.2, span_alarm=0.1)
TEAM = {name: Skill(anchor=0.6, faster=0.5) for name in ("muna", "samir", "<b>huda")}


def campaign(space: Workspace, *, assisted: bool = True) -> list[Annotation]:
    """Fill a workspace with articles, predictions and annotations of both arms."""
    codebook, raw = space.codebook(), space.root / "raw"
    raw.mkdir()
    for number, text in enumerate(texts(12, 4, seed=3)):
        (raw / f"{number:02}.txt").write_text(text, encoding="utf-8")
    run_collect(space, [raw], Ledger())
    passages = space.passages()
    world = make_world(
        codebook.issue_ids, codebook.entity_ids, [p.article_id for p in passages], MACHINE, seed=3
    )
    arm = (np.arange(len(passages)) % 2 == 0) & assisted
    done = work(world, TEAM, arm)
    found = annotations(world, passages, done, arm, model="m", codebook=codebook.hash)
    write(space.predictions_dir / "rules.jsonl", predictions(world, passages, model="m"))
    write(space.annotations_dir / "pull-0001.jsonl", found)
    return found


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> AssistanceReport:
    space = Workspace(tmp_path_factory.mktemp("ws"))
    space.codebook_file.write_bytes((CORPUS / "codebook.yaml").read_bytes())
    campaign(space)
    return run_assistance(space, frozenset())


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_everything_that_is_counted_has_its_words(report: AssistanceReport) -> None:
    assert tuple(CASES) == COUNTED == tuple(report.sway)
    assert tuple(MEASURES) == tuple(report.measures)


def test_the_page_shows_every_sentence_and_every_label_and_loads_nothing(
    report: AssistanceReport,
) -> None:
    page = render_assistance(report)
    for name in report.names.values():
        assert f'<bdi class="ar" lang="ar" dir="rtl">{name["ar"]}</bdi>' in page
    assert page.count("<li>") == len(report.conclusions)
    assert "default-src 'none'" in page
    assert not [tag for tag in ("<script", "<img", "<link", "src=", "href=") if tag in page]
    assert "<b>huda" not in page
    assert "&lt;b&gt;huda" in page


def test_the_page_of_small_numbers_has_dashes_and_no_crash(workspace: Workspace) -> None:
    few = campaign(workspace)[:2]
    write(workspace.annotations_dir / "pull-0001.jsonl", few)
    page = render_assistance(run_assistance(workspace, frozenset()))
    assert '<span class="none">–</span>' in page
    assert "<em>few</em>" in page


@pytest.mark.parametrize(
    ("low", "high", "sentence"),
    [
        (0.1, 0.2, "Annotators agree more with predictions in sight (alpha"),
        (-0.2, -0.1, "Annotators agree less with predictions in sight (alpha"),
        (-0.1, 0.1, "Whether predictions change how far annotators agree cannot be concluded"),
        (None, None, "Whether predictions change how far annotators agree cannot be concluded"),
    ],
)
def test_agreement_is_said_to_differ_where_its_interval_leaves_out_zero(
    report: AssistanceReport, low: float | None, high: float | None, sentence: str
) -> None:
    alpha = report.measures["alpha"]
    change = Estimate(value=0.0, low=low, high=high)
    measures = report.measures | {"alpha": alpha.model_copy(update={"change": change})}
    found = of_assistance(report.model_copy(update={"measures": measures}))
    assert sum(text.startswith(sentence) for text in found) == 1


@pytest.mark.parametrize(
    ("low", "high", "sentence"),
    [
        (0.1, 0.2, "mark a span exactly as predicted more often than the others: "),
        (-0.2, -0.1, "mark a span exactly as predicted less often than the others: "),
        (-0.1, 0.1, "more or less often than the others cannot be concluded: "),
        (None, None, "points, without an interval"),
    ],
)
def test_sway_is_said_to_be_there_where_its_interval_leaves_out_zero(
    report: AssistanceReport, low: float | None, high: float | None, sentence: str
) -> None:
    spans = report.sway["spans"]
    change = Estimate(value=0.0, low=low, high=high)
    sway = report.sway | {"spans": spans.model_copy(update={"change": change})}
    found = of_assistance(report.model_copy(update={"sway": sway}))
    assert sentence in found[1]


def test_assistance_prints_for_people_and_for_programs(
    workspace: Workspace, tmp_path: Path
) -> None:
    campaign(workspace)
    out = tmp_path / "page.html"
    result = run("assistance", "-w", workspace.root, "--json", "--out", out)
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert data["sway"]["spans"]["change"]["low"] > 0
    assert json.loads(out.with_suffix(".json").read_text(encoding="utf-8")) == data
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    for words in ("answers as predicted, of", "- Annotators who saw", "miyar eval annotators"):
        assert words in result.stderr


def test_assistance_can_compare_with_predictions_of_one_s_own(
    workspace: Workspace, tmp_path: Path
) -> None:
    campaign(workspace)
    given = list(workspace.predictions("rules").values())
    path = tmp_path / "other.jsonl"
    write(path, [p.model_copy(update={"model": "other"}) for p in given])
    result = run("assistance", "-w", workspace.root, "--json", "--predictions", path)
    data = json.loads(result.stdout)
    assert data["model"] == "other"
    assert data["arms"]["assisted"]["without_prediction"] == data["arms"]["assisted"]["annotations"]


def test_what_was_sent_counts_more_than_what_the_workspace_predicts_now(
    workspace: Workspace,
) -> None:
    campaign(workspace)
    before = run_assistance(workspace, frozenset())
    sent = list(workspace.predictions("rules").values())
    write(workspace.shown_dir / "m.jsonl", sent)
    write(
        workspace.predictions_dir / "rules.jsonl",
        [p.model_copy(update={"present": (), "spans": ()}) for p in sent],
    )
    assert run_assistance(workspace, frozenset()) == before


def test_a_page_that_ends_in_json_is_refused_before_anything_is_read(
    workspace: Workspace, tmp_path: Path
) -> None:
    result = run("assistance", "-w", workspace.root, "--out", tmp_path / "page.json")
    assert "the page needs another suffix" in str(result.exception)


def test_without_an_assisted_arm_the_command_says_so_and_shows_no_table(
    workspace: Workspace,
) -> None:
    campaign(workspace, assisted=False)
    result = run("assistance", "-w", workspace.root)
    assert result.exit_code == 0
    assert "nothing can be said of pre-annotation" in result.stderr
    assert "answers as predicted" not in result.stderr


def test_annotators_prints_for_people_and_for_programs(workspace: Workspace) -> None:
    given = campaign(workspace)
    result = run("annotators", "-w", workspace.root, "--json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert set(data["annotators"]) == set(TEAM)
    assert data["annotators"]["muna"]["skipped"] is None
    for words in ("sensitivity", "spans: F1", "precision/recall of positives", "--arm blind"):
        assert words in result.stderr
    alone = json.loads(run("annotators", "-w", workspace.root, "--arm", "blind", "--json").stdout)
    blind = [a for a in given if a.arm is Arm.BLIND]
    assert sum(one["annotations"] for one in alone["annotators"].values()) == len(blind)


def test_the_adjudicator_is_no_annotator(workspace: Workspace) -> None:
    campaign(workspace)
    result = run("annotators", "-w", workspace.root, "--adjudicator", "muna", "--json")
    data = json.loads(result.stdout)
    assert set(data["annotators"]) == set(TEAM) - {"muna"}
    assert data["decided_by"]["adjudicated"] > 0


def test_agreement_says_how_many_annotations_began_from_a_prediction(workspace: Workspace) -> None:
    given = campaign(workspace)
    result = run("agreement", "-w", workspace.root, "--json")
    data = json.loads(result.stdout)
    assisted = sum(a.arm is Arm.ASSISTED for a in given)
    assert data["assisted"] == assisted
    assert f"{assisted} of these {len(given)} annotations began from a prediction" in result.stderr
    assert "alpha over all issues" in result.stderr
    alone = run("agreement", "-w", workspace.root, "--arm", "blind", "--json")
    assert json.loads(alone.stdout)["arm"] == "blind"
    assert json.loads(alone.stdout)["assisted"] == 0
    assert "began from a prediction" not in alone.stderr


def test_the_arm_that_was_pushed_is_read_from_what_the_pushes_told(workspace: Workspace) -> None:
    given = campaign(workspace)
    assert workspace.pushed_arms() is None
    assert run_assistance(workspace, frozenset()).by_choice is None
    passages = sorted({a.passage_id for a in given})
    tasks = [
        PushedTask(passage_id=passage, task_id=n, arm=Arm.ASSISTED, models=("m",))
        for n, passage in enumerate(passages)
    ]
    folder = workspace.label_studio_dir
    write(folder / "project-1" / TASKS_FILE, tasks)
    blind = sum(a.arm is Arm.BLIND for a in given)
    report = run_assistance(workspace, frozenset())
    assert (report.by_choice, report.mixed) == (blind, 0)
    assert f"<dd>{blind} annotations</dd>" in render_assistance(report)
    # In another project the first one was pushed without: then nobody knows which it was.
    write(folder / "project-2" / TASKS_FILE, [tasks[0].model_copy(update={"arm": Arm.BLIND})])
    arms = workspace.pushed_arms()
    assert arms is not None
    assert set(arms) == set(passages[1:])


def test_types_from_after_an_annotation_are_left_out_of_all_reports(workspace: Workspace) -> None:
    given = campaign(workspace)
    codebook = workspace.codebook()
    label = codebook.entity_ids[0]
    reviews = [
        Review(
            passage_id=a.passage_id,
            annotator=a.annotator,
            annotation=a.id,
            migrated_from="before",
            unread=(label,),
        )
        for a in given
        if a.annotator == "muna"
    ]
    write(workspace.annotations_dir / "pull-0001.review.jsonl", reviews)
    assert run_agreement(workspace, frozenset()).unread == len(reviews)
    assert run_assistance(workspace, frozenset()).unread == len(reviews)
    found = run_quality(workspace, frozenset())
    assert found.unread == len(reviews)
    assert label not in found.annotators["muna"].spans_per_label
    assert label in found.annotators["samir"].spans_per_label
    gold, out = workspace.root / "gold.jsonl", workspace.root / "page.html"
    row = {"id": given[0].passage_id, "text": "نص", "issues": [codebook.issue_ids[0]]}
    gold.write_text(json.dumps(row) + "\n", encoding="utf-8")
    page = run_report(
        gold,
        None,
        [("rules", workspace.predictions_dir / "rules.jsonl")],
        workspace=workspace,
        adjudicators=frozenset(),
        title="t",
        notes="",
        out=out,
    )
    assert page.agreement is not None
    assert page.agreement.unread == len(reviews)
    assert f"{len(reviews)} annotations say nothing about some entity type" in out.read_text(
        "utf-8"
    )
