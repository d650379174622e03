"""Collecting articles: time, and memory for few and for many, each in a process of its own.

    python -m benchmarks.collecting [FILE]

FILE is JSON lines with ``content`` (may be gzipped); without it the texts are synthetic. Collecting
reads, checks, looks for duplicates, cuts passages and writes; the peer only reads.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from benchmarks.data import CORPUS, passages
from benchmarks.measure import Row, peak_mb, row

FEW, MANY = 5_000, 30_000


def rows(path: Path | None) -> list[Row]:
    """Return the rows of the results table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, many = _feed(path, FEW, folder), _feed(path, MANY, folder)
        size = many.stat().st_size / 1e6
        first, all_of_them, peer = (
            _measure("collect", few),
            _measure("collect", many),
            _measure("pandas", many),
        )
    rate, theirs = size / all_of_them["cpu_s"], size / peer["cpu_s"]
    return [
        row("collect: all steps (MB/s)", rate, "pandas.read_json in chunks, reading only", theirs),
        row(
            f"collect: peak memory, {MANY:,} articles (MB)",
            all_of_them["peak_mb"],
            f"the same with {FEW:,}",
            first["peak_mb"],
        ),
    ]


def _feed(path: Path | None, count: int, folder: Path) -> Path:
    """Write the first articles as plain JSON lines."""
    feed = folder / f"feed-{count}.jsonl"
    with feed.open("w", encoding="utf-8") as out:
        if path is None:
            for text in passages(count, words=300, seed=0):
                out.write(json.dumps({"content": text}, ensure_ascii=False) + "\n")
        else:
            opener = gzip.open if path.suffix == ".gz" else open
            with opener(path, "rt", encoding="utf-8") as lines:
                out.writelines(islice(lines, count))
    return feed


def _measure(what: str, feed: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.collecting", what, str(feed)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _collect(feed: Path) -> None:
    from annotation.steps import run_collect
    from schemas.ledger import Ledger
    from schemas.workspace import Workspace

    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace(Path(name))
        shutil.copy(CORPUS / "codebook.yaml", workspace.codebook_file)
        run_collect(workspace, [feed], Ledger())


def _pandas(feed: Path) -> None:
    import pandas

    with pandas.read_json(feed, lines=True, chunksize=1000) as chunks:
        for chunk in chunks:
            len(chunk)


def main() -> None:
    """Print the rows, or, for one measurement, its result."""
    works = {"collect": _collect, "pandas": _pandas}
    if sys.argv[1:2] and sys.argv[1] in works:
        begin = time.process_time()
        works[sys.argv[1]](Path(sys.argv[2]))
        print(json.dumps({"cpu_s": time.process_time() - begin, "peak_mb": peak_mb()}))
        return
    for found in rows(Path(sys.argv[1]) if sys.argv[1:] else None):
        print(found)


if __name__ == "__main__":
    main()
