"""Accounts by the pages that people use: sign up by the invitation link, log in, make a token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from label_studio_sdk.core.api_error import ApiError

from annotation.labelstudio.api.client import Connection, client_for, translated
from annotation.labelstudio.managed.credentials import Account
from schemas.errors import ServerError

_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_TIMEOUT_S = 120


def invitation(connection: Connection, *, renew: bool = False) -> str:
    """Return the sign-up link of the server's organisation.

    Args:
        connection: the server.
        renew: make a new link first; the one before it ends.
    """
    organizations = connection.client.organizations
    with translated(connection.url):
        invite = organizations.reset_token() if renew else organizations.invites.get_invite_link()
    return f"{connection.url}/user/signup/?token={invite.token}"


def sign_up(connection: Connection, account: Account) -> str:
    """Make an account; return its token.

    Raises:
        ServerError: the server does not take it.
    """
    page = invitation(connection).removeprefix(connection.url)
    with _browser(connection) as browser:
        more = {"allow_newsletters": "false"}
        answer = _send_form(browser, page, account, **more)
        if answer.status_code != httpx.codes.FOUND:
            raise ServerError(
                f"{connection.url} did not take the sign-up of {account.email} "
                f"({answer.status_code}); look into the server's log."
            )
        return _token(browser, account)


def log_in(connection: Connection, account: Account) -> str:
    """Log in to an account that was made already; return its token.

    Raises:
        ServerError: the server refuses the password.
    """
    with _browser(connection) as browser:
        answer = _send_form(browser, "/user/login/", account)
        if answer.status_code != httpx.codes.FOUND:
            raise ServerError(
                f"{connection.url} refuses the password that is kept here for {account.email}; "
                "somebody else has made this account. Take another name."
            )
        return _token(browser, account)


def works(connection: Connection, token: str) -> bool:
    """Tell whether a server takes a token."""
    with translated(connection.url):
        try:
            client_for(connection.url, token).users.whoami()
        except ApiError as error:
            if error.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                return False
            raise
    return True


@contextmanager
def _browser(connection: Connection) -> Iterator[httpx.Client]:
    with (
        translated(connection.url),
        httpx.Client(base_url=connection.url, timeout=_TIMEOUT_S) as browser,
    ):
        yield browser


def _send_form(browser: httpx.Client, page: str, account: Account, **more: str) -> httpx.Response:
    found = _CSRF.search(browser.get(page).text)
    return browser.post(
        page,
        data={
            "email": account.email,
            "password": account.password,
            "csrfmiddlewaretoken": found.group(1) if found else "",
            **more,
        },
        headers={"Referer": f"{str(browser.base_url).rstrip('/')}{page}"},
    )


def _token(browser: httpx.Client, account: Account) -> str:
    """Return a personal access token, or the legacy one where a server gives no other."""
    answer = browser.post("/api/token/")
    if answer.status_code == httpx.codes.CONFLICT:
        # Made by a run that was interrupted before it could keep it; it is shown only once.
        for held in browser.get("/api/token/").json():
            browser.post("/api/token/blacklist/", json={"refresh": held["token"]})
        answer = browser.post("/api/token/")
    if not answer.is_success:
        answer = browser.get("/api/current-user/token")
    try:
        if answer.is_success and (token := str(answer.json()["token"])):
            return token
    except (ValueError, KeyError, TypeError):
        pass  # an answer, but not Label Studio's: no token either
    raise ServerError(
        f"{browser.base_url} made the account {account.email}, but gives it no token "
        f"({answer.status_code}); allow access tokens on its Organization page, then run the "
        "same command again."
    )
