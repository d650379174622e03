"""Fixtures that several kinds of tests share: workspaces, and one real Label Studio a session."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.managed.server import Running, Server
from schemas.workspace import Workspace

OWN_STUDIO = ("faults", "test_simulated_annotators")
"""Tests that need a Label Studio for long, without others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests belong to one process when several work (``pytest -n 2 --dist loadgroup``).

    All of a file, so that what a file prepares is prepared once; and all that use the session's
    Label Studio, since each process starts one of its own.
    """
    for item in items:
        where = item.path.relative_to(ROOT / "tests")
        own = next((name for name in OWN_STUDIO if name in (*where.parts, where.stem)), None)
        shared = "studio" if "server" in getattr(item, "fixturenames", ()) else str(where)
        item.add_marker(pytest.mark.xdist_group(own or shared))


# A slow machine must not fail a property.
settings.register_profile("miyar", deadline=None)
settings.load_profile("miyar")
ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus"


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide and without colours, so that messages stand on one line; no server of the user's."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("MIYAR_LABEL_STUDIO_URL", "MIYAR_LABEL_STUDIO_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace with the shipped codebook and gazetteer."""
    space = Workspace(tmp_path / "ws")
    space.root.mkdir()
    for name in ("codebook.yaml", "gazetteer.jsonl"):
        shutil.copy(CORPUS / name, space.root / name)
    return space


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real Label Studio with a data folder and port of its own.

    ``MIYAR_TEST_SERVER`` names the folder of a managed server that runs already: tests that are
    written just now need not wait for a new one.
    """
    if running := os.environ.get("MIYAR_TEST_SERVER"):
        root = Path(running)
        state = Running.model_validate_json((root / "server.json").read_bytes())
        yield Server(root, state.port)
        return
    managed = Server(tmp_path_factory.mktemp("label-studio") / "server", free_port())
    managed.start(print)
    yield managed
    managed.stop()


@pytest.fixture
def connection(server: Server) -> Connection:
    """A connection as the server's administrator."""
    return Connection(server.url, server.credentials().admin.token)


@pytest.fixture
def own_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, given to commands by environment as a team gives its own."""
    monkeypatch.setenv("MIYAR_LABEL_STUDIO_URL", server.url)
    monkeypatch.setenv("MIYAR_LABEL_STUDIO_API_KEY", server.credentials().admin.token)
    return server


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of an installed Chromium; its absence fails in CI and skips on a laptop."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    message = "no Chromium found; on Debian: apt-get install chromium fonts-hosny-amiri"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
