"""What can be said about a managed server, running or not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from annotation.labelstudio.managed.database import Postgres
from annotation.labelstudio.managed.environment import (
    VERSION,
    ensure_environment,
    label_studio_version,
)
from annotation.labelstudio.managed.postgres import Facts, probe
from annotation.labelstudio.managed.server import Server
from schemas.errors import ServerError

_PAGE = 1000


@dataclass(frozen=True)
class Health:
    """A look at a server; what cannot be known is ``None``."""

    url: str
    folder: str
    pid: int | None
    answers: bool
    version: str | None
    """Label Studio's own word when it answers, else what is installed."""
    database: str | None
    """``sqlite`` or ``postgresql``."""
    database_address: str | None
    """Without the password; of PostgreSQL only."""
    database_problem: str | None
    size_bytes: int
    projects: int | None
    tasks: int | None

    def as_dict(self) -> dict[str, object]:
        """Return the object that ``--json`` prints."""
        return asdict(self)


def look(server: Server) -> Health:
    """Look at a server; nothing of it is changed."""
    state, database = server.running(), server.database()
    answers = state is not None and server.healthy()
    facts, problem = None, None
    if isinstance(database, Postgres) and label_studio_version():
        try:
            facts = _facts(database, server.root)
        except ServerError as error:
            problem = str(error)
    projects, tasks = _counts(server) if answers else (None, None)
    return Health(
        url=server.url,
        folder=str(server.root),
        pid=state.pid if state else None,
        answers=answers,
        version=_version(server) if answers else label_studio_version(),
        database=database.kind if database else None,
        database_address=database.shown if isinstance(database, Postgres) else None,
        database_problem=problem,
        size_bytes=folder_size(server.data) + (facts.size if facts else 0),
        projects=projects,
        tasks=tasks,
    )


def _facts(database: Postgres, root: Path) -> Facts:
    return probe(database, ensure_environment(lambda text: None) / "bin" / "python", root)


def _version(server: Server) -> str:
    answer = server.get("/api/version")
    try:
        return str(answer.json()["release"]) if answer is not None else VERSION
    except (ValueError, KeyError, TypeError):
        return VERSION


def _counts(server: Server) -> tuple[int | None, int | None]:
    projects = tasks = 0
    page = 1
    while True:
        answer = server.get("/api/projects", include="id,task_number", page=page, page_size=_PAGE)
        if answer is None or not answer.is_success:
            return None, None
        found = answer.json()
        projects += len(found["results"])
        tasks += sum(project["task_number"] or 0 for project in found["results"])
        if not found["next"]:
            return projects, tasks
        page += 1


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    size = 0
    for path in folder.rglob("*"):
        try:
            size += path.lstat().st_size if not path.is_dir() else 0
        except FileNotFoundError:
            continue  # gone since it was listed
    return size


def readable(size: int) -> str:
    """Return a size for people.

    >>> readable(2_500_000)
    '2.5 MB'
    """
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} bytes"
