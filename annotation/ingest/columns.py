"""Which column or key holds which field of an article: by ``--map``, else by well-known names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

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
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"(?: ?[AaPp]\.?[Mm]\.?)?(?: ?[A-Za-z]{1,5})?(?: ?[+-]\d{1,2}:?(?:\d{2})?)?(?: \([\w ]+\))?)?"
)
_DATES = (
    re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _TIME),
    re.compile(
        r"(?:[A-Za-z]{3,9},?\s+)?(?P<day>\d{1,2})\s+(?P<month>"
        + "|".join(_MONTHS)
        + r")[a-z]*\.?,?\s+(?P<year>\d{4})"
        + _TIME,
        re.I,
    ),
)


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
    """Finds the fields of rows; remembers which columns of the run nobody took.

    ``note`` or ``remember`` the columns of a file, then ``end_of_file``.
    """

    mapped: Mapping[str, str] = field(default_factory=dict)
    """Field → column, where it is given."""
    found: set[str] = field(default_factory=set)
    """Mapped columns that occurred."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Column that no field took → number of files that have it."""

    def __post_init__(self) -> None:
        self._names = {name: self._candidates(name) for name in FIELDS}
        self._taken = {name for names in self._names.values() for name in names}
        self._folded = {name.casefold(): name for name in sorted(self._taken)}
        self._present: set[str] = set()
        self._chosen: set[str] = set()
        self._left: set[str] = set()

    def _candidates(self, name: str) -> tuple[str, ...]:
        column = self.mapped.get(name)
        if column is None:
            others = set(self.mapped.values())
            return tuple(known for known in NAMES[name] if known not in others)
        return () if column == NO_COLUMN else (column,)

    def fields(self, row: Mapping[str, object]) -> dict[str, object]:
        """Return the fields of a row that has a value there, text included.

        A blank string is no value; but the text is blank, not missing, when there is only that.
        """
        taken: dict[str, object] = {}
        for name, candidates in self._names.items():
            for column in candidates:
                value = row.get(column)
                if value is None or (isinstance(value, str) and not value.strip()):
                    continue
                if name in taken:
                    self._left.add(column)
                else:
                    taken[name] = value
                    self._chosen.add(column)
        if "text" not in taken:
            for column in self._names["text"]:
                if row.get(column) is not None:
                    taken.setdefault("text", row[column])
        return taken

    def of_header(self, header: Sequence[str]) -> list[str | None]:
        """Return for each column of a header the name under which ``fields`` asks for it.

        Names are found in any case (``Title``) and with blanks around them; ``None`` where nobody
        asks, or where a column that is closer to the name, or to the left, has it already.
        """
        exact = {name: name for name in self._taken}
        names: list[str | None] = [None] * len(header)
        for known, form in ((exact, str), (exact, str.strip), (self._folded, _folded)):
            for place, column in enumerate(header):
                name = known.get(form(column))
                if names[place] is None and name not in names:
                    names[place] = name
        return names

    def note(self, names: Iterable[str]) -> None:
        """Remember columns of the file that is read."""
        self._present |= set(names)

    def end_of_file(self) -> None:
        """Count the file's columns that no field took.

        Several columns of a file may be known under one field: the later ones count as left
        when they had a value and no row took it.
        """
        self.found |= self._present & set(self.mapped.values())
        self.ignored.update((self._present - self._taken) | (self._left - self._chosen))
        for names in (self._present, self._left, self._chosen):
            names.clear()

    def never_found(self) -> list[str]:
        """Return the mapped columns that no file has."""
        return sorted(set(self.mapped.values()) - self.found - {NO_COLUMN})


def _folded(column: str) -> str:
    return column.strip().casefold()


def remember(seen: set[str], names: Iterable[str]) -> None:
    """Add the keys of a row to those of its file, up to a bound."""
    if len(seen) < _MOST_NAMES:
        seen.update(names)


def read_date(value: object) -> date:
    """Return the day of a date in one of the usual forms, as it is written there.

    ISO 8601; year, month and day with ``-``, ``/`` or dots; day, English month and year as in
    RFC 2822: each with or without a time.

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
    problem: Exception
    try:
        return datetime.fromisoformat(text).date()
    except ValueError as error:
        problem = error
    try:
        if match := next(filter(None, (form.fullmatch(text) for form in _DATES)), None):
            time(int(match["hour"] or 0), int(match["minute"] or 0), int(match["second"] or 0))
            month = match["month"].lower()
            number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month)
            return date(int(match["year"]), number, int(match["day"]))
    except (ValueError, OverflowError) as error:  # a time zone of any number of hours
        problem = error
    raise ValueError(f"published: {value[:40]!r}: {problem}")
