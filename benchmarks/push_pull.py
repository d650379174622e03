"""Pushing and pulling with a real Label Studio, beside the SDK alone and beside the server.

    python -m benchmarks.push_pull [PASSAGES]

The server is one of its own, on SQLite, as `miyar annotation server up` starts it. A push is all
that `miyar annotation push` does: reading the workspace, planning, making tasks, importing, and
the check of what the server holds afterwards. Its peer is a loop over the SDK's import_tasks with
the same batches, made beforehand, into a project that is there already. A pull is what follows the
download; its peer is what the server does before, the snapshot. Every measurement is a process of
its own.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from benchmarks.data import CORPUS, passages
from benchmarks.measure import Row, peak_mb, row

FEW, MANY = 2_000, 10_000
BLIND = 0.15
_WORDS, _IN_AN_ARTICLE = 80, 10
_TURNS = ("push", "bare", "bare", "push")
_PULLS = 3
Result = dict[str, float]


def rows(many: int = MANY) -> list[Row]:
    """Return the rows of the results table."""
    from annotation.labelstudio.managed.server import Server

    few = min(FEW, many // 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = _workspace(folder / "few", few), _workspace(folder / "many", many)
        server = Server(folder / "server", _free_port())
        server.start(_say)
        try:
            first = _measure("push", small, server)
            found = [(turn, _measure(turn, large, server)) for turn in _TURNS]
            asked = _measure("export", large, server)
            pulls = [_measure("pull", large, server) for _ in range(_PULLS)]
        finally:
            server.stop()
    ours = [result for turn, result in found if turn == "push"]
    bare = [result["wall_s"] for turn, result in found if turn == "bare"]
    rate, theirs = (many * len(times) / sum(times) for times in ([r["wall_s"] for r in ours], bare))
    export, snapshot = many / asked["wall_s"], "the server's snapshot, made and downloaded"
    plain, button = many / asked["plain_s"], "the server's export as JSON"
    read, pulled = (many / min(pull[key] for pull in pulls) for key in ("read_s", "wall_s"))
    return [
        row("push: all steps (tasks/s)", rate, "import_tasks in a loop, same batches", theirs),
        row(
            f"push: peak memory, {many:,} passages (MB)",
            max(result["peak_mb"] for result in ours),
            f"the same with {few:,}",
            first["peak_mb"],
        ),
        row("pull: read and validated (tasks/s)", read, button, plain),
        row("pull: read and validated (tasks/s)", read, snapshot, export),
        row("pull: all steps (tasks/s)", pulled, snapshot, export),
        row(
            f"pull: peak memory, {many:,} tasks (MB)",
            max(pull["peak_mb"] for pull in pulls),
            "size of the export (MB)",
            asked["size_mb"],
        ),
    ]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _workspace(root: Path, count: int) -> Path:
    """Make a workspace of articles with ten passages each, predicted by the rules."""
    from annotation.steps import run_collect, run_preannotate
    from schemas.ledger import Ledger
    from schemas.workspace import Workspace

    root.mkdir()
    for name in ("codebook.yaml", "gazetteer.jsonl"):
        shutil.copy(CORPUS / name, root / name)
    paragraphs = passages(count, words=_WORDS, seed=4)
    feed = root / "feed.jsonl"
    with feed.open("w", encoding="utf-8") as out:
        for first in range(0, count, _IN_AN_ARTICLE):
            text = "\n".join(paragraphs[first : first + _IN_AN_ARTICLE])
            article = {"text": text, "title": "عنوان", "url": f"https://example.org/{first}"}
            out.write(json.dumps(article, ensure_ascii=False) + "\n")
    workspace = Workspace(root)
    made = run_collect(workspace, [feed], Ledger()).passages
    if made != count:
        raise SystemExit(f"{made} passages were made of {count} paragraphs")
    run_preannotate(workspace)
    return root


def _measure(what: str, workspace: Path, server: Any) -> Result:
    command = [sys.executable, "-m", "benchmarks.push_pull", what, str(workspace)]
    command += [str(server.root), str(server.port)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: Result = json.loads(done.stdout.splitlines()[-1])
    load = ", ".join(f"{n:.1f}" for n in os.getloadavg())
    _say(f"  {what}: {result} (load {load})")
    return result


def _push(workspace: Path, server: Any) -> Result:
    from annotation.labelstudio.api.client import Connection
    from annotation.projects import run_push
    from schemas.ledger import Ledger
    from schemas.workspace import Workspace

    with tempfile.TemporaryDirectory() as name:
        # A workspace of its own, that has not been pushed from before.
        copy = Workspace(Path(shutil.copytree(workspace, Path(name) / "ws")))
        connection = Connection(server.url, server.credentials().admin.token)
        begin = time.perf_counter()
        done = run_push(copy, connection, Ledger(), title=_title("push"), overlap=2, blind=BLIND)
        wall = time.perf_counter() - begin
    if done.made != len(Workspace(workspace).passages()):
        raise SystemExit(f"only {done.made} tasks were made")
    return {"wall_s": wall}


def _bare(workspace: Path, server: Any) -> Result:
    from annotation.labelstudio.api.client import ONCE, Connection
    from annotation.labelstudio.push import BATCH

    connection = Connection(server.url, server.credentials().admin.token)
    number, tasks = _project(connection, workspace, "bare")
    batches = [tasks[first : first + BATCH] for first in range(0, len(tasks), BATCH)]
    begin = time.perf_counter()
    for batch in batches:
        connection.client.projects.import_tasks(
            id=number, request=batch, return_task_ids=True, request_options=ONCE
        )
    return {"wall_s": time.perf_counter() - begin}


def _project(connection: Any, workspace: Path, what: str) -> tuple[int, list[Any]]:
    """Make a project, and the tasks that a push would make, without sending them."""
    from annotation.labelstudio.project import make_project
    from annotation.labelstudio.push import tasks_due
    from schemas.workspace import Workspace

    space = Workspace(workspace)
    codebook, predictions = space.codebook(), space.predictions("rules")
    tasks = tasks_due(
        space.articles(), space.passages(), predictions, codebook=codebook.hash, blind=BLIND
    )
    project = make_project(connection, codebook, _title(what), overlap=2)
    return project.id, [task.make() for task in tasks]


def _title(what: str) -> str:
    return f"{what} {time.time_ns()}"


def _export(workspace: Path, server: Any) -> Result:
    """Import annotated tasks, and let the server export them."""
    from annotation.labelstudio.api.client import ONCE, Connection

    connection = Connection(server.url, server.credentials().admin.token)
    number, tasks = _project(connection, workspace, "export")
    for first in range(0, len(tasks), 500):
        batch: Any = [_annotated(task) for task in tasks[first : first + 500]]
        connection.client.projects.import_tasks(id=number, request=batch, request_options=ONCE)
    exports = connection.client.projects.exports
    begin = time.perf_counter()
    made = exports.create(number, title="benchmark", request_options=ONCE)
    if made.id is None or str(made.status) != "completed":
        raise SystemExit(f"the snapshot is {made.status}")
    options: Any = {"chunk_size": 1 << 20}
    with _export_file(workspace).open("wb") as out:
        for chunk in exports.download(number, made.id, export_type="JSON", request_options=options):
            out.write(chunk)
    wall = time.perf_counter() - begin
    size = _export_file(workspace).stat().st_size / 1e6
    return {"wall_s": wall, "plain_s": _plain_export(server, number), "size_mb": size}


def _plain_export(server: Any, number: int) -> float:
    """Return the seconds of the export that the server's own button gives."""
    headers = {"Authorization": f"Token {server.credentials().admin.token}"}
    address = f"{server.url}/api/projects/{number}/export"
    begin = time.perf_counter()
    with httpx.Client(timeout=3600, trust_env=False) as client:
        answer = client.get(address, params={"exportType": "JSON"}, headers=headers)
    wall = time.perf_counter() - begin
    if not answer.is_success:
        raise SystemExit(f"the export answers {answer.status_code}")
    return wall


