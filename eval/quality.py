"""How each annotator works: annotations → QualityReport.

Two ways to tell who is right. Each annotator is held against what the others make of the same
passages, label by label; where these are split nothing counts, and since that happens more often
where something is present, precision comes out a little low. And where three annotators or more
judge the same, Dawid and Skene's model tells how often each is right. Both take what is present
to be equally hard to see: what all overlook is in neither, so recall and sensitivity are upper
bounds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.bootstrap import RESAMPLES, SEED, f1_interval, resample, rounded, weights
from eval.conclude_quality import of_quality
from eval.counts import FN, FP, TP, ratios
from eval.rates import Estimated, estimate_rates
from eval.reference import Reference, latest
from eval.tallies import measure, medians, sides
from schemas.annotation import Annotation, Arm, Judgement
from schemas.errors import GateError
from schemas.report import (
    AnnotatorQuality,
    AnnotatorScores,
    Drift,
    Estimate,
    Measure,
    QualityReport,
)

Array = NDArray[np.float64]
_HALVES = 2


@dataclass(frozen=True)
class _Counts:
    """One annotator's answers to issues, or spans, against the others'."""

    labels: tuple[str, ...]
    cells: Array
    """Shape (groups, halves of the work, labels, 3): TP, FP, FN."""
    judged: NDArray[np.int64]
    """Shape (labels,): decisions, or passages, that were compared."""
    total: int
    """The same for all labels together."""


class _Work:
    """All annotations of the report, and the draws of their articles."""

    def __init__(
        self,
        own: Sequence[Annotation],
        reference: Reference,
        groups: Mapping[str, str],
        resamples: int,
        seed: int,
    ) -> None:
        order = dict.fromkeys(groups[a.passage_id] for a in own)
        row = {group: number for number, group in enumerate(order)}
        self.reference = reference
        self.row = {a.passage_id: row[groups[a.passage_id]] for a in own}
        self.groups = len(order)
        self.drawn = weights(self.groups, resamples=resamples, seed=seed)
        self.by_annotator: dict[str, list[Annotation]] = defaultdict(list)
        for annotation in sorted(own, key=lambda a: (a.created_at, a.id)):
            self.by_annotator[annotation.annotator].append(annotation)
        self.decided_by: Counter[str] = Counter()


def quality(
    annotations: Iterable[Annotation],
    *,
    adjudications: Iterable[Annotation] = (),
    issues: Sequence[str],
    groups: Mapping[str, str],
    unread: Mapping[str, frozenset[str]] | None = None,
    skipped: Mapping[str, int] | None = None,
    arm: Arm | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> QualityReport:
    """Measure every annotator.

    Args:
        annotations: independent annotations; of one annotator's several the latest counts.
        adjudications: the adjudicators' decisions, which count more than any majority.
        issues: the labels, in the order of the codebook.
        groups: passage id → group (article): what the intervals resample.
        unread: annotation id → entity types that it says nothing about.
        skipped: annotator → tasks skipped, where that is known; not told by arm.
        arm: look at this arm only.
        resamples: number of bootstrap draws.
        seed: of the draws.

    Raises:
        GateError: there is no annotation.
    """
    everybody, unread = latest(annotations), unread or {}
    own = [a for a in everybody if arm in (None, a.arm)]
    if not own:
        raise GateError(
            f"there is no {arm.value + ' ' if arm else ''}annotation under this codebook; fetch "
            "some with `miyar annotation pull`."
        )
    reference = Reference(own, adjudications, everybody=everybody, unread=unread)
    work = _Work(own, reference, groups, resamples, seed)
    passages = Counter(a.passage_id for a in own)
    rates = estimate_rates(
        _votes(own, issues, work.row), groups=work.groups, resamples=resamples, seed=seed
    )
    known = skipped if arm is None else None
    found = {
        name: _annotator(name, work, issues, rates).model_copy(
            update={"skipped": None if known is None else known.get(name, 0)}
        )
        for name in sorted(work.by_annotator)
    }
    report = QualityReport(
        arm=arm.value if arm else None,
        resamples=resamples,
        seed=seed,
        groups=work.groups,
        passages=sum(n > 1 for n in passages.values()),
        decided_by=dict(sorted(work.decided_by.items())),
        prevalence={
            issue: rates.prevalence[issue] for issue in issues if issue in rates.prevalence
        },
        assisted=sum(a.arm is Arm.ASSISTED for a in own),
        unread=sum(bool(unread.get(a.id)) for a in own),
        skipped_others={k: n for k, n in sorted((known or {}).items()) if k not in found},
        unsettled=rates.unsettled,
        annotators=found,
        conclusions=(),
    )
    return report.model_copy(update={"conclusions": of_quality(report)})


def _votes(
    own: Iterable[Annotation], issues: Sequence[str], row: Mapping[str, int]
) -> Iterator[tuple[int, str, Mapping[str, bool]]]:
    by_passage: dict[str, list[Annotation]] = defaultdict(list)
    for annotation in own:
        by_passage[annotation.passage_id].append(annotation)
    for passage, given in by_passage.items():
        for issue in issues:
            values = {a.annotator: a.issues[issue] for a in given}
            judged = {k: v for k, v in values.items() if v is not Judgement.NOT_JUDGED}
            yield row[passage], issue, {k: v is Judgement.PRESENT for k, v in judged.items()}


def _annotator(name: str, work: _Work, issues: Sequence[str], rates: Estimated) -> AnnotatorQuality:
    given = work.by_annotator[name]
    counts = _count_issues(given, work, issues)
    spans = _count_spans(given, work)
    return AnnotatorQuality(
        annotations=len(given),
        skipped=None,
        cannot_judge=sum(Judgement.NOT_JUDGED in a.issues.values() for a in given),
        lead_time_s=_lead_time(given, work),
        issues=_scores(counts, work, None),
        per_label={label: _scores(counts, work, n) for n, label in enumerate(counts.labels)},
        spans=_scores(spans, work, None),
        spans_per_label={label: _scores(spans, work, n) for n, label in enumerate(spans.labels)},
        rates=rates.whole.get(name),
        rates_per_label=rates.per_kind.get(name, {}),
        drift=_drift(counts, work),
    )


def _half(number: int, given: Sequence[Annotation]) -> int:
    return int(2 * number >= len(given))


def _count_issues(given: Sequence[Annotation], work: _Work, issues: Sequence[str]) -> _Counts:
    cells = np.zeros((work.groups, _HALVES, len(issues), 3))
    judged = np.zeros(len(issues), dtype=np.int64)
    columns = {issue: number for number, issue in enumerate(issues)}
    for number, annotation in enumerate(given):
        place = work.row[annotation.passage_id], _half(number, given)
        for issue, present, verdict in work.reference.judged(annotation, issues):
            work.decided_by[verdict.by.value] += 1
            judged[columns[issue]] += 1
            if present or verdict.present:
                cell = (TP if verdict.present else FP) if present else FN
                cells[(*place, columns[issue], cell)] += 1
    return _Counts(tuple(issues), cells, judged, int(judged.sum()))


def _count_spans(given: Sequence[Annotation], work: _Work) -> _Counts:
    rows: list[tuple[int, int, str, int]] = []
    judged = 0
    for number, annotation in enumerate(given):
        place = work.row[annotation.passage_id], _half(number, given)
        others = work.reference.spans(annotation.passage_id, annotation.annotator)
        if others is None:
            continue
        judged += 1
        held = {span.key for span in annotation.spans}
        for key in held | others.held:
            if key not in held:
                rows.append((*place, key[2], FN))
            elif others.decides(key):
                rows.append((*place, key[2], TP if key in others.held else FP))
    labels = tuple(sorted({label for _, _, label, _ in rows}))
    cells = np.zeros((work.groups, _HALVES, len(labels), 3))
    for row, half, label, cell in rows:
        cells[row, half, labels.index(label), cell] += 1
    return _Counts(labels, cells, np.full(len(labels), judged), judged)


def _scores(counts: _Counts, work: _Work, label: int | None) -> AnnotatorScores:
    """Return the scores of one label, or of all together."""
    columns = slice(None) if label is None else slice(label, label + 1)
    by_group = counts.cells[:, :, columns].sum(axis=(1, 2))
    total, drawn = by_group.sum(axis=0), resample(by_group, work.drawn)
    values, samples = ratios(total), ratios(drawn)
    support, given = float(total[TP] + total[FN]), float(total[TP] + total[FP])
    articles = [int((by_group[:, (TP, other)].sum(axis=1) > 0).sum()) for other in (FP, FN)]
    several = int((by_group.sum(axis=1) > 0).sum()) > 1
    low, high = f1_interval(samples[2], total) if several else (None, None)
    return AnnotatorScores(
        judged=counts.total if label is None else int(counts.judged[label]),
        support=int(support),
        given=int(given),
        precision=measure(float(values[0]), samples[0], n=given, groups=articles[0]),
        recall=measure(float(values[1]), samples[1], n=support, groups=articles[1]),
        f1=Estimate(value=rounded(float(values[2])), low=low, high=high),
    )


def _drift(counts: _Counts, work: _Work) -> Drift:
    by_half = counts.cells.sum(axis=2)
    total = by_half.sum(axis=0)
    # The later half is the first side: the change is the later one minus the earlier one.
    later_first = sides(
        ratios(total)[2][::-1],
        ratios(resample(by_half, work.drawn))[2][:, ::-1],
        n=total.sum(axis=1)[::-1],
        groups=(by_half.sum(axis=2) > 0).sum(axis=0)[::-1],
    )
    return Drift(first=later_first.second, second=later_first.first, change=later_first.change)


def _lead_time(given: Sequence[Annotation], work: _Work) -> Measure:
    timed = [a for a in given if a.lead_time_s is not None]
    times = np.array([a.lead_time_s for a in timed], dtype=np.float64)
    rows = np.array([work.row[a.passage_id] for a in timed], dtype=np.int64)
    middle = float(np.median(times)) if len(times) else float("nan")
    samples = medians(times, rows, work.drawn)
    articles = len(set(rows.tolist()))
    return measure(middle, samples, n=len(times), groups=articles, share=False)
