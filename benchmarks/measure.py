"""How things are measured: CPU seconds of one process, ours and a peer's in the same run."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

Row = dict[str, object]
"""One line of a results table: ``what``, ``miyar``, ``peer``, ``peer_value``, ``ratio``."""


def cpu_seconds(work: Callable[[], object], *, runs: int = 3) -> float:
    """Return the least CPU time of some runs, in seconds."""
    times = []
    for _ in range(runs):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times)


def peak_mb() -> float:
    """Return the peak of this process's memory (Linux); ru_maxrss would hold its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (kilobytes,) = re.findall(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(kilobytes) / 1024


def megabytes(texts: Sequence[str]) -> float:
    """Return the size of texts in MB of UTF-8."""
    return sum(len(text.encode()) for text in texts) / 1e6


def row(what: str, ours: float, peer: str, theirs: float) -> Row:
    """Return a row; the ratio is ours to theirs."""
    return {
        "what": what,
        "miyar": round(ours, 2),
        "peer": peer,
        "peer_value": round(theirs, 2),
        "ratio": round(ours / theirs, 2) if theirs else None,
    }
