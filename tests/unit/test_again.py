"""What annotators see of earlier work when a passage comes up again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from annotation.labelstudio.again import arabic_names, blend, note
from annotation.labelstudio.carry import can_be_written, with_note
from annotation.labelstudio.tasks import Due
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Prediction
from schemas.article import Span
from schemas.migration import Kind, Question
from tests.codebooks import small_codebook
from tests.strategies import passage_of

P, A, N = Judgement.PRESENT, Judgement.ABSENT, Judgement.NOT_JUDGED
OLD = small_codebook(("rights", "trade", "tariffs"), ("ORG",))
NEW = small_codebook(("minorities", "press", "commerce", "space"), ("AGENCY", "COMPANY", "WEAPON"))
PASSAGE = passage_of("وصل الوزير إلى بكين أمس مع وفد شركة\nسعدة")
NAMES = {book.hash: arabic_names(book) for book in (OLD, NEW)}


def said(who: str, issues: Mapping[str, Judgement], *spans: tuple[int, int, str]) -> Annotation:
    return Annotation(
        id=f"u-{who}",
        passage_id=PASSAGE.id,
        annotator=who,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        arm=Arm.BLIND,
        codebook=NEW.hash,
        issues={**dict.fromkeys(NEW.issue_ids, A), **issues},
        spans=tuple(AnnotatedSpan(start=a, end=b, label=label) for a, b, label in spans),
    )


def issue(why: Kind, old: str, new: str) -> Question:
    return Question(
        unit="issue", why=why, codebook=OLD.hash, old=tuple(old.split()), new=tuple(new.split())
    )


def entity(why: Kind, old: str, new: str, *place: int) -> Question:
    start, end = place or (None, None)
    return issue(why, old, new).model_copy(update={"unit": "entity", "start": start, "end": end})


@pytest.mark.parametrize(
    ("question", "line"),
    [
        (
            issue(Kind.SPLIT, "rights", "minorities press"),
            "قُسّمت قضية «الحقوق» إلى: «الأقليات»، «الصحافة»؛ اختر ما ينطبق منها.",
        ),
        (
            issue(Kind.MERGE, "trade tariffs", "commerce"),
            "دُمجت قضايا «التجارة»، «الرسوم» في «التجارة والرسوم»؛ احكم فيها من جديد.",
        ),
        (issue(Kind.ADD, "", "space"), "قضية جديدة: «الفضاء»؛ هل تنطبق؟"),
        (issue(Kind.KEEP, "press", "press"), "تغيّر تعريف «الصحافة»؛ احكم فيها من جديد."),
        (entity(Kind.ADD, "", "WEAPON"), "نوع كيان جديد: «سلاح»؛ حدّد مواضعه في النص."),
        (
            entity(Kind.KEEP, "AGENCY", "AGENCY"),
            "نوع كيان تغيّر تعريفه: «هيئة»؛ حدّد مواضعه في النص.",
        ),
        (
            entity(Kind.SPLIT, "ORG", "AGENCY COMPANY", 31, 40),
            "«شركة سعدة» كان من نوع «منظمة»؛ حدّد نوعه الآن: «هيئة»، «شركة».",
        ),
        (
            entity(Kind.KEEP, "AGENCY", "AGENCY", 31, 40),
            "«شركة سعدة»: تغيّر تعريف «هيئة»؛ هل ما زال من هذا النوع؟",
        ),
    ],
)
def test_each_question_has_its_line(question: Question, line: str) -> None:
    given = [said("a", dict.fromkeys(question.new, N) if question.unit == "issue" else {})]
    text = note(PASSAGE, given, [question, question], NAMES, NEW.hash)
    assert text.splitlines()[1:] == [f"• {line}"]


def test_a_label_of_a_lost_codebook_is_called_by_its_id() -> None:
    question = issue(Kind.SPLIT, "rights", "minorities press")
    given = [said("a", {"minorities": N, "press": N})]
    text = note(PASSAGE, given, [question], {**NAMES, OLD.hash: {}}, NEW.hash)
    assert "قضية «rights»" in text


def test_the_note_says_where_answers_differed_and_what_nobody_judged() -> None:
    given = [
        said("a", {"press": P, "space": N}, (0, 3, "AGENCY")),
        said("b", {"commerce": P}),
    ]
    assert note(PASSAGE, given, [], NAMES, NEW.hash).splitlines()[1:] == [
        "• لم يُحكم من قبل في: «الفضاء».",
        "• اختلفت الإجابات السابقة في: «الصحافة»، «التجارة والرسوم».",
        "• اختلفت الكيانات المحددة من قبل، فراجعها كلها.",
    ]


def rules(*present: str, spans: tuple[tuple[int, int, str], ...] = ()) -> Prediction:
    return Prediction(
        passage_id=PASSAGE.id,
        model="rules-1",
        issues={k: 0.8 if k in present else 0.1 for k in NEW.issue_ids},
        present=present,
        spans=tuple(Span(start=a, end=b, label=label) for a, b, label in spans),
    )


def test_what_all_said_alike_is_shown_and_the_rules_fill_what_is_open() -> None:
    given = [
        said("a", {"minorities": P, "press": P, "space": N}, (0, 3, "AGENCY"), (11, 14, "AGENCY")),
        said("b", {"minorities": P, "space": N}, (0, 3, "AGENCY"), (11, 14, "COMPANY")),
    ]
    seen = rules(
        "space",
        "commerce",
        spans=((0, 8, "WEAPON"), (15, 19, "WEAPON"), (20, 23, "AGENCY")),
    )
    shown = blend(given, seen, {"WEAPON"}, "m")
    assert shown.model == "m"
    assert shown.present == ("minorities", "space")
    assert shown.issues == {"minorities": 1.0, "press": 0.0, "commerce": 0.0, "space": 0.8}
    assert [span.key for span in shown.spans] == [(0, 3, "AGENCY"), (15, 19, "WEAPON")]


def test_a_single_annotator_sees_what_was_said_before() -> None:
    shown = blend([said("a", {"press": P}, (0, 3, "AGENCY"))], rules("space"), (), "m")
    assert shown.present == ("press",)
    assert [span.key for span in shown.spans] == [(0, 3, "AGENCY")]


@pytest.mark.parametrize(
    ("issues", "fits"),
    [
        ({}, True),
        ({"press": P}, True),
        (dict.fromkeys(NEW.issue_ids, N), True),
        ({**dict.fromkeys(NEW.issue_ids, N), "press": P}, True),
        ({"press": N}, False),
    ],
)
def test_only_what_the_interface_can_hold_is_written(
    issues: dict[str, Judgement], *, fits: bool
) -> None:
    assert can_be_written(said("a", issues)) is fits


def test_a_note_is_put_into_a_copy_of_the_task() -> None:
    task = Due.of({"data": {"ext_id": "p1", "text": "نص", "note": ""}, "predictions": []})
    assert with_note(task, "انظر").make()["data"]["note"] == "انظر"
    assert task.make()["data"]["note"] == ""
