"""A connection to Label Studio, and its failures as errors that say what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from label_studio_sdk import LabelStudio
from label_studio_sdk.core.api_error import ApiError
from label_studio_sdk.core.parse_error import ParsingError
from label_studio_sdk.core.request_options import RequestOptions
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from annotation.labelstudio.api.patience import Patience, Unreadable
from annotation.labelstudio.api.transport import PatientTransport
from annotation.labelstudio.managed.server import Server
from schemas.errors import ServerError

ONCE: RequestOptions = {"max_retries": 0}
"""For every request that writes. The SDK would send a POST again after a 504, although the
server may have carried it out: that makes duplicates. ``client_for`` says so for all requests,
this one says it where it is read."""


class Settings(BaseSettings):
    """A Label Studio that the team runs already; without it the managed one is used."""

    model_config = SettingsConfigDict(env_prefix="MIYAR_LABEL_STUDIO_")

    url: str | None = None
    api_key: SecretStr | None = None


class Connection:
    """An address with a token that the server has accepted."""

    def __init__(self, url: str, token: str, patience: Patience | None = None) -> None:
        """Connect.

        Args:
            url: the server.
            token: of one of its users.
            patience: how often requests are tried, and for how long.

        Raises:
            ServerError: nobody answers at the address, or the token is refused.
        """
        self.url = url.rstrip("/")
        self.patience = patience or Patience()
        with translated(self.url):
            self.client = client_for(self.url, token, self.patience)
            self.user = self.client.users.whoami(request_options=ONCE)

    def get(self, path: str, **params: object) -> Any:
        """Read what stands at a path of the API: its JSON as it came.

        Raises:
            ServerError: the server refuses or keeps failing.
        """
        with translated(self.url):
            return self._request("GET", path, params, None)

    def post(self, path: str, body: object, **params: object) -> Any:
        """Send one request that writes, for calls that the SDK does not have or does not answer.

        Raises:
            ApiError: the server refuses.
            httpx.RequestError: it is not known what became of the request.
        """
        return self._request("POST", path, params, body)

    def _request(self, method: str, path: str, params: dict[str, object], body: object) -> Any:
        # The SDK's own client, since it knows which header the token needs.
        http = self.client._client_wrapper.httpx_client
        # Encoded here: the SDK walks through every value of a body, a tenth of the time of a push.
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        answer = http.request(
            path,
            method=method,
            params=params,
            content=content,
            headers=headers,
            request_options=ONCE,
        )
        if not answer.is_success:
            raise ApiError(
                status_code=answer.status_code, headers=dict(answer.headers), body=_body(answer)
            )
        return answer.json() if answer.content else None


def _body(answer: httpx.Response) -> Any:
    """Return the JSON of a refusal, or the text of one that a proxy or the server's page gave."""
    try:
        return answer.json()
    except ValueError:
        return answer.text


def client_for(url: str, token: str, patience: Patience | None = None) -> LabelStudio:
    """Return the SDK's client of one user, which asks reads again and sends writes once."""
    patience = patience or Patience()
    transport = PatientTransport(httpx.HTTPTransport(proxy=_proxy(url)), patience)
    client: LabelStudio = LabelStudio(  # type: ignore[no-untyped-call]  # the SDK's
        base_url=url,
        api_key=token,
        timeout=patience.timeout_s,
        max_retries=0,
        httpx_client=httpx.Client(transport=transport, timeout=patience.timeout_s),
    )
    transport.renew = lambda: _fresh_header(client)
    return client


def _proxy(url: str) -> str | None:
    """Return the proxy that the environment names for an address; httpx asks only without us."""
    parts, named = urlsplit(url), getproxies()
    found = named.get(parts.scheme) or named.get("all")
    if not found or proxy_bypass(parts.netloc):
        return None
    return found if "://" in found else f"http://{found}"


def _fresh_header(client: LabelStudio) -> str:
    """Return the header with a new access token; the SDK renews it by its own clock only."""
    wrapper = client._client_wrapper
    wrapper._tokens_client._access_token = None
    return wrapper.get_headers()["Authorization"]


def connect(server: Server, settings: Settings) -> Connection:
    """Connect to the server of the settings, or to the managed one as its administrator.

    Raises:
        ServerError: half of the settings is missing, or the connection fails.
    """
    if settings.url or settings.api_key:
        if not (settings.url and settings.api_key):
            missing = "URL" if not settings.url else "API_KEY"
            raise ServerError(
                f"MIYAR_LABEL_STUDIO_{missing} is not set, but its partner is; set both for your "
                "own Label Studio, or neither for the managed one."
            )
        return Connection(settings.url, settings.api_key.get_secret_value())
    return Connection(server.url, server.credentials().admin.token)


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn failures of requests into ServerErrors without their headers.

    ``str(ApiError)`` would print all of them, a session cookie among them.
    """
    try:
        yield
    except ApiError as error:
        raise ServerError(_explain(url, error)) from None
    except httpx.ConnectError as error:
        raise ServerError(
            f"no Label Studio answers at {url}; start it with `miyar annotation server up`."
        ) from error
    except (Unreadable, ParsingError) as error:
        raise ServerError(
            f"{url} does not answer like Label Studio ({_shape(error)}): a proxy or a login page "
            "may stand in between. Open the address in a browser, then run the same command "
            "again: what is done already is not done twice."
        ) from None
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise ServerError(
            f"the connection to Label Studio at {url} failed ({type(error).__name__}); "
            "look with `miyar annotation server status`, then run the same command again: "
            "what is done already is not done twice."
        ) from error


def _shape(error: Unreadable | ParsingError) -> str:
    # str(ParsingError) would print all headers.
    return str(error) if isinstance(error, Unreadable) else f"answer {error.status_code}"


def _explain(url: str, error: ApiError) -> str:
    moved = {name.lower(): value for name, value in (error.headers or {}).items()}.get("location")
    if 300 <= (error.status_code or 0) < 400:
        return (
            f"{url} sends us to {moved!r} ({error.status_code}): the address has changed, or a "
            "login page stands in between. Set MIYAR_LABEL_STUDIO_URL to the address that a "
            "browser ends at."
        )
    if error.status_code in (401, 403):
        return (
            f"Label Studio at {url} refuses the token ({error.status_code}). Set "
            "MIYAR_LABEL_STUDIO_API_KEY to a token of your account (Account & Settings), or leave "
            "it unset to use the managed server."
        )
    body = error.body if isinstance(error.body, str) else json.dumps(error.body, ensure_ascii=False)
    return (
        f"Label Studio at {url} answered {error.status_code}: {(body or '')[:300]}; run the same "
        "command again, what is done already is not done twice."
    )
