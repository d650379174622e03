"""Passages with predictions → tasks of a project, each passage exactly once.

Label Studio never de-duplicates, and a request that failed for us may have been carried out:
so the plan is made from what the server holds, and made again after every failure.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import httpx
from label_studio_sdk.core.api_error import ApiError

from annotation.labelstudio.client import ONCE, Connection, translated
from annotation.labelstudio.project import Project
from annotation.labelstudio.tasks import KEY, Json, is_blind, prediction, task_data
from schemas.annotation import Prediction
from schemas.article import Article, Passage
from schemas.errors import ServerError
from schemas.ledger import Ledger, Reason, Unit

BATCH = 250
PAGE = 1000
_TRIES = 4
# Refusals after which nothing is left running on the server. Not 408 and 504, and no time-out on
# our side: the server may still be at work, and would commit after we had looked.
_PASSING = frozenset({409, 425, 429, 500, 502, 503})

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What a push would do."""

    new: tuple[Json, ...]
    """Tasks to make."""
    held: int
    """Passages that have their task already."""


def make_tasks(
    articles: Sequence[Article],
    passages: Sequence[Passage],
    predictions: Mapping[str, Prediction],
    *,
    codebook: str,
    blind: float,
) -> list[Json]:
    """Return a task for each passage; a ``blind`` share of them without its prediction."""
    by_article: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        by_article[passage.article_id].append(passage)
    tasks = []
    for article in articles:
        own = sorted(by_article[article.id], key=lambda passage: passage.position)
        for position, passage in enumerate(own):
            task: Json = {"data": task_data(article, own, position, codebook=codebook)}
            predicted = predictions.get(passage.id)
            if predicted and not is_blind(passage.id, blind):
                task["predictions"] = [prediction(passage, predicted)]
            tasks.append(task)
    return tasks


def tasks_on_server(connection: Connection, project: Project) -> dict[str, list[tuple[int, str]]]:
    """Return passage id → (task id, text) of the tasks that hold it, lowest id first."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    with translated(connection.url):
        pages: Iterable[Any] = connection.client.tasks.list(
            project=project.id, page_size=PAGE, include="id,data"
        )
        for task in pages:
            data = task.data or {}
            found[str(data.get(KEY, ""))].append((int(task.id or 0), str(data.get("text", ""))))
    return {key: sorted(held) for key, held in found.items()}


def plan_push(
    tasks: Sequence[Json], held: dict[str, list[tuple[int, str]]], ledger: Ledger | None
) -> Plan:
    """Compare tasks with what the server holds; the ledger gets each task's fate."""
    new: list[Json] = []
    count = 0
    for task in tasks:
        key = task["data"][KEY]
        found = held.get(key, [])
        changed = next((t for t in found if t[1] != task["data"]["text"]), None)
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
) -> int:
    """Import the plan's tasks; return how many were made.

    Args:
        connection: the server.
        project: where the tasks go.
        plan: from ``plan_push``.
        on_batch: called with the number of tasks after each batch.
        batch_size: tasks a request; each request is carried out whole or not at all.

    Raises:
        ServerError: the server refuses, or keeps failing. What is done stays done; pushing
            again goes on from there.
    """
    made = 0
    for first in range(0, len(plan.new), batch_size):
        batch = plan.new[first : first + batch_size]
        made += _import(connection, project, batch)
        on_batch(len(batch))
    return made


def may_be_sent_again(error: httpx.TransportError | ApiError) -> bool:
    """Tell whether the request has ended for the server too, so that it may be sent again."""
    if isinstance(error, ApiError):
        return error.status_code in _PASSING
    return not isinstance(error, httpx.TimeoutException)


def _import(connection: Connection, project: Project, batch: Sequence[Json]) -> int:
    """Import one batch; after a failure look what the server holds before sending again."""
    left = list(batch)
    for attempt in range(1, _TRIES + 1):
        try:
            answer = connection.client.projects.import_tasks(
                id=project.id, request=cast("Any", left), return_task_ids=True, request_options=ONCE
            )
            if answer.task_count != len(left):
                raise ServerError(
                    f"Label Studio took {answer.task_count} of {len(left)} tasks; push again."
                )
        except (httpx.TransportError, ApiError) as error:
            if not may_be_sent_again(error) or attempt == _TRIES:
                with translated(connection.url):
                    raise
            log.warning("a batch of %d tasks failed (%s)", len(left), type(error).__name__)
            time.sleep(2.0**attempt / 4)
            left = list(plan_push(left, tasks_on_server(connection, project), None).new)
            if not left:
                return len(batch)
        else:
            return len(batch)
    raise AssertionError("unreachable: the last attempt returns or raises")
