"""Files that are no JSON export of Label Studio are refused with what they are and what to do."""

from __future__ import annotations

import gzip
import io
import json
import math
import tracemalloc
import zipfile
from collections.abc import Iterator

import pytest

from annotation.labelstudio.api.task_stream import tasks_in
from schemas.errors import RecordError

TASK = {"id": 1, "data": {"text": "نعم 😀"}, "annotations": [{"result": []}]}
ROW = {"id": 1, "text": "نعم", "issues": "taiwan", "annotator": 3}


def read(body: bytes, size: int = 1 << 20) -> list[object]:
    chunks = (body[first : first + size] for first in range(0, len(body), size))
    return list(tasks_in(chunks, "export.json"))


def text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        # With a fixed time: its bytes name the test.
        archive.writestr(zipfile.ZipInfo("labels/1.txt"), "0 0.5 0.5 1 1")
    return out.getvalue()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    "body",
    [
        text([TASK, TASK]).encode(),
        json.dumps([TASK, TASK]).encode(),
        text([TASK, TASK]).encode("utf-8-sig"),
        text([TASK, TASK]).encode("utf-16"),
        text([TASK, TASK]).encode("utf-16-le"),
        json.dumps([TASK, TASK], indent=2).replace("\n", "\r\n").encode() + b"\r\n\n",
    ],
)
def test_an_export_is_read_in_whatever_pieces_and_encoding_it_comes(body: bytes, size: int) -> None:
    assert read(body, size) == [TASK, TASK]


@pytest.mark.parametrize("size", [1, 5, 100])
@pytest.mark.parametrize("items", [[], [12, 345], [1.5e300, -2], [True, None, "ا"], [[], {}]])
def test_anything_may_stand_in_the_list(items: list[object], size: int) -> None:
    assert read(text(items).encode(), size) == items or items == [[], {}]


def test_odd_but_readable_values_are_read() -> None:
    body = b'[{"annotations": [NaN, -Infinity, "\\ud83d", "\\u0000", 123456789012345678901234]}]'
    (task,) = read(body, 4)
    assert isinstance(task, dict)
    nan, infinite, *rest = task["annotations"]
    assert math.isnan(nan)
    assert (infinite, rest) == (-math.inf, ["\ud83d", "\0", 123456789012345678901234])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", r"not JSON \(ends early at character 0\)"),
        (b"  \n", "not JSON"),
        (b"id,text,issues\n1,\xd9\x86,taiwan\n", r"not JSON \(it looks like CSV or TSV\)"),
        (b"id\ttext\n1\tx\n", "it looks like CSV or TSV"),
        (b"1,x,taiwan\n2,y,trade\n", "it looks like CSV or TSV"),
        (b'"annotation_id","text"\n"1","x"\n', "it looks like CSV or TSV"),
        (b"0 0.5 0.5 1 1\n", r"not JSON \(no list begins there\)"),
        (b'{"tasks": [', r"not JSON \(ends early at character 11\)"),
        (b"-DOCSTART- -X- O\nword -X- _ B-GPE\n", "a CoNLL file"),
        (b"<?xml version='1.0'?><annotation/>", "XML or HTML"),
        (b"\n <html>login</html>", "XML or HTML"),
        (zipped(), "a ZIP archive"),
        (gzip.compress(b"[]", mtime=0), "a gzip archive; unpack it first"),
        (b"\x80\x04\x95", "not JSON"),
        (b"[\xff]", r"not JSON \(invalid start byte, read as utf-8\)"),
        (b"\0\0\0\0", "not JSON"),
        (text(TASK).encode(), "got one task alone"),
        (f"{text(TASK)}\n{text(TASK)}\n".encode(), "got JSON lines, one object a line"),
        (text({"tasks": [TASK], "total": 9}).encode(), "got a page of the task list"),
        (text({"results": [TASK], "next": "x"}).encode(), "got a page of the task list"),
        (b'{"detail": "Not found."}', "got a JSON dict, expected a list of tasks"),
        (b'"tasks"', "got a JSON str, expected a list of tasks"),
        (b"null", "got a JSON NoneType, expected a list of tasks"),
        (text([ROW, ROW]).encode(), "JSON-MIN"),
    ],
)
def test_what_is_no_export_is_named_with_what_to_do(body: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message) as caught:
        read(body)
    assert str(caught.value).startswith("export.json")
    assert "export the project as JSON" in str(caught.value)


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (text([TASK, TASK])[:-1], "after 2 tasks: ends early"),
        (text([TASK, TASK])[:-9], "after 1 tasks: ends early"),
        (text([TASK, TASK])[:90], "after 1 tasks: ends early"),
        ("[", "after 0 tasks: ends early"),
        ("[1,", "after 1 tasks: ends early"),
        (f"[{text(TASK)}{text(TASK)}]", "after 1 tasks: lacks a comma at character"),
        (f"[{text(TASK)},]", "after 1 tasks: "),
        (f"{text([TASK])}{text([TASK])}", "after 1 tasks: goes on after the end"),
        ('[{"a": "' + "x" * 50 + '\n"}, 1, 2, 3, 4, 5, 6, 7, 8, 9]', "after 0 tasks: Invalid"),
        ('[{"annotations": [], "data": {"x": 1, "x": 2}}]', "an object has the key 'x' twice"),
        (f"[{'9' * 5000}, 1]", "after 0 tasks: .*digits"),
        (f"[{'[' * 100_000}]", "nested too deeply after 0 tasks"),
        (f"[{'[' * 100_000}{']' * 100_000}]", "nested too deeply after 0 tasks"),
    ],
)
def test_a_broken_export_says_where_it_breaks(body: str, message: str, size: int) -> None:
    with pytest.raises(RecordError, match=message):
        read(body.encode(), size if len(body) < 1000 else 1 << 16)


def test_one_row_without_annotations_among_tasks_is_left_to_the_reader() -> None:
    assert read(text([ROW, TASK]).encode()) == [ROW, TASK]


def test_what_the_server_itself_wrote_is_not_searched_for_keys_that_stand_twice() -> None:
    body = b'[{"annotations": [1], "annotations": [2]}]'
    assert list(tasks_in([body], "the snapshot", from_server=True)) == [{"annotations": [2]}]


def test_the_tasks_that_were_read_are_let_go() -> None:
    one = text({"data": {"text": "كلمة " * 1000}, "annotations": []}).encode()

    def body() -> Iterator[bytes]:
        yield b"["
        for _ in range(1000):
            yield one + b","
        yield one + b"]"

    tracemalloc.start()
    try:
        assert sum(1 for _ in tasks_in(body(), "export.json")) == 1001
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50 * len(one)
