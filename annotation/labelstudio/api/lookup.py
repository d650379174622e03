"""Projects on a server by number or title: found again, or made, and made once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from label_studio_sdk.core.api_error import ApiError

from annotation.labelstudio.api.client import ONCE, Connection, translated
from annotation.labelstudio.api.patience import Unreadable
from annotation.labelstudio.api.sending import send
from schemas.errors import GateError

SIGN = "Miyar · "
"""How the description of a project begins that was made here; what follows is made once."""
_GONE = 404

log = logging.getLogger(__name__)


def find(connection: Connection, title: str, known: int | None = None) -> Any | None:
    """Return the project of that number, else the one with the title, as the SDK gives it.

    Raises:
        GateError: several projects with the title hold tasks.
    """
    found = _numbered(connection, known) if known is not None else None
    if found is not None:
        return found
    chosen = choose(titled(connection, title), title, connection.url)
    return _numbered(connection, chosen.id) if chosen else None


def _numbered(connection: Connection, number: int) -> Any | None:
    with translated(connection.url):
        try:
            return connection.client.projects.get(id=number)
        except ApiError as error:
            if error.status_code == _GONE:
                return None
            raise


class Titled(NamedTuple):
    """A project in a list."""

    id: int
    title: str
    description: str
    task_number: int


def titled(connection: Connection, title: str) -> list[Titled]:
    """Return the projects that have exactly this title, oldest first."""
    found: dict[int, Titled] = {}
    page = 1
    while True:
        # The server looks for titles that contain it, without regard to case.
        answer = connection.get(
            "api/projects", title=title, include=",".join(Titled._fields), page=page, page_size=100
        )
        for row in answer["results"]:
            if row["title"] == title:
                tasks, said = row["task_number"] or 0, row["description"] or ""
                found[row["id"]] = Titled(row["id"], title, said, tasks)
        if not answer.get("next"):
            return [found[number] for number in sorted(found)]
        page += 1


def choose(found: Sequence[Titled], title: str, url: str) -> Titled | None:
    """Return the one project that a title means: the one with tasks, else the oldest.

    Raises:
        GateError: several hold tasks.
    """
    used = [project for project in found if project.task_number]
    if len(used) > 1:
        numbers = ", ".join(str(project.id) for project in used)
        raise GateError(
            f"{url} has {len(used)} projects called “{title}” that hold tasks: {numbers}. Rename "
            "all but the right one in Label Studio, or push to another one with --project TITLE."
        )
    if not found:
        return None
    chosen = used[0] if used else found[0]
    if len(found) > 1:
        others = ", ".join(str(project.id) for project in found if project is not chosen)
        log.warning(
            "taking project %s “%s”; %s of that title hold nothing", chosen.id, title, others
        )
    return chosen


def create(connection: Connection, title: str, **settings: Any) -> int:
    """Make a project, once, also when the answer is lost; return its number.

    Raises:
        ServerError: the server refuses or keeps failing.
    """
    sign, made = f"{SIGN}{uuid4().hex[:12]}", []

    def request(_: Sequence[str]) -> None:
        project = connection.client.projects.create(
            title=title, description=sign, request_options=ONCE, **settings
        )
        if project.id is None:
            raise Unreadable(f"{connection.url} made a project without a number")
        made.append(project.id)

    def missing(_: Sequence[str]) -> Sequence[str]:
        made.extend(p.id for p in titled(connection, title) if p.description == sign)
        return [] if made else [title]

    if not send(connection, [title], request=request, missing=missing, what="project"):
        remove_twins(connection, title, made[0])
    return int(made[0])


def remove_twins(connection: Connection, title: str, number: int) -> list[int]:
    """Remove the empty projects that the request for this one made besides; return their numbers.

    Such a project has the very sign of this one, which no other request ever had, and no tasks.
    """
    found = titled(connection, title)
    sign = next((p.description for p in found if p.id == number), "")
    twins = [p.id for p in found if p.id != number and p.description == sign and not p.task_number]
    twins = twins if sign.startswith(SIGN) else []
    for twin in twins:
        log.warning("removing project %s “%s”, an empty twin of %s", twin, title, number)
        with translated(connection.url):
            connection.client.projects.delete(id=twin, request_options=ONCE)
    return twins
