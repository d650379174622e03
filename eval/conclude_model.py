"""A report on a model → what the intervals allow to say of it, in sentences."""

from __future__ import annotations

from eval.tallies import FEW
from schemas.report import Difference, ModelReport


def of_model(report: ModelReport) -> list[str]:
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
