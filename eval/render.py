"""A report → one self-contained HTML page: of a model, or of pre-annotation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from eval.conclude import CASES, MEASURES
from eval.conclude_quality import of_agreement
from eval.tallies import FEW
from schemas.report import AssistanceReport, Difference, ErrorCase, ModelReport

_LABEL = re.compile(r"[A-Z][A-Z0-9_]*")
_MARK = Markup('<mark style="background:var(--{label},#ddd)" title="{label}">{text}</mark>')
_TEMPLATES = Path(__file__).parent / "templates"


def render(report: ModelReport, *, notes: str = "") -> str:
    """Return the page: no script, nothing loaded, Arabic set right to left."""
    return _page(
        "report.html.j2",
        report=report,
        few=FEW,
        verdicts=verdicts(report),
        on_agreement=of_agreement(report.agreement) if report.agreement else (),
        marked={case.id: _mark(case) for case in report.errors},
        notes=notes,
    )


def render_assistance(report: AssistanceReport) -> str:
    """Return the page on pre-annotation, of the same kind."""
    return _page("assistance.html.j2", report=report, few=FEW, cases=CASES, measures=MEASURES)


def _page(template: str, **values: object) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    # Our own file, no input in it.
    return environment.get_template(template).render(style=Markup(style), **values)  # noqa: S704


def verdicts(report: ModelReport) -> list[str]:
    """Return what the intervals allow to say, a sentence each."""
    found = [_verdict(report.system.name, difference) for difference in report.differences]
    few = [k for k, label in report.system.per_label.items() if label.support < FEW]
    if few:
        found.append(
            f"{len(few)} of {len(report.system.per_label)} issues have fewer than {FEW} positive "
            "passages here: do not rank issues by these scores."
        )
    return found


def _verdict(name: str, difference: Difference) -> str:
    value, low, high = (
        difference.micro_f1.value,
        difference.micro_f1.low,
        difference.micro_f1.high,
    )
    if value == 0 and low is None:
        return f"{name} scores exactly as {difference.baseline} does on these data."
    if value is None or low is None or high is None:
        return f"{name} and {difference.baseline} cannot be compared on these data."
    size = f"{abs(value):.2f} micro-F1 (95 % interval {low:+.2f} … {high:+.2f})"
    if low > 0:
        return f"{name} is better than {difference.baseline}, by {size}."
    if high < 0:
        return f"{name} is worse than {difference.baseline}, by {size}."
    return (
        f"Whether {name} is better than {difference.baseline} cannot be concluded: "
        f"the difference is {value:+.2f} micro-F1 (95 % interval {low:+.2f} … {high:+.2f})."
    )


def _mark(case: ErrorCase) -> Markup:
    """Return the passage with its entities marked; everything else is escaped."""
    parts: list[Markup] = []
    last = 0
    for start, end, label in _in_order(case.spans):
        parts.append(escape(case.text[last:start]))
        # A team's own labels may hold anything, and CSS is not escaped by HTML's rules.
        known = label if _LABEL.fullmatch(label) else "OTHER"
        parts.append(_MARK.format(label=known, text=case.text[start:end]))
        last = end
    parts.append(escape(case.text[last:]))
    return Markup("").join(parts)


def _in_order(spans: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    return sorted(spans)
