"""Read raw files and folders; give Article records, and count every input that gives none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from annotation.ingest.columns import Columns, check_map, read_date
from annotation.ingest.decode import UTF_8
from annotation.ingest.formats import json_lines, json_values, markdown, parquet, plain, table, web
from annotation.ingest.language import check_language, detect_language, same_language
from annotation.ingest.source import BREAKS, Candidate, RefusedError, Source, unreadable, walk
from schemas.article import Article, article_id
from schemas.characters import BIDI_CONTROLS, ZERO_WIDTH
from schemas.jsonl import explain
from schemas.ledger import Ledger, Reason, Unit

READERS: dict[str, Callable[[Source], Iterator[Candidate]]] = {
    ".txt": plain.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".html": web.read,
    ".htm": web.read,
    ".jsonl": json_lines.read,
    ".ndjson": json_lines.read,
    ".json": json_values.read,
    ".csv": table.read,
    ".tsv": table.read,
    ".parquet": parquet.read,
}
"""Suffix → reader; each may have ``.gz`` after it."""
_INVISIBLE = BIDI_CONTROLS + ZERO_WIDTH


def collect(
    paths: list[Path],
    *,
    now: datetime,
    ledger: Ledger,
    fields: Mapping[str, str] | Columns | None = None,
    language: str | None = None,
    on_bytes: Callable[[int], None] = lambda n: None,
) -> Iterator[Article]:
    """Yield an article for every input under ``paths`` that can be one, in the files' order.

    Duplicates are yielded too. Files are read piece by piece, so their size does not matter
    (but a text file or a web page is one article, and is read whole).

    Args:
        paths: files or folders; folders are walked in sorted order, hidden files passed over.
        now: the time that the articles carry (aware UTC).
        ledger: receives every candidate, and every file or row that cannot be one, and settles
            those that it rejects. What is yielded is received, and settled by the caller.
        fields: field → column for rows; ``Columns`` to know afterwards what was passed over.
        language: take articles of this language only; ``None`` takes all.
        on_bytes: told how many bytes of the files were read.

    Raises:
        UsageError: a path does not exist, ``fields`` names no field, or no text is ever found
            to be in ``language``.
    """
    columns = fields if isinstance(fields, Columns) else Columns(fields or {})
    check_map(columns.mapped)
    if language is not None:
        check_language(language)
    for path, name in walk(paths):
        source = Source(path, name, columns, ledger, on_bytes)
        before = ledger.received[Unit.ARTICLES]
        for candidate in _read(source):
            try:
                article = _article(candidate, now, language)
            except RefusedError as error:
                source.reject(error.reason, candidate.where, error.detail)
            else:
                ledger.receive(Unit.ARTICLES)
                yield article
        columns.end_of_file()
        if ledger.received[Unit.ARTICLES] == before:
            source.reject(Reason.EMPTY_TEXT, name, f"{path.stat().st_size} bytes, no article")


def settle(article: Article, ledger: Ledger) -> None:
    """Settle an article that is taken: as repaired when its bytes were not UTF-8."""
    if article.encoding == UTF_8:
        ledger.accept(Unit.ARTICLES)
    else:
        ledger.repair(Unit.ARTICLES, Reason.TRANSCODED)


def _read(source: Source) -> Iterator[Candidate]:
    """Yield a file's candidates; reject the file, or its rest, where reading it fails."""
    if problem := unreadable(source.path):
        source.reject(Reason.UNREADABLE_FILE, source.name, problem)
        return
    reader = READERS.get(source.suffix)
    if reader is None:
        suffix = source.suffix or source.path.suffix
        source.reject(Reason.UNSUPPORTED_FORMAT, source.name, f"suffix {suffix!r}")
        return
    where = source.name
    try:
        yield from reader(source)
    except RefusedError as error:
        where = source.line(error.line) if error.line else where
        source.reject(error.reason, where, error.detail)
    except BREAKS as error:
        source.reject(Reason.BROKEN_FILE, where, str(error))
    except UnicodeDecodeError as error:
        detail = f"not {error.encoding}: byte 0x{error.object[error.start]:02x}: {error.reason}"
        source.reject(Reason.BAD_BYTES, where, detail)
    except OSError as error:
        source.reject(Reason.UNREADABLE_FILE, where, str(error.strerror or error))


def _article(raw: Candidate, now: datetime, language: str | None) -> Article:
    """Make the record.

    Raises:
        RefusedError: it cannot be made, or is not in the language.
    """
    if all(character.isspace() or character in _INVISIBLE for character in raw.text):
        raise RefusedError(Reason.EMPTY_TEXT, f"{len(raw.text)} blank characters")
    fields = dict(raw.fields)
    try:
        for name, value in (("text", raw.text), *fields.items()):
            _check_storable(name, str(value))
        if "published" in fields:
            fields["published"] = read_date(fields["published"])
        fields["language"] = _language(raw.text, fields.get("language"), language)
        return Article(
            id=article_id(raw.text, source=_text(fields, "source"), url=_text(fields, "url")),
            text=raw.text,
            file=raw.where,
            encoding=raw.encoding,
            collected_at=now,
            **fields,  # type: ignore[arg-type]  # foreign values: the strict record checks them
        )
    except ValidationError as error:
        raise RefusedError(Reason.BAD_FIELD, "; ".join(explain(error))) from error
    except ValueError as error:
        raise RefusedError(Reason.BAD_FIELD, str(error)) from error


def _check_storable(name: str, value: str) -> None:
    """Check a value for characters that could never be written again.

    Raises:
        ValueError: it holds a NUL (PostgreSQL, for one, cannot store it) or a lone surrogate.
    """
    if "\x00" in value:
        raise ValueError(f"{name}: NUL character at offset {value.index(chr(0))}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        problem = f"{name}: half a surrogate pair at offset {error.start}"
        raise ValueError(problem) from error


def _text(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


def _language(text: str, given: object, wanted: str | None) -> object:
    """Return the article's language: as given where that fits what is found, else as found.

    The text decides; what the file says counts where the text is too short to tell.

    Raises:
        RefusedError: it is not the wanted one.
    """
    if given is not None and not isinstance(given, str):
        return given  # the record refuses it
    found = detect_language(text)
    if wanted is None:
        fits = given and (not found.sure or same_language(given, found.language))
        return given if fits else found.language
    said = bool(given) and same_language(given or "", wanted)
    if given and not found.sure and not said:
        raise RefusedError(Reason.OTHER_LANGUAGE, f"the file says {given!r}; {found.why}")
    if (found.sure or not said) and not same_language(found.language, wanted):
        raise RefusedError(Reason.OTHER_LANGUAGE, f"{found.language}: {found.why}")
    return given if said else found.language
