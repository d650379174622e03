"""A collection fills a workspace: what is new is stored, everything is counted, nothing is lost."""

from __future__ import annotations

import errno
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from annotation.ingest import store as store_module
from annotation.ingest.collect import collect
from annotation.ingest.hygiene import Hygiene, Kind
from annotation.ingest.store import UNFINISHED
from annotation.steps import Collected, run_build, run_collect
from schemas.annotation import Annotation, Arm, Judgement
from schemas.errors import GateError, UsageError
from schemas.jsonl import read, write
from schemas.ledger import MAX_KEPT, Ledger, Reason, Reject
from schemas.workspace import Workspace

TEXT = "قال الوزير إن المحادثات التجارية مستمرة في جنيف، وأضاف أن الوفد سيعود إلى بكين غدا."
LONG = " ".join(
    f"وذكر البيان رقم {n} أن اللجنة {n * 37 % 91} اجتمعت في القاعة {n * 53 % 89}."
    for n in range(30)
)


def _raw(folder: Path, **files: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name.replace("_", ".")).write_bytes(data)
    return folder


def _rows(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _run(space: Workspace, *paths: Path, **options: object) -> tuple[Collected, Ledger]:
    ledger = Ledger()
    done = run_collect(space, list(paths), ledger, **options)  # type: ignore[arg-type]
    ledger.check()
    return done, ledger


def _reasons(ledger: Ledger, unit: str = "articles") -> object:
    return ledger.as_dict()[unit]["reasons"]


def _files(space: Workspace) -> dict[str, bytes]:
    found = space.root.rglob("*")
    return {
        str(path.relative_to(space.root)): path.read_bytes() for path in found if path.is_file()
    }


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Articles of every fate: new, copy, nearly a copy, the same twice, foreign, old encoding."""
    rows = _rows(
        {"text": LONG, "url": "https://x.org/1"},
        {"text": LONG.replace("وذكر", "وَذَكَر  ", 1), "url": "https://x.org/2"},
        {"text": LONG + " وانتهى البيان.", "url": "https://x.org/3"},
        {"text": LONG, "url": "https://x.org/1"},
        {"text": "The minister said that the talks would resume in Geneva next week."},
        {"text": ""},
    )
    return _raw(tmp_path / "raw", a_jsonl=rows, b_txt=TEXT.encode("cp1256"))


def test_every_fate_is_counted(workspace, raw):
    done, ledger = _run(workspace, raw)
    assert ledger.as_dict()["articles"] == {
        "received": 7,
        "accepted": 4,
        "repaired": 1,
        "rejected": 2,
        "pending": 0,
        "reasons": {
            "accepted:duplicate_exact": 2,
            "accepted:duplicate_near": 1,
            "repaired:transcoded": 1,
            "rejected:empty_text": 1,
            "rejected:other_language": 1,
        },
    }
    assert len(done.new) == 4
    assert [article.id for article in workspace.articles()] == list(done.new)


def test_copies_are_stored_and_clustered_but_not_cut(workspace, raw):
    done, ledger = _run(workspace, raw)
    first, copy, near, other = done.new
    (cluster,) = workspace.clusters()
    assert cluster.members == (first, copy, near)
    assert cluster.copies == (copy,)
    assert {passage.article_id for passage in workspace.passages()} == {first, near, other}
    counted = ledger.as_dict()["passages"]
    assert counted["accepted"] == done.passages == len(workspace.passages())
    assert counted["reasons"] == {"rejected:copy_of_another": counted["rejected"]}
    assert ledger.defects() == {"empty_text": 1}


def test_the_same_inputs_again_change_no_byte(workspace, raw):
    _run(workspace, raw)
    before = _files(workspace)
    done, ledger = _run(workspace, raw)
    assert _files(workspace) == before
    assert done.new == ()
    assert _reasons(ledger)["accepted:already_collected"] == 5  # type: ignore[index]
    assert "accepted:duplicate_near" not in _reasons(ledger)  # type: ignore[operator]


def test_a_dry_run_gives_the_same_counts_and_writes_nothing(workspace, raw):
    before = _files(workspace)
    dry, counted = _run(workspace, raw, dry_run=True)
    assert _files(workspace) == before
    done, ledger = _run(workspace, raw)
    assert (dry, counted.as_dict()) == (done, ledger.as_dict())


def test_what_is_collected_later_is_the_copy_of_what_was_there(workspace, tmp_path):
    (first,) = _run(workspace, _raw(tmp_path / "one", a_txt=LONG))[0].new
    before = workspace.passages()
    for n in range(3):  # the names of the files are hashes: some sort before the first one
        rows = _rows({"text": LONG + " ", "url": f"https://x.org/{n}"})
        _run(workspace, _raw(tmp_path / f"more{n}", a_jsonl=rows))
    assert workspace.passages() == before
    assert workspace.clusters()[0].id == first


def test_no_two_collections_share_a_time(workspace, tmp_path):
    for n in range(3):
        _run(workspace, _raw(tmp_path / f"raw{n}", a_txt=f"{LONG} {n}", b_txt=f"{TEXT} {n}"))
    times = {article.collected_at for article in workspace.articles()}
    assert len(times) == 3
    assert {time.microsecond for time in times} == {0}


def test_what_was_not_taken_is_written_and_few_of_it_kept(workspace, tmp_path):
    foreign = [{"text": f"The minister said that {n} talks would resume."} for n in range(30)]
    raw = _raw(tmp_path / "raw", a_jsonl=_rows(*foreign, *({"t": n} for n in range(30))))
    _, ledger = _run(workspace, raw)
    written = read(workspace.rejects_file, Reject)
    assert [reject.where for reject in written] == [f"a.jsonl:{n}" for n in range(1, 61)]
    assert ledger.rejects == written[30 : 30 + MAX_KEPT]
    _run(workspace, _raw(tmp_path / "more", a_txt=TEXT))
    assert not workspace.rejects_file.exists()


def test_a_dry_run_writes_no_rejects(workspace, raw):
    _, ledger = _run(workspace, raw, dry_run=True)
    assert not workspace.rejects_file.exists()
    assert [reject.reason for reject in ledger.rejects] == [Reason.EMPTY_TEXT]


def test_a_workspace_may_reach_over_two_disks(workspace, raw, monkeypatch):
    move = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if UNFINISHED in str(self) and self.parent != target.parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    done, _ = _run(workspace, raw)
    assert len(workspace.articles()) == len(done.new)
    assert len(workspace.passages()) == done.passages


def test_a_disk_that_fills_up_at_the_end_leaves_the_workspace_as_it_was(
    workspace, raw, monkeypatch
):
    _run(workspace, _raw(raw.parent / "first", a_txt=TEXT + " أولا"))
    before = _files(workspace)
    move, moved = Path.replace, 0

    def replace(self: Path, target: Path) -> Path:
        nonlocal moved
        moved += UNFINISHED in str(self) and self.parent != target.parent
        if moved == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="No space left"):
        _run(workspace, raw)
    assert _files(workspace) == before


def test_another_language_is_taken_when_asked_for(workspace, raw):
    done, ledger = _run(workspace, raw, language="any")
    assert len(done.new) == 5
    assert {article.language for article in workspace.articles()} == {"ar", "en"}
    assert "rejected:other_language" not in _reasons(ledger)  # type: ignore[operator]


def test_columns_that_nobody_took_are_told(workspace, tmp_path):
    rows = _rows({"نص": TEXT, "author": "أ", "n": 1}, {"نص": TEXT + " نعم", "author": "ب"})
    done, _ = _run(
        workspace, _raw(tmp_path / "raw", a_jsonl=rows), fields={"text": "نص", "url": "u"}
    )
    assert done.ignored == {"author": 1, "n": 1}
    assert done.never_found == ("u",)


def test_what_is_odd_is_written_and_counted_by_article(workspace, tmp_path):
    odd = "قـــال\r\n" + TEXT
    done, _ = _run(workspace, _raw(tmp_path / "raw", a_txt=odd, b_txt=TEXT + " نعم"))
    assert done.hygiene == {"tatweel": 1, "carriage_return": 1}
    (record,) = read(workspace.hygiene_file, Hygiene)
    assert record.counts == {Kind.TATWEEL: 3, Kind.CARRIAGE_RETURN: 1}


def test_lines_of_several_articles_are_found_across_collections(workspace, tmp_path):
    for n in range(4):
        text = f"عين اليوم – جدة\n{LONG[n * 40 :]}"
        done, _ = _run(workspace, _raw(tmp_path / f"raw{n}", a_txt=text))
    assert done.hygiene == {"repeated_line": 4}


def test_an_empty_folder_makes_no_file(workspace, tmp_path):
    before = _files(workspace)
    done, _ = _run(workspace, _raw(tmp_path / "raw"))
    assert _files(workspace) == before
    assert (done.new, done.passages, done.clusters) == ((), 0, 0)


def test_a_failure_in_the_middle_leaves_the_workspace_as_it_was(workspace, raw, monkeypatch):
    _run(workspace, raw)
    before = _files(workspace)

    def fail(article: object, lines: object) -> None:
        raise RuntimeError("no space left")

    monkeypatch.setattr(store_module, "hygiene", fail)
    _raw(raw, c_txt=TEXT + " نعم")
    with pytest.raises(RuntimeError, match="no space left"):
        _run(workspace, raw)
    assert _files(workspace) == before


def test_counts_that_do_not_add_up_write_nothing(workspace, raw):
    before = _files(workspace)
    ledger = Ledger()
    articles = list(collect([raw], now=datetime.now(UTC), ledger=ledger))
    with pytest.raises(GateError, match="does not add up"):
        store_module.store(workspace, articles[1:], ledger)
    assert _files(workspace) == before


def test_a_path_that_does_not_exist_writes_nothing(workspace, raw, tmp_path):
    before = _files(workspace)
    with pytest.raises(UsageError, match="no such file"):
        _run(workspace, raw, tmp_path / "nowhere")
    assert _files(workspace) == before


def test_articles_of_a_cluster_are_one_group_for_the_split(workspace, raw):
    _run(workspace, raw)
    codebook = workspace.codebook()
    passages = workspace.passages()
    annotations = [
        Annotation(
            id=f"u{n}",
            passage_id=passage.id,
            annotator="ali",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            arm=Arm.BLIND,
            codebook=codebook.hash,
            issues=dict.fromkeys(codebook.issue_ids, Judgement.ABSENT),
        )
        for n, passage in enumerate(passages)
    ]
    write(workspace.annotations_dir / "pull-0001.jsonl", annotations)
    records = run_build(workspace, frozenset(), Ledger())
    (cluster,) = workspace.clusters()
    groups = {record.passage.article_id: record.group for record in records}
    alone = set(groups) - set(cluster.members)
    assert {groups[member] for member in groups if member in cluster.members} == {cluster.id}
    assert len(alone) == 1
    assert all(groups[article] == article for article in alone)


def test_a_workspace_of_earlier_articles_keeps_them(workspace, raw, tmp_path):
    _run(workspace, raw)
    before = {path.name: path.read_bytes() for path in workspace.articles_dir.iterdir()}
    shutil.rmtree(workspace.runs_dir)
    _run(workspace, _raw(tmp_path / "more", a_txt=TEXT + " نعم"))
    after = {path.name: path.read_bytes() for path in workspace.articles_dir.iterdir()}
    assert before.items() < after.items()


def test_an_article_of_another_encoding_is_transcoded_once_and_then_already_there(
    tmp_path, workspace
):
    raw = _raw(tmp_path / "raw", a_txt=TEXT.encode("cp1256"))
    _, first = _run(workspace, raw)
    _, again = _run(workspace, raw)
    assert _reasons(first) == {"repaired:transcoded": 1}
    assert _reasons(again) == {"accepted:already_collected": 1}
