"""The files and names of a managed server, without a server."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from annotation.labelstudio.accounts import Book, annotator_name
from annotation.labelstudio.api.client import Settings
from annotation.labelstudio.managed import process
from annotation.labelstudio.managed.credentials import Account, Credentials, ensure_secret_key
from annotation.labelstudio.managed.environment import home
from annotation.labelstudio.managed.process import birth, rotate, serves, state_of
from annotation.labelstudio.managed.server import Server
from schemas.errors import ServerError, UsageError
from schemas.locks import exclusive, is_held

ADMIN = Account(email="admin@miyar.invalid", password="geheim-1", token="geheim-2")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    (tmp_path / "server").mkdir()
    return Server(tmp_path / "server", 9999)


@pytest.mark.parametrize("text", ["", "{", '{"pid": "x", "port": 1}', '{"pid": 1}', "[]", "\0"])
def test_a_damaged_server_json_is_as_good_as_none(server: Server, text: str) -> None:
    (server.root / "server.json").write_text(text, encoding="utf-8")
    assert state_of(server.root) is None
    assert server.running() is None
    assert server.stop() is False


def test_a_number_that_went_to_another_program_is_not_our_server(server: Server) -> None:
    state = {"pid": os.getpid(), "port": 9999}
    (server.root / "server.json").write_text(json.dumps(state), encoding="utf-8")
    assert server.running() is None
    assert server.stop() is False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_server_of_another_folder_is_not_ours(server: Server, tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", "input()"],
        env={**os.environ, "LABEL_STUDIO_BASE_DATA_DIR": str(tmp_path / "other" / "data")},
        stdin=subprocess.PIPE,
    )
    try:
        assert serves(other.pid, tmp_path / "other")
        assert not serves(other.pid, server.root)
        assert birth(other.pid) == birth(other.pid) != birth(os.getpid())
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # ended, but not yet forgotten
        assert birth(other.pid) is None
        assert not serves(other.pid, tmp_path / "other")
    finally:
        other.kill()
        other.communicate()
    assert birth(other.pid) is None


def test_accounts_of_an_older_miyar_are_read(server: Server) -> None:
    old = {"admin": ADMIN.model_dump(), "annotators": {"a1": ADMIN.model_dump()}}
    server.credentials_file.write_text(json.dumps(old), encoding="utf-8")
    credentials = server.credentials()
    assert credentials.annotators == {"a1": ADMIN}
    server.save(credentials)
    assert json.loads(server.credentials_file.read_bytes()) == old


def test_damaged_accounts_are_named_but_not_shown(server: Server) -> None:
    text = Credentials(admin=ADMIN).model_dump_json().replace('"token"', '"tokken"')
    server.credentials_file.write_text(text, encoding="utf-8")
    with pytest.raises(ServerError, match=r"credentials\.json is damaged \(admin\.token") as caught:
        server.credentials()
    assert "geheim" not in str(caught.value)
    assert "server restore" in str(caught.value)


def test_the_log_of_the_run_before_is_kept_but_not_all_of_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "KEPT_LOG_BYTES", 10)
    rotate(server.log_file)
    for run in range(5):
        server.log_file.write_text(f"run {run} " * 100, encoding="utf-8")
        rotate(server.log_file)
    kept = list(server.root.glob("server.log*"))
    assert [path.name for path in kept] == ["server.log.1"]
    assert kept[0].read_text(encoding="utf-8") == ("run 4 " * 100)[-10:]
    assert kept[0].stat().st_mode & 0o777 == 0o600


def test_nothing_of_the_users_environment_reaches_the_server(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DEBUG", "LABEL_STUDIO_DEBUG", "USERNAME", "MIYAR_LABEL_STUDIO_API_KEY"):
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("PYTHONPATH", "theirs")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    found = process._environment(server.root, 9999, ADMIN, server.chosen(None))
    assert "theirs" not in found.values()
    assert found["LC_ALL"] == "C.UTF-8"
    assert found["SENTRY_DSN"] == found["FRONTEND_SENTRY_DSN"] == ""
    assert found["COLLECT_ANALYTICS"] == found["LATEST_VERSION_CHECK"] == "false"
    assert found["LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK"] == "true"


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "a b", "خادم", "x" * 65])
def test_a_server_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a server"):
        Server.named(name)


@pytest.mark.parametrize(
    ("given", "name"), [("layla", "layla"), ("Sami.H", "sami.h"), ("a1", "a1"), ("x_-9", "x_-9")]
)
def test_an_annotators_name_is_kept_in_small_letters(given: str, name: str) -> None:
    assert annotator_name(given) == name


@pytest.mark.parametrize(
    "given",
    ["", "ليلى", "a b", "a@b.c", ".a", "a.", "a..b", "../a", "a\n", "x" * 41, "\u212a", "Admin"],
)
def test_a_name_that_cannot_be_an_address_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match=r"cannot name an annotator|administrator's name"):
        annotator_name(given)


def test_accounts_of_a_teams_own_server_are_kept_by_its_address(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MIYAR_HOME", str(tmp_path))
    key = SecretStr("x")
    urls = {
        "https://LS.example.org": "ls.example.org",
        "https://ls.example.org:8080/": "ls.example.org_8080",
        "https://user:geheim@ls.example.org/team/a": "ls.example.org_team_a",
        "http://[::1]:8087": "___1__8087",
        "https://../..": "_..",
    }
    for url, folder in urls.items():
        book = Book.of(server, Settings(url=url, api_key=key))
        assert book.root == home("data") / "label-studio-hosts" / folder
        assert not book.managed
        assert book.read().annotators == {}
    assert Book.of(server, Settings()) == Book(server.root, managed=True)


def _hold(path: str, held: multiprocessing.Queue[str], go: multiprocessing.Queue[str]) -> None:
    with exclusive(Path(path), lambda: None):
        held.put("held")
        go.get(timeout=60)


def test_a_lock_waits_for_another_process_and_ends_with_it(tmp_path: Path) -> None:
    lock, context = tmp_path / "x.lock", multiprocessing.get_context("spawn")
    held: multiprocessing.Queue[str] = context.Queue()
    go: multiprocessing.Queue[str] = context.Queue()
    assert not is_held(lock)
    other = context.Process(target=_hold, args=(str(lock), held, go))
    other.start()
    assert held.get(timeout=60) == "held"
    assert is_held(lock)
    waited: list[str] = []

    def end_it() -> None:
        waited.append("waited")
        other.kill()

    with exclusive(lock, end_it):
        assert waited == ["waited"]
    other.join()
    assert not is_held(lock)


@pytest.mark.parametrize("text", [None, "", "SECRET_KEY=$abc\n", "\nSECRET_KEY=$abc\nOTHER=1\n"])
def test_a_key_that_label_studio_could_not_read_again_is_replaced(
    tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / ".env"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    ensure_secret_key(path)
    made = path.read_text(encoding="utf-8")
    (key,) = [line for line in made.splitlines() if line.startswith("SECRET_KEY=")]
    assert re.fullmatch(r"SECRET_KEY=[\w-]{60,}", key)
    assert ("OTHER=1" in made) == ("OTHER=1" in (text or ""))
    assert path.stat().st_mode & 0o777 == 0o600
    ensure_secret_key(path)
    assert path.read_text(encoding="utf-8") == made


def test_a_key_that_label_studio_can_read_is_kept(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("\nSECRET_KEY=a$b#c\n", encoding="utf-8")
    ensure_secret_key(path)
    assert path.read_text(encoding="utf-8") == "\nSECRET_KEY=a$b#c\n"
