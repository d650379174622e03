"""The collect command: what it prints, its options, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from annotation.cli import app
from schemas.errors import GateError, UsageError
from schemas.workspace import Workspace

TEXT = "قـــال الوزير إن المحادثات التجارية مستمرة في جنيف، وأضاف أن الوفد سيعود إلى بكين غدا."


def _collect(space: Workspace, *words: object) -> Result:
    given = ["collect", *map(str, words), "--workspace", str(space.root)]
    return CliRunner().invoke(app, given)


def _feed(folder: Path) -> Path:
    path = folder / "feed.csv"
    path.write_text(f"قصة,كاتب,نشر\n{TEXT},أ,2015/7/21\n{TEXT} نعم,ب,\n", encoding="utf-8")
    return path


def test_a_collection_with_a_map_tells_what_it_found_and_what_comes_next(workspace, tmp_path):
    feed = _feed(tmp_path)
    result = _collect(
        workspace, feed, "--map", "text=قصة", "--map", "published=نشر", "--map", "url=u"
    )
    assert result.exit_code == 0
    assert "2 new articles; 2 passages in the workspace, groups of duplicates: 1." in result.stderr
    assert "tatweel: in 2 articles" in result.stderr
    assert "columns passed over, with the number of files: كاتب (1)" in result.stderr
    assert "no file has the column u that --map names." in result.stderr
    assert result.stderr.rstrip().endswith(f"preannotate --workspace {workspace.root}")
    first, second = workspace.articles()
    assert str(first.published) == "2015-07-21"
    assert second.published is None


def test_json_holds_the_counts_the_new_ids_and_the_hygiene(workspace, tmp_path):
    result = _collect(workspace, _feed(tmp_path), "--map", "text=قصة", "--json")
    data = json.loads(result.stdout)
    assert data["new"] == [article.id for article in workspace.articles()]
    assert data["hygiene"] == {"tatweel": 2}
    assert data["ledger"]["articles"]["reasons"] == {"accepted:duplicate_near": 1}
    assert (data["passages"], data["clusters"], data["ignored"]) == (2, 1, {"كاتب": 1, "نشر": 1})


def test_the_language_option_takes_one_language_or_all(workspace, tmp_path):
    (tmp_path / "a.txt").write_text("The talks would resume next week, he said.", encoding="utf-8")
    assert _collect(workspace, tmp_path / "a.txt", "--dry-run", "--json").exit_code == 0
    for language, count in (("ar", 0), ("en", 1), ("any", 1)):
        options = ("--language", language, "--dry-run", "--json")
        result = _collect(workspace, tmp_path / "a.txt", *options)
        assert len(json.loads(result.stdout)["new"]) == count


@pytest.mark.parametrize("option", ["text", "body=a"])
def test_a_bad_map_is_a_usage_error(workspace, tmp_path, option):
    result = _collect(workspace, _feed(tmp_path), "--map", option)
    assert isinstance(result.exception, UsageError)
    assert not workspace.articles_dir.exists()


def test_a_defect_fails_after_everything_else_was_taken(workspace, tmp_path):
    feed = _feed(tmp_path)
    (tmp_path / "bad.jsonl").write_text("{\n", encoding="utf-8")
    result = _collect(workspace, feed, tmp_path / "bad.jsonl", "--map", "text=قصة")
    assert isinstance(result.exception, GateError)
    assert "bad.jsonl:1: bad_json" in str(result.exception)
    assert len(workspace.articles()) == 2


def test_what_was_rejected_can_be_found(workspace, tmp_path):
    rows = ["The talks would resume next week, he said."] * 9 + [TEXT]
    lines = [json.dumps({"text": text}) for text in rows]
    (tmp_path / "a.jsonl").write_text("\n".join([*lines, "{"]), encoding="utf-8")
    result = _collect(workspace, tmp_path / "a.jsonl", "--json")
    assert isinstance(result.exception, GateError)
    assert f"all rejects are in {workspace.rejects_file}" in str(result.exception)
    assert "a.jsonl:11: bad_json" in str(result.exception)
    assert "other_language" not in str(result.exception)
    assert json.loads(result.stdout)["rejects"] == str(workspace.rejects_file)
    assert len(workspace.rejects_file.read_text(encoding="utf-8").splitlines()) == 10


def test_a_collection_that_takes_everything_names_no_file_of_rejects(workspace, tmp_path):
    result = _collect(workspace, _feed(tmp_path), "--map", "text=قصة", "--json")
    assert json.loads(result.stdout)["rejects"] is None
