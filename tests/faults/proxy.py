"""A proxy in front of a real Label Studio that does to requests what networks and servers do.

It speaks enough HTTP/1.1 for that: bodies with a length or in chunks, and connections that stay
open. What happens to each request is decided by a schedule; without one all pass.
"""

from __future__ import annotations

import asyncio
import json
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

from tests.faults.messages import (
    Answer,
    Request,
    chunked_answer,
    raw_answer,
    read_answer,
    read_request,
)

PAGE = b"<!doctype html><html><body>Please accept the terms of this network.</body></html>"
_GONE_S = 120.0


class Fault(StrEnum):
    """What happens to a request."""

    RESET_BEFORE = "reset before the server hears of it"
    RESET_IN_REQUEST = "reset in the middle of the request"
    RESET_IN_ANSWER = "carried out, reset in the middle of the answer"
    RESET_AFTER = "carried out, reset instead of the answer"
    COMMIT_504 = "carried out, 504 instead of the answer"
    COMMIT_502 = "carried out, 502 instead of the answer"
    BAD_GATEWAY = "502, not forwarded"
    UNAVAILABLE = "503 with Retry-After, not forwarded"
    CONFLICT = "409, not forwarded"
    RATE_SECONDS = "429 with Retry-After in seconds"
    RATE_DATE = "429 with Retry-After as a date"
    SHORT_BODY = "carried out, the answer ends before its length"
    SHORT_CHUNKS = "carried out, the answer ends within its chunks"
    CUT_JSON = "carried out, the answer is half of the JSON, with a fitting length"
    EXPIRED = "401 once"
    EXPIRED_FOR_GOOD = "401 from now on"
    CAPTIVE = "200 with a page of the network, not forwarded"
    LOGIN = "302 to a login page, not forwarded"
    LATE_504 = "504 at once, carried out later"
    LATE_RESET = "reset at once, carried out later"
    SLOW = "carried out, answered after the client's patience"
    SLOW_LATE = "carried out after the client's patience"
    OUTAGE = "this request and the next ones are reset"
    STALE_PAGE = "an earlier page of the list once more"
    REORDERED = "rows of the page in another order"
    MEDDLED = "somebody adds and deletes tasks before the page is made"


COMMITTING = frozenset(
    {
        Fault.RESET_IN_ANSWER,
        Fault.RESET_AFTER,
        Fault.COMMIT_504,
        Fault.COMMIT_502,
        Fault.SHORT_BODY,
        Fault.SHORT_CHUNKS,
        Fault.CUT_JSON,
        Fault.LATE_504,
        Fault.LATE_RESET,
        Fault.SLOW,
        Fault.SLOW_LATE,
    }
)
"""Faults after which the request is carried out all the same."""
LISTING = frozenset({Fault.STALE_PAGE, Fault.REORDERED, Fault.MEDDLED})
"""Faults of lists of tasks."""
_PLAIN = {
    Fault.COMMIT_504: 504,
    Fault.LATE_504: 504,
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
}


@dataclass(frozen=True)
class Decision:
    """A fault, and how long after its time a late request is carried out."""

    fault: Fault
    delay_s: float = 0.0


Schedule = Callable[[Request], Decision | None]


