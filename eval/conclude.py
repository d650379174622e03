"""Reports on annotators → what can and what cannot be concluded from them, in sentences."""

from __future__ import annotations

from schemas.gold import DecidedBy
from schemas.report import (
    AnnotatorQuality,
    AssistanceReport,
    Contrast,
    Estimate,
    Measure,
    QualityReport,
)

CASES = {
    "issues": "issue decisions",
    "issues_predicted": "issues that are predicted",
    "issues_not_predicted": "issues that are not predicted",
    "issues_wrong": "issues that are predicted wrongly",
    "issues_missed": "issues that the prediction misses",
    "spans": "spans that are predicted",
    "spans_wrong": "spans that are predicted wrongly",
    "spans_missed": "spans that the prediction misses",
}
"""The cases in which answers are compared with predictions, in words."""
MEASURES = {
    "alpha": "Krippendorff's alpha of issues",
    "span_f1": "strict span F1 between annotators",
    "issues_per_passage": "issues a passage",
    "spans_per_100_words": "spans per 100 words",
    "issue_precision": "precision of issues, by the others",
    "issue_recall": "recall of issues, by the others",
    "span_precision": "precision of spans, by the others",
    "span_recall": "recall of spans, by the others",
    "lead_time_s": "median seconds a passage",
}
"""What is compared without a look at the predictions, in words."""
_CASES = {
    "issues": "decide an issue as the prediction does",
    "spans": "mark a span exactly as predicted",
    "issues_wrong": "tick an issue that is predicted wrongly",
    "issues_missed": "leave out an issue that the prediction misses",
    "spans_wrong": "mark a span that is predicted wrongly",
    "spans_missed": "leave out a span that the prediction misses",
}
_ERRORS = ("issues_wrong", "issues_missed", "spans_wrong", "spans_missed")
_MORE = {
    "issues_per_passage": ("tick more issues a passage", "tick fewer issues a passage"),
    "spans_per_100_words": ("mark more spans a word", "mark fewer spans a word"),
}
_ROUGH = 10
"""Fewer articles than this, and the bootstrap itself is rough."""


def of_assistance(report: AssistanceReport) -> tuple[str, ...]:
    """Return the sentences of a comparison of the arms, the most telling ones first."""
    assisted, blind = report.arms["assisted"], report.arms["blind"]
    if not assisted.annotations:
        return (
            f"All {blind.annotations} annotations were made without a prediction in sight: "
            "nothing can be said of pre-annotation. Push with --blind below 1, and let annotators "
            "begin from the predictions.",
        )
    if not blind.annotations:
        return (
            f"All {assisted.annotations} annotations began from a prediction: how far it swayed "
            "annotators cannot be told without others who did not see one. Push further passages "
            "with --blind 0.15 or more.",
            *_caveats(report),
        )
    known = any(
        arm.n
        for name in ("issue_precision", "issue_recall", "span_precision", "span_recall")
        for arm in (report.measures[name].assisted, report.measures[name].blind)
    )
    errors = [_case(case, report.sway[case]) for case in _ERRORS] if known else [_unknown_errors()]
    return (
        *(_case(case, report.sway[case]) for case in ("issues", "spans")),
        *errors,
        *(_density(name, report.measures[name]) for name in _MORE),
        _agreement(report.measures["alpha"]),
        _time(report.measures["lead_time_s"]),
        *_caveats(report),
    )


def _case(case: str, found: Contrast) -> str:
    phrase, change = _CASES[case], found.change
    if found.assisted.value is None or found.blind.value is None:
        arm = "assisted" if found.assisted.value is None else "blind"
        return f"How often annotators {phrase} cannot be compared: the {arm} arm has no such case."
    numbers = (
        f"{_share(found.assisted)} against {_share(found.blind)}, {_points(change)}"
        f"{' – few cases' if found.assisted.few or found.blind.few else ''}."
    )
    way = direction(change)
    if way:
        return f"Annotators who saw a prediction {phrase} {way} often than the others: {numbers}"
    return (
        f"Whether annotators who saw a prediction {phrase} more or less often than the others "
        f"cannot be concluded: {numbers}"
    )


def direction(change: Estimate, *, nothing: float = 0.0) -> str | None:
    """Return ``more`` or ``less`` where the interval leaves out ``nothing``, else ``None``."""
    if change.low is not None and change.low > nothing:
        return "more"
    if change.high is not None and change.high < nothing:
        return "less"
    return None


def _share(found: Measure) -> str:
    return f"{100 * (found.value or 0):.0f} % of {found.n}"


def _points(change: Estimate) -> str:
    shown = f"{100 * (change.value or 0):+.1f} points"
    if change.low is None or change.high is None:
        return f"{shown}, without an interval"
    return f"{shown} (95 % interval {100 * change.low:+.1f} … {100 * change.high:+.1f})"


def _unknown_errors() -> str:
    return (
        "What the predictions got wrong is not known, so whether their errors are kept cannot be "
        "told: that takes three annotators a passage (push with --overlap 3)."
    )


