"""Answers against predictions: how often they are the same, with the prediction in sight or not.

The blind arm has predictions too, which nobody saw. How often its annotators give the same
answers unaided is what the assisted answers are compared with.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from eval.arms import Sample, contrast
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
_WHAT = ("kept", "changed", "removed", "unjudged", "added")


@dataclass
class Sway:
    """Counts of a sample against one model's predictions."""

    sample: Sample
    without: Counter[Arm] = field(default_factory=Counter)
    """Annotations that there is no prediction for, or that began from another model's."""
    _fates: dict[tuple[str, str, str], Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    """(issues or spans, whole or label or annotator, its name) → what became of what was shown."""

    def count(self, predictions: Mapping[str, Prediction]) -> None:
        """Compare every annotation with its passage's prediction."""
        for annotation in self.sample.annotations:
            predicted = predictions.get(annotation.passage_id)
            if predicted is None or (
                annotation.arm is Arm.ASSISTED and annotation.parent_prediction != predicted.model
            ):
                self.without[annotation.arm] += 1
                continue
            self._issues(annotation, predicted)
            self._spans(annotation, predicted)

    def cases(self) -> dict[str, Contrast]:
        """Return how often the answer is the prediction's, in both arms, by case."""
        return {case: contrast(self.sample.tallies.ratio(case)) for case in CASES}

    def fate(self, kind: str, of: str = "whole", name: str = "") -> Fate:
        """Return what became of what was shown: of all, of a label, or by an annotator."""
        counts = self._fates[kind, of, name]
        return Fate(
            shown=sum(counts[what] for what in _WHAT) - counts["added"],
            kept=counts["kept"],
            changed=counts["changed"],
            removed=counts["removed"],
            unjudged=counts["unjudged"],
            added=counts["added"],
            same=contrast(self.sample.tallies.ratio((kind, of, name))),
        )

    def fates(self, kind: str, of: str) -> dict[str, Fate]:
        """Return the fates by label or annotator, sorted by name."""
        names = {key[2] for key in self.sample.tallies.counted() if key[:2] == (kind, of)}
        names |= {name for k, o, name in self._fates if (k, o) == (kind, of)}
        return {name: self.fate(kind, of, name) for name in sorted(names)}

    def _record(self, kind: str, label: str, annotation: Annotation, what: str) -> None:
        for of, name in _levels(label, annotation):
            self._fates[kind, of, name][what] += 1

    def _same(self, kind: str, label: str, annotation: Annotation, same: bool) -> None:
        for of, name in _levels(label, annotation):
            self.sample.add((kind, of, name), annotation, same)

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
                add("issues_wrong" if shown else "issues_missed", annotation, same)

    def _spans(self, annotation: Annotation, predicted: Prediction) -> None:
        add = self.sample.add
        shown = {span.key for span in predicted.spans}
        held = {span.key for span in annotation.spans}
        others = self.sample.reference.spans(
            annotation.passage_id, annotation.annotator, independent=True
        )
        for key in shown:
            add("spans", annotation, key in held)
            self._same("spans", key[2], annotation, key in held)
            if others is not None and key not in others.held and others.decides(key):
                add("spans_wrong", annotation, key in held)
        for key in others.held - shown if others is not None else ():
            add("spans_missed", annotation, key not in held)
        if annotation.arm is Arm.ASSISTED:
            for what, key in span_fates(shown, held):
                self._record("spans", key[2], annotation, what)


def _levels(label: str, annotation: Annotation) -> tuple[tuple[str, str], ...]:
    return ("whole", ""), ("label", label), ("annotator", annotation.annotator)


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
