"""Reports on annotators → what can and what cannot be concluded from them, in sentences."""

from __future__ import annotations

from eval.conclude import direction, rough_sentence, share_of, unread_sentence
from eval.tallies import FEW
from schemas.gold import DecidedBy
from schemas.report import AgreementReport, AnnotatorQuality, QualityReport


def of_agreement(report: AgreementReport) -> tuple[str, ...]:
    """Return what there is to be said of agreement beside its numbers."""
    found = []
    if report.assisted:
        found.append(
            f"{report.assisted} of these {sum(report.annotators.values())} annotations began from "
            "a prediction: what all of them see makes answers alike, so people agree less than "
            "this by themselves. `miyar eval agreement --arm blind` looks at the others alone."
        )
    if report.unread:
        found.append(unread_sentence(report.unread))
    return tuple(found)


def of_quality(report: QualityReport) -> tuple[str, ...]:
    """Return the sentences of a report on annotators."""
    if not report.passages:
        return (
            "No passage was annotated by two people, so there is nothing to hold annotators "
            "against; push with --overlap 3.",
            *_left_out(report),
        )
    found = [sentence for name, one in report.annotators.items() for sentence in _on(name, one)]
    total = sum(report.decided_by.values())
    if not total:
        found.append("No issue was judged by two people: only spans are compared.")
    elif not found:
        found.append(
            f"These {total} decisions do not show that anybody drifts, or is more often wrong than "
            "right."
        )
    return (*found, *_ground(report, total), *_left_out(report))


def _ground(report: QualityReport, total: int) -> list[str]:
    """Return on what the numbers rest."""
    found = []
    single = report.decided_by.get(DecidedBy.SINGLE.value, 0)
    ruled = report.decided_by.get(DecidedBy.ADJUDICATED.value, 0)
    modelled = any(one.rates for one in report.annotators.values())
    if single and single == total:
        found.append(
            "Every decision rests on one other annotator: who of two is right nobody knows, and "
            "what is one's precision is the other's recall. Push with --overlap 3, or adjudicate."
        )
    elif single:
        found.append(
            f"{single} of {total} decisions rest on one other annotator only: there precision and "
            "recall say how far the two agree."
        )
    if ruled and not modelled:
        found.append(
            "No decision has three annotators, so there is no model of who is right; precision "
            f"and recall rest on adjudication in {ruled} of {total} decisions."
        )
    if modelled:
        found.append(
            "All that is present is taken to be equally hard to see. Where some of it is hard for "
            "everybody, recall, sensitivity and prevalence say what is found and not what is "
            "there: recall and sensitivity are too high then, prevalence is too low."
        )
    if report.assisted:
        found.append(
            f"{report.assisted} annotations began from a prediction: errors that several "
            "annotators kept look like the truth here, and all seem better than they are; look at "
            "the blind ones alone with --arm blind."
        )
    return found


def _left_out(report: QualityReport) -> list[str]:
    found = []
    if report.unsettled:
        found.append(
            f"{report.unsettled} fits of the model of who is right came to no end: its rates are "
            "rough."
        )
    if report.unread:
        found.append(unread_sentence(report.unread))
    if report.skipped_others:
        who = ", ".join(f"{name} {n}" for name, n in report.skipped_others.items())
        found.append(f"Tasks were skipped by people without an annotation here: {who}.")
    if report.groups < FEW:
        found.append(rough_sentence(report.groups))
    return found


def _on(name: str, one: AnnotatorQuality) -> list[str]:
    """Return what is to be said of one annotator."""
    found = []
    rates = one.rates
    for what, rate in (
        ("present", rates.sensitivity if rates else None),
        ("absent", rates.specificity if rates else None),
    ):
        if rate is not None and not rate.few and direction(rate, nothing=0.5) == "less":
            found.append(
                f"{name} is more often wrong than right about issues that are {what} "
                f"({share_of(rate)} right): perhaps the interface or the guideline was "
                "misunderstood."
            )
    first, second, change = one.drift.first, one.drift.second, one.drift.change
    way = None if first.few or second.few else direction(change)
    if way:
        found.append(
            f"{name} agrees {way} with the others in the later half of the work: F1 "
            f"{second.value:.2f} on {second.n} decisions against {first.value:.2f} on {first.n} "
            f"before (95 % interval of the difference {change.low:+.2f} … {change.high:+.2f})."
        )
    return found
