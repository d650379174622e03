"""Labelled examples from a gold release, or from a team's own JSONL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.annotation import Judgement
from schemas.article import Passage, Span, passage_id
from schemas.dataset import Dataset, load, read_release
from schemas.errors import RecordError, UsageError
from schemas.gold import DecidedBy, GoldRecord, IssueDecision, Manifest, SpanDecision, Splits
from schemas.jsonl import dump
from schemas.record import sha256

P, A, N = Judgement.PRESENT, Judgement.ABSENT, Judgement.NOT_JUDGED


def record(number: int, taiwan: Judgement, *, complete: bool = True) -> GoldRecord:
    text = f"زار بكين {number}"
    article = f"a{number}"
    decided = DecidedBy.UNDECIDED if taiwan is N else DecidedBy.SINGLE
    return GoldRecord(
        passage=Passage(
            id=passage_id(article, 0, len(text)),
            article_id=article,
            start=0,
            end=len(text),
            text=text,
            position=0,
        ),
        group=f"g{number}",
        issues={
            "taiwan": IssueDecision(judgement=taiwan, decided_by=decided),
            "trade": IssueDecision(judgement=A, decided_by=DecidedBy.SINGLE),
        },
        spans=(SpanDecision(start=4, end=8, label="GPE", decided_by=DecidedBy.SINGLE),),
        spans_complete=complete,
    )


RECORDS = [record(0, P), record(1, A), record(2, N), record(3, P, complete=False)]


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """A release written by hand, not by the program."""
    folder = tmp_path / "v1"
    folder.mkdir()
    ids = [r.passage.id for r in RECORDS]
    splits = Splits(seed=0, train=(ids[0], ids[2]), dev=(ids[3],), test=(ids[1],))
    files = {"records.jsonl": dump(RECORDS), "splits.json": splits.model_dump_json()}
    manifest = Manifest(
        version="v1",
        tool="hand",
        codebook_id="mini",
        codebook_version="1.0.0",
        codebook="c0",
        issues=("taiwan", "trade"),
        entities=("GPE",),
        files={name: sha256(text) for name, text in files.items()},
    )
    for name, text in {**files, "manifest.json": manifest.model_dump_json()}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("split", "numbers"), [("train", [0, 2]), ("dev", [3]), ("test", [1]), (None, [0, 1, 2, 3])]
)
def test_a_split_of_a_release_holds_its_passages_in_the_order_of_the_records(
    gold: Path, split: Any, numbers: list[int]
) -> None:
    dataset = load(gold, split)
    assert [e.id for e in dataset.examples] == [RECORDS[n].passage.id for n in numbers]
    assert dataset.issues == ("taiwan", "trade")
    assert dataset.name == f"v1/{split or 'all'}"


def test_an_example_of_a_release_holds_what_the_gold_says(gold: Path) -> None:
    example = load(gold, "train").examples[0]
    assert (example.text, example.group) == ("زار بكين 0", "g0")
    assert example.issues == {"taiwan": True, "trade": False}
    assert [span.key for span in example.spans] == [(4, 8, "GPE")]
    assert example.spans_complete
    assert not load(gold, "dev").examples[0].spans_complete


def test_an_issue_that_was_not_judged_is_left_out_of_the_example(gold: Path) -> None:
    assert load(gold, "train").examples[1].issues == {"trade": False}


def test_a_folder_that_is_no_release_is_refused(tmp_path: Path) -> None:
    for read in (read_release, load):
        with pytest.raises(UsageError, match=r"not a gold release \(manifest\.json is missing\)"):
            read(tmp_path)


@pytest.mark.parametrize("body", ["{}", "not json", '{"version": 1}'])
def test_a_manifest_that_cannot_be_read_is_named(gold: Path, body: str) -> None:
    (gold / "manifest.json").write_text(body, encoding="utf-8")
    with pytest.raises(RecordError, match=r"manifest\.json"):
        load(gold)


def rows(tmp_path: Path, *given: object) -> Path:
    path = tmp_path / "own.jsonl"
    text = "\n".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in given)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def test_plain_jsonl_takes_the_union_of_issues_and_each_missing_one_for_absent(
    tmp_path: Path,
) -> None:
    path = rows(
        tmp_path,
        {"text": "أول", "issues": ["trade", "taiwan"]},
        {"text": "ثان", "issues": []},
        "",
        {"text": "ثالث", "issues": ["climate"], "group": "g", "id": "x"},
    )
    dataset = load(path)
    assert dataset.issues == ("climate", "taiwan", "trade")
    assert [e.issues for e in dataset.examples] == [
        {"climate": False, "taiwan": True, "trade": True},
        {"climate": False, "taiwan": False, "trade": False},
        {"climate": True, "taiwan": False, "trade": False},
    ]
    assert [e.id for e in dataset.examples] == ["line-000001", "line-000002", "x"]
    assert dataset.hash == sha256(path.read_bytes())


def test_an_example_without_a_group_stands_alone_also_beside_another_file(tmp_path: Path) -> None:
    row = {"text": "أ", "issues": ["taiwan"]}
    given = [row, row, {**row, "group": "g"}, {**row, "group": "g"}]
    groups = []
    for folder in ("train", "dev"):
        (tmp_path / folder).mkdir()
        path = rows(tmp_path / folder, *given).rename(tmp_path / f"{folder}.jsonl")
        groups.append([e.group for e in load(path).examples])
    assert groups[0][2:] == groups[1][2:] == ["g", "g"]
    assert len({*groups[0][:2], *groups[1][:2], "g"}) == 5


def test_known_issues_keep_their_order_and_are_absent_where_no_line_names_them(
    tmp_path: Path,
) -> None:
    dataset = load(rows(tmp_path, {"text": "أ", "issues": ["b"]}), issues=("z", "b", "a"))
    assert dataset.issues == ("z", "b", "a")
    assert dataset.examples[0].issues == {"z": False, "b": True, "a": False}


def test_an_issue_that_is_not_known_is_refused_by_name(tmp_path: Path) -> None:
    path = rows(tmp_path, {"text": "أ", "issues": ["taiwan"]}, {"text": "ب", "issues": ["moon"]})
    with pytest.raises(RecordError, match=r"unknown issue moon; known: taiwan"):
        load(path, issues=("taiwan",))


def test_entities_become_spans_and_say_that_spans_are_complete(tmp_path: Path) -> None:
    path = rows(
        tmp_path,
        {"text": "😀 بكين", "issues": [], "entities": [[2, 6, "GPE"]]},
        {"text": "بكين", "issues": [], "entities": []},
        {"text": "بكين", "issues": []},
    )
    first, second, third = load(path).examples
    assert [(span.key, first.text[span.start : span.end]) for span in first.spans] == [
        ((2, 6, "GPE"), "بكين")
    ]
    assert (second.spans, second.spans_complete) == ((), True)
    assert (third.spans, third.spans_complete) == ((), False)


def test_of_overlapping_entities_the_longest_is_kept(tmp_path: Path) -> None:
    entities = [[0, 4, "GPE"], [0, 9, "GPE"]]
    path = rows(tmp_path, {"text": "زار بكين معا", "issues": [], "entities": entities})
    assert load(path).examples[0].spans == (Span(start=0, end=9, label="GPE"),)


@pytest.mark.parametrize("entity", [[0, 5, "GPE"], [4, 4, "GPE"], [3, 1, "GPE"], [-1, 2, "GPE"]])
def test_entity_offsets_outside_the_text_are_refused_by_line(
    tmp_path: Path, entity: list[Any]
) -> None:
    path = rows(
        tmp_path,
        {"text": "بكين", "issues": [], "entities": [[0, 4, "GPE"]]},
        {"text": "بكين", "issues": [], "entities": [entity]},
    )
    with pytest.raises(RecordError, match=rf"own\.jsonl:2: entity {entity[0]}\.\.{entity[1]} GPE"):
        load(path)


@pytest.mark.parametrize(
    "row",
    [
        {"text": "أ"},
        {"issues": []},
        {"text": "أ", "issues": "taiwan"},
        {"text": "أ", "issues": [1]},
        {"text": 5, "issues": []},
        {"text": "أ", "issues": [], "labels": []},
        {"text": "أ", "issues": [], "entities": [[0, 1]]},
        {"text": "أ", "issues": [], "entities": [["0", 1, "GPE"]]},
        {"text": "أ", "issues": [], "entities": [[0.0, 1, "GPE"]]},
        ["أ"],
        "{",
    ],
)
def test_a_line_that_is_no_example_is_refused_with_its_number(tmp_path: Path, row: object) -> None:
    with pytest.raises(RecordError, match=r"own\.jsonl:2: ") as caught:
        load(rows(tmp_path, {"text": "أ", "issues": []}, row))
    assert "own.jsonl:1:" not in str(caught.value)


def test_all_bad_lines_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(RecordError) as caught:
        load(rows(tmp_path, "{", {"text": "أ", "issues": []}, "[]"))
    assert "own.jsonl:1:" in str(caught.value)
    assert "own.jsonl:3:" in str(caught.value)


def test_a_file_without_examples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no examples"):
        load(rows(tmp_path, "", "  "))


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such release folder or JSONL file"):
        load(tmp_path / "gone.jsonl")


def test_a_path_of_bytes_that_are_no_text_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_bytes(b'{"text": "a", "issues": []}\n\xff\n')
    with pytest.raises(RecordError, match=r"own\.jsonl:2: not UTF-8"):
        load(path)


def test_equal_files_give_equal_datasets_and_other_bytes_another_hash(tmp_path: Path) -> None:
    def read(*given: object) -> Dataset:
        return load(rows(tmp_path, *given))

    one = {"text": "أ", "issues": ["taiwan"]}
    assert read(one) == read(one)
    assert read(one).hash != read(one, one).hash


def test_two_lines_with_the_same_id_are_refused(tmp_path: Path) -> None:
    # Predictions are kept by id: one prediction would be scored against both texts.
    row = {"text": "أ", "issues": ["taiwan"], "id": "x"}
    with pytest.raises(RecordError, match=r"own\.jsonl:2: id 'x'"):
        load(rows(tmp_path, row, {**row, "text": "ب", "issues": []}))
