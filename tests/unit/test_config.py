"""The label config that a codebook gives."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from label_studio_sdk.label_interface import LabelInterface

from annotation.labelstudio.interface.config import ISSUES, instructions, label_config
from annotation.labelstudio.interface.keys import hotkeys
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
    # Panel after panel, each with the issues of one group.
    in_groups = [i for g in codebook.groups for i in codebook.issues if i.group == g.id]
    assert list(own) == [*(issue.id for issue in in_groups), NONE_OF_THESE, CANNOT_JUDGE]
    for issue in codebook.issues:
        assert own[issue.id].get("value") == issue.name.ar
    assert all(choice.get("value") for choice in choices)


def test_hints_are_the_definition_and_what_does_and_does_not_count(codebook: Codebook) -> None:
    view = ET.fromstring(label_config(codebook))
    hints = {e.get("alias") or e.get("value"): e.get("hint", "") for e in view.iter()}
    for item in (*codebook.issues, *codebook.entities):
        first, *lines = hints[item.id].split("\n")
        assert first == item.definition.ar
        wanted = [f"• {rule.ar}" for rule in (*item.include, *item.exclude)]
        assert [line for line in lines if line.startswith("•")] == wanted


def test_shown_names_are_escaped_and_stand_beside_their_keys(codebook: Codebook) -> None:
    view, keys = ET.fromstring(label_config(codebook)), hotkeys(codebook)
    for choice in view.iter("Choice"):
        shown = ET.fromstring(f"<p>{choice.get('html')}</p>")
        assert "".join(shown.itertext()) == f"{choice.get('value')} {choice.get('hotkey')}"
        assert shown.findtext(".//kbd") == keys[choice.get("alias", "")]
    for label in view.iter("Label"):
        shown = ET.fromstring(f"<p>{label.get('html')}</p>")
        (entity,) = [e for e in codebook.entities if e.id == label.get("value")]
        assert "".join(shown.itertext()) == f"{entity.name.ar} {entity.id}"


def test_the_issues_of_each_group_fold_together_and_belong_to_one_control() -> None:
    view = ET.fromstring(label_config(SHIPPED))
    (control,) = view.iter("Choices")
    assert control.get("name") == ISSUES
    (fold,) = control.iter("Collapse")
    assert (fold.get("accordion"), fold.get("open")) == ("false", "true")
    names = {group.id: group.name.ar for group in SHIPPED.groups}
    panels = {p.get("value"): [c.get("alias") for c in p.iter("Choice")] for p in fold}
    assert panels == {
        name: [issue.id for issue in SHIPPED.issues if issue.group == group]
        for group, name in names.items()
    }


def test_a_single_group_does_not_fold_and_an_empty_one_has_no_panel() -> None:
    one = small("1", "2")
    assert not list(ET.fromstring(label_config(one)).iter("Panel"))
    assert not [p for p in ET.fromstring(label_config(SHIPPED)).iter("Panel") if not len(p)]
    empty = SHIPPED.model_copy(
        update={"groups": (*SHIPPED.groups, Group(id="none", name=ODD)), "version": "9.0.0"}
    )
    assert label_config(empty) == label_config(SHIPPED)


def test_labels_store_entity_ids_in_their_colours(codebook: Codebook) -> None:
    labels = list(ET.fromstring(label_config(codebook)).iter("Label"))
    assert [(e.get("value"), e.get("background")) for e in labels] == [
        (entity.id, entity.colour) for entity in codebook.entities
    ]


def test_everything_has_a_hotkey_of_its_own(codebook: Codebook) -> None:
    view = ET.fromstring(label_config(codebook))
    keys = [e.get("hotkey") for tag in ("Choice", "Label") for e in view.iter(tag)]
    assert None not in keys
    assert [key for key, n in Counter(keys).items() if n > 1] == []


def test_the_codebook_s_keys_are_kept_where_they_work() -> None:
    keys = hotkeys(SHIPPED)
    given = {item.id: item.hotkey for item in (*SHIPPED.issues, *SHIPPED.entities)}
    # u takes a selection away in Label Studio: a span could never be made a product by it.
    assert given["PRODUCT"] == "u"
    assert keys == given | {"PRODUCT": "o", NONE_OF_THESE: "z", CANNOT_JUDGE: "x"}


@pytest.mark.parametrize("key", ["u", "ض", "Enter", "+", "", None, "é"])
def test_a_key_that_does_not_work_in_the_editor_is_replaced_by_a_free_one(key: str | None) -> None:
    assert hotkeys(small(key, "1"))["issue_0"] == "2"


def test_keys_that_differ_in_case_only_are_one_key() -> None:
    keys = hotkeys(small("Q", "q", "z"))
    assert keys["issue_0"] == "q"
    assert len(set(keys.values())) == len(keys)
    assert keys["issue_2"] == "z"
    assert keys[NONE_OF_THESE] != "z"


def test_more_labels_than_keys_leave_the_last_ones_without() -> None:
    keys = hotkeys(small(*[None] * 40))
    assert len(keys) == len(set(keys.values())) == 35
    assert "issue_39" not in keys
    assert {NONE_OF_THESE, CANNOT_JUDGE} < keys.keys()
    label_config(small(*[None] * 40))


def test_an_answer_on_the_issues_is_required(codebook: Codebook) -> None:
    (choices,) = ET.fromstring(label_config(codebook)).iter("Choices")
    assert choices.get("required") == "true"
    assert choices.get("choice") == "multiple"
    assert choices.get("requiredMessage")


def test_what_is_dragged_is_what_is_stored(codebook: Codebook) -> None:
    (text,) = ET.fromstring(label_config(codebook)).iter("Text")
    assert (text.get("name"), text.get("granularity")) == ("text", "symbol")


def test_the_style_holds_nothing_that_label_studio_would_escape(codebook: Codebook) -> None:
    style = ET.fromstring(label_config(codebook)).findtext("Style") or ""
    assert style.count("{") == style.count("}") > 10
    assert not set("<>&") & set(style)


def test_instructions_are_right_to_left_and_escaped(codebook: Codebook) -> None:
    page = instructions(codebook)
    assert page.startswith('<div dir="rtl" lang="ar" class="how">')
    assert "<b>" not in page
    assert all(escape(rule.ar, quote=False) in page for rule in codebook.span_rules)
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert not set("<>&") & set(style)
    assert "http" not in page
    for name in (NONE_OF_THESE, CANNOT_JUDGE):
        assert f"<kbd>{hotkeys(codebook)[name].upper()}</kbd>" in page


def test_instructions_have_no_heading_without_rules() -> None:
    book = SHIPPED.model_copy(update={"decisions": (), "span_rules": (), "version": "9.0.0"})
    assert instructions(book).count("<h4>") == 1


def test_only_a_codebook_with_entities_says_how_to_mark_them(codebook: Codebook) -> None:
    assert ("Backspace" in instructions(codebook)) == bool(codebook.entities)


def test_label_studio_s_own_parser_accepts_the_config(codebook: Codebook) -> None:
    interface = LabelInterface(label_config(codebook))
    interface.validate()
    assert interface.is_valid
    assert interface.validate_task({"data": _data()})


def test_every_variable_of_the_config_is_a_key_that_each_task_has(codebook: Codebook) -> None:
    assert set(re.findall(r"\$(\w+)", label_config(codebook))) <= _data().keys()


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
