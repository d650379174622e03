"""Where things stand in a workspace, and what its readers check."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from annotation.ingest.segment import segment
from schemas.annotation import Annotation, Arm, Judgement, Prediction
from schemas.article import Article
from schemas.errors import AlignmentError, RecordError, UsageError
from schemas.jsonl import write
from schemas.workspace import Workspace
from tests.strategies import article_of, passage_of

ONE, TWO = article_of("زار الوزير بكين."), article_of("وعاد أمس.\n\nقال نعم.")


def _annotation(identity: str, comment: str) -> Annotation:
    return Annotation(
        id=identity,
        passage_id="a0:0-9",
        annotator="ali",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        arm=Arm.BLIND,
        codebook="c",
        issues={"taiwan": Judgement.ABSENT},
        comment=comment,
    )


def _fill(root: Path, *articles: Article) -> Workspace:
    workspace = Workspace(root)
    write(workspace.articles_dir / "articles-1.jsonl", articles)
    write(workspace.passages_file, [p for article in articles for p in segment(article)])
    return workspace


def test_everything_that_can_be_made_again_stands_below_runs(tmp_path):
    workspace = Workspace(tmp_path)
    for made in (workspace.passages_file, workspace.predictions_dir, workspace.gold_file):
        assert made.is_relative_to(workspace.runs_dir)
    for kept in (
        workspace.codebook_file,
        workspace.gazetteer_file,
        workspace.articles_dir,
        workspace.annotations_dir,
        workspace.gold_dir,
    ):
        assert kept.is_relative_to(tmp_path)
        assert not kept.is_relative_to(workspace.runs_dir)


def test_a_folder_without_a_codebook_is_no_workspace(tmp_path):
    with pytest.raises(UsageError, match=r"is not a workspace.*Give --workspace DIR"):
        Workspace(tmp_path).check()
    with pytest.raises(UsageError, match="is not a workspace"):
        Workspace(tmp_path / "none").codebook()


def test_a_workspace_with_a_codebook_passes_the_check(workspace):
    workspace.check()
    assert workspace.codebook().issue_ids


def test_a_new_workspace_has_no_articles_annotations_or_predictions(tmp_path):
    workspace = Workspace(tmp_path)
    assert workspace.articles() == []
    assert workspace.annotations() == []
    assert workspace.predictions("rules") == {}


def test_passages_before_a_collection_name_the_command_to_run(tmp_path):
    with pytest.raises(RecordError, match=r"miyar annotation collect PATH --workspace"):
        Workspace(tmp_path).passages()


def test_articles_come_in_the_order_of_their_files(tmp_path):
    workspace = Workspace(tmp_path)
    write(workspace.articles_dir / "b.jsonl", [ONE])
    write(workspace.articles_dir / "a.jsonl", [TWO])
    assert workspace.articles() == [TWO, ONE]


def test_passages_are_read_back_as_they_were_cut(tmp_path):
    assert _fill(tmp_path, ONE, TWO).passages() == [*segment(ONE), *segment(TWO)]


def test_a_passage_of_an_article_that_is_gone_is_refused(tmp_path):
    workspace = _fill(tmp_path, ONE, TWO)
    write(workspace.articles_dir / "articles-1.jsonl", [ONE])
    with pytest.raises(RecordError, match=rf"{TWO.id}:.* not in .*collect"):
        workspace.passages()


def test_a_passage_that_is_not_its_slice_is_refused(tmp_path):
    workspace = _fill(tmp_path, ONE)
    write(workspace.passages_file, [passage_of("زار السفير", article=ONE.id)])
    with pytest.raises(AlignmentError, match="'زار السفير'"):
        workspace.passages()


def test_an_article_whose_stored_text_was_edited_is_refused(tmp_path):
    workspace = _fill(tmp_path, ONE)
    file = workspace.articles_dir / "articles-1.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace("بكين", "لندن"), encoding="utf-8")
    with pytest.raises(RecordError, match=r"articles-1\.jsonl:1: .*collect it again"):
        workspace.articles()


def test_predictions_are_read_by_passage(tmp_path):
    workspace = Workspace(tmp_path)
    record = Prediction(passage_id="a0:0-9", model="m", issues={"taiwan": 1.0}, present=())
    write(workspace.predictions_dir / "m.jsonl", [record])
    assert workspace.predictions("m") == {"a0:0-9": record}
    assert workspace.predictions("other") == {}


def test_of_two_pulls_of_one_annotation_the_later_pull_counts(tmp_path):
    workspace = Workspace(tmp_path)
    write(
        workspace.annotations_dir / "pull-0002.jsonl",
        [_annotation("u1", "new"), _annotation("u3", "c")],
    )
    write(
        workspace.annotations_dir / "pull-0001.jsonl",
        [_annotation("u1", "old"), _annotation("u2", "b")],
    )
    found = {record.id: record.comment for record in workspace.annotations()}
    assert found == {"u1": "new", "u2": "b", "u3": "c"}


def test_rejects_beside_the_annotations_are_not_read_as_annotations(tmp_path):
    workspace = Workspace(tmp_path)
    write(workspace.annotations_dir / "pull-0001.jsonl", [_annotation("u1", "a")])
    (workspace.annotations_dir / "pull-0001.rejects.jsonl").write_text("{}\n", encoding="utf-8")
    assert [path.name for path in workspace.annotation_files()] == ["pull-0001.jsonl"]
    assert len(workspace.annotations()) == 1
