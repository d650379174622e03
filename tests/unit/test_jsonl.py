"""Record files: every bad line is named, and a file is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from schemas.article import Span
from schemas.errors import RecordError, UsageError
from schemas.jsonl import atomic, dump, lines, read, read_bytes, write, write_text

ONE = Span(start=0, end=3, label="GPE")
TWO = Span(start=4, end=9, label="ORG", entity_id="org.x")


def test_records_are_written_one_a_line_without_empty_fields(tmp_path):
    path = tmp_path / "spans.jsonl"
    write(path, [ONE, TWO])
    assert path.read_bytes() == (
        b'{"start":0,"end":3,"label":"GPE"}\n'
        b'{"start":4,"end":9,"label":"ORG","entity_id":"org.x"}\n'
    )
    assert read(path, Span) == [ONE, TWO]


def test_no_records_make_an_empty_file(tmp_path):
    assert dump([]) == ""
    assert write(tmp_path / "none.jsonl", [])
    assert read(tmp_path / "none.jsonl", Span) == []


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85", "\v", "\x1e", "🤝🏽", "\ufeff", "ﷺ"])
def test_characters_that_end_lines_elsewhere_stay_inside_a_record(tmp_path, odd):
    span = Span(start=0, end=1, label=f"أ{odd}ب\n\r")
    path = tmp_path / "spans.jsonl"
    write(path, [span, ONE])
    assert read(path, Span) == [span, ONE]
    assert [number for number, _ in lines(path)] == [1, 2]


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_are_passed_over(tmp_path):
    path = tmp_path / "spans.jsonl"
    path.write_bytes(b"\xef\xbb\xbf\r\n" + dump([ONE]).encode().replace(b"\n", b"\r\n") + b"  \n\n")
    assert read(path, Span) == [ONE]
    assert [number for number, _ in lines(path)] == [2]


def test_a_last_line_without_a_line_end_is_read(tmp_path):
    path = tmp_path / "spans.jsonl"
    path.write_text(dump([ONE, TWO]).rstrip("\n"), encoding="utf-8")
    assert read(path, Span) == [ONE, TWO]


def test_all_bad_lines_are_named_with_field_and_value(tmp_path):
    path = tmp_path / "spans.jsonl"
    path.write_text(
        '{"start":0,"end":3,"label":"GPE"}\n'
        "\n"
        '{"start":"0","end":3,"label":"GPE"}\n'
        '{"start":0,"end":3}\n'
        "not json\n"
        '{"start":3,"end":3,"label":"GPE"}\n'
        '{"start":0,"end":3,"label":"GPE","colour":"red"}\n',
        encoding="utf-8",
    )
    with pytest.raises(RecordError) as error:
        read(path, Span)
    message = str(error.value)
    assert f"{path} is not a file of Span records" in message
    assert f"{path}:3: start: Input should be a valid integer; got '0'" in message
    assert f"{path}:4: label: Field required" in message
    assert f"{path}:5: record: Invalid JSON" in message
    assert f"{path}:6: record: Value error, span 3..3 is empty" in message
    assert f"{path}:7: colour: Extra inputs are not permitted; got 'red'" in message
    assert f"{path}:1:" not in message


def test_of_many_bad_lines_ten_are_shown_and_the_others_counted(tmp_path):
    path = tmp_path / "spans.jsonl"
    path.write_text("[]\n" * 23, encoding="utf-8")
    with pytest.raises(RecordError, match="and 13 more") as error:
        read(path, Span)
    assert f"{path}:10:" in str(error.value)
    assert f"{path}:11:" not in str(error.value)


def test_long_values_are_shortened_in_messages(tmp_path):
    path = tmp_path / "spans.jsonl"
    path.write_text('{"start":"' + "9" * 500 + '","end":3,"label":"GPE"}\n', encoding="utf-8")
    with pytest.raises(RecordError) as error:
        read(path, Span)
    assert "9" * 76 + "..." in str(error.value)
    assert "9" * 77 not in str(error.value)


def test_a_byte_that_is_not_utf8_is_named_with_its_line_and_offset(tmp_path):
    path = tmp_path / "spans.jsonl"
    path.write_bytes(b"{}\n\n \xe9\n")
    with pytest.raises(RecordError, match=r"spans\.jsonl:3: not UTF-8 \(byte 0xe9 at offset 5\)"):
        list(lines(path))


def test_a_missing_file_and_a_folder_are_record_errors(tmp_path):
    with pytest.raises(RecordError, match="none: no such file"):
        read_bytes(tmp_path / "none")
    with pytest.raises(RecordError, match="cannot be read"):
        read(tmp_path, Span)


def test_write_tells_whether_the_bytes_changed_and_leaves_an_equal_file_alone(tmp_path):
    path = tmp_path / "deep" / "down" / "spans.jsonl"
    assert write(path, [ONE]) is True
    inode = path.stat().st_ino
    assert write(path, [ONE]) is False
    assert path.stat().st_ino == inode
    assert write(path, [TWO]) is True
    assert read(path, Span) == [TWO]


def test_text_is_written_as_utf8_with_its_line_ends_as_given(tmp_path):
    write_text(tmp_path / "a.txt", "نعم\r\nلا\n")
    assert (tmp_path / "a.txt").read_bytes() == "نعم\r\nلا\n".encode()


class StoppedError(Exception):
    """What a writer in these tests dies of."""


def _die_while_writing(path: Path, data: bytes) -> None:
    with atomic(path) as temporary:
        temporary.write_bytes(data)
        raise StoppedError


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "spans.jsonl"
    write(path, [ONE])
    before = path.read_bytes()
    with pytest.raises(StoppedError):
        _die_while_writing(path, b"half")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_that_fails_makes_no_file_where_there_was_none(tmp_path):
    with pytest.raises(StoppedError):
        _die_while_writing(tmp_path / "new.jsonl", b"half")
    assert list(tmp_path.iterdir()) == []


def test_records_that_cannot_be_made_leave_the_old_file(tmp_path):
    path = tmp_path / "spans.jsonl"
    write(path, [ONE])

    def broken():
        yield TWO
        raise StoppedError

    with pytest.raises(StoppedError):
        write(path, broken())
    assert read(path, Span) == [ONE]
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_sees_the_old_file_until_the_writer_is_done(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    with atomic(path) as temporary:
        temporary.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
        assert temporary.parent == path.parent
    assert path.read_text(encoding="utf-8") == "new"


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_gets_the_mode_asked_for(tmp_path, mode):
    path = tmp_path / "secret"
    with atomic(path, mode=mode) as temporary:
        temporary.write_text("x", encoding="utf-8")
    assert path.stat().st_mode & 0o777 == mode


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is a folder"), atomic(tmp_path):
        pass


def test_a_link_stays_a_link_and_its_target_gets_the_text(tmp_path):
    target, link = tmp_path / "real" / "out.txt", tmp_path / "link.txt"
    target.parent.mkdir()
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with atomic(pipe) as temporary:
            temporary.write_bytes(b"out")
        assert os.read(reader, 10) == b"out"
        assert pipe.is_fifo()
    finally:
        os.close(reader)
