"""Annotators' accounts on the managed server, made through the same sign-up page as by hand."""

from __future__ import annotations

import re
import secrets

import httpx

from annotation.labelstudio.client import Connection, translated
from annotation.labelstudio.server import Account, Server
from schemas.errors import ServerError

UNNAMED = "user-"
"""How an annotator is called when only the user's number is known."""
DOMAIN = "miyar.invalid"
"""``.invalid`` is reserved: nothing is ever sent to these addresses (RFC 2606)."""
_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def ensure_account(server: Server, connection: Connection, name: str) -> Account:
    """Return the account of an annotator, made when there is none.

    Raises:
        ServerError: the server has such an account, but its credentials are not here.
    """
    credentials = server.credentials()
    if known := credentials.annotators.get(name):
        return known
    email = f"{name}@{DOMAIN}"
    if email in names_by_user(connection, full=True).values():
        raise ServerError(
            f"{email} is an account of {connection.url} already, but {server.credentials_file} "
            "does not know its password; take another name."
        )
    account = _sign_up(connection, email, secrets.token_urlsafe(18))
    annotators = {**credentials.annotators, name: account}
    server.save(credentials.model_copy(update={"annotators": annotators}))
    return account


def _sign_up(connection: Connection, email: str, password: str) -> Account:
    with translated(connection.url):
        link = connection.client.organizations.invites.get_invite_link()
    with httpx.Client(base_url=connection.url, timeout=60) as browser:
        page = f"/user/signup/?token={link.token}"
        form = browser.get(page)
        found = _CSRF.search(form.text)
        answer = browser.post(
            page,
            data={
                "email": email,
                "password": password,
                "csrfmiddlewaretoken": found.group(1) if found else "",
                "allow_newsletters": "false",
            },
            headers={"Referer": f"{connection.url}{page}"},
        )
        token = browser.get("/api/current-user/token")
    if answer.status_code != httpx.codes.FOUND or token.status_code != httpx.codes.OK:
        raise ServerError(
            f"{connection.url} did not take the sign-up of {email} ({answer.status_code}, "
            f"{token.status_code}); look into the server's log."
        )
    return Account(email=email, password=password, token=token.json()["token"])


def names_by_user(connection: Connection, *, full: bool = False) -> dict[int, str]:
    """Return user id → name: the e-mail address, without Miyar's own domain unless ``full``."""
    with translated(connection.url):
        users = list(connection.client.users.list())
    names = {}
    for user in users:
        email = user.email or f"{UNNAMED}{user.id}"
        names[int(user.id or 0)] = email if full else email.removesuffix(f"@{DOMAIN}")
    return names
