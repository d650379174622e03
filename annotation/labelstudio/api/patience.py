"""What a failed request means, and how long to wait before the server is asked again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from http import HTTPStatus

import httpx
from label_studio_sdk.core.api_error import ApiError
from label_studio_sdk.core.parse_error import ParsingError

TIMEOUT_S = 600
FAILURES = (httpx.RequestError, ApiError, ParsingError)
"""Every way in which a request can fail."""


class Unreadable(httpx.TransportError):
    """The answer is not what Label Studio sends: cut short, or a page of something in between."""


class Fate(Enum):
    """What a failed request did on the server."""

    REFUSED = "refused"
    """Nothing, and asking again will not help."""
    UNTOUCHED = "untouched"
    """Nothing; it may be sent again later."""
    UNKNOWN = "unknown"
    """Perhaps nothing, perhaps everything; perhaps the server is still at work."""


@dataclass(frozen=True)
class Patience:
    """How often a request is tried, and how long the pauses are."""

    rng: random.Random = field(default_factory=random.SystemRandom, repr=False)
    """Spreads the pauses, so that clients that failed together do not come back together."""
    tries: int = 6
    first_s: float = 0.5
    """The longest pause after the first failure; it doubles with every further one."""
    longest_s: float = 60
    """No pause is longer, whatever the server asks for."""
    timeout_s: float = TIMEOUT_S
    """How long to wait for a sign of life in one request."""
    pause: Callable[[float], None] = time.sleep

    def wait(self, failures: int, asked: float | None = None) -> None:
        """Pause after a number of failures; ``asked`` is how long the server wants us to wait."""
        self.pause(self.delay(failures, asked))

    def delay(self, failures: int, asked: float | None = None) -> float:
        """Return the seconds to pause: half of the longest pause up to the whole of it."""
        longest = min(self.first_s * 2.0 ** (failures - 1), self.longest_s)
        spread = longest * (0.5 + self.rng.random() / 2)
        return max(spread, min(asked or 0.0, self.longest_s))


def retry_after(headers: Mapping[str, str] | None, now: datetime) -> float | None:
    """Return the seconds that ``Retry-After`` asks for; ``None`` without a readable one.

    Args:
        headers: of the answer.
        now: what a date in the header is compared with, aware.
    """
    given = {name.lower(): value for name, value in (headers or {}).items()}.get("retry-after")
    if given is None:
        return None
    if given.strip().isascii() and given.strip().isdigit():
        return float(given)
    try:
        until = parsedate_to_datetime(given)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - now).total_seconds(), 0.0)


def asked_to_wait(error: Exception) -> float | None:
    """Return how long the server wants us to wait, if its refusal says so."""
    headers = error.headers if isinstance(error, ApiError) else None
    return retry_after(headers, datetime.now(UTC))


def fate_of(error: Exception) -> Fate:
    """Tell what a request that failed did on the server.

    Whoever answers 429 or 425 has not begun. Every 5xx and 408 may come from something in
    between that lost patience while the server works on, as may a broken connection, a time-out
    on our side, and an answer that cannot be read. A 409 is the server's word in one place only
    (``submit``), so elsewhere it is as unknown. The other refusals are final.
    """
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return Fate.UNTOUCHED
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return Fate.REFUSED
    if not isinstance(error, ApiError | ParsingError):
        return Fate.UNKNOWN
    status = error.status_code or 0
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.TOO_EARLY):
        return Fate.UNTOUCHED
    final = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    doubtful = status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT)
    return Fate.REFUSED if final and not doubtful else Fate.UNKNOWN
