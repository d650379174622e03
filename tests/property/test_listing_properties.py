"""Whatever others add and delete while a list is read: nothing that stays is missed or doubled."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.listing import rows
from annotation.labelstudio.api.patience import Patience
from annotation.labelstudio.project import Project
from schemas.errors import ServerError

PROJECT = Project(url="http://x", id=1, title="t", codebook="c")
CHANGES = st.lists(st.tuples(st.sets(st.integers(1, 40)), st.integers(0, 3)), max_size=6)


@dataclass
class Changing:
    """A project of which tasks are deleted and to which some are added before each page."""

    tasks: list[int]
    changes: list[tuple[set[int], int]]
    patience: Patience = field(
        default_factory=lambda: Patience(random.Random(0), tries=4, pause=lambda seconds: None)
    )
    ever: set[int] = field(default_factory=set)
    stays: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ever, self.stays = set(self.tasks), set(self.tasks)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """Answer as the server does: what comes after a task id, by id, up to a page full."""
        gone, more = self.changes.pop(0) if self.changes else (set[int](), 0)
        self.tasks = [task for task in self.tasks if task not in gone]
        newest = max(self.ever, default=0)
        self.tasks += range(newest + 1, newest + 1 + more)
        self.ever |= set(self.tasks)
        self.stays &= set(self.tasks)
        after = json.loads(params["query"])["filters"]["items"][0]["value"]
        found = [task for task in self.tasks if task > after]
        page = [{"id": task} for task in found[: params["page_size"]]]
        return {"total": len(found), "tasks": page}


@given(st.sets(st.integers(1, 40)), CHANGES, st.integers(1, 9))
def test_a_list_holds_what_stays_once_and_in_order(
    tasks: set[int], changes: list[tuple[set[int], int]], page_size: int
) -> None:
    server = Changing(sorted(tasks), changes)
    try:
        found = rows(cast("Connection", server), PROJECT, "id", page_size=page_size)
    except ServerError:
        assert len(changes) > 1  # so much was deleted that no reading fitted
        return
    ids = [row["id"] for row in found]
    assert ids == sorted(set(ids))
    assert server.stays <= set(ids) <= server.ever


@given(st.sets(st.integers(1, 40)), st.integers(1, 9))
def test_a_list_that_nobody_changes_is_read_whole(tasks: set[int], page_size: int) -> None:
    server = Changing(sorted(tasks), [])
    found = rows(
        cast("Connection", server), PROJECT, "id", keep=lambda r: r["id"], page_size=page_size
    )
    assert found == sorted(tasks)
