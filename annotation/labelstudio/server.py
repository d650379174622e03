"""A managed local Label Studio: its own environment, its own data folder, closed to the outside.

Label Studio never enters Miyar's environment. Its own one lives in the user's cache and is
made once from ``requirements/label-studio.txt``; data and credentials live in the user's data
folder, one folder a server name.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
from pydantic import Field

from schemas.errors import ServerError
from schemas.jsonl import atomic
from schemas.record import Record, sha256

VERSION = "1.23.2"
DEFAULT_PORT = 8087
HOST = "127.0.0.1"
_START_SECONDS = 300.0
_STOP_SECONDS = 20.0
_REQUIREMENTS = Path(__file__).parents[2] / "requirements" / "label-studio.txt"

log = logging.getLogger(__name__)
Say = Callable[[str], None]
_COMPLETE = ".complete"
R = TypeVar("R", bound=Record)


class Account(Record):
    """A user of the server."""

    email: str
    password: str = Field(repr=False)
    token: str = Field(repr=False)


class Credentials(Record):
    """The accounts of a server. Kept in a file that only its owner can read."""

    admin: Account
    annotators: dict[str, Account] = Field(default_factory=dict)


class Running(Record):
    """A server process as it was started."""

    pid: int
    port: int


def home(kind: str) -> Path:
    """Return the user's folder for ``data`` or ``cache``; ``MIYAR_HOME`` overrides both."""
    if override := os.environ.get("MIYAR_HOME"):
        return Path(override).expanduser().resolve() / kind
    variable, default = {
        "data": ("XDG_DATA_HOME", ".local/share"),
        "cache": ("XDG_CACHE_HOME", ".cache"),
    }[kind]
    return Path(os.environ.get(variable) or Path.home() / default) / "miyar"


