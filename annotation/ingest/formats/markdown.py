"""A Markdown file → one candidate article: front matter gives fields, the rest is the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from annotation.ingest.formats.plain import whole_text
from annotation.ingest.source import Candidate, RefusedError, Source
from schemas.ledger import Reason

_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*(?:\r?\n|\Z)", re.S | re.M)
_HEADING = re.compile(r"^#[ \t]+(?P<title>.*?)[ \t]*#*[ \t]*\r?$", re.M)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.S | re.M)


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
    if "title" not in fields and (heading := _HEADING.search(_FENCE.sub("", text))):
        fields["title"] = heading["title"]
    yield Candidate(text, source.name, fields, codec)


def _fields(text: str, source: Source) -> dict[str, object]:
    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # 2023-02-30 is a ValueError
        problem = " ".join(str(error).split())
        raise RefusedError(Reason.BAD_FIELD, f"front matter: {problem}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise RefusedError(Reason.BAD_FIELD, f"front matter: a {type(values).__name__}, no fields")
    named = {str(key): value for key, value in values.items()}
    source.columns.note(named)
    return {name: value for name, value in source.columns.fields(named).items() if name != "text"}
