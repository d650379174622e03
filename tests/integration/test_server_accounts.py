"""Annotators' accounts and personal tokens, on the managed server and on a team's own."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import jwt
import pytest

from annotation.labelstudio.accounts import DOMAIN, Book, add_account, ensure_account
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.managed.credentials import Account, Roll
from annotation.labelstudio.managed.server import Server
from annotation.labelstudio.signup import sign_up
from schemas.errors import ServerError
from schemas.workspace import Workspace
from tests.integration.test_cli import miyar

TEXT = "زار الوزير بكين 😀 وبحث ملف تايوان مع نظيره.\n" * 5


@pytest.fixture
def name() -> str:
    """A name that nobody has on a server that is used again and again."""
    return f"t{uuid4().hex[:10]}"


@pytest.fixture
def book(server: Server, tmp_path: Path) -> Book:
    """A book of its own for the shared server: it knows nobody yet."""
    return Book(tmp_path / "book", managed=False)


def is_personal(token: str) -> bool:
    """Tell a personal access token from a legacy one, by what it says about itself."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return bool(claims["token_type"] == "refresh")


def test_an_annotator_gets_an_account_of_their_own_once(
    server: Server, connection: Connection, name: str
) -> None:
    first = ensure_account(server, connection, name)
    again = ensure_account(server, connection, name.upper())
    assert first == again == server.credentials().annotators[name]
    assert is_personal(first.token)
    assert Connection(server.url, first.token).user.email == f"{name}@{DOMAIN}"


def test_the_administrators_commands_work_with_a_personal_token(
    server: Server, connection: Connection, workspace: Workspace, name: str, tmp_path: Path
) -> None:
    token = ensure_account(server, connection, name).token
    env = {
        "MIYAR_LABEL_STUDIO_URL": server.url,
        "MIYAR_LABEL_STUDIO_API_KEY": token,
        "MIYAR_HOME": str(tmp_path / "home"),
    }
    (tmp_path / "raw.txt").write_text(TEXT, encoding="utf-8")
    here = ("--workspace", workspace.root)
    title = ("--project", f"pat {uuid4().hex[:12]}")
    for words in (
        ("collect", tmp_path / "raw.txt", *here),
        ("preannotate", *here),
        ("push", *here, *title),
        ("push", *here, *title),
        ("pull", *here, *title),
    ):
        done = miyar("annotation", *words, **env)
        assert done.returncode == 0, done.stderr
        assert token not in done.stdout + done.stderr


def test_an_expired_access_token_is_renewed(
    server: Server, connection: Connection, name: str
) -> None:
    theirs = Connection(server.url, ensure_account(server, connection, name).token)
    tokens = theirs.client._client_wrapper._tokens_client
    claims = jwt.decode(tokens.api_key, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 300
    past = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp())
    expired = jwt.encode({**claims, "exp": past}, _secret_key(server), algorithm="HS256")
    refused = httpx.get(
        f"{server.url}/api/projects", headers={"Authorization": f"Bearer {expired}"}
    )
    assert refused.status_code == 401
    tokens._set_access_token(expired)
    assert theirs.client.users.whoami().email == f"{name}@{DOMAIN}"
    assert tokens.api_key != expired


def _secret_key(server: Server) -> str:
    text = (server.data / ".env").read_text(encoding="utf-8").strip()
    return text.removeprefix("SECRET_KEY=")


def test_an_account_whose_making_was_interrupted_is_taken_up(
    book: Book, connection: Connection, name: str
) -> None:
    account = Account(email=f"{name}@{DOMAIN}", password=secrets.token_urlsafe(18), token="")
    book.write(Roll(pending={name: account}))
    lost = sign_up(connection, account)  # the server has it; its token was never written down
    made, is_new = add_account(book, connection, name)
    assert is_new is False
    assert made.password == account.password
    assert is_personal(made.token)
    assert made.token != lost
    assert Connection(connection.url, made.token).user.email == account.email
    with pytest.raises(ServerError, match="refuses the token"):
        Connection(connection.url, lost)
    assert book.read() == Roll(annotators={name: made})


