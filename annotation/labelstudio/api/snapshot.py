"""A project, or an export file → the tasks in it, raw, as the server tells them."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from label_studio_sdk.types.export import Export

from annotation.labelstudio.api.client import ONCE, Connection, translated
from annotation.labelstudio.api.patience import FAILURES, Fate, Unreadable, asked_to_wait, fate_of
from annotation.labelstudio.api.sending import send
from annotation.labelstudio.api.task_stream import CHUNK, tasks_in
from annotation.labelstudio.project import Project
from schemas.errors import ServerError
from schemas.jsonl import byte_chunks

TITLE = "miyar pull"
_POLL_S = 0.5
_KEPT = timedelta(days=1)

log = logging.getLogger(__name__)


def fetch(connection: Connection, project: Project, *, view: int | None = None) -> list[object]:
    """Return a snapshot of all tasks, or of those of a view, with annotations and drafts.

    A snapshot, not the plain export: that one leaves tasks out whose annotators skipped them,
    and keeps a full copy on the server's disk at every call.

    What the server wrote is checked against what arrives: a part of the tasks would look like
    annotations that were deleted.

    Raises:
        ServerError: the server does not make the snapshot, or it never arrives whole.
    """
    chosen: dict[str, Any] = {"task_filter_options": {"view": view}} if view else {}
    title = f"{TITLE} {uuid4().hex[:12]}"
    _make(connection, project, title, chosen)
    made = _finished(connection, project, title)
    body = _download(connection, project, made)
    _remove(connection, project, title)
    tasks = _tasks(body, f"the snapshot from {connection.url}")
    counted = (made.counters or {}).get("task_number")
    if counted is not None and counted != len(tasks):
        raise ServerError(
            f"{connection.url}: snapshot {made.id} holds {len(tasks)} tasks, but Label Studio "
            f"counted {counted}; pull again."
        )
    return tasks


def _make(connection: Connection, project: Project, title: str, chosen: dict[str, Any]) -> None:
    """Have the server make a snapshot; it answers when that is done, or breaks off before."""
    exports = connection.client.projects.exports

    def request(_: Sequence[str]) -> None:
        made = exports.create(project.id, title=title, request_options=ONCE, **chosen)
        if made.id is None:
            raise Unreadable(f"{connection.url} made a snapshot without an id")

    send(
        connection,
        [title],
        request=request,
        missing=lambda _: [] if _snapshots(connection, project, title) else [title],
        what="snapshot",
    )


def _snapshots(connection: Connection, project: Project, title: str) -> list[Export]:
    with translated(connection.url):
        found = connection.client.projects.exports.list(project.id)
    return [export for export in found if (export.title or "").startswith(title)]


def _finished(connection: Connection, project: Project, title: str) -> Export:
    """Wait for a snapshot that is ready; of several with the title any one will do."""
    deadline = time.monotonic() + connection.patience.timeout_s
    while True:
        found = _snapshots(connection, project, title)
        for export in found:
            if export.status == "completed":
                return export
        states = ", ".join(sorted({str(export.status) for export in found})) or "gone"
        if time.monotonic() > deadline or all(export.status == "failed" for export in found):
            raise ServerError(f"{connection.url}: the snapshot for a pull is {states}; pull again.")
        connection.patience.pause(_POLL_S)


def _download(connection: Connection, project: Project, made: Export) -> bytes:
    """Download a snapshot as often as it takes to get exactly what the server wrote."""
    exports, patience = connection.client.projects.exports, connection.patience
    for attempt in range(1, patience.tries + 1):
        try:
            chunks = exports.download(
                project.id,
                int(made.id or 0),
                export_type="JSON",
                request_options={**ONCE, "chunk_size": 1 << 20},
            )
            body = b"".join(chunks)
            found = hashlib.md5(body, usedforsecurity=False).hexdigest()
            if made.md5 and found != made.md5:
                raise Unreadable(f"{len(body)} bytes of the snapshot are not what was written")
        except FAILURES as error:
            if fate_of(error) is Fate.REFUSED or attempt == patience.tries:
                with translated(connection.url):
                    raise
            log.warning("snapshot %s: %s; again", made.id, type(error).__name__)
            patience.wait(attempt, asked_to_wait(error))
        else:
            return body
    raise AssertionError("unreachable: the last attempt returns or raises")


def _remove(connection: Connection, project: Project, title: str) -> None:
    """Remove our snapshots from the server's disk, and those of pulls that were killed long ago.

    What cannot be removed now is removed by a later pull.
    """
    long_ago = datetime.now(UTC) - _KEPT
    try:
        for export in _snapshots(connection, project, TITLE):
            made_at = export.created_at or datetime.now(UTC)
            if (export.title or "") == title or made_at < long_ago:
                with translated(connection.url):
                    connection.client.projects.exports.delete(
                        project.id, int(export.id or 0), request_options=ONCE
                    )
    except ServerError as error:
        log.warning("a snapshot stays on the server: %s", error)


def stream_export(path: Path) -> Iterator[object]:
    """Yield the tasks of an export file one by one, so that it need not fit into memory.

    Raises:
        RecordError: the file is missing or is not a JSON export; also after some tasks were
            yielded.
    """
    return tasks_in(byte_chunks(path, CHUNK), str(path))


def _tasks(body: bytes, where: str) -> list[object]:
    chunks = (body[i : i + CHUNK] for i in range(0, len(body), CHUNK))
    return list(tasks_in(chunks, where, from_server=True))
