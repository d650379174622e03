"""A Markdown file → one candidate article: front matter gives fields, the rest is the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from annotation.ingest.formats.plain import whole_text
from annotation.ingest.source import Candidate, RefusedError, Source
from schemas.ledger import Reason

_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*(?:\r?\n|\Z)", re.S | re.M)
_HEADING = re.compile(r"^\ufeff?#[ \t]+(?P<title>[^\r\n]*)", re.M)
_UNREADABLE = (
    yaml.YAMLError,
    ValueError,  # 2023-02-30
    LookupError,  # !!bool maybe, !!int ''
    AttributeError,  # !!timestamp abc
    TypeError,
    OverflowError,
    RecursionError,  # thousands of brackets
)
"""What the YAML library raises for front matter that it cannot read."""
_FENCE = re.compile(r"^\ufeff?(```|~~~).*?^\1", re.S | re.M)


def read(source: Source) -> Iterator[Candidate]:
    """Yield the file's text without its front matter, Markdown as it stands.

    Raises:
        RefusedError: the front matter is no YAML mapping.
    """
    text, codec = whole_text(source)
    fields: dict[str, object] = {}
    if front := _FRONT.match(text):
        fields = _fields(front["yaml"], source)
        text = text[front.end() :]
    if "title" not in fields and (title := _title(text)):
        fields["title"] = title
    yield Candidate(text, source.name, fields, codec)


def _title(text: str) -> str:
    """Return the first heading, without the signs that may close it: ``# Title ##``."""
    heading = _HEADING.search(_FENCE.sub("", text))
    title = heading["title"].strip() if heading else ""
    bare = title.rstrip("#")
    return title if bare.rstrip(" \t") == bare != "" else bare.rstrip(" \t")


def _fields(text: str, source: Source) -> dict[str, object]:
    try:
        values = yaml.safe_load(text)
    except _UNREADABLE as error:
        problem = " ".join(f"{type(error).__name__}: {error}".split())
        raise RefusedError(Reason.BAD_FIELD, f"front matter: {problem}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise RefusedError(Reason.BAD_FIELD, f"front matter: a {type(values).__name__}, no fields")
    named = {str(key): value for key, value in values.items()}
    source.columns.note(named)
    return {name: value for name, value in source.columns.fields(named).items() if name != "text"}
