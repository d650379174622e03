"""A project, or an export file → the tasks in it, raw, as the server tells them."""

from __future__ import annotations

import json
import time
from pathlib import Path

from annotation.labelstudio.client import ONCE, Connection, translated
from annotation.labelstudio.project import Project
from schemas.errors import RecordError, ServerError
from schemas.jsonl import read_bytes

_POLL_S = 0.5
_WAIT_S = 600


def fetch(connection: Connection, project: Project) -> list[object]:
    """Return a snapshot of all tasks with their annotations and drafts.

    A snapshot, not the plain export: that one leaves tasks out whose annotators skipped them,
    and keeps a full copy on the server's disk at every call.

    Raises:
        ServerError: the server does not make the snapshot.
    """
    exports = connection.client.projects.exports
    with translated(connection.url):
        made = exports.create(project.id, title="miyar pull", request_options=ONCE)
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
    return _tasks(read_bytes(path), str(path))


def _tasks(body: bytes, where: str) -> list[object]:
    try:
        tasks = json.loads(body)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RecordError(
            f"{where} is not JSON ({error}); export the project as JSON (not CSV, CONLL …)."
        ) from error
    if not isinstance(tasks, list):
        raise RecordError(
            f"{where}: got a JSON {type(tasks).__name__}, expected a list of tasks; export the "
            "project as JSON."
        )
    if tasks and all(isinstance(t, dict) and "annotations" not in t for t in tasks):
        keys = ", ".join(map(str, list(tasks[0])[:6]))
        raise RecordError(
            f"{where} holds no annotations (keys: {keys} …): it looks like a JSON-MIN export, "
            "which loses region ids, skips and relations; export the project as JSON."
        )
    return tasks
