"""Disputes → tasks of the adjudication project: each annotator's answer as a prediction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from annotation.labelstudio.tasks import KEY, Json, annotation, task_data
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement
from schemas.article import Article, Passage
from schemas.codebook import Codebook
from schemas.dispute import Dispute, Ground, SpanDispute
from schemas.record import sha256

MERGED = "merged"
"""Model version of the proposal that an adjudicator's answer begins with."""
ANNOTATOR, EARLIER = "annotator:", "adjudicator:"
"""What the model versions of the other predictions begin with."""
PASSAGE, DECIDES, BASIS = "passage", "decides", "basis"
"""Where a task says which passage and annotations it is about, and what these said."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SAID = {
    Judgement.PRESENT: "نعم",
    Judgement.ABSENT: "لا",
    Judgement.NOT_JUDGED: "دون حكم",
}
_GROUND = {
    Ground.MAJORITY: "حسمتها الأكثرية",
    Ground.NOT_JUDGED: "لم يحكم فيها أحد",
    Ground.BOUNDARY: "الحدود",
    Ground.TYPE: "النوع",
    Ground.PRESENCE: "الوجود",
}
_SHOWN = 80


def adjudication_task(
    dispute: Dispute,
    annotations: Mapping[str, Annotation],
    article: Article,
    passages: Sequence[Passage],
    codebook: Codebook,
    *,
    anonymous: bool,
) -> Json:
    """Return the task of one dispute.

    Args:
        dispute: what is in dispute.
        annotations: id → annotation; those of the dispute must be in it.
        article: of the passage.
        passages: the article's passages, in order.
        codebook: for the names of issues and entity types.
        anonymous: whether annotators are called A, B … in an order that changes by passage, so
            that the adjudicator is not swayed by who said it.
    """
    position = next(n for n, p in enumerate(passages) if p.id == dispute.passage_id)
    passage = passages[position]
    names = shown_names(dispute, anonymous=anonymous)
    data = task_data(
        article,
        list(passages),
        position,
        codebook=codebook.hash,
        note=note(dispute, passage, codebook, names),
    )
    data |= {
        KEY: dispute.key,
        PASSAGE: passage.id,
        DECIDES: list(names),
        BASIS: dispute.basis,
    }
    given = [(ANNOTATOR + name, annotations[key]) for key, name in names.items()]
    for key in dispute.earlier[-1:]:
        name = "" if anonymous else annotations[key].annotator
        given.append((EARLIER + name, annotations[key]))
    predictions = [_prediction(MERGED, passage, _merged(dispute, passage, codebook))]
    predictions += [_prediction(version, passage, said) for version, said in given]
    return {"data": data, "predictions": predictions}


def shown_names(dispute: Dispute, *, anonymous: bool) -> dict[str, str]:
    """Return annotation id → the name that the adjudicator sees, in the order of the tabs."""
    if not anonymous:
        return {key: dispute.annotators[key] for key in dispute.decides}
    # Neither by name nor by time: A is now this annotator, now that one.
    order = sorted(dispute.decides, key=lambda key: sha256(f"{dispute.basis} {key}"))
    return {key: _letter(number) for number, key in enumerate(order)}


def _letter(number: int) -> str:
    return _LETTERS[number % 26] * (number // 26 + 1)


def _merged(dispute: Dispute, passage: Passage, codebook: Codebook) -> Annotation:
    """Return the proposal in the form of an annotation, which it never becomes as it is."""
    return Annotation(
        id=f"{MERGED} {dispute.key}",
        passage_id=passage.id,
        annotator=MERGED,
        created_at=datetime.fromtimestamp(0, UTC),
        arm=Arm.BLIND,
        codebook=codebook.hash,
        issues=dispute.proposed,
        spans=tuple(
            AnnotatedSpan(start=s.start, end=s.end, label=s.label) for s in dispute.proposed_spans
        ),
    )


def _prediction(version: str, passage: Passage, said: Annotation) -> Json:
    result: list[dict[str, Any]] = annotation(passage, said)["result"]
    for region in result:
        # What an adjudicator leaves as it was must come back as taken over, not as made by hand.
        region["origin"] = "prediction"
    return {"model_version": version, "result": result}


def note(dispute: Dispute, passage: Passage, codebook: Codebook, names: Mapping[str, str]) -> str:
    """Return what is in dispute, in Arabic, for people: who said what of which issue and span."""
    lines = []
    if dispute.issues:
        lines.append(f"قضايا مختلف فيها ({len(dispute.issues)}):")
        lines += _issue_lines(dispute, codebook, names)
    if dispute.spans:
        places = _places(dispute.spans)
        lines.append(f"مواضع مختلف فيها ({len(places)}):")
        lines += [_place_line(place, passage, codebook, names) for place in places]
    if dispute.comments:
        lines.append("ملاحظات الموسِّمين:")
        lines += [f"• {_isolated(names[k])}: {c}" for k, c in dispute.comments.items()]
    if dispute.earlier:
        lines.append("سبق التحكيم في هذه الفقرة، ثم تغيّرت الإجابات؛ القرار السابق في تبويب.")
    return "\n".join(lines)


def _issue_lines(dispute: Dispute, codebook: Codebook, names: Mapping[str, str]) -> list[str]:
    issue_names = {issue.id: issue.name.ar for issue in codebook.issues}
    lines = []
    for about in dispute.issues:
        ground = f" ({_GROUND[about.ground]})" if about.ground in _GROUND else ""
        said = [
            f"{_SAID[value]}: {_listed(names[k] for k in names if about.said[k] is value)}"
            for value in Judgement
            if value in about.said.values()
        ]
        lines.append(f"• {issue_names[about.issue]}{ground} — {'؛ '.join(said)}")
    return lines


def _places(spans: Sequence[SpanDispute]) -> list[list[SpanDispute]]:
    """Group spans in text order so that those which overlap stand together."""
    places: list[list[SpanDispute]] = []
    end = 0
    for span in sorted(spans, key=lambda s: s.key):
        if places and span.start < end:
            places[-1].append(span)
        else:
            places.append([span])
        end = max(end, span.end)
    return places


def _place_line(
    place: Sequence[SpanDispute], passage: Passage, codebook: Codebook, names: Mapping[str, str]
) -> str:
    types = {entity.id: entity.name.ar for entity in codebook.entities}
    said = []
    for span in place:
        text = " ".join(passage.text[span.start : span.end][:_SHOWN].split())
        who = _listed(names[k] for k in names if k in span.held_by)
        said.append(f"«{text}» {types[span.label]}: {who}")
    holders = {key for span in place for key in span.held_by}
    if others := [names[k] for k in names if k not in holders]:
        said.append(f"لا شيء: {_listed(others)}")
    grounds = "، ".join(dict.fromkeys(_GROUND[span.ground] for span in place))
    return f"• ({grounds}) {'؛ '.join(said)}"


def _listed(names: Iterable[str]) -> str:
    return "، ".join(_isolated(name) for name in names)


def _isolated(name: str) -> str:
    """Keep a Latin name from turning the order of the Arabic around it."""
    return f"\u2068{name}\u2069"