def _numbers(found: Contrast, digits: int = 2) -> str:
    change = found.change
    values = (
        f"{found.assisted.value:.{digits}f} against {found.blind.value:.{digits}f}"
        if found.assisted.value is not None and found.blind.value is not None
        else "not defined in both arms"
    )
    if change.low is None or change.high is None:
        return f"{values}, without an interval"
    sign = "+" if found.comparison == "difference" else ""
    low, high = f"{change.low:{sign}.{digits}f}", f"{change.high:{sign}.{digits}f}"
    what = "difference" if found.comparison == "difference" else "ratio"
    return f"{values}; 95 % interval of the {what} {low} … {high}"


def _density(name: str, found: Contrast) -> str:
    more, fewer = _MORE[name]
    way = direction(found.change)
    numbers = f"({_numbers(found)})"
    if way is None:
        return (
            f"Whether annotators {more} or fewer with a prediction in sight cannot be concluded "
            f"{numbers}."
        )
    return f"Annotators {more if way == 'more' else fewer} with a prediction in sight {numbers}."


def _agreement(found: Contrast) -> str:
    way, numbers = direction(found.change), f"(alpha {_numbers(found)})"
    if way == "more":
        return (
            f"Annotators agree more with predictions in sight {numbers}. What all of them see "
            "makes answers alike whether it is right or wrong: by itself this is no sign of "
            "better work."
        )
    if way == "less":
        return f"Annotators agree less with predictions in sight {numbers}."
    return f"Whether predictions change how far annotators agree cannot be concluded {numbers}."


def _time(found: Contrast) -> str:
    way, numbers = direction(found.change, nothing=1.0), f"(median seconds {_numbers(found, 2)})"
    if found.assisted.value is None or found.blind.value is None:
        return "Whether predictions save time is not known: no times were measured in some arm."
    if way is None:
        return f"Whether predictions save time cannot be concluded {numbers}."
    return (
        f"Annotators take {'longer' if way == 'more' else 'less time'} with a prediction in sight "
        f"{numbers}."
    )


def _caveats(report: AssistanceReport) -> list[str]:
    found = []
    if any(report.sway[case].assisted.n for case in _ERRORS):
        found.append(
            "The errors of predictions are taken to be what two other annotators or more deny "
            "together: errors that most kept are not among them, and a few are errors of these "
            "annotators instead. Both make the change look smaller than it is."
        )
    if report.mixed:
        found.append(
            f"{report.mixed} blind annotations are of passages that somebody else began from a "
            "prediction: these annotators did without it by choice and not by chance, so the arms "
            "may differ in more than the predictions."
        )
    missing = {arm: counts.without_prediction for arm, counts in report.arms.items()}
    if any(missing.values()):
        what = f"by {report.model}" if report.model else "at all"
        found.append(
            f"{missing['assisted']} assisted and {missing['blind']} blind annotations cannot be "
            f"compared with a prediction: their passages have none {what}."
        )
    if report.groups < _ROUGH:
        found.append(f"There are only {report.groups} articles: the intervals are rough.")
    return found


def of_quality(report: QualityReport) -> tuple[str, ...]:
    """Return the sentences of a report on annotators."""
    if not report.decided_by:
        return (
            "No passage was annotated by two people, so there is nothing to hold annotators "
            "against; push with --overlap 3.",
        )
    found = [sentence for name, one in report.annotators.items() for sentence in _on(name, one)]
    if all(one.rates is None for one in report.annotators.values()):
        found.append(
            "No passage has three annotators: who of two is right nobody knows, and what is one's "
            "precision is the other's recall. Push with --overlap 3, or adjudicate."
        )
    total = sum(report.decided_by.values())
    if single := report.decided_by.get(DecidedBy.SINGLE.value, 0):
        found.append(
            f"{single} of {total} decisions rest on one other annotator only: there precision and "
            "recall say how far the two agree."
        )
    if report.assisted:
        found.append(
            f"{report.assisted} annotations began from a prediction: errors that several "
            "annotators kept look like the truth here, and all seem better than they are; look at "
            "the blind ones alone with --arm blind."
        )
    if report.groups < _ROUGH:
        found.append(f"There are only {report.groups} articles: the intervals are rough.")
    return tuple(found) or ("Nothing about any annotator stands out.",)


def _on(name: str, one: AnnotatorQuality) -> list[str]:
    """Return what is to be said of one annotator."""
    found = []
    rates = one.rates
    for what, rate in (
        ("present", rates.sensitivity if rates else None),
        ("absent", rates.specificity if rates else None),
    ):
        if rate is not None and direction(rate, nothing=0.5) == "less":
            found.append(
                f"{name} is more often wrong than right about issues that are {what} "
                f"({_share(rate)} right): perhaps the interface or the guideline was misunderstood."
            )
    way = direction(one.drift.change)
    if way:
        first, second = one.drift.first.value or 0, one.drift.second.value or 0
        found.append(
            f"{name} agrees {way} with the others in the later half of the work: F1 {second:.2f} "
            f"against {first:.2f} before (95 % interval of the difference "
            f"{one.drift.change.low:+.2f} … {one.drift.change.high:+.2f})."
        )
    return found
