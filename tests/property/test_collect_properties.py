"""Articles written in any format come back with exactly their text and fields."""

from __future__ import annotations

import csv
import gzip
import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from annotation.ingest.boilerplate import RepeatedLines
from annotation.ingest.collect import collect, settle
from annotation.ingest.decode import looks_arabic
from annotation.ingest.formats.json_values import elements
from annotation.ingest.hygiene import hygiene
from schemas.article import Article
from schemas.characters import BIDI_CONTROLS, ZERO_WIDTH
from schemas.ledger import Ledger
from tests import strategies as own

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIELDS = ("text", "title", "source", "url", "published", "language", "licence")
NASTY = (
    'قَـــال\u200f "نعم"،\r\nثم\tذهب; \u202b«لا»\u202c\u00a0ﻻ ﷺ\u200c🤝🏽\u2028\x85,\'"\r\r\n""\n'
)
QUICK = settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])


def _json(articles: list[Article]) -> list[dict[str, str]]:
    return [
        {name: str(value) for name in FIELDS if (value := getattr(article, name)) is not None}
        for article in articles
    ]


def _jsonl(path: Path, articles: list[Article]) -> None:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in _json(articles))
    path.write_bytes("".join(lines).encode())


def _array(path: Path, articles: list[Article]) -> None:
    path.write_bytes(json.dumps(_json(articles), ensure_ascii=False, indent=1).encode())


def _escaped(path: Path, articles: list[Article]) -> None:
    path.write_bytes(json.dumps(_json(articles)).encode())


def _table(path: Path, articles: list[Article], delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(_json(articles))


def _tsv(path: Path, articles: list[Article]) -> None:
    _table(path, articles, "\t")


def _semicolons(path: Path, articles: list[Article]) -> None:
    _table(path, articles, ";")


def _parquet(path: Path, articles: list[Article]) -> None:
    columns = {name: [getattr(article, name) for article in articles] for name in FIELDS}
    columns["published"] = pa.array(columns["published"], pa.date32())
    pq.write_table(pa.table(columns), path)


WRITERS: list[tuple[str, Callable[[Path, list[Article]], None]]] = [
    ("a.jsonl", _jsonl),
    ("a.json", _array),
    ("a.json", _escaped),
    ("a.csv", _table),
    ("a.csv", _semicolons),
    ("a.tsv", _tsv),
    ("a.parquet", _parquet),
]


def _usable(text: str) -> bool:
    return not all(c.isspace() or c in BIDI_CONTROLS + ZERO_WIDTH for c in text)


def _filled(article: Article) -> bool:
    """Tell whether the text is usable and no field is blank: a blank one comes back as none."""
    values = (getattr(article, name) for name in FIELDS)
    return _usable(article.text) and all(v is None or str(v).strip() for v in values)


def _collect(path: Path) -> list[Article]:
    ledger = Ledger()
    found = list(collect([path], now=NOW, ledger=ledger))
    for article in found:
        settle(article, ledger)
    ledger.check()
    assert ledger.rejects == []
    return found


def _content(articles: list[Article]) -> list[tuple[object, ...]]:
    names = [name for name in FIELDS if name != "language"]  # about that the text decides
    return [tuple(getattr(article, name) for name in names) for article in articles]


@pytest.mark.parametrize(("name", "write"), WRITERS)
@given(
    packed=st.booleans(),
    articles=st.lists(own.articles().filter(_filled), min_size=1, max_size=4),
)
@example(
    packed=True, articles=[own.article_of(NASTY, title=NASTY.replace("\n", " "), source='أ,ب;\t"')]
)
@QUICK
def test_articles_come_back_as_they_were_written(name, write, packed, articles):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path, articles)
        if packed:
            data = gzip.compress(path.read_bytes())
            path = path.with_name(name + ".gz")
            path.write_bytes(data)
        found = _collect(path)
    assert _content(found) == _content(articles)
    assert [article.id for article in found] == [article.id for article in articles]


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
@given(text=own.texts().filter(_usable))
@example(text=NASTY)
@QUICK
def test_a_text_file_comes_back_as_it_was_written(name, text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        (article,) = _collect(path)
    assert article.text == text


@pytest.mark.parametrize("front", ["", "---\ntitle: عنوان\n---\n"])
@given(text=own.texts().filter(_usable))
@example(text=NASTY)
@QUICK
def test_a_markdown_file_comes_back_as_it_was_written_after_its_front_matter(front, text):
    assume(front or not text.removeprefix("\ufeff").startswith("---"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.md"
        path.write_bytes((front + text).encode())
        (article,) = _collect(path)
    assert article.text == text
    assert not front or article.title == "عنوان"


@given(
    values=st.lists(st.recursive(own.wild_texts(max_size=8) | st.integers(), st.lists), max_size=4),
    size=st.integers(1, 9),
)
@QUICK
def test_the_elements_of_an_array_are_its_values_wherever_the_text_is_cut(values, size):
    text = json.dumps(values, ensure_ascii=False)
    chunks = (text[at : at + size] for at in range(0, len(text), size))
    assert [json.loads(value) for _, value in elements(chunks)] == values


@given(text=own.texts().filter(bool))
@settings(max_examples=60)
def test_what_is_odd_stands_where_it_is_said_to(text):
    lines = RepeatedLines()
    lines.add(text)
    found = hygiene(own.article_of(text), lines)
    for kind, examples in (found.examples if found else {}).items():
        assert 0 < len(examples) <= found.counts[kind]  # type: ignore[union-attr]
        for place in examples:
            assert text[place.start : place.end] == place.text


@given(text=st.text(st.characters(max_codepoint=0x5FF)))
def test_a_text_without_an_arabic_letter_never_looks_arabic(text):
    assert not looks_arabic(text)


@given(noise=st.text("0123456789 \n\t،؛؟!:«»-", max_size=20))
def test_digits_and_signs_around_a_sentence_leave_it_arabic(noise):
    assert looks_arabic(f"{noise} قال الوزير إن المحادثات مستمرة في جنيف {noise}")
