"""A project, or an export file → the tasks in it, raw, as the server tells them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotation.labelstudio.client import ONCE, Connection, translated
from annotation.labelstudio.project import Project
from annotation.labelstudio.task_stream import CHUNK, tasks_in
from schemas.errors import ServerError
from schemas.jsonl import byte_chunks

_POLL_S = 0.5
_WAIT_S = 600


def fetch(connection: Connection, project: Project, *, view: int | None = None) -> list[object]:
    """Return a snapshot of all tasks, or of those of a view, with annotations and drafts.

    A snapshot, not the plain export: that one leaves tasks out whose annotators skipped them,
    and keeps a full copy on the server's disk at every call.

    Raises:
        ServerError: the server does not make the snapshot.
    """
    exports = connection.client.projects.exports
    with translated(connection.url):
        chosen: dict[str, Any] = {"task_filter_options": {"view": view}} if view else {}
        made = exports.create(project.id, title="miyar pull", request_options=ONCE, **chosen)
        number, status = int(made.id or 0), str(made.status)
        deadline = time.monotonic() + _WAIT_S
        while status not in ("completed", "failed") and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            status = str(exports.get(project.id, number).status)
        if status != "completed":
            raise ServerError(
                f"{connection.url}: snapshot {number} ended as {status!r}; pull again."
            )
        chunks = exports.download(
            project.id, number, export_type="JSON", request_options={"chunk_size": 1 << 20}
        )
        body = b"".join(chunks)
        exports.delete(project.id, number, request_options=ONCE)
    return _tasks(body, f"the snapshot from {connection.url}")


def read_export(path: Path) -> list[object]:
    """Return the tasks of an export file.

    Raises:
        RecordError: the file is missing or is not a JSON export.
    """
    return list(stream_export(path))


def stream_export(path: Path) -> Iterator[object]:
    """Yield the tasks of an export file one by one, so that it need not fit into memory.

    Raises:
        RecordError: as for :func:`read_export`; also after some tasks were yielded.
    """
    return tasks_in(byte_chunks(path, CHUNK), str(path))


def _tasks(body: bytes, where: str) -> list[object]:
    return list(tasks_in((body[i : i + CHUNK] for i in range(0, len(body), CHUNK)), where))
