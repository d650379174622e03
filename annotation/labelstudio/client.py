"""A connection to Label Studio, and its failures as errors that say what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from label_studio_sdk import LabelStudio
from label_studio_sdk.core.api_error import ApiError
from label_studio_sdk.core.request_options import RequestOptions
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from annotation.labelstudio.server import Server
from schemas.errors import ServerError

TIMEOUT_S = 600
ONCE: RequestOptions = {"max_retries": 0, "timeout_in_seconds": TIMEOUT_S}
"""For every request that writes. The SDK would send a POST again after a 504, although the
server may have carried it out: that makes duplicates."""


class Settings(BaseSettings):
    """A Label Studio that the team runs already; without it the managed one is used."""

    model_config = SettingsConfigDict(env_prefix="MIYAR_LABEL_STUDIO_")

    url: str | None = None
    api_key: SecretStr | None = None


class Connection:
    """An address with a token that the server has accepted."""

    def __init__(self, url: str, token: str) -> None:
        """Connect.

        Raises:
            ServerError: nobody answers at the address, or the token is refused.
        """
        self.url = url.rstrip("/")
        self.client = client_for(self.url, token)
        with translated(self.url):
            self.user = self.client.users.whoami(request_options=ONCE)


def client_for(url: str, token: str) -> LabelStudio:
    """Return the SDK's client of one user."""
    return LabelStudio(base_url=url, api_key=token, timeout=TIMEOUT_S)  # type: ignore[no-untyped-call]  # the SDK's


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
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise ServerError(
            f"the connection to Label Studio at {url} failed ({type(error).__name__}); "
            "look with `miyar annotation server status`, then run the same command again: "
            "what is done already is not done twice."
        ) from error


def _explain(url: str, error: ApiError) -> str:
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
