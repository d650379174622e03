"""SIGKILL at random moments, of miyar and of the server; a rerun then mends everything."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.managed.server import Server
from annotation.labelstudio.push import tasks_on_server
from annotation.labelstudio.submit import submit
from annotation.projects import open_project, run_push
from annotation.pulls import pull_project
from schemas.annotation import Annotation
from schemas.errors import ServerError
from schemas.ledger import Ledger
from schemas.workspace import Workspace
from tests.faults.bench import Bench, annotations, make_workspace
from tests.faults.messages import Request

KILLS = int(os.environ.get("MIYAR_FAULT_KILLS", "3"))
PASSAGES = 12
PUSH_REQUESTS, PULL_REQUESTS = 12, 8
"""About how many requests a push and a pull make: the kill comes at one of them."""
WAIT_S = 120.0


@pytest.fixture
def space(bench: Bench, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace whose project is removed afterwards."""
    yield make_workspace(tmp_path / f"kill-{bench.name}-{tmp_path.name[-9:]}", 0, PASSAGES)
    bench.proxy.calm()
    bench.proxy.on_request = lambda request: None
    bench.proxy.drain()
    bench.clean()


def _run_and_kill(bench: Bench, number: int, delay_s: float, *words: object) -> None:
    """Run miyar, and kill it a moment after it has sent a request."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from miyar.cli import main; main()", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={
            **os.environ,
            "MIYAR_LABEL_STUDIO_URL": bench.proxy.url,
            "MIYAR_LABEL_STUDIO_API_KEY": bench.token,
        },
    )
    with _at_request(bench, number, delay_s, process.kill):
        code = process.wait(WAIT_S)
    bench.proxy.drain()
    # With a delay it may have come to its end just before.
    assert code == -signal.SIGKILL or (delay_s and not code)


@contextmanager
def _at_request(
    bench: Bench, number: int, delay_s: float, kill: Callable[[], None]
) -> Iterator[None]:
    """Call ``kill`` a moment after that request has come."""
    seen, timers = 0, []

    def on_request(_: Request) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            timers.append(threading.Timer(delay_s, kill))
            timers[0].start()

    bench.proxy.on_request = on_request
    try:
        yield
    finally:
        bench.proxy.on_request = lambda request: None
        for timer in timers:
            timer.join()


def _push(space: Workspace, connection: Connection) -> Ledger:
    ledger = Ledger()
    run_push(space, connection, ledger, predictions="machine", overlap=2, blind=0.0)
    return ledger


def _check_push(bench: Bench, space: Workspace) -> None:
    """Push again, and look that every passage is there once."""
    ledger = _push(space, bench.direct)
    assert not ledger.defects()
    project = open_project(space, bench.direct)
    bench.projects = [project.id]
    held = tasks_on_server(bench.direct, project)
    assert {key: [text for _, text in found] for key, found in held.items()} == {
        passage.id: [passage.text] for passage in space.passages()
    }
    _check_files(space)


def _check_files(space: Workspace) -> None:
    """Look that no file is half written; a temporary one may be left, and nobody reads it."""
    for path in space.root.rglob("*.json*"):
        if path.name.endswith(".tmp"):
            continue
        lines = path.read_text(encoding="utf-8")
        for part in lines.splitlines() if path.suffix == ".jsonl" else [lines]:
            json.loads(part)


@pytest.mark.parametrize("seed", range(KILLS))
def test_miyar_killed_during_a_push(bench: Bench, space: Workspace, seed: int) -> None:
    rng = random.Random(seed)
    number, delay_s = rng.randint(2, PUSH_REQUESTS), rng.choice((0.0, 0.0, rng.uniform(0, 0.3)))
    words = ("annotation", "push", "--workspace", space.root, "--predictions", "machine")
    _run_and_kill(bench, number, delay_s, *words, "--overlap", "2", "--blind", "0")
    _check_push(bench, space)


def _given(bench: Bench, space: Workspace, connection: Connection) -> list[Annotation]:
    """Write an annotation of every passage."""
    given = annotations(bench, space, 0)
    held = tasks_on_server(bench.direct, open_project(space, bench.direct))
    submit(
        connection,
        given,
        passages={passage.id: passage for passage in space.passages()},
        task_ids={key: found[0][0] for key, found in held.items()},
        tokens={bench.annotator: bench.token},
        on_each=lambda: None,
    )
    return given


def _check_pull(bench: Bench, space: Workspace, given: list[Annotation]) -> None:
    """Pull again, and look that every annotation is there once."""
    ledger = Ledger()
    pull_project(space, bench.direct, ledger)
    assert not ledger.defects()
    found = [json.loads(line)["id"] for path in space.annotation_files() for line in _lines(path)]
    assert Counter(found) == Counter(annotation.id for annotation in given)
    _check_files(space)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("seed", range(KILLS))
def test_miyar_killed_during_a_pull(bench: Bench, space: Workspace, seed: int) -> None:
    rng = random.Random(seed)
    _check_push(bench, space)
    given = _given(bench, space, bench.direct)
    number, delay_s = rng.randint(2, PULL_REQUESTS), rng.choice((0.0, 0.0, rng.uniform(0, 0.3)))
    _run_and_kill(bench, number, delay_s, "annotation", "pull", "--workspace", space.root)
    _check_pull(bench, space, given)


def _on_and_on(work: Callable[[Connection], object], connection: Connection) -> None:
    while True:
        work(connection)


def _kill(server: Server) -> None:
    state = server.running()
    assert state is not None
    os.kill(state.pid, signal.SIGKILL)


def _wait_until_dead(server: Server) -> None:
    deadline = time.monotonic() + WAIT_S
    while server.running():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_server_killed_during_a_push_and_while_annotations_are_written(
    bench: Bench, server: Server, space: Workspace
) -> None:
    if os.environ.get("MIYAR_TEST_SERVER"):
        pytest.skip("MIYAR_TEST_SERVER names a server of somebody else: it must not be killed")
    rng = random.Random(int(os.environ.get("MIYAR_FAULT_SEED", "0")))
    given: list[Annotation] = []
    for work, most in (
        (lambda connection: _push(space, connection), PUSH_REQUESTS),
        (lambda connection: given.extend(_given(bench, space, connection)), PASSAGES),
    ):
        number, delay_s = rng.randint(2, most - 2), rng.uniform(0, 0.1)
        connection = bench.connection(0)
        with (
            _at_request(bench, number, delay_s, lambda: _kill(server)),
            pytest.raises(ServerError),
        ):
            _on_and_on(work, connection)
        _wait_until_dead(server)
        server.start(print)
        _check_push(bench, space)
    given = _given(bench, space, bench.direct)
    _check_pull(bench, space, given)
