"""A text file → one candidate article; its first line is the title when it looks like one."""

from __future__ import annotations

from collections.abc import Iterator

from annotation.ingest.decode import detect
from annotation.ingest.source import Candidate, RefusedError, Source
from schemas.ledger import Reason

_TITLE_WORDS = 25


def read(source: Source) -> Iterator[Candidate]:
    """Yield the file's whole text."""
    text, codec = whole_text(source)
    yield Candidate(text, source.name, title_of(text), codec)


def whole_text(source: Source) -> tuple[str, str]:
    """Return the text of a file and its encoding; a UTF-8 byte order mark stays in the text.

    Raises:
        RefusedError: some bytes cannot be decoded.
    """
    encoding = detect(source)
    if encoding.damage:
        line, what = encoding.damage
        raise RefusedError(Reason.BAD_BYTES, what, line=line)
    with source.open(counted=True) as file:
        data = file.read()
    try:
        return data.decode(encoding.codec), encoding.codec
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        detail = f"not {encoding.codec}: byte 0x{data[error.start]:02x} at offset {error.start}"
        raise RefusedError(Reason.BAD_BYTES, detail, line=line) from error


def title_of(text: str) -> dict[str, object]:
    """Take the first line that is not blank for the title when it looks like a headline."""
    start = len(text) - len(text.lstrip("\ufeff \t\r\n\u00a0\u200e\u200f"))
    first, separator, rest = text[start:].partition("\n")
    first = first.strip()
    headline = first and separator and rest.strip() and len(first.split()) <= _TITLE_WORDS
    return {"title": first} if headline and not first.endswith((".", "؟", "!", ":")) else {}
