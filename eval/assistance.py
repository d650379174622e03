"""How much pre-annotation sways annotators: annotations and predictions → AssistanceReport.

Which passages are shown without a prediction is chosen by hash. The arm of an annotation is what
its annotator saw (decision 0003), which is mostly the same: as far as it is, what differs between
the arms beyond chance is the work of the predictions. The errors that they bring about are of two
kinds, as in work on automation bias: a wrong tick that is kept, and a missing one that is not
noticed (Skitka, Mosier and Burdick, "Does automation bias decision-making?", 1999). For annotation
see Fort and Sagot, "Influence of pre-annotation on POS-tagged corpus development" (2010), and
Berzak et al., "Anchoring and agreement in syntactic annotations" (2016).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from eval.arms import ARMS, Sample, compare_arms, count_arm, one_armed
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
    unread: Mapping[str, frozenset[str]] | None = None,
    pushed: Mapping[str, Arm] | None = None,
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
        unread: annotation id → entity types that it says nothing about.
        pushed: passage id → the arm that it was pushed in, where that is known.
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
    unread = unread or {}
    sample = Sample(
        annotations=own,
        one_arm=one_armed(own),
        reference=Reference(own, adjudications, unread=unread),
        tallies=Tallies(order, resamples=resamples, seed=seed),
        issues=issues,
        groups=groups,
        words=words,
        unread=unread,
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
        mixed=_mixed(own),
        by_choice=None if pushed is None else _by_choice(own, pushed),
        one_arm={name: arm.value for name, arm in sample.one_arm.items()},
        unread=sum(bool(unread.get(a.id)) for a in own),
        unmeasured=sum(not words.get(a.passage_id) for a in own),
        measures=compare_arms(sample),
        sway=sway.cases(),
        **sway.all_fates(),
        origins=_origins(own),
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


def _mixed(annotations: Sequence[Annotation]) -> int:
    """Count blind annotations of passages that somebody else began from a prediction."""
    assisted = {a.passage_id for a in annotations if a.arm is Arm.ASSISTED}
    return sum(a.passage_id in assisted for a in annotations if a.arm is Arm.BLIND)


def _by_choice(annotations: Sequence[Annotation], pushed: Mapping[str, Arm]) -> int:
    """Count blind annotations of passages that were pushed with a prediction."""
    return sum(a.arm is Arm.BLIND and pushed.get(a.passage_id) is Arm.ASSISTED for a in annotations)


def _origins(annotations: Sequence[Annotation]) -> dict[str, int]:
    spans = (span for a in annotations if a.arm is Arm.ASSISTED for span in a.spans)
    return dict(sorted(Counter(span.origin.value for span in spans).items()))
