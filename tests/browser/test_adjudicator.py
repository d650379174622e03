"""What an adjudicator sees and does in Label Studio, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from annotation.adjudication import run_adjudicate_push
from annotation.decisions import run_adjudicate_pull
from annotation.labelstudio.adjudication.config import WHY_AR
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.project import Project
from annotation.labelstudio.push import tasks_on_server
from annotation.steps import run_build, run_collect
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Origin, Why
from schemas.article import Passage
from schemas.gold import DecidedBy
from schemas.jsonl import write
from schemas.ledger import Ledger
from schemas.workspace import Workspace
from tests.browser import studio
from tests.conftest import CORPUS

TEXT = "😀 قال الوزير إن بلاده وبكين بحثتا ملف تايوان يوم الثلاثاء، ثم غادر الوفد مساءً."
CHANNELS, TAIWAN = "القنوات الدبلوماسية", "تايوان"
ADJ = frozenset({"adj"})


@dataclass(frozen=True)
class Case:
    """A dispute in the project of a test's own."""

    workspace: Workspace
    connection: Connection
    project: Project
    passage: Passage
    task: int

    def decision(self) -> Annotation:
        """Pull the only decision."""
        ledger = Ledger()
        done = run_adjudicate_pull(
            self.workspace, self.connection, ledger, adjudicators=ADJ, title=self.project.title
        )
        ledger.check()
        (given,) = done.annotations
        return given


def said(
    space: Workspace, who: str, issues: tuple[str, ...], *words: tuple[str, str]
) -> Annotation:
    codebook, (passage,) = space.codebook(), space.passages()
    spans = [
        AnnotatedSpan(
            start=passage.text.index(word), end=passage.text.index(word) + len(word), label=label
        )
        for word, label in words
    ]
    return Annotation(
        id=str(uuid4()),
        passage_id=passage.id,
        annotator=who,
        created_at=datetime.now(UTC),
        arm=Arm.BLIND,
        codebook=codebook.hash,
        issues=dict.fromkeys(codebook.issue_ids, Judgement.ABSENT)
        | dict.fromkeys(issues, Judgement.PRESENT),
        spans=tuple(spans),
    )


@pytest.fixture
def case(administrator: Connection, tmp_path: Path) -> Case:
    """Two annotators differ about an issue, the type of a name, and whether a date is one."""
    space = Workspace(tmp_path)
    shutil.copy(CORPUS / "codebook.yaml", space.root / "codebook.yaml")
    (tmp_path / "news.txt").write_text(TEXT + "\n", encoding="utf-8")
    run_collect(space, [tmp_path / "news.txt"], Ledger())
    answers = [
        said(space, "a1", ["taiwan"], ("وبكين", "GPE"), (TAIWAN, "GPE")),
        said(
            space,
            "a2",
            ["taiwan", "diplomatic_channels"],
            ("وبكين", "GPE"),
            (TAIWAN, "LOC"),
            ("يوم الثلاثاء", "DATE"),
        ),
    ]
    write(space.annotations_dir / "pull-0001.jsonl", answers)
    title = f"browser {uuid4().hex[:8]} · adjudication"
    done = run_adjudicate_push(space, administrator, Ledger(), adjudicators=ADJ, title=title)
    assert done.project is not None
    ((task, _),) = tasks_on_server(administrator, done.project)[done.disputes[0].key]
    return Case(space, administrator, done.project, space.passages()[0], task)


@pytest.fixture
def page(logged_in: Callable[[str], BrowserContext], case: Case) -> Iterator[Page]:
    """The dispute, opened from the project's list by the adjudicator."""
    opened = logged_in("lead").new_page()
    opened.goto(f"{case.project.page}/data?task={case.task}")
    studio.wait_for_passage(opened, "الوزير")
    # The answer is there when the proposal has been copied into it; keys work from then on.
    expect(tab(opened, "lead")).to_be_visible()
    expect(studio.tick(opened, CHANNELS)).to_be_checked()
    expect(studio.regions(opened)).to_have_count(3)
    yield opened
    opened.close()