@dataclass(frozen=True)
class Server:
    """A named server; ``start`` and ``stop`` may be called at any time, in any state."""

    root: Path
    """Folder of this server: credentials, data, log."""
    port: int = DEFAULT_PORT

    @classmethod
    def named(cls, name: str = "default", port: int | None = None) -> Server:
        """Return the server of that name, on the port it last ran on unless one is given."""
        root = home("data") / "label-studio" / name
        last = _read(root / "server.json", Running)
        return cls(root, port or (last.port if last else DEFAULT_PORT))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    @property
    def log_file(self) -> Path:
        """What the server prints."""
        return self.root / "server.log"

    @property
    def credentials_file(self) -> Path:
        """Accounts, readable by the owner only."""
        return self.root / "credentials.json"

    def running(self) -> Running | None:
        """Return the process when it runs, else ``None``."""
        state = _read(self.root / "server.json", Running)
        return state if state and _is_label_studio(state.pid) else None

    def healthy(self) -> bool:
        """Tell whether the server answers."""
        try:
            answer = httpx.get(f"{self.url}/health", timeout=5)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK and answer.json().get("status") == "UP"

    def credentials(self) -> Credentials:
        """Read the accounts.

        Raises:
            ServerError: this server was never started here.
        """
        found = _read(self.credentials_file, Credentials)
        if found is None:
            raise ServerError(
                f"{self.credentials_file} does not exist: this machine has no managed Label Studio "
                "of that name. Start one with `miyar annotation server up`."
            )
        return found

    def save(self, credentials: Credentials) -> None:
        """Write the accounts, readable by the owner only."""
        with atomic(self.credentials_file, mode=0o600) as temporary:
            temporary.write_text(credentials.model_dump_json(indent=1), encoding="utf-8")

    def start(self, say: Say) -> bool:
        """Start the server and wait until it answers; return whether it had to be started.

        Raises:
            ServerError: the port is taken, or the server does not come up.
        """
        state = self.running()
        if state and state.port == self.port:
            self._wait(state.pid, say)
            return False
        if state:
            raise ServerError(
                f"this Label Studio already runs on port {state.port}, asked for {self.port}; "
                "leave --port out, or stop it first with `miyar annotation server down`."
            )
        _refuse_taken_port(self.port)
        environment = ensure_environment(say)
        (self.root / "data").mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.credentials_file.is_file():
            admin = Account(
                email="admin@miyar.invalid",
                password=secrets.token_urlsafe(24),
                token=secrets.token_hex(20),
            )
            self.save(Credentials(admin=admin))
        say(f"starting Label Studio {VERSION} on {self.url} (the first start takes a minute) …")
        process = self._spawn(environment / "bin" / "label-studio")
        with atomic(self.root / "server.json") as temporary:
            running = Running(pid=process.pid, port=self.port)
            temporary.write_text(running.model_dump_json(), encoding="utf-8")
        self._wait(process.pid, say, process)
        return True

    def _spawn(self, program: Path) -> subprocess.Popen[bytes]:
        admin = self.credentials().admin
        settings = {
            "BASE_DATA_DIR": str(self.root / "data"),
            "USERNAME": admin.email,
            "PASSWORD": admin.password,
            "USER_TOKEN": admin.token,
            "ENABLE_LEGACY_API_TOKEN": "true",
            "DISABLE_SIGNUP_WITHOUT_LINK": "true",
            "HOST": self.url,
        }
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("LABEL_STUDIO_")},
            **{f"LABEL_STUDIO_{key}": value for key, value in settings.items()},
            # Telemetry, error reports and the look for a newer version are all on by default.
            "COLLECT_ANALYTICS": "false",
            "SENTRY_DSN": "",
            "FRONTEND_SENTRY_DSN": "",
            "LATEST_VERSION_CHECK": "false",
        }
        command = [str(program), "start", "--no-browser", "--internal-host", HOST]
        command += ["--port", str(self.port), "--log-level", "ERROR"]
        with self.log_file.open("ab") as output:
            return subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=self.root,
            )

    def _wait(self, pid: int, say: Say, process: subprocess.Popen[bytes] | None = None) -> None:
        begin = time.monotonic()
        told = begin
        while not self.healthy():
            now = time.monotonic()
            gone = process.poll() is not None if process else not _is_label_studio(pid)
            if gone or now - begin > _START_SECONDS:
                what = "ended" if gone else f"did not answer within {_START_SECONDS:.0f} s"
                raise ServerError(
                    f"Label Studio {what}; its last words are in {self.log_file}:\n"
                    f"{_tail(self.log_file)}"
                )
            if now - told > 10:
                say(f"  … still starting ({now - begin:.0f} s)")
                told = now
            time.sleep(0.3)

    def stop(self) -> bool:
        """Stop the server; return whether there was one to stop.

        Raises:
            ServerError: it does not end.
        """
        state = self.running()
        if state is None:
            return False
        os.kill(state.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while _is_label_studio(state.pid):
            if time.monotonic() > deadline:
                raise ServerError(
                    f"Label Studio (process {state.pid}) does not end after {_STOP_SECONDS:.0f} s; "
                    f"end it with `kill -9 {state.pid}`. Its data stays intact."
                )
            time.sleep(0.1)
        return True


def _environment() -> Path:
    wanted = _REQUIREMENTS.read_bytes() if _REQUIREMENTS.is_file() else VERSION.encode()
    tag = f"{VERSION}-py{sys.version_info.major}.{sys.version_info.minor}-{sha256(wanted)[:8]}"
    return home("cache") / f"label-studio-{tag}"


def label_studio_version() -> str | None:
    """Return the version of Label Studio that is installed for Miyar, if it is."""
    return VERSION if (_environment() / _COMPLETE).is_file() else None


def ensure_environment(say: Say) -> Path:
    """Return Label Studio's own environment, made on first use.

    Raises:
        ServerError: it cannot be installed.
    """
    folder = _environment()
    done = folder / _COMPLETE
    if done.is_file():
        return folder
    say(f"installing Label Studio {VERSION} into {folder} (once, about 900 MB) …")
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    python = folder / "bin" / "python"
    if _REQUIREMENTS.is_file():
        what = ["--require-hashes", "-r", str(_REQUIREMENTS)]
    else:
        what = [f"label-studio=={VERSION}"]
    if uv := shutil.which("uv"):
        steps = [
            [uv, "venv", "-q", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "-q", "--python", str(python), *what],
        ]
    else:
        steps = [
            [sys.executable, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *what],
        ]
    for step in steps:
        result = subprocess.run(step, capture_output=True, text=True, check=False)
        if result.returncode:
            raise ServerError(
                f"cannot install Label Studio: `{' '.join(step[:4])} …` failed:\n"
                f"{result.stderr.strip()[-1500:]}\n"
                "Check the network and the space on disk, then run the same command again."
            )
    done.touch()
    return folder


def _refuse_taken_port(port: int) -> None:
    # Label Studio itself would silently take the next free port.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServerError(
                f"port {port} on {HOST} is taken by another program; choose another one with "
                f"`miyar annotation server up --port {port + 1}`, or set MIYAR_LABEL_STUDIO_URL "
                "and MIYAR_LABEL_STUDIO_API_KEY if it is a Label Studio that you want to use."
            ) from error


def _is_label_studio(pid: int) -> bool:
    """Tell whether a process runs and is Label Studio: a pid may have gone to another program."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    command = Path(f"/proc/{pid}/cmdline")
    try:
        words = command.read_bytes()
    except OSError:
        return not Path("/proc").is_dir()  # no /proc (macOS): trust the pid
    return b"label-studio" in words


def _tail(path: Path, lines: int = 12) -> str:
    if not path.is_file():
        return "(no log)"
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _read(path: Path, model: type[R]) -> R | None:
    return model.model_validate_json(path.read_bytes()) if path.is_file() else None
