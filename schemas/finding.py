"""What ``miyar doctor`` finds: one record for each thing that somebody should look at."""

from __future__ import annotations

from enum import StrEnum

from schemas.record import Record


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """A command will fail, or something can never work."""
    WARNING = "warning"
    """It works, but probably not as meant."""
    NOTE = "note"
    """Worth knowing; nothing needs to be done."""


class Finding(Record):
    """One thing that was found."""

    level: Level
    code: str
    """Short and stable, for scripts: ``unreachable_form``."""
    where: str
    """File and record, or what it is about."""
    text: str
    """What is so, and what to do about it."""
