"""The entity benchmark reads what it says it reads, and counts what it says it counts."""

from __future__ import annotations

import pytest

from benchmarks.entities import compared, count, rows, sentences
from eval.counts import FN, FP, TP
from schemas.article import Span

FILE = "زار O\nجو B-PERS\nبايدن I-PERS\n، O\nباريس B-LOC\n\nقالت O\nفرنسي B-MISC\nرويترز B-ORG\n"


def _span(start: int, end: int, label: str) -> Span:
    return Span(start=start, end=end, label=label)


def test_tokens_are_joined_by_one_space_and_other_types_are_left_out(tmp_path):
    path = tmp_path / "test.txt"
    path.write_text(FILE, encoding="utf-8")
    (first, people), (second, bodies) = sentences(path)
    assert first == "زار جو بايدن ، باريس"
    assert [(first[s.start : s.end], s.label) for s in people] == [
        ("جو بايدن", "PERS"),
        ("باريس", "LOC"),
    ]
    assert [(second[s.start : s.end], s.label) for s in bodies] == [("رويترز", "ORG")]


def test_labels_are_mapped_and_dates_are_left_out():
    given = [_span(0, 2, "PERSON"), _span(3, 5, "GPE"), _span(6, 8, "LOC"), _span(9, 12, "DATE")]
    assert [span.label for span in compared(given)] == ["PERS", "LOC", "LOC"]


@pytest.mark.parametrize(("partial", "expected"), [(False, (1, 1, 1)), (True, (2, 0, 0))])
def test_strict_asks_for_the_same_ends_and_partial_for_a_shared_character(partial, expected):
    gold = [_span(0, 5, "LOC"), _span(6, 9, "LOC")]
    given = [_span(0, 5, "LOC"), _span(7, 12, "LOC")]
    (found,) = count(gold, given, ("LOC",), partial=partial)
    assert (found[TP], found[FP], found[FN]) == expected


def test_another_type_never_matches_and_a_gold_span_is_used_once():
    gold = [_span(0, 9, "LOC")]
    given = [_span(0, 4, "LOC"), _span(5, 9, "LOC"), _span(0, 9, "ORG")]
    locations, bodies = count(gold, given, ("LOC", "ORG"), partial=True)
    assert (locations[TP], locations[FP], locations[FN]) == (1, 1, 0)
    assert (bodies[TP], bodies[FP]) == (0, 1)


def test_the_same_spans_score_one(tmp_path):
    spans = [_span(0, 4, "LOC"), _span(5, 9, "PERS")]
    table = rows(tmp_path / "x.txt", [(spans, spans)] * 3)
    assert [row["f1"] for row in table if row["type"] == "micro"] == [1.0, 1.0]
