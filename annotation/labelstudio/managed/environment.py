"""Label Studio's own environment and the user's folders: nothing of it enters Miyar's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from schemas.errors import ServerError
from schemas.locks import exclusive
from schemas.record import sha256

VERSION = "1.23.2"
Say = Callable[[str], None]
_REQUIREMENTS = Path(__file__).parents[3] / "requirements" / "label-studio.txt"
_COMPLETE = ".complete"


def home(kind: str) -> Path:
    """Return the user's folder for ``data`` or ``cache``; ``MIYAR_HOME`` overrides both."""
    if override := os.environ.get("MIYAR_HOME"):
        return Path(override).expanduser().resolve() / kind
    variable, default = {
        "data": ("XDG_DATA_HOME", ".local/share"),
        "cache": ("XDG_CACHE_HOME", ".cache"),
    }[kind]
    return Path(os.environ.get(variable) or Path.home() / default) / "miyar"


def label_studio_version() -> str | None:
    """Return the version of Label Studio that is installed for Miyar, if it is."""
    return VERSION if (_folder() / _COMPLETE).is_file() else None


def ensure_environment(say: Say) -> Path:
    """Return Label Studio's own environment, made on first use.

    Raises:
        ServerError: it cannot be installed.
    """
    folder = _folder()
    if (folder / _COMPLETE).is_file():
        return folder
    lock = folder.with_name(f".{folder.name}.lock")
    with exclusive(lock, lambda: say("another command installs Label Studio; waiting for it …")):
        if not (folder / _COMPLETE).is_file():
            say(f"installing Label Studio {VERSION} into {folder} (once, about 900 MB) …")
            _install(folder)
    return folder


def _folder() -> Path:
    wanted = _REQUIREMENTS.read_bytes() if _REQUIREMENTS.is_file() else VERSION.encode()
    tag = f"{VERSION}-py{sys.version_info.major}.{sys.version_info.minor}-{sha256(wanted)[:8]}"
    return home("cache") / f"label-studio-{tag}"


def _install(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
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
    (folder / _COMPLETE).touch()
