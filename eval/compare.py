"""Several systems on the same gold → a model report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.bootstrap import RESAMPLES, SEED, estimate, resample, weights
from eval.counts import count, macro, ratios
from eval.score import score
from schemas.annotation import Prediction
from schemas.codebook import Codebook
from schemas.dataset import Dataset, Example
from schemas.report import AgreementReport, Difference, ErrorCase, ModelReport

Predictions = Mapping[str, Prediction]
_MAX_ERRORS = 40


def baselines(dataset: Dataset) -> dict[str, dict[str, Prediction]]:
    """Return predictions that need no model: what any system must beat.

    ``all issues`` gives every passage every issue: its micro-F1 is high where issues are common.
    """
    scores = dict.fromkeys(dataset.issues, 1.0)
    return {
        "all issues": {
            e.id: Prediction(
                passage_id=e.id, model="all issues", issues=scores, present=dataset.issues
            )
            for e in dataset.examples
        }
    }


def difference(
    dataset: Dataset,
    system: Predictions,
    baseline: Predictions,
    *,
    name: str,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Difference:
    """Return system minus baseline with intervals: both scored on the same draws of groups."""
    first, second = count(dataset, system), count(dataset, baseline)
    drawn = weights(len(first.groups), resamples=resamples, seed=seed)
    estimates = []
    for measure in (lambda c: ratios(c.sum(axis=-2))[2], macro):
        point = measure(first.counts.sum(axis=0)) - measure(second.counts.sum(axis=0))
        samples = measure(resample(first.counts, drawn)) - measure(resample(second.counts, drawn))
        estimates.append(estimate(float(point), samples, groups=len(first.groups)))
    return Difference(baseline=name, micro_f1=estimates[0], macro_f1=estimates[1])


def compare(
    dataset: Dataset,
    systems: Sequence[tuple[str, Predictions]],
    *,
    title: str,
    tool: str,
    agreement: AgreementReport | None,
    codebook: Codebook | None,
    counts: dict[str, int],
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> ModelReport:
    """Score the first system, and the others as its baselines."""
    everything = [*systems, *baselines(dataset).items()]
    scored = [
        score(dataset, given, name=name, resamples=resamples, seed=seed)
        for name, given in everything
    ]
    system = systems[0][1]
    wrong = [case for e in dataset.examples if (case := _error(e, system[e.id]))]
    wrong.sort(key=lambda case: (-len(case.missed) - len(case.false), case.id))
    return ModelReport(
        title=title,
        tool=tool,
        gold={"name": dataset.name, "hash": dataset.hash},
        resamples=resamples,
        seed=seed,
        system=scored[0],
        baselines=tuple(scored[1:]),
        differences=tuple(
            difference(dataset, system, given, name=other, resamples=resamples, seed=seed)
            for other, given in everything[1:]
        ),
        agreement=agreement,
        errors=tuple(wrong[:_MAX_ERRORS]),
        error_count=len(wrong),
        counts=counts,
        names=label_names(codebook),
    )


def _error(example: Example, given: Prediction) -> ErrorCase | None:
    truth = {issue for issue, present in example.issues.items() if present}
    present = {issue for issue in given.present if issue in example.issues}
    if truth == present:
        return None
    return ErrorCase(
        id=example.id,
        text=example.text,
        missed={issue: given.issues[issue] for issue in sorted(truth - present)},
        false={issue: given.issues[issue] for issue in sorted(present - truth)},
        right=tuple(sorted(truth & present)),
        spans=tuple(span.key for span in example.spans),
    )


def label_names(codebook: Codebook | None) -> dict[str, dict[str, str]]:
    """Return label → its names in both languages; empty without a codebook."""
    if codebook is None:
        return {}
    names = {issue.id: issue.name for issue in codebook.issues}
    names |= {entity.id: entity.name for entity in codebook.entities}
    return {label: {"ar": name.ar, "en": name.en} for label, name in names.items()}
