"""The life of a managed server: interrupted, killed, started twice, stopped, backed up."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.managed.process import birth, state_of
from annotation.labelstudio.managed.server import Server
from schemas.errors import ServerError
from tests.conftest import free_port
from tests.managed import House, secrets_of, wait_until

XML = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="c" toName="text"><Choice value="x"/></Choices></View>'
)
TITLE = "life"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("life"))


def kill(server: Server) -> None:
    """Kill a server as a power cut would."""
    state = server.running()
    assert state is not None
    begun = birth(state.pid)
    os.kill(state.pid, signal.SIGKILL)
    wait_until(lambda: birth(state.pid) != begun)
    assert server.running() is None


def migrations(server: Server) -> int:
    """Count what the first start has done so far."""
    where = f"{(server.data / 'label_studio.sqlite3').as_uri()}?mode=rw"  # never makes it
    try:
        with closing(sqlite3.connect(where, uri=True, timeout=1)) as link:
            return int(link.execute("select count(*) from django_migrations").fetchone()[0])
    except sqlite3.Error:
        return 0


@pytest.fixture(scope="module")
def first(house: House) -> Iterator[tuple[Server, str, int]]:
    """A server whose first start was killed half way and then started again."""
    port = free_port()
    up = house.spawn("annotation", "server", "up", "--port", port)
    server = house.server()
    wait_until(lambda: migrations(server) >= 20 or up.poll() is not None)
    assert up.poll() is None, up.communicate()[0]
    up.kill()
    kill(server)
    up.communicate()
    half = migrations(server)
    said = house.miyar("annotation", "server", "up")
    server = house.server()
    assert server.port == port
    yield server, said, half
    if server.running():
        server.stop(force=True)


@pytest.fixture
def server(first: tuple[Server, str, int]) -> Server:
    """That server, up: a test may leave it in any state."""
    server, _, _ = first
    server.start(print)
    return server


@pytest.fixture
def admin(server: Server) -> Connection:
    return Connection(server.url, server.credentials().admin.token)


@pytest.fixture
def annotated(house: House, server: Server, admin: Connection) -> dict[str, str]:
    """A project with one task that two annotators have annotated; their tokens."""
    house.miyar("annotation", "annotators", "add", "layla", "sami")
    accounts = server.credentials().annotators
    projects = [p for p in admin.client.projects.list() if p.title == TITLE]
    if not projects:
        project = admin.client.projects.create(title=TITLE, label_config=XML)
        made = admin.client.projects.import_tasks(
            id=project.id, request=[{"data": {"text": "بكين 😀"}}], return_task_ids=True
        )
        for account in accounts.values():
            Connection(server.url, account.token).client.annotations.create(
                id=made.task_ids[0], result=[]
            )
    return {name: account.token for name, account in accounts.items()}


def held(connection: Connection) -> list[tuple[str, list[str]]]:
    """Return the texts of the project's tasks and who annotated them."""
    users = {user.id: user.email for user in connection.client.users.list()}
    (project,) = [p for p in connection.client.projects.list() if p.title == TITLE]
    tasks = connection.client.projects.exports.as_json(project.id)
    return [
        (task["data"]["text"], sorted(users[a["completed_by"]] for a in task["annotations"]))
        for task in tasks
    ]


WHOLE = [("بكين 😀", ["layla@miyar.invalid", "sami@miyar.invalid"])]


def test_a_first_start_that_was_killed_half_way_goes_on(
    first: tuple[Server, str, int], admin: Connection
) -> None:
    server, said, half = first
    assert 20 <= half < migrations(server)
    assert "the first start was interrupted before anybody could log in" in said
    assert f"Label Studio is up: {server.url}" in said
    assert admin.user.email == "admin@miyar.invalid"


