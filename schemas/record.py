"""The base of all records, and content ids."""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen, strict record without unknown fields.

    Parse JSON with ``model_validate_json``: under ``strict`` the Python mode refuses
    the lists and strings that JSON has for tuples and dates.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", use_attribute_docstrings=True
    )

    def to_line(self) -> str:
        """Return the record as one line of JSON, the same bytes for equal records."""
        return self.model_dump_json(exclude_none=True)


def sha256(data: bytes | str) -> str:
    """Return the hexadecimal SHA-256 of ``data`` (text as UTF-8)."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def content_id(prefix: str, *parts: str | None) -> str:
    """Return ``prefix`` and 16 hexadecimal digits that depend on every part and its place.

    >>> content_id("a", "x", None) == content_id("a", "x", None)
    True
    >>> content_id("a", "x", None) == content_id("a", None, "x")
    False
    """
    # JSON keeps every part apart from its neighbours, and None from a text.
    return prefix + sha256(json.dumps(parts, ensure_ascii=False))[:16]
