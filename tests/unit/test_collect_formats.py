"""Every format gives the same articles; what it cannot give is rejected row by row."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.ingest.collect import READERS
from annotation.ingest.columns import NAMES, Columns
from annotation.ingest.formats.json_values import elements
from annotation.ingest.hygiene import EXPLAINED
from annotation.ingest.source import RefusedError
from schemas.ledger import Reason
from tests.collecting import collected as _collect
from tests.collecting import file_with as _file
from tests.collecting import rejects as _rejects
from tests.collecting import rows as _rows
from tests.collecting import table as _table

TEXT = "قال الوزير إن المحادثات مستمرة في جنيف، وأضاف: «لا شروط»."
PAGE = """<!DOCTYPE html><html lang="ar" dir="rtl"><head><meta charset="{charset}">
<title>بكين ترد على الرسوم | وكالة الخبر</title>
<meta property="og:title" content="بكين ترد على الرسوم">
<meta property="og:site_name" content="وكالة الخبر">
<meta property="article:published_time" content="2023-06-15T10:00:00+03:00">
<link rel="canonical" href="https://example.org/news/1"></head>
<body><nav><ul><li><a href="/">الرئيسية</a></li><li><a href="/p">سياسة</a></li></ul></nav>
<article><h1>بكين ترد على الرسوم</h1>
<p>قالت وزارة التجارة الصينية، الخميس، إن بكين ستفرض رسوما على سلع أمريكية تبلغ قيمتها ثلاثة
مليارات دولار، ردا على قرار واشنطن الأخير.</p>
<p>وأضافت الوزارة في بيان أن «الباب مفتوح» أمام الحوار؛ لكنها لن تقبل الضغط. ورفضت السفارة في
واشنطن التعليق على البيان.</p>
<p>ومن المنتظر أن يلتقي وفدا البلدين في جنيف الشهر المقبل لبحث الملفات التجارية العالقة.</p>
</article><section id="comments" class="comments"><p>تعليق قارئ لا علاقة له بالخبر</p></section>
<footer><p>جميع الحقوق محفوظة</p></footer></body></html>"""


# Text files and Markdown


@pytest.mark.parametrize("codec", ["cp1256", "utf-16", "iso8859_6"])
def test_a_text_in_another_encoding_is_kept_and_counted_as_transcoded(tmp_path, codec):
    text = TEXT if codec != "iso8859_6" else TEXT.replace("«", "").replace("»", "")
    (article,), ledger = _collect(_file(tmp_path, "a.txt", text.encode(codec)))
    assert (article.text, article.encoding) == (text, codec)
    assert ledger.as_dict()["articles"]["reasons"] == {"repaired:transcoded": 1}


def test_a_damaged_text_file_is_rejected_as_a_whole(tmp_path):
    _, ledger = _collect(_file(tmp_path, "a.txt", f"{TEXT}\n".encode() + b"\xc7\n"))
    assert _rejects(ledger) == [(Reason.BAD_BYTES, "a.txt:2")]


def test_front_matter_gives_fields_and_is_no_part_of_the_text(tmp_path):
    head = "---\ntitle: عنوان\ndate: 2023-06-15\nlink: https://x.org\ntags: [أ]\n---\n"
    columns = Columns()
    path = _file(tmp_path, "a.md", f"{head}# رأس\n\n**{TEXT}**\n")
    (article,), _ = _collect(path, fields=columns)
    assert article.text == f"# رأس\n\n**{TEXT}**\n"
    assert (article.title, article.published) == ("عنوان", date(2023, 6, 15))
    assert article.url == "https://x.org"
    assert columns.ignored == {"tags": 1}


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"# بكين ترد #\n\n{TEXT}", "بكين ترد"),
        (f"مقدمة\n\n# بكين ترد\r\n{TEXT}", "بكين ترد"),
        (f"```\n# ليس عنوانا\n```\n{TEXT}", None),
        (f"## فرعي\n{TEXT}", None),
        (f"---\n---\n# بكين\n{TEXT}", "بكين"),
        (f"\ufeff# بكين ترد\n{TEXT}", "بكين ترد"),
        (f"\ufeff```\n# ليس عنوانا\n```\n{TEXT}", None),
        (f"#\t بكين ## ترد ## \t\n{TEXT}", "بكين ## ترد"),
        (f"# لغة C#\n{TEXT}", "لغة C#"),
        (f"# ##\n{TEXT}", None),
    ],
)
def test_the_first_heading_is_the_title_of_markdown(tmp_path, text, title):
    (article,), _ = _collect(_file(tmp_path, "a.markdown", text))
    assert article.title == title


def test_a_heading_of_many_blanks_and_signs_is_read_at_once(tmp_path):
    # A pattern that goes back over them would not end within a day.
    (article,), _ = _collect(_file(tmp_path, "a.md", "#" + " #" * 20_000 + " x\n" + TEXT))
    assert article.title is not None


@pytest.mark.parametrize("yaml", ["title: [", "- أ", "date: 2023-02-30", "just text"])
def test_front_matter_that_is_no_mapping_is_a_bad_field(tmp_path, yaml):
    _, ledger = _collect(_file(tmp_path, "a.md", f"---\n{yaml}\n---\n{TEXT}"))
    assert _rejects(ledger) == [(Reason.BAD_FIELD, "a.md")]


# Web pages


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("utf-8", "utf-8"),
        ("windows-1256", "cp1256"),
        ("iso-8859-6", "cp1256"),
        ("nonsense", "cp1256"),
        ("utf-8", "utf-16"),
        ("windows-1256", "utf-8"),
        ("iso-8859-1", "cp1256"),
        ("koi8-r", "cp1256"),
    ],
)
def test_a_page_gives_its_main_text_and_metadata_in_any_encoding(tmp_path, charset, codec):
    page = PAGE.replace("{charset}", charset).encode(codec)
    (article,), _ = _collect(_file(tmp_path, "a.html", page), language="ar")
    assert "«الباب مفتوح» أمام الحوار؛" in article.text
    assert article.title == "بكين ترد على الرسوم"
    assert (article.source, article.url) == ("وكالة الخبر", "https://example.org/news/1")
    assert (article.published, article.language) == (date(2023, 6, 15), "ar")
    assert article.encoding == codec
    for outside in ("الرئيسية", "تعليق قارئ", "جميع الحقوق"):
        assert outside not in article.text


def test_a_utf_8_page_with_a_bad_byte_is_damaged_whatever_it_declares(tmp_path):
    page = PAGE.replace("{charset}", "windows-1256").encode().replace(b"</article>", b"\xc7")
    _, ledger = _collect(_file(tmp_path, "a.html", page))
    assert [reject.reason for reject in ledger.rejects] == [Reason.BAD_BYTES]


@pytest.mark.parametrize(
    "sentence", ["Le café est fermé. ", "Élève à l'école, où ça? ", "Le thé. "]
)
def test_a_page_of_another_language_is_read_in_the_charset_that_it_declares(tmp_path, sentence):
    page = "<html><head><meta charset='iso-8859-1'></head><body><article><p>"
    page += sentence + "The talks go on in Geneva. " * 20 + "</p></article></body></html>"
    (article,), _ = _collect(_file(tmp_path, "a.html", page.encode("latin-1")))
    assert article.text.startswith(sentence.strip())
    assert article.encoding == "iso8859-1"


@pytest.mark.parametrize("page", ["<html><body><img src=x></body></html>", "<p>"])
def test_a_page_without_main_text_is_rejected(tmp_path, page):
    _, ledger = _collect(_file(tmp_path, "a.htm", page))
    assert _rejects(ledger) == [(Reason.NO_MAIN_TEXT, "a.htm")]


# JSON


@pytest.mark.parametrize(
    "content",
    [
        '[{"text": "أ"}, {"text": "ب"}]',
        ' [ {"text": "أ"} , {"text": "ب"} ] \n',
        '{"text": "أ"}\n{"text": "ب"}\n',
        '{"text": "أ"} {"text": "ب"}',
        '\ufeff[{"text": "أ"},\n{"text": "ب", "n": {"a": ["]", "\\"}", {}]}}]',
    ],
)
def test_a_json_file_holds_an_array_or_objects_one_after_another(tmp_path, content):
    found, _ = _collect(_file(tmp_path, "a.json", content))
    assert [article.text for article in found] == ["أ", "ب"]


def test_one_object_is_one_article_with_its_line(tmp_path):
    path = _file(tmp_path, "a.json", '\n\n{\n "text": "قال\\nنعم",\n "title": "عنوان"\n}\n')
    (article,), _ = _collect(path)
    assert (article.text, article.title, article.file) == ("قال\nنعم", "عنوان", "a.json:3")


def test_a_bad_element_is_rejected_with_its_line_and_the_others_are_read(tmp_path):
    content = (
        '[{"text": "أ"},\n {"text": ب},\n 5, "x",\n {"t": 1}, {"text": "a\\ud800"},\n{"text": "ج"}]'
    )
    found, ledger = _collect(_file(tmp_path, "a.json", content))
    assert [article.file for article in found] == ["a.json:1", "a.json:5"]
    assert _rejects(ledger) == [
        (Reason.BAD_JSON, "a.json:2"),
        (Reason.BAD_JSON, "a.json:3"),
        (Reason.BAD_JSON, "a.json:3"),
        (Reason.MISSING_TEXT, "a.json:4"),
        (Reason.BAD_FIELD, "a.json:4"),
    ]


@pytest.mark.parametrize(
    "content", ['[{"text": "أ"}, {"text": "ب', '[{"text": "أ"}', '[{"text": "أ"},']
)
def test_a_json_file_that_ends_early_is_broken_and_what_came_before_is_kept(tmp_path, content):
    found, ledger = _collect(_file(tmp_path, "a.json", content))
    assert [article.text for article in found] == ["أ"]
    assert _rejects(ledger) == [(Reason.BROKEN_FILE, "a.json:1")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_elements_do_not_depend_on_where_the_pieces_end(size):
    text = '[ {"a": "x\\"],\\\\"},\n[1, {"b": "\\u0627"}], 5,\n"s,]" , {} ]\n'
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    assert list(elements(chunks)) == [
        (1, '{"a": "x\\"],\\\\"}'),
        (2, '[1, {"b": "\\u0627"}]'),
        (2, "5"),
        (3, '"s,]"'),
        (3, "{}"),
    ]


def test_a_value_without_an_end_does_not_fill_the_memory():
    def endless() -> Iterator[str]:
        yield '["'
        while True:
            yield "x" * (1 << 22)

    with pytest.raises(RefusedError) as caught:
        list(elements(endless()))
    assert caught.value.reason is Reason.BROKEN_FILE


@pytest.mark.parametrize("content", ["[]", " ", "", "[ ]"])
def test_a_json_file_without_an_article_is_counted(tmp_path, content):
    _, ledger = _collect(_file(tmp_path, "a.json", content))
    assert _rejects(ledger) == [(Reason.EMPTY_TEXT, "a.json")]


def test_a_damaged_json_file_is_rejected_as_a_whole(tmp_path):
    _, ledger = _collect(_file(tmp_path, "a.json", f'["{TEXT}",\n"'.encode() + b'\xc7"]'))
    assert _rejects(ledger) == [(Reason.BAD_BYTES, "a.json:2")]


def test_only_the_damaged_lines_of_a_utf_8_file_are_rejected(tmp_path):
    data = (_rows({"text": TEXT}) * 3).encode() + b'{"text":"\xc7\xe1"}\n' + b'{"text":"a"}\n'
    found, ledger = _collect(_file(tmp_path, "a.jsonl", data))
    assert [article.file for article in found] == [
        "a.jsonl:1",
        "a.jsonl:2",
        "a.jsonl:3",
        "a.jsonl:5",
    ]
    assert _rejects(ledger) == [(Reason.BAD_BYTES, "a.jsonl:4")]


@pytest.mark.parametrize("codec", ["cp1256", "utf-16", "utf-8-sig"])
def test_rows_of_another_encoding_are_read(tmp_path, codec):
    rows = _rows({"text": TEXT, "title": "بكين"}, {"text": TEXT + " نعم"})
    found, _ = _collect(_file(tmp_path, "a.ndjson", rows.encode(codec)))
    assert [article.text for article in found] == [TEXT, TEXT + " نعم"]
    assert found[0].encoding == codec.replace("utf-8-sig", "utf-8")


def test_a_nul_rejects_its_row_and_no_other(tmp_path):
    rows = _rows({"text": "أول"}) + '{"text":"x\x00"}\n' + _rows({"text": "ثان"})
    found, ledger = _collect(_file(tmp_path, "a.jsonl", rows))
    assert [article.text for article in found] == ["أول", "ثان"]
    assert _rejects(ledger) == [(Reason.BAD_JSON, "a.jsonl:2")]
    found, ledger = _collect(_file(tmp_path, "a.csv", "text\nأول\nx\x00\nثان\n"))
    assert [article.text for article in found] == ["أول", "ثان"]
    assert _rejects(ledger) == [(Reason.BAD_FIELD, "a.csv:3")]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_rows_with_many_nuls_are_a_binary_file(tmp_path, name):
    _, ledger = _collect(_file(tmp_path, name, b"\x00\x01\x02" * 100))
    assert _rejects(ledger) == [(Reason.BINARY_FILE, name)]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_key_given_twice_rejects_the_object_but_not_below_it(tmp_path, name):
    rows = '{"text":"أ","x":{"n":1,"n":2}}\n{"text":"ب","text":"ج"}\n'
    found, ledger = _collect(_file(tmp_path, name, rows))
    assert [article.text for article in found] == ["أ"]
    assert _rejects(ledger) == [(Reason.BAD_JSON, f"{name}:2")]


# Tables


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.CSV"])
def test_a_table_is_read_whatever_its_delimiter(tmp_path, delimiter, name):
    text = 'قال: "نعم"، ثم\r\nذهب;\tو,عاد'
    rows = [["Title", "text", "Date", "n"], ["عنوان", text, "2015-07-21 02:51:32", "1"]]
    columns = Columns()
    (article,), _ = _collect(_file(tmp_path, name, _table(rows, delimiter)), fields=columns)
    assert (article.text, article.title) == (text, "عنوان")
    assert article.published == date(2015, 7, 21)
    assert article.file == f"{name}:2"
    assert columns.ignored == {"n": 1}


def test_rows_after_a_quoted_line_end_have_their_own_line(tmp_path):
    path = _file(tmp_path, "a.csv", '\n\ntext,title\n"أ\n\nب",1\n\nج,2\n')
    found, _ = _collect(path)
    assert [article.file for article in found] == ["a.csv:4", "a.csv:8"]


@pytest.mark.parametrize("row", ["أ", "أ,ب,ج", '"أ"ب,ج', '"أ'])
def test_a_row_of_another_shape_is_rejected_with_its_line(tmp_path, row):
    path = _file(tmp_path, "a.csv", f"text,title\nنعم,1\n{row}\n")
    found, ledger = _collect(path)
    assert [article.text for article in found] == ["نعم"]
    assert _rejects(ledger) == [(Reason.BAD_ROW, "a.csv:3")]


def test_a_cell_of_a_million_characters_is_read(tmp_path):
    text = "كلمة " * 200_000
    (article,), _ = _collect(
        _file(tmp_path, "a.csv", _table([["text", "title"], [text, "ع"]], ","))
    )
    assert article.text == text


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_table_without_a_column_for_the_text_says_which_it_has(tmp_path, name):
    path = tmp_path / name
    if name == "a.csv":
        path.write_text("titre,corps\nأ,ب\n", encoding="utf-8")
    else:
        pq.write_table(pa.table({"titre": ["أ"], "corps": ["ب"]}), path)
    _, ledger = _collect(path)
    assert [reject.reason for reject in ledger.rejects] == [Reason.MISSING_TEXT]
    assert "'titre', 'corps'" in ledger.rejects[0].detail


@pytest.mark.parametrize("content", ["", "\n\n", "text,title\n"])
def test_a_table_without_a_row_is_counted(tmp_path, content):
    _, ledger = _collect(_file(tmp_path, "a.csv", content))
    assert _rejects(ledger) == [(Reason.EMPTY_TEXT, "a.csv")]


def test_the_damaged_row_of_a_table_is_rejected_alone(tmp_path):
    data = f"text,title\n{TEXT},أ\n".encode() + b"\xc7\xe1,x\n" + "نعم,ب\n".encode()
    found, ledger = _collect(_file(tmp_path, "a.csv", data))
    assert len(found) == 2
    assert _rejects(ledger) == [(Reason.BAD_BYTES, "a.csv:3")]


def test_an_empty_cell_is_a_field_that_is_not_there(tmp_path):
    path = _file(tmp_path, "a.csv", "text,published,title\nنعم,,\n,,\n")
    (article,), ledger = _collect(path)
    assert article.published is article.title is None
    assert _rejects(ledger) == [(Reason.EMPTY_TEXT, "a.csv:3")]


# Parquet


def test_parquet_rows_are_numbered_and_other_columns_not_read(tmp_path):
    table = pa.table(
        {
            "content": [TEXT, None, ""],
            "date_extracted": pa.array([datetime(2015, 7, 21, 2)] * 3),  # noqa: DTZ001
            "n": [1, 2, 3],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    columns = Columns()
    (article,), ledger = _collect(tmp_path / "a.parquet", fields=columns)
    assert (article.text, article.file) == (TEXT, "a.parquet:1")
    assert article.published == date(2015, 7, 21)
    assert columns.ignored == {"n": 1}
    assert _rejects(ledger) == [
        (Reason.MISSING_TEXT, "a.parquet:2"),
        (Reason.EMPTY_TEXT, "a.parquet:3"),
    ]


def test_a_parquet_string_that_is_not_utf_8_is_rejected_alone(tmp_path):
    binary = pa.array([b"\xd9\x86", b"\xff", b"\xd9\x84"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, binary.buffers())
    pq.write_table(pa.table({"text": text}), tmp_path / "a.parquet")
    found, ledger = _collect(tmp_path / "a.parquet")
    assert [article.text for article in found] == ["ن", "ل"]
    assert _rejects(ledger) == [(Reason.BAD_BYTES, "a.parquet:2")]


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1xxxxPAR1", TEXT.encode()])
def test_a_file_that_is_no_parquet_is_broken(tmp_path, data):
    _, ledger = _collect(_file(tmp_path, "a.parquet", data))
    assert _rejects(ledger) == [(Reason.BROKEN_FILE, "a.parquet")]


def test_of_two_parquet_columns_of_one_name_the_first_is_taken(tmp_path):
    table = pa.Table.from_arrays([pa.array(["أول"]), pa.array(["ثان"])], names=["text", "text"])
    pq.write_table(table, tmp_path / "a.parquet")
    (article,), _ = _collect(tmp_path / "a.parquet")
    assert article.text == "أول"


# Archives


@pytest.mark.parametrize("cut", [1, 8, 40])
def test_the_rows_before_the_break_of_an_archive_are_kept(tmp_path, cut):
    rows = _rows(*({"text": f"{TEXT} {n} {n * 7919 % 10007}"} for n in range(4_000)))
    data = gzip.compress(rows.encode(), 1)
    found, ledger = _collect(_file(tmp_path, "a.jsonl.gz", data[: len(data) - cut]))
    assert len(found) > 3_000
    assert [reject.reason for reject in ledger.rejects] == [Reason.BROKEN_FILE]


@pytest.mark.parametrize("suffix", sorted(set(READERS) - {".html", ".htm"}))
def test_an_archive_that_is_none_is_broken_in_every_format(tmp_path, suffix):
    _, ledger = _collect(_file(tmp_path, f"a{suffix}.gz", TEXT))
    assert _rejects(ledger) == [(Reason.BROKEN_FILE, f"a{suffix}.gz")]


def test_a_page_in_an_archive_is_read(tmp_path):
    data = gzip.compress(PAGE.replace("{charset}", "utf-8").encode())
    (article,), _ = _collect(_file(tmp_path, "a.html.GZ", data))
    assert article.title == "بكين ترد على الرسوم"


def test_all_bytes_of_the_files_are_reported_once(tmp_path):
    read = 0

    def on_bytes(n: int) -> None:
        nonlocal read
        read += n

    _file(tmp_path, "a.txt", TEXT)
    _file(tmp_path, "b.jsonl.gz", gzip.compress(_rows({"text": TEXT}).encode()))
    _file(tmp_path, "c.csv", f"text\n{TEXT}\n".encode("cp1256"))
    _collect(tmp_path, on_bytes=on_bytes)
    assert read == sum(path.stat().st_size for path in tmp_path.iterdir())


# The document


def _table_of(heading: str) -> dict[str, str]:
    page = (Path(__file__).parents[2] / "docs" / "collect.md").read_text(encoding="utf-8")
    section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = (line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `"))
    return {row[0].strip(): row[1].strip() for row in rows}


def test_the_document_names_every_suffix_every_column_and_every_kind():
    suffixes = {suffix for cell in _table_of("Formats") for suffix in cell.strip("`").split("` `")}
    assert suffixes == set(READERS)
    columns = {f"`{name}`": " ".join(f"`{column}`" for column in NAMES[name]) for name in NAMES}
    assert _table_of("Fields") == columns
    assert _table_of("Hygiene") == {f"`{kind}`": EXPLAINED[kind] for kind in EXPLAINED}
