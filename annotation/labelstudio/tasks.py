"""Passage and prediction → a Label Studio task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from annotation.labelstudio.interface.config import COMMENT, ENTITIES, ISSUES, TEXT
from schemas.annotation import AnnotatedSpan, Annotation, Judgement, Prediction
from schemas.article import Article, Passage, Span
from schemas.codebook import CANNOT_JUDGE, NONE_OF_THESE
from schemas.record import sha256

Json = dict[str, Any]
CODEBOOK = "codebook"
"""Where a task holds the hash of its codebook."""
KEY = "ext_id"
"""Where a task holds the passage id. Under ``data``: Label Studio cannot filter by ``meta``."""


@dataclass(frozen=True, slots=True)
class Due:
    """A task that a project shall hold; it is made when it is sent, since tasks are large."""

    key: str
    """The passage id, or what else the task is known by."""
    text: str
    make: Callable[[], Json]
    assisted: bool = False
    """Whether it comes with a prediction."""

    @classmethod
    def of(cls, task: Json) -> Due:
        """Return a task that is made already."""
        data, assisted = task["data"], bool(task.get("predictions"))
        return cls(data[KEY], data["text"], lambda: task, assisted)


_UNSAFE = "\"'<>`\\"


def task_data(
    article: Article, passages: list[Passage], position: int, *, codebook: str, note: str = ""
) -> Json:
    """Return a task's data for one passage of an article, with its neighbours for context.

    Args:
        article: where the passage stands.
        passages: all passages of the article, in order.
        position: which of them.
        codebook: hash of the codebook: a pull can then tell under which one it was judged.
        note: what the annotator has to look at, shown above everything else.
    """
    passage = passages[position]
    before = passages[position - 1].text if position > 0 else ""
    after = passages[position + 1].text if position + 1 < len(passages) else ""
    return {
        KEY: passage.id,
        CODEBOOK: codebook,
        "text": passage.text,
        "title": article.title or "",
        "previous": before,
        "next": after,
        "url": _link(article.url),
        "note": note,
    }


def _link(url: str | None) -> str:
    """Return an address that may stand in the interface's HTML; empty when it is none of the web.

    The interface makes a link of it, and would run javascript: as readily as it opens http:.
    What could end the attribute that it stands in is written in its percent-encoded form.
    """
    if not url or not url.lower().startswith(("http://", "https://")):
        return ""
    return "".join(quote(c) if c in _UNSAFE or c <= " " else c for c in url)


def prediction(passage: Passage, predicted: Prediction) -> Json:
    """Return a task's prediction: spans as regions, decided issues as ticks."""
    owner = _owner(f"{predicted.model}{passage.id}")
    result = [_region(passage.text, span, owner) for span in predicted.spans]
    if predicted.present:
        result.append(_choices(list(predicted.present)))
    scores = [predicted.issues[issue] for issue in predicted.present]
    return {
        "model_version": predicted.model,
        "score": sum(scores) / len(scores) if scores else 0.0,
        "result": result,
    }


def annotation(passage: Passage, given: Annotation) -> Json:
    """Return the body that writes an annotation through the API, under its own id.

    The server's own id of a parent prediction is not known here, so the annotation is written
    without one: ``submit`` takes blind annotations only.
    """
    owner = _owner(given.id)
    result = [_region(passage.text, span, owner) for span in given.spans]
    ticked = [k for k, value in given.issues.items() if value is Judgement.PRESENT]
    if Judgement.NOT_JUDGED in given.issues.values():
        ticked.append(CANNOT_JUDGE)
    elif not ticked:
        ticked.append(NONE_OF_THESE)
    result.append(_choices(ticked))
    if given.comment:
        result.append(
            {
                "from_name": COMMENT,
                "to_name": TEXT,
                "type": "textarea",
                "value": {"text": [given.comment]},
            }
        )
    body: Json = {"result": result, "unique_id": given.id}
    if given.lead_time_s is not None:
        body["lead_time"] = given.lead_time_s
    return body


def _owner(name: str) -> str:
    """Return how the ids of all regions of a prediction or annotation begin."""
    return f"r{sha256(name)[:10]}"


def _region(text: str, span: Span, owner: str) -> Json:
    return {
        "id": f"{owner}-{span.start}-{span.end}-{span.label}",
        "from_name": ENTITIES,
        "to_name": TEXT,
        "type": "labels",
        "value": {
            "start": span.start,
            "end": span.end,
            "text": text[span.start : span.end],
            "labels": [span.label],
        },
        "origin": span.origin if isinstance(span, AnnotatedSpan) else "prediction",
    }


def _choices(ids: list[str]) -> Json:
    return {
        "from_name": ISSUES,
        "to_name": TEXT,
        "type": "choices",
        "value": {"choices": ids},
    }


def is_blind(passage_id: str, share: float) -> bool:
    """Tell whether a passage is in the blind arm: a fixed share, chosen by hash."""
    return int(sha256(passage_id)[:8], 16) / 0x1_0000_0000 < share
