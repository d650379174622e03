"""What the doctor finds in a workspace, and how the command says it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from annotation.steps import run_collect
from miyar.cli import app
from miyar.doctor import examine, installation, summary
from schemas.annotation import Annotation
from schemas.errors import GateError
from schemas.finding import Finding, Level
from schemas.jsonl import read, write
from schemas.ledger import Ledger
from schemas.workspace import Workspace

CORPUS = Path(__file__).parents[2] / "corpus"
NEWS = "أعلنت الوزارة في بيان نتائج الجولة الأولى من المحادثات بين الجانبين."


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A collected workspace with the shipped codebook and a small gazetteer."""
    shutil.copy(CORPUS / "codebook.yaml", tmp_path)
    first = (CORPUS / "gazetteer.jsonl").read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "gazetteer.jsonl").write_text(first + "\n", encoding="utf-8")
    (tmp_path / "news.txt").write_text(NEWS, encoding="utf-8")
    space = Workspace(tmp_path)
    run_collect(space, [tmp_path / "news.txt"], Ledger())
    return space


def _codes(space: Workspace, least: Level = Level.WARNING) -> list[str]:
    levels = list(Level)[: list(Level).index(least) + 1]
    return [finding.code for finding in examine(space) if finding.level in levels]


def test_a_sound_workspace_has_no_errors_and_no_warnings(workspace):
    assert _codes(workspace) == []


def test_the_sample_workspace_is_sound():
    findings = examine(Workspace(CORPUS))
    assert [f for f in findings if f.level is Level.ERROR] == []


def test_a_broken_codebook_is_the_one_finding(workspace):
    workspace.codebook_file.write_text("id: [", encoding="utf-8")
    (finding,) = examine(workspace)
    assert (finding.level, finding.code, finding.where) == (Level.ERROR, "unreadable", "codebook")


def test_a_gazetteer_that_cannot_be_read_does_not_hide_the_rest(workspace):
    workspace.gazetteer_file.write_text("{", encoding="utf-8")
    (workspace.root / ".collect-x").mkdir()
    assert set(_codes(workspace)) == {"unreadable", "unfinished"}


def test_passages_that_segmentation_would_not_cut_today_are_named(workspace):
    lines = workspace.passages_file.read_text(encoding="utf-8")
    workspace.passages_file.write_text("", encoding="utf-8")
    assert _codes(workspace) == ["stale_passages"]
    workspace.passages_file.write_text(lines, encoding="utf-8")
    assert _codes(workspace) == []


def test_annotations_of_another_codebook_or_of_no_passage_are_counted(workspace):
    shipped = read(CORPUS / "annotations" / "pull-0001.jsonl", Annotation)[:3]
    other = [shipped[0].model_copy(update={"codebook": "f" * 64}), *shipped[1:]]
    write(workspace.annotations_dir / "pull-0001.jsonl", other)
    found = {finding.code: finding.text for finding in examine(workspace)}
    assert found["other_codebook"].startswith("1 of 3 ")
    assert found["unknown_passage"].startswith("3 of 3 ")


def test_a_codebook_is_told_of_examples_that_its_own_cues_contradict(workspace):
    text = workspace.codebook_file.read_text(encoding="utf-8")
    start = text.index("examples:")
    workspace.codebook_file.write_text(
        text[:start] + text[start:].replace("present: true", "present: false", 1), encoding="utf-8"
    )
    before = _codes(Workspace(CORPUS), Level.NOTE).count("example_against_cues")
    assert _codes(workspace, Level.NOTE).count("example_against_cues") == before + 1


def test_the_command_ends_with_3_when_there_are_errors_and_0_otherwise(workspace):
    runner = CliRunner()
    good = runner.invoke(app, ["doctor", "--workspace", str(workspace.root), "--json"])
    assert good.exit_code == 0
    assert {finding["level"] for finding in json.loads(good.stdout)["findings"]} <= {"note"}
    assert json.loads(good.stdout)["installation"]["python"]
    entry = workspace.gazetteer_file.read_text(encoding="utf-8")
    workspace.gazetteer_file.write_text(entry * 2, encoding="utf-8")
    bad = runner.invoke(app, ["doctor", "--workspace", str(workspace.root)])
    assert isinstance(bad.exception, GateError)
    assert bad.exception.exit_code == 3


def test_notes_are_shown_in_part_unless_all_are_asked_for():
    notes = [
        Finding(level=Level.NOTE, code="short_form", where=f"entry {n}", text="short.")
        for n in range(5)
    ]
    lines = list(summary(notes, shown=2))
    assert lines[:2] == ["note: entry 0: short.", "note: entry 1: short."]
    assert "3 more of short_form" in lines[2]
    assert len(list(summary(notes, shown=5))) == 5


def test_the_installation_names_the_packages_at_its_heart():
    assert {"python", "spacy", "pydantic", "label-studio"} <= installation().keys()


def test_suggestions_are_printed_as_lines_or_as_draft_entries(workspace):
    text = "قال وزير الخارجية ريموند كوفاليتش إن الاتفاق قريب.\n"
    for name in ("a.txt", "b.txt"):
        (workspace.root / name).write_text(f"{name}\n{text}{NEWS}", encoding="utf-8")
        run_collect(workspace, [workspace.root / name], Ledger())
    command = ["annotation", "gazetteer", "suggest", "--workspace", str(workspace.root)]
    shown = CliRunner().invoke(app, [*command, "--least", "2"])
    (line,) = [json.loads(line) for line in shown.stdout.splitlines()]
    assert (line["text"], line["label"]) == ("ريموند كوفاليتش", "PERSON")
    drafts = CliRunner().invoke(app, [*command, "--entries"])
    (entry,) = [json.loads(line) for line in drafts.stdout.splitlines()]
    assert entry["id"].startswith("person.")
    out = workspace.root / "new.jsonl"
    both = CliRunner().invoke(app, [*command, "--entries", "--json", "--out", str(out)])
    assert json.loads(both.stdout) == {"found": 1, "entries": [entry]}
    assert json.loads(out.read_text(encoding="utf-8")) == entry
    assert "--entries" in shown.stderr
    assert "--entries" not in both.stderr
