"""Bytes of a file → the encoding that gives its text: UTF-8 first, then what Arabic uses.

A file is looked through once, piece by piece, before it is read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper

from charset_normalizer import from_bytes

from annotation.ingest.source import BREAKS, RefusedError, Source
from schemas.ledger import Reason

UTF_8 = "utf-8"
ARABIC_CODECS = ("cp1256", "iso8859_6", "mac_arabic", "cp720", "cp864")
WIDE_CODECS = ("utf_16_le", "utf_16_be")
_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 1 << 16
_FEW = 2
"""Bytes that are damage at most, not another encoding, in a file that is ASCII otherwise."""
_NULS_PER_BYTE = 1000
"""A file of rows with fewer NUL bytes than one in so many bytes is text; its row is damaged."""
_ESCAPED = re.compile("[\udc80-\udcff]")
_MULTIBYTE = re.compile("[^\x00-\x7f\udc80-\udcff]")
_LETTER = "\u0621-\u063a\u0641-\u064a\u066e-\u06d3"
_WORD = re.compile(rf"[^\W\d_]*[{_LETTER}][^\s\"',;:{{}}\[\]<>|=()]*")
_ARABIC = re.compile(f"[{_LETTER}]")
_ARABIC_WORD = re.compile(rf"[{_LETTER}\u0640\u064b-\u0652\u200c\u200d]+")
_COMMON = re.compile(
    "من|في|على|إلى|الى|عن|أن|ان|إن|لا|ما|مع|هذا|هذه|التي|الذي|قال|كان|كانت|بعد|قبل|بين|أو|ثم|لم|لن|قد|كل"
    "|غير|حول|خلال|عند|يوم|أمس|عام|[وفبك]?ال.+|لل.+"
)
_TORN = re.compile(f"^[\u064b-\u0652]|[ةىٌٍ][{_LETTER}]")
_FREQUENT = "اليمونرتبده"
_RARE = re.compile("[\u0640\u064b-\u0652\u066e-\u06d3]")  # marks, letters of other languages


@dataclass(frozen=True, slots=True)
class Encoding:
    """What a file's bytes are."""

    codec: str = UTF_8
    damage: tuple[int, str] | None = None
    """Line of the first byte that is not UTF-8, and what it is; ``None`` if all are."""


@dataclass(slots=True)
class _Survey:
    """What a look through a file that is not plain UTF-8 saw."""

    valid: int = 0
    """Characters of several bytes."""
    bad: int = 0
    """Bytes that are not UTF-8."""
    size: int = 0
    nul: int | None = None
    nuls: int = 0
    damage: tuple[int, str] | None = None
    head: bytes = b""
    sample: bytes = b""


def detect(source: Source, *, rows: bool = False) -> Encoding:
    """Find the encoding of a text file, in flat memory.

    Args:
        source: the file.
        rows: each row is taken or rejected alone, so a few NUL bytes do not make it binary.

    Raises:
        RefusedError: the file is binary, or no encoding gives Arabic text.
    """
    codec, clean = UTF_8, True
    decoder = codecs.getincrementaldecoder(UTF_8)()
    try:
        for number, chunk in enumerate(source.chunks()):
            if number == 0 and (codec := _marked(chunk)) != UTF_8:
                return Encoding(codec)
            decoder.decode(chunk)
            if b"\x00" in chunk:
                clean = False
                break
        decoder.decode(b"", final=clean)
    except UnicodeDecodeError:
        clean = False
    except BREAKS:  # a broken archive: reading it says so, after its good rows
        return Encoding()
    return Encoding() if clean else _judge(_survey(source), rows=rows)


def _marked(head: bytes) -> str:
    return next((codec for mark, codec in _BOMS if head.startswith(mark)), UTF_8)


def _survey(source: Source) -> _Survey:
    seen = _Survey()
    decoder = codecs.getincrementaldecoder(UTF_8)("surrogateescape")
    lines = 0
    try:
        for chunk in source.chunks():
            if seen.nul is None and b"\x00" in chunk:
                seen.nul = seen.size + chunk.index(0)
            seen.nuls += chunk.count(0)
            seen.head = seen.head or chunk[:_SAMPLE]
            text = decoder.decode(chunk)
            seen.size += len(chunk)
            bad = len(_ESCAPED.findall(text))
            if bad and not seen.damage:
                first = _ESCAPED.search(text)
                assert first is not None  # noqa: S101  # one was just counted
                line = lines + text.count("\n", 0, first.start()) + 1
                seen.damage = (line, f"byte 0x{ord(first.group()) - 0xDC00:02x}")
            if bad and len(seen.sample) < _SAMPLE:
                rows = (row for row in chunk.split(b"\n") if not row.isascii())
                seen.sample = (seen.sample + b"\n".join(rows))[:_SAMPLE]
            seen.bad += bad
            seen.valid += len(_MULTIBYTE.findall(text))
            lines += text.count("\n")
        if tail := _ESCAPED.search(decoder.decode(b"", final=True)):
            seen.bad += 1
            seen.damage = seen.damage or (lines + 1, f"byte 0x{ord(tail.group()) - 0xDC00:02x}")
            seen.sample = seen.sample or seen.head
    except BREAKS:  # judged by what comes before the break
        pass
    return seen


