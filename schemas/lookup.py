"""Records of a file by a key, parsed when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from schemas.jsonl import stream_lines
from schemas.record import Record

R = TypeVar("R", bound=Record)


class Lookup(Mapping[str, R]):
    """Records by a key, more than one wants to hold as objects.

    What is held is the lines they were read from: some tenth of what the records take.
    """

    def __init__(self, model: type[R], lines: Mapping[str, bytes]) -> None:
        """Take lines that are known to be valid; :meth:`read` makes sure of it."""
        self._model = model
        self._lines = dict(lines)

    @classmethod
    def read(cls, path: Path, model: type[R], key: Callable[[R], str]) -> Lookup[R]:
        """Read a JSONL file; of several records with a key the last one counts.

        Raises:
            RecordError: as for :func:`schemas.jsonl.read`.
        """
        found = {key(record): line.encode() for line, record in stream_lines(path, model)}
        return cls(model, found)

    def only(self, keys: Iterable[str]) -> Lookup[R]:
        """Return the records with these keys alone, in this order.

        Raises:
            KeyError: there is no record with one of them.
        """
        return Lookup(self._model, {key: self._lines[key] for key in keys})

    def line(self, key: str) -> str:
        """Return the line of a record, as it stood in the file."""
        return self._lines[key].decode()

    def __getitem__(self, key: str) -> R:
        """Return the record with a key, parsed anew."""
        return self._model.model_validate_json(self._lines[key])

    def __contains__(self, key: object) -> bool:
        """Tell whether there is a record with a key, without parsing it."""
        return key in self._lines

    def __iter__(self) -> Iterator[str]:
        """Yield the keys in the order of the file."""
        return iter(self._lines)

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self._lines)


def line_of(records: Mapping[str, R], key: str) -> str:
    """Return the line of a record; of a lookup without parsing it."""
    return records.line(key) if isinstance(records, Lookup) else records[key].to_line()
