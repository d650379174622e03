"""How many spans of whole words a tokenizer loses, and how fast it is: Miyar's beside spaCy's.

spaCy drops a span that does not begin and end with tokens. Counted are all spans of one, two and
three words of a line that obey ``schemas.text.whole_words``. spaCy's tokenizers remember words:
so speed is measured with an empty memory, and over the same texts again.

    python -m benchmarks.alignment [FILE]
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from benchmarks.data import articles
from benchmarks.measure import Row, megabytes, row
from schemas.text import whole_words
from train.tokenizer import create_tokenizer

PEER = "spaCy blank ar"
ARTICLES = 1500
_LETTERS = re.compile(r"[^\W_]+")
_MOST_WORDS = 3


def spans(text: str) -> set[tuple[int, int]]:
    """Return the whole-word spans of one to three words of a line."""
    found: set[tuple[int, int]] = set()
    for line in re.finditer(r"[^\n]+", text):
        runs = [m.span() for m in _LETTERS.finditer(text, *line.span())]
        found.update(
            whole_words(text, runs[first][0], runs[last][1])
            for first in range(len(runs))
            for last in range(first, min(first + _MOST_WORDS, len(runs)))
        )
    return found


def lost(doc: Doc, wanted: set[tuple[int, int]]) -> int:
    """Count the spans that do not align with the tokens of a text."""
    starts = {token.idx for token in doc}
    ends = {token.idx + len(token) for token in doc}
    return sum(start not in starts or end not in ends for start, end in wanted)


def rows(texts: list[str]) -> list[Row]:
    """Return the share of spans lost (%), and MB of raw UTF-8 a second, of both tokenizers."""
    wanted = [spans(text) for text in texts]
    total = max(1, sum(map(len, wanted)))
    shares, first, again = {}, {}, {}
    for name, make in {"miyar": _ours, PEER: _blank}.items():
        nlp = make()
        missed = sum(lost(nlp.make_doc(t), w) for t, w in zip(texts, wanted, strict=True))
        shares[name] = 100 * missed / total
        first[name], again[name] = _rates(make, texts)
    return [
        row(what, values["miyar"], PEER, values[PEER])
        for what, values in (
            ("whole-word spans lost by the tokenizer (%)", shares),
            ("tokenizing, words not met before (MB/s)", first),
            ("tokenizing, the same texts again (MB/s)", again),
        )
    ]


def _blank() -> Language:
    return spacy.blank("ar")


def _ours() -> Language:
    nlp = spacy.blank("ar")
    nlp.tokenizer = create_tokenizer()(nlp)
    return nlp


def _rates(make: Callable[[], Language], texts: list[str]) -> tuple[float, float]:
    """Return MB per CPU second with a new vocabulary and after that, the best of three each."""
    first, again = [], []
    for _ in range(3):
        nlp = make()
        for times in (first, again):
            begin = time.process_time()
            for text in texts:
                nlp.make_doc(text)
            times.append(time.process_time() - begin)
    size = megabytes(texts)
    return size / min(first), size / min(again)


def main() -> None:
    """Print the rows as JSON, one a line."""
    texts = articles(Path(sys.argv[1]) if len(sys.argv) > 1 else None, ARTICLES)
    for found in rows(texts):
        print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
