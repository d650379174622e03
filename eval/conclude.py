"""A comparison of the arms → what can and what cannot be concluded from it, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from eval.sway import ERRORS
from eval.tallies import FEW
from schemas.report import AssistanceReport, Contrast, Estimate, Measure

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
    "not_judged": "share of annotations that leave issues open",
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
_MORE = {
    "issues_per_passage": ("tick more issues a passage", "tick fewer issues a passage"),
    "spans_per_100_words": ("mark more spans a word", "mark fewer spans a word"),
}
_UNEVEN = 0.2
"""Share of an arm's annotations that would have to be others' for the arms to be alike."""


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
    if not _compared(report):
        who = ", ".join(f"{name} {arm}" for name, arm in report.one_arm.items())
        return (
            f"Nobody worked in both arms ({who}): what differs may be the annotators', so nothing "
            "is compared. Let each annotator work on passages of both arms.",
            *_caveats(report),
        )
    known = any(
        arm.n
        for name in ("issue_precision", "issue_recall", "span_precision", "span_recall")
        for arm in (report.measures[name].assisted, report.measures[name].blind)
    )
    people = _compared(report)
    errors = [_case(case, report.sway[case], people) for case in ERRORS]
    return (
        *(_case(case, report.sway[case], people) for case in ("issues", "spans")),
        *(errors if known else [_unknown_errors()]),
        *(_density(name, report.measures[name]) for name in _MORE),
        *_open(report.measures["not_judged"]),
        _agreement(report.measures["alpha"]),
        _time(report.measures["lead_time_s"]),
        *_caveats(report),
    )


def _compared(report: AssistanceReport) -> set[str]:
    people = {name for counts in report.arms.values() for name in counts.annotators}
    return people - report.one_arm.keys()


def _case(case: str, found: Contrast, people: set[str]) -> str:
    phrase, change = _CASES[case], found.change
    missing = [
        arm
        for arm, side in (("assisted", found.assisted), ("blind", found.blind))
        if side.value is None
    ]
    if change.value is None:
        why = (
            f"the {' and the '.join(missing)} arm has no such case"
            if missing
            else "nobody has such cases in both arms"
        )
        return f"How often annotators {phrase} cannot be compared: {why}."
    few = found.assisted.few or found.blind.few
    some = found.annotators and people - set(found.annotators)
    numbers = (
        f"{_of(case, found.assisted)} against {_of(case, found.blind)}, {_points(change)}"
        f"{f' – of {_listed(found.annotators)} only' if some else ''}"
        f"{' – few cases or articles' if few else ''}."
    )
    way = _way(found)
    if way:
        return f"Annotators who saw a prediction {phrase} {way} often than the others: {numbers}"
    return (
        f"Whether annotators who saw a prediction {phrase} more or less often than the others "
        f"cannot be concluded: {numbers}"
    )


def _of(case: str, found: Measure) -> str:
    """Return a share and its cases; a mean over annotators is no share of them."""
    if case in ERRORS:
        return f"{100 * (found.value or 0):.0f} % (mean of annotators, {found.n} cases)"
    return share_of(found)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _way(found: Contrast) -> str | None:
    """Return the direction of a change; ``None`` also where a side rests on little.

    With few articles the bootstrap claims far too often: in simulations without any effect a
    third of the comparisons of two or three articles left out zero.
    """
    if found.assisted.few or found.blind.few:
        return None
    return direction(found.change, nothing=1.0 if found.comparison == "ratio" else 0.0)


def direction(change: Estimate, *, nothing: float = 0.0) -> str | None:
    """Return ``more`` or ``less`` where the interval leaves out ``nothing``, else ``None``."""
    if change.low is not None and change.low > nothing:
        return "more"
    if change.high is not None and change.high < nothing:
        return "less"
    return None


def share_of(found: Measure) -> str:
    """Return a share in percent, and of how many."""
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
    sides = {"assisted": found.assisted.value, "blind": found.blind.value}
    missing = [arm for arm, value in sides.items() if value is None]
    values = (
        f"not defined in the {' and the '.join(missing)} arm"
        if missing
        else " against ".join(f"{value:.{digits}f}" for value in sides.values())
    )
    if not missing and (found.assisted.few or found.blind.few):
        values += ", few cases or articles"
    if change.low is None or change.high is None:
        return f"{values}, without an interval"
    sign = "+" if found.comparison == "difference" else ""
    low, high = f"{change.low:{sign}.{digits}f}", f"{change.high:{sign}.{digits}f}"
    what = "difference" if found.comparison == "difference" else "ratio"
    return f"{values}; 95 % interval of the {what} {low} … {high}"


def _density(name: str, found: Contrast) -> str:
    more, fewer = _MORE[name]
    way = _way(found)
    numbers = f"({_numbers(found)})"
    if way is None:
        return (
            f"Whether annotators {more} or fewer with a prediction in sight cannot be concluded "
            f"{numbers}."
        )
    return f"Annotators {more if way == 'more' else fewer} with a prediction in sight {numbers}."


def _open(found: Contrast) -> list[str]:
    """Return a sentence where annotators leave issues open more, or less, often."""
    way = _way(found)
    if not way:
        return []
    return [
        f"Annotators say {way} often with a prediction in sight that a passage cannot be judged "
        f"({_numbers(found)}): such answers are in none of the shares above, so the arms may "
        "differ in what is left."
    ]


def _agreement(found: Contrast) -> str:
    way, numbers = _way(found), f"(alpha {_numbers(found)})"
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
    way, numbers = _way(found), f"(median seconds {_numbers(found, 2)})"
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
    if any(report.sway[case].assisted.n for case in ERRORS):
        found.append(
            "The errors of predictions are taken to be what two other annotators or more deny "
            "together: errors that most kept are not among them, and a few are errors of these "
            "annotators instead. The change may look smaller or larger than it is: larger where "
            "annotators take over very different shares. It is the mean over annotators with such "
            "cases in both arms."
        )
    found += _who(report)
    if report.by_choice or (report.by_choice is None and report.mixed):
        number, what = (
            (report.by_choice, "were pushed with a prediction")
            if report.by_choice
            else (report.mixed, "somebody else began from a prediction")
        )
        found.append(
            f"{number} blind annotations are of passages that {what}: these annotators did without "
            "it by choice and not by chance, so the arms may differ in more than the predictions."
        )
    missing = {arm: counts.without_prediction for arm, counts in report.arms.items()}
    if any(missing.values()):
        what = f"by {report.model}, or belong to the round of another model" if report.model else ""
        found.append(
            f"{missing['assisted']} assisted and {missing['blind']} blind annotations are not "
            f"compared with a prediction: their passages have none {what or 'at all'}."
        )
    return found + _left_out(report)


def _who(report: AssistanceReport) -> list[str]:
    """Return what there is to be said of who worked in which arm."""
    found = []
    compared = sorted(_compared(report))
    if report.one_arm and compared:
        who = ", ".join(f"{name} ({arm})" for name, arm in report.one_arm.items())
        found.append(
            f"Annotators who worked in one arm only are left out of all comparisons: {who}."
        )
    arms = [
        [report.arms[arm].annotators.get(name, 0) for name in compared]
        for arm in ("assisted", "blind")
    ]
    if not all(sum(counts) for counts in arms):
        return found
    shares = [[n / sum(counts) for n in counts] for counts in arms]
    apart = [abs(one - other) for one, other in zip(*shares, strict=True)]
    if sum(apart) / 2 > _UNEVEN:
        name, one, other = max(
            zip(compared, *shares, strict=True), key=lambda row: abs(row[1] - row[2])
        )
        found.append(
            f"Annotators have unlike parts in the arms ({name} made {100 * one:.0f} % of the "
            f"assisted and {100 * other:.0f} % of the blind annotations): where they differ in "
            "their habits, so do the arms."
        )
    return found


def _left_out(report: AssistanceReport) -> list[str]:
    found = []
    if report.unread:
        found.append(unread_sentence(report.unread))
    if report.unmeasured:
        found.append(
            f"Of {report.unmeasured} annotations the passage's length is not known: they are not "
            "in the spans per 100 words."
        )
    if report.groups < FEW:
        found.append(rough_sentence(report.groups))
    return found


def unread_sentence(number: int) -> str:
    """Return what is to be said of annotations from before an entity type existed."""
    return (
        f"{number} annotations say nothing about some entity type, which came into the codebook "
        "later: its spans are left out there."
    )


def rough_sentence(groups: int) -> str:
    """Return what is to be said of few articles."""
    articles = "is only 1 article" if groups == 1 else f"are only {groups} articles"
    return f"There {articles}: the intervals are rough, and nothing is concluded from them."
