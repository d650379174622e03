"""A report → one self-contained HTML page: of a model, or of pre-annotation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from eval.conclude import CASES, MEASURES
from eval.conclude_model import of_model
from eval.conclude_quality import of_agreement
from eval.tallies import FEW
from schemas.report import AssistanceReport, ErrorCase, ModelReport

_LABEL = re.compile(r"[A-Z][A-Z0-9_]*")
_MARK = Markup('<mark style="background:var(--{label},#ddd)" title="{label}">{text}</mark>')
_TEMPLATES = Path(__file__).parent / "templates"


def render(report: ModelReport, *, notes: str = "") -> str:
    """Return the page: no script, nothing loaded, Arabic set right to left."""
    return _page(
        "report.html.j2",
        report=report,
        few=FEW,
        verdicts=of_model(report),
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
