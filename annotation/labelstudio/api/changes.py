"""What a project holds since some moment, or where somebody has worked: a part of a snapshot."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from annotation.labelstudio.api.client import ONCE, Connection, translated
from annotation.labelstudio.api.listing import condition
from annotation.labelstudio.api.sending import send
from annotation.labelstudio.api.snapshot import fetch
from annotation.labelstudio.project import Project
from schemas.errors import ServerError

VIEW_TITLE = "miyar reads"
OVERLAP = timedelta(minutes=10)
"""How far an incremental pull reaches back: a change may be stored later than it is dated."""
_KEPT = timedelta(days=1)
_WORKED_ON = (
    ("total_annotations", "greater", "Number", 0),
    ("cancelled_annotations", "greater", "Number", 0),
    ("draft_exists", "equal", "Boolean", True),
)

log = logging.getLogger(__name__)


def fetch_since(connection: Connection, project: Project, since: datetime) -> list[object]:
    """Return the tasks that changed since a moment of the server's clock, and a little before.

    A task changes when an annotation is submitted, edited, skipped or deleted.
    """
    at = (since.astimezone(UTC) - OVERLAP).isoformat().replace("+00:00", "Z")
    return _fetch_where(connection, project, [("updated_at", "greater", "Datetime", at)])


def fetch_worked_on(connection: Connection, project: Project) -> list[object]:
    """Return the tasks that somebody has annotated, skipped or begun."""
    return _fetch_where(connection, project, list(_WORKED_ON))


def _fetch_where(
    connection: Connection, project: Project, conditions: list[tuple[str, str, str, object]]
) -> list[object]:
    """Fetch through a view of the data manager: snapshots know no other filter."""
    items = [condition(field, operator, value, kind) for field, operator, kind, value in conditions]
    title = f"{titled(datetime.now(UTC))} {uuid4().hex[:12]}"
    data: Any = {"title": title, "filters": {"conjunction": "or", "items": items}}
    views = connection.client.views

    def request(_: Sequence[str]) -> None:
        views.create(project=project.id, data=data, request_options=ONCE)

    def ours() -> list[int]:
        return [number for number, name in _views(connection, project) if name == title]

    send(
        connection,
        [title],
        request=request,
        missing=lambda _: [] if ours() else [title],
        what="view",
    )
    try:
        return fetch(connection, project, view=ours()[0])
    finally:
        _remove(connection, project, title)


def titled(at: datetime) -> str:
    """Return how the titles of views begin that are made at a time; they sort by it."""
    return f"{VIEW_TITLE} {at:%Y-%m-%d %H:%M}"


def _views(connection: Connection, project: Project) -> list[tuple[int, str]]:
    with translated(connection.url):
        found = connection.client.views.list(project=project.id)
    return [(int(view.id or 0), str((view.data or {}).get("title", ""))) for view in found]


def _remove(connection: Connection, project: Project, title: str) -> None:
    """Remove our view, and those of pulls that were killed long ago.

    What cannot be removed now is removed by a later pull.
    """
    long_ago = titled(datetime.now(UTC) - _KEPT)
    try:
        for number, name in _views(connection, project):
            if name == title or (name.startswith(VIEW_TITLE) and name < long_ago):
                with translated(connection.url):
                    connection.client.views.delete(id=str(number), request_options=ONCE)
    except ServerError as error:
        log.warning("a view stays in %s: %s", project.page, error)


def latest_change(export: list[object]) -> datetime | None:
    """Return the newest time of change among the tasks of an export, by the server's clock."""
    times = [
        datetime.fromisoformat(str(task["updated_at"]))
        for task in export
        if isinstance(task, dict) and task.get("updated_at")
    ]
    return max((t if t.tzinfo else t.replace(tzinfo=UTC) for t in times), default=None)
