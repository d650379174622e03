"""The process of a managed server: its environment, its log, and whether it is the one we mean."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path

from pydantic import ValidationError

from annotation.labelstudio.managed.credentials import Account
from annotation.labelstudio.managed.database import Database, Postgres
from annotation.labelstudio.managed.postgres import identity
from schemas.errors import ServerError
from schemas.locks import is_held
from schemas.record import Record

HOST = "127.0.0.1"
KEPT_LOG_BYTES = 2_000_000
_LAUNCH = Path(__file__).with_name("launch.py")
_BASE = b"LABEL_STUDIO_BASE_DATA_DIR="
_PASSED = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|SSL_CERT_\w+"
    r"|REQUESTS_CA_BUNDLE|(?i:https?_proxy|no_proxy)"
)
"""Label Studio reads its settings under bare names too (DEBUG, PORT, USERNAME): what stands in
the user's environment must not change the server."""


class Running(Record):
    """A server process as it was started."""

    pid: int
    port: int


def state_of(root: Path) -> Running | None:
    """Read number and port of the process that ran last; a damaged file is as good as none."""
    try:
        return Running.model_validate_json((root / "server.json").read_bytes())
    except (OSError, ValidationError):
        return None


def lock_of(root: Path) -> Path:
    """Return the file that the process holds locked."""
    return root / "server.lock"


def serves(pid: int, root: Path) -> bool:
    """Tell whether a process serves a folder: its number may have gone to another program."""
    if not Path("/proc/self/environ").exists():  # macOS
        return _is_alive(pid) and is_held(lock_of(root))
    try:
        words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    told = [word.removeprefix(_BASE) for word in words if word.startswith(_BASE)]
    return any(Path(os.fsdecode(path)).resolve() == (root / "data").resolve() for path in told)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def birth(pid: int) -> str | None:
    """Return when a process began, in the system's own words; ``None`` when it has ended.

    A process that is just ending has no environment any more, but its threads still hold its port.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        alive = not Path("/proc/self/stat").exists() and _is_alive(pid)  # macOS
        return "alive" if alive else None
    state, *rest = fields.rpartition(")")[2].split()
    threads, began = rest[16], rest[18]
    return None if state in "ZX" and int(threads) <= 1 else began


def spawn(
    python: Path, root: Path, port: int, *, admin: Account, database: Database, log: Path
) -> subprocess.Popen[bytes]:
    """Start the server of a folder in the background; secrets go by the environment only."""
    with log.open("ab") as output:
        log.chmod(0o600)
        return subprocess.Popen(
            [str(python), "-Iu", str(_LAUNCH), str(root.absolute()), str(port)],
            env=_environment(root, port, admin, database),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=root,
            umask=0o077,
        )


def _environment(root: Path, port: int, admin: Account, database: Database) -> dict[str, str]:
    settings = {
        "BASE_DATA_DIR": str(root.absolute() / "data"),
        "USERNAME": admin.email,
        "PASSWORD": admin.password,
        "USER_TOKEN": admin.token,
        "ENABLE_LEGACY_API_TOKEN": "true",
        "DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "HOST": f"http://{HOST}:{port}",
    }
    return {
        **{name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)},
        **{f"LABEL_STUDIO_{name}": value for name, value in settings.items()},
        **(_postgres(database, root) if isinstance(database, Postgres) else {}),
        # Telemetry, error reports and the look for a newer version are all on by default.
        "COLLECT_ANALYTICS": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LATEST_VERSION_CHECK": "false",
    }


def _postgres(database: Postgres, root: Path) -> dict[str, str]:
    return database.for_label_studio() | {"PGAPPNAME": identity(root)}


def refuse_taken_port(port: int) -> None:
    """Check that nobody listens on a port.

    Raises:
        ServerError: somebody does.
    """
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


def rotate(log: Path) -> None:
    """Begin a new log, so that it does not grow for ever; of the run before the end is kept."""
    if not log.is_file():
        return
    old = log.with_name(f"{log.name}.1")
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - KEPT_LOG_BYTES))
        end = file.read()
    old.touch(mode=0o600)
    old.chmod(0o600)
    old.write_bytes(end)
    log.unlink()


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log."""
    if not log.is_file():
        return "(no log)"
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
