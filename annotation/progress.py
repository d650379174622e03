"""The state of a workspace's project, read from the server."""

from __future__ import annotations

from datetime import UTC, datetime

from annotation.labelstudio.accounts import names_by_user
from annotation.labelstudio.api.changes import fetch_worked_on
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.mirror import pushed_tasks
from annotation.labelstudio.progress import Progress, progress
from annotation.labelstudio.project import overlap_of
from annotation.projects import open_project
from schemas.workspace import Workspace


def run_status(
    workspace: Workspace, connection: Connection, *, title: str | None = None
) -> Progress:
    """Count what annotators have done in the workspace's project; nothing is written."""
    project = open_project(workspace, connection, title)
    pushed = [task.passage_id for task in pushed_tasks(workspace, project)]
    return progress(
        fetch_worked_on(connection, project),
        title=project.title,
        page=project.page,
        passages=pushed or [passage.id for passage in workspace.passages()],
        overlap=overlap_of(connection, project),
        names=names_by_user(connection),
        now=datetime.now(UTC),
    )
