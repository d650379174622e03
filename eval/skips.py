"""The rejects of all pulls → how many tasks each annotator skipped."""

from __future__ import annotations

import json
import re
from collections import Counter

from schemas.jsonl import read
from schemas.ledger import Reason, Reject, Unit
from schemas.workspace import Workspace

_WHO = re.compile(r"unique_id '?(?P<id>[^' ]+)'? by (?:\{.*?'id': )?(?P<user>\d+)")
"""How a reject names an annotation and its author: by the user's number on the server."""


def count_skipped(workspace: Workspace) -> dict[str, int] | None:
    """Return annotator → tasks that are skipped; ``None`` when no pull told.

    A skip stands in the rejects of the pull that saw it first. One that was annotated later has
    an annotation of the same id, and counts no longer.
    """
    users = workspace.label_studio_dir / "users.json"
    if not users.is_file():
        return None
    names = json.loads(users.read_text(encoding="utf-8"))
    taken = {annotation.id for annotation in workspace.annotations()}
    skipped: dict[str, str] = {}
    for path in sorted(workspace.annotations_dir.glob("*.rejects.jsonl")):
        for reject in read(path, Reject):
            found = _WHO.match(reject.detail)
            if (reject.unit, reject.reason) == (Unit.ANNOTATIONS, Reason.SKIPPED) and found:
                skipped[found["id"]] = names.get(found["user"], f"user-{found['user']}")
    return dict(Counter(name for key, name in skipped.items() if key not in taken))
