"""What a migration left open → what annotators see when the passage comes up again.

A note in Arabic says what to look at. The prediction holds what stayed valid: what all earlier
annotators of the passage had said alike. What only one of them had said is left out, so that
nobody is led by another's answer; the note says that answers differed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from schemas.annotation import Annotation, Judgement, Prediction
from schemas.article import Passage, Span, longest_first, overlaps
from schemas.codebook import Codebook
from schemas.migration import Kind, Question

Names = Mapping[str, Mapping[str, str]]
"""Hash of a codebook → label → its Arabic name."""
_HEAD = "تغيّر الدليل بعد وسم هذه الفقرة، فأعد النظر فيما يلي:"
_SHOWN = 60


def arabic_names(codebook: Codebook) -> dict[str, str]:
    """Return label → Arabic name, of issues and entity types."""
    names = {issue.id: issue.name.ar for issue in codebook.issues}
    return names | {entity.id: entity.name.ar for entity in codebook.entities}


def note(
    passage: Passage,
    given: Sequence[Annotation],
    questions: Sequence[Question],
    names: Names,
    codebook: str,
) -> str:
    """Return what annotators of a passage have to look at again, in Arabic, a line each.

    Args:
        passage: the passage.
        given: the earlier annotations, under the new codebook.
        questions: what is open in them.
        names: of the labels of all codebooks that the questions speak of.
        codebook: hash of the new codebook.
    """
    lines = [
        _spans_line(passage, question, names, codebook)
        if question.start is not None
        else _label_line(question, names, codebook)
        for question in sorted(questions, key=lambda q: (q.start or 0, q.end or 0, q.new))
    ]
    asked = {label for question in questions for label in question.new}
    rest = [k for k in _open_issues(given) if k not in asked]
    if rest:
        lines.append(f"لم يُحكم من قبل في: {_listed(names[codebook][k] for k in rest)}.")
    if differ := [k for k in _differing_issues(given) if k not in asked]:
        lines.append(f"اختلفت الإجابات السابقة في: {_listed(names[codebook][k] for k in differ)}.")
    if len({frozenset(span.key for span in a.spans) for a in given}) > 1:
        lines.append("اختلفت الكيانات المحددة من قبل، فراجعها كلها.")
    return "\n".join([_HEAD, *(f"• {line}" for line in dict.fromkeys(lines))])


def _label_line(question: Question, names: Names, codebook: str) -> str:
    old = _listed(names[question.codebook].get(k, k) for k in question.old)
    new = _listed(names[codebook][k] for k in question.new)
    if question.unit == "entity":
        kind = "جديد" if question.why is Kind.ADD else "تغيّر تعريفه"
        return f"نوع كيان {kind}: {new}؛ حدّد مواضعه في النص."
    if question.why is Kind.ADD:
        return f"قضية جديدة: {new}؛ هل تنطبق؟"
    if question.why is Kind.SPLIT:
        return f"قُسّمت قضية {old} إلى: {new}؛ اختر ما ينطبق منها."
    if question.why is Kind.MERGE:
        return f"دُمجت قضايا {old} في {new}؛ احكم فيها من جديد."
    return f"تغيّر تعريف {new}؛ احكم فيها من جديد."


def _spans_line(passage: Passage, question: Question, names: Names, codebook: str) -> str:
    words = " ".join(passage.text[question.start : question.end].split())[:_SHOWN]
    new = _listed(names[codebook][k] for k in question.new)
    if question.why is Kind.SPLIT:
        old = _listed(names[question.codebook].get(k, k) for k in question.old)
        return f"«{words}» كان من نوع {old}؛ حدّد نوعه الآن: {new}."
    return f"«{words}»: تغيّر تعريف {new}؛ هل ما زال من هذا النوع؟"


def _listed(names: Iterable[str]) -> str:
    return "، ".join(f"«{name}»" for name in names)


def _open_issues(given: Sequence[Annotation]) -> list[str]:
    return [k for k in given[0].issues if any(a.issues[k] is Judgement.NOT_JUDGED for a in given)]


def _differing_issues(given: Sequence[Annotation]) -> list[str]:
    return [
        k
        for k in given[0].issues
        if {Judgement.PRESENT, Judgement.ABSENT} <= {a.issues[k] for a in given}
    ]


def blend(
    given: Sequence[Annotation], rules: Prediction, unread: Collection[str], model: str
) -> Prediction:
    """Return what a passage is shown with when it comes up again.

    Args:
        given: the earlier annotations, under the new codebook.
        rules: what the rules say: it stands in for what nobody has judged yet.
        unread: entity types that some of the annotations say nothing about.
        model: the name that the prediction gets.
    """
    scores = {}
    present = []
    for issue, score in rules.issues.items():
        said = {annotation.issues[issue] for annotation in given}
        if Judgement.NOT_JUDGED in said:
            scores[issue] = score
            ticked = issue in rules.present
        else:
            ticked = said == {Judgement.PRESENT}
            scores[issue] = float(ticked)
        if ticked:
            present.append(issue)
    agreed = [
        Span(start=span.start, end=span.end, label=span.label)
        for span in given[0].spans
        if all(span.key in {other.key for other in a.spans} for a in given[1:])
    ]
    new = [
        span
        for span in rules.spans
        if span.label in unread and not any(overlaps(span, held) for held in agreed)
    ]
    return Prediction(
        passage_id=rules.passage_id,
        model=model,
        issues=scores,
        present=tuple(present),
        spans=tuple(longest_first([*agreed, *new])[0]),
    )
