"""Sentence and passage cutting: quality on translated news, speed on any texts, beside peers.

Quality needs NTREX (Arabic reference of newstest2019, one sentence a line, and the ids of its
documents). The sentences of a document are joined by one space and cut again; what counts are
the boundaries inside the document. Rules were tuned on the development half of the documents
only; the rows are of the test half.

    python -m benchmarks.sentences FOLDER
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import blingfire
import pysbd
import spacy

from annotation.ingest.segment import segment
from benchmarks.data import article_of, passages
from benchmarks.measure import Row, cpu_seconds, megabytes, row
from schemas.sentences import sentences

Cutter = Callable[[str], Iterable[int]]
"""Text → the code point offsets where its sentences end."""


@dataclass(frozen=True, slots=True)
class Found:
    """How many boundaries a cutter found, and how many of them are right."""

    right: int
    found: int
    true: int

    def scores(self) -> dict[str, float]:
        """Return precision, recall and F1 in per cent."""
        return {
            "precision": 100 * self.right / max(1, self.found),
            "recall": 100 * self.right / max(1, self.true),
            "F1": 200 * self.right / max(1, self.found + self.true),
        }


def miyar(text: str) -> list[int]:
    """Return the sentence ends by Miyar's rules."""
    return [end for _, end in sentences(text)]


def peers() -> dict[str, Cutter]:
    """Return the peers, each told that the text is Arabic where it can be told."""
    nlp = spacy.blank("ar")
    nlp.max_length = 10**9
    nlp.add_pipe("sentencizer", config={"punct_chars": list(".!?؟…۔")})
    segmenter = pysbd.Segmenter(language="ar", clean=False, char_span=True)

    def by_blingfire(text: str) -> list[int]:
        return [end for _, end in blingfire.text_to_sentences_and_offsets(text)[1]]

    def by_pysbd(text: str) -> list[int]:
        return [span.start + len(span.sent.rstrip()) for span in segmenter.segment(text)]

    def by_spacy(text: str) -> list[int]:
        return [sentence.end_char for sentence in nlp(text).sents]

    return {"blingfire": by_blingfire, "pysbd": by_pysbd, "spaCy sentencizer": by_spacy}


def halves(folder: Path) -> tuple[list[list[str]], list[list[str]]]:
    """Return the documents of NTREX as lists of sentences: development half, test half."""
    lines = (folder / "newstest2019-ref.arb.txt").read_text("utf-8").split("\n")
    ids = (folder / "DOCUMENT_IDS.tsv").read_text("utf-8").split("\n")
    documents: dict[str, list[str]] = {}
    for sentence, document in zip(lines, ids, strict=True):
        if sentence.strip():
            documents.setdefault(document.strip(), []).append(sentence.strip())
    parts: tuple[list[list[str]], list[list[str]]] = ([], [])
    for document, found in documents.items():
        parts[int(hashlib.sha256(document.encode()).hexdigest(), 16) % 2].append(found)
    return parts


def boundaries(documents: list[list[str]], cut: Cutter) -> Found:
    """Count the boundaries that ``cut`` finds inside documents joined by one space."""
    right = found = true = 0
    for document in documents:
        text, ends = " ".join(document), set()
        at = -1
        for sentence in document[:-1]:
            at += 1 + len(sentence)
            ends.add(at)
        cuts = {end for end in cut(text) if 0 < end < len(text)}
        right, found, true = right + len(cuts & ends), found + len(cuts), true + len(ends)
    return Found(right, found, true)


def quality(folder: Path) -> list[Row]:
    """Score sentence boundaries of the test half, Miyar beside each peer."""
    _, test = halves(folder)
    ours = boundaries(test, miyar).scores()
    return [
        row(f"sentence boundaries, {score} (%)", ours[score], peer, theirs[score])
        for peer, cut in peers().items()
        for theirs in (boundaries(test, cut).scores(),)
        for score in ours
    ]


def speed(texts: list[str]) -> list[Row]:
    """Time sentences and passages, in MB of raw UTF-8 a second; peers cut sentences only."""
    size = megabytes(texts)
    articles = [article_of(text) for text in texts]

    def rate(work: Callable[[str], object]) -> float:
        return size / cpu_seconds(lambda: [work(text) for text in texts])

    ours = {
        "sentences (MB/s)": rate(miyar),
        "passages (MB/s)": size / cpu_seconds(lambda: [segment(article) for article in articles]),
    }
    rates = {peer: rate(lambda text, cut=cut: list(cut(text))) for peer, cut in peers().items()}
    return [
        row(what, value, peer, theirs)
        for what, value in ours.items()
        for peer, theirs in rates.items()
    ]


def main() -> None:
    """Print the rows as JSON, one a line: speed, and quality for the folder that is named."""
    # Articles of some ten paragraphs, so that windows and joins are measured too.
    some = passages(2000, words=60, seed=3)
    texts = ["\n".join(some[n : n + 10]) for n in range(0, len(some), 10)]
    rows = speed(texts) + [r for folder in sys.argv[1:] for r in quality(Path(folder))]
    for found in rows:
        print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
