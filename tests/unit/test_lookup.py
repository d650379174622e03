"""Records that are parsed when they are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.annotation import Prediction
from schemas.errors import RecordError
from schemas.jsonl import read, write
from schemas.lookup import Lookup


def _record(passage: str, model: str = "m") -> Prediction:
    return Prediction(passage_id=passage, model=model, issues={"تايوان": 0.5}, present=(), spans=())


def _file(tmp_path: Path, *records: Prediction) -> Path:
    path = tmp_path / "records.jsonl"
    write(path, records)
    return path


def _looked_up(path: Path) -> Lookup[Prediction]:
    return Lookup.read(path, Prediction, lambda record: record.passage_id)


def test_it_is_the_dictionary_of_the_file(tmp_path: Path) -> None:
    path = _file(tmp_path, _record("b"), _record("a"), _record("c"))
    found = _looked_up(path)
    assert dict(found) == {record.passage_id: record for record in read(path, Prediction)}
    assert list(found) == ["b", "a", "c"]
    assert "a" in found
    assert "x" not in found
    with pytest.raises(KeyError, match="x"):
        found["x"]


def test_of_several_records_with_a_key_the_last_one_counts(tmp_path: Path) -> None:
    found = _looked_up(_file(tmp_path, _record("a", "old"), _record("a", "new")))
    assert [record.model for record in found.values()] == ["new"]


def test_it_does_not_see_what_becomes_of_the_file(tmp_path: Path) -> None:
    path = _file(tmp_path, _record("a"))
    found = _looked_up(path)
    path.unlink()
    assert found["a"] == _record("a")


def test_some_of_it_in_another_order(tmp_path: Path) -> None:
    found = _looked_up(_file(tmp_path, _record("a"), _record("b"), _record("c")))
    assert list(found.only(["c", "a"]).items()) == [("c", _record("c")), ("a", _record("a"))]
    with pytest.raises(KeyError, match="x"):
        found.only(["a", "x"])


def test_a_bad_line_is_named_at_once(tmp_path: Path) -> None:
    path = _file(tmp_path, _record("a"))
    path.write_bytes(path.read_bytes() + b'{"passage_id": 1}\n')
    with pytest.raises(RecordError, match=r"records\.jsonl:2"):
        _looked_up(path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = _file(tmp_path, _record("a"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert _looked_up(path)["a"] == _record("a")
