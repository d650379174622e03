"""Two codebooks and a plan file → the whole plan: every label of both sides in exactly one step."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import yaml

from schemas.codebook import Codebook, EntityType, Issue
from schemas.errors import RecordError
from schemas.migration import FORMS, Kind, Look, Plan, Step

_WORDING = ("name", "definition", "include", "exclude", "examples")
"""What annotators judge a label by."""
_ALIKE = 0.9
"""Definitions that are this similar (0..1) in both languages make a draft guess a rename."""
Label = Issue | EntityType


@dataclass(frozen=True)
class Reworded:
    """A label that is kept although annotators now judge it by other words."""

    label: str
    """Id in the new codebook."""
    parts: tuple[str, ...]
    """Keys of the codebook that differ: definition, examples …"""


def complete(
    plan: Plan,
    old: Codebook,
    new: Codebook,
    *,
    source: str | None = None,
    accept_removals: bool = False,
) -> Plan:
    """Return the plan with the obvious steps added, so that it covers both codebooks.

    A label that has one id in both codebooks is kept, one that only the new codebook has is
    added, unless the plan says otherwise. A label that only the old codebook has must be spoken
    of, since its decisions are dropped.

    Args:
        plan: what the user says.
        old: what the annotations were made under.
        new: what they shall follow.
        source: hash that the annotations carry, where it is not that of ``old`` as it is read
            today (another version of Miyar wrote it).
        accept_removals: take labels that nobody speaks of for removed.

    Raises:
        RecordError: lists all that is missing, unknown or said twice.
    """
    source = source or old.hash
    problems = _preconditions(plan, old, new, source)
    issues = _cover("issue", plan.issues, old.issue_ids, new.issue_ids, accept_removals)
    entities = _cover("entity type", plan.entities, old.entity_ids, new.entity_ids, accept_removals)
    problems += [*issues.problems, *entities.problems]
    problems += [
        f"review names {label}, which the new codebook does not have"
        for label in plan.review
        if label not in {*new.issue_ids, *new.entity_ids}
    ]
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise RecordError(
            f"the plan does not lead from codebook {source[:8]} to {new.short_hash}:\n"
            f"{listed}\nA step is one of {FORMS}. Mend the plan (--plan FILE); `miyar gold migrate "
            "--draft FILE` writes one to begin with."
        )
    return plan.model_copy(
        update={
            "source": source[:8],
            "target": new.short_hash,
            "issues": tuple(issues.steps),
            "entities": tuple(entities.steps),
        }
    )


def _preconditions(plan: Plan, old: Codebook, new: Codebook, source: str) -> list[str]:
    problems = [
        f"it was written for codebook {said} ({side}), this is {digest[:8]}"
        for side, said, digest in (("from", plan.source, source), ("to", plan.target, new.hash))
        if said is not None and not digest.startswith(said)
    ]
    problems += [
        f"{key} changed from {getattr(old, key)} to {getattr(new, key)}: the passages themselves "
        "are others, so nothing can be carried over"
        for key in ("unit", "language")
        if getattr(old, key) != getattr(new, key)
    ]
    return problems


@dataclass(frozen=True)
class _Covered:
    steps: list[Step]
    problems: list[str]


def _cover(
    what: str, given: Sequence[Step], old: Sequence[str], new: Sequence[str], accept: bool
) -> _Covered:
    """Add the steps that go without saying; say what is missing, unknown or doubled."""
    steps, problems = list(given), []
    for side, known, used in (
        ("old", old, Counter(label for step in given for label in step.old)),
        ("new", new, Counter(label for step in given for label in step.new)),
    ):
        problems += [
            f"{what} {label} is not in the {side} codebook" for label in used if label not in known
        ]
        problems += [
            f"{what} {label} of the {side} codebook is in more than one step"
            for label, n in used.items()
            if n > 1
        ]
    left, right = _unused(old, given, "old"), _unused(new, given, "new")
    gone = [label for label in left if label not in new]
    if accept:
        steps += [Step(kind=Kind.REMOVE, old=(label,)) for label in gone]
    elif gone:
        problems.append(
            f"{what} {', '.join(gone)}: not in the new codebook, and no step says what becomes of "
            "it (a removal also by --accept-removals)"
        )
    steps += [Step(kind=Kind.KEEP, old=(k,), new=(k,)) for k in left if k in right]
    steps += [Step(kind=Kind.ADD, new=(label,)) for label in right if label not in old]
    problems += [
        f"{what} {label}: the new one is made from something else; say what becomes of the old one"
        for label in left
        if label in new and label not in right
    ]
    problems += [
        f"{what} {label}: the old one becomes something else; say where the new one comes from"
        for label in right
        if label in old and label not in left
    ]
    # One order whoever wrote the steps: the same plan gives the same bytes.
    places = {label: n for n, label in reversed(list(enumerate((*old, *new))))}
    steps.sort(key=lambda step: min((places.get(k, 0) for k in step.old or step.new), default=0))
    return _Covered(steps, problems)


def _unused(labels: Sequence[str], given: Iterable[Step], side: str) -> list[str]:
    used = {label for step in given for label in getattr(step, side)}
    return [label for label in labels if label not in used]


def reworded(plan: Plan, old: Codebook, new: Codebook) -> list[Reworded]:
    """Return the kept or renamed labels whose wording differs: their decisions may not hold."""
    before, after = _by_id(old), _by_id(new)
    found = []
    for step in (*plan.issues, *plan.entities):
        if step.kind in (Kind.KEEP, Kind.RENAME):
            parts = _differences(before[step.old[0]], after[step.new[0]])
            if parts:
                found.append(Reworded(step.new[0], parts))
    return found


def _by_id(codebook: Codebook) -> dict[str, Label]:
    # Issue ids are lower case, entity ids upper case: they cannot clash.
    labels: list[Label] = [*codebook.issues, *codebook.entities]
    return {label.id: label for label in labels}


def _differences(old: Label, new: Label) -> tuple[str, ...]:
    return tuple(part for part in _WORDING if getattr(old, part) != getattr(new, part))


def plan_text(plan: Plan) -> str:
    """Return a plan as a file that says the same; what is kept goes without saying."""
    lines = [f'from: "{plan.source}"', f'to: "{plan.target}"']
    for key, steps in (("issues", plan.issues), ("entities", plan.entities)):
        lines += [f"{key}:", *(f"  - {_line(s)}" for s in steps if s.kind is not Kind.KEEP)]
    lines += ["review:", *(f"  {_word(label)}: {look}" for label, look in plan.review.items())]
    return "\n".join(lines) + "\n"


def _line(step: Step) -> str:
    """Return a step in the form of a plan file."""
    if step.kind in (Kind.ADD, Kind.REMOVE):
        return f"{{{step.kind}: {_word((step.new or step.old)[0])}}}"
    old, new = (
        _word(labels[0]) if len(labels) == 1 else f"[{', '.join(map(_word, labels))}]"
        for labels in (step.old, step.new)
    )
    return f"{{{step.kind}: {old}, to: {new}}}"


def _word(label: str) -> str:
    """Return a label as YAML text: ``on``, ``NO`` or ``null`` would be read as something else."""
    return label if yaml.safe_load(label) == label else json.dumps(label)


def draft(old: Codebook, new: Codebook) -> str:
    """Return a plan file to begin with: what can be guessed, and what must be filled in.

    A rename is guessed where a name or definition is the same, or the definitions are much alike.
    What is left of the old codebook stands in comments, so that nothing is dropped unread.
    """
    lines = [
        f"# How annotations under {old.id} {old.version} ({old.short_hash}) become annotations",
        f"# under {new.id} {new.version} ({new.short_hash}). Check every line.",
        "# Steps: {rename: old, to: new}  {merge: [old, old], to: new}",
        "#        {split: old, to: [new, new]}  {add: new}  {remove: old}",
        "# A label with one id in both codebooks is kept and needs no step.",
        f'from: "{old.short_hash}"',
        f'to: "{new.short_hash}"',
    ]
    renames: list[Step] = []
    for key, before, after in (
        ("issues", old.issues, new.issues),
        ("entities", old.entities, new.entities),
    ):
        guessed = _guess(before, after)
        renames += guessed
        lines += _draft_steps(key, guessed, before, after)
    kept = [
        Step(kind=Kind.KEEP, old=(label,), new=(label,))
        for label in _by_id(old)
        if label in _by_id(new)
    ]
    lines += _draft_review(reworded(Plan(issues=(*renames, *kept)), old, new))
    return "\n".join(lines) + "\n"


def _draft_steps(
    key: str, guessed: Sequence[Step], before: Sequence[Label], after: Sequence[Label]
) -> list[str]:
    old, new = [label.id for label in before], [label.id for label in after]
    gone = [k for k in old if k not in new and all(k not in step.old for step in guessed)]
    come = [k for k in new if k not in old and all(k not in step.new for step in guessed)]
    steps = [f"  - {_line(step)}  # a guess" for step in guessed]
    steps += [f"  - {_line(Step(kind=Kind.ADD, new=(label,)))}" for label in come]
    removals = [_line(Step(kind=Kind.REMOVE, old=(label,))) for label in gone]
    open_ = [f"  # - {line}  # or a rename, merge or split" for line in removals]
    return [f"{key}:", *steps, *open_]


def _draft_review(found: Sequence[Reworded]) -> list[str]:
    lines = [
        "# What must be looked at again although it is kept: all, present (the definition became",
        "# narrower) or absent (it became wider).",
    ]
    listed = [
        f"  # {_word(item.label)}: {Look.ALL}  # changed: {', '.join(item.parts)}" for item in found
    ]
    return [*lines, "review:", *listed]


def _guess(before: Sequence[Label], after: Sequence[Label]) -> list[Step]:
    """Pair labels that only one codebook has, the most alike first."""
    old_ids, new_ids = {label.id for label in before}, {label.id for label in after}
    pairs = [
        (_likeness(old, new), old.id, new.id)
        for old in before
        for new in after
        if old.id not in new_ids and new.id not in old_ids
    ]
    steps: list[Step] = []
    taken: set[str] = set()
    for score, old_id, new_id in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if score >= _ALIKE and not {old_id, new_id} & taken:
            taken |= {old_id, new_id}
            steps.append(Step(kind=Kind.RENAME, old=(old_id,), new=(new_id,)))
    order = [label.id for label in before]
    return sorted(steps, key=lambda step: order.index(step.old[0]))


def _likeness(old: Label, new: Label) -> float:
    texts = [(old.name, new.name), (old.definition, new.definition)]
    if any(a.ar == b.ar or a.en == b.en for a, b in texts):
        return 1.0
    return min(
        SequenceMatcher(None, old.definition.ar, new.definition.ar).ratio(),
        SequenceMatcher(None, old.definition.en, new.definition.en).ratio(),
    )
