"""A web page → one candidate article: its main text, and what its metadata say."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from functools import partial

from annotation.ingest.decode import UTF_8, Encoding, detect, looks_arabic
from annotation.ingest.source import Candidate, RefusedError, Source
from schemas.ledger import Reason

_CHARSET = re.compile(rb"<meta[^>]+?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.I)
_LANGUAGE = re.compile(r"<html[^>]*?\slang\s*=\s*[\"']?\s*([A-Za-z]{2,3})\b", re.I)
_TAG = re.compile("<[^<>]*>")
_HEAD = 1 << 14
_LONGEST = 5_000_000
"""Characters of a page; it stands in memory with its tree."""


def read(source: Source) -> Iterator[Candidate]:
    """Yield the page's main text, as trafilatura finds it, without comments of readers.

    Raises:
        RefusedError: no main text, or bytes that cannot be decoded.
    """
    page, codec = _page(source)
    text, fields = _extract(page)
    if not text.strip():
        raise RefusedError(Reason.NO_MAIN_TEXT, f"{len(page)} characters of HTML")
    if language := _LANGUAGE.search(page[:_HEAD]):
        fields["language"] = language[1].lower()
    yield Candidate(text, source.name, fields, codec)


def _page(source: Source) -> tuple[str, str]:
    """Return the page and its encoding: valid UTF-8, else as declared, else as it looks."""
    with source.open(counted=True) as file:
        data = file.read(4 * _LONGEST + 1)
    if len(data) > 4 * _LONGEST:  # no encoding has fewer characters in so many bytes
        raise _too_long()
    looks: tuple[Callable[[], Encoding | None], ...] = (
        partial(_strict_utf8, data),
        partial(_declared_or_found, data, source),
        partial(detect, source),
    )
    for look in looks:
        encoding = look()
        if encoding is None:
            continue
        if encoding.damage:
            line, what = encoding.damage
            raise RefusedError(Reason.BAD_BYTES, what, line=line)
        try:
            page = data.decode(encoding.codec)
        except (LookupError, UnicodeError):  # "hex" and "undefined" are codecs, of no text
            continue
        if len(page) > _LONGEST:
            raise _too_long()
        return page, encoding.codec
    raise RefusedError(Reason.UNKNOWN_ENCODING, f"{len(data)} bytes")


def _too_long() -> RefusedError:
    return RefusedError(Reason.BROKEN_FILE, f"more than {_LONGEST} characters of HTML: no page")


def _strict_utf8(data: bytes) -> Encoding | None:
    # NUL bytes are valid UTF-8, and the mark of UTF-16.
    return None if b"\x00" in data else Encoding(UTF_8)


def _declared_or_found(data: bytes, source: Source) -> Encoding | None:
    """Return the declared charset unless the bytes say another one: declarations are often old."""
    declared = _declared(data)
    if declared is None:
        return None
    try:
        page = _TAG.sub(" ", data.decode(declared.codec))
    except (LookupError, UnicodeError):  # "hex" and "undefined" are codecs, of no text
        return None
    if looks_arabic(" ".join(word for word in page.split() if not word.isascii())):
        return declared
    try:
        found = detect(source)
    except RefusedError:
        return declared
    # Damaged UTF-8 is no better offer when nothing in it is UTF-8.
    return declared if found.damage and data.decode(UTF_8, "ignore").isascii() else found


def _declared(data: bytes) -> Encoding | None:
    """Return the charset that the page's head declares, if Python knows it."""
    found = _CHARSET.search(data[:_HEAD])
    if not found or b"\x00" in data:
        return None
    try:
        codec = codecs.lookup(found[1].decode("ascii")).name
    except (LookupError, UnicodeError):
        return None
    return None if codec == UTF_8 else Encoding(codec)


def _extract(page: str) -> tuple[str, dict[str, object]]:
    # Imported here: half a second that only web pages need.
    from trafilatura import bare_extraction

    found = bare_extraction(
        page,
        include_comments=False,
        with_metadata=True,
        # The first date of publication that the metadata name, not one guessed from the text.
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if found is None or isinstance(found, dict):
        return "", {}
    named = {
        "title": found.title,
        "source": found.sitename or found.hostname,
        "url": found.url,
        "published": found.date,
    }
    return found.text or "", {name: value for name, value in named.items() if value}
