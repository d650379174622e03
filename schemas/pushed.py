"""PushedTask: a passage as a Label Studio project holds it, and the arm that it was pushed in."""

from __future__ import annotations

from schemas.annotation import Arm
from schemas.record import Record

TASKS_FILE = "tasks.jsonl"
"""Name of the file in a project's folder that holds its tasks after the last push."""


class PushedTask(Record):
    """A passage as a project holds it."""

    passage_id: str
    task_id: int
    arm: Arm
    models: tuple[str, ...]
    """Model versions whose predictions the task has been given."""
