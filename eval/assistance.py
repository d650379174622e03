"""How much pre-annotation sways annotators: annotations and predictions → AssistanceReport.

The blind arm is chosen by hash, so what differs between the arms beyond chance is the work of
the predictions. The errors that they bring about are of two kinds, as in work on automation
bias: a wrong tick that is kept, and a missing one that is not noticed (Skitka, Mosier and
Burdick, "Does automation bias decision-making?", 1999). For annotation see Fort and Sagot,
"Influence of pre-annotation on POS-tagged corpus development" (2010), and Berzak et al.,
"Anchoring and agreement in syntactic annotations" (2016).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from eval.arms import ARMS, Sample, compare_arms, count_arm
from eval.bootstrap import RESAMPLES, SEED
from eval.conclude import of_assistance
from eval.reference import Reference, latest
from eval.sway import Sway
from eval.tallies import Tallies
from schemas.annotation import Annotation, Arm, Prediction
from schemas.errors import GateError
from schemas.report import AssistanceReport

Predictions = Mapping[tuple[str, str], Prediction]


def assistance(
    annotations: Iterable[Annotation],
    *,
    adjudications: Iterable[Annotation] = (),
    predictions: Predictions,
    words: Mapping[str, int],
    groups: Mapping[str, str],
    issues: Sequence[str],
    names: Mapping[str, dict[str, str]] | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> AssistanceReport:
    """Compare annotators who began from a prediction with those who did not.

    Args:
        annotations: independent annotations; of one annotator's several the latest counts.
        adjudications: the adjudicators' decisions: used where the others are split.
        predictions: (passage id, model) → prediction, for passages of both arms.
        words: passage id → number of words.
        groups: passage id → group (article): what the intervals resample.
        issues: the labels, in the order of the codebook.
        names: label → its names, for the page.
        resamples: number of bootstrap draws.
        seed: of the draws.

    Raises:
        GateError: there is no annotation.
    """
    own = latest(annotations)
    if not own:
        raise GateError(
            "there is no annotation under this codebook; fetch some with `miyar annotation pull`."
        )
    order = [groups[a.passage_id] for a in own]
    sample = Sample(
        annotations=own,
        reference=Reference(own, adjudications),
        tallies=Tallies(order, resamples=resamples, seed=seed),
        issues=issues,
        groups=groups,
        words=words,
    )
    model = _model(own, predictions)
    sway = Sway(sample)
    sway.count({passage: p for (passage, name), p in predictions.items() if name == model})
    report = AssistanceReport(
        model=model,
        resamples=resamples,
        seed=seed,
        groups=len(set(order)),
        arms={arm.value: count_arm(sample, arm, sway.without[arm]) for arm in ARMS},
        mixed=_mixed(sample),
        measures=compare_arms(sample),
        sway=sway.cases(),
        issues=sway.fate("issues"),
        issues_per_label={issue: sway.fate("issues", "label", issue) for issue in issues},
        issues_per_annotator=sway.fates("issues", "annotator"),
        spans=sway.fate("spans"),
        spans_per_label=sway.fates("spans", "label"),
        spans_per_annotator=sway.fates("spans", "annotator"),
        origins=_origins(sample),
        conclusions=(),
        names=dict(names or {}),
    )
    return report.model_copy(update={"conclusions": of_assistance(report)})


def _model(annotations: Sequence[Annotation], predictions: Predictions) -> str | None:
    """Return the model that was shown most; without any, the one that predicts most passages."""
    passages = {a.passage_id for a in annotations}
    known = Counter(model for passage, model in predictions if passage in passages)
    shown = Counter(a.parent_prediction for a in annotations if a.parent_prediction in known)
    counts = {name: (shown[name], known[name]) for name in known}
    return max(sorted(counts), key=lambda name: counts[name], default=None)


def _mixed(sample: Sample) -> int:
    """Count blind annotations of passages that somebody else began from a prediction."""
    assisted = {a.passage_id for a in sample.of(Arm.ASSISTED)}
    return sum(a.passage_id in assisted for a in sample.of(Arm.BLIND))


def _origins(sample: Sample) -> dict[str, int]:
    spans = (span for a in sample.of(Arm.ASSISTED) for span in a.spans)
    return dict(sorted(Counter(span.origin.value for span in spans).items()))
