"""Ticks, comments, submitting and skipping; and that a second annotator sees none of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect

from schemas.annotation import Annotation, Arm, Judgement, Origin, Prediction
from schemas.ledger import Ledger, Reason, Unit
from tests.browser import studio
from tests.browser.conftest import Pushed

TEXTS = tuple(
    f"قال الوزير {name} إن بلاده وبكين بحثتا ملف تايوان يوم الثلاثاء، ثم غادر الوفد مساءً.\n"
    for name in ("سمير نصار", "هاني بركات", "كريم عواد", "وائل حداد")
)
COMMENT = "تعليق مريم: «نص» <b>مهم</b> & واضح"


@dataclass(frozen=True)
class Said:
    """What two annotators answered, as a pull takes it: by annotator and place of the passage."""

    answers: dict[tuple[str, int], Annotation]
    predictions: list[Prediction]
    ledger: Ledger
    seen_by_second: str
    """Everything that the server told the second annotator's browser."""
    shown_to_second: tuple[int, list[str], str]
    """Number of spans, ticked issues, comment: before the second annotator did anything."""
    empty_boxes: int
    """Title, neighbours, link and note that were shown although there is none."""


def _ticked(page: Page) -> list[str]:
    boxes = page.locator(".lsf-choice", has=page.locator("input:checked"))
    return [text.split("\N{NO-BREAK SPACE}")[0] for text in boxes.all_inner_texts()]


def _first_annotator(page: Page, text: str) -> None:
    """Answer the four passages, each in another way."""
    page.keyboard.press("3")  # unticks «تايوان», which is predicted
    studio.tick(page, "المناخ").check()
    page.keyboard.press("7")
    studio.group(page, "الاقتصاد والتكنولوجيا").click()
    page.keyboard.press("5")  # in a folded group
    expect(studio.tick(page, "التجارة والاقتصاد")).to_be_checked()
    studio.comment(page).fill(COMMENT)
    studio.label(page, "حدث").click()
    studio.drag_word(page, text, "الوفد")
    studio.submit(page)

    studio.wait_for_passage(page, "هاني")
    studio.tick(page, "تايوان").uncheck()
    page.keyboard.press("z")
    studio.submit(page)

    studio.wait_for_passage(page, "كريم")
    studio.tick(page, "لا يمكن الحكم").check()
    studio.submit(page)

    studio.wait_for_passage(page, "وائل")
    page.keyboard.press("3")
    expect(page.locator(".ant-checkbox-checked")).to_have_count(0)
    studio.press_submit(page)
    warning = page.get_by_text("اختر قضية واحدة على الأقل")
    warning.wait_for()
    page.get_by_role("button", name="OK").click()
    expect(warning).to_have_count(0)
    studio.skip(page)


@pytest.fixture(scope="module")
def said(push_texts: Callable[..., Pushed], logged_in: Callable[[str], BrowserContext]) -> Said:
    pushed = push_texts(*TEXTS)
    passages = pushed.workspace.passages()
    first = studio.open_stream(logged_in("maryam"), pushed.project)
    empty_boxes = first.locator(".ttl, .ctx, .src, .note").locator("visible=true").count()
    _first_annotator(first, passages[0].text)
    first.close()

    heard: list[Response] = []

    def hear(answer: Response) -> None:
        heard.append(answer)

    browser = logged_in("salim")
    browser.on("response", hear)
    second = studio.open_stream(browser, pushed.project)
    studio.wait_for_passage(second, "سمير")
    shown = (
        studio.regions(second).count(),
        _ticked(second),
        studio.comment(second).input_value(),
    )
    told = "".join(answer.text() for answer in heard if "/api/" in answer.url and answer.ok)
    browser.remove_listener("response", hear)
    studio.submit(second)
    second.close()

    answers, ledger = studio.pull(pushed.connection, pushed.workspace, pushed.project)
    places = {passage.id: place for place, passage in enumerate(passages)}
    predicted = pushed.workspace.predictions("rules")
    return Said(
        answers={(a.annotator, places[a.passage_id]): a for a in answers},
        predictions=[predicted[passage.id] for passage in passages],
        ledger=ledger,
        seen_by_second=told,
        shown_to_second=shown,
        empty_boxes=empty_boxes,
    )


def _with(said: Said, annotator: str, place: int, judgement: Judgement) -> set[str]:
    issues = said.answers[annotator, place].issues
    return {issue for issue, value in issues.items() if value is judgement}


def test_ticks_by_key_by_mouse_and_in_a_folded_group_are_all_stored(said: Said) -> None:
    present = _with(said, "maryam", 0, Judgement.PRESENT)
    assert present == {"climate", "sanctions", "trade_economy"}
    assert not _with(said, "maryam", 0, Judgement.NOT_JUDGED)


def test_a_comment_comes_back_as_it_was_written(said: Said) -> None:
    assert said.answers["maryam", 0].comment == COMMENT
    assert said.answers["maryam", 1].comment is None


def test_none_of_these_says_that_every_issue_is_absent(said: Said) -> None:
    issues = said.answers["maryam", 1].issues
    assert set(issues.values()) == {Judgement.ABSENT}


def test_cannot_judge_leaves_open_what_is_not_ticked(said: Said) -> None:
    issues = dict(said.answers["maryam", 2].issues)
    assert issues.pop("taiwan") is Judgement.PRESENT
    assert set(issues.values()) == {Judgement.NOT_JUDGED}


def test_an_answer_without_any_tick_is_held_back_and_a_skip_is_counted(said: Said) -> None:
    assert ("maryam", 3) not in said.answers
    skipped = [n for (_, _, reason), n in said.ledger.reasons.items() if reason is Reason.SKIPPED]
    assert skipped == [1]
    assert said.ledger.received[Unit.ANNOTATIONS] == 5


def test_a_passage_without_title_neighbours_and_link_shows_no_empty_boxes(said: Said) -> None:
    assert said.empty_boxes == 0


def test_new_and_predicted_spans_can_be_told_apart(said: Said) -> None:
    given, predicted = said.answers["maryam", 0], said.predictions[0]
    text = TEXTS[0]
    start = text.index("الوفد")
    manual = {span.key for span in given.spans if span.origin is Origin.MANUAL}
    assert manual == {(start, start + len("الوفد"), "EVENT")}
    kept = {span.key for span in given.spans if span.origin is Origin.PREDICTION}
    assert kept == {span.key for span in predicted.spans}
    assert "وبكين" in {text[span.start : span.end] for span in given.spans}
    assert given.arm is Arm.ASSISTED
    assert given.parent_prediction == predicted.model


def test_the_second_annotator_sees_nothing_of_the_first(said: Said) -> None:
    spans, ticked, comment = said.shown_to_second
    assert spans == len(said.predictions[0].spans)
    assert [name.split()[0] for name in ticked] == ["تايوان"]
    assert comment == ""
    assert TEXTS[0].split()[2] in said.seen_by_second
    assert "تعليق مريم" not in said.seen_by_second


def test_the_second_annotator_s_answer_stands_beside_the_first(said: Said) -> None:
    assert set(said.answers) == {("maryam", 0), ("maryam", 1), ("maryam", 2), ("salim", 0)}
    assert _with(said, "salim", 0, Judgement.PRESENT) == {"taiwan"}
    second = said.answers["salim", 0]
    assert {span.key for span in second.spans} == {s.key for s in said.predictions[0].spans}
