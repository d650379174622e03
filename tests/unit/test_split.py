"""Gold records → train, dev and test."""

from __future__ import annotations

import pytest

from annotation.gold.split import SHARES, split
from schemas.annotation import Judgement
from schemas.article import Passage, passage_id
from schemas.gold import SPLITS, DecidedBy, GoldRecord, IssueDecision, Splits

TEXT = "نص"


def record(number: int, group: str, *present: str) -> GoldRecord:
    article = f"a{number:04d}"
    return GoldRecord(
        passage=Passage(
            id=passage_id(article, 0, len(TEXT)),
            article_id=article,
            start=0,
            end=len(TEXT),
            text=TEXT,
            position=0,
        ),
        group=group,
        issues={
            issue: IssueDecision(
                judgement=Judgement.PRESENT if issue in present else Judgement.ABSENT,
                decided_by=DecidedBy.SINGLE,
            )
            for issue in ("taiwan", "trade", "climate")
        },
        spans_complete=True,
    )


def placed(records: list[GoldRecord], splits: Splits) -> dict[str, set[str]]:
    """Group → the splits that it stands in."""
    group = {r.passage.id: r.group for r in records}
    found: dict[str, set[str]] = {}
    for name in SPLITS:
        for passage in splits.of(name):
            found.setdefault(group[passage], set()).add(name)
    return found


def sample(groups: int, each: int) -> list[GoldRecord]:
    """Some records: every label alone in a third of the groups."""
    labels = ("taiwan", "trade", "climate")
    return [
        record(g * each + i, f"g{g}", *([labels[g % 3]] if i == 0 else []))
        for g in range(groups)
        for i in range(each)
    ]


def test_every_passage_stands_in_exactly_one_split() -> None:
    records = sample(20, 3)
    splits = split(records, seed=0)
    ids = [*splits.train, *splits.dev, *splits.test]
    assert sorted(ids) == sorted(r.passage.id for r in records)
    assert splits.seed == 0


def test_no_group_stands_in_two_splits() -> None:
    records = sample(20, 3)
    assert {len(names) for names in placed(records, split(records, seed=0)).values()} == {1}


def test_the_shares_are_kept_where_groups_are_small() -> None:
    records = sample(120, 1)
    splits = split(records, seed=0)
    assert sum(SHARES.values()) == pytest.approx(1)
    for name in SPLITS:
        assert len(splits.of(name)) == pytest.approx(SHARES[name] * 120, abs=3)


def test_a_label_that_stands_in_four_groups_reaches_train_dev_and_test() -> None:
    # Each label has four passages in four groups of its own, so it wants 2.4 in train, 0.6 in
    # dev and 1.0 in test: train twice, then test, then dev.
    labels = ("taiwan", "trade", "climate")
    records = [record(n, f"g{n}", labels[n % 3]) for n in range(12)]
    records += [record(100 + n, f"g{n}") for n in range(12)]  # a passage without a label in each
    splits = split(records, seed=3)
    present = {r.passage.id: r.present() for r in records}
    for name, count in (("train", 2), ("test", 1), ("dev", 1)):
        found = [label for passage in splits.of(name) for label in present[passage]]
        assert sorted(found) == sorted(labels * count)


def test_a_rare_label_in_two_groups_reaches_train_and_test_among_many_common_ones() -> None:
    records = [record(n, f"g{n}", "trade") for n in range(30)]
    records += [record(30, "r0", "climate", "trade"), record(31, "r1", "climate", "trade")]
    splits = split(records, seed=0)
    where = placed(records, splits)
    assert where["r0"] | where["r1"] == {"train", "test"}


def test_the_order_of_passages_in_a_split_is_that_of_the_records() -> None:
    records = sample(20, 2)
    order = [r.passage.id for r in records]
    splits = split(records, seed=1)
    for name in SPLITS:
        assert list(splits.of(name)) == sorted(splits.of(name), key=order.index)


def test_the_same_seed_gives_the_same_splits_and_another_seed_others() -> None:
    records = sample(30, 2)
    assert split(records, seed=5) == split(records, seed=5)
    assert len({split(records, seed=seed).test for seed in range(5)}) > 1


def test_nothing_to_split_gives_empty_splits() -> None:
    assert split([], seed=0) == Splits(seed=0, train=(), dev=(), test=())
