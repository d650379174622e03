"""What an annotator sees and does in Label Studio, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from annotation.labelstudio.accounts import ensure_account, names_by_user
from annotation.labelstudio.client import Connection
from annotation.labelstudio.export import ExportReader
from annotation.labelstudio.project import Project
from annotation.labelstudio.server import Server
from annotation.labelstudio.snapshot import fetch
from annotation.projects import run_push
from annotation.steps import run_collect, run_preannotate
from schemas.annotation import Annotation, Arm, Judgement, Origin
from schemas.ledger import Ledger
from schemas.workspace import Workspace

# An emoji outside the BMP comes first: counted in UTF-16 units every offset would be one off.
TEXT = "😀 قال الوزير إن بلاده وبكين بحثتا ملف تايوان يوم الثلاثاء، ثم غادر الوفد مساءً.\n"
ARGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
SUBMIT = "bottombar-submit-button"
TEXT_LINE = ".txt .lsf-richtext__line"


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Headless Chromium, the installed one: no browser is downloaded."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(ARGS))
        yield started
        started.close()


@pytest.fixture
def pushed(workspace: Workspace, connection: Connection) -> tuple[Workspace, Project]:
    """One pre-annotated passage in a project of its own."""
    path = workspace.root / "news.txt"
    path.write_text(TEXT, encoding="utf-8")
    run_collect(workspace, [path], Ledger())
    run_preannotate(workspace)
    title = f"browser {uuid4().hex[:8]}"
    done = run_push(workspace, connection, Ledger(), title=title, overlap=2, blind=0.0)
    assert done.project is not None
    return workspace, done.project


@pytest.fixture
def page(
    browser: Browser,
    server: Server,
    connection: Connection,
    pushed: tuple[Workspace, Project],
) -> Iterator[Page]:
    """The label stream of the project, opened by an annotator who has logged in."""
    account = ensure_account(server, connection, "maryam")
    opened = browser.new_page(viewport={"width": 1400, "height": 1100})
    opened.set_default_timeout(60_000)
    opened.goto(f"{server.url}/user/login")
    opened.fill("input[name=email]", account.email)
    opened.fill("input[name=password]", account.password)
    opened.click("button[type=submit]")
    opened.wait_for_url(lambda url: "/user/login" not in url)
    opened.goto(f"{server.url}/projects/{pushed[1].id}/data?labeling=1")
    _close_instructions(opened)
    opened.locator(TEXT_LINE).first.wait_for()
    expect(opened.get_by_test_id(SUBMIT)).to_be_enabled()
    yield opened
    opened.close()


def _close_instructions(page: Page) -> None:
    """Close the instructions and wait until they are gone: while they fade, the mouse is theirs."""
    heading = page.get_by_text("Labeling Instructions")
    heading.wait_for()
    # A click waits until the dialogue stands still; a key pressed while it opens is lost.
    page.locator("[class*=modal]", has=heading).get_by_role("button").first.click()
    expect(heading).to_have_count(0)


def _rectangle(page: Page, word: str) -> dict[str, float]:
    """Return where a word stands on the screen."""
    found: dict[str, float] = page.evaluate(
        """([selector, word]) => {
            const line = document.querySelector(selector);
            const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const at = node.data.indexOf(word);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + word.length);
                const box = range.getBoundingClientRect();
                return {left: box.left, right: box.right, middle: box.top + box.height / 2};
            }
            throw new Error(`${word} is not on the page`);
        }""",
        [TEXT_LINE, word],
    )
    return found


def _drag(page: Page, word: str) -> None:
    """Drag over a word as a reader of Arabic does: from its right end to its left end."""
    box = _rectangle(page, word)
    page.mouse.move(box["right"] - 0.5, box["middle"])
    page.mouse.down()
    page.mouse.move((box["left"] + box["right"]) / 2, box["middle"], steps=4)
    page.mouse.move(box["left"] + 0.5, box["middle"], steps=4)
    page.mouse.up()


def _pull(connection: Connection, pushed: tuple[Workspace, Project]) -> list[Annotation]:
    space, project = pushed
    ledger = Ledger()
    names = names_by_user(connection)
    reader = ExportReader(space.codebook(), space.passages(), names, ledger)
    found = reader.read(fetch(connection, project))
    ledger.check()
    return found


def test_the_passage_reads_from_right_to_left_in_an_arabic_size(page: Page) -> None:
    line = page.locator(TEXT_LINE).first
    expect(line).to_have_css("direction", "rtl")
    expect(line).to_have_css("text-align", "right")
    expect(line).to_have_css("font-size", "21px")
    first, last = _rectangle(page, "قال"), _rectangle(page, "مساءً")
    assert first["left"] > last["right"]
    expect(page.get_by_text("تايوان", exact=False).first).to_be_visible()


def test_a_word_dragged_over_comes_back_with_the_offsets_of_its_slice(
    page: Page, connection: Connection, pushed: tuple[Workspace, Project]
) -> None:
    page.keyboard.press("w")
    _drag(page, "الوفد")
    expect(page.locator(".lsf-tree__node").filter(has_text="الوفد").first).to_be_visible()
    page.get_by_test_id(SUBMIT).click()
    page.get_by_text("No More Tasks").wait_for()
    (given,) = _pull(connection, pushed)
    text = pushed[0].passages()[0].text
    start = text.index("الوفد")
    by_origin = {
        origin: {(s.start, s.end, s.label) for s in given.spans if s.origin is origin}
        for origin in (Origin.MANUAL, Origin.PREDICTION)
    }
    assert by_origin[Origin.MANUAL] == {(start, start + len("الوفد"), "ORG")}
    predicted = pushed[0].predictions("rules")[given.passage_id]
    assert by_origin[Origin.PREDICTION] == {span.key for span in predicted.spans}
    assert "وبكين" in {text[s.start : s.end] for s in given.spans}
    assert given.annotator == "maryam"
    assert given.arm is Arm.ASSISTED
    assert given.parent_prediction == predicted.model
    assert given.issues["taiwan"] is Judgement.PRESENT
    assert given.issues["climate"] is Judgement.ABSENT


def test_an_answer_without_any_tick_cannot_be_submitted(
    page: Page, connection: Connection, pushed: tuple[Workspace, Project]
) -> None:
    page.keyboard.press("3")  # unticks the predicted «تايوان»
    page.get_by_test_id(SUBMIT).click()
    page.get_by_text("لا شيء مما سبق", exact=False).nth(1).wait_for()
    assert _pull(connection, pushed) == []


def test_the_report_opens_without_network_or_script(
    browser: Browser, tmp_path: Path, report_page: Path
) -> None:
    opened = browser.new_page()
    asked: list[str] = []
    errors: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: errors.append(message.text))
    opened.goto(report_page.as_uri())
    assert asked == [report_page.as_uri()]
    assert errors == []
    passage = opened.locator("p.passage").first
    expect(passage).to_have_css("direction", "rtl")
    expect(passage.locator("mark").first).to_be_visible()
    wide = opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert wide
    opened.close()
