"""Record files read back equal, byte for byte; records stay as they are; ledgers close."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.annotation import Annotation, Prediction
from schemas.article import Article, Passage, Span, longest_first, overlaps
from schemas.errors import GateError
from schemas.gold import GoldRecord
from schemas.jsonl import dump, read, write
from schemas.ledger import Ledger, Reason, State, Unit
from schemas.record import Record, content_id
from schemas.text import whole_words
from tests.strategies import (
    annotations,
    article_of,
    articles,
    gold_records,
    passages,
    plain_texts,
    predictions,
    spans_of,
    wild_texts,
)

KINDS: dict[type[Record], st.SearchStrategy[Record]] = {
    Article: articles(),
    Passage: passages(text=wild_texts(min_size=1)),
    Annotation: annotations(),
    Prediction: predictions(),
    GoldRecord: gold_records(),
}
RECORDS = st.one_of(*KINDS.values())
AWKWARD = article_of('سطر\u2028آخر\u0085🤝🏽\r\n"نعم"\\\u2029\ufeff\x1f', title="\u2028")


@given(st.sampled_from(list(KINDS)).flatmap(lambda k: st.lists(KINDS[k], min_size=1, max_size=4)))
@example([AWKWARD, AWKWARD])
@settings(deadline=None)  # waits for the disk
def test_a_record_file_reads_back_equal_and_writes_the_same_bytes_again(records):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        assert write(path, records)
        data = path.read_bytes()
        assert data.count(b"\n") == len(records)
        again = read(path, type(records[0]))
        assert again == records
        assert not write(path, again)
        assert write(path, again[:-1])
        assert write(path, again)
        assert path.read_bytes() == data


@given(RECORDS)
def test_a_record_round_trips_through_its_line(record):
    line = record.to_line()
    again = type(record).model_validate_json(line)
    assert again == record
    assert again.to_line() == line
    assert "\n" not in line
    assert dump([record]) == line + "\n"


@given(RECORDS, st.data())
def test_no_field_of_a_record_can_be_set(record, data):
    name = data.draw(st.sampled_from(sorted(type(record).model_fields)))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(record, name, getattr(record, name))


@given(RECORDS)
def test_a_record_takes_no_unknown_field(record):
    line = record.to_line()
    with pytest.raises(ValidationError, match="extra"):
        type(record).model_validate_json('{"surprise":1,' + line[1:])


@given(articles(), st.sampled_from(["text", "source", "url"]), wild_texts(min_size=1, max_size=5))
def test_an_article_cannot_change_its_content_and_keep_its_id(article, field, more):
    changed = (getattr(article, field) or "") + more
    values = {**article.model_dump(), field: changed}
    with pytest.raises(ValidationError, match="collect it again"):
        Article(**values)


@given(passages(), st.integers(-3, 3).filter(bool))
def test_a_passage_with_a_moved_end_is_refused(passage, shift):
    values = {**passage.model_dump(), "end": passage.end + shift}
    with pytest.raises(ValidationError):
        Passage(**values)


@given(st.lists(st.none() | st.sampled_from(["", "a", "b", "ab", "ك"]), max_size=4), st.data())
def test_content_ids_differ_when_any_part_differs(parts, data):
    other = data.draw(st.lists(st.none() | st.sampled_from(["", "a", "ab", "ك"]), max_size=4))
    assert (content_id("x", *parts) == content_id("x", *other)) == (parts == other)


@given(plain_texts().flatmap(lambda text: st.tuples(st.just(text), spans_of(text))))
def test_drawn_spans_are_whole_words_apart_and_in_order(case):
    text, spans = case
    assert all(whole_words(text, span.start, span.end) == (span.start, span.end) for span in spans)
    assert longest_first(spans) == (list(spans), [])


def _brute_overlap(first: Span, second: Span) -> bool:
    return bool(set(range(first.start, first.end)) & set(range(second.start, second.end)))


span = st.builds(
    lambda start, length, label: Span(start=start, end=start + length, label=label),
    st.integers(0, 12),
    st.integers(1, 6),
    st.sampled_from("AB"),
)


@given(span, span)
def test_spans_overlap_exactly_when_they_share_a_character(first, second):
    assert overlaps(first, second) == overlaps(second, first) == _brute_overlap(first, second)


@given(st.lists(span, max_size=8), st.randoms(use_true_random=False))
def test_longest_first_keeps_spans_apart_and_drops_only_those_beaten_by_a_longer_one(spans, rng):
    kept, dropped = longest_first(spans)
    assert sorted(s.key for s in kept + dropped) == sorted(s.key for s in spans)
    assert not any(_brute_overlap(a, b) for i, a in enumerate(kept) for b in kept[:i])
    for loser in dropped:
        winners = [winner for winner in kept if _brute_overlap(winner, loser)]
        assert any(w.end - w.start >= loser.end - loser.start for w in winners)
    shuffled = list(spans)
    rng.shuffle(shuffled)
    assert [s.key for s in longest_first(shuffled)[0]] == [s.key for s in kept]


settlements = st.lists(
    st.tuples(st.sampled_from(list(Unit)), st.sampled_from(list(State)), st.integers(1, 3)),
    max_size=12,
)


def _settle(ledger: Ledger, unit: Unit, state: State, n: int) -> None:
    if state is State.ACCEPTED:
        ledger.accept(unit, n)
    elif state is State.PENDING:
        ledger.pend(unit, Reason.UNDECIDED, n)
    else:
        for _ in range(n):
            if state is State.REPAIRED:
                ledger.repair(unit, Reason.SPAN_TRIMMED)
            else:
                ledger.reject(unit, Reason.BAD_JSON, where="x:1", detail="")


@given(settlements)
def test_a_ledger_closes_when_all_that_came_in_was_settled(items):
    ledger = Ledger()
    for unit, state, n in items:
        ledger.receive(unit, n)
        _settle(ledger, unit, state, n)
    ledger.check()
    for row in ledger.as_dict().values():
        assert row["received"] == sum(int(str(row[state])) for state in State)


@given(settlements, st.sampled_from(list(Unit)), st.sampled_from(list(State)), st.booleans())
def test_one_item_forgotten_or_settled_twice_opens_the_ledger(items, unit, state, forgotten):
    ledger = Ledger()
    for of, to, n in items:
        ledger.receive(of, n)
        _settle(ledger, of, to, n)
    if forgotten:
        ledger.receive(unit)
    else:
        _settle(ledger, unit, state, 1)
    with pytest.raises(GateError, match=f"{unit}: "):
        ledger.check()
