"""Small pieces of the journey to Label Studio and back, run through faults until they succeed."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from annotation.labelstudio.accounts import names_by_user
from annotation.labelstudio.api.client import ONCE, Connection
from annotation.labelstudio.api.patience import FAILURES
from annotation.labelstudio.api.snapshot import fetch
from annotation.labelstudio.export import ExportReader
from annotation.labelstudio.project import Project, find_project, make_project
from annotation.labelstudio.pull import store
from annotation.labelstudio.push import plan_push, push, tasks_due, tasks_on_server
from annotation.labelstudio.settle import settle
from annotation.labelstudio.submit import submit
from annotation.projects import run_push
from schemas.article import Passage
from schemas.errors import ServerError
from schemas.ledger import Ledger
from schemas.workspace import Workspace
from tests.faults.bench import (
    FIELDS,
    FOREIGN,
    Bench,
    annotations,
    make_workspace,
    write_predictions,
)
from tests.faults.proxy import Fault
from tests.faults.schedule import Random

ATTEMPTS = 12
"""Attempts through faults before the proxy is calmed."""


@dataclass(frozen=True)
class Outcome:
    """What a run left on the server and in the workspace."""

    kind: str
    seed: int
    faults: dict[Fault, int]
    attempts: int
    lost: int
    doubled: int
    settled: int
    """Passages of which the server had made a second copy, or forgotten the prediction."""


@contextmanager
def faults(bench: Bench, seed: int, most: int) -> Iterator[None]:
    """Let faults come while the block runs."""
    bench.proxy.follow(Random(seed, most))
    try:
        yield
    finally:
        bench.proxy.calm()


def until_done(bench: Bench, seed: int, most: int, once: Callable[[Connection], Any]) -> int:
    """Run something again and again through faults, then once in calm; return the attempts.

    What is late is carried out before the last attempt: a rerun comes when all is quiet.
    """
    attempts = 0
    with faults(bench, seed, most):
        for attempt in range(ATTEMPTS):
            attempts += 1
            try:
                once(bench.connection(seed + attempt))
            except ServerError:
                continue
            break
    bench.proxy.drain()
    once(bench.connection(seed))
    return attempts + 1


def run_pushes(bench: Bench, seed: int) -> Outcome:
    """Push passages in small batches."""
    rng = random.Random(seed)
    space = make_workspace(bench.root / f"push-{seed}", seed, rng.randint(8, 15))
    title, size, ledgers = f"faults {bench.name} push {seed}", rng.randint(3, 5), []
    codebook, articles, passages = space.codebook(), space.articles(), space.passages()
    tasks = tasks_due(
        articles, passages, space.predictions("machine"), codebook=codebook.hash, blind=0.0
    )

    def once(connection: Connection) -> None:
        ledger = Ledger()
        project = find_project(connection, codebook, title, None)
        project = project or make_project(connection, codebook, title, overlap=1)
        plan = plan_push(tasks, tasks_on_server(connection, project), None)
        push(connection, project, plan, on_batch=lambda n: None, batch_size=size)
        held = settle(connection, project, tasks, tasks_on_server(connection, project), ledger)
        plan_push(tasks, held, ledger)
        ledger.check()
        ledgers.append(ledger)

    attempts = until_done(bench, seed, rng.randint(2, 8), once)
    return _pushed(bench, "push", seed, attempts, title, passages, ledgers)


def run_whole_pushes(bench: Bench, seed: int) -> Outcome:
    """Push a workspace as the command does, then a newer model's predictions."""
    rng = random.Random(seed)
    space = make_workspace(bench.root / f"whole-{seed}", seed, rng.randint(8, 15))
    title, ledgers = f"faults {bench.name} whole {seed}", []

    def once(connection: Connection) -> None:
        ledger = Ledger()
        run_push(
            space, connection, ledger, title=title, predictions="machine", overlap=1, blind=0.0
        )
        ledgers.append(ledger)

    attempts = until_done(bench, seed, rng.randint(2, 6), once)
    models = ["machine-1"]
    if rng.random() < 0.5:
        models.append("machine-2")
        write_predictions(space, "machine-2")
        attempts += until_done(bench, seed + 1, rng.randint(2, 5), once)
    return _pushed(bench, "whole", seed, attempts, title, space.passages(), ledgers, models)


def _pushed(
    bench: Bench,
    kind: str,
    seed: int,
    attempts: int,
    title: str,
    passages: list[Passage],
    ledgers: list[Ledger],
    models: list[str] | None = None,
) -> Outcome:
    """Compare what the server holds, read in another way than by Miyar, with what was pushed."""
    assert not ledgers[-1].defects()
    projects = [p for p in bench.direct.client.projects.list(title=title) if p.title == title]
    bench.projects = [p.id for p in projects]
    rows = [row for number in bench.projects for row in _all_tasks(bench.direct, number)]
    texts = Counter((row["data"]["ext_id"], row["data"]["text"]) for row in rows)
    shown = Counter(
        (row["data"]["ext_id"], prediction["model_version"])
        for row in rows
        for prediction in row["predictions"]
    )
    lost, doubled = _compare(texts, [(p.id, p.text) for p in passages])
    names = models or ["machine-1"]
    more = _compare(shown, [(p.id, model) for p in passages for model in names])
    return Outcome(
        kind,
        seed,
        dict(bench.proxy.counts),
        attempts,
        lost + more[0],
        doubled + more[1] + len(projects) - 1,
        sum(_settled(ledger) for ledger in ledgers),
    )


