"""Read raw files and folders; give Article records, and count every input that gives none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from schemas.article import Article, article_id
from schemas.errors import UsageError
from schemas.jsonl import explain
from schemas.ledger import Ledger, Reason, Unit
from schemas.text import BIDI_CONTROLS, ZERO_WIDTH

SUFFIXES = (".txt", ".jsonl")
_INVISIBLE = BIDI_CONTROLS + ZERO_WIDTH
_TITLE_WORDS = 25
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class _Raw:
    """One candidate article: its text, where it stands, what else is known of it."""

    text: str
    file: str
    fields: dict[str, str]


def collect(
    paths: list[Path],
    *,
    now: datetime,
    known: dict[str, Article],
    ledger: Ledger,
    keep_duplicates: bool = False,
) -> Iterator[Article]:
    """Yield the new articles under ``paths``, in sorted order of their files.

    Args:
        paths: files or folders; folders are walked, hidden files passed over.
        now: the time that new articles carry (aware UTC).
        known: articles of the workspace by id. A known article is counted as accepted and not
            yielded again; the same text under another source or url is a duplicate.
        keep_duplicates: yield duplicates too (to tag every file of an archive).
        ledger: gets one count for every file that cannot be read and every candidate article.

    Raises:
        UsageError: a path does not exist.
    """
    texts = {article.text: article.id for article in known.values()}
    for path, name in _files(paths):
        for raw in _read(path, name, ledger):
            article = _article(raw, now, ledger)
            if article is None:
                continue
            if keep_duplicates:
                ledger.accept(Unit.ARTICLES)
                yield article
            elif article.id in known:
                ledger.accept(Unit.ARTICLES)
            elif article.text in texts:
                ledger.reject(
                    Unit.ARTICLES,
                    Reason.DUPLICATE_EXACT,
                    where=raw.file,
                    detail=f"same text as {texts[article.text]}",
                )
            else:
                texts[article.text] = article.id
                ledger.accept(Unit.ARTICLES)
                yield article


def _files(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Yield ``(path, name to record)``: the name never holds folders outside what was given."""
    for path in paths:
        if path.is_file():
            yield path, path.name
        elif path.is_dir():
            for file in sorted(p for p in path.rglob("*") if p.is_file()):
                name = file.relative_to(path)
                if not any(part.startswith(".") for part in name.parts):
                    yield file, name.as_posix()
        else:
            raise UsageError(f"{path}: no such file or folder.")


def _read(path: Path, name: str, ledger: Ledger) -> Iterator[_Raw]:
    if path.suffix.lower() not in SUFFIXES:
        _reject(ledger, Reason.UNSUPPORTED_FORMAT, name, f"suffix {path.suffix!r}")
        return
    try:
        data = path.read_bytes()
    except OSError as error:
        _reject(ledger, Reason.UNREADABLE_FILE, name, str(error.strerror))
        return
    if b"\x00" in data:
        _reject(ledger, Reason.BINARY_FILE, name, f"NUL byte at offset {data.index(0)}")
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        detail = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        _reject(ledger, Reason.BAD_BYTES, f"{name}:{line}", detail)
        return
    if path.suffix.lower() == ".txt":
        ledger.receive(Unit.ARTICLES)
        yield _Raw(text, name, _title_of(text))
    elif not text.removeprefix("\ufeff").strip():
        _reject(ledger, Reason.EMPTY_TEXT, name, f"{len(data)} bytes, no line")
    else:
        yield from _read_jsonl(text, name, ledger)


def _title_of(text: str) -> dict[str, str]:
    """Take the first line for the title when it looks like a headline."""
    first, separator, rest = text.lstrip("\ufeff").partition("\n")
    first = first.strip()
    headline = first and separator and rest.strip() and len(first.split()) <= _TITLE_WORDS
    return {"title": first} if headline and not first.endswith((".", "؟", "!", ":")) else {}


def _read_jsonl(text: str, name: str, ledger: Ledger) -> Iterator[_Raw]:
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            _reject(ledger, Reason.BAD_JSON, where, f"{error.msg} at column {error.colno}")
            continue
        except (ValueError, RecursionError) as error:  # a number or a nesting without end
            _reject(ledger, Reason.BAD_JSON, where, str(error))
            continue
        if not isinstance(row, dict):
            _reject(ledger, Reason.BAD_JSON, where, f"a {type(row).__name__}, not an object")
        elif not isinstance(row.get("text"), str):
            keys = ", ".join(map(repr, row)) or "none"
            _reject(ledger, Reason.MISSING_TEXT, where, f"keys: {keys}")
        else:
            ledger.receive(Unit.ARTICLES)
            names = ("title", "source", "url", "published", "language", "licence")
            fields = {key: row[key] for key in names if row.get(key) is not None}
            yield _Raw(row["text"], where, fields)


def _article(raw: _Raw, now: datetime, ledger: Ledger) -> Article | None:
    """Make the record; settle and return ``None`` when it cannot be made."""
    if all(character.isspace() or character in _INVISIBLE for character in raw.text):
        _settle(ledger, Reason.EMPTY_TEXT, raw.file, f"{len(raw.text)} blank characters")
        return None
    if "\x00" in raw.text:  # PostgreSQL, for one, cannot store it
        detail = f"NUL character at offset {raw.text.index(chr(0))}"
        _settle(ledger, Reason.BAD_FIELD, raw.file, detail)
        return None
    fields: dict[str, object] = dict(raw.fields)
    try:
        for value in (raw.text, *raw.fields.values()):
            str(value).encode()  # a lone surrogate could never be written again
        if "published" in fields:
            fields["published"] = datetime.fromisoformat(str(fields["published"])).date()
        return Article(
            id=article_id(raw.text, source=raw.fields.get("source"), url=raw.fields.get("url")),
            text=raw.text,
            file=raw.file,
            collected_at=now,
            **fields,  # type: ignore[arg-type]  # foreign values: the strict record checks them
        )
    except ValidationError as error:
        _settle(ledger, Reason.BAD_FIELD, raw.file, "; ".join(explain(error)))
    except (ValueError, TypeError, AttributeError) as error:
        _settle(ledger, Reason.BAD_FIELD, raw.file, str(error))
    return None


def _reject(ledger: Ledger, reason: Reason, where: str, detail: str) -> None:
    ledger.receive(Unit.ARTICLES)
    _settle(ledger, reason, where, detail)


def _settle(ledger: Ledger, reason: Reason, where: str, detail: str) -> None:
    ledger.reject(Unit.ARTICLES, reason, where=where, detail=detail[:_SHOWN])