@dataclass
class Proxy:
    """Listens on a port of its own; use it as a context."""

    port: int
    """The server's."""
    meddle: Callable[[int], None] = lambda project: None
    """Adds and deletes tasks of a project behind everybody's back."""
    on_request: Callable[[Request], None] = lambda request: None
    """Told of every request before anything happens to it."""
    counts: Counter[Fault] = field(default_factory=Counter)
    url: str = ""
    _schedule: Schedule | None = None
    _outage: int = 0
    _expired: bool = False
    _forwarded: int = 0
    """Requests that the server works on."""
    _late: set[asyncio.Task[None]] = field(default_factory=set)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _pages: dict[str, Answer] = field(default_factory=dict)

    def __enter__(self) -> Proxy:
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.calm()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_GONE_S)

    def follow(self, schedule: Schedule) -> None:
        """Do from now on what a schedule says."""
        self.calm()
        self._schedule = schedule

    def calm(self) -> None:
        """Let everything pass from now on."""
        self._schedule, self._outage, self._expired = None, 0, False

    def drain(self, timeout_s: float = _GONE_S) -> None:
        """Wait until the server has done all that was forwarded, or is to be forwarded later."""
        deadline = time.monotonic() + timeout_s
        while self._late or self._forwarded:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self._late) + self._forwarded} requests are on their way")
            time.sleep(0.01)

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main(ready))
        finally:
            self._loop.close()

    async def _main(self, ready: threading.Event) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=1 << 20)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await self._stop.wait()
        server.close()
        for task in self._late:
            task.cancel()
        for writer in list(self._open):
            writer.transport.abort()  # whoever reads from it comes to an end then
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.gather(*rest, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while (request := await read_request(reader)) is not None:
                self.on_request(request)
                if not await self._treat(request, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self._open.discard(writer)
            writer.close()

    def _decide(self, request: Request) -> Decision | None:
        if self._expired:
            return Decision(Fault.EXPIRED)
        if self._outage:
            self._outage -= 1
            return Decision(Fault.RESET_BEFORE)
        decision = self._schedule(request) if self._schedule else None
        if decision and decision.fault is Fault.OUTAGE:
            self._outage = 3 + int(decision.delay_s * 10)
        if decision and decision.fault is Fault.EXPIRED_FOR_GOOD:
            self._expired = True
        if decision:
            self.counts[decision.fault] += 1
        return decision

    async def _treat(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; return whether the connection stays open."""
        decision = self._decide(request)
        if decision is None or decision.fault in LISTING:
            fault = decision.fault if decision else None
            await _send(writer, await self._page(request, fault))
            return True
        fault = decision.fault
        if fault in (Fault.SLOW, Fault.SLOW_LATE):
            self._later(self._outlive(request, reader, decision))
            await self._until_gone(reader)
            return False
        if fault in (Fault.LATE_504, Fault.LATE_RESET):
            self._later(self._carry_out(request, decision.delay_s))
        answer = await self._forward(request) if fault in _AT_ONCE else None
        if fault is Fault.RESET_IN_REQUEST:
            await self._half(request)
        if fault in _PLAIN:
            await _send(writer, _plain(fault), _headers(fault))
            return True
        if answer and fault in (Fault.RESET_IN_ANSWER, Fault.SHORT_BODY):
            writer.write(raw_answer(answer)[: -max(1, len(answer.body) // 2)])
            await writer.drain()
        if answer and fault is Fault.SHORT_CHUNKS:
            writer.write(chunked_answer(answer)[:-7])
            await writer.drain()
        if answer and fault is Fault.CUT_JSON:
            half = answer.body[: len(answer.body) // 2]
            await _send(writer, Answer(answer.status, answer.kind, half))
            return True
        if fault not in (Fault.SHORT_BODY, Fault.SHORT_CHUNKS):
            _reset(writer)
        return False

    async def _page(self, request: Request, fault: Fault | None) -> Answer:
        if fault is Fault.MEDDLED and "project" in request.query:
            number = int(request.query["project"][0])
            await self._loop.run_in_executor(None, self.meddle, number)
        answer = await self._forward(request)
        if not request.lists_tasks:
            return answer
        earlier = self._pages.get(request.list)
        self._pages[request.list] = answer
        if fault is Fault.STALE_PAGE and earlier:
            return earlier
        if fault is Fault.REORDERED:
            found = json.loads(answer.body)
            found["tasks"] = found["tasks"][::-1]
            return Answer(answer.status, answer.kind, json.dumps(found).encode())
        return answer

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _carry_out(self, request: Request, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        with suppress(ConnectionError):  # the server is gone: then it is never carried out
            await self._forward(request)

    async def _outlive(
        self, request: Request, reader: asyncio.StreamReader, decision: Decision
    ) -> None:
        if decision.fault is Fault.SLOW_LATE:
            await self._until_gone(reader)
        await self._carry_out(request, decision.delay_s)

    async def _until_gone(self, reader: asyncio.StreamReader) -> None:
        deadline = self._loop.time() + _GONE_S
        while not reader.at_eof() and self._loop.time() < deadline:
            await asyncio.sleep(0.01)

    async def _forward(self, request: Request) -> Answer:
        self._forwarded += 1
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
            try:
                writer.write(request.raw())
                await writer.drain()
                answer = await reader.read()
            finally:
                writer.close()
        finally:
            self._forwarded -= 1
        return read_answer(answer)

    async def _half(self, request: Request) -> None:
        raw = request.raw()
        end = len(raw) - (len(request.body) // 2 if request.body else len(raw) // 2)
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw[:end])
        await writer.drain()
        _reset(writer)


_AT_ONCE = COMMITTING - {Fault.LATE_504, Fault.LATE_RESET, Fault.SLOW, Fault.SLOW_LATE}


async def _send(writer: asyncio.StreamWriter, answer: Answer, extra: str = "") -> None:
    writer.write(raw_answer(answer, extra))
    await writer.drain()


def _plain(fault: Fault) -> Answer:
    status = _PLAIN[fault]
    if fault is Fault.EXPIRED or fault is Fault.EXPIRED_FOR_GOOD:
        return Answer(f"{status} Fault", "application/json", b'{"detail": "Invalid token."}')
    return Answer(f"{status} Fault", "text/html; charset=utf-8", PAGE)


def _headers(fault: Fault) -> str:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    return {
        Fault.RATE_SECONDS: "Retry-After: 1\r\n",
        Fault.UNAVAILABLE: "Retry-After: 1\r\n",
        Fault.RATE_DATE: f"Retry-After: {format_datetime(soon, usegmt=True)}\r\n",
        Fault.LOGIN: "Location: /captive/login\r\n",
    }.get(fault, "")


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a reset instead of a farewell."""
    socket = writer.get_extra_info("socket")
    socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
