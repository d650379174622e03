"""What the tests of collecting share: files to read, and a collection whose counts add up."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from annotation.ingest.collect import collect, settle
from schemas.article import Article
from schemas.ledger import Ledger, Reason

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def collected(*paths: Path, **options: Any) -> tuple[list[Article], Ledger]:
    """Collect, take every article, check that the ledger closes; return articles and ledger."""
    ledger = Ledger()
    found = []
    for article in collect(list(paths), now=NOW, ledger=ledger, **options):
        settle(article, ledger)
        found.append(article)
    ledger.check()
    return found, ledger


def file_with(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a file below a folder; return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(*rows: object) -> str:
    """Return JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def table(rows: list[list[str]], delimiter: str) -> str:
    """Return rows as CSV."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def rejects(ledger: Ledger) -> list[tuple[Reason, str]]:
    """Return the codes and places of what was rejected."""
    return [(reject.reason, reject.where) for reject in ledger.rejects]
