"""The project of a workspace on a server: found again, or made, and locked to one codebook."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime

from annotation.labelstudio.api.client import ONCE, Connection, translated
from annotation.labelstudio.api.lookup import create, find
from annotation.labelstudio.interface.config import instructions, label_config
from annotation.labelstudio.interface.lock import answers
from schemas.codebook import Codebook
from schemas.errors import GateError
from schemas.jsonl import read_one, write_text
from schemas.record import Record

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
log = logging.getLogger(__name__)

_TITLE_MAX = 50  # Label Studio's limit


class Project(Record):
    """A project and the codebook that it was made for."""

    url: str
    id: int
    title: str
    codebook: str
    created_at: AwareDatetime | None = None
    """When the server made it: another server may give its number to another project."""

    @property
    def page(self) -> str:
        """Where annotators work."""
        return f"{self.url}/projects/{self.id}"

    @property
    def folder(self) -> str:
        """Name of the folder where a workspace keeps what it knows of the project."""
        return _UNSAFE.sub("-", f"{self.url.partition('://')[2]}-project-{self.id}")


def project_title(codebook: Codebook, workspace: str, purpose: str = "") -> str:
    """Return the title by which a workspace's project is found again on a server."""
    ending = f" · {codebook.short_hash}{purpose and f' · {purpose}'}"
    return f"{workspace} · {codebook.id}"[: _TITLE_MAX - len(ending)] + ending


def find_project(
    connection: Connection, codebook: Codebook, title: str, link: Path | None
) -> Project | None:
    """Find the project that the link file remembers, else the one with the title.

    Args:
        connection: the server.
        codebook: what the project must have been made from.
        title: of the project.
        link: the link file; ``None`` when the title was asked for and nothing else will do.

    Raises:
        GateError: the project stores other answers than the codebook's interface.
    """
    found = find_linked(connection, codebook, title, link)
    if found is None:
        return None
    check_lock(found.label_config or "", label_config(codebook), f"{found.id} “{found.title}”")
    return as_project(connection, codebook, found)


def find_linked(
    connection: Connection, codebook: Codebook, title: str, link: Path | None
) -> Any | None:
    """Return the project of a link file if it is of this server and codebook, else by its title.

    As the SDK gives it; nothing of it is checked.
    """
    known = None
    if link is not None and link.is_file():
        known = read_one(link, Project, mend="delete it: the project is found by its title, too")
    if known is None or known.url != connection.url or known.codebook != codebook.hash:
        return find(connection, title)
    found = find(connection, title, known.id)
    if found is None or known.created_at in (None, found.created_at):
        return found
    log.warning(
        "project %d on %s is not the one that %s remembers: it was made at another time",
        known.id,
        connection.url,
        link,
    )
    return find(connection, title)


def as_project(connection: Connection, codebook: Codebook, found: Any) -> Project:
    """Return our record of a project as the SDK gives it."""
    return Project(
        url=connection.url,
        id=int(found.id),
        title=str(found.title),
        codebook=codebook.hash,
        created_at=found.created_at,
    )


def check_lock(config: str, wanted: str, project: str) -> None:
    """Check that a project's interface stores what the codebook's does; its looks may differ.

    Raises:
        GateError: it does not.
    """
    has, needs = answers(config), answers(wanted)
    if has == needs:
        if config != wanted:
            log.warning(
                "project %s looks different from what the codebook gives today, but stores the "
                "same; `miyar annotation push --refresh` gives it today's looks",
                project,
            )
        return
    missing = ", ".join(sorted(f"{name}={value}" for _, name, value in needs - has))
    foreign = ", ".join(sorted(f"{name}={value}" for _, name, value in has - needs))
    raise GateError(
        f"project {project} has another label config than the codebook gives: somebody edited it "
        f"in Label Studio. It lacks: {missing or 'nothing'}; it has besides: "
        f"{foreign or 'nothing'}. Labels could be lost: undo the change there, or push to a new "
        "project with --project TITLE."
    )


def refresh(connection: Connection, project: Project, codebook: Codebook) -> None:
    """Give a project today's interface and instructions; what is annotated stays.

    Raises:
        ServerError: the tasks of an older project lack a field that today's interface shows.
    """
    with translated(connection.url):
        connection.client.projects.update(
            id=project.id,
            label_config=label_config(codebook),
            expert_instruction=instructions(codebook),
            request_options=ONCE,
        )


def make_project(
    connection: Connection, codebook: Codebook, title: str, *, overlap: int
) -> Project:
    """Make a project.

    ``overlap`` is the number of annotators that each passage is given to.
    """
    number = create(
        connection,
        title,
        label_config=label_config(codebook),
        expert_instruction=instructions(codebook),
        show_instruction=True,
        maximum_annotations=overlap,
        show_collab_predictions=True,
        sampling="Sequential sampling",
    )
    return made_project(connection, codebook, number)


def made_project(connection: Connection, codebook: Codebook, number: int) -> Project:
    """Return our record of a project that was just made."""
    with translated(connection.url):
        return as_project(connection, codebook, connection.client.projects.get(id=number))


def overlap_of(connection: Connection, project: Project) -> int:
    """Return the number of annotators that each passage is given to."""
    return int(_field(connection, project, "maximum_annotations") or 1)


def size_of(connection: Connection, project: Project) -> int:
    """Return the number of tasks of a project."""
    return int(_field(connection, project, "task_number") or 0)


def _field(connection: Connection, project: Project, name: str) -> Any:
    """Read one field of a project; the server counts through all tasks for some others."""
    found = connection.get(f"api/projects/{project.id}", include=f"id,{name}")
    return found.get(name) if isinstance(found, dict) else None


def set_overlap(connection: Connection, project: Project, overlap: int) -> None:
    """Give every passage to another number of annotators; what is annotated stays."""
    with translated(connection.url):
        connection.client.projects.update(
            id=project.id, maximum_annotations=overlap, request_options=ONCE
        )


def show_model(connection: Connection, project: Project, model: str) -> None:
    """Let annotators begin with one model's predictions; some task must have one already."""
    if _field(connection, project, "model_version") == model:
        return
    with translated(connection.url):
        connection.client.projects.update(id=project.id, model_version=model, request_options=ONCE)


def remember(project: Project, link: Path) -> None:
    """Write the link file, by which the workspace finds its project again."""
    write_text(link, project.model_dump_json(indent=1) + "\n")
