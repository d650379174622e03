"""The pages that Miyar writes open without network or script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from annotation.labelstudio.interface.guide import guide
from schemas.codebook import read_codebook
from tests.conftest import CORPUS


@pytest.fixture
def quiet(browser: Browser) -> Iterator[Page]:
    """A page without script that must ask for nothing but itself and say nothing."""
    context = browser.new_context(java_script_enabled=False, color_scheme="light")
    opened = context.new_page()
    asked: list[str] = []
    errors: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: errors.append(message.text))
    yield opened
    assert asked == [opened.url.partition("#")[0]]
    assert errors == []
    context.close()


@pytest.fixture(scope="module")
def guide_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("guide") / "guide.html"
    path.write_text(guide(read_codebook(CORPUS / "codebook.yaml")), encoding="utf-8")
    return path


def _fits(page: Page) -> bool:
    wide = "document.documentElement.scrollWidth <= window.innerWidth"
    return bool(page.evaluate(wide))


def test_the_report_opens_without_network_or_script(quiet: Page, report_page: Path) -> None:
    quiet.goto(report_page.as_uri())
    passage = quiet.locator("p.passage").first
    expect(passage).to_have_css("direction", "rtl")
    expect(passage.locator("mark").first).to_be_visible()
    assert _fits(quiet)


def test_the_guide_can_be_read_in_one_language_or_both(quiet: Page, guide_page: Path) -> None:
    quiet.goto(guide_page.as_uri())
    card = quiet.locator("#issue-taiwan > .pair > p")
    arabic, english = card.and_(quiet.locator("[lang=ar]")), card.and_(quiet.locator("[lang=en]"))
    for choice, shows_arabic, shows_english in (
        ("both", True, True),
        ("only-ar", True, False),
        ("only-en", False, True),
    ):
        quiet.check(f"#{choice}")
        expect(arabic).to_be_visible(visible=shows_arabic)
        expect(english).to_be_visible(visible=shows_english)
        example = quiet.locator("#issue-taiwan .text").first
        expect(example).to_be_visible()
        expect(example).to_have_css("direction", "rtl")


def test_the_contents_of_the_guide_lead_to_its_parts(quiet: Page, guide_page: Path) -> None:
    quiet.goto(guide_page.as_uri())
    quiet.get_by_role("link", name="العقوبات").first.click()
    expect(quiet.locator("#issue-sanctions")).to_be_in_viewport()
    expect(quiet.locator("#entity-GPE mark").first).to_be_visible()


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_the_guide_fits_phones_and_wide_screens(quiet: Page, guide_page: Path, width: int) -> None:
    quiet.set_viewport_size({"width": width, "height": 800})
    quiet.goto(guide_page.as_uri())
    assert _fits(quiet)
