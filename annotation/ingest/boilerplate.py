"""Lines that belong to a web site and not to an article: known phrases, and lines that recur."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from schemas.text import fold

SEVERAL = 4
"""Different articles in which a line must stand to count as repeated."""
LONGEST_LINE = 120
_CELLS = 1 << 22
_PHRASES = tuple(
    fold(phrase).text
    for phrase in (
        "اقرأ أيضا",
        "اقرأ المزيد",
        "اقرأ كذلك",
        "شاهد أيضا",
        "قد يعجبك أيضا",
        "تابعونا على",
        "تابعنا على",
        "تابعوا آخر الأخبار",
        "لمتابعة آخر الأخبار",
        "للمزيد من الأخبار",
        "جميع الحقوق محفوظة",
        "كل الحقوق محفوظة",
        "حقوق النشر محفوظة",
        "شارك الخبر",
        "شارك المقال",
        "شارك هذا",
        "أرسل لصديق",
        "اشترك في النشرة",
        "اشترك في قناة",
        "النشرة البريدية",
        "مواضيع ذات صلة",
        "أخبار ذات صلة",
        "موضوعات متعلقة",
        "مقالات ذات صلة",
        "الأكثر قراءة",
        "الأكثر مشاهدة",
        "اضغط هنا",
        "انقر هنا",
        "حمل التطبيق",
        "الكلمات المفتاحية",
        "الكلمات الدلالية",
    )
)
_BREAK = "\n"
_WORDS = re.compile(r"[^\W_]\s+.*[^\W_]")


def _folding() -> NDArray[np.uint32]:
    """Return what each code point of the basic plane folds to where that is one character."""
    table = np.arange(0x10000, dtype=np.uint32)
    for code in (*range(0x21, 0x500), *range(0x600, 0x780), *range(0x2000, 0x2070), 0xFEFF):
        folded = fold(chr(code)).text
        table[code] = ord(folded) if len(folded) == 1 else 0
    return table


_FOLDED = _folding()


def boilerplate(text: str, codes: NDArray[np.uint32]) -> list[tuple[int, int]]:
    """Return the places of known phrases in short lines of a text, whatever their spelling.

    Args:
        text: the text.
        codes: its code points.
    """
    folded = _FOLDED[np.minimum(codes, 0xFFFF)]
    kept = np.flatnonzero(folded)
    plain = folded[kept].tobytes().decode("utf-32-le", "surrogatepass")
    breaks = [-1, *np.flatnonzero(folded[kept] == ord(_BREAK)).tolist(), len(plain)]
    places = []
    for phrase in _PHRASES:
        at = plain.find(phrase)
        while at >= 0:
            end = at + len(phrase)
            line = bisect_left(breaks, at)
            if breaks[line] - breaks[line - 1] <= LONGEST_LINE:
                places.append((int(kept[at]), int(kept[end - 1]) + 1))
            at = plain.find(phrase, end)
    return sorted(places)


class RepeatedLines:
    """Knows which short lines stand in several different articles, in a fixed amount of memory.

    Counts are kept in two cells a line, chosen by its hash; the lesser counts. Two lines may
    share both cells, but hardly do below a million different lines.
    """

    def __init__(self) -> None:
        self._cells = bytearray(_CELLS)
        self._texts: set[bytes] = set()

    def add(self, text: str) -> None:
        """Count the lines of an article, each once; a text that came before counts no more."""
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        if key in self._texts:
            return
        self._texts.add(key)
        for line in {line for _, line in _short_lines(text)}:
            one, two = _cells(line)
            count = min(self._cells[one], self._cells[two])
            for cell in (one, two):
                if self._cells[cell] == count < SEVERAL:
                    self._cells[cell] = count + 1

    def places(self, text: str) -> list[tuple[int, int]]:
        """Return where the repeated lines of an article stand."""
        return [
            (start, start + len(line))
            for start, line in _short_lines(text)
            if all(self._cells[cell] >= SEVERAL for cell in _cells(line))
        ]


def _short_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield ``(offset, line)`` of lines of two words or more, without the blanks around."""
    start = 0
    for whole in text.split(_BREAK):
        if len(whole) <= LONGEST_LINE and _WORDS.search(line := whole.strip()):
            yield start + whole.index(line), line
        start += len(whole) + 1


def _cells(line: str) -> tuple[int, int]:
    digest = blake2b(line.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number = int.from_bytes(digest, "little")
    return number % _CELLS, (number >> 32) % _CELLS
