"""A managed local Label Studio: one folder a server, one process a folder, closed to the outside.

Data and credentials live in the user's data folder, one folder a server name. The process is
started by ``launch.py`` under Label Studio's own Python and holds a lock on its folder.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from annotation.labelstudio.managed.beginning import clear_postgres, clear_sqlite
from annotation.labelstudio.managed.credentials import (
    Account,
    Credentials,
    ensure_secret_key,
    read_secrets,
    write_secret,
    write_secrets,
)
from annotation.labelstudio.managed.database import Database, Postgres, Sqlite
from annotation.labelstudio.managed.environment import (
    VERSION,
    Say,
    ensure_environment,
    home,
    label_studio_version,
)
from annotation.labelstudio.managed.postgres import check
from annotation.labelstudio.managed.process import (
    HOST,
    Running,
    birth,
    lock_of,
    refuse_taken_port,
    rotate,
    serves,
    spawn,
    state_of,
    tail,
)
from schemas.errors import ServerError, UsageError
from schemas.locks import exclusive, is_held

__all__ = [
    "Account",
    "Credentials",
    "Running",
    "Server",
    "ensure_environment",
    "home",
    "label_studio_version",
]
DEFAULT_PORT = 8087
_START_S = 600.0
_STOP_S = 30.0
_CLEAR_S = 5.0


@dataclass(frozen=True)
class Server:
    """A named server; ``start`` and ``stop`` may be called at any time, in any state."""

    root: Path
    """Folder of this server: credentials, data, log."""
    port: int = DEFAULT_PORT

    @classmethod
    def named(cls, name: str = "default", port: int | None = None) -> Server:
        """Return the server of that name, on the port it last ran on unless one is given.

        Raises:
            UsageError: the name cannot be the name of a folder.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
            raise UsageError(
                f"{name!r} cannot name a server; use letters a to z, digits, and - _ . inside."
            )
        root = home("data") / "label-studio" / name
        last = state_of(root)
        return cls(root, port or (last.port if last else DEFAULT_PORT))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    @property
    def log_file(self) -> Path:
        """What the server prints since it was started; ``server.log.1`` is the run before."""
        return self.root / "server.log"

    @property
    def credentials_file(self) -> Path:
        """Accounts, readable by the owner only."""
        return self.root / "credentials.json"

    @property
    def database_file(self) -> Path:
        """How to log in to PostgreSQL, readable by the owner only; SQLite has no such file."""
        return self.root / "database.json"

    @property
    def data(self) -> Path:
        """Label Studio's own folder: SQLite's file, uploads, the secret key."""
        return self.root.absolute() / "data"

    @property
    def unfinished_file(self) -> Path:
        """It stands here while a restore replaces data: what is there is not whole."""
        return self.root / "restore.unfinished"

    def data_version(self) -> str:
        """Return the version of Label Studio that used the data last."""
        file = self.root / "label-studio.version"
        # Before this file there was only one version.
        return file.read_text(encoding="ascii").strip() if file.is_file() else "1.23.2"

    def keep_version(self, version: str) -> None:
        """Remember the version of Label Studio that uses the data."""
        write_secret(self.root / "label-studio.version", version + "\n")

    def running(self) -> Running | None:
        """Return the process when it runs, else ``None``."""
        state = state_of(self.root)
        return state if state and serves(state.pid, self.root) else None

    def healthy(self) -> bool:
        """Tell whether the server answers."""
        answer = self._ask("/health", 5)
        try:
            said = answer.json() if answer is not None and answer.is_success else None
        except ValueError:
            return False
        return isinstance(said, dict) and said.get("status") == "UP"

    def get(self, path: str, **query: int | str) -> httpx.Response | None:
        """Ask the server as its administrator, without the SDK; ``None`` when it does not answer.

        Raises:
            ServerError: this server was never started here.
        """
        token = self.credentials().admin.token
        return self._ask(path, 60, headers={"Authorization": f"Token {token}"}, params=query)

    def _ask(self, path: str, timeout: float, **more: Any) -> httpx.Response | None:
        # It is plain HTTP on this machine: no certificates to load (slow), no proxy to go through.
        with httpx.Client(verify=False, trust_env=False, timeout=timeout) as client:  # noqa: S501
            try:
                return client.get(f"{self.url}{path}", **more)
            except httpx.HTTPError:
                return None

    def _knows_us(self) -> bool:
        """Tell whether it is this server that answers, not another one on its port."""
        answer = self.get("/api/current-user/whoami") if self.healthy() else None
        return answer is not None and answer.is_success

    def credentials(self) -> Credentials:
        """Read the accounts.

        Raises:
            ServerError: this server was never started here.
        """
        found = read_secrets(self.credentials_file, Credentials)
        if found is None:
            raise ServerError(
                f"{self.credentials_file} does not exist: this machine has no managed Label Studio "
                "of that name. Start one with `miyar annotation server up`."
            )
        return found

    def save(self, credentials: Credentials) -> None:
        """Write the accounts, readable by the owner only."""
        write_secrets(self.credentials_file, credentials)

    def database(self) -> Database | None:
        """Return where the data is; ``None`` when there is none yet."""
        if found := read_secrets(self.database_file, Postgres):
            return found
        return Sqlite() if (self.data / "label_studio.sqlite3").exists() else None

    def chosen(self, asked: Database | None) -> Database:
        """Return the database to use.

        Raises:
            ServerError: the data is in another one than asked for.
        """
        known = self.database()
        if asked is None or known is None:
            return asked or known or Sqlite()
        if isinstance(asked, Postgres) and isinstance(known, Postgres) and asked.same_place(known):
            return asked  # perhaps with another user or password
        if isinstance(asked, Sqlite) and isinstance(known, Sqlite):
            return known
        raise ServerError(
            f"the data of this server is in {known.shown}, asked for {asked.shown}. Leave "
            "--database out and MIYAR_LABEL_STUDIO_DATABASE unset to go on with it; or start "
            "another server beside it with --server NAME; if the same PostgreSQL database has "
            f"moved, change its address in {self.database_file}."
        )

    def start(self, say: Say, database: Database | None = None) -> bool:
        """Start the server and wait until it answers; return whether it had to be started.

        Args:
            say: prints a sentence.
            database: where the data shall be; where it was, or SQLite, unless given.

        Raises:
            ServerError: the port is taken, the database cannot be used, or the server does not
                come up.
        """
        if self.running() is None:
            refuse_taken_port(self.port)
        with exclusive(
            self.root / "start.lock",
            lambda: say("another command is at work on this server; waiting for it …"),
        ):
            chosen = self.chosen(database)
            if state := self.running():
                self._refuse_other_port(state)
                self._wait(say)
                return False
            self._refuse_unclear_state()
            refuse_taken_port(self.port)
            python = ensure_environment(say) / "bin" / "python"
            self._prepare(chosen, python, say)
            say(f"starting Label Studio {VERSION} on {self.url} (the first start takes a minute) …")
            process = spawn(
                python,
                self.root,
                self.port,
                admin=self.credentials().admin,
                database=chosen,
                log=self.log_file,
            )
            self._wait(say, process)
            return True

    def _refuse_other_port(self, state: Running) -> None:
        if state.port != self.port:
            raise ServerError(
                f"this Label Studio already runs on port {state.port}, asked for {self.port}; "
                "leave --port out, or stop it first with `miyar annotation server down`."
            )

    def _refuse_unclear_state(self) -> None:
        deadline = time.monotonic() + _CLEAR_S
        while is_held(lock_of(self.root)) and time.monotonic() < deadline:
            time.sleep(0.1)  # a process that is just ending, or that somebody looks at
        if is_held(lock_of(self.root)):
            raise ServerError(
                f"a process serves {self.root} already, but server.json does not name it; find it "
                f"with `fuser {self.root / 'server.lock'}`, and end it with `kill`."
            )
        if self.unfinished_file.exists():
            raise ServerError(
                f"a restore into {self.root} was interrupted, its data is not whole; run the same "
                "`miyar annotation server restore FILE` again with --force."
            )

    def _prepare(self, database: Database, python: Path, say: Say) -> None:
        self.root.chmod(0o700)
        self.data.mkdir(exist_ok=True, mode=0o700)
        if isinstance(database, Postgres):
            ours = self.database_file.is_file()
            facts = check(database, python, self.root, ours=ours)
            write_secrets(self.database_file, database)
            cleared = facts.tables > 0 and clear_postgres(database, python)
        else:
            cleared = clear_sqlite(self.data / "label_studio.sqlite3")
        if cleared:
            say("the first start was interrupted before anybody could log in; beginning again …")
        self._upgrade(say)
        if not self.credentials_file.is_file():
            admin = Account(
                email="admin@miyar.invalid",
                password=secrets.token_urlsafe(24),
                token=secrets.token_hex(20),
            )
            self.save(Credentials(admin=admin))
        ensure_secret_key(self.data / ".env")
        rotate(self.log_file)

    def _upgrade(self, say: Say) -> None:
        """Make a backup before a newer Label Studio changes the database for good."""
        used = self.data_version()
        if _order(used) > _order(VERSION):
            raise ServerError(
                f"the data in {self.root} was used by Label Studio {used} already, this Miyar runs "
                f"{VERSION}, which cannot read it; use the newer Miyar, or restore the backup that "
                "was made before the upgrade."
            )
        if used != VERSION and self.database() is not None:
            from annotation.labelstudio.managed.backup import backup, default_path

            path = default_path(self, f"before-{VERSION}-")
            say(f"the data is of Label Studio {used}; backing it up to {path} before {VERSION} …")
            backup(self, path)
        self.keep_version(VERSION)

    def _wait(self, say: Say, process: subprocess.Popen[bytes] | None = None) -> None:
        """Wait for a process that was started just now, or for one that runs already."""
        begin = told = time.monotonic()
        while not (self._knows_us() if process else self.healthy()):
            now = time.monotonic()
            gone = process.poll() is not None if process else self.running() is None
            if gone or now - begin > _START_S:
                what = "ended" if gone else f"did not answer within {_START_S:.0f} s"
                if process:
                    process.kill()
                raise ServerError(
                    f"Label Studio {what}; its last words are in {self.log_file}:\n"
                    f"{tail(self.log_file)}"
                )
            if now - told > 10:
                say(f"  … still starting ({now - begin:.0f} s)")
                told = now
            time.sleep(0.3)

    def stop(self, *, force: bool = False, wait_s: float = _STOP_S, say: Say | None = None) -> bool:
        """Stop the server; return whether there was one to stop.

        Args:
            force: kill it when it does not end by itself.
            wait_s: how long to wait for it.
            say: told when it had to be killed.

        Raises:
            ServerError: it does not end.
        """
        state = self.running()
        if state is None:
            return False
        begun = birth(state.pid)
        os.kill(state.pid, signal.SIGTERM)
        if _ends(state.pid, begun, wait_s):
            return True
        if not force:
            raise ServerError(
                f"Label Studio (process {state.pid}) does not end after {wait_s:.0f} s; "
                "kill it with `miyar annotation server down --force`. Its data stays intact."
            )
        os.kill(state.pid, signal.SIGKILL)
        if say:
            say(f"Label Studio did not end within {wait_s:.0f} s and was killed.")
        if not _ends(state.pid, begun, _STOP_S):
            raise ServerError(
                f"process {state.pid} cannot be killed; ask whoever runs the machine."
            )
        return True


def _ends(pid: int, begun: str | None, wait_s: float) -> bool:
    deadline = time.monotonic() + wait_s
    while begun is not None and birth(pid) == begun:  # the number may go to another program
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
