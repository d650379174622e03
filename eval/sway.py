"""Answers against predictions: how often they are the same, with the prediction in sight or not.

The blind arm has predictions too, which nobody saw. How often its annotators give the same
answers unaided is what the assisted answers are compared with.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from eval.arms import OfAnnotator, Sample, contrast
from eval.reference import Key
from schemas.annotation import Annotation, Arm, Judgement, Prediction
from schemas.report import Contrast, Fate

CASES = (
    "issues",
    "issues_predicted",
    "issues_not_predicted",
    "issues_wrong",
    "issues_missed",
    "spans",
    "spans_wrong",
    "spans_missed",
)
"""Where answers are compared with the prediction's: over all, then where others contradict it."""
ERRORS = ("issues_wrong", "issues_missed", "spans_wrong", "spans_missed")
"""Those where others contradict it."""
_WHAT = ("kept", "changed", "removed", "unjudged", "added")


class _Shown(NamedTuple):
    """Names the shown issues or spans of all, of a label, or by an annotator."""

    kind: str
    """``issues`` or ``spans``."""
    of: str
    """``whole``, ``label`` or ``annotator``."""
    name: str = ""


@dataclass
class Sway:
    """Counts of a sample against one model's predictions."""

    sample: Sample
    without: Counter[Arm] = field(default_factory=Counter)
    """Annotations that are not compared, for want of a prediction by the model, or because they
    belong to the round of another one."""
    _fates: dict[_Shown, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """What became of what was shown."""

    def count(self, predictions: Mapping[str, Prediction]) -> None:
        """Compare every annotation with its passage's prediction."""
        model = next((predicted.model for predicted in predictions.values()), None)
        others = other_rounds(self.sample.annotations, model)
        for annotation in self.sample.annotations:
            predicted = predictions.get(annotation.passage_id)
            if predicted is None or annotation.id in others:
                self.without[annotation.arm] += 1
                continue
            self._issues(annotation, predicted)
            self._spans(annotation, predicted)

    def cases(self) -> dict[str, Contrast]:
        """Return how often the answer is the prediction's, in both arms, by case.

        What seems wrong is what the others deny, so whose answers hide it depends on who takes
        over what: annotators have their errors in other proportions in one arm than in the
        other. There every annotator counts the same, in both arms.
        """
        tallies = self.sample.tallies
        found = {case: contrast(tallies.ratio(case)) for case in CASES if case not in ERRORS}
        names = sorted({annotation.annotator for annotation in self.sample.annotations})
        for case in ERRORS:
            both, keys = tallies.mean_ratio([OfAnnotator(case, name) for name in names])
            found[case] = contrast(both, (name for _, name in keys))
        return {case: found[case] for case in CASES}

    def all_fates(self) -> dict[str, Any]:
        """Return what became of what was shown, under the names of the report."""
        found: dict[str, Any] = {}
        for kind in ("issues", "spans"):
            names = self.sample.issues if kind == "issues" else self._names(kind, "label")
            people = self._names(kind, "annotator")
            found[kind] = self._fate(_Shown(kind, "whole"))
            for of, keys in (("label", names), ("annotator", people)):
                found[f"{kind}_per_{of}"] = {
                    name: self._fate(_Shown(kind, of, name)) for name in keys
                }
        return found

    def _names(self, kind: str, of: str) -> list[str]:
        counted = {*self._fates, *self.sample.tallies.counted()}
        keys = (key for key in counted if isinstance(key, _Shown))
        return sorted({key.name for key in keys if (key.kind, key.of) == (kind, of)})

    def _fate(self, key: _Shown) -> Fate:
        counts = self._fates.get(key, Counter())
        return Fate(
            shown=sum(counts[what] for what in _WHAT) - counts["added"],
            kept=counts["kept"],
            changed=counts["changed"],
            removed=counts["removed"],
            unjudged=counts["unjudged"],
            added=counts["added"],
            same=contrast(self.sample.tallies.ratio(key)),
        )

    def _record(self, kind: str, label: str, annotation: Annotation, what: str) -> None:
        for key in _levels(kind, label, annotation):
            self._fates[key][what] += 1

    def _same(self, kind: str, label: str, annotation: Annotation, same: bool) -> None:
        for key in _levels(kind, label, annotation):
            self.sample.add(key, annotation, same)

    def _error(self, case: str, annotation: Annotation, same: bool) -> None:
        self.sample.add(OfAnnotator(case, annotation.annotator), annotation, same)

    def _issues(self, annotation: Annotation, predicted: Prediction) -> None:
        assisted, add = annotation.arm is Arm.ASSISTED, self.sample.add
        for issue in self.sample.issues:
            said, shown = annotation.issues[issue], issue in predicted.present
            present = said is Judgement.PRESENT
            if said is Judgement.NOT_JUDGED:
                if assisted and shown:
                    self._record("issues", issue, annotation, "unjudged")
                continue
            same = present == shown
            add("issues", annotation, same)
            add("issues_predicted" if shown else "issues_not_predicted", annotation, same)
            if shown:
                self._same("issues", issue, annotation, same)
            if assisted and (shown or present):
                what = "added" if not shown else "kept" if present else "removed"
                self._record("issues", issue, annotation, what)
            verdict = self.sample.reference.issue(
                annotation.passage_id, issue, annotation.annotator, independent=True
            )
            if verdict is not None and verdict.present != shown:
                self._error("issues_wrong" if shown else "issues_missed", annotation, same)

    def _spans(self, annotation: Annotation, predicted: Prediction) -> None:
        reference = self.sample.reference
        silent = reference.silent(annotation)
        shown = {span.key for span in predicted.spans if span.label not in silent}
        held = {span.key for span in annotation.spans if span.label not in silent}
        others = reference.spans(annotation.passage_id, annotation.annotator, independent=True)
        for key in shown:
            self.sample.add("spans", annotation, key in held)
            self._same("spans", key[2], annotation, key in held)
            if others is not None and key not in others.held and others.decides(key):
                self._error("spans_wrong", annotation, key in held)
        for key in others.held - shown if others is not None else ():
            self._error("spans_missed", annotation, key not in held)
        if annotation.arm is Arm.ASSISTED:
            for what, key in span_fates(shown, held):
                self._record("spans", key[2], annotation, what)


def _levels(kind: str, label: str, annotation: Annotation) -> tuple[_Shown, ...]:
    return (
        _Shown(kind, "whole"),
        _Shown(kind, "label", label),
        _Shown(kind, "annotator", annotation.annotator),
    )


def other_rounds(annotations: Sequence[Annotation], model: str | None) -> set[str]:
    """Return the ids of annotations that were made while another model was shown.

    Assisted ones name their model. A blind one belongs to the round of the assisted one that
    the same annotator made nearest to it in time: early work would else be compared with late.
    Where nobody was shown the model at all, there are no rounds.
    """
    rounds: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
    found = set()
    for annotation in annotations:
        if annotation.arm is Arm.ASSISTED:
            other = annotation.parent_prediction != model
            rounds[annotation.annotator].append((annotation.created_at, other))
            if other:
                found.add(annotation.id)
    if all(other for times in rounds.values() for _, other in times):
        return found
    for times in rounds.values():
        times.sort()
    for annotation in annotations:
        near = rounds.get(annotation.annotator)
        if annotation.arm is Arm.BLIND and near:
            after = bisect(near, (annotation.created_at, False))
            around = near[max(after - 1, 0) : after + 1]
            if min(around, key=lambda at: abs(at[0] - annotation.created_at))[1]:
                found.add(annotation.id)
    return found


def span_fates(shown: set[Key], held: set[Key]) -> Iterator[tuple[str, Key]]:
    """Yield what became of each shown span, and what was added.

    By place: a span that was deleted and drawn anew counts as changed too. Label Studio's own
    ``origin`` tells these apart, and is reported beside it.

    >>> sorted(span_fates({(0, 4, "GPE"), (9, 12, "ORG")}, {(0, 6, "GPE"), (20, 24, "GPE")}))
    [('added', (20, 24, 'GPE')), ('changed', (0, 4, 'GPE')), ('removed', (9, 12, 'ORG'))]
    """
    free = sorted(held - shown)
    for key in sorted(shown):
        if key in held:
            yield "kept", key
            continue
        near = [other for other in free if other[0] < key[1] and key[0] < other[1]]
        if near:
            free.remove(max(near, key=lambda other: _common(key, other)))
        yield ("changed" if near else "removed"), key
    yield from (("added", key) for key in free)


def _common(one: Key, other: Key) -> int:
    return min(one[1], other[1]) - max(one[0], other[0])