def _judge(seen: _Survey, *, rows: bool) -> Encoding:
    few = rows and seen.nuls <= max(1, seen.size // _NULS_PER_BYTE)
    if seen.nul is not None and not few:
        head = seen.head[: len(seen.head) // 2 * 2]
        if codec := _arabic_codec(head, WIDE_CODECS):
            return Encoding(codec)
        raise RefusedError(Reason.BINARY_FILE, f"NUL byte at offset {seen.nul}")
    if seen.valid >= seen.bad:  # in single-byte Arabic hardly two bytes make a UTF-8 character
        return Encoding(UTF_8, seen.damage)
    if codec := _arabic_codec(seen.sample, ARABIC_CODECS):
        return Encoding(codec)
    if seen.bad <= _FEW:
        return Encoding(UTF_8, seen.damage)
    detail = f"{seen.bad} bytes of {seen.size} are not UTF-8, and no Arabic encoding fits"
    raise RefusedError(Reason.UNKNOWN_ENCODING, detail)


def _arabic_codec(sample: bytes, candidates: tuple[str, ...]) -> str | None:
    """Return the codec under which the sample reads as Arabic, most likely first."""
    likely = [match.encoding for match in from_bytes(sample, cp_isolation=list(candidates))]
    for codec in dict.fromkeys((*likely, *candidates)):
        try:
            text = sample.decode(codec)
        except UnicodeDecodeError:
            continue
        # The blank of Macintosh files is the no-break space of ISO 8859-6.
        if looks_arabic(text) and text.count("\u00a0") <= text.count(" "):
            return codec
    return None


def looks_arabic(text: str) -> bool:
    """Tell whether a decoded text reads as Arabic and not as the wrong encoding's letters.

    A third of its letters or more are Arabic. Nine words in ten are whole: no other letter or
    sign inside, ta marbuta, alef maqsura and tanwin at the end only. And one word in ten is a
    common one or has the article; a text without any, such as a short headline, must consist of
    whole plain words and have the usual share of frequent letters.

    >>> looks_arabic("قال الوزير إن المحادثات مستمرة في جنيف.")
    True
    >>> looks_arabic("قال الوزير إن المحادثات مستمرة".encode("cp1256").decode("mac_arabic"))
    False
    """
    words = [word.strip("«»()[]\"'.,،؛:!؟?…-–“”‘’٪%/|*") for word in _WORD.findall(text)]
    letters = sum(map(str.isalpha, text))
    arabic = len(_ARABIC.findall(text))
    if not words or arabic * 3 < letters:
        return False
    whole = [w for w in words if _ARABIC_WORD.fullmatch(w) and not _TORN.search(w)]
    if len(whole) * 10 < len(words) * 9:
        return False
    known = sum(_COMMON.fullmatch(word) is not None for word in whole)
    frequent = sum(map(text.count, _FREQUENT))
    plain = 1 < len(words) == len(whole) and not _RARE.search(text)
    return known * 10 >= len(words) or (plain and frequent * 5 >= arabic * 2)


@contextmanager
def text_of(source: Source, encoding: Encoding, *, newline: str) -> Iterator[TextIOWrapper]:
    """Open a file as text; lines end as ``newline`` says and are not changed.

    A byte that the codec does not have comes as a lone surrogate: see :func:`damaged`.
    """
    codec = "utf-8-sig" if encoding.codec == UTF_8 else encoding.codec
    with source.open(counted=True) as raw:
        yield TextIOWrapper(raw, codec, errors="surrogateescape", newline=newline)


def damaged(text: str) -> str | None:
    """Return what the first byte is that could not be decoded, or ``None`` if all were."""
    if text.isascii() or not (found := _ESCAPED.search(text)):
        return None
    return f"byte 0x{ord(found.group()) - 0xDC00:02x}"
