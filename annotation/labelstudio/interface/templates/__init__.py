"""The style sheets and the page of this room, as files of their own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def style(name: str) -> str:
    """Return a style sheet."""
    return (FOLDER / f"{name}.css").read_text(encoding="utf-8")