def test_after_kill_9_two_ups_at_once_make_one_server_with_the_same_data(
    house: House, server: Server, annotated: dict[str, str]
) -> None:
    before = server.credentials()
    kill(server)
    # The number has gone to another program; and the first start had not come to the token.
    state = {"pid": os.getpid(), "port": server.port}
    (server.root / "server.json").write_text(json.dumps(state), encoding="utf-8")
    with closing(sqlite3.connect(server.data / "label_studio.sqlite3")) as link:
        link.execute("update authtoken_token set key = 'other' where user_id = 1")
        link.execute("update jwt_auth_jwtsettings set legacy_api_tokens_enabled = 0")
        link.execute("update htx_user set password = '!' where id = 1")
        link.commit()
    both = [house.spawn("annotation", "server", "up") for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum(f"Label Studio is up: {server.url}" in text for text in said) == 1
    assert sum("was up already" in text for text in said) == 1
    assert server.credentials() == before
    for token in (before.admin.token, *annotated.values()):
        assert held(Connection(server.url, token)) == WHOLE
    logged_in = _log_in(server.url, before.admin.email, before.admin.password)
    assert logged_in == httpx.codes.FOUND


def _log_in(url: str, email: str, password: str) -> int:
    with httpx.Client(base_url=url, timeout=120) as browser:
        page = browser.get("/user/login/").text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found
        form = {"email": email, "password": password, "csrfmiddlewaretoken": found.group(1)}
        return browser.post(
            "/user/login/", data=form, headers={"Referer": f"{url}/user/login/"}
        ).status_code


def test_another_port_is_refused_while_it_runs(house: House, server: Server) -> None:
    said = house.miyar("annotation", "server", "up", "--port", free_port(), code=4)
    assert f"already runs on port {server.port}" in said


def test_another_database_is_refused_without_its_password(house: House, server: Server) -> None:
    address = "postgresql://ls:geheim@db/miyar"
    said = house.miyar("annotation", "server", "up", code=4, MIYAR_LABEL_STUDIO_DATABASE=address)
    assert "is in SQLite, asked for postgresql://ls@db:5432/miyar" in said
    assert "geheim" not in said


def test_the_status_tells_what_there_is(
    house: House, server: Server, annotated: dict[str, str]
) -> None:
    said = house.miyar("annotation", "server", "status", "--json")
    told = json.loads(said[said.index("{") :])
    state = server.running()
    assert state is not None
    size = told.pop("size_bytes")
    assert size > (server.data / "label_studio.sqlite3").stat().st_size
    assert told == {
        "url": server.url,
        "folder": str(server.root),
        "pid": state.pid,
        "answers": True,
        "version": "1.23.2",
        "database": "sqlite",
        "database_address": None,
        "database_problem": None,
        "projects": 1,
        "tasks": 1,
    }
    assert f"{server.url}: process {state.pid}, answers." in said
    assert "Projects: 1, tasks: 1." in said


def test_no_secret_is_printed_logged_or_readable_by_others(
    house: House, server: Server, annotated: dict[str, str], tmp_path: Path
) -> None:
    said = house.miyar("annotation", "annotators", "add", "layla", "third", "--json")
    said += house.miyar("annotation", "annotators", "list", "--json")
    said += house.miyar("annotation", "annotators", "link")
    said += house.miyar("annotation", "server", "status", "--json")
    said += house.miyar("annotation", "server", "backup", "--out", tmp_path / "b.zip", "--json")
    said += house.miyar("annotation", "server", "up")
    secrets = secrets_of(server)
    assert len(secrets) == 2 * 4 + 2
    state = server.running()
    assert state is not None
    words = Path(f"/proc/{state.pid}/cmdline").read_text(encoding="utf-8")
    logs = "".join(p.read_text(encoding="utf-8") for p in server.root.glob("server.log*"))
    for secret in secrets:
        assert secret not in said + words + logs
    assert "layla.txt" in said
    for path in (server.root, *server.root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_login_card_holds_what_its_annotator_needs(
    server: Server, annotated: dict[str, str]
) -> None:
    account = server.credentials().annotators["layla"]
    card = (server.root / "logins" / "layla.txt").read_text(encoding="utf-8")
    assert [word in card for word in (server.url, account.email, account.password)] == [True] * 3
    assert account.token not in card
    assert account.token.count(".") == 2, "a personal access token, not a legacy one"
    assert _log_in(server.url, account.email, account.password) == httpx.codes.FOUND


def test_a_backup_of_the_running_server_lives_on_under_another_name(
    house: House, server: Server, annotated: dict[str, str], tmp_path: Path
) -> None:
    archive = tmp_path / "backup.zip"
    house.miyar("annotation", "server", "backup", "--out", archive)
    said = house.miyar("annotation", "server", "restore", archive, "--force", code=3)
    assert "runs; stop it with" in said
    house.miyar("annotation", "server", "restore", archive, "--server", "moved")
    house.miyar("annotation", "server", "up", "--server", "moved", "--port", free_port())
    moved = house.server("moved")
    try:
        assert moved.port != server.port
        assert moved.credentials() == server.credentials()
        for token in (moved.credentials().admin.token, *annotated.values()):
            assert held(Connection(moved.url, token)) == WHOLE
        said = house.miyar("annotation", "server", "down", "--server", "moved")
        assert said.splitlines() == ["Label Studio is stopped."]
    finally:
        moved.stop(force=True)
    assert server.running(), "stopping one server leaves the other alone"
    assert house.miyar("annotation", "server", "down", "--server", "moved").startswith(
        "Label Studio was not running."
    )


def test_a_server_that_does_not_end_is_killed_on_request_only(server: Server) -> None:
    state = server.running()
    assert state is not None
    os.kill(state.pid, signal.SIGSTOP)
    status = Path(f"/proc/{state.pid}/status")
    wait_until(lambda: "State:\tT" in status.read_text(encoding="utf-8"))
    with pytest.raises(ServerError, match=r"does not end after 1 s; .*--force"):
        server.stop(wait_s=1)
    assert server.running() == state
    told: list[str] = []
    assert server.stop(force=True, wait_s=1, say=told.append) is True
    assert told == ["Label Studio did not end within 1 s and was killed."]
    assert server.running() is None
    assert state_of(server.root) == state, "the port is remembered"


def test_a_renewed_link_ends_the_one_before(house: House, server: Server) -> None:
    def link(*words: str) -> str:
        house.miyar("annotation", "annotators", "link", *words)
        return (server.root / "sign-up-link.txt").read_text(encoding="utf-8").strip()

    first = link()
    assert link() == first
    second = link("--renew")
    assert second != first
    assert [_sign_up(url, f"{n}@example.org") for n, url in enumerate((first, second))] == [
        httpx.codes.FORBIDDEN,
        httpx.codes.FOUND,
    ]
    said = house.miyar("annotation", "annotators", "list")
    assert re.search(r"1@example\.org +1@example\.org +no ", said)


def _sign_up(link: str, email: str) -> int:
    with httpx.Client(timeout=120) as browser:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(link).text)
        form = {
            "email": email,
            "password": "long enough 1",
            "csrfmiddlewaretoken": found.group(1) if found else "",
        }
        return browser.post(link, data=form, headers={"Referer": link}).status_code
