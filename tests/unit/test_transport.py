"""Which requests are asked again, and which answers count."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable

import httpx
import pytest

from annotation.labelstudio.api.patience import Patience, Unreadable
from annotation.labelstudio.api.transport import PatientTransport

URL = "http://server.invalid/api/tasks/"
HALF = gzip.compress(json.dumps({str(n): n for n in range(999)}).encode())[:999]
GZIP = {"Content-Encoding": "gzip"}
Step = httpx.Response | Exception


class Line(httpx.BaseTransport):
    """What happens to one request after the other; records them."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.seen: list[tuple[str, str | None]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the next step says."""
        self.seen.append((request.method, request.headers.get("Authorization")))
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step


def _client(line: Line, renew: Callable[[], str] | None = None) -> httpx.Client:
    patience = Patience(random.Random(0), tries=3, pause=lambda seconds: None)
    transport = PatientTransport(line, patience)
    transport.renew = renew
    return httpx.Client(transport=transport, headers={"Authorization": "old"})


def _ok() -> httpx.Response:
    return httpx.Response(200, json={"ok": True})


@pytest.mark.parametrize(
    "step",
    [
        httpx.ReadError("reset"),
        httpx.ReadTimeout("slow"),
        httpx.Response(502),
        httpx.Response(504),
        httpx.Response(429, headers={"Retry-After": "1"}),
        httpx.Response(409, text="<html>"),
        httpx.Response(302, headers={"Location": "/login"}),
        httpx.Response(200, html="<html>please pay</html>"),
        httpx.Response(200, text='{"tasks": [{"id": 1}, {"i'),
        httpx.Response(200, stream=httpx.ByteStream(HALF), headers=GZIP),
        httpx.Response(200, stream=httpx.ByteStream(b"no gzip"), headers=GZIP),
    ],
)
def test_a_read_that_fails_is_asked_again_and_a_write_is_not(step: Step) -> None:
    line = Line(step, _ok())
    assert _client(line).get(URL).json() == {"ok": True}
    assert len(line.seen) == 2
    if isinstance(step, Exception) or step.is_success:
        with pytest.raises((type(step), Unreadable) if isinstance(step, Exception) else Unreadable):
            _client(Line(step)).post(URL)
    else:
        assert _client(Line(step)).post(URL).status_code == step.status_code


def test_a_change_of_settings_is_sent_again_since_twice_is_as_once() -> None:
    line = Line(httpx.ReadError("reset"), httpx.Response(502), _ok())
    assert _client(line).patch(URL, json={"overlap": 2}).is_success
    assert [method for method, _ in line.seen] == ["PATCH"] * 3


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_another_write_is_sent_once(method: str) -> None:
    line = Line(httpx.ReadError("reset"), _ok())
    with pytest.raises(httpx.ReadError):
        _client(line).request(method, URL)
    assert len(line.seen) == 1


def test_a_read_is_not_asked_for_ever() -> None:
    line = Line(*[httpx.ReadError("reset")] * 9)
    with pytest.raises(httpx.ReadError):
        _client(line).get(URL)
    assert len(line.seen) == 3


def test_the_last_answer_is_given_when_all_are_refusals() -> None:
    assert _client(Line(*[httpx.Response(503) for _ in range(3)])).get(URL).status_code == 503


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_is_not_asked_again(status: int) -> None:
    line = Line(httpx.Response(status, json={}))
    assert _client(line).get(URL).status_code == status


def test_where_nobody_ever_answered_there_is_no_waiting() -> None:
    line = Line(httpx.ConnectError("refused"), _ok())
    with pytest.raises(httpx.ConnectError):
        _client(line).get(URL)
    line = Line(_ok(), httpx.ConnectError("refused"), _ok())
    client = _client(line)
    client.get(URL)
    assert client.get(URL).is_success


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_after_401_a_request_is_sent_once_more_with_a_fresh_token(method: str) -> None:
    line = Line(httpx.Response(401, json={}), _ok())
    assert _client(line, lambda: "new").request(method, URL, json={"a": 1}).is_success
    assert line.seen == [(method, "old"), (method, "new")]
    for_good = Line(httpx.Response(401, json={}), httpx.Response(401, json={}))
    assert _client(for_good, lambda: "new").request(method, URL).status_code == 401
    assert not for_good.steps


def test_a_new_token_is_asked_for_as_a_read() -> None:
    line = Line(httpx.ReadError("reset"), _ok())
    answer = _client(line, lambda: "new").post("http://server.invalid/api/token/refresh/")
    assert answer.is_success


def test_a_download_is_passed_on_as_it_comes() -> None:
    line = Line(httpx.Response(200, content=b"[1, 2"))
    assert _client(line).get("http://server.invalid/api/projects/1/exports/2/download").is_success


def test_an_answer_without_a_body_is_an_answer() -> None:
    assert _client(Line(httpx.Response(204))).delete(URL).status_code == 204
