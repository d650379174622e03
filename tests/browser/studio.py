"""What a person does in Label Studio's editor, for browser tests: log in, label, submit.

A test drives the editor by these verbs only, so that a new version of Label Studio is one place
to mend. Every wait is for a condition; on a busy machine everything takes ten times longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from annotation.labelstudio.accounts import names_by_user
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.snapshot import fetch
from annotation.labelstudio.export import ExportReader
from annotation.labelstudio.managed.server import Account
from annotation.labelstudio.project import Project
from schemas.annotation import Annotation
from schemas.ledger import Ledger
from schemas.workspace import Workspace

TIMEOUT_MS = 60_000
expect.set_options(timeout=TIMEOUT_MS)
ARGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
"""How Chromium is started."""
PASSAGE = ".txt .lsf-richtext__container"
"""The passage on the screen."""
_SUBMIT = "bottombar-submit-button"
_SKIP = "bottombar-skip-button"
# Code points of the stored text → a DOM range. LF and CR each stand in the DOM as a <br>.
_RANGE = """
([selector, start, end]) => {
  const range = document.createRange();
  let at = 0;
  const walk = (node) => {
    if (node.nodeName === 'BR') { at += 1; return; }
    if (node.nodeType !== Node.TEXT_NODE) { node.childNodes.forEach(walk); return; }
    let unit = 0;
    for (const point of node.data) {
      if (at === start) range.setStart(node, unit);
      unit += point.length; at += 1;
      if (at === end) range.setEnd(node, unit);
    }
  };
  walk(document.querySelector(selector));
  const boxes = [...range.getClientRects()].filter((box) => box.width > 0);
  const sides = (box) => ({left: box.left, right: box.right, middle: box.top + box.height / 2});
  return [sides(boxes[0]), sides(boxes[boxes.length - 1])];
}
"""


@dataclass(frozen=True)
class Box:
    """Where a piece of text stands on the screen."""

    left: float
    right: float
    middle: float


def login(
    browser: Browser, url: str, account: Account, *, width: int = 1400, height: int = 1100
) -> BrowserContext:
    """Return a browser of an annotator's own, logged in; pages of it share the login."""
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    page.goto(f"{url}/user/login")
    page.fill("input[name=email]", account.email)
    page.fill("input[name=password]", account.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda address: "/user/login" not in address)
    page.close()
    return context


def open_stream(context: BrowserContext, project: Project) -> Page:
    """Open a project's label stream and wait until the first passage can be labelled."""
    page = context.new_page()
    page.goto(f"{project.page}/data?labeling=1")
    close_instructions(page)
    wait_for_passage(page)
    return page


def close_instructions(page: Page) -> None:
    """Close the instructions and wait until they are gone: while they fade, the mouse is theirs."""
    heading = page.get_by_text("Labeling Instructions")
    heading.wait_for()
    # A click waits until the dialogue stands still; a key pressed while it opens is lost.
    page.locator("[class*=modal]", has=heading).get_by_role("button").first.click()
    expect(heading).to_have_count(0)


def wait_for_passage(page: Page, text: str = "") -> None:
    """Wait until a passage (that holds ``text``) is shown and may be submitted."""
    expect(page.locator(PASSAGE)).to_contain_text(text)
    expect(page.get_by_test_id(_SUBMIT)).to_be_enabled()


def box_of(page: Page, start: int, end: int) -> tuple[Box, Box]:
    """Return where the first and the last piece of a span stand on the screen.

    Args:
        page: the editor.
        start: first code point of the passage.
        end: code point behind the last one.
    """
    first, last = page.evaluate(_RANGE, [PASSAGE, start, end])
    return Box(**first), Box(**last)


def drag(page: Page, start: int, end: int) -> str:
    """Drag over a span as a reader of Arabic does, from right to left; return what was selected.

    ``start`` and ``end`` count code points of the passage. The text that is returned was read
    from the screen's selection while the mouse was still held down.
    """
    first, last = box_of(page, start, end)
    page.mouse.move(first.right - 0.5, first.middle)
    page.mouse.down()
    page.mouse.move((first.left + first.right) / 2, first.middle, steps=4)
    page.mouse.move(last.left + 0.5, last.middle, steps=4)
    return _let_go(page)


def drag_word(page: Page, text: str, word: str) -> str:
    """Drag over the first place of a word in the passage, which reads ``text``."""
    start = text.index(word)
    return drag(page, start, start + len(word))


def double_click(page: Page, start: int, end: int) -> str:
    """Double-click in the middle of a word; return what was selected."""
    box, _ = box_of(page, start, end)
    page.mouse.move((box.left + box.right) / 2, box.middle)
    page.mouse.down()
    page.mouse.up()
    page.mouse.down(click_count=2)
    return _let_go(page)


def _let_go(page: Page) -> str:
    selected: str = page.evaluate("window.getSelection().toString()")
    page.mouse.up()
    return selected


def regions(page: Page) -> Locator:
    """Return the spans as the list at the side shows them."""
    return page.locator(".lsf-tree__node")


def label(page: Page, name: str) -> Locator:
    """Return the button of an entity type, by the name that is shown."""
    return page.locator(".txt .lsf-label", has_text=name)


def tick(page: Page, name: str) -> Locator:
    """Return the check box of an issue, by the name that is shown."""
    return page.locator(".lsf-choice", has_text=name).get_by_role("checkbox")


def group(page: Page, name: str) -> Locator:
    """Return what folds and unfolds a group of issues."""
    return page.locator(".ant-collapse-header", has_text=name)


def comment(page: Page) -> Locator:
    """Return the comment box."""
    return page.get_by_test_id("textarea-input")


def submit(page: Page) -> None:
    """Submit, and wait until the server has the answer."""
    _leave(page, _SUBMIT)


def skip(page: Page) -> None:
    """Skip, and wait until the server knows."""
    _leave(page, _SKIP)


def press_submit(page: Page) -> None:
    """Press the button only, for an answer that must not go out."""
    page.get_by_test_id(_SUBMIT).click()


def _leave(page: Page, button: str) -> None:
    with page.expect_response(
        lambda answer: "/annotations" in answer.url and answer.request.method == "POST"
    ) as answer:
        page.get_by_test_id(button).click()
    assert answer.value.ok


def pull(
    connection: Connection, workspace: Workspace, project: Project
) -> tuple[list[Annotation], Ledger]:
    """Return what a pull of the project would take, and the ledger of it."""
    ledger = Ledger()
    names = names_by_user(connection)
    reader = ExportReader(workspace.codebook(), workspace.passages(), names, ledger)
    found = reader.read(fetch(connection, project))
    ledger.check()
    return found, ledger


def stored(connection: Connection, project: Project) -> list[dict[str, Any]]:
    """Return the spans that the server holds, in the order they were made, as it stores them."""
    return [
        region
        for task in fetch(connection, project)
        for given in task["annotations"]
        for region in given["result"]
        if region["type"] == "labels"
    ]