def _annotated(task: Any) -> Any:
    """Return the task with an annotation that takes its prediction over; a blind one is ticked."""
    shown = task["predictions"][0]["result"] if "predictions" in task else []
    result = [*shown]
    if not any(region["type"] == "choices" for region in result):
        none = {"choices": ["none_of_these"]}
        result.append({"from_name": "issues", "to_name": "text", "type": "choices", "value": none})
    return {**task, "annotations": [{"result": result, "lead_time": 12.5}]}


def _export_file(workspace: Path) -> Path:
    return workspace.with_name("export.json")


def _pull(workspace: Path, server: Any) -> Result:
    """Read and validate the export; then do all of a pull, into a workspace that has none yet."""
    from annotation.labelstudio.api.task_stream import CHUNK, tasks_in
    from annotation.labelstudio.export import ExportReader
    from annotation.pulls import pull_file
    from schemas.jsonl import byte_chunks
    from schemas.ledger import Ledger
    from schemas.workspace import Workspace

    space, file = Workspace(workspace), _export_file(workspace)
    codebook, known = space.codebook(), space.passages()
    begin = time.perf_counter()
    tasks = tasks_in(byte_chunks(file, CHUNK), str(file), from_server=True)
    found = ExportReader(codebook, known, {}, Ledger()).read(tasks)
    read = time.perf_counter() - begin
    if len(found) != len(known):
        raise SystemExit(f"only {len(found)} annotations were taken")
    del found
    with tempfile.TemporaryDirectory() as name:
        copy = Workspace(Path(shutil.copytree(workspace, Path(name) / "ws")))
        begin = time.perf_counter()
        pull_file(copy, file, Ledger())
        wall = time.perf_counter() - begin
    return {"wall_s": wall, "read_s": read}


_WORKS: dict[str, Callable[[Path, Any], Result]] = {
    "push": _push,
    "bare": _bare,
    "export": _export,
    "pull": _pull,
}


def main() -> None:
    """Print the rows, or, for one measurement, its result."""
    if sys.argv[1:2] and sys.argv[1] in _WORKS:
        from annotation.labelstudio.managed.server import Server

        what, workspace, root, port = sys.argv[1:5]
        result = _WORKS[what](Path(workspace), Server(Path(root), int(port)))
        print(json.dumps({**result, "peak_mb": peak_mb()}))
        return
    for found in rows(int(sys.argv[1]) if sys.argv[1:] else MANY):
        print(found)


if __name__ == "__main__":
    main()
