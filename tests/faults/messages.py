"""Requests and answers of HTTP/1.1, as far as the proxy needs them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

END = b"\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """A request as the client sent it."""

    method: str
    target: str
    head: bytes
    """Request line and headers, without those about the connection and the body."""
    body: bytes

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        """The query."""
        return parse_qs(urlsplit(self.target).query)

    @property
    def lists_tasks(self) -> bool:
        """Whether it asks for a page of tasks."""
        return self.method == "GET" and self.path.rstrip("/") == "/api/tasks"

    @property
    def list(self) -> str:
        """The list that a page belongs to: what is asked for, but for the place in the list."""
        return re.sub(r"%22value%22%3A\+?\d+", "", self.target)

    def raw(self) -> bytes:
        """Return what is sent to the server."""
        length = f"Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n".encode()
        return self.head + b"\r\n" + length + self.body


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: str
    kind: str
    body: bytes


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Read one request; ``None`` when the client has said farewell."""
    try:
        head = (await reader.readuntil(END))[: -len(END)]
    except asyncio.IncompleteReadError:
        return None
    lines = head.split(b"\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(b":") for line in lines[1:])
    }
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get(b"content-length", b"0")))
    ours = (b"content-length", b"transfer-encoding", b"connection", b"accept-encoding")
    kept = [line for line in lines[1:] if line.partition(b":")[0].strip().lower() not in ours]
    method, target, _ = lines[0].decode().split(" ", 2)
    return Request(method, target, b"\r\n".join([lines[0], *kept]), body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).strip() or b"0", 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


def read_answer(raw: bytes) -> Answer:
    """Read all that a server said until it hung up.

    Raises:
        ConnectionResetError: it hung up too early.
    """
    if END not in raw:
        raise ConnectionResetError("the server hung up")
    head, _, body = raw.partition(END)
    lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines[1:])
    }
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = _join_chunks(body)
    elif len(body) < int(headers.get("content-length", len(body))):
        raise ConnectionResetError("the server hung up in the middle")
    return Answer(lines[0].split(" ", 1)[1], headers.get("content-type", ""), body)


def _join_chunks(raw: bytes) -> bytes:
    body = b""
    while raw:
        size, _, rest = raw.partition(b"\r\n")
        if not (length := int(size, 16)):
            break
        body, raw = body + rest[:length], rest[length + 2 :]
    return body


def raw_answer(answer: Answer, extra: str = "") -> bytes:
    """Return an answer with its length, and more headers if any."""
    kind = f"Content-Type: {answer.kind}\r\n" if answer.kind else ""
    head = f"HTTP/1.1 {answer.status}\r\n{kind}{extra}Content-Length: {len(answer.body)}\r\n\r\n"
    return head.encode() + answer.body


def chunked_answer(answer: Answer) -> bytes:
    """Return an answer in one chunk."""
    head = f"HTTP/1.1 {answer.status}\r\nContent-Type: {answer.kind}\r\n"
    chunk = f"{len(answer.body):x}\r\n".encode() + answer.body + b"\r\n"
    return head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + b"0\r\n\r\n"
