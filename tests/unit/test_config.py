"""The label config that a codebook gives."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from label_studio_sdk.label_interface import LabelInterface

from annotation.labelstudio.config import instructions, label_config
from annotation.labelstudio.tasks import annotation, prediction, task_data
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Prediction
from schemas.article import Article, Passage, Span, article_id, passage_id
from schemas.codebook import (
    CANNOT_JUDGE,
    NONE_OF_THESE,
    Bilingual,
    Codebook,
    EntityType,
    Group,
    Issue,
    read_codebook,
)

SHIPPED = read_codebook(Path(__file__).parents[2] / "corpus" / "codebook.yaml")
ODD = Bilingual(ar="تجارة <b> & «رسوم» \"'", en="x")


def small(*hotkeys: str | None, entities: bool = True) -> Codebook:
    """A codebook whose names need escaping, with these hotkeys on its issues."""
    return Codebook(
        id="mini",
        version="1.0.0",
        language="ar",
        unit="passage",
        title=ODD,
        groups=(Group(id="all", name=ODD),),
        issues=tuple(
            Issue(id=f"issue_{n}", name=ODD, definition=ODD, group="all", hotkey=key)
            for n, key in enumerate(hotkeys)
        ),
        entities=(
            (EntityType(id="GPE", name=ODD, definition=ODD, colour="#00ff00"),) if entities else ()
        ),
        span_rules=(ODD,),
    )


BOOKS = [SHIPPED, small("1", "2"), small(None, "z"), small("x", "z"), small("q", entities=False)]


@pytest.fixture(params=BOOKS, ids=["shipped", "small", "one taken", "both taken", "no entities"])
def codebook(request: pytest.FixtureRequest) -> Codebook:
    return request.param


def test_the_config_is_well_formed_xml_with_a_view_at_the_top(codebook: Codebook) -> None:
    assert ET.fromstring(label_config(codebook)).tag == "View"


def test_the_same_codebook_gives_the_same_bytes(codebook: Codebook) -> None:
    again = Codebook.model_validate_json(codebook.model_dump_json())
    assert label_config(again) == label_config(codebook)


def test_everything_that_shows_a_text_stands_in_a_right_to_left_view(codebook: Codebook) -> None:
    view = ET.fromstring(label_config(codebook))
    assert "direction:rtl" in (view.findtext("Style") or "").split(".ar{")[1].split("}")[0]
    inside = {
        element
        for wrapper in view.iter("View")
        if "ar" in wrapper.get("className", "").split()
        for element in wrapper.iter()
    }
    shown = [
        e for tag in ("Text", "Labels", "Choices", "TextArea", "Header") for e in view.iter(tag)
    ]
    assert {e.tag for e in shown} >= {"Text", "Choices", "TextArea"}
    assert [e.get("name") for e in shown if e not in inside] == []


def test_choices_store_issue_ids_and_show_arabic_names(codebook: Codebook) -> None:
    choices = list(ET.fromstring(label_config(codebook)).iter("Choice"))
    own = {choice.get("alias"): choice for choice in choices}
    assert list(own) == [*codebook.issue_ids, NONE_OF_THESE, CANNOT_JUDGE]
    for issue in codebook.issues:
        assert own[issue.id].get("value") == issue.name.ar
        assert own[issue.id].get("hint") == issue.definition.ar
    assert all(choice.get("value") for choice in choices)


def test_labels_store_entity_ids_in_their_colours(codebook: Codebook) -> None:
    labels = list(ET.fromstring(label_config(codebook)).iter("Label"))
    assert [(e.get("value"), e.get("background")) for e in labels] == [
        (entity.id, entity.colour) for entity in codebook.entities
    ]


def test_no_two_things_have_the_same_hotkey(codebook: Codebook) -> None:
    view = ET.fromstring(label_config(codebook))
    keys = Counter(e.get("hotkey") for e in view.iter() if e.get("hotkey"))
    assert [key for key, n in keys.items() if n > 1] == []
    wanted = {x.hotkey for x in (*codebook.issues, *codebook.entities)} - {None}
    assert keys.keys() >= wanted


def test_an_answer_on_the_issues_is_required(codebook: Codebook) -> None:
    (choices,) = ET.fromstring(label_config(codebook)).iter("Choices")
    assert choices.get("required") == "true"
    assert choices.get("choice") == "multiple"
    assert choices.get("requiredMessage")


def test_what_is_dragged_is_what_is_stored(codebook: Codebook) -> None:
    texts = {e.get("name"): e for e in ET.fromstring(label_config(codebook)).iter("Text")}
    assert texts.pop("text").get("granularity") == "symbol"
    assert {e.get("selectionEnabled") for e in texts.values()} == {"false"}


def test_instructions_are_right_to_left_and_escaped(codebook: Codebook) -> None:
    page = instructions(codebook)
    assert page.startswith('<div dir="rtl" lang="ar">')
    assert "<b>" not in page
    assert all(rule.ar.split("<")[0] in page for rule in codebook.span_rules)


def test_label_studio_s_own_parser_accepts_the_config(codebook: Codebook) -> None:
    interface = LabelInterface(label_config(codebook))
    interface.validate()
    # Every variable of the config is a key that each task has.
    assert interface.is_valid
    assert interface.validate_task({"data": _data()})


TEXT = "زار الوزير بكين ثم عاد إلى واشنطن"
START = TEXT.index("بكين")
PASSAGE = Passage(
    id=passage_id("a0", 0, len(TEXT)),
    article_id="a0",
    start=0,
    end=len(TEXT),
    text=TEXT,
    position=0,
)


def _data() -> dict[str, str]:
    made = Article(
        id=article_id(TEXT, source=None, url=None),
        text=TEXT,
        file="a.txt",
        collected_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return task_data(made, [PASSAGE], 0, codebook=SHIPPED.hash)


def test_label_studio_s_own_check_accepts_our_predictions() -> None:
    interface = LabelInterface(label_config(SHIPPED))
    given = Prediction(
        passage_id=PASSAGE.id,
        model="rules-1",
        issues=dict.fromkeys(SHIPPED.issue_ids, 1.0),
        present=SHIPPED.issue_ids,
        spans=tuple(Span(start=START, end=START + 4, label=e) for e in SHIPPED.entity_ids),
    )
    assert interface.validate_prediction(prediction(PASSAGE, given), return_errors=True) == []


@pytest.mark.parametrize(
    "issues",
    [
        dict.fromkeys(SHIPPED.issue_ids, Judgement.ABSENT),
        dict.fromkeys(SHIPPED.issue_ids, Judgement.NOT_JUDGED),
        dict.fromkeys(SHIPPED.issue_ids, Judgement.PRESENT),
    ],
    ids=["none of these", "cannot judge", "all"],
)
def test_label_studio_s_own_check_accepts_our_annotations(issues: dict[str, Judgement]) -> None:
    interface = LabelInterface(label_config(SHIPPED))
    given = Annotation(
        id="u-1",
        passage_id=PASSAGE.id,
        annotator="a1",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        arm=Arm.BLIND,
        codebook=SHIPPED.hash,
        issues=issues,
        spans=(AnnotatedSpan(start=START, end=START + 4, label=SHIPPED.entity_ids[0]),),
        comment="ملاحظة",
    )
    body = annotation(PASSAGE, given)
    assert interface.validate_annotation(body)


@pytest.mark.parametrize(
    ("issue", "label"), [("moon", SHIPPED.entity_ids[0]), (SHIPPED.issue_ids[0], "PLANET")]
)
def test_label_studio_s_own_check_would_notice_a_label_of_another_codebook(
    issue: str, label: str
) -> None:
    interface = LabelInterface(label_config(SHIPPED))
    given = Prediction(
        passage_id=PASSAGE.id,
        model="m",
        issues={issue: 1.0},
        present=(issue,),
        spans=(Span(start=START, end=START + 4, label=label),),
    )
    assert not interface.validate_prediction(prediction(PASSAGE, given))
