"""Annotations that a workspace holds → a project, written as their annotators.

Their ``unique_id`` makes it idempotent: the server refuses a second one with the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from label_studio_sdk import LabelStudio
from label_studio_sdk.core.api_error import ApiError

from annotation.labelstudio.client import ONCE, Connection, client_for, translated
from annotation.labelstudio.tasks import annotation
from schemas.annotation import Annotation, Arm
from schemas.article import Passage
from schemas.errors import RecordError

_CONFLICT = 409


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
    clients = {name: client_for(connection.url, token) for name, token in tokens.items()}
    written = 0
    for record in given:
        body = annotation(passages[record.passage_id], record)
        with translated(connection.url):
            written += _create(clients[record.annotator], task_ids[record.passage_id], body)
        on_each()
    return written


def _create(client: LabelStudio, task: int, body: dict[str, object]) -> bool:
    try:
        client.annotations.create(id=task, request_options=ONCE, **body)
    except ApiError as error:
        if error.status_code == _CONFLICT:
            return False
        raise
    return True
