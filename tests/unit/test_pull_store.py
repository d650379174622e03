"""Storing a pull: what is new or changed is added once, rejects stand beside it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from annotation.labelstudio.api.snapshot import stream_export
from annotation.labelstudio.mirror import keep_carried
from annotation.labelstudio.project import Project
from annotation.labelstudio.pull import store
from schemas.annotation import Annotation, Arm, Judgement
from schemas.errors import GateError, RecordError
from schemas.jsonl import read, write
from schemas.ledger import Ledger, Reason, Reject, Unit
from schemas.workspace import Workspace

FIRST, LATER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


def annotation(
    key: str = "u-1", *, present: bool = True, at: datetime = FIRST, passage: str = "a0:0-9"
) -> Annotation:
    return Annotation(
        id=key,
        passage_id=passage,
        annotator="a1",
        created_at=at,
        arm=Arm.BLIND,
        codebook="c0",
        issues={"taiwan": Judgement.PRESENT if present else Judgement.ABSENT},
        comment="سطر\u2028آخر",
    )


def rejecting(*details: str) -> Ledger:
    """A ledger that adds up and holds these rejects."""
    ledger = Ledger()
    for detail in details:
        ledger.receive(Unit.TASKS)
        ledger.reject(Unit.TASKS, Reason.FOREIGN_TASK, where="task 1", detail=detail)
    return ledger


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def names(place: Workspace) -> list[str]:
    return sorted(path.name for path in place.annotations_dir.glob("*"))


def contents(place: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place.annotations_dir.glob("*")}


def test_new_annotations_go_into_one_file_in_the_order_of_passages(place: Workspace) -> None:
    given = [annotation("u-2", passage="a1:0-9"), annotation("u-1", passage="a0:0-9")]
    pulled = store(place, given, Ledger(), dry_run=False)
    assert (pulled.new, pulled.changed, pulled.unchanged) == (2, 0, 0)
    assert pulled.file == place.annotations_dir / "pull-0001.jsonl"
    assert pulled.rejects is None
    assert read(pulled.file, Annotation) == given[::-1]


def test_the_same_pull_twice_adds_nothing(place: Workspace) -> None:
    given = [annotation("u-1"), annotation("u-2")]
    store(place, given, rejecting("x"), dry_run=False)
    before = contents(place)
    pulled = store(place, given, rejecting("x"), dry_run=False)
    assert (pulled.new, pulled.changed, pulled.unchanged, pulled.file) == (0, 0, 2, None)
    assert contents(place) == before


def test_another_time_on_the_server_alone_is_no_change(place: Workspace) -> None:
    store(place, [annotation(at=FIRST)], Ledger(), dry_run=False)
    touched = annotation(at=LATER).model_copy(update={"updated_at": LATER})
    pulled = store(place, [touched], Ledger(), dry_run=False)
    assert (pulled.changed, pulled.unchanged, pulled.file) == (0, 1, None)


def test_a_changed_annotation_supersedes_the_old_one(place: Workspace) -> None:
    store(place, [annotation(present=True), annotation("u-2")], Ledger(), dry_run=False)
    changed = annotation(present=False, at=LATER)
    pulled = store(place, [changed, annotation("u-2"), annotation("u-3")], Ledger(), dry_run=False)
    assert (pulled.new, pulled.changed, pulled.unchanged) == (1, 1, 1)
    assert pulled.file is not None
    assert pulled.file.name == "pull-0002.jsonl"
    assert [a.id for a in read(pulled.file, Annotation)] == ["u-1", "u-3"]
    assert {a.id: a for a in place.annotations()}["u-1"] == changed
    assert len(place.annotations()) == 3


def test_an_annotation_changed_back_supersedes_again(place: Workspace) -> None:
    for present in (True, False, True):
        store(place, [annotation(present=present)], Ledger(), dry_run=False)
    assert names(place) == [f"pull-000{n}.jsonl" for n in (1, 2, 3)]
    assert place.annotations() == [annotation(present=True)]


def test_rejects_stand_beside_the_pull_that_they_came_with(place: Workspace) -> None:
    pulled = store(place, [annotation()], rejecting("x", "y"), dry_run=False)
    assert names(place) == ["pull-0001.jsonl", "pull-0001.rejects.jsonl"]
    assert pulled.rejects is not None
    assert [reject.detail for reject in read(pulled.rejects, Reject)] == ["x", "y"]
    assert place.annotations() == [annotation()]


def test_the_same_rejects_are_not_written_again_beside_a_later_pull(place: Workspace) -> None:
    store(place, [annotation("u-1")], rejecting("x"), dry_run=False)
    pulled = store(place, [annotation("u-1"), annotation("u-2")], rejecting("x"), dry_run=False)
    assert names(place) == ["pull-0001.jsonl", "pull-0001.rejects.jsonl", "pull-0002.jsonl"]
    assert pulled.rejects == place.annotations_dir / "pull-0001.rejects.jsonl"


def test_other_rejects_get_a_file_of_their_own_even_without_annotations(place: Workspace) -> None:
    store(place, [annotation()], rejecting("x"), dry_run=False)
    pulled = store(place, [annotation()], rejecting("y"), dry_run=False)
    assert pulled.file is None
    assert pulled.rejects == place.annotations_dir / "pull-0002.rejects.jsonl"
    # And a number is never used twice: the next pull is the third.
    later = store(place, [annotation("u-9")], Ledger(), dry_run=False)
    assert later.file == place.annotations_dir / "pull-0003.jsonl"


def test_a_dry_run_tells_the_same_and_writes_nothing(place: Workspace) -> None:
    dry = store(place, [annotation()], rejecting("x"), dry_run=True)
    assert names(place) == []
    assert dry.rejects is None
    real = store(place, [annotation()], rejecting("x"), dry_run=False)
    assert real.rejects is not None
    assert replace(real, rejects=None) == dry


def test_a_ledger_that_does_not_add_up_stops_the_pull(place: Workspace) -> None:
    ledger = rejecting("x")
    ledger.receive(Unit.ANNOTATIONS)
    with pytest.raises(GateError, match="does not add up"):
        store(place, [annotation()], ledger, dry_run=False)
    assert names(place) == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'[{"id": 1, "text": "x", "issues": "taiwan", "annotator": 1}]', "JSON-MIN"),
        (b'{"tasks": []}', "expected a list of tasks"),
        (b'"tasks"', "expected a list of tasks"),
        (b"null", "expected a list of tasks"),
        (b"id,text\n1,x\n", "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe[", "not JSON"),
    ],
)
def test_what_is_no_full_json_export_is_refused(tmp_path: Path, body: bytes, message: str) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(body)
    with pytest.raises(RecordError, match=message) as caught:
        list(stream_export(path))
    assert str(path) in str(caught.value)


def test_a_missing_export_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no such file"):
        list(stream_export(tmp_path / "gone.json"))


@pytest.mark.parametrize(
    ("body", "tasks"),
    [
        (b"[]", []),
        (b'[{"id": 1, "annotations": []}]', [{"id": 1, "annotations": []}]),
        (
            # One readable task is enough: the other one is counted by the reader.
            b'[{"id": 1}, {"id": 2, "annotations": []}]',
            [{"id": 1}, {"id": 2, "annotations": []}],
        ),
    ],
)
def test_a_full_json_export_is_read_as_it_stands(
    tmp_path: Path, body: bytes, tasks: list[object]
) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(body)
    assert list(stream_export(path)) == tasks


def test_what_a_migration_wrote_to_a_project_is_no_news_from_it(place: Workspace) -> None:
    carried, mended = annotation(present=True), annotation(present=False)
    project = Project(url="http://x", id=1, title="t", codebook="c0")
    assert keep_carried(place, project, [carried]) == {}
    store(place, [mended], Ledger(), dry_run=False)
    later = carried.model_copy(update={"updated_at": LATER})
    assert store(place, [later], Ledger(), dry_run=False).unchanged == 1
    assert [a.issues for a in place.annotations()] == [mended.issues]
    said = later.model_copy(update={"comment": "رأي آخر"})
    assert store(place, [said], Ledger(), dry_run=False).changed == 1


def test_a_withdrawn_copy_of_an_older_annotation_does_not_make_that_new_again(
    place: Workspace,
) -> None:
    old = annotation("old")
    new = annotation("new").model_copy(update={"migrated_from": "old", "codebook": "c1"})
    store(place, [old, new], Ledger(), dry_run=False)
    store(place, [], Ledger(), refused={"new"}, dry_run=False)
    before = contents(place)
    assert store(place, [old], Ledger(), dry_run=False).unchanged == 1
    assert contents(place) == before


def test_pulls_beyond_four_digits_come_after_those_before(place: Workspace) -> None:
    place.annotations_dir.mkdir(parents=True)
    write(place.annotations_dir / "pull-9999.jsonl", [annotation(present=True)])
    for number, key in ((10000, "u-2"), (10001, "u-3")):
        pulled = store(place, [annotation(key)], Ledger(), dry_run=False)
        assert pulled.file == place.annotations_dir / f"pull-{number}.jsonl"
    store(place, [annotation(present=False)], Ledger(), dry_run=False)
    held = {a.id: a.issues["taiwan"] for a in place.annotations()}
    assert held["u-1"] is Judgement.ABSENT
    assert len(held) == 3


def test_two_pulls_at_once_take_turns(place: Workspace) -> None:
    def pull(number: int) -> Path | None:
        return store(place, [annotation(f"u-{number}")], Ledger(), dry_run=False).file

    with ThreadPoolExecutor(4) as pool:
        files = list(pool.map(pull, range(12)))
    assert len(set(files)) == 12
    assert len(place.annotations()) == 12
