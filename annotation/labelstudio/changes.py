"""What a project holds since some moment, or where somebody has worked: a part of a snapshot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from annotation.labelstudio.client import ONCE, Connection, translated
from annotation.labelstudio.project import Project
from annotation.labelstudio.snapshot import fetch

VIEW_TITLE = "miyar (while reading)"
OVERLAP = timedelta(minutes=10)
"""How far an incremental pull reaches back: a change may be stored later than it is dated."""
_WORKED_ON = (
    ("total_annotations", "greater", "Number", 0),
    ("cancelled_annotations", "greater", "Number", 0),
    ("draft_exists", "equal", "Boolean", True),
)


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
    items = [
        {"filter": f"filter:tasks:{field}", "operator": operator, "type": kind, "value": value}
        for field, operator, kind, value in conditions
    ]
    data: Any = {"title": VIEW_TITLE, "filters": {"conjunction": "or", "items": items}}
    views = connection.client.views
    with translated(connection.url):
        # One that was left behind by a killed pull is taken over, not added to.
        old = [
            v.id
            for v in views.list(project=project.id)
            if (v.data or {}).get("title") == VIEW_TITLE
        ]
        for number in old:
            views.delete(id=str(number), request_options=ONCE)
        made = views.create(project=project.id, data=data, request_options=ONCE)
    try:
        return fetch(connection, project, view=made.id)
    finally:
        with translated(connection.url):
            views.delete(id=str(made.id), request_options=ONCE)


def latest_change(export: list[object]) -> datetime | None:
    """Return the newest time of change among the tasks of an export, by the server's clock."""
    times = [
        datetime.fromisoformat(str(task["updated_at"]))
        for task in export
        if isinstance(task, dict) and task.get("updated_at")
    ]
    return max((t if t.tzinfo else t.replace(tzinfo=UTC) for t in times), default=None)
