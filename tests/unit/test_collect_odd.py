"""No input ends a run: what is odd becomes a coded reject, and all else is taken."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.ingest.collect import collect, settle
from annotation.ingest.columns import read_date
from annotation.ingest.formats import json_lines, web
from annotation.ingest.source import total_bytes
from schemas.article import Article
from schemas.errors import UsageError
from schemas.ledger import Ledger, Reason

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXT = "قال الوزير إن المحادثات مستمرة في جنيف، وأضاف: «لا شروط»."
PAGE = "<html><head>{head}</head><body><article><p>{text}</p></article></body></html>"


def _collect(*paths: Path) -> tuple[list[Article], list[tuple[Reason, str]], Ledger]:
    ledger = Ledger()
    found = []
    for article in collect(list(paths), now=NOW, ledger=ledger):
        settle(article, ledger)
        found.append(article)
    ledger.check()
    return found, [(reject.reason, reject.where) for reject in ledger.rejects], ledger


def _file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# Tables


def test_no_piece_of_a_broken_row_becomes_an_article(tmp_path):
    table = (
        'title,text\nعنوان,"قال ""الوزير"" ثم قال "كلمة" في جنيف\n'
        f'وأضاف الوزير, في تصريح … مستمرة"\nثان,{TEXT}\n'
    )
    found, rejects, ledger = _collect(_file(tmp_path, "a.csv", table))
    assert [article.file for article in found] == ["a.csv:4"]
    assert rejects == [(Reason.BAD_ROW, "a.csv:2-3")]
    assert ledger.rejects[0].detail.startswith("2 lines: ")


def test_a_line_inside_a_broken_cell_that_looks_like_a_row_is_none(tmp_path):
    table = f'title,text\nأ,"قال "كلمة" ثم\nوأضاف, في تصريح\nوانتهى"\nثان,{TEXT}\n'
    found, rejects, _ = _collect(_file(tmp_path, "a.csv", table))
    assert [article.file for article in found] == ["a.csv:5"]
    assert rejects == [(Reason.BAD_ROW, "a.csv:2-4")]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_missing_quote_does_not_take_the_rows_below_along(tmp_path, quote):
    rows = "".join(f"ع{n},{quote}{TEXT} {n}{quote}\n" for n in range(7))
    found, rejects, _ = _collect(_file(tmp_path, "a.csv", f'title,text\nأ,"بلا نهاية\n{rows}'))
    assert [article.text for article in found] == [f"{TEXT} {n}" for n in range(7)]
    assert [article.file for article in found] == [f"a.csv:{n}" for n in range(3, 10)]
    assert rejects == [(Reason.BAD_ROW, "a.csv:2")]


def test_broken_rows_at_the_end_are_one_reject(tmp_path):
    table = f'title,text\nأ,{TEXT}\nب,"قال "كلمة\nوأضاف\nوانتهى'
    found, rejects, _ = _collect(_file(tmp_path, "a.csv", table))
    assert len(found) == 1
    assert rejects == [(Reason.BAD_ROW, "a.csv:3-5")]


# Markdown, web pages, dates


@pytest.mark.parametrize(
    "yaml", ["x: !!bool maybe", "x: !!int ''", "x: !!timestamp abc", "x: " + "[" * 3000]
)
def test_front_matter_that_the_library_fails_on_is_a_bad_field(tmp_path, yaml):
    _, rejects, ledger = _collect(_file(tmp_path, "a.md", f"---\n{yaml}\n---\n{TEXT}"))
    assert rejects == [(Reason.BAD_FIELD, "a.md")]
    assert ledger.rejects[0].detail.startswith("front matter: ")


@pytest.mark.parametrize("charset", ["undefined", "hex", "rot13", "base64", "mbcs"])
def test_a_declared_charset_that_is_no_text_encoding_is_passed_over(tmp_path, charset):
    page = PAGE.format(head=f'<meta charset="{charset}">', text=f"{TEXT} " * 9).encode("cp1256")
    (article,), _, _ = _collect(_file(tmp_path, "a.html", page))
    assert article.encoding == "cp1256"


@pytest.mark.parametrize(("bound", "taken"), [(2000, True), (1000, False), (200, False)])
def test_a_page_beyond_the_bound_is_rejected(tmp_path, monkeypatch, bound, taken):
    monkeypatch.setattr(web, "_LONGEST", bound)
    page = PAGE.format(head="", text=f"{TEXT} " * 20)
    assert 1000 < len(page) < 2000 < len(page.encode())
    found, rejects, ledger = _collect(_file(tmp_path, "a.html", page))
    assert len(found) == taken
    assert rejects == ([] if taken else [(Reason.BROKEN_FILE, "a.html")])
    assert taken or f"more than {bound} characters" in ledger.rejects[0].detail


def test_a_time_zone_of_any_number_of_hours_is_no_date():
    with pytest.raises(ValueError, match="published"):
        read_date("21 Jul 2015 00:00:00 +99999999999999999999")


# Lines and Parquet


@pytest.mark.parametrize("end", ["\n", ""])
def test_a_line_beyond_the_bound_is_rejected_alone(tmp_path, monkeypatch, end):
    monkeypatch.setattr(json_lines, "LONGEST", 100)
    rows = [f'{{"text": "{TEXT}"}}\n', f'{{"text": "{"س" * 500}"}}\n', f'{{"text": "{TEXT}"}}{end}']
    found, rejects, _ = _collect(_file(tmp_path, "a.jsonl", "".join(rows)))
    assert [article.file for article in found] == ["a.jsonl:1", "a.jsonl:3"]
    assert rejects == [(Reason.BAD_JSON, "a.jsonl:2")]


def test_a_column_of_parquet_is_read_in_pieces(tmp_path):
    rows = [f"{TEXT} {n} {n * 7919 % 10007} " * 40 for n in range(2000)]
    options = {"compression": "none", "use_dictionary": False, "write_batch_size": 64}
    pq.write_table(pa.table({"text": rows}), tmp_path / "a.parquet", **options)
    pieces: list[int] = []
    list(collect([tmp_path / "a.parquet"], now=NOW, ledger=Ledger(), on_bytes=pieces.append))
    assert sum(pieces) > 8 << 20
    assert max(pieces) <= 2 << 20


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([10**9], pa.date32()),
        pa.array([1], pa.timestamp("s", "Mars/Olympus")),
        pa.array([2**62], pa.duration("s")),
        pa.array([1], pa.duration("ns")),
    ],
    ids=str,
)
def test_a_parquet_cell_that_python_has_no_value_for_rejects_its_row(tmp_path, cells):
    dates = pa.concat_arrays([pa.nulls(1, cells.type), cells])
    pq.write_table(pa.table({"text": [TEXT, TEXT], "date": dates}), tmp_path / "a.parquet")
    found, rejects, _ = _collect(tmp_path / "a.parquet")
    assert [article.file for article in found] == ["a.parquet:1"]
    assert rejects == [(Reason.BAD_FIELD, "a.parquet:2")]


# Files


def test_what_is_no_regular_file_is_counted(tmp_path):
    folder = tmp_path / "raw"
    (folder / "sub").mkdir(parents=True)
    _file(folder / "sub", "a.txt", TEXT)
    os.mkfifo(folder / "b.txt")
    (folder / "c.txt").symlink_to("nowhere")
    (folder / "d").symlink_to("sub")
    os.mkfifo(folder / ".hidden")
    found, rejects, ledger = _collect(folder)
    assert [article.file for article in found] == ["sub/a.txt"]
    assert rejects == [(Reason.UNREADABLE_FILE, name) for name in ("b.txt", "c.txt", "d")]
    assert [reject.detail.split(":")[0] for reject in ledger.rejects] == [
        "a pipe, a socket or a device",
        "a link to nothing",
        "a link to a folder",
    ]
    assert total_bytes([folder]) == len(TEXT.encode())


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_cannot_be_looked_into_is_counted(tmp_path):
    (tmp_path / "sub").mkdir(mode=0)
    _file(tmp_path, "a.txt", TEXT)
    found, rejects, _ = _collect(tmp_path)
    assert len(found) == 1
    assert rejects == [(Reason.UNREADABLE_FILE, "sub")]


def test_a_link_to_nothing_as_an_argument_is_a_usage_error(tmp_path):
    (tmp_path / "a.txt").symlink_to("nowhere")
    with pytest.raises(UsageError, match=r"a\.txt: a link to nothing; give a file"):
        _collect(tmp_path / "a.txt")


def test_a_pipe_as_an_argument_is_a_usage_error(tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(UsageError, match=r"pipe\.jsonl: a pipe, a socket or a device; give a file"):
        _collect(tmp_path / "pipe.jsonl")


def test_a_name_that_is_not_utf_8_is_recorded_with_its_bytes(tmp_path):
    _file(tmp_path, os.fsdecode(b"a\xe9.txt"), TEXT)
    (article,), _, _ = _collect(tmp_path)
    assert article.file == r"a\xe9.txt"
    (alone,), _, _ = _collect(next(tmp_path.iterdir()))
    assert alone.file == article.file
