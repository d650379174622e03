"""The proxy does to requests what its faults say: otherwise surviving them would prove nothing."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.faults.bench import Bench
from tests.faults.proxy import COMMITTING, LISTING, Fault
from tests.faults.schedule import Always

BROKEN = {
    Fault.RESET_BEFORE: httpx.TransportError,
    Fault.RESET_IN_REQUEST: httpx.TransportError,
    Fault.RESET_IN_ANSWER: httpx.TransportError,
    Fault.RESET_AFTER: httpx.TransportError,
    Fault.SHORT_BODY: httpx.RemoteProtocolError,
    Fault.SHORT_CHUNKS: httpx.RemoteProtocolError,
    Fault.LATE_RESET: httpx.TransportError,
    Fault.SLOW: httpx.ReadTimeout,
    Fault.SLOW_LATE: httpx.ReadTimeout,
    Fault.OUTAGE: httpx.TransportError,
}
ANSWERED = {
    Fault.COMMIT_504: 504,
    Fault.COMMIT_502: 502,
    Fault.BAD_GATEWAY: 502,
    Fault.UNAVAILABLE: 503,
    Fault.CONFLICT: 409,
    Fault.RATE_SECONDS: 429,
    Fault.RATE_DATE: 429,
    Fault.EXPIRED: 401,
    Fault.EXPIRED_FOR_GOOD: 401,
    Fault.CAPTIVE: 200,
    Fault.LOGIN: 302,
    Fault.LATE_504: 504,
}


@pytest.fixture
def client(bench: Bench) -> Iterator[httpx.Client]:
    """A client that knows nothing of Label Studio, through the proxy."""
    headers = {"Authorization": f"Token {bench.token}"}
    with httpx.Client(base_url=bench.proxy.url, headers=headers, timeout=60) as made:
        yield made
    bench.proxy.calm()
    bench.proxy.drain()
    bench.clean()


def _make(client: httpx.Client, title: str, timeout_s: float = 60) -> httpx.Response:
    body = {"title": title, "label_config": "<View><Text name='t' value='$t'/></View>"}
    return client.post("/api/projects", json=body, timeout=timeout_s)


def _made(bench: Bench, title: str) -> list[int]:
    found = [p.id for p in bench.direct.client.projects.list(title=title) if p.title == title]
    bench.projects = [number for number in found if number]
    return bench.projects


def test_every_fault_is_shown_here() -> None:
    assert set(Fault) == {*BROKEN, *ANSWERED, *LISTING, Fault.CUT_JSON}


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault.name)
def test_a_broken_connection(bench: Bench, client: httpx.Client, fault: Fault) -> None:
    title = f"proxy {bench.name} {fault.name}"
    bench.proxy.follow(Always(fault, path="/projects"))
    slow = fault in (Fault.SLOW, Fault.SLOW_LATE)
    with pytest.raises(BROKEN[fault]):
        _make(client, title, 0.2 if slow else 60)
    bench.proxy.drain()
    assert len(_made(bench, title)) == (fault in COMMITTING)


@pytest.mark.parametrize("fault", ANSWERED, ids=lambda fault: fault.name)
def test_an_answer_that_is_not_the_servers(
    bench: Bench, client: httpx.Client, fault: Fault
) -> None:
    title = f"proxy {bench.name} {fault.name}"
    bench.proxy.follow(Always(fault, path="/projects"))
    assert _make(client, title).status_code == ANSWERED[fault]
    bench.proxy.drain()
    assert len(_made(bench, title)) == (fault in COMMITTING)


def test_half_of_the_json_with_a_fitting_length(bench: Bench, client: httpx.Client) -> None:
    bench.proxy.follow(Always(Fault.CUT_JSON, path="/projects"))
    title = f"proxy {bench.name} CUT_JSON"
    answer = _make(client, title)
    assert answer.is_success
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        answer.json()
    assert len(_made(bench, title)) == 1


def test_without_a_schedule_everything_passes_on_one_connection(
    bench: Bench, client: httpx.Client
) -> None:
    seen: list[str] = []
    bench.proxy.on_request = lambda request: seen.append(request.target)
    try:
        answers = [client.get("/api/version"), client.get("/health")]
    finally:
        bench.proxy.on_request = lambda request: None
    assert [answer.status_code for answer in answers] == [200, 200]
    assert seen == ["/api/version", "/health"]


def test_a_body_in_chunks_is_passed_on(bench: Bench, client: httpx.Client) -> None:
    title = f"proxy {bench.name} chunks"
    parts = iter([b'{"title": "', title.encode(), b'"}'])
    answer = client.post(
        "/api/projects", content=parts, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 201
    assert len(_made(bench, title)) == 1


def test_who_is_refused_once_and_who_for_good(bench: Bench, client: httpx.Client) -> None:
    bench.proxy.follow(Always(Fault.EXPIRED, method="GET", path="/whoami"))
    assert [client.get("/api/current-user/whoami").status_code for _ in range(2)] == [401, 200]
    bench.proxy.follow(Always(Fault.EXPIRED_FOR_GOOD, method="GET", path="/whoami"))
    assert [client.get("/api/current-user/whoami").status_code for _ in range(2)] == [401, 401]
