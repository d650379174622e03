"""Disputes → tasks with every answer in a prediction of its own, and the interface for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from label_studio_sdk.label_interface import LabelInterface

from annotation.gold.disputes import Rules, disputes
from annotation.labelstudio.adjudication.config import (
    WHY,
    WHY_AR,
    adjudication_config,
    adjudication_instructions,
)
from annotation.labelstudio.adjudication.project import adjudication_title
from annotation.labelstudio.adjudication.tasks import adjudication_task, shown_names
from annotation.labelstudio.interface.config import ISSUES, label_config
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Why
from schemas.article import Article, Passage, article_id, passage_id
from schemas.codebook import Codebook, read_codebook
from schemas.dispute import Dispute, basis_of
from schemas.ledger import Ledger
from tests.conftest import CORPUS

CODEBOOK = read_codebook(CORPUS / "codebook.yaml")
TEXT = "زار وفد وزارة التجارة الأمريكية بكين"
ARTICLE = Article(
    id=article_id(TEXT, source=None, url=None),
    text=TEXT,
    file="a.txt",
    title="عنوان",
    collected_at=datetime(2026, 1, 1, tzinfo=UTC),
)
PASSAGE = Passage(
    id=passage_id(ARTICLE.id, 0, len(TEXT)),
    article_id=ARTICLE.id,
    start=0,
    end=len(TEXT),
    text=TEXT,
    position=0,
)


def said(who: str, issues: tuple[str, ...], *words: tuple[str, str], **more: Any) -> Annotation:
    spans = [
        AnnotatedSpan(start=TEXT.index(word), end=TEXT.index(word) + len(word), label=label)
        for word, label in words
    ]
    values = dict.fromkeys(CODEBOOK.issue_ids, Judgement.ABSENT)
    return Annotation(
        id=f"u-{who}",
        passage_id=PASSAGE.id,
        annotator=who,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        arm=Arm.BLIND,
        codebook=CODEBOOK.hash,
        issues=values | dict.fromkeys(issues, Judgement.PRESENT),
        spans=tuple(spans),
        **more,
    )


SHORT, LONG = ("وزارة التجارة", "ORG"), ("وزارة التجارة الأمريكية", "ORG")
MARYAM = said("maryam", ("trade_economy",), SHORT, ("بكين", "GPE"), comment="أهذا رسمي؟")
SAMI = said("sami", ("trade_economy", "sanctions"), LONG)


def task_of(*given: Annotation, anonymous: bool = False) -> tuple[dict[str, Any], Dispute]:
    (dispute,) = disputes(
        [PASSAGE],
        given,
        CODEBOOK,
        adjudicators=frozenset(),
        ledger=Ledger(),
        rules=Rules(majority=True),
    )
    by_id = {annotation.id: annotation for annotation in given}
    task = adjudication_task(dispute, by_id, ARTICLE, [PASSAGE], CODEBOOK, anonymous=anonymous)
    return task, dispute


def regions(prediction: dict[str, Any], kind: str) -> list[Any]:
    found = [r["value"] for r in prediction["result"] if r["type"] == kind]
    if kind == "labels":
        return [(v["text"], v["labels"][0]) for v in found]
    return [item for value in found for item in value["choices" if kind == "choices" else "text"]]


def test_every_answer_is_a_prediction_and_the_merged_one_comes_first() -> None:
    task, _ = task_of(MARYAM, SAMI)
    merged, maryam, sami = task["predictions"]
    assert [p["model_version"] for p in task["predictions"]] == [
        "merged",
        "annotator:maryam",
        "annotator:sami",
    ]
    assert regions(maryam, "labels") == [SHORT, ("بكين", "GPE")]
    assert regions(maryam, "choices") == ["trade_economy"]
    assert regions(maryam, "textarea") == ["أهذا رسمي؟"]
    assert regions(sami, "labels") == [LONG]
    assert regions(merged, "labels") == [LONG, ("بكين", "GPE")]
    assert regions(merged, "choices") == ["trade_economy", "sanctions"]
    assert regions(merged, "textarea") == []
    assert {r.get("origin") for p in task["predictions"] for r in p["result"]} == {"prediction"}


def test_a_task_says_what_it_decides_between_and_names_no_passage_by_its_key() -> None:
    task, dispute = task_of(MARYAM, SAMI)
    data = task["data"]
    assert data["ext_id"] == dispute.key != PASSAGE.id
    assert data["passage"] == PASSAGE.id
    assert data["decides"] == ["u-maryam", "u-sami"]
    assert data["basis"] == basis_of([SAMI, MARYAM])
    assert (data["text"], data["title"], data["codebook"]) == (TEXT, "عنوان", CODEBOOK.hash)


def test_the_note_says_in_arabic_who_said_what() -> None:
    task, _ = task_of(MARYAM, SAMI)
    note = task["data"]["note"].replace("\u2068", "").replace("\u2069", "")
    assert note.splitlines() == [
        "قضايا مختلف فيها (1):",
        "• العقوبات — نعم: sami؛ لا: maryam",
        "مواضع مختلف فيها (2):",
        "• (الحدود) «وزارة التجارة» منظمة: maryam؛ «وزارة التجارة الأمريكية» منظمة: sami",
        "• (الوجود) «بكين» كيان جغرافي سياسي: maryam؛ لا شيء: sami",
        "ملاحظات الموسِّمين:",
        "• maryam: أهذا رسمي؟",
    ]


def test_an_earlier_decision_has_a_tab_of_its_own_and_is_mentioned() -> None:
    before = (said("maryam", ("sanctions",)), SAMI)
    stale = said("lead", ("sanctions",)).model_copy(
        update={"decides": ("u-maryam", "u-sami"), "basis": basis_of(before)}
    )
    task, _ = task_of(MARYAM, SAMI, stale)
    assert task["predictions"][-1]["model_version"] == "adjudicator:lead"
    assert "سبق التحكيم" in task["data"]["note"]


@pytest.mark.parametrize("number", range(8))
def test_hidden_names_stand_nowhere_in_the_task_and_its_ids_come_in_their_order(
    number: int,
) -> None:
    # Other ids make another order of the letters.
    first, second = (a.model_copy(update={"id": f"{a.id}-{number}"}) for a in (MARYAM, SAMI))
    task, dispute = task_of(first, second, anonymous=True)
    shown = str(task["data"]["note"]) + str([p["model_version"] for p in task["predictions"]])
    assert "maryam" not in shown
    assert "sami" not in shown
    names = shown_names(dispute, anonymous=True)
    assert sorted(names.values()) == ["A", "B"]
    _, *given = task["predictions"]
    assert [p["model_version"] for p in given] == ["annotator:A", "annotator:B"]
    spans = {a.id: len(a.spans) for a in (first, second)}
    assert [len(regions(p, "labels")) for p in given] == [spans[k] for k in task["data"]["decides"]]


def test_a_is_not_always_the_same_annotator() -> None:
    _, dispute = task_of(MARYAM, SAMI)
    orders = {
        tuple(shown_names(dispute.model_copy(update={"basis": f"{n:064d}"}), anonymous=True))
        for n in range(20)
    }
    assert len(orders) == 2


def test_more_annotators_than_letters_still_have_names_of_their_own() -> None:
    _, dispute = task_of(MARYAM, SAMI)
    many = dispute.model_copy(update={"decides": tuple(f"u{n}" for n in range(60))})
    assert len(set(shown_names(many, anonymous=True).values())) == 60


def test_label_studio_accepts_the_predictions_under_the_adjudicators_interface() -> None:
    interface = LabelInterface(adjudication_config(CODEBOOK))
    interface.validate()
    for prediction in task_of(MARYAM, SAMI)[0]["predictions"]:
        assert interface.validate_prediction(prediction, return_errors=True) == []


def test_the_interface_offers_every_reason_in_arabic_and_asks_for_one() -> None:
    view = ET.fromstring(adjudication_config(CODEBOOK))
    (control,) = [e for e in view.iter("Choices") if e.get("name") == WHY]
    assert control.get("required") == "true"
    assert {c.get("alias"): c.get("value") for c in control.iter("Choice")} == {
        why.value: WHY_AR[why] for why in Why
    }


def test_no_two_keys_of_the_interface_are_the_same() -> None:
    view = ET.fromstring(adjudication_config(CODEBOOK))
    keys = [key for e in view.iter() if (key := e.get("hotkey"))]
    assert len(keys) == len(set(keys))
    assert len(keys) == len(CODEBOOK.issues) + len(CODEBOOK.entities) + 2 + len(Why)


def test_the_reasons_come_between_the_issues_and_the_comment() -> None:
    names = [e.get("name") for e in ET.fromstring(adjudication_config(CODEBOOK)).iter()]
    order = [name for name in names if name in (ISSUES, WHY, "comment")]
    assert order == [ISSUES, WHY, "comment"]


def test_the_rest_of_the_interface_is_the_annotators() -> None:
    view = ET.fromstring(adjudication_config(CODEBOOK))
    for parent in list(view.iter()):
        for child in list(parent):
            if any(e.get("name") == WHY for e in child) and child.get("className") == "ar why":
                parent.remove(child)
    ET.indent(view, space=" ")
    assert ET.tostring(view, encoding="unicode") == label_config(CODEBOOK)


def test_the_instructions_begin_with_how_to_adjudicate() -> None:
    page = adjudication_instructions(CODEBOOK, "<p>usual</p>")
    assert page.index("التحكيم") < page.index("<p>usual</p>")


@pytest.mark.parametrize("name", ["w", "ورشة " * 20])
def test_the_title_fits_and_ends_with_what_it_is(name: str) -> None:
    title = adjudication_title(CODEBOOK, name)
    assert len(title) <= 50
    assert title.endswith(f"{CODEBOOK.short_hash} · adjudication")


def test_a_codebook_that_takes_all_keys_leaves_the_reasons_without() -> None:
    raw = CODEBOOK.model_dump()
    raw["issues"] = [
        i | {"id": f"{i['id']}_{n}", "hotkey": None} for n in "abc" for i in raw["issues"]
    ]
    crowded = Codebook.model_validate(raw, strict=False)
    view = ET.fromstring(adjudication_config(crowded))
    keys = [key for e in view.iter() if (key := e.get("hotkey"))]
    assert len(keys) == len(set(keys))
