"""Physical lines of a table → the lines again, with a way on after a row whose quotes are broken.

After a broken row nobody knows which of the lines below are still inside its quotes. Reading goes
on at the first line that is surely a row of its own, so that no piece of a cell becomes one.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

_AHEAD = 1000
"""Lines that are looked through for the end of a broken cell."""
_LONGEST_AHEAD = 1 << 22
"""Characters of these lines."""


class Lines:
    """Iterates over lines, remembers those of the row that is being read, and looks ahead."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._ahead: deque[str] = deque()
        self._row: list[str] = []
        self.number = 0
        """Number of lines that were given."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else next(self._lines)
        self._row.append(line)
        self.number += 1
        return line

    def begin(self) -> int:
        """Begin a row; return the number of its first line."""
        self._row = []
        return self.number + 1

    def header(self) -> str | None:
        """Go to the first line that is not blank and return it, still to be read."""
        for line in self:
            if line.strip():
                self._back(1)
                return line
        return None

    def skip_broken(self, delimiter: str, width: int) -> None:
        """After a row that could not be read, go to the next line that is a row of its own."""
        self._back(max(0, len(self._row) - 1))
        while (line := next(self._peek(), None)) is not None:
            inside = self._still_inside(delimiter)
            if not inside and _is_row(line, delimiter, width):
                return
            for _ in islice(self, inside or 1):
                self._row.clear()

    def _back(self, count: int) -> None:
        """Take the last lines of the row back, to be given again."""
        for _ in range(count):
            self._ahead.appendleft(self._row.pop())
        self.number -= count

    def _peek(self) -> Iterator[str]:
        yield from self._ahead
        for line in self._lines:
            self._ahead.append(line)
            yield line

    def _still_inside(self, delimiter: str) -> int:
        """Return the number of lines to the one that closes a cell opened earlier, or 0."""
        size = 0
        for number, line in enumerate(islice(self._peek(), _AHEAD), start=1):
            if line.count('"') % 2:
                if re.search(rf'(?:^|{delimiter})"(?![{delimiter}\r\n]|$)', line):
                    return 0
                if re.search(rf'"(?=[{delimiter}\r\n]|$)', line):
                    return number
            size += len(line)
            if size > _LONGEST_AHEAD:
                break
        return 0


def _is_row(line: str, delimiter: str, width: int) -> bool:
    if line.count('"') % 2:
        return False
    try:
        (row,) = csv.reader([line], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return False
    return len(row) == width
