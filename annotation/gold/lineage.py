"""Which annotations go back to one another, over several changes of the codebook.

A codebook may be changed twice, or changed and changed back. Then an annotator's one answer
stands in the workspace under several codebooks, and under each further one it may stand once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from schemas.annotation import Annotation


def going_on(annotations: Iterable[Annotation], target: str) -> set[str]:
    """Return the ids of the annotations from which one under another codebook is made.

    Of all that go back to one answer it is the one that was touched last; if nothing was touched,
    that of the codebook to which it went last, and there the original before a copy.

    Args:
        annotations: all that the workspace holds.
        target: hash of the codebook that they are to follow.
    """
    chosen = set()
    for line in _lines(annotations):
        others = [a for a in line if a.codebook != target]
        if not others:
            continue
        now = max(a.touched_at for a in others)
        last = [a for a in others if a.touched_at == now][-1]
        chosen.add(max((a for a in others if a.codebook == last.codebook), key=lambda a: a.age).id)
    return chosen


def waiting(annotations: Sequence[Annotation], target: str) -> list[Annotation]:
    """Return those of them from which nothing was made since they were last touched."""
    reached = _reached(annotations, target)
    chosen = going_on(annotations, target)
    return [a for a in annotations if a.id in chosen and a.id not in reached]


def settled(annotations: Sequence[Annotation], target: str) -> set[str]:
    """Return the ids of annotations that gold need not miss: others stand in their place."""
    parents = {a.migrated_from for a in annotations if a.migrated_from}
    return parents | _reached(annotations, target)


def _reached(annotations: Iterable[Annotation], target: str) -> set[str]:
    """Return the ids of annotations whose answer stands under a codebook, as it is now."""
    found = set()
    for line in _lines(annotations):
        made = [a.touched_at for a in line if a.codebook == target and a.migrated_from]
        found |= {a.id for a in line if made and a.codebook != target and a.touched_at <= max(made)}
    return found


def _lines(annotations: Iterable[Annotation]) -> list[list[Annotation]]:
    """Part annotations by the one that they go back to; in each part the original comes first."""
    known = {a.id: a for a in annotations}
    lines: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for key in known:
        origin, steps = _origin(key, known)
        lines[origin].append((steps, key))
    return [[known[key] for _, key in sorted(line)] for line in lines.values()]


def _origin(key: str, known: Mapping[str, Annotation]) -> tuple[str, int]:
    """Return what an annotation goes back to, and over how many migrations."""
    steps = 0
    while key in known and (before := known[key].migrated_from) and steps < len(known):
        key, steps = before, steps + 1
    return key, steps
