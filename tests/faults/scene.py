"""A workspace, its project, and its tasks: where one fault at a time is tried."""

from __future__ import annotations

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.project import Project, make_project
from annotation.labelstudio.push import plan_push, push, tasks_due, tasks_on_server
from annotation.labelstudio.settle import settle
from schemas.ledger import Ledger
from tests.faults.bench import Bench, make_workspace

PASSAGES = 6


class Scene:
    """A workspace, its project, and its tasks."""

    def __init__(self, bench: Bench, name: str) -> None:
        self.bench = bench
        self.space = make_workspace(bench.root / name, 0, PASSAGES)
        self.title = f"faults {bench.name} {name}"
        self.codebook = self.space.codebook()
        self.passages = self.space.passages()
        self.tasks = tasks_due(
            self.space.articles(),
            self.passages,
            self.space.predictions("machine"),
            codebook=self.codebook.hash,
            blind=0.0,
        )

    def make(self, connection: Connection | None = None) -> Project:
        """Make the project, past the proxy unless told otherwise."""
        made = make_project(connection or self.bench.direct, self.codebook, self.title, overlap=2)
        self.bench.projects.append(made.id)
        return made

    def push(self, connection: Connection, project: Project) -> None:
        """Push what is missing, in two requests."""
        plan = plan_push(self.tasks, tasks_on_server(connection, project), None)
        push(connection, project, plan, on_batch=lambda n: None, batch_size=PASSAGES // 2)

    def settle(self, project: Project) -> tuple[dict[str, int], Ledger]:
        """Settle, past the proxy; return how many tasks each passage has then."""
        ledger = Ledger()
        connection = self.bench.direct
        held = settle(connection, project, self.tasks, tasks_on_server(connection, project), ledger)
        plan_push(self.tasks, held, ledger)
        ledger.check()
        assert held == tasks_on_server(connection, project)
        return {key: len(found) for key, found in held.items()}, ledger

    def copies(self, project: Project) -> list[tuple[int, ...]]:
        """Return the task ids of each passage, read past the proxy."""
        held = tasks_on_server(self.bench.direct, project)
        return [tuple(task for task, _ in held.get(p.id, [])) for p in self.passages]

    @property
    def once(self) -> dict[str, int]:
        """Each passage once."""
        return {passage.id: 1 for passage in self.passages}
