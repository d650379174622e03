"""A project or an export file → the workspace's annotations, one file a pull, rejects beside it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from annotation.labelstudio.accounts import UNNAMED
from annotation.labelstudio.client import ONCE, Connection, translated
from annotation.labelstudio.project import Project
from schemas.annotation import Annotation
from schemas.errors import RecordError, ServerError
from schemas.jsonl import dump, read_bytes, write
from schemas.ledger import Ledger
from schemas.workspace import Workspace

_POLL_S = 0.5
_WAIT_S = 600

log = logging.getLogger(__name__)


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


@dataclass(frozen=True)
class Pulled:
    """What a pull changed."""

    new: int
    changed: int
    withdrawn: int
    """Known annotations that were skipped, emptied or rejected since."""
    unchanged: int
    file: Path | None
    """The annotation file written, if anything was new or changed."""
    rejects: Path | None
    """The file that holds the rejects of this pull, if there are any."""


def store(
    workspace: Workspace,
    annotations: Sequence[Annotation],
    ledger: Ledger,
    *,
    refused: Set[str] = frozenset(),
    dry_run: bool,
) -> Pulled:
    """Add what is new or changed to the workspace; the same pull twice adds nothing.

    Args:
        workspace: where to.
        annotations: what the export holds.
        ledger: of reading the export.
        refused: ids that the export holds but that do not count: what the workspace has under
            them is withdrawn.
        dry_run: count only.

    Raises:
        GateError: the ledger does not add up; nothing is written.
    """
    ledger.check()
    known = {record.id: record for record in workspace.annotations()}
    annotations = [_with_known_name(a, known.get(a.id)) for a in annotations]
    fresh = [a for a in annotations if a.id not in known]
    withdrawn = [
        record.model_copy(update={"withdrawn": True})
        for record in known.values()
        if record.id in refused
    ]
    changed = [a for a in annotations if a.id in known and a.content != known[a.id].content]
    target = workspace.annotations_dir / f"pull-{_next_number(workspace):04d}.jsonl"
    file = target if fresh or changed or withdrawn else None
    rejects = _rejects_file(workspace, target, ledger)
    if not dry_run:
        if rejects:
            write(rejects, ledger.rejects)
        if file:
            records = sorted(
                fresh + changed + withdrawn, key=lambda a: (a.passage_id, a.annotator, a.id)
            )
            write(file, records)
    return Pulled(
        new=len(fresh),
        changed=len(changed),
        withdrawn=len(withdrawn),
        unchanged=len(annotations) - len(fresh) - len(changed),
        file=file,
        rejects=rejects if rejects and rejects.is_file() else None,
    )


def _with_known_name(found: Annotation, known: Annotation | None) -> Annotation:
    """Keep the annotator's name where an export file gives only a number for it."""
    if known and found.annotator.startswith(UNNAMED):
        return found.model_copy(update={"annotator": known.annotator})
    return found


def _next_number(workspace: Workspace) -> int:
    numbers = [
        int(p.name[5:9]) for p in workspace.annotations_dir.glob("pull-[0-9][0-9][0-9][0-9].*")
    ]
    return max(numbers, default=0) + 1


def _rejects_file(workspace: Workspace, target: Path, ledger: Ledger) -> Path | None:
    """Return where the rejects go: the file that holds exactly these already, else a new one."""
    if not ledger.rejects:
        return None
    text = dump(ledger.rejects)
    for path in sorted(workspace.annotations_dir.glob("*.rejects.jsonl")):
        if path.read_text(encoding="utf-8") == text:
            return path
    return target.with_name(target.stem + ".rejects.jsonl")