def tab(page: Page, name: str) -> Locator:
    """Return the tab of an answer."""
    return page.locator("[data-annotation-id]", has_text=name)


def test_the_adjudicator_sees_the_dispute_each_answer_and_the_merged_one(page: Page) -> None:
    note = page.locator(".note")
    expect(note).to_contain_text(f"{CHANNELS} — نعم: \u2068a2\u2069؛ لا: \u2068a1\u2069")
    expect(note).to_contain_text("«يوم الثلاثاء» تاريخ: \u2068a2\u2069؛ لا شيء: \u2068a1\u2069")
    for name in ("annotator:a1", "annotator:a2", "merged"):
        expect(tab(page, name)).to_be_visible()

    # The answer begins with what is merged: both issues, the date, and one of the two types.
    expect(studio.tick(page, TAIWAN)).to_be_checked()
    expect(studio.regions(page).filter(has_text=TAIWAN)).to_contain_text("GPE")

    tab(page, "annotator:a1").click()
    expect(studio.tick(page, CHANNELS)).not_to_be_checked()
    expect(studio.tick(page, TAIWAN)).to_be_checked()
    expect(studio.regions(page)).to_have_count(2)

    tab(page, "annotator:a2").click()
    expect(studio.tick(page, CHANNELS)).to_be_checked()
    expect(studio.regions(page)).to_have_count(3)
    expect(studio.regions(page).filter(has_text=TAIWAN)).to_contain_text("LOC")

    page.get_by_text("Compare All").click()
    expect(page.locator(studio.PASSAGE)).to_have_count(4)
    # The editor remembers this view, also for the next passage.
    page.get_by_text("Compare All").click()
    expect(page.locator(studio.PASSAGE)).to_have_count(1)


def test_a_decision_needs_a_reason_and_comes_back_with_what_it_decides(
    page: Page, case: Case
) -> None:
    page.keyboard.press("1")
    expect(studio.tick(page, CHANNELS)).not_to_be_checked()
    studio.regions(page).filter(has_text="يوم الثلاثاء").click()
    page.keyboard.press("Backspace")
    expect(studio.regions(page)).to_have_count(2)

    studio.press_submit(page)
    warning = page.get_by_text("اختر سببًا واحدًا على الأقل")
    expect(warning).to_be_visible()
    page.locator("[class*=modal]", has=warning).get_by_role("button").first.click()
    expect(warning).to_have_count(0)
    studio.tick(page, WHY_AR[Why.ENTITY_TYPE]).check()
    page.keyboard.press("c")
    expect(studio.tick(page, WHY_AR[Why.OVERLOOKED])).to_be_checked()
    studio.submit(page)

    given = case.decision()
    assert given.annotator == "lead"
    assert given.why == (Why.OVERLOOKED, Why.ENTITY_TYPE)
    assert given.decides == tuple(a.id for a in case.workspace.annotations() if not a.decides)
    assert given.arm is Arm.ASSISTED
    assert given.parent_prediction == "merged"
    assert given.issues["diplomatic_channels"] is Judgement.ABSENT
    text = case.passage.text
    assert [(text[s.start : s.end], s.label, s.origin) for s in given.spans] == [
        ("وبكين", "GPE", Origin.PREDICTION),
        (TAIWAN, "GPE", Origin.PREDICTION),
    ]
    (record,) = run_build(case.workspace, ADJ, Ledger(), dry_run=True)
    assert record.issues["diplomatic_channels"].decided_by is DecidedBy.ADJUDICATED
    assert record.spans_complete


def test_the_label_stream_begins_with_the_merged_answer_too(
    logged_in: Callable[[str], BrowserContext], case: Case
) -> None:
    opened = studio.open_stream(logged_in("lead"), case.project)
    expect(opened.locator(".note")).to_contain_text(CHANNELS)
    expect(studio.tick(opened, CHANNELS)).to_be_checked()
    expect(studio.regions(opened)).to_have_count(3)
    opened.close()
