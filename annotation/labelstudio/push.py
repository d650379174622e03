"""Passages with predictions → tasks of a project, each passage exactly once.

Label Studio never de-duplicates, and a request that failed for us may have been carried out:
so the plan is made from what the server holds, looked at again after every failure (``sending``),
and what the server doubled or forgot all the same is set right at the end (``settle``).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.listing import MARK, PAGE, SENT, Held, tasks_on_server
from annotation.labelstudio.api.patience import Unreadable
from annotation.labelstudio.api.sending import send
from annotation.labelstudio.project import Project
from annotation.labelstudio.tasks import KEY, Due, Json, is_blind, prediction, task_data
from schemas.annotation import Prediction
from schemas.article import Article, Passage
from schemas.ledger import Ledger, Reason, Unit

__all__ = ["BATCH", "PAGE", "Held", "Plan", "plan_push", "push", "tasks_due", "tasks_on_server"]

BATCH = 250

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What a push would do."""

    new: tuple[Due, ...]
    """Tasks to make."""
    held: int
    """Passages that have their task already."""


@dataclass
class Sent:
    """What a push has sent."""

    made: int = 0
    """Tasks that the server did not hold before."""
    ids: dict[str, int] = field(default_factory=dict)
    """Passage id → task id, as far as the server's answers say."""
    certain: bool = True
    """Every answer came, and said that everything was taken: nothing needs to be looked at."""


def tasks_due(
    articles: Sequence[Article],
    passages: Sequence[Passage],
    predictions: Mapping[str, Prediction],
    *,
    codebook: str,
    blind: float,
) -> list[Due]:
    """Return a task for each passage; a ``blind`` share of them without its prediction."""
    by_article: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        by_article[passage.article_id].append(passage)
    due = []
    for article in articles:
        own = sorted(by_article[article.id], key=lambda passage: passage.position)
        for position, passage in enumerate(own):
            assisted = not is_blind(passage.id, blind) and passage.id in predictions
            given = predictions if assisted else {}
            make = partial(_task, article, own, position, given, codebook)
            due.append(Due(passage.id, passage.text, make, assisted))
    return due


def _task(
    article: Article,
    own: list[Passage],
    position: int,
    predictions: Mapping[str, Prediction],
    codebook: str,
) -> Json:
    passage = own[position]
    task: Json = {"data": task_data(article, own, position, codebook=codebook)}
    if predicted := predictions.get(passage.id):
        task["predictions"] = [prediction(passage, predicted)]
    return task


def plan_push(
    tasks: Sequence[Due], held: Mapping[str, Sequence[tuple[int, str]]], ledger: Ledger | None
) -> Plan:
    """Compare tasks with what the server holds; the ledger gets each task's fate."""
    new: list[Due] = []
    count = 0
    for task in tasks:
        key = task.key
        found = held.get(key, [])
        changed = next((t for t in found if t[1] != task.text), None)
        if not found:
            new.append(task)
        else:
            count += 1
        if ledger is None:
            continue
        ledger.receive(Unit.TASKS)
        if not found:
            ledger.reject(Unit.TASKS, Reason.TASK_LOST, where=key, detail="no task on the server")
        elif changed:
            detail = f"task {changed[0]} reads {changed[1][:60]!r}"
            ledger.reject(Unit.TASKS, Reason.TASK_TEXT_CHANGED, where=key, detail=detail)
        elif len(found) > 1:
            ledger.repair(Unit.TASKS, Reason.TASK_DUPLICATED)
        else:
            ledger.accept(Unit.TASKS)
    return Plan(tuple(new), count)


def push(
    connection: Connection,
    project: Project,
    plan: Plan,
    *,
    on_batch: Callable[[int], None],
    batch_size: int = BATCH,
) -> Sent:
    """Import the plan's tasks.

    Args:
        connection: the server.
        project: where the tasks go.
        plan: from ``plan_push``.
        on_batch: called with the number of tasks after each batch.
        batch_size: tasks a request; each request is carried out whole or not at all.

    Unless all is certain, a passage may have two tasks afterwards, or a task no prediction,
    through no fault of ours: list what the server holds, and give that to ``settle``.

    Raises:
        ServerError: the server refuses, or keeps failing. What is done stays done; pushing
            again goes on from there.
    """
    sure, sent = True, Sent(len(plan.new))
    for batch in _batches(plan.new, uuid4().hex[:12], batch_size):
        sure &= send(
            connection,
            batch,
            request=lambda left: _import(connection, project, left, sent),
            missing=lambda left: _missing(connection, project, left),
            what="tasks",
        )
        on_batch(len(batch))
    sent.certain &= sure and len(sent.ids) == len(plan.new)
    if not sure:
        log.warning(
            "a request that failed may still be carried out; push once more in some minutes, "
            "which removes second copies of tasks that nobody has worked on"
        )
    return sent


def _batches(tasks: Sequence[Due], push_name: str, size: int) -> Iterator[list[Json]]:
    """Yield tasks as they are sent; the next ones are made while these are on their way."""

    def made(first: int) -> list[Json]:
        return [_marked(task.make(), push_name) for task in tasks[first : first + size]]

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(made, 0)
        for first in range(0, len(tasks), size):
            batch, following = following.result(), pool.submit(made, first + size)
            yield batch


def _marked(task: Json, push_name: str) -> Json:
    """Return the task with the mark by which ``settle`` knows that a push made it."""
    mark = {"push": push_name, SENT: len(task.get("predictions", ()))}
    return {**task, "meta": {**task.get("meta", {}), MARK: mark}}


def _import(connection: Connection, project: Project, batch: Sequence[Json], sent: Sent) -> None:
    answer = connection.post(f"api/projects/{project.id}/import", batch, return_task_ids=True)
    if not isinstance(answer, dict) or answer.get("task_count") != len(batch):
        raise Unreadable(f"Label Studio was sent {len(batch)} tasks and says {str(answer)[:80]}")
    numbers = answer.get("task_ids") or ()
    keys = [task["data"][KEY] for task in batch]
    sent.ids.update(zip(keys, numbers, strict=False))
    predictions = sum(len(task.get("predictions", ())) for task in batch)
    sent.certain &= len(numbers) == len(batch) and answer.get("prediction_count") == predictions


def _missing(connection: Connection, project: Project, batch: Sequence[Json]) -> Sequence[Json]:
    held = tasks_on_server(connection, project, [task["data"][KEY] for task in batch])
    return [task for task in batch if task["data"][KEY] not in held]
