"""What a push plans, what a failed request means, when it is sent again, which copies can go."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import httpx
import pytest
from label_studio_sdk.core.api_error import ApiError
from label_studio_sdk.core.parse_error import ParsingError

from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.lookup import choose
from annotation.labelstudio.api.patience import (
    Fate,
    Patience,
    Unreadable,
    asked_to_wait,
    fate_of,
    retry_after,
)
from annotation.labelstudio.api.sending import send
from annotation.labelstudio.push import plan_push
from annotation.labelstudio.settle import Copy, superfluous
from annotation.labelstudio.tasks import Due
from schemas.errors import GateError, ServerError
from schemas.ledger import Ledger, Reason, State, Unit

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),  # past already
        ("soon", None),
        ("-5", None),
        ("٧", None),  # a digit, but none of HTTP's
        ("", None),
    ],
)
def test_what_retry_after_asks_for(given: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": given}, NOW) == seconds


@pytest.mark.parametrize("headers", [None, {}, {"Content-Type": "text/html"}])
def test_without_retry_after_nothing_is_asked_for(headers: dict[str, str] | None) -> None:
    assert retry_after(headers, NOW) is None


def test_the_name_of_the_header_may_be_written_in_any_way() -> None:
    error = ApiError(status_code=429, headers={"retry-AFTER": "3"})
    assert asked_to_wait(error) == 3.0
    assert asked_to_wait(httpx.ReadError("gone")) is None


def test_pauses_double_are_spread_and_end_somewhere() -> None:
    patience = Patience(random.Random(1), first_s=1.0, longest_s=6.0)
    for failures, longest in ((1, 1.0), (2, 2.0), (3, 4.0), (4, 6.0), (9, 6.0)):
        delays = {patience.delay(failures) for _ in range(50)}
        assert longest / 2 <= min(delays) < max(delays) <= longest


@pytest.mark.parametrize(("asked", "pause"), [(5.0, 5.0), (3600.0, 8.0)])
def test_the_server_may_ask_for_more_up_to_a_limit(asked: float, pause: float) -> None:
    pauses: list[float] = []
    patience = Patience(random.Random(1), first_s=0.1, longest_s=8.0, pause=pauses.append)
    patience.wait(1, asked)
    assert pauses == [pause]


def test_the_same_seed_gives_the_same_pauses() -> None:
    delays = [[Patience(random.Random(7)).delay(n) for n in range(1, 6)] for _ in range(2)]
    assert delays[0] == delays[1]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_refusal_that_will_not_change_is_final(status: int) -> None:
    assert fate_of(ApiError(status_code=status)) is Fate.REFUSED


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        ApiError(status_code=425),
        ApiError(status_code=429),
    ],
)
def test_what_the_server_never_began_may_be_sent_again(error: Exception) -> None:
    assert fate_of(error) is Fate.UNTOUCHED


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteError("gone"),
        httpx.RemoteProtocolError("gone"),
        httpx.DecodingError("cut"),
        Unreadable("a page"),
        ParsingError(status_code=201),
        *(ApiError(status_code=status) for status in (200, 302, 408, 409, 500, 502, 503, 504)),
    ],
)
def test_everything_else_may_have_been_carried_out(error: Exception) -> None:
    assert fate_of(error) is Fate.UNKNOWN


TASKS = [Due.of({"data": {"ext_id": key, "text": f"نص {key}"}}) for key in ("a", "b", "c", "d")]


def test_a_plan_is_what_the_server_does_not_hold_and_the_ledger_what_it_holds() -> None:
    ledger = Ledger()
    held = {
        "a": [(1, "نص a")],
        "b": [(2, "نص b"), (5, "نص b")],
        "c": [(3, "نص آخر")],
    }
    plan = plan_push(TASKS, held, ledger)
    ledger.check()
    assert [task.key for task in plan.new] == ["d"]
    assert plan.held == 3
    assert {(state, code): n for (_, state, code), n in ledger.reasons.items()} == {
        (State.REPAIRED, Reason.TASK_DUPLICATED): 1,
        (State.REJECTED, Reason.TASK_TEXT_CHANGED): 1,
        (State.REJECTED, Reason.TASK_LOST): 1,
    }
    assert ledger.states[Unit.TASKS, State.ACCEPTED] == 1


def _copies(*given: str) -> list[Copy]:
    """``w``: worked on; ``h``: made by hand; ``.``: neither."""
    return [Copy(n, idle=word != "w", pushed=word != "h") for n, word in enumerate(given)]


@pytest.mark.parametrize(
    ("copies", "gone"),
    [
        ((".", "."), [1]),
        ((".", ".", "."), [1, 2]),
        ((".", "w"), [0]),
        (("w", "."), [1]),
        (("w", "w", "."), [2]),
        (("w", "w"), []),
        (("h", "."), [1]),
        ((".", "h"), []),
        (("h", "h"), []),
        ((".",), []),
    ],
)
def test_of_copies_the_oldest_with_work_stays(copies: tuple[str, ...], gone: list[int]) -> None:
    assert [copy.id for copy in superfluous(_copies(*copies))] == gone


def _projects(*tasks: int) -> list[SimpleNamespace]:
    return [SimpleNamespace(id=n, task_number=held) for n, held in enumerate(tasks)]


@pytest.mark.parametrize(("tasks", "chosen"), [((), None), ((0,), 0), ((0, 0), 0), ((0, 7), 1)])
def test_of_projects_with_one_title_the_one_with_tasks_is_meant(
    tasks: tuple[int, ...], chosen: int | None
) -> None:
    found = choose(_projects(*tasks), "t", "http://x")
    assert (found.id if found else None) == chosen


def test_two_projects_with_tasks_and_one_title_are_an_error() -> None:
    with pytest.raises(GateError, match="2 projects called “t” that hold tasks: 0, 2"):
        choose(_projects(3, 0, 1), "t", "http://x")


class Wire:
    """A server that fails as told, and holds what reached it; records what it is asked."""

    def __init__(self, *failures: Exception, carried_out: bool, seen_after: int = 0) -> None:
        self.failures = list(failures)
        self.carried_out, self.seen_after = carried_out, seen_after
        self.held: set[int] = set()
        self.events: list[str] = []
        self.looks = 0

    def request(self, items: Sequence[int]) -> None:
        """Take items, or fail."""
        self.events.append(f"send {len(items)}")
        if not self.failures or self.carried_out:
            self.held |= set(items)
        if self.failures:
            raise self.failures.pop(0)

    def missing(self, items: Sequence[int]) -> list[int]:
        """Say what it does not hold; what came late shows after some looks."""
        self.events.append("look")
        self.looks += 1
        return [i for i in items if i not in self.held or self.looks <= self.seen_after]

    def send(self) -> bool:
        """Send three items."""
        patience = Patience(random.Random(0), tries=4, pause=lambda seconds: None)
        connection = cast("Connection", SimpleNamespace(patience=patience, url="http://x"))
        return send(
            connection, [1, 2, 3], request=self.request, missing=self.missing, what="things"
        )


def test_what_arrives_is_sent_once() -> None:
    wire = Wire(carried_out=False)
    assert wire.send()
    assert wire.events == ["send 3"]


def test_after_a_broken_connection_nothing_is_sent_that_is_there() -> None:
    wire = Wire(httpx.ReadError("gone"), carried_out=True)
    assert not wire.send()  # it is there, but was perhaps carried out twice
    assert wire.events == ["send 3", "look"]


def test_while_the_server_may_be_at_work_it_is_looked_at_again() -> None:
    wire = Wire(ApiError(status_code=504), carried_out=True, seen_after=2)
    assert not wire.send()
    assert wire.events == ["send 3", "look", "look", "look"]


def test_what_is_not_there_after_all_looks_is_sent_again() -> None:
    wire = Wire(httpx.ReadTimeout("slow"), carried_out=False)
    assert not wire.send()
    assert wire.events == ["send 3", "look", "look", "look", "send 3"]


def test_one_look_is_enough_where_the_server_never_began() -> None:
    wire = Wire(ApiError(status_code=429), carried_out=False)
    assert wire.send()
    assert wire.events == ["send 3", "look", "send 3"]


def test_a_final_refusal_is_not_sent_again() -> None:
    wire = Wire(ApiError(status_code=400, body="no"), carried_out=False)
    with pytest.raises(ServerError, match="answered 400: no"):
        wire.send()
    assert wire.events == ["send 3"]


def test_a_failure_without_end_is_given_up() -> None:
    wire = Wire(*[httpx.ReadError("gone")] * 9, carried_out=False)
    with pytest.raises(ServerError, match="run the same command again"):
        wire.send()
    assert wire.events.count("send 3") == 4