def test_a_password_is_kept_before_the_server_has_it(
    book: Book, connection: Connection, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("annotation.labelstudio.accounts.sign_up", die)
        with pytest.raises(KeyboardInterrupt):
            add_account(book, connection, name)
    waiting = book.read().pending[name]
    made, is_new = add_account(book, connection, name)
    assert is_new is True
    assert made.password == waiting.password


def test_a_token_that_was_revoked_is_replaced(
    book: Book, connection: Connection, name: str
) -> None:
    first, _ = add_account(book, connection, name)
    Connection(connection.url, first.token).client.tokens.blacklist(refresh=first.token)
    second, is_new = add_account(book, connection, name)
    assert is_new is False
    assert second.password == first.password
    assert Connection(connection.url, second.token).user.email == first.email
    assert book.read().annotators == {name: second}


def test_a_legacy_token_of_an_older_file_still_works(
    book: Book, connection: Connection, name: str
) -> None:
    account, _ = add_account(book, connection, name)
    with httpx.Client(base_url=connection.url) as browser:
        access = Connection(connection.url, account.token).client._client_wrapper._tokens_client
        browser.headers["Authorization"] = f"Bearer {access.api_key}"
        legacy = browser.get("/api/current-user/token").json()["token"]
    old = account.model_copy(update={"token": legacy})
    book.write(Roll(annotators={name: old}))
    assert add_account(book, connection, name) == (old, False)


def test_an_account_that_is_not_known_here_is_not_taken_over(
    server: Server, connection: Connection, book: Book, name: str, tmp_path: Path
) -> None:
    add_account(book, connection, name)
    other = Book(tmp_path / "other", managed=False)
    with pytest.raises(ServerError, match=r"is an account of .* already, but .* take another name"):
        add_account(other, connection, name)
    assert other.read() == Roll()
    wrong = Account(email=f"{name}@{DOMAIN}", password="wrong password", token="")
    other.write(Roll(pending={name: wrong}))
    with pytest.raises(ServerError, match="refuses the password that is kept here"):
        add_account(other, connection, name)


def test_the_commands_keep_a_teams_accounts_by_its_address(
    own_server: Server, name: str, tmp_path: Path
) -> None:
    env = {"MIYAR_HOME": str(tmp_path / "home")}
    folder = tmp_path / "home" / "data" / "label-studio-hosts" / f"127.0.0.1_{own_server.port}"
    planned = miyar("annotation", "annotators", "add", name, "--dry-run", **env)
    assert planned.returncode == 0, planned.stderr
    assert f"{name}: would be made" in planned.stderr
    assert not folder.exists()

    made = miyar("annotation", "annotators", "add", name.upper(), name, "--json", **env)
    card = folder / "logins" / f"{name}.txt"
    assert json.loads(made.stdout) == {
        "annotators": [
            {"name": name, "email": f"{name}@{DOMAIN}", "made": True, "login": str(card)}
        ]
    }
    again = miyar("annotation", "annotators", "add", name, "--json", **env)
    assert json.loads(again.stdout)["annotators"][0]["made"] is False
    account = Roll.model_validate_json((folder / "credentials.json").read_bytes()).annotators[name]
    assert account.password in card.read_text(encoding="utf-8")

    listed = miyar("annotation", "annotators", "list", "--json", **env)
    by_name = {member["name"]: member for member in json.loads(listed.stdout)["annotators"]}
    seen = datetime.fromisoformat(by_name[name].pop("last_activity"))
    assert timedelta() < datetime.now(UTC) - seen < timedelta(hours=1)
    assert by_name[name] == {"name": name, "email": f"{name}@{DOMAIN}", "known": True}
    assert by_name["admin"]["known"] is False

    link = miyar("annotation", "annotators", "link", "--out", tmp_path / "link.txt", **env)
    written = (tmp_path / "link.txt").read_text(encoding="utf-8")
    assert written.startswith(f"{own_server.url}/user/signup/?token=")
    shown = "".join(done.stdout + done.stderr for done in (made, again, listed, link))
    for secret in (account.password, account.token, written.strip().partition("token=")[2]):
        assert secret not in shown
    for path in (card, folder / "credentials.json", tmp_path / "link.txt"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_bad_name_stops_before_anything_is_made(
    own_server: Server, name: str, tmp_path: Path
) -> None:
    env = {"MIYAR_HOME": str(tmp_path / "home")}
    done = miyar("annotation", "annotators", "add", name, "ليلى", **env)
    assert done.returncode == 2
    assert "'ليلى' cannot name an annotator" in done.stderr
    assert not (tmp_path / "home").exists()
