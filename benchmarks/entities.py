"""Entities of the pre-annotator on ANERcorp: precision, recall and F1, strict and partial.

    python -m benchmarks.entities FILE...

A file holds one ``token TAG`` a line (IOB) and an empty line after each sentence. Tokens are
joined by one space. PERSON answers PERS, ORG answers ORG, GPE and LOC answer LOC; spans of other
labels are left out. Strict: same type, same offsets. Partial: same type, at least one character
shared, each span used once. Intervals: 2,000 resamples of sentences.

What cannot match, by convention and not by fault:

- MISC (nationalities, events, products, currencies) is no type of the codebook's; it is left out.
- ANERcorp's LOC has countries inside the names of ministries, its ORG has newspapers, teams and
  generic heads (شركة, صحيفة) inside; the codebook puts the head outside.
- The codebook's ORG «البيت الأبيض» and «إدارة بوش» are LOC and PERS there.
- Tokens split from their sentence: brackets and commas stand apart there, and its proclitics are
  attached, as in the codebook.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from annotation.ingest.segment import segment
from annotation.steps import rule_predictor
from benchmarks.data import CORPUS, article_of
from eval.bootstrap import RESAMPLES, SEED, f1_interval, resample, rounded, weights
from eval.counts import FN, FP, TP, Counts, ratios
from schemas.article import Span
from schemas.workspace import Workspace

TYPES = {"PERSON": "PERS", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC"}
LABELS = ("PERS", "LOC", "ORG")
HEADER = "| file | type | match | precision | recall | F1 | 95 % | gold | found |"
Row = dict[str, object]


def sentences(path: Path) -> Iterator[tuple[str, list[Span]]]:
    """Yield each sentence with its spans of the compared types."""
    tokens: list[tuple[str, str]] = []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if line.strip():
            token, _, tag = line.strip().rpartition(" ")
            tokens.append((token, tag))
        elif tokens:
            yield _sentence(tokens)
            tokens = []


def _sentence(tokens: Sequence[tuple[str, str]]) -> tuple[str, list[Span]]:
    spans: list[Span] = []
    at = 0
    for token, tag in tokens:
        end, (mark, _, kind) = at + len(token), tag.partition("-")
        if mark == "I" and spans and spans[-1].label == kind and spans[-1].end == at - 1:
            spans[-1] = Span(start=spans[-1].start, end=end, label=kind)
        elif mark in ("B", "I"):
            spans.append(Span(start=at, end=end, label=kind))
        at = end + 1
    return " ".join(token for token, _ in tokens), [s for s in spans if s.label in LABELS]


def compared(spans: Iterable[Span]) -> list[Span]:
    """Return spans with ANERcorp's types in place of the codebook's labels."""
    return [
        Span(start=span.start, end=span.end, label=TYPES[span.label])
        for span in spans
        if span.label in TYPES
    ]


def count(
    gold: Sequence[Span], given: Sequence[Span], types: Sequence[str], *, partial: bool
) -> Counts:
    """Return TP, FP and FN of a sentence for each type, shape (types, 3)."""
    counts = np.zeros((len(types), 3))
    for row, label in enumerate(types):
        left = [span for span in gold if span.label == label]
        for span in (span for span in given if span.label == label):
            match = next((other for other in left if _same(span, other, partial=partial)), None)
            counts[row, FP if match is None else TP] += 1
            if match is not None:
                left.remove(match)
        counts[row, FN] += len(left)
    return counts


def _same(span: Span, other: Span, *, partial: bool) -> bool:
    if partial:
        return span.start < other.end and other.start < span.end
    return (span.start, span.end) == (other.start, other.end)


def rows(
    path: Path,
    pairs: Sequence[tuple[Sequence[Span], Sequence[Span]]],
    types: Sequence[str] = LABELS,
) -> list[Row]:
    """Score ``(gold, found)`` of each sentence; one row for each type and way to match."""
    drawn = weights(len(pairs), resamples=RESAMPLES, seed=SEED)
    found: list[Row] = []
    for partial in (False, True):
        counts = np.array([count(gold, given, types, partial=partial) for gold, given in pairs])
        columns = [(label, counts[:, row]) for row, label in enumerate(types)]
        for label, table in [*columns, ("micro", counts.sum(axis=1))]:
            total = table.sum(axis=0)
            precision, recall, f1 = (rounded(float(value)) for value in ratios(total))
            low, high = f1_interval(ratios(resample(table, drawn))[2], total)
            found.append(
                {
                    "file": path.stem,
                    "type": label,
                    "match": "partial" if partial else "strict",
                    "precision": precision,
                    "recall": recall,
                    "f1": f1,
                    "low": low,
                    "high": high,
                    "gold": int(total[TP] + total[FN]),
                    "found": int(total[TP] + total[FP]),
                }
            )
    return found


def score(path: Path, workspace: Path = CORPUS) -> list[Row]:
    """Run the workspace's pre-annotator over a file and score it."""
    entities = rule_predictor(Workspace(workspace)).entities
    return rows(path, [(gold, compared(entities(text))) for text, gold in sentences(path)])


def score_articles(folder: Path, labels: Path, workspace: Path = CORPUS) -> list[Row]:
    """Score articles whose entities were labelled by hand; the codebook's own types.

    ``labels`` holds one mention a line: file, start, end, label. Two annotators who saw neither
    predictions nor each other's work marked the same 146 mentions. Text is cut into passages as
    in the pipeline; intervals resample passages.
    """
    entities = rule_predictor(Workspace(workspace)).entities
    marked: dict[str, list[Span]] = {}
    for line in labels.read_text(encoding="utf-8").splitlines():
        mention = json.loads(line)
        marked.setdefault(mention.pop("file"), []).append(Span(**mention))
    pairs = []
    for name, spans in sorted(marked.items()):
        article = article_of((folder / name).read_bytes().decode("utf-8"))
        for passage in segment(article):
            gold = [
                Span(start=s.start - passage.start, end=s.end - passage.start, label=s.label)
                for s in spans
                if passage.start <= s.start and s.end <= passage.end
            ]
            pairs.append((gold, entities(passage.text)))
    found = rows(Path("real articles"), pairs, types=sorted({s.label for g, _ in pairs for s in g}))
    if sum(len(gold) for gold, _ in pairs) != sum(map(len, marked.values())):
        raise SystemExit(f"{labels} does not fit the articles in {folder}")
    return found


def table(results: Iterable[Row]) -> str:
    """Return rows as a Markdown table."""
    lines = [HEADER, "|" + "---|" * HEADER.count(" | ") + "---|"]
    lines += [
        f"| {row['file']} | {row['type']} | {row['match']} | {row['precision']} | {row['recall']} "
        f"| {row['f1']} | {row['low']} … {row['high']} | {row['gold']} | {row['found']} |"
        for row in results
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(row for name in sys.argv[1:] for row in score(Path(name))))
