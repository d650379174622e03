"""Annotations of both arms for tests that count by hand, one letter an issue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from eval.assistance import assistance
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Prediction
from schemas.article import Span
from schemas.report import AssistanceReport, Contrast

ISSUES = ("taiwan", "trade")
P, A, N = Judgement.PRESENT, Judgement.ABSENT, Judgement.NOT_JUDGED
CODE = {"p": P, "a": A, "n": N}
START = datetime(2026, 1, 1, tzinfo=UTC)
Key = tuple[int, int, str]
GPE, ORG = (0, 4, "GPE"), (5, 9, "ORG")


def said(
    who: str,
    passage: int,
    issues: str,
    *,
    shown: str | None = None,
    spans: Sequence[Key] = (),
    **changes: object,
) -> Annotation:
    """One letter an issue; ``shown`` names the model that it began from."""
    fields: dict[str, object] = {
        "id": f"{who}-{passage}",
        "passage_id": f"p{passage}",
        "annotator": who,
        "created_at": START + timedelta(minutes=passage),
        "arm": Arm.ASSISTED if shown else Arm.BLIND,
        "codebook": "c",
        "issues": dict(zip(ISSUES, (CODE[letter] for letter in issues), strict=True)),
        "spans": tuple(AnnotatedSpan(start=a, end=b, label=c) for a, b, c in sorted(spans)),
        "parent_prediction": shown,
    }
    return Annotation.model_validate({**fields, **changes})


def predicted(
    passage: int, present: Sequence[str], spans: Sequence[Key] = (), model: str = "m"
) -> Prediction:
    return Prediction(
        passage_id=f"p{passage}",
        model=model,
        issues={issue: 0.9 if issue in present else 0.1 for issue in ISSUES},
        present=tuple(present),
        spans=tuple(Span(start=a, end=b, label=c) for a, b, c in spans),
    )


def compared(
    given: Iterable[Annotation], known: Iterable[Prediction] = (), **changes: object
) -> AssistanceReport:
    """Every passage is an article of its own, of fifty words."""
    given = list(given)
    passages = {annotation.passage_id for annotation in given}
    arguments: dict[str, object] = {
        "predictions": {(p.passage_id, p.model): p for p in known},
        "words": dict.fromkeys(passages, 50),
        "groups": {passage: f"g{passage}" for passage in passages},
        "issues": ISSUES,
        "resamples": 100,
    }
    return assistance(given, **{**arguments, **changes})  # type: ignore[arg-type]


def values(found: Contrast) -> tuple[float | None, int, float | None, int, float | None]:
    return (
        *(found.assisted.value, found.assisted.n),
        *(found.blind.value, found.blind.n),
        found.change.value,
    )
