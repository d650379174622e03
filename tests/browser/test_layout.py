"""What an annotator sees and what the keys do. All tests share a page and leave it as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from annotation.labelstudio.api.client import ONCE, Connection
from annotation.labelstudio.interface.keys import hotkeys
from annotation.labelstudio.project import make_project
from annotation.labelstudio.tasks import prediction, task_data
from schemas.annotation import Prediction
from schemas.article import Article, Passage, Span, article_id, passage_id
from schemas.codebook import CANNOT_JUDGE, NONE_OF_THESE, read_codebook
from tests.browser import studio
from tests.conftest import CORPUS

CODEBOOK = read_codebook(CORPUS / "codebook.yaml")
KEYS = hotkeys(CODEBOOK)
BEFORE = "غادر الوفد العاصمة فجرًا بعد ليلة طويلة من المحادثات."
TEXT = "قال الوزير إن بلاده وبكين بحثتا ملف تايوان، وإن لقاء ثانيًا سيعقد في جنيف قبل نهاية العام."
AFTER = "ولم يصدر عن الجانب الآخر تعليق حتى مساء الثلاثاء."
NOTE = "اختلف الموسِّمان في «العقوبات».\nراجع تعريفها."
URL = "https://example.org/a'b\"c<d>?x=1&y=2"
NAMES = {"وبكين": "GPE", "تايوان": "GPE", "جنيف": "GPE"}
_IS_READABLE = """
([selector, least]) => {
  const element = document.querySelector(selector);
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  let behind = element;
  while (behind.parentElement && rgb(getComputedStyle(behind).backgroundColor)[3] < 255)
    behind = behind.parentElement;
  const a = light(rgb(getComputedStyle(element).color));
  const b = light(rgb(getComputedStyle(behind).backgroundColor));
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) >= least;
}
"""


def _task() -> dict[str, object]:
    """The middle passage of an article of three, with a note and a prediction."""
    whole = "\n".join((BEFORE, TEXT, AFTER))
    key = article_id(whole, source=None, url=URL)
    article = Article(
        id=key,
        text=whole,
        file="a.txt",
        title="لقاء في العاصمة",
        url=URL,
        collected_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    passages = [
        Passage(
            id=passage_id(key, start, start + len(text)),
            article_id=key,
            start=start,
            end=start + len(text),
            text=text,
            position=position,
        )
        for position, text in enumerate((BEFORE, TEXT, AFTER))
        for start in [whole.index(text)]
    ]
    spans = [
        Span(start=TEXT.index(name), end=TEXT.index(name) + len(name), label=entity)
        for name, entity in NAMES.items()
    ]
    predicted = Prediction(
        passage_id=passages[1].id, model="m", issues={}, present=(), spans=tuple(spans)
    )
    data = task_data(article, passages, 1, codebook=CODEBOOK.hash, note=NOTE)
    return {"data": data, "predictions": [prediction(passages[1], predicted)]}


@pytest.fixture(scope="module")
def page(administrator: Connection, logged_in: Callable[[str], BrowserContext]) -> Iterator[Page]:
    project = make_project(administrator, CODEBOOK, f"layout {uuid4().hex[:8]}", overlap=1)
    request = [_task()]
    # Under load the server stores a task without its prediction now and then, and says so.
    while not administrator.client.projects.import_tasks(
        id=project.id, request=request, request_options=ONCE
    ).prediction_count:
        administrator.client.tasks.delete_all_tasks(id=project.id)
    opened = studio.open_stream(logged_in("maryam"), project)
    yield opened
    opened.close()


def _ticks(page: Page) -> list[str]:
    return page.evaluate("Htx.annotationStore.selected.names.get('issues').selectedValues()")


def test_the_passage_reads_from_right_to_left_in_an_arabic_size(page: Page) -> None:
    line = page.locator(".txt .lsf-richtext__line").first
    expect(line).to_have_css("direction", "rtl")
    expect(line).to_have_css("text-align", "right")
    assert float(line.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 20
    inside = line.locator(".htx-highlight").first
    family = "e => getComputedStyle(e).fontFamily"
    assert "Naskh" in inside.evaluate(family) == line.evaluate(family)
    first, _ = studio.box_of(page, 0, 3)
    last, _ = studio.box_of(page, len(TEXT) - 6, len(TEXT) - 1)
    assert (first.middle, -first.right) < (last.middle, -last.left)


def test_what_stands_around_the_passage_is_shown_and_cannot_be_mistaken_for_it(page: Page) -> None:
    expect(page.locator(".ttl")).to_have_text("لقاء في العاصمة")
    expect(page.locator(".before")).to_have_text(BEFORE)
    expect(page.locator(".after")).to_have_text(AFTER)
    expect(page.locator(".note h4")).to_have_text(NOTE)
    colour = "e => getComputedStyle(e).color"
    line = page.locator(".txt .lsf-richtext__line").first
    assert page.locator(".before h4").evaluate(colour) != line.evaluate(colour)


def test_the_link_opens_a_page_of_its_own_and_holds_the_address_only(page: Page) -> None:
    link = page.get_by_role("link", name="المقال الأصلي")
    expect(link).to_have_attribute("href", "https://example.org/a%27b%22c%3Cd%3E?x=1&y=2")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_light_and_in_dark(page: Page, scheme: str) -> None:
    root = page.locator("html")
    root.evaluate("(e, scheme) => e.setAttribute('data-color-scheme', scheme)", scheme)
    for selector, least in (
        (".txt .lsf-richtext__line", 7),
        (".note h4", 7),
        (".ttl h3", 7),
        (".before h4", 4.5),
        (".lsf-choice__checkbox .last", 7),
        (".ant-collapse-header-text", 4.5),
        (".lsf-choice kbd", 4.5),
        (".txt .lsf-label__text", 4.5),
    ):
        # The editor fades from one mode to the other.
        page.wait_for_function(_IS_READABLE, arg=[selector, least])
    root.evaluate("e => e.setAttribute('data-color-scheme', 'light')")


@pytest.mark.parametrize(("width", "columns"), [(1100, 1), (1900, 2)])
def test_narrow_and_wide_windows_have_one_and_two_columns(
    page: Page, width: int, columns: int
) -> None:
    usual = page.viewport_size
    page.set_viewport_size({"width": width, "height": 1000})
    frame, read, decide = (page.locator(f".{name}") for name in ("frame", "reading", "ask"))
    expect(page.locator(".cols")).to_have_css("display", "grid" if columns == 2 else "block")
    assert frame.evaluate("e => e.scrollWidth <= e.clientWidth")
    reading, deciding = read.bounding_box(), decide.bounding_box()
    assert reading
    assert deciding
    if columns == 2:
        assert deciding["x"] + deciding["width"] <= reading["x"]
    else:
        assert deciding["y"] >= reading["y"] + reading["height"]
    assert usual
    page.set_viewport_size(usual)


def test_every_entity_type_is_chosen_by_its_key(page: Page) -> None:
    for entity in CODEBOOK.entities:
        page.keyboard.press(KEYS[entity.id])
        expect(page.locator(".lsf-label_selected")).to_contain_text(entity.name.ar)
    page.keyboard.press(KEYS[CODEBOOK.entities[-1].id])
    expect(page.locator(".lsf-label_selected")).to_have_count(0)


def test_a_span_is_given_every_other_type_by_its_key(page: Page) -> None:
    region = page.locator(".txt .htx-highlight", has_text="جنيف")
    given = "Htx.annotationStore.selected.selectedRegions.map((r) => r.labeling.mainValue[0])"
    region.click()
    for entity in (*CODEBOOK.entity_ids, "GPE"):
        page.keyboard.press(KEYS[entity])
        page.wait_for_function(f"({given})[0] === '{entity}'")
    page.keyboard.press("Escape")
    page.wait_for_function(f"({given}).length === 0")


def test_every_issue_and_both_other_answers_are_ticked_and_unticked_by_key(page: Page) -> None:
    answers = (*CODEBOOK.issue_ids, NONE_OF_THESE, CANNOT_JUDGE)
    boxes = page.locator(".lsf-choice .ant-checkbox-checked")
    for answer in answers:
        page.keyboard.press(KEYS[answer])
    expect(boxes).to_have_count(len(answers))
    assert sorted(_ticks(page)) == sorted(answers)
    for answer in answers:
        page.keyboard.press(KEYS[answer])
    expect(boxes).to_have_count(0)


def test_the_keys_work_on_an_arabic_keyboard(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    press = {"key": "ب", "code": "KeyF", "text": "ب", "windowsVirtualKeyCode": ord("F")}
    for expected in (["human_rights"], []):
        session.send("Input.dispatchKeyEvent", {"type": "keyDown", **press})
        session.send("Input.dispatchKeyEvent", {"type": "keyUp", **press})
        expect(studio.tick(page, "حقوق الإنسان")).to_be_checked(checked=bool(expected))
        assert _ticks(page) == expected
    session.detach()


def test_a_folded_group_shows_what_is_ticked_in_it_and_nothing_else(page: Page) -> None:
    group = studio.group(page, "الأمن والملفات الإقليمية")
    taiwan, sea = (
        page.locator(".lsf-choice", has_text=name) for name in ("تايوان", "بحر الصين الجنوبي")
    )
    group.click()
    expect(group).to_have_attribute("aria-expanded", "false")
    expect(taiwan).to_be_hidden()
    page.keyboard.press(KEYS["taiwan"])
    expect(taiwan).to_be_visible()
    expect(sea).to_be_hidden()
    group.click()
    expect(sea).to_be_visible()
    page.keyboard.press(KEYS["taiwan"])
    expect(studio.tick(page, "تايوان")).not_to_be_checked()


def test_none_of_these_together_with_an_issue_is_warned_of_at_once(page: Page) -> None:
    warning = page.get_by_text("لا تجتمع مع قضية")
    expect(warning).to_be_hidden()
    page.keyboard.press(KEYS[NONE_OF_THESE])
    expect(warning).to_be_hidden()
    page.keyboard.press(KEYS["climate"])
    expect(warning).to_be_visible()
    page.keyboard.press(KEYS[NONE_OF_THESE])
    expect(warning).to_be_hidden()
    page.keyboard.press(KEYS["climate"])
    expect(page.locator(".ant-checkbox-checked")).to_have_count(0)


def test_the_definition_shows_under_the_mouse_from_right_to_left(page: Page) -> None:
    (climate,) = [issue for issue in CODEBOOK.issues if issue.id == "climate"]
    page.locator(".lsf-choice", has_text="المناخ").locator(".last").hover()
    hint = page.get_by_test_id("tooltip-body")
    expect(hint).to_contain_text(climate.definition.ar)
    for rule in (*climate.include, *climate.exclude):
        expect(hint).to_contain_text(rule.ar)
    expect(hint).to_have_css("text-align", "start")
    expect(hint).to_have_css("unicode-bidi", "plaintext")
    page.mouse.move(2, 2)
    expect(hint).to_have_count(0)


def test_the_instructions_have_headings_and_lists_that_look_like_it(page: Page) -> None:
    page.get_by_role("button", name="Instructions").click()
    how = page.locator(".how")
    expect(how.locator("h3")).to_have_css("font-weight", "700")
    expect(how.locator("ul li").first).to_have_css("list-style-type", "disc")
    expect(how.locator("ol li").first).to_have_css("list-style-type", "decimal")
    expect(how).to_have_css("direction", "rtl")
    page.locator("[class*=modal]", has=how).get_by_role("button").first.click()
    expect(how).to_have_count(0)
