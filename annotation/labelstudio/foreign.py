"""Label Studio's JSON → one task, one annotation: what can be read of it, and what is wrong.

Exports differ by server version, by options, and by whoever edited the file. What says the same
in another form is read; what is missing or cannot be understood is named.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from annotation.labelstudio.accounts import DOMAIN, UNNAMED
from annotation.labelstudio.tasks import CODEBOOK, KEY
from schemas.record import content_id

UNKNOWN = f"{UNNAMED}unknown"
"""The annotator of annotations that name nobody, such as those of a deleted account."""
SHOWN = 120
_LONGEST_ID = 200
_TRUTHS: dict[object, bool] = {True: True, False: False, None: False, "true": True, "false": False}
_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = SHOWN
_REPR.maxdict = _REPR.maxlist = 8


class UnreadableError(ValueError):
    """A task or annotation cannot be read; the message says what of it."""


@dataclass(slots=True)
class Task:
    """A task as exported."""

    id: int | None
    key: str | None
    """What should be the id of a passage."""
    text: object
    codebook: object
    annotations: list[Any]
    drafts: list[Any]
    predictions: object
    """A list of ids, or of whole predictions, as the exporter chose."""


@dataclass(slots=True)
class Submitted:
    """An annotation as exported, apart from what its regions say."""

    id: str | None
    """Its ``unique_id``; without one, an id that its place on the server and its time give."""
    id_made: bool
    user: int | None
    annotator: str | None
    """``None`` when it names nobody."""
    editor: int | None
    result: list[Any]
    cancelled: bool
    created: datetime
    updated: datetime | None
    lead_time: float | None
    parent: int | None
    prediction: object
    whole: bool
    """False when something of this cannot be read and is left out."""


def shown(value: object) -> str:
    """Return a value as a message can hold it: short, on one line, whatever is in it."""
    try:
        text = _REPR.repr(value)
    except (ValueError, RecursionError):  # a number of 5,000 digits
        text = f"a {type(value).__name__}"
    return text[:SHOWN]


def read_task(raw: object) -> Task:
    """Read a task.

    Raises:
        UnreadableError: it is not of the form of a JSON export.
    """
    if not isinstance(raw, dict):
        raise UnreadableError(f"got {shown(raw)}, expected a task")
    data, annotations, drafts = raw.get("data"), raw.get("annotations"), raw.get("drafts")
    if not isinstance(annotations, list):
        keys = ", ".join(shown(key) for key in list(raw)[:6])
        found = "no annotations" if annotations is None else f"annotations {shown(annotations)}"
        raise UnreadableError(f"{found} (keys: {keys}); export as JSON, not as JSON-MIN")
    if not isinstance(data, dict):
        raise UnreadableError(f"data is {shown(data)}, expected the task's fields")
    key = data.get(KEY)
    return Task(
        id=_number(raw.get("id")),
        key=key if isinstance(key, str) else None,
        text=data.get("text"),
        codebook=data.get(CODEBOOK),
        annotations=annotations,
        drafts=drafts if isinstance(drafts, list) else [] if drafts is None else [drafts],
        predictions=raw.get("predictions"),
    )


def identity(raw: object, key: str | None) -> str | None:
    """Return the id of an annotation of the task with a key, the same at every pull.

    Annotations from before Label Studio had ``unique_id`` have none, on an upgraded server too:
    then number and time of creation make one. ``None`` when they are missing as well.
    """
    if not isinstance(raw, dict):
        return None
    unique = raw.get("unique_id")
    if isinstance(unique, str) and 0 < len(unique) <= _LONGEST_ID and unique.isprintable():
        return unique
    number, created = _number(raw.get("id")), _time(raw.get("created_at"))
    if number is None or created is None or key is None:
        return None
    return content_id("n", key, str(number), created.isoformat())


def read_annotation(raw: object, key: str | None, names: Mapping[int, str]) -> Submitted:
    """Read an annotation of the task with a key.

    Raises:
        UnreadableError: something is wrong without which it cannot count.
    """
    if not isinstance(raw, dict):
        raise UnreadableError(f"got {shown(raw)}, expected an annotation")
    result, cancelled = raw.get("result"), raw.get("was_cancelled")
    created, parent = _time(raw.get("created_at")), raw.get("parent_prediction")
    number = _id_of(parent)
    if not (result is None or isinstance(result, list)):
        raise UnreadableError(f"result is {shown(result)}, expected a list")
    try:
        skipped = _TRUTHS[cancelled]
    except (KeyError, TypeError):  # a list cannot even be looked up
        expected = f"was_cancelled is {shown(cancelled)}, expected true or false"
        raise UnreadableError(expected) from None
    if created is None:
        raise UnreadableError(f"created_at is {shown(raw.get('created_at'))}, expected a time")
    if number is None and parent is not None:
        # Assisted or blind: not to be guessed, as arms are compared.
        raise UnreadableError(f"parent_prediction is {shown(parent)}, expected a number")
    user, annotator = _annotator(raw.get("completed_by"), names)
    lead_time, updated = raw.get("lead_time"), raw.get("updated_at")
    seconds, changed = _seconds(lead_time), _time(updated)
    unique_id = identity(raw, key)
    return Submitted(
        id=unique_id,
        id_made=unique_id != raw.get("unique_id"),
        user=user,
        annotator=annotator,
        editor=_id_of(raw.get("updated_by")),
        result=result or [],
        cancelled=skipped,
        created=created,
        updated=changed if changed != created else None,
        lead_time=seconds,
        parent=number,
        prediction=parent if isinstance(parent, dict) else raw.get("prediction"),
        whole=(seconds is None) is (lead_time is None) and (changed is None) is (updated is None),
    )


def parent_model(given: Submitted, task: Task) -> str | None:
    """Return the model whose prediction an annotation descends from, as far as it is exported."""
    if given.parent is None:
        return None
    listed = task.predictions if isinstance(task.predictions, list) else []
    for shown_one in (given.prediction, *listed):
        if isinstance(shown_one, dict) and _number(shown_one.get("id")) == given.parent:
            model = shown_one.get("model_version")
            if isinstance(model, str) and model.isprintable() and model:
                return model
    return f"prediction {given.parent}"


def _annotator(user: object, names: Mapping[int, str]) -> tuple[int | None, str | None]:
    """Return a user's number and name; each ``None`` when it is not told.

    A user is a number, an address, or an object with both, by version and options.
    """
    number = _id_of(user)
    if number is not None and number in names:
        return number, names[number]
    given = (user.get("email") or user.get("username")) if isinstance(user, dict) else user
    if isinstance(given, str) and given.strip() and given.isprintable() and not given.isdecimal():
        return number, given.strip().removesuffix(f"@{DOMAIN}")
    return number, None if number is None else f"{UNNAMED}{number}"


def _id_of(value: object) -> int | None:
    """Return the id of what stands there by its id, or whole."""
    return _number(value.get("id") if isinstance(value, dict) else value)


def _number(value: object) -> int | None:
    """Return an id of the server; not a Boolean, nor what no database could hold."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63:
        return value
    return None


def _time(value: object) -> datetime | None:
    """Return a time in UTC; one without a zone is UTC, which Label Studio's are."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        if time.tzinfo is UTC:
            return time
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
