"""The adjudication project of a workspace on a server: found again, or made, and kept tidy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotation.labelstudio.adjudication.config import (
    adjudication_config,
    adjudication_instructions,
)
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.listing import CHUNK, condition, mark_of, rows
from annotation.labelstudio.api.lookup import create
from annotation.labelstudio.interface.config import instructions
from annotation.labelstudio.interface.lock import answers
from annotation.labelstudio.project import (
    Project,
    as_project,
    find_linked,
    made_project,
    project_title,
)
from schemas.codebook import Codebook
from schemas.errors import GateError


def adjudication_title(codebook: Codebook, workspace: str) -> str:
    """Return the title by which a workspace's adjudication project is found again."""
    return project_title(codebook, workspace, "adjudication")


def find_adjudication(
    connection: Connection, codebook: Codebook, title: str, link: Path | None
) -> Project | None:
    """Find the adjudication project that the link file remembers, else the one with the title.

    Raises:
        GateError: it stores other answers than adjudication under this codebook needs.
    """
    found = find_linked(connection, codebook, title, link)
    if found is None:
        return None
    if answers(found.label_config or "") != answers(adjudication_config(codebook)):
        raise GateError(
            f"project {found.id} “{found.title}” on {connection.url} stores other answers than "
            "adjudication under this codebook needs: somebody edited it there, or it is no "
            "adjudication project. Push to a new one with --project TITLE."
        )
    return as_project(connection, codebook, found)


def make_adjudication(connection: Connection, codebook: Codebook, title: str) -> Project:
    """Make the adjudication project; each dispute is decided by one person."""
    number = create(
        connection,
        title,
        label_config=adjudication_config(codebook),
        expert_instruction=adjudication_instructions(codebook, instructions(codebook)),
        show_instruction=True,
        maximum_annotations=1,
        show_collab_predictions=True,
        sampling="Sequential sampling",
    )
    return made_project(connection, codebook, number)


def made_by_push(connection: Connection, project: Project, tasks: Sequence[int]) -> list[int]:
    """Return those of a project's tasks that a push of Miyar made."""
    found: list[int] = []
    for first in range(0, len(tasks), CHUNK):
        chosen = condition("id", "in_list", list(tasks[first : first + CHUNK]))
        found += [
            int(row["id"]) for row in rows(connection, project, "id,meta", [chosen]) if mark_of(row)
        ]
    return found
