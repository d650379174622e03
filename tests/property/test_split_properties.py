"""Splits of any gold: complete, apart, and the same every time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.gold.split import split
from schemas.annotation import Judgement
from schemas.article import Passage, passage_id
from schemas.gold import SPLITS, DecidedBy, GoldRecord, IssueDecision

ISSUES = ("taiwan", "trade", "climate")


def _record(number: int, group: int, judgements: tuple[Judgement, ...]) -> GoldRecord:
    article = f"a{number}"
    return GoldRecord(
        passage=Passage(
            id=passage_id(article, 0, 2), article_id=article, start=0, end=2, text="نص", position=0
        ),
        group=f"g{group}",
        issues={
            issue: IssueDecision(judgement=value, decided_by=DecidedBy.SINGLE)
            for issue, value in zip(ISSUES, judgements, strict=True)
        },
        spans_complete=True,
    )


@st.composite
def golds(draw: st.DrawFn) -> list[GoldRecord]:
    """Records of up to eight groups, in any order, with any labels."""
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, 7), st.tuples(*[st.sampled_from(Judgement)] * len(ISSUES))),
            max_size=25,
        )
    )
    return [_record(number, group, values) for number, (group, values) in enumerate(rows)]


@settings(deadline=None)
@given(records=golds(), seed=st.integers(0, 1000))
def test_every_passage_once_and_no_group_in_two_splits(
    records: list[GoldRecord], seed: int
) -> None:
    splits = split(records, seed=seed)
    ids = [passage for name in SPLITS for passage in splits.of(name)]
    assert sorted(ids) == sorted(r.passage.id for r in records)
    groups = {r.passage.id: r.group for r in records}
    held = [{groups[passage] for passage in splits.of(name)} for name in SPLITS]
    assert not held[0] & held[1]
    assert not held[0] & held[2]
    assert not held[1] & held[2]


@settings(deadline=None)
@given(records=golds(), seed=st.integers(0, 1000), data=st.data())
def test_the_order_of_the_records_moves_no_passage(
    records: list[GoldRecord], seed: int, data: st.DataObject
) -> None:
    turned = data.draw(st.permutations(records))
    first, second = split(records, seed=seed), split(turned, seed=seed)
    assert [set(first.of(name)) for name in SPLITS] == [set(second.of(name)) for name in SPLITS]


@settings(deadline=None)
@given(records=golds().filter(bool), seed=st.integers(0, 1000))
def test_whatever_there_is_to_learn_from_train_gets_something(
    records: list[GoldRecord], seed: int
) -> None:
    assert split(records, seed=seed).train
