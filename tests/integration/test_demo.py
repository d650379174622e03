"""The whole journey against the real server, on a part of the shipped corpus."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import spacy

from annotation.ingest.collect import collect
from annotation.ingest.segment import segment
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.managed.server import Server
from annotation.labelstudio.push import tasks_on_server
from miyar.demo import run_demo
from miyar.tag import tag
from schemas.annotation import Annotation
from schemas.jsonl import read, write
from schemas.ledger import Ledger
from schemas.report import ModelReport
from schemas.text import whole_words
from schemas.workspace import Workspace
from tests.conftest import CORPUS
from tests.integration.test_cli import files_below
from train.predict import Tagger

ARTICLES = ("02-", "05-", "07-", "10-", "13-", "14-")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, server: Server) -> tuple[Workspace, Server]:
    """A workspace of six shipped articles with their annotations, after one demo."""
    from datetime import UTC, datetime

    space = Workspace(tmp_path_factory.mktemp("demo") / "sample")
    (space.root / "raw").mkdir(parents=True)
    for name in ("codebook.yaml", "gazetteer.jsonl"):
        shutil.copy(CORPUS / name, space.root / name)
    for path in (CORPUS / "raw").glob("*.txt"):
        if path.name.startswith(ARTICLES):
            shutil.copy(path, space.root / "raw" / path.name)
    articles = collect([space.root / "raw"], now=datetime.now(UTC), ledger=Ledger())
    own = {passage.id for article in articles for passage in segment(article)}
    shipped = read(CORPUS / "annotations" / "pull-0001.jsonl", Annotation)
    chosen = [annotation for annotation in shipped if annotation.passage_id in own]
    write(space.annotations_dir / "pull-0001.jsonl", chosen)
    done = run_demo(space, server, stock_steps=40)
    assert done.report.is_file()
    assert done.changes
    return space, server


def test_a_second_demo_changes_nothing(demo: tuple[Workspace, Server]) -> None:
    space, server = demo
    connection = Connection(server.url, server.credentials().admin.token)
    before = files_below(space.root)
    projects = connection.client.projects.list().items
    again = run_demo(space, server, stock_steps=40)
    assert again.changes == []
    assert files_below(space.root) == before
    assert connection.client.projects.list().items == projects
    held = tasks_on_server(connection, again.project)
    assert sorted(held) == sorted(passage.id for passage in space.passages())
    assert {len(tasks) for tasks in held.values()} == {1}


def test_the_report_has_a_twin_with_every_number(demo: tuple[Workspace, Server]) -> None:
    space, _ = demo
    twin = space.runs_dir / "reports" / "model.json"
    report = ModelReport.model_validate_json(twin.read_bytes())
    assert report.system.name == "fast"
    assert {system.name for system in report.baselines} >= {"fast without cues", "all issues"}
    assert report.agreement is not None
    assert report.agreement.annotators == {"a1": len(space.passages()), "a2": len(space.passages())}
    page = twin.with_suffix(".html").read_text(encoding="utf-8")
    assert f"{report.system.micro.f1:.2f}" in page


def test_the_model_opens_with_spacy_load(demo: tuple[Workspace, Server]) -> None:
    space, _ = demo
    nlp = spacy.load(space.runs_dir / "models" / "fast")
    doc = nlp("فرضت واشنطن عقوبات على شركات تصدر سلائف الفنتانيل.")
    assert doc.cats["sanctions"] > doc.cats["climate"]
    assert doc.cats["counternarcotics"] > doc.cats["climate"]


def test_tags_cover_the_file_with_all_issues_and_true_offsets(
    demo: tuple[Workspace, Server], tmp_path: Path
) -> None:
    space, _ = demo
    # One line with glued words, as scraped pages have it; and CR LF with a direction mark.
    texts = {
        "glued.txt": "قالت الولاياتالمتحدة إن بكين رفضت الاتصالات العسكرية. " * 30,
        "crlf.txt": "عنوان\r\n\r\n\u200fبحث بلينكن في بكين ملف تايوان 😀.\r\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text.encode())
    lines = list(tag([tmp_path], Tagger(space.runs_dir / "models" / "fast"), Ledger()))
    for name, text in texts.items():
        own = [line for line in lines if line["file"] == name]
        covered = {n for line in own for n in range(line["start"], line["end"])}
        assert all(n in covered for n, c in enumerate(text) if not c.isspace())
        for line in own:
            assert text[line["start"] : line["end"]] == line["text"]
            assert list(line["issues"]) == list(space.codebook().issue_ids)
            for entity in line["entities"]:
                found = line["text"][entity["start"] : entity["end"]]
                assert found == entity["text"]
                assert whole_words(line["text"], entity["start"], entity["end"]) == (
                    entity["start"],
                    entity["end"],
                )
    named = {entity["text"] for line in lines for entity in line["entities"]}
    assert {"الولاياتالمتحدة", "بكين", "بلينكن", "تايوان"} <= named
    assert json.dumps(lines, ensure_ascii=False)
