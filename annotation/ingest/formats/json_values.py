"""A JSON file → a candidate article for each object: one, an array of them, or one after another.

The file is cut into its values as it is read, so an array of any size needs the memory of one
element. (The streaming parsers that we tried turn half a surrogate pair into a question mark
and do not say so; they also stop at the first bad element, and do not tell lines.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from annotation.ingest.decode import detect, text_of
from annotation.ingest.formats.json_lines import parse
from annotation.ingest.source import CHUNK, Candidate, RefusedError, Source
from schemas.ledger import Reason

_TOKEN = re.compile(r'"|[\[\]{},]')
_STRING = re.compile(r'(?:[^"\\]++|\\.)*+', re.S)
_CLOSED = ("}", "]", '"')
_LONGEST = 16 * CHUNK
"""Characters of one element: a missing quote must not take the rest of the file along."""


def read(source: Source) -> Iterator[Candidate]:
    """Yield the objects of the file.

    Raises:
        RefusedError: it holds damaged bytes, or ends inside a value.
    """
    encoding = detect(source)
    if encoding.damage:
        line, what = encoding.damage
        raise RefusedError(Reason.BAD_BYTES, what, line=line)
    seen: set[str] = set()
    with text_of(source, encoding, newline="") as file:
        chunks = iter(lambda: file.read(CHUNK), "")
        try:
            for line, value in elements(chunks):
                if found := parse(source, value, line, encoding.codec, seen):
                    yield found
        finally:
            source.columns.note(seen)


def elements(chunks: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Cut JSON text into ``(line, value)``: the elements of a top-level array, else the values.

    Raises:
        RefusedError: the text ends inside a value, or a value has no end in sight.
    """
    splitter = _Splitter()
    for chunk in chunks:
        yield from splitter.feed(chunk)
    yield from splitter.close()


class _Splitter:
    """Follows strings and brackets through pieces of text."""

    def __init__(self) -> None:
        self._text = ""  # from the start of the value that is being read
        self._at = 0  # up to here it is looked through
        self._line = 1  # of the start
        self._open: list[str] = []
        self._array = False  # the top level is an array, and we are in it
        self._began = False
        self._quoted = False

    def feed(self, chunk: str) -> Iterator[tuple[int, str]]:
        """Take the next piece; yield the values that end in it."""
        self._text += chunk
        start = 0
        while not self._quoted or self._string_ends():
            token = _TOKEN.search(self._text, self._at)
            self._at = token.end() if token else len(self._text)
            if token is None:
                break
            if token.group() == '"':
                self._quoted = True
                continue
            first = not self._began and not self._text[start : token.start()].strip()
            cut = self._step(token.group(), first=first)
            if cut is None:
                continue
            stop = token.end() if cut else token.start()
            yield from self._value(start, stop)
            self._line += self._text.count("\n", start, token.end())
            start = token.end()
        self._text = self._text[start:]
        self._at -= start
        if len(self._text) > _LONGEST:
            detail = f"a value of more than {_LONGEST} characters: is a quote missing?"
            raise RefusedError(Reason.BROKEN_FILE, detail, line=self._line)

    def _string_ends(self) -> bool:
        """Go to the end of the string that we are in, or as far as the text reaches."""
        inside = _STRING.match(self._text, self._at)
        self._at = inside.end() if inside else self._at
        self._quoted = self._text[self._at : self._at + 1] != '"'
        self._at += not self._quoted
        return not self._quoted

    def _step(self, sign: str, *, first: bool) -> bool | None:
        """Follow one bracket or comma: ``None`` inside a value, else whether it belongs to it."""
        if sign in "[{":
            if sign == "[" and first:
                self._array = self._began = True
                return False
            self._began = True
            self._open.append(sign)
            return None
        if sign == ",":
            return None if self._open else False
        if self._open:
            self._open.pop()
            return None if self._open or self._array else True
        self._array = False  # the end of the top-level array, or a bracket too many
        return False

    def _value(self, start: int, stop: int) -> Iterator[tuple[int, str]]:
        value = self._text[start:stop]
        if bare := value.strip():
            begin = len(value) - len(value.lstrip())
            yield self._line + value.count("\n", 0, begin), bare

    def close(self) -> Iterator[tuple[int, str]]:
        """Yield the last value.

        Raises:
            RefusedError: it, or the array, has no end.
        """
        text = self._text.rstrip()
        inside = bool(self._open) or self._quoted
        if not inside and (not self._array or text.endswith(_CLOSED)):
            yield from self._value(0, len(text))
        if inside or self._array:
            detail = "the file ends inside a value or before its closing bracket"
            raise RefusedError(Reason.BROKEN_FILE, detail, line=self._line)
