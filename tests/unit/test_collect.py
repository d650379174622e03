"""Raw files become articles; every file and line that does not is counted with its reason."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from annotation.ingest.collect import collect
from schemas.errors import UsageError
from schemas.jsonl import dump
from schemas.ledger import Ledger, Reason, Unit
from tests.collecting import NOW
from tests.collecting import collected as _collect
from tests.collecting import file_with as _file
from tests.collecting import rows as _rows

TEXT = "زار الوزير بكين أمس."


def _counts(ledger: Ledger) -> tuple[int, int, int]:
    row = ledger.as_dict().get("articles", {"received": 0, "accepted": 0, "rejected": 0})
    return row["received"], row["accepted"], row["rejected"]


@pytest.mark.parametrize(
    "text", [TEXT, "\ufeff نَعم\r\n\r\n\u200fلا\u2028 ", "أ\rب", "🤝🏽 «قال»\x0b", "a"]
)
def test_the_text_of_a_file_is_kept_to_the_last_character(tmp_path, text):
    (article,), ledger = _collect(_file(tmp_path, "a.txt", text))
    assert article.text == text
    assert article.file == "a.txt"
    assert article.collected_at == NOW
    assert _counts(ledger) == (1, 1, 0)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("عنوان الخبر\n\nقال الوزير نعم.", "عنوان الخبر"),
        ("\ufeffعنوان الخبر\r\nقال", "عنوان الخبر"),
        ("عنوان الخبر", None),
        ("عنوان الخبر\n \n", None),
        ("قال الوزير نعم.\nثم ذهب", None),
        ("هل جاء الوزير؟\nنعم", None),
        ("كلمة " * 25 + "\nقال", ("كلمة " * 25).strip()),
        ("كلمة " * 26 + "\nقال", None),
        ("\nعنوان\nقال", "عنوان"),
        ("\ufeff\r\n \u200f\r\nعنوان الخبر\r\nقال", "عنوان الخبر"),
    ],
)
def test_a_first_line_that_looks_like_a_headline_is_the_title(tmp_path, text, title):
    (article,), _ = _collect(_file(tmp_path, "a.txt", text))
    assert article.title == title
    assert article.text == text


def test_a_row_keeps_its_fields_and_its_line(tmp_path):
    row = {
        "text": TEXT,
        "title": "عنوان",
        "source": "وكالة",
        "url": "https://example.org/1",
        "published": "2023-06-15T10:00:00Z",
        "language": "ar",
        "licence": "CC0",
        "unknown": {"ignored": 1},
    }
    (article,), _ = _collect(_file(tmp_path, "feed.jsonl", "\n" + _rows(row)))
    assert article.file == "feed.jsonl:2"
    assert article.published == date(2023, 6, 15)
    assert (article.title, article.source, article.url) == ("عنوان", "وكالة", row["url"])
    assert (article.language, article.licence) == ("ar", "CC0")


def test_a_field_that_is_null_is_a_field_that_is_not_there(tmp_path):
    row = {"text": TEXT, "title": None, "published": "", "language": None, "source": " \n"}
    (article,), _ = _collect(_file(tmp_path, "feed.jsonl", _rows(row)))
    assert article.title is article.published is article.source is None
    assert article.language == "ar"


def test_line_separators_inside_a_json_string_do_not_end_the_row(tmp_path):
    text = "سطر\u2028آخر\x85نعم"
    path = _file(tmp_path, "feed.jsonl", "\ufeff" + _rows({"text": text}).replace("\n", "\r\n"))
    (article,), _ = _collect(path)
    assert article.text == text


@pytest.mark.parametrize(
    ("name", "content", "reason", "where"),
    [
        ("a.txt", b"", Reason.EMPTY_TEXT, "a.txt"),
        ("a.txt", " \t\r\n\u00a0".encode(), Reason.EMPTY_TEXT, "a.txt"),
        ("a.txt", "\ufeff\u200f\n".encode(), Reason.EMPTY_TEXT, "a.txt"),
        ("a.txt", "نعم\x00لا".encode(), Reason.BINARY_FILE, "a.txt"),
        ("a.txt", "نعم\nلا\n".encode() + b"\xff\n", Reason.BAD_BYTES, "a.txt:3"),
        ("a.jsonl", b"\n\xe9\n", Reason.BAD_BYTES, "a.jsonl:2"),
        ("a.docx", "نعم".encode(), Reason.UNSUPPORTED_FORMAT, "a.docx"),
        ("a.gz", "نعم".encode(), Reason.UNSUPPORTED_FORMAT, "a.gz"),
        ("README", b"x", Reason.UNSUPPORTED_FORMAT, "README"),
        ("a.jsonl", b"", Reason.EMPTY_TEXT, "a.jsonl"),
        ("a.jsonl", b" \n\n", Reason.EMPTY_TEXT, "a.jsonl"),
        ("a.jsonl", b"\n{\n", Reason.BAD_JSON, "a.jsonl:2"),
        ("a.jsonl", b'{"text": "a"', Reason.BAD_JSON, "a.jsonl:1"),
        ("a.jsonl", b'["text"]\n', Reason.BAD_JSON, "a.jsonl:1"),
        ("a.jsonl", b"null\n", Reason.BAD_JSON, "a.jsonl:1"),
        ("a.jsonl", b"{}\n", Reason.MISSING_TEXT, "a.jsonl:1"),
        ("a.jsonl", b'{"Text":"a"}\n', Reason.MISSING_TEXT, "a.jsonl:1"),
        ("a.jsonl", b'{"text":5}\n', Reason.MISSING_TEXT, "a.jsonl:1"),
        ("a.jsonl", b'{"text":null}\n', Reason.MISSING_TEXT, "a.jsonl:1"),
        ("a.jsonl", b'{"text":" \\n"}\n', Reason.EMPTY_TEXT, "a.jsonl:1"),
        ("a.jsonl", b'{"text":""}\n', Reason.EMPTY_TEXT, "a.jsonl:1"),
        ("a.jsonl", b'{"text":"a","published":"2023-02-30"}', Reason.BAD_FIELD, "a.jsonl:1"),
        ("a.jsonl", b'{"text":"a","published":"yesterday"}', Reason.BAD_FIELD, "a.jsonl:1"),
        ("a.jsonl", b'{"text":"a","text":"b"}', Reason.BAD_JSON, "a.jsonl:1"),
        ("a.jsonl", b'{"text":"a","title":5}', Reason.BAD_FIELD, "a.jsonl:1"),
        ("a.jsonl", b'{"text":"a","url":["x"]}', Reason.BAD_FIELD, "a.jsonl:1"),
        ("a.jsonl", b'{"text":"a\\ud800"}', Reason.BAD_FIELD, "a.jsonl:1"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_reason_and_place(
    tmp_path, name, content, reason, where
):
    found, ledger = _collect(_file(tmp_path, name, content))
    assert found == []
    assert [(reject.reason, reject.where) for reject in ledger.rejects] == [(reason, where)]
    assert _counts(ledger) == (1, 0, 1)


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"{\n", "Expecting property name"),
        (b"[1]\n", "a list, not an object"),
        (b'{"titre":"a","corps":"b"}\n', "keys: 'titre', 'corps'"),
        (b"{}\n", "keys: none"),
        (b'{"text":"a","title":5}\n', "title: Input should be a valid string; got 5"),
        (b'{"text":"a","published":"2023-02-30"}\n', "day is out of range"),
    ],
)
def test_a_rejected_row_says_what_was_got(tmp_path, content, detail):
    _, ledger = _collect(_file(tmp_path, "a.jsonl", content))
    assert detail in ledger.rejects[0].detail


def test_bad_rows_do_not_keep_good_ones_out(tmp_path):
    rows = _rows({"text": "أول"}) + "{\n" + _rows({"text": ""}, 5, {"text": "ثان"})
    found, ledger = _collect(_file(tmp_path, "feed.jsonl", rows))
    assert [(a.text, a.file) for a in found] == [("أول", "feed.jsonl:1"), ("ثان", "feed.jsonl:5")]
    assert _counts(ledger) == (5, 2, 3)


def test_a_folder_is_walked_in_sorted_order_and_names_stay_below_it(tmp_path):
    root = tmp_path / "secret-place"
    for name in ("b.txt", "a/z.txt", "a/b/c.TXT"):
        _file(root, name, f"نص {name}")
    found, _ = _collect(root)
    assert [article.file for article in found] == ["a/b/c.TXT", "a/z.txt", "b.txt"]


def test_hidden_files_and_folders_are_passed_over_and_not_counted(tmp_path):
    for name in (".a.txt", ".git/b.txt", "c/.d/e.txt"):
        _file(tmp_path, name, f"نص {name}")
    _file(tmp_path, "f.txt", TEXT)
    found, ledger = _collect(tmp_path)
    assert [article.file for article in found] == ["f.txt"]
    assert _counts(ledger) == (1, 1, 0)


def test_a_folder_below_a_hidden_one_is_read_when_it_is_given(tmp_path):
    _file(tmp_path, ".cache/raw/a.txt", TEXT)
    found, _ = _collect(tmp_path / ".cache" / "raw")
    assert [article.file for article in found] == ["a.txt"]


def test_an_empty_folder_gives_nothing(tmp_path):
    found, ledger = _collect(tmp_path)
    assert found == []
    assert ledger.as_dict() == {}


def test_a_path_that_does_not_exist_is_a_usage_error_that_names_it(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere: no such file or folder"):
        _collect(tmp_path / "nowhere")


def test_the_same_text_twice_is_yielded_twice(tmp_path):
    first, second = _file(tmp_path, "a.txt", TEXT), _file(tmp_path, "b.txt", TEXT)
    found, ledger = _collect(first, second)
    assert [article.file for article in found] == ["a.txt", "b.txt"]
    assert len({article.id for article in found}) == 1
    assert _counts(ledger) == (2, 2, 0)


def test_texts_that_differ_by_one_blank_are_two_articles(tmp_path):
    found, _ = _collect(_file(tmp_path, "f.jsonl", _rows({"text": TEXT}, {"text": TEXT + " "})))
    assert len({article.id for article in found}) == 2


def test_the_same_files_give_the_same_bytes(tmp_path):
    _file(tmp_path, "a.txt", TEXT)
    _file(tmp_path, "feed.jsonl", _rows({"text": "أ"}, {"text": "ب", "url": "https://x.org"}))
    assert dump(_collect(tmp_path)[0]) == dump(_collect(tmp_path)[0])


def test_where_an_article_was_found_is_no_part_of_its_id(tmp_path):
    (one,), _ = _collect(_file(tmp_path, "a.txt", TEXT))
    (two,), _ = _collect(_file(tmp_path, "deep/b.txt", TEXT))
    assert one.id == two.id


def test_details_of_rejects_stay_short(tmp_path):
    _, ledger = _collect(_file(tmp_path, "a.jsonl", _rows({"k" * 500: 1})))
    assert len(ledger.rejects[0].detail) == 80


@pytest.mark.parametrize("blank", ["\u2003", "\u3000", "\u2028", "\u202f\n"])
def test_every_white_space_of_unicode_is_blank(tmp_path, blank):
    found, ledger = _collect(_file(tmp_path, "a.txt", blank))
    assert found == []
    assert ledger.rejects[0].reason is Reason.EMPTY_TEXT


def test_a_jsonl_file_that_holds_only_a_byte_order_mark_is_counted(tmp_path):
    _, ledger = _collect(_file(tmp_path, "a.jsonl", b"\xef\xbb\xbf"))
    assert _counts(ledger) == (1, 0, 1)


@pytest.mark.parametrize("value", ["1" * 5000, "[" * 100_000], ids=["long integer", "deep"])
def test_one_row_that_python_cannot_parse_does_not_end_the_run(tmp_path, value):
    rows = _rows({"text": "أول"}) + '{"text":"x","n":' + value + "}\n" + _rows({"text": "ثان"})
    found, ledger = _collect(_file(tmp_path, "feed.jsonl", rows))
    assert [article.text for article in found] == ["أول", "ثان"]
    assert ledger.rejects[0].reason is Reason.BAD_JSON


@pytest.mark.parametrize("field", ["text", "title", "source", "url", "licence", "language"])
@pytest.mark.parametrize("end", ["\ud800", "\x00"])
def test_what_could_not_be_stored_in_any_field_is_a_bad_field(tmp_path, field, end):
    row = json.dumps({"text": TEXT, field: f"x{end}"})
    found, ledger = _collect(_file(tmp_path, "feed.jsonl", row))
    assert found == []
    assert ledger.rejects[0].reason is Reason.BAD_FIELD


def test_rejects_count_articles_only(tmp_path):
    _, ledger = _collect(_file(tmp_path, "a.xyz", b"x"))
    assert ledger.units() == [Unit.ARTICLES]


@pytest.mark.parametrize(
    "field", [{"text": "خبر\x00"}, {"text": "خبر", "published": "2023-06-15 x"}]
)
def test_a_nul_in_the_text_and_a_date_with_a_tail_are_bad_fields(tmp_path, field):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(field), encoding="utf-8")
    ledger = Ledger()
    assert list(collect([path], now=datetime.now(UTC), ledger=ledger)) == []
    assert ledger.defects() == {Reason.BAD_FIELD: 1}
