"""Requests under the SDK: reads are sent again, most writes never, and every answer is checked."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import cast

import httpx

from annotation.labelstudio.api.patience import Patience, Unreadable, retry_after

_PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_DOWNLOAD = "/download"
_NEW_TOKEN = "/api/token/refresh"  # noqa: S105  # a path
_SHOWN = 60

log = logging.getLogger(__name__)


class PatientTransport(httpx.BaseTransport):
    """Sends requests for the SDK.

    A read that fails is sent again, as nothing can be done twice by it, and so is a change of
    settings (PATCH), which twice is the same as once. Any other write is sent once: whoever sends
    it must look what became of it (see ``sending``). The one exception is a 401, after which a
    request is sent once more with a fresh token: a server that does not know who asks has done
    nothing.

    A successful answer that is no JSON is an error: it was cut short, or a proxy or login page
    wrote it. Downloads are passed on as they come; who reads them checks them.
    """

    def __init__(self, inner: httpx.BaseTransport, patience: Patience) -> None:
        self._inner = inner
        self._patience = patience
        self._met = False
        self.renew: Callable[[], str] | None = None
        """Gives a fresh ``Authorization`` header."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, one that may be repeated as often as it takes.

        Raises:
            httpx.TransportError: it fails, for good if it may be repeated.
        """
        request.headers.setdefault("Cache-Control", "no-cache")
        tries = self._patience.tries if _may_repeat(request) else 1
        for attempt in range(1, tries):
            asked: float | None = None
            try:
                response = self._with_a_fresh_token(request)
            except httpx.TransportError as error:
                if isinstance(error, httpx.ConnectError) and not self._met:
                    raise  # nobody lives there: no use in waiting
                why = f"{type(error).__name__}: {error}"
            else:
                if response.status_code not in _PASSING and not response.is_redirect:
                    return response
                why = f"status {response.status_code}"
                asked = retry_after(response.headers, datetime.now(UTC))
            where = f"{request.method} {request.url.path}"
            log.info("%s failed (%s), try %d of %d", where, why, attempt, tries)
            self._patience.wait(attempt, asked)
        return self._with_a_fresh_token(request)

    def _with_a_fresh_token(self, request: httpx.Request) -> httpx.Response:
        response = self._send(request)
        self._met = True
        refused = response.status_code == HTTPStatus.UNAUTHORIZED
        if not refused or self.renew is None or _is_renewal(request):
            return response
        request.headers["Authorization"] = self.renew()
        return self._send(request)

    def _send(self, request: httpx.Request) -> httpx.Response:
        raw = self._inner.handle_request(request)
        if raw.is_success and request.url.path.rstrip("/").endswith(_DOWNLOAD):
            return raw
        try:
            body = b"".join(cast("Iterable[bytes]", raw.stream))
        finally:
            raw.close()
        try:
            response = httpx.Response(
                raw.status_code,
                headers=raw.headers,
                content=body,
                extensions=raw.extensions,
                request=request,
            )
        except httpx.DecodingError as error:
            raise Unreadable(f"the answer is cut short: {error}", request=request) from error
        if response.is_success and response.content:
            _check_json(response)
        return response

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _may_repeat(request: httpx.Request) -> bool:
    # Asking for a new access token changes nothing on the server either.
    return request.method in ("GET", "HEAD", "PATCH") or _is_renewal(request)


def _is_renewal(request: httpx.Request) -> bool:
    return request.url.path.rstrip("/").endswith(_NEW_TOKEN)


def _check_json(response: httpx.Response) -> None:
    try:
        json.loads(response.content)
    except ValueError as error:
        kind = response.headers.get("content-type", "no content type")
        raise Unreadable(
            f"the answer is not JSON but {kind}: {response.text[:_SHOWN]!r}",
            request=response.request,
        ) from error
