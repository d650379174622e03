"""The managed Label Studio: started for real."""

from __future__ import annotations

import socket
import stat
import sys
from pathlib import Path

import httpx
import pytest

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.managed.server import Server
from schemas.errors import ServerError


def test_the_server_answers_and_a_second_start_starts_nothing(server: Server) -> None:
    before = server.running()
    assert server.healthy()
    assert server.start(print) is False
    assert server.running() == before


def test_credentials_are_readable_by_the_owner_only(server: Server) -> None:
    mode = stat.S_IMODE(server.credentials_file.stat().st_mode)
    assert mode == 0o600
    assert len(server.credentials().admin.password) > 20


def test_credentials_are_not_shown_by_accident(server: Server) -> None:
    credentials = server.credentials()
    assert credentials.admin.password not in repr(credentials)
    assert credentials.admin.token not in repr(credentials)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/net/tcp")
def test_the_server_listens_on_loopback_only(server: Server) -> None:
    listening = [
        line.split()[1].split(":")
        for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        if line.split()[3] == "0A"
    ]
    own = {address for address, port in listening if int(port, 16) == server.port}
    assert own == {"0100007F"}


def test_nobody_signs_up_without_an_invitation(server: Server) -> None:
    with httpx.Client(base_url=server.url) as browser:
        page = browser.get("/user/signup/")
        token = browser.cookies.get("csrftoken", "")
        answer = browser.post(
            "/user/signup/",
            data={
                "email": "stranger@example.com",
                "password": "longenough1",
                "csrfmiddlewaretoken": token,
            },
            headers={"Referer": f"{server.url}/user/signup/"},
        )
        assert page.status_code in (200, 403)
        assert answer.status_code == 403
        assert browser.get("/api/current-user/token").status_code == 401


def test_a_taken_port_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServerError, match=rf"port {port} .* is taken .*--port {port + 1}"):
            Server(tmp_path / "server", port).start(print)
    assert not (tmp_path / "server").exists()


def test_a_wrong_token_is_refused_without_leaking_a_cookie(server: Server) -> None:
    with pytest.raises(ServerError, match="refuses the token") as caught:
        Connection(server.url, "0" * 40)
    assert "cookie" not in str(caught.value).lower()
    assert "sessionid" not in str(caught.value).lower()


def test_an_address_where_nobody_listens_says_how_to_start(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(ServerError, match="annotation server up"):
        Connection(url, "0" * 40)