def _all_tasks(connection: Connection, number: int) -> list[dict[str, Any]]:
    answer = connection.get("api/tasks/", project=number, fields="all", page_size=1000)
    return [row for row in answer["tasks"] if row["data"]["ext_id"] != FOREIGN]


def _compare(found: Counter[Any], wanted: list[Any]) -> tuple[int, int]:
    """Return how many are lost, and how many stand there too often or should not be there."""
    lost = sum(1 for item in wanted if not found[item])
    return lost, sum(found.values()) - (len(wanted) - lost)


def _settled(ledger: Ledger) -> int:
    codes = ("copy_removed", "prediction_restored")
    return sum(n for (_, _, reason), n in ledger.reasons.items() if reason in codes)


def run_answers(bench: Bench, seed: int) -> Outcome:
    """Submit annotations, then pull them, all through faults."""
    rng = random.Random(seed)
    space = make_workspace(bench.root / f"answers-{seed}", seed, rng.randint(4, 7))
    project = _made_directly(bench, space, f"faults {bench.name} answers {seed}")
    given = annotations(bench, space, seed)
    task_ids = {key: held[0][0] for key, held in tasks_on_server(bench.direct, project).items()}

    def write_all(connection: Connection) -> None:
        submit(
            connection,
            given,
            passages={passage.id: passage for passage in space.passages()},
            task_ids=task_ids,
            tokens={bench.annotator: bench.token},
            on_each=lambda: None,
        )

    def pull(connection: Connection) -> None:
        ledger = Ledger()
        reader = ExportReader(space.codebook(), space.passages(), names_by_user(connection), ledger)
        found = reader.read(fetch(connection, project))
        store(space, found, ledger, refused=reader.refused, dry_run=False)

    attempts = until_done(bench, seed, rng.randint(2, 6), write_all)
    rows = _all_tasks(bench.direct, project.id)
    exported = Counter(
        item["unique_id"]
        for task in fetch(bench.direct, project)
        if isinstance(task, dict)
        for item in task["annotations"]
    )
    lost, doubled = _compare(exported, [annotation.id for annotation in given])
    lost_tasks, doubled_tasks = _compare(
        Counter(row["data"]["ext_id"] for row in rows), [p.id for p in space.passages()]
    )
    attempts += until_done(bench, seed + 1, rng.randint(2, 6), pull)
    pulled = Counter(repr(annotation.content) for annotation in space.annotations())
    missed, again = _compare(pulled, [repr(annotation.content) for annotation in given])
    return Outcome(
        "answers",
        seed,
        dict(bench.proxy.counts),
        attempts,
        lost + missed + lost_tasks,
        doubled + again + doubled_tasks,
        0,
    )


def _made_directly(bench: Bench, space: Workspace, title: str) -> Project:
    codebook = space.codebook()
    project = make_project(bench.direct, codebook, title, overlap=2)
    bench.projects = [project.id]
    tasks = tasks_due(space.articles(), space.passages(), {}, codebook=codebook.hash, blind=1.0)
    push(bench.direct, project, plan_push(tasks, {}, None), on_batch=lambda n: None)
    held = tasks_on_server(bench.direct, project)
    settle(bench.direct, project, tasks, held)
    return project


def run_crowded(bench: Bench, seed: int) -> Outcome:
    """Push while somebody else writes all the time: on SQLite the server then fails by itself."""
    with crowd(bench):
        return run_whole_pushes(bench, seed)


@contextmanager
def crowd(bench: Bench) -> Iterator[None]:
    """Let another user write to another project while the block runs."""
    codebook = make_workspace(bench.root / "crowd", 0, 1).codebook()
    project = make_project(bench.direct, codebook, f"faults {bench.name} crowd", overlap=1)
    over = threading.Event()
    rows: Any = [{"data": {**dict.fromkeys(FIELDS, "x"), "ext_id": FOREIGN}}] * 40

    def write_on() -> None:
        connection = Connection(bench.direct.url, bench.token)
        while not over.wait(0.05):
            with suppress(*FAILURES):
                connection.client.projects.import_tasks(
                    id=project.id, request=rows, request_options=ONCE
                )

    other = threading.Thread(target=write_on)
    other.start()
    try:
        yield
    finally:
        over.set()
        other.join()
        bench.direct.client.projects.delete(id=project.id, request_options=ONCE)


KINDS: tuple[Callable[[Bench, int], Outcome], ...] = (run_pushes, run_answers, run_whole_pushes)
CROWDED = 12
"""Every so many runs one is crowded: it takes long, since the server sleeps."""


def run(bench: Bench, seed: int) -> Outcome:
    """Run the piece of the journey that a seed means, and clean up behind it."""
    bench.proxy.counts.clear()
    kind = run_crowded if seed % CROWDED == CROWDED - 1 else KINDS[seed % len(KINDS)]
    try:
        return kind(bench, seed)
    finally:
        bench.clean()
