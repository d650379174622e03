"""Annotations that a workspace holds → a project, written as their annotators.

Their ``unique_id`` makes it idempotent: the server refuses a second one with the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus

from label_studio_sdk import LabelStudio
from label_studio_sdk.core.api_error import ApiError

from annotation.labelstudio.api.client import ONCE, Connection, client_for, translated
from annotation.labelstudio.api.patience import FAILURES, Fate, Patience, asked_to_wait, fate_of
from annotation.labelstudio.tasks import annotation
from schemas.annotation import Annotation, Arm
from schemas.article import Passage
from schemas.errors import RecordError

_DUPLICATE = "unique id already exists"


def submit(
    connection: Connection,
    annotations: Iterable[Annotation],
    *,
    passages: dict[str, Passage],
    task_ids: dict[str, int],
    tokens: dict[str, str],
    on_each: Callable[[], None],
) -> int:
    """Write annotations; return how many the server did not have yet.

    Args:
        connection: the server.
        annotations: what to write.
        passages: the workspace's passages by id.
        task_ids: passage id → task id.
        tokens: annotator → token: each annotation is written as its own annotator.
        on_each: called after each annotation.

    Raises:
        RecordError: an annotation names a passage without a task or an annotator without an
            account, or began from a prediction; nothing is written then.
        ServerError: the server refuses.
    """
    given = list(annotations)
    for record in given:
        if record.passage_id not in task_ids or record.passage_id not in passages:
            raise RecordError(
                f"annotation {record.id} names passage {record.passage_id}, which has no task; "
                "run `miyar annotation push` first."
            )
        if record.decides:
            raise RecordError(
                f"annotation {record.id} is an adjudication, and would come back as an annotator's "
                "own answer; leave it out."
            )
        if record.arm is not Arm.BLIND:
            raise RecordError(
                f"annotation {record.id} began from a prediction, and would come back as if it had "
                "not; only blind annotations can be written to a server."
            )
        if record.annotator not in tokens:
            raise RecordError(
                f"annotation {record.id} is by {record.annotator!r}, who has no account; known: "
                f"{', '.join(sorted(tokens)) or 'nobody'}."
            )
    with translated(connection.url):
        clients = {
            name: client_for(connection.url, token, connection.patience)
            for name, token in tokens.items()
        }
    written = 0
    for record in given:
        body = annotation(passages[record.passage_id], record)
        with translated(connection.url):
            written += create_once(
                clients[record.annotator], task_ids[record.passage_id], body, connection.patience
            )
        on_each()
    return written


def create_once(
    client: LabelStudio, task: int, body: dict[str, object], patience: Patience
) -> bool:
    """Write one annotation; return whether it was not there before.

    No look is needed before it is sent again: the database itself refuses a second annotation
    with the same unique id, also when the first one arrives late.
    """
    sure = True
    for attempt in range(1, patience.tries + 1):
        try:
            client.annotations.create(id=task, request_options=ONCE, **body)
        except FAILURES as error:
            if _is_there(error):
                return not sure
            fate = fate_of(error)
            if fate is Fate.REFUSED or attempt == patience.tries:
                raise
            sure = sure and fate is not Fate.UNKNOWN
            patience.wait(attempt, asked_to_wait(error))
        else:
            return True
    raise AssertionError("unreachable: the last attempt returns or raises")


def _is_there(error: Exception) -> bool:
    """Tell whether the server refuses since it has the annotation: others may answer 409 too."""
    if not isinstance(error, ApiError) or error.status_code != HTTPStatus.CONFLICT:
        return False
    return isinstance(error.body, dict) and _DUPLICATE in str(error.body.get("detail"))
