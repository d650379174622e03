"""Run by Label Studio's own Python: take the folder's lock, say who we are, start the server.

``python -I launch.py FOLDER PORT``. Miyar itself never imports this module.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
_TRIES = 50
_PULSE_S = 20


def main() -> None:
    """Start the server; the lock is held until the process ends, however it ends."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    with (folder / "server.lock").open("ab") as lock:
        _take(lock.fileno(), folder)
        state = folder / "server.json"
        temporary = state.with_suffix(".tmp")
        temporary.write_text(json.dumps({"pid": os.getpid(), "port": port}), encoding="utf-8")
        temporary.replace(state)
        # One line a request, some with the token of the invitation link in it.
        logging.getLogger("django.server").addFilter(_failures_only)
        if "LABEL_STUDIO_POSTGRE_HOST" in os.environ:
            threading.Thread(target=_stay_connected, daemon=True).start()
        _serve(port)


def _take(lock: int, folder: Path) -> None:
    for _ in range(_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)  # somebody may only be looking whether it is held
        else:
            return
    sys.exit(f"another process serves {folder} already; `fuser {folder}/server.lock` names it")


def _stay_connected() -> None:
    """Keep a connection open, by which others see that the database is in use.

    Label Studio itself is connected during requests only.
    """
    import psycopg  # type: ignore[import-not-found]  # not in Miyar's environment

    words = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER"}
    words["password"] = "PASSWORD"  # noqa: S105  # the name of a variable
    login = {word: os.environ[f"LABEL_STUDIO_POSTGRE_{name}"] for word, name in words.items()}
    while True:
        try:
            with psycopg.connect(**login, autocommit=True) as link:
                # So that the database sees soon when this machine is gone.
                link.execute("set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10")
                while True:
                    link.execute("select 1")
                    time.sleep(_PULSE_S)
        except psycopg.Error:
            time.sleep(_PULSE_S)


def _failures_only(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING and "token=" not in record.getMessage()


def _serve(port: int) -> None:
    from label_studio import server  # type: ignore[import-not-found]  # not in Miyar's environment

    create, free_port = server._create_user, server._get_free_port

    def same_port(port: int, debug: bool) -> int:
        # The original takes the next free port and tells nobody.
        if free_port(port, debug) != port:
            sys.exit(f"Error: port {port} is taken")
        return port

    def whole_user(arguments: Any, config: Any) -> Any:
        user = create(arguments, config)
        _mend(user)
        return user

    server._get_free_port, server._create_user = same_port, whole_user
    words = ["start", "--no-browser", "--internal-host", HOST, "--port", str(port)]
    sys.argv = ["label-studio", *words, "--log-level", "ERROR"]
    sys.exit(server.main())


def _mend(user: Any) -> None:
    """Make the administrator what ``credentials.json`` says.

    Label Studio sets password and token only when it makes the user, and its first start may have
    been interrupted in between.
    """
    from rest_framework.authtoken.models import Token  # type: ignore[import-not-found]

    password = os.environ["LABEL_STUDIO_PASSWORD"]
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    token, _ = Token.objects.get_or_create(user=user)
    if token.key != (wanted := os.environ["LABEL_STUDIO_USER_TOKEN"]):
        Token.objects.filter(user=user).update(key=wanted)
    settings = user.active_organization.jwt
    if not settings.legacy_api_tokens_enabled:
        settings.legacy_api_tokens_enabled = True
        settings.save()


if __name__ == "__main__":
    main()
