"""A gold release: written whole, never changed, and refused when something is wrong."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from annotation.gold.release import Released, latest, release
from annotation.gold.split import split
from schemas.annotation import Judgement, Why
from schemas.article import Passage, passage_id
from schemas.codebook import Bilingual, Codebook, EntityType, Group, Issue
from schemas.dataset import read_manifest, read_release
from schemas.errors import GateError, RecordError
from schemas.gold import DecidedBy, GoldRecord, IssueDecision, Ruling, SpanDecision, Splits
from schemas.ledger import Ledger, Unit
from schemas.record import sha256

NAME = Bilingual(ar="اسم", en="name")
TEXT = "زار بكين\u2028ثم 😀 عاد"


def codebook(*issues: str) -> Codebook:
    return Codebook(
        id="mini",
        version="1.2.3",
        language="ar",
        unit="passage",
        title=NAME,
        groups=(Group(id="all", name=NAME),),
        issues=tuple(Issue(id=i, name=NAME, definition=NAME, group="all") for i in issues),
        entities=(EntityType(id="GPE", name=NAME, definition=NAME, colour="#000000"),),
    )


CODEBOOK = codebook("taiwan", "trade")


def record(
    number: int,
    *,
    present: bool = True,
    issues: tuple[str, ...] = ("taiwan", "trade"),
    **changed: str,
) -> GoldRecord:
    article = f"a{number}"
    return GoldRecord(
        passage=Passage(
            id=passage_id(article, 0, len(TEXT)),
            article_id=article,
            start=0,
            end=len(TEXT),
            text=TEXT,
            position=0,
        ),
        group=changed.get("group", article),
        issues={
            issue: IssueDecision(
                judgement=Judgement.PRESENT if present else Judgement.ABSENT,
                decided_by=DecidedBy.SINGLE,
                annotations=("u",),
            )
            for issue in issues
        },
        spans=(
            SpanDecision(
                start=4,
                end=8,
                label=changed.get("label", "GPE"),
                decided_by=DecidedBy.UNANIMOUS,
                annotations=("u",),
            ),
        ),
        spans_complete=True,
    )


RECORDS = [record(n) for n in range(6)]


def make(
    folder: Path,
    records: list[GoldRecord] = RECORDS,
    *,
    seed: int = 0,
    book: Codebook = CODEBOOK,
    splits: Splits | None = None,
    dry_run: bool = False,
) -> Released:
    ledger = Ledger()
    ledger.receive(Unit.ANNOTATIONS, 3)
    ledger.accept(Unit.ANNOTATIONS, 3)
    return release(
        folder,
        records,
        splits or split(records, seed=seed),
        book,
        tool="miyar 0",
        ledger=ledger,
        dry_run=dry_run,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_release_reads_back_as_what_was_released(tmp_path: Path) -> None:
    made = make(tmp_path)
    assert made.new
    assert made.path == tmp_path / "v1"
    manifest, records, splits = read_release(made.path)
    assert (manifest, records, splits) == (made.manifest, RECORDS, split(RECORDS, seed=0))
    assert (manifest.version, manifest.parent) == ("v1", None)
    assert manifest.codebook == CODEBOOK.hash
    assert manifest.issues == ("taiwan", "trade")


def test_the_manifest_counts_what_is_in_the_release(tmp_path: Path) -> None:
    counts = make(tmp_path, [record(0), record(1, present=False)]).manifest.counts
    assert counts["records"] == counts["articles"] == counts["spans"] == 2
    assert counts["taiwan:present"] == counts["taiwan:absent"] == 1
    assert counts["issues decided_by:single"] == 4
    assert counts["spans decided_by:unanimous"] == 2
    assert counts["build annotations:accepted"] == 3
    assert counts["split:train"] + counts["split:dev"] + counts["split:test"] == 2
    assert "adjudications" not in counts


def test_the_manifest_counts_adjudications_and_their_reasons(tmp_path: Path) -> None:
    rulings = [
        (Ruling(annotation="r1", decides=("a", "b"), why=(Why.SLIP, Why.BOUNDARY)),),
        (Ruling(annotation="r2", decides=("a", "b"), why=(Why.SLIP,)),),
        None,
    ]
    records = [record(n).model_copy(update={"rulings": r}) for n, r in enumerate(rulings)]
    counts = make(tmp_path, records).manifest.counts
    assert counts["adjudications"] == 2
    assert counts["adjudications why:slip"] == 2
    assert counts["adjudications why:boundary"] == 1


def test_the_manifest_names_the_hash_of_each_file(tmp_path: Path) -> None:
    made = make(tmp_path)
    found = {p.name: sha256(p.read_bytes()) for p in made.path.iterdir()}
    del found["manifest.json"]
    assert made.manifest.files == found


def test_the_same_content_again_is_no_new_release(tmp_path: Path) -> None:
    first = make(tmp_path)
    before = contents(tmp_path)
    again = make(tmp_path)
    assert not again.new
    assert (again.path, again.manifest) == (first.path, first.manifest)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("records", "seed", "book"),
    [
        ([*RECORDS, record(6)], 0, CODEBOOK),
        ([record(0, present=False), *RECORDS[1:]], 0, CODEBOOK),
        (RECORDS, 7, CODEBOOK),
        (RECORDS, 0, CODEBOOK.model_copy(update={"version": "1.2.4"})),
    ],
    ids=["one more", "one changed", "other splits", "other codebook"],
)
def test_other_content_is_the_next_version_and_leaves_the_old_one_alone(
    tmp_path: Path, records: list[GoldRecord], seed: int, book: Codebook
) -> None:
    make(tmp_path)
    before = contents(tmp_path / "v1")
    made = make(tmp_path, records, seed=seed, book=book)
    assert made.new
    assert (made.path.name, made.manifest.parent) == ("v2", "v1")
    assert contents(tmp_path / "v1") == before
    assert latest(tmp_path) == tmp_path / "v2"


def test_versions_are_counted_as_numbers(tmp_path: Path) -> None:
    for number in range(10):
        make(tmp_path, [record(n) for n in range(number + 1)])
    assert latest(tmp_path) == tmp_path / "v10"
    assert make(tmp_path, RECORDS[:2]).path.name == "v11"


@pytest.mark.parametrize("name", ["records.jsonl", "splits.json"])
def test_a_file_changed_after_the_release_is_found_by_its_hash(tmp_path: Path, name: str) -> None:
    path = make(tmp_path).path / name
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(GateError, match="was changed after its release") as caught:
        read_manifest(path.parent)
    assert str(path) in str(caught.value)
    # And nothing is released on top of it, the same content or other.
    for records in (RECORDS, RECORDS[:3]):
        with pytest.raises(GateError, match="was changed after its release"):
            make(tmp_path, records)
    assert [p.name for p in tmp_path.iterdir()] == ["v1"]


def test_a_file_missing_from_a_release_is_named(tmp_path: Path) -> None:
    path = make(tmp_path).path / "splits.json"
    path.unlink()
    with pytest.raises(RecordError, match=r"splits\.json: no such file"):
        read_release(path.parent)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (record(9, issues=("taiwan", "trade", "moon")), r":2: unknown issue moon"),
        (record(9, issues=("taiwan",)), r":2: no decision on trade"),
        (record(9, label="PLANET"), r":2: unknown entity type PLANET"),
    ],
)
def test_a_label_that_the_codebook_does_not_have_is_refused_by_its_line(
    tmp_path: Path, bad: GoldRecord, message: str
) -> None:
    with pytest.raises(RecordError, match=message):
        make(tmp_path, [record(0), bad])
    assert list(tmp_path.iterdir()) == []


def test_a_release_whose_records_do_not_fit_its_manifest_is_refused_by_its_line(
    tmp_path: Path,
) -> None:
    made = make(tmp_path)
    narrow = made.manifest.model_copy(update={"issues": ("taiwan",)})
    (made.path / "manifest.json").write_text(narrow.model_dump_json(), encoding="utf-8")
    with pytest.raises(RecordError, match=r"records\.jsonl:1: unknown issue trade"):
        read_release(made.path)


def test_nothing_to_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="no gold record"):
        make(tmp_path, [])
    assert list(tmp_path.iterdir()) == []


def test_a_group_in_two_splits_is_refused(tmp_path: Path) -> None:
    records = [record(0, group="cluster"), record(1, group="cluster"), record(2)]
    ids = [r.passage.id for r in records]
    torn = Splits(seed=0, train=(ids[0], ids[2]), dev=(), test=(ids[1],))
    with pytest.raises(GateError, match="cluster"):
        make(tmp_path, records, splits=torn)
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    made = make(tmp_path / "gold", dry_run=True)
    assert made.new
    assert made.manifest.version == "v1"
    assert list(tmp_path.iterdir()) == []


@contextmanager
def _files_no_longer_than(size: int) -> Iterator[None]:
    """Let the system refuse longer files, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_release_that_cannot_be_written_leaves_no_folder(tmp_path: Path) -> None:
    with _files_no_longer_than(1000), pytest.raises(OSError, match="File too large"):
        make(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert make(tmp_path).path.name == "v1"


def test_a_release_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[int, bool]] = []
    flush = os.fsync

    def seen(handle: int) -> None:
        flushed.append((os.fstat(handle).st_ino, (tmp_path / "v1").exists()))
        flush(handle)

    monkeypatch.setattr(os, "fsync", seen)
    made = make(tmp_path)
    before = {inode for inode, named in flushed if not named}
    assert {path.stat().st_ino for path in (made.path, *made.path.iterdir())} <= before
    assert flushed[-1] == (tmp_path.stat().st_ino, True)
