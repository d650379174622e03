"""The adjudication project of a workspace on a server: found again, or made, and kept tidy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotation.labelstudio.adjudication_config import (
    adjudication_config,
    adjudication_instructions,
)
from annotation.labelstudio.adjudication_tasks import MERGED
from annotation.labelstudio.client import ONCE, Connection, translated
from annotation.labelstudio.config import instructions
from annotation.labelstudio.listing import CHUNK, condition, rows
from annotation.labelstudio.lock import answers
from annotation.labelstudio.lookup import create, find
from annotation.labelstudio.project import Project
from annotation.labelstudio.sending import send
from schemas.codebook import Codebook
from schemas.errors import GateError

_TITLE_MAX = 50  # Label Studio's limit
_IDLE = (
    condition("total_annotations", "equal", 0),
    condition("cancelled_annotations", "equal", 0),
    condition("draft_exists", "equal", value=False, kind="Boolean"),
)
"""Filters that leave only tasks that nobody has answered, skipped or begun."""


def adjudication_title(codebook: Codebook, workspace: str) -> str:
    """Return the title by which a workspace's adjudication project is found again."""
    ending = f" · {codebook.short_hash} · adjudication"
    return f"{workspace} · {codebook.id}"[: _TITLE_MAX - len(ending)] + ending


def find_adjudication(
    connection: Connection, codebook: Codebook, title: str, link: Path | None
) -> Project | None:
    """Find the adjudication project that the link file remembers, else the one with the title.

    Raises:
        GateError: it stores other answers than adjudication under this codebook needs.
    """
    known = None
    if link is not None and link.is_file():
        known = Project.model_validate_json(link.read_bytes())
    ours = known and known.url == connection.url and known.codebook == codebook.hash
    found = find(connection, title, known.id if known and ours else None)
    if found is None:
        return None
    if answers(found.label_config or "") != answers(adjudication_config(codebook)):
        raise GateError(
            f"project {found.id} “{found.title}” on {connection.url} stores other answers than "
            "adjudication under this codebook needs: somebody edited it there, or it is no "
            "adjudication project. Push to a new one with --project TITLE."
        )
    return Project(
        url=connection.url,
        id=int(found.id or 0),
        title=found.title or title,
        codebook=codebook.hash,
    )


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
    return Project(url=connection.url, id=number, title=title, codebook=codebook.hash)


def begin_with_merged(connection: Connection, project: Project) -> None:
    """Let every answer begin with the merged candidate; its tasks must be there already."""
    with translated(connection.url):
        found = connection.client.projects.get(id=project.id)
        if found.model_version != MERGED:
            connection.client.projects.update(
                id=project.id, model_version=MERGED, request_options=ONCE
            )


def remove_idle(connection: Connection, project: Project, tasks: Sequence[int]) -> int:
    """Delete those of the tasks that nobody has answered, skipped or begun; return how many.

    The filters travel with the request: what somebody begins meanwhile stays.
    """
    removed = 0
    for first in range(0, len(tasks), CHUNK):
        part = list(tasks[first : first + CHUNK])

        def idle(of: Sequence[int]) -> list[int]:
            chosen = condition("id", "in_list", list(of))
            return [int(row["id"]) for row in rows(connection, project, "id", [chosen, *_IDLE])]

        def request(left: Sequence[int]) -> None:
            body = {
                "selectedItems": {"all": False, "included": list(left)},
                "filters": {"conjunction": "and", "items": list(_IDLE)},
            }
            connection.post("api/dm/actions", body, id="delete_tasks", project=project.id)

        found = idle(part)
        if found:
            send(connection, found, request=request, missing=idle, what="removals of tasks")
            removed += len(found) - len(idle(found))
    return removed
