"""Requests that write: sent, and after a failure never again before a look at the server.

A request that failed for us may have been carried out, or be carried out later: Label Studio
works on after the client has gone, and on SQLite may sleep for minutes before it commits. No
wait is long enough to be sure. So looking first makes doubles rare, and ``settle`` removes those
that come all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from annotation.labelstudio.api.client import Connection, translated
from annotation.labelstudio.api.patience import FAILURES, Fate, asked_to_wait, fate_of

LOOKS = 3
"""Looks, each after a longer pause, before a request of unknown fate is sent again."""
T = TypeVar("T")

log = logging.getLogger(__name__)


def send(
    connection: Connection,
    items: Sequence[T],
    *,
    request: Callable[[Sequence[T]], None],
    missing: Callable[[Sequence[T]], Sequence[T]],
    what: str,
) -> bool:
    """Send items in one request; after a failure look, and send again only what is missing.

    Args:
        connection: the server.
        items: what to send.
        request: sends items, and raises one of ``FAILURES`` when that fails.
        missing: looks which of the items the server does not hold.
        what: name of the items, for messages.

    Returns:
        Whether the fate of every request is known. If not, one of them may still be carried
        out, after the items were sent again.

    Raises:
        ServerError: the server refuses or keeps failing, also when it is only looked at.
    """
    patience, left, sure = connection.patience, list(items), True
    for attempt in range(1, patience.tries + 1):
        try:
            request(left)
        except FAILURES as error:
            fate = fate_of(error)
            if fate is Fate.REFUSED or attempt == patience.tries:
                with translated(connection.url):
                    raise
            sure = sure and fate is not Fate.UNKNOWN
            name = type(error).__name__
            log.warning("%d %s failed (%s); looking before sending again", len(left), what, name)
            for look in range(LOOKS if fate is Fate.UNKNOWN else 1):
                patience.wait(attempt + look, asked_to_wait(error))
                left = list(missing(left))
                if not left:
                    return sure
        else:
            return sure
    raise AssertionError("unreachable: the last attempt returns or raises")
