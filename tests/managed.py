"""What tests need that start servers of their own: a user's folders, the command, waiting."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from annotation.labelstudio.managed.environment import home
from annotation.labelstudio.managed.process import state_of
from annotation.labelstudio.managed.server import DEFAULT_PORT, Server

PATIENCE_S = 300


@dataclass(frozen=True)
class House:
    """Folders of a user of their own; Label Studio is installed once for all of them."""

    folder: Path

    def __post_init__(self) -> None:
        cache = home("cache")
        cache.mkdir(parents=True, exist_ok=True)
        (self.folder / "cache").mkdir(parents=True)
        (self.folder / "cache" / "miyar").symlink_to(cache)

    def server(self, name: str = "default") -> Server:
        """Return a managed server of this user, on the port it ran on last."""
        root = self.folder / "data" / "miyar" / "label-studio" / name
        state = state_of(root)
        return Server(root, state.port if state else DEFAULT_PORT)

    def spawn(self, *words: object, **env: str) -> subprocess.Popen[str]:
        """Start the command in a process of its own; its output is one text."""
        theirs = {
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }
        passed = {name: value for name, value in os.environ.items() if "MIYAR_" not in name}
        return subprocess.Popen(
            [sys.executable, "-c", "from miyar.cli import main; main()", *map(str, words)],
            env=passed | theirs | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def miyar(self, *words: object, code: int = 0, **env: str) -> str:
        """Run the command, check its exit code, return what it printed."""
        process = self.spawn(*words, **env)
        said, _ = process.communicate(timeout=2 * PATIENCE_S)
        assert process.returncode == code, f"{words}: {process.returncode}\n{said}"
        return said


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for a condition; a slow machine only makes it longer."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"not so within {PATIENCE_S} s"
        time.sleep(0.05)


def secrets_of(server: Server) -> set[str]:
    """Return every secret that a server's files hold."""
    credentials = server.credentials()
    accounts = [credentials.admin, *credentials.annotators.values()]
    key = (server.data / ".env").read_text(encoding="utf-8").strip().removeprefix("SECRET_KEY=")
    found = {secret for account in accounts for secret in (account.password, account.token)}
    link = server.root / "sign-up-link.txt"
    if link.is_file():
        found.add(link.read_text(encoding="utf-8").strip().partition("token=")[2])
    return found | {key}
