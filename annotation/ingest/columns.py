"""Which column or key holds which field of an article: by ``--map``, else by well-known names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from email.utils import parsedate_to_datetime

from schemas.errors import UsageError

FIELDS = ("text", "title", "source", "url", "published", "language", "licence")
NAMES: dict[str, tuple[str, ...]] = {
    "text": ("text", "content", "body", "article", "article_text", "full_text", "maintext"),
    "title": ("title", "headline"),
    "source": ("source", "site", "site_name", "sitename", "publisher", "outlet"),
    "url": ("url", "link"),
    "published": (
        "published",
        "date",
        "published_at",
        "publish_date",
        "published_date",
        "date_published",
        "publication_date",
        "pubdate",
        "date_extracted",
    ),
    "language": ("language", "lang"),
    "licence": ("licence", "license"),
}
"""Field → the names it is found under without a map; the first one that a row fills counts."""
NO_COLUMN = "-"
"""``--map published=-``: take the field from nowhere."""
_MOST_NAMES = 1000  # a JSON file whose keys are data must not fill the memory
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2})?\S*))?")
_RFC_2822 = re.compile(r"(?:[A-Za-z]{3},\s*)?\d{1,2}\s+[A-Za-z]{3}\s+\d{4}\b")


def parse_map(options: Iterable[str]) -> dict[str, str]:
    """Read ``--map`` options, ``field=column`` each.

    Raises:
        UsageError: an option is malformed, names an unknown field, or a field comes twice.
    """
    found: dict[str, str] = {}
    for option in options:
        name, equals, column = option.partition("=")
        if not equals or not name or not column:
            raise UsageError(
                f"--map {option}: got no field=column; give for example --map text=content."
            )
        if name in found:
            raise UsageError(f"--map {option}: the field {name} is mapped to {found[name]} too.")
        found[name] = column
    check_map(found)
    return found


def check_map(fields: Mapping[str, str]) -> None:
    """Check the fields of a map.

    Raises:
        UsageError: one is no field of an article.
    """
    for name in fields:
        if name not in FIELDS:
            raise UsageError(f"--map {name}=…: unknown field; give one of {', '.join(FIELDS)}.")


@dataclass
class Columns:
    """Finds the fields of rows; remembers which columns of the run nobody took."""

    mapped: Mapping[str, str] = field(default_factory=dict)
    """Field → column, where it is given."""
    found: set[str] = field(default_factory=set)
    """Mapped columns that occurred."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Column that no field took → number of files that have it."""

    def __post_init__(self) -> None:
        self._names = {name: self._candidates(name) for name in FIELDS}
        self._taken = {name for names in self._names.values() for name in names}

    def _candidates(self, name: str) -> tuple[str, ...]:
        column = self.mapped.get(name)
        if column is None:
            others = set(self.mapped.values())
            return tuple(known for known in NAMES[name] if known not in others)
        return () if column == NO_COLUMN else (column,)

    def fields(self, row: Mapping[str, object]) -> dict[str, object]:
        """Return the fields of a row that has a value there, text included."""
        taken: dict[str, object] = {}
        for name, candidates in self._names.items():
            for column in candidates:
                if (value := row.get(column)) is not None:
                    taken[name] = value
                    break
        return taken

    def of_header(self, header: Sequence[str]) -> list[str | None]:
        """Return for each column of a header the name under which ``fields`` asks for it.

        Well-known names are found in any case (``Title``); ``None`` where nobody asks, or where
        a column to the left has the name already.
        """
        names: list[str | None] = []
        for column in header:
            plain = column.strip()
            low = plain.casefold()
            name = column if column in self._taken else plain if plain in self._taken else low
            names.append(name if name in self._taken and name not in names else None)
        return names

    def note(self, names: Iterable[str]) -> None:
        """Remember the columns of one file."""
        present = set(names)
        self.found |= present & set(self.mapped.values())
        # Several columns of a file may be known under one field: no field took the later ones.
        self.ignored.update(present - self._taken)

    def never_found(self) -> list[str]:
        """Return the mapped columns that no file has."""
        return sorted(set(self.mapped.values()) - self.found - {NO_COLUMN})


def remember(seen: set[str], names: Iterable[str]) -> None:
    """Add the keys of a row to those of its file, up to a bound."""
    if len(seen) < _MOST_NAMES:
        seen.update(names)


def read_date(value: object) -> date:
    """Return the day of a date in one of the usual forms, as it is written there.

    ISO 8601 with or without a time, year, month and day with ``-``, ``/`` or dots, RFC 2822.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise ValueError(f"published: {value!r} is no date")  # noqa: TRY004 # one kind for callers
    text = value.strip()
    try:
        return datetime.fromisoformat(text).date()
    except ValueError as error:
        problem = error
    try:
        if match := _DAY.fullmatch(text):
            year, month, day = (int(part) for part in match.groups()[:3])
            if time := match[4]:
                datetime.fromisoformat(f"2000-01-01T{time:0>5}")
            return date(year, month, day)
        if _RFC_2822.match(text):
            return parsedate_to_datetime(text).date()
    except ValueError as error:
        problem = error
    raise ValueError(f"published: {value[:40]!r}: {problem}")
