"""A span that an annotator drags over: what the screen selected is what is stored and pulled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from schemas.annotation import Annotation, Origin
from schemas.ledger import Ledger, Reason, Unit
from tests.browser import studio
from tests.browser.conftest import Pushed

# Emojis outside the BMP come first: counted in UTF-16 units every offset would be some off.
MARK = "\N{RIGHT-TO-LEFT MARK}"
FAMILY = "👨\N{ZERO WIDTH JOINER}👩\N{ZERO WIDTH JOINER}👧"
TEXT = (
    f"😀وقال الوزير الزائر إن بلاده وبكين بحثتا{MARK} ملف 😀تايوان{FAMILY} ووافقتا على لقاء قريب.\n"
    "ثم غادر وفد «مجلس الأمن» مساءً إلى واشنطن ومنها إلى سنغافورة.\n"
)


@dataclass(frozen=True)
class Case:
    """What is dragged over, and what a pull must make of it."""

    key: str
    label: str
    dragged: str
    pulled: str
    repair: Reason | None = None
    how: Callable[[Page, int, int], str] = studio.drag


CASES = {
    "a word": Case("r", "LOC", "سنغافورة", "سنغافورة"),
    "inside a proclitic word": Case("q", "PERSON", "قال", "وقال", Reason.SPAN_WIDENED),
    "across a line break": Case("t", "EVENT", "لقاء قريب.\nثم غادر", "لقاء قريب.\nثم غادر"),
    "between emojis": Case("e", "GPE", "تايوان", "تايوان"),
    "with an emoji": Case("o", "PRODUCT", "ملف 😀", "ملف", Reason.SPAN_TRIMMED),
    "next to a bidi mark": Case(
        "y", "LAW", f"بحثتا{MARK}", "بحثتا", Reason.SPAN_TRIMMED, how=studio.double_click
    ),
    "with its quotes": Case("w", "ORG", "«مجلس الأمن»", "مجلس الأمن", Reason.SPAN_TRIMMED),
}


@dataclass(frozen=True)
class Result:
    """What came of all cases, dragged one after the other into one annotation."""

    selected: dict[str, str]
    stored: list[dict[str, Any]]
    pulled: Annotation
    text: str
    ledger: Ledger


@pytest.fixture(scope="module")
def result(push_texts: Callable[..., Pushed], logged_in: Callable[[str], BrowserContext]) -> Result:
    pushed = push_texts(TEXT, blind=True)
    (passage,) = pushed.workspace.passages()
    page = studio.open_stream(logged_in("maryam"), pushed.project)
    selected = {}
    for number, (name, case) in enumerate(CASES.items(), start=1):
        page.keyboard.press(case.key)
        start = passage.text.index(case.dragged)
        selected[name] = case.how(page, start, start + len(case.dragged))
        expect(studio.regions(page)).to_have_count(number)
    page.keyboard.press("z")
    studio.submit(page)
    page.close()
    (pulled,), ledger = studio.pull(pushed.connection, pushed.workspace, pushed.project)
    stored = studio.stored(pushed.connection, pushed.project)
    return Result(selected, stored, pulled, passage.text, ledger)


@pytest.mark.parametrize("name", CASES)
def test_what_the_screen_selected_is_what_the_server_stores(result: Result, name: str) -> None:
    case = CASES[name]
    assert result.selected[name] == case.dragged
    (value,) = [r["value"] for r in result.stored if r["value"]["labels"] == [case.label]]
    assert result.text[value["start"] : value["end"]] == case.dragged


@pytest.mark.parametrize("name", CASES)
def test_a_pull_makes_whole_words_of_it(result: Result, name: str) -> None:
    case = CASES[name]
    (span,) = [span for span in result.pulled.spans if span.label == case.label]
    assert result.text[span.start : span.end] == case.pulled
    assert span.origin is Origin.MANUAL


def test_every_repair_of_a_span_is_counted(result: Result) -> None:
    wanted = [case.repair for case in CASES.values() if case.repair]
    counted = {
        reason: n for (unit, _, reason), n in result.ledger.reasons.items() if unit is Unit.SPANS
    }
    assert counted == {reason: wanted.count(reason) for reason in set(wanted)}
