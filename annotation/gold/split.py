"""Gold records → train, dev and test: no group in two of them, labels spread as evenly as can be.

Greedy stratification for several labels after Sechidis, Tsoumakas and Vlahavas, "On the
Stratification of Multi-Label Data" (ECML PKDD 2011), algorithm 1, with whole groups in place
of single examples: the rarest label is placed first, where it is most wanted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from schemas.gold import SPLITS, GoldRecord, SplitName, Splits
from schemas.record import sha256

SHARES: dict[SplitName, float] = {"train": 0.6, "dev": 0.15, "test": 0.25}


def split(records: Sequence[GoldRecord], *, seed: int) -> Splits:
    """Return the splits; the same records and seed always give the same ones."""
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        labels[record.group].update(record.present())
        labels[record.group][""] += 1  # every passage counts as a label: evens out the sizes
    totals = Counter[str]()
    for counts in labels.values():
        totals.update(counts)
    wanted = {
        name: {label: share * totals[label] for label in totals} for name, share in SHARES.items()
    }
    placed: dict[str, SplitName] = {}
    left = sorted(labels, key=lambda group: sha256(f"{seed}:{group}"))
    while left:
        remaining = Counter[str]()
        for group in left:
            remaining.update(labels[group])
        label = min(remaining, key=lambda name: (remaining[name], name == "", name))
        # The group with most of the rarest label first; the shuffled order breaks ties.
        group = max(left, key=lambda name: (labels[name][label], -left.index(name)))
        name = max(SPLITS, key=lambda split_name: _wish(wanted[split_name], label, split_name))
        placed[group] = name
        for of, count in labels[group].items():
            wanted[name][of] -= count
        left.remove(group)
    chosen: dict[SplitName, list[str]] = {name: [] for name in SPLITS}
    for record in records:
        chosen[placed[record.group]].append(record.passage.id)
    return Splits(seed=seed, **{name: tuple(ids) for name, ids in chosen.items()})


def _wish(wanted: dict[str, float], label: str, name: SplitName) -> tuple[float, float, float]:
    """How much a split wants the label, then passages; larger splits win ties."""
    return wanted[label], wanted[""], SHARES[name]
