"""The assisted and the blind arm side by side, without a look at the predictions.

Agreement within each arm, density, precision and recall against what others make of the passage,
and time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from eval.agreement import CODE, alpha_by_issue, coincidences, rarer
from eval.bootstrap import estimate, resample
from eval.reference import Reference
from eval.spans import count_pairs
from eval.tallies import FEW, Sides, Tallies, medians, sides
from schemas.annotation import Annotation, Arm, Judgement
from schemas.report import ArmCounts, Contrast, Estimate

ARMS = (Arm.ASSISTED, Arm.BLIND)
"""The sides of a comparison, in the order of ``eval.tallies``."""
_SHARES = ("not_judged", "issue_precision", "issue_recall", "span_precision", "span_recall")
_HUNDRED = 100


class OfAnnotator(NamedTuple):
    """Names what is counted for each annotator apart."""

    what: str
    annotator: str


@dataclass(frozen=True)
class Sample:
    """All annotations, which of them are compared, and what is known about their passages."""

    annotations: Sequence[Annotation]
    """One for each annotator and passage."""
    one_arm: Mapping[str, Arm]
    """Annotator → arm, of those who are left out of comparisons for having worked in one only."""
    reference: Reference
    tallies: Tallies
    issues: Sequence[str]
    groups: Mapping[str, str]
    """Passage id → article."""
    words: Mapping[str, int]
    """Passage id → number of words."""
    unread: Mapping[str, frozenset[str]]
    """Annotation id → entity types that it says nothing about."""

    def compared(self, arm: Arm) -> list[Annotation]:
        """Return the annotations of one arm by those who worked in both."""
        return [a for a in self.annotations if a.arm is arm and a.annotator not in self.one_arm]

    def add(self, key: Hashable, annotation: Annotation, top: float, *bottom: float) -> None:
        """Count something of an annotation in its arm and article, if it is compared."""
        if annotation.annotator in self.one_arm:
            return
        side = ARMS.index(annotation.arm)
        self.tallies.add(key, self.groups[annotation.passage_id], side, top, *bottom)


def contrast(found: Sides, annotators: Iterable[str] = ()) -> Contrast:
    """Return two sides as the arms that they are."""
    return Contrast(
        assisted=found.first,
        blind=found.second,
        change=found.change,
        annotators=tuple(annotators),
    )


def one_armed(annotations: Sequence[Annotation]) -> dict[str, Arm]:
    """Return the annotators who worked in one arm only: what they do differs by who they are.

    Empty where all worked in the same one: then there is nothing to compare them with.
    """
    arms: dict[str, set[Arm]] = defaultdict(set)
    for annotation in annotations:
        arms[annotation.annotator].add(annotation.arm)
    if len(set().union(*arms.values())) < len(ARMS):
        return {}
    return {name: next(iter(found)) for name, found in sorted(arms.items()) if len(found) == 1}


def count_arm(sample: Sample, arm: Arm, without_prediction: int) -> ArmCounts:
    """Return what an arm holds."""
    given = [a for a in sample.annotations if a.arm is arm]
    passages = Counter(a.passage_id for a in given)
    return ArmCounts(
        annotations=len(given),
        passages=len(passages),
        shared=sum(n > 1 for n in passages.values()),
        articles=len({sample.groups[passage] for passage in passages}),
        annotators=dict(sorted(Counter(a.annotator for a in given).items())),
        without_prediction=without_prediction,
    )


def compare_arms(sample: Sample) -> dict[str, Contrast]:
    """Return every measure that needs no prediction, in both arms."""
    for annotation in sample.annotations:
        _count_density(sample, annotation)
        _count_issues(sample, annotation)
        _count_spans(sample, annotation)
    _count_span_pairs(sample)
    ratio = sample.tallies.ratio
    return {
        "alpha": contrast(_alphas(sample)),
        "span_f1": contrast(ratio("span_f1", share=False)),
        "issues_per_passage": contrast(ratio("issues_per_passage", share=False)),
        "spans_per_100_words": contrast(ratio("spans_per_100_words", share=False)),
        **{name: contrast(ratio(name)) for name in _SHARES},
        "lead_time_s": _lead_times(sample),
    }


def _count_density(sample: Sample, annotation: Annotation) -> None:
    silent = sample.unread.get(annotation.id)
    length = sample.words.get(annotation.passage_id, 0) / _HUNDRED
    if length and not silent:
        sample.add("spans_per_100_words", annotation, len(annotation.spans), length, 1)
    values = list(annotation.issues.values())
    sample.add("not_judged", annotation, Judgement.NOT_JUDGED in values)
    if Judgement.NOT_JUDGED not in values:
        sample.add("issues_per_passage", annotation, values.count(Judgement.PRESENT))


def _count_issues(sample: Sample, annotation: Annotation) -> None:
    """Count precision and recall of issues against what two others or more make of them."""
    judged = sample.reference.judged(annotation, sample.issues, independent=True)
    for _, present, verdict in judged:
        if present:
            sample.add("issue_precision", annotation, verdict.present)
        if verdict.present:
            sample.add("issue_recall", annotation, present)


def _count_spans(sample: Sample, annotation: Annotation) -> None:
    """Count precision and recall of spans against what two others or more make of them."""
    others = sample.reference.spans(annotation.passage_id, annotation.annotator, independent=True)
    if others is None:
        return
    held = {span.key for span in annotation.spans}
    for key in held:
        if others.decides(key):
            sample.add("span_precision", annotation, key in others.held)
    for key in others.held:
        sample.add("span_recall", annotation, key in held)


def _by_passage(given: Iterable[Annotation]) -> dict[str, list[Annotation]]:
    found: dict[str, list[Annotation]] = defaultdict(list)
    for annotation in given:
        found[annotation.passage_id].append(annotation)
    return found


def _count_span_pairs(sample: Sample) -> None:
    """Count strict span F1 between the annotators of an arm, pooled over their pairs."""
    for arm in ARMS:
        for given in _by_passage(sample.compared(arm)).values():
            for _, same, marked in count_pairs(given, sample.unread):
                sample.add("span_f1", given[0], same, marked)


def _alphas(sample: Sample) -> Sides:
    """Return Krippendorff's alpha over all issues, in each arm."""
    drawn = sample.tallies.drawn
    cells = np.zeros((drawn.shape[1], 2, len(sample.issues), 2, 2))
    units = np.zeros(2)
    for side, arm in enumerate(ARMS):
        for passage, given in _by_passage(sample.compared(arm)).items():
            values = np.array([[CODE[a.issues[i]] for i in sample.issues] for a in given])
            cells[sample.tallies.row(sample.groups[passage]), side] += coincidences(values)
            units[side] += ((~np.isnan(values)).sum(axis=0) > 1).sum()
    least = rarer(cells.sum(axis=0))
    samples = alpha_by_issue(resample(cells, drawn))
    return sides(
        alpha_by_issue(cells.sum(axis=0)),
        np.where(least < FEW, np.nan, samples),
        n=units,
        groups=(cells.sum(axis=(2, 3, 4)) > 0).sum(axis=0),
        least=least,
    )


def _lead_times(sample: Sample) -> Contrast:
    """Return the median time of both arms, and how many times as long the assisted one takes."""
    drawn = sample.tallies.drawn
    values, samples, articles = [], [], []
    for arm in ARMS:
        timed = [a for a in sample.compared(arm) if a.lead_time_s is not None]
        times = np.array([a.lead_time_s for a in timed], dtype=np.float64)
        rows = [sample.tallies.row(sample.groups[a.passage_id]) for a in timed]
        values.append(times)
        samples.append(medians(times, np.array(rows, dtype=np.int64), drawn))
        articles.append(len(set(rows)))
    middle = np.array([np.median(times) if len(times) else np.nan for times in values])
    found = sides(
        middle,
        np.stack(samples, axis=1),
        n=np.array([len(times) for times in values]),
        groups=np.array(articles),
    )
    change = Estimate(value=None)
    if middle[1] > 0:
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = np.where(samples[1] > 0, samples[0] / samples[1], np.nan)
        change = estimate(float(middle[0] / middle[1]), ratios, groups=min(articles))
    return Contrast(assisted=found.first, blind=found.second, comparison="ratio", change=change)
