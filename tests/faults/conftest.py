"""A real server behind the proxy, and the record of the runs."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.managed.server import Server
from schemas.record import sha256
from tests.faults.bench import Bench
from tests.faults.journeys import Outcome
from tests.faults.proxy import Proxy
from tests.faults.scene import Scene


@pytest.fixture(scope="session")
def bench(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The server, through a proxy and past it."""
    token = server.credentials().admin.token
    direct = Connection(server.url, token)
    with Proxy(server.port) as proxy:
        made = Bench(proxy, direct, token, tmp_path_factory.mktemp("faults"))
        proxy.meddle = made.meddle
        yield made


@pytest.fixture
def scene(bench: Bench, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A scene of its own for each test."""
    yield Scene(bench, f"scene-{sha256(request.node.name)[:8]}")
    bench.proxy.calm()
    bench.proxy.drain()
    bench.clean()


@pytest.fixture(scope="session")
def record() -> Iterator[list[Outcome | int]]:
    """What came of every run, or the seed of one that did not come to its end.

    Written to the file that ``MIYAR_FAULT_REPORT`` names.
    """
    begin = time.monotonic()
    runs: list[Outcome | int] = []
    yield runs
    if name := os.environ.get("MIYAR_FAULT_REPORT"):
        report = _report(runs, time.monotonic() - begin)
        Path(name).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _report(runs: list[Outcome | int], seconds: float) -> dict[str, object]:
    done = [run for run in runs if isinstance(run, Outcome)]
    faults: Counter[str] = Counter()
    for run in done:
        faults.update({fault.value: n for fault, n in run.faults.items()})
    return {
        "runs": len(runs),
        "seeds": sorted(run.seed if isinstance(run, Outcome) else run for run in runs),
        "kinds": dict(Counter(run.kind for run in done)),
        "not_finished": [run for run in runs if not isinstance(run, Outcome)],
        "faults": dict(sorted(faults.items())),
        "faults_in_all": faults.total(),
        "attempts": sum(run.attempts for run in done),
        "lost": sum(run.lost for run in done),
        "doubled": sum(run.doubled for run in done),
        "passages_settled": sum(run.settled for run in done),
        "seconds": round(seconds, 1),
    }
