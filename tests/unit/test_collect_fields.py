"""Which column is which field, what a date is, and in which language an article may be."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.ingest.columns import Columns, parse_map, read_date
from schemas.errors import UsageError
from schemas.ledger import Reason
from tests.collecting import collected as _collect
from tests.collecting import file_with as _file
from tests.collecting import rejects as _rejects
from tests.collecting import rows as _rows
from tests.collecting import table as _table

TEXT = "قال الوزير إن المحادثات مستمرة في جنيف، وأضاف: «لا شروط»."


# Columns


def test_a_map_names_the_columns(tmp_path):
    row = {"النص": TEXT, "text": "غير", "رابط": "https://x.org", "date": "x"}
    columns = Columns(parse_map(["text=النص", "url=رابط", "published=-", "title=عنوان"]))
    (article,), _ = _collect(_file(tmp_path, "a.jsonl", _rows(row)), fields=columns)
    assert (article.text, article.url) == (TEXT, "https://x.org")
    assert columns.ignored == {"text": 1, "date": 1}
    assert columns.never_found() == ["عنوان"]


def _write(folder: Path, suffix: str, *rows: dict[str, str]) -> Path:
    if suffix == "jsonl":
        return _file(folder, "a.jsonl", _rows(*rows))
    if suffix == "csv":
        cells = [list(rows[0]), *(list(row.values()) for row in rows)]
        return _file(folder, "a.csv", _table(cells, ","))
    pq.write_table(pa.Table.from_pylist(list(rows)), folder / "a.parquet")
    return folder / "a.parquet"


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_blank_value_gives_way_to_the_next_column_in_every_format(tmp_path, suffix, blank):
    row = {"text": blank, "content": "أ", "title": blank, "headline": "ع", "published": blank}
    columns = Columns()
    (article,), _ = _collect(_write(tmp_path, suffix, row), fields=columns)
    assert (article.text, article.title, article.published) == ("أ", "ع", None)
    assert columns.ignored == {}


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_column_that_stands_behind_another_is_told(tmp_path, suffix):
    row = {"content": "ب", "text": "أ", "date": "2015-07-21", "published_at": "2016-01-01"}
    columns = Columns()
    (article,), _ = _collect(_write(tmp_path, suffix, row), fields=columns)
    assert (article.text, article.published) == ("أ", date(2015, 7, 21))
    assert columns.ignored == {"content": 1, "published_at": 1}


def test_each_file_is_told_with_its_own_columns(tmp_path):
    _file(tmp_path, "a.csv", "text,content\nأ,ب\n")
    _file(tmp_path, "b.csv", "content,n\nج,1\n")
    columns = Columns()
    _collect(tmp_path, fields=columns)
    assert columns.ignored == {"content": 1, "n": 1}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("column", ["STORY", " Story ", "story"])
def test_a_mapped_header_is_found_in_any_case(tmp_path, suffix, column):
    columns = Columns(parse_map(["text=Story"]))
    (article,), _ = _collect(_write(tmp_path, suffix, {column: "أ"}), fields=columns)
    assert article.text == "أ"
    assert columns.never_found() == []


def test_the_header_that_is_closest_to_the_name_is_taken():
    columns = Columns(parse_map(["text=Story"]))
    assert columns.of_header(["STORY", "Story", "story"]) == [None, "Story", None]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("text", "got no field=column"),
        ("=a", "got no field=column"),
        ("text=", "got no field=column"),
        ("body=a", "unknown field; give one of text, title"),
    ],
)
def test_a_malformed_map_is_a_usage_error(option, message):
    with pytest.raises(UsageError, match=message):
        parse_map([option])


def test_a_field_that_is_mapped_twice_is_a_usage_error():
    with pytest.raises(UsageError, match="mapped to a too"):
        parse_map(["text=a", "text=b"])


def test_an_unknown_field_is_a_usage_error_before_anything_is_read(tmp_path):
    with pytest.raises(UsageError, match="unknown field"):
        _collect(_file(tmp_path, "a.txt", TEXT), fields={"body": "a"})


@pytest.mark.parametrize(
    "value",
    [
        "2015-07-21",
        "2015-07-21 02:51:32",
        "2015-07-21T23:59:59+03:00",
        "2015-7-21",
        "2015/07/21",
        "2015/7/21 2:51",
        "2015.07.21",
        "٢٠١٥-٠٧-٢١",
        " 2015-07-21 ",
        "20150721",
        "Tue, 21 Jul 2015 02:51:32 +0300",
        "21 Jul 2015 02:51:32 GMT",
        "2015-07-21 2:51:32",
        "2015-07-21 02:51:32 UTC",
        "2015-07-21 02:51:32 PM",
        "2015-07-21 2:51 pm",
        "2015-07-21 02:51:32.123 +0300",
        "21 Jul 2015",
        "21 July 2015",
        "Tuesday, 21 July 2015",
        "21 Jul 2015 02:51:32 PM",
        "Tue, 21 Jul 2015 02:51:32 +0000 (UTC)",
        date(2015, 7, 21),
        datetime(2015, 7, 21, 2, tzinfo=UTC),
    ],
)
def test_dates_in_the_usual_forms_are_read_as_written(value):
    assert read_date(value) == date(2015, 7, 21)


@pytest.mark.parametrize(
    "value",
    [
        "21 Jul 2015 00:00:00 +99999999999999999999",
        "21 Jux 2015",
        "31 Feb 2015",
        "2015-07-21 02:61",
        "",
        "21/07/2015",
        "2015-02-30",
        "2015-07-21 x",
        "2015/7/21 99:00",
        "أمس",
        1437447092,
        [],
    ],
)
def test_what_is_no_date_is_refused(value):
    with pytest.raises(ValueError, match="published"):
        read_date(value)


# Language


def test_an_article_in_another_language_is_rejected_with_what_was_found(tmp_path):
    rows = _rows({"text": TEXT}, {"text": "The talks would resume next week, the minister said."})
    found, ledger = _collect(_file(tmp_path, "a.jsonl", rows), language="ar")
    assert [article.text for article in found] == [TEXT]
    assert _rejects(ledger) == [(Reason.OTHER_LANGUAGE, "a.jsonl:2")]
    assert "en: 0 % of 42 letters are Arabic" in ledger.rejects[0].detail
    assert ledger.defects() == {}


@pytest.mark.parametrize(
    ("text", "given", "wanted", "expected"),
    [
        (TEXT, "ar-SA", "ar", "ar-SA"),
        (TEXT, "en", "ar", "ar"),
        (TEXT, None, "ar", "ar"),
        ("كابل", "fa", "ar", None),
        ("كابل", "fa", "fa", "fa"),
        ("كابل", "fa", None, "fa"),
        (TEXT, "en", None, "ar"),
        (TEXT, "ar-SA", None, "ar-SA"),
        ("OK", None, None, "und"),
        ("OK", "ar", "ar", "ar"),
        ("2023", "ar", "ar", "ar"),
        ("OK", None, "ar", None),
        ("نعم", None, "ar", "ar"),
        ("نعم", None, "fa", None),
    ],
)
def test_the_text_decides_and_the_file_where_it_is_too_short(
    tmp_path, text, given, wanted, expected
):
    path = _file(tmp_path, "a.jsonl", _rows({"text": text, "language": given}))
    found, ledger = _collect(path, language=wanted)
    assert [article.language for article in found] == ([expected] if expected else [])
    assert len(ledger.rejects) == (expected is None)


@pytest.mark.parametrize("language", ["arabik", "xx", "english"])
def test_a_language_that_nobody_can_tell_is_a_usage_error_with_some_codes(tmp_path, language):
    with pytest.raises(UsageError, match=rf"--language {language}: .* ar, en, fa"):
        _collect(_file(tmp_path, "a.txt", TEXT), language=language)


@pytest.mark.parametrize("language", ["ar", "Arabic", "ar-SA", "fa", "ku", "en", "de", "zh-Hans"])
def test_a_language_that_can_be_told_may_be_asked_for(tmp_path, language):
    found, _ = _collect(_file(tmp_path, "a.txt", TEXT), language=language)
    assert bool(found) is language.lower().startswith("ar")
