"""Fixtures of the browser tests: Chromium, annotators who have logged in, projects, a report."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from annotation.labelstudio.accounts import ensure_account
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.managed.server import Server
from annotation.labelstudio.project import Project
from annotation.projects import run_push
from annotation.steps import run_collect, run_preannotate
from eval.compare import compare
from eval.render import render
from schemas.annotation import Prediction
from schemas.article import Span
from schemas.codebook import read_codebook
from schemas.dataset import Dataset, Example
from schemas.ledger import Ledger
from schemas.workspace import Workspace
from tests.browser import studio
from tests.conftest import CORPUS


@dataclass(frozen=True)
class Pushed:
    """A project of a test's own, and the workspace that it was made from."""

    workspace: Workspace
    project: Project
    connection: Connection


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Headless Chromium, the installed one: no browser is downloaded."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(studio.ARGS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def administrator(server: Server) -> Connection:
    """A connection as the server's administrator."""
    return Connection(server.url, server.credentials().admin.token)


@pytest.fixture(scope="session")
def logged_in(
    browser: Browser, server: Server, administrator: Connection
) -> Iterator[Callable[[str], BrowserContext]]:
    """Gives an annotator's own browser; each logs in once a session."""
    opened: dict[str, BrowserContext] = {}

    def of(name: str) -> BrowserContext:
        if name not in opened:
            account = ensure_account(server, administrator, name)
            opened[name] = studio.login(browser, server.url, account)
        return opened[name]

    yield of
    for context in opened.values():
        context.close()


@pytest.fixture(scope="session")
def push_texts(
    administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Pushed]:
    """Makes a project with one passage a text, pre-annotated unless ``blind``."""

    def make(*files: str, blind: bool = False, ending: str = ".txt") -> Pushed:
        space = Workspace(tmp_path_factory.mktemp("browser"))
        for name in ("codebook.yaml", "gazetteer.jsonl"):
            shutil.copy(CORPUS / name, space.root / name)
        paths = [space.root / f"{number}{ending}" for number in range(len(files))]
        for path, text in zip(paths, files, strict=True):
            path.write_text(text, encoding="utf-8")
        run_collect(space, paths, Ledger())
        if not blind:
            run_preannotate(space)
        title = f"browser {uuid4().hex[:8]}"
        share = 1.0 if blind else 0.0
        done = run_push(space, administrator, Ledger(), title=title, overlap=2, blind=share)
        assert done.project is not None
        return Pushed(space, done.project, administrator)

    return make


@pytest.fixture
def report_page(tmp_path: Path) -> Path:
    """An HTML report with one right and one wrong passage."""
    codebook = read_codebook(CORPUS / "codebook.yaml")
    issues = codebook.issue_ids
    examples = tuple(
        Example(
            id=f"p{number}",
            text="زار الوزير بكين وبحث ملف <تايوان> & التجارة",
            group=f"g{number}",
            issues={issue: issue == "taiwan" for issue in issues},
            spans=(Span(start=11, end=15, label="GPE"),),
            spans_complete=True,
        )
        for number in range(2)
    )
    predictions = {
        example.id: Prediction(
            passage_id=example.id,
            model="m",
            issues=dict.fromkeys(issues, 0.5),
            present=("taiwan",) if number else ("climate",),
        )
        for number, example in enumerate(examples)
    }
    report = compare(
        Dataset("own", issues, examples, "0" * 64),
        [("own", predictions)],
        title="تقرير Report",
        tool="test",
        agreement=None,
        codebook=codebook,
        counts={},
        resamples=50,
    )
    path = tmp_path / "report.html"
    path.write_text(render(report), encoding="utf-8")
    return path
