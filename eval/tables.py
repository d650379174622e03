"""Reports on annotators → tables for the terminal; the JSON holds every interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.table import Table

from eval.conclude import CASES, MEASURES
from schemas.report import (
    AnnotatorQuality,
    AnnotatorScores,
    AssistanceReport,
    Contrast,
    Estimate,
    Fate,
    Measure,
    QualityReport,
)

_NONE = "–"


def assistance_tables(report: AssistanceReport) -> list[Table]:
    """Return the arms side by side, and what became of what was shown."""
    sway = _table("answers as predicted, of", "assisted", "blind", "change")
    for case, found in report.sway.items():
        sway.add_row(CASES[case], *_sides(found, counts=True))
    arms = _table("", "assisted", "blind", "change")
    for key, found in report.measures.items():
        arms.add_row(MEASURES[key], *_sides(found, counts=False))
    return [
        sway,
        arms,
        _fates("issues", report.issues, report.issues_per_label),
        _fates("spans", report.spans, report.spans_per_label),
        _fates("issues by annotator", report.issues, report.issues_per_annotator),
        _fates("spans by annotator", report.spans, report.spans_per_annotator),
    ]


def quality_tables(report: QualityReport) -> list[Table]:
    """Return the annotators side by side: over all, and label by label."""
    people = report.annotators
    whole = _table("", *people)
    for title, shown in _OF_AN_ANNOTATOR.items():
        whole.add_row(title, *(shown(one) for one in people.values()))
    labels = _table("precision/recall of positives", *people)
    names = dict.fromkeys(
        label for one in people.values() for label in (*one.per_label, *one.spans_per_label)
    )
    for label in names:
        found = [(one.per_label | one.spans_per_label).get(label) for one in people.values()]
        labels.add_row(label, *(_brief(scores) for scores in found))
    return [whole, labels]


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(
            column, justify="right" if number else "left", no_wrap=not number, overflow="fold"
        )
    return table


def _sides(found: Contrast, *, counts: bool) -> list[str]:
    change = _estimate(found.change, signed=found.comparison == "difference")
    change = change if found.comparison == "difference" else f"× {change}"
    return [
        _estimate(side) + (f" of {side.n}" if counts else "")
        for side in (found.assisted, found.blind)
    ] + [change]


def _fates(what: str, whole: Fate, rows: Mapping[str, Fate]) -> Table:
    spans = what.startswith("spans")
    kept = "kept %" if spans else "kept % of judged"
    counted = ("changed", "removed") if spans else ("unticked", "unjudged")
    table = _table(*(what, "shown", "kept", *counted, "added", kept, "unaided %", "change"))
    for name, row in [("all", whole), *rows.items()]:
        others = (row.changed, row.removed) if spans else (row.removed, row.unjudged)
        table.add_row(
            name,
            *map(str, (row.shown, row.kept, *others, row.added)),
            _percent(row.same.assisted.value),
            _percent(row.same.blind.value),
            _estimate(row.same.change, signed=True),
        )
    return table


def _brief(scores: AnnotatorScores | None) -> str:
    if scores is None or not scores.support + scores.given:
        return _NONE
    return f"{_number(scores.precision.value)}/{_number(scores.recall.value)} of {scores.support}"


def _estimate(found: Estimate | None, *, signed: bool = False) -> str:
    """Return a value with its interval; ``few`` where it rests on little."""
    if found is None or found.value is None:
        return _NONE
    sign = "+" if signed else ""
    few = " few" if isinstance(found, Measure) and found.few else ""
    if found.low is None or found.high is None:
        return f"{found.value:{sign}.2f}{few}"
    return f"{found.value:{sign}.2f} [{found.low:{sign}.2f},{found.high:{sign}.2f}]{few}"


def _number(value: float | None, digits: int = 2) -> str:
    return _NONE if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return _NONE if value is None else f"{100 * value:.0f}"


_OF_AN_ANNOTATOR: dict[str, Callable[[AnnotatorQuality], str]] = {
    "annotations": lambda one: str(one.annotations),
    "skipped": lambda one: _NONE if one.skipped is None else str(one.skipped),
    "cannot judge": lambda one: str(one.cannot_judge),
    "median seconds": lambda one: _number(one.lead_time_s.value, 1),
    "issues: precision": lambda one: _estimate(one.issues.precision),
    "issues: recall": lambda one: _estimate(one.issues.recall),
    "issues: F1": lambda one: _estimate(one.issues.f1),
    "F1, later minus earlier": lambda one: _estimate(one.drift.change, signed=True),
    "sensitivity": lambda one: _estimate(one.rates.sensitivity if one.rates else None),
    "specificity": lambda one: _estimate(one.rates.specificity if one.rates else None),
    "spans: precision": lambda one: _estimate(one.spans.precision),
    "spans: recall": lambda one: _estimate(one.spans.recall),
    "spans: F1": lambda one: _estimate(one.spans.f1),
}
