"""The guideline page: everything of the codebook in two languages, escaped, always the same."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from annotation.cli import app
from annotation.labelstudio.interface.guide import english, guide, marked
from annotation.labelstudio.interface.howto import split_keys, steps
from annotation.labelstudio.interface.keys import hotkeys
from schemas.codebook import (
    Bilingual,
    Codebook,
    EntityExample,
    EntityType,
    Group,
    Issue,
    IssueExample,
    read_codebook,
)
from tests.conftest import CORPUS

SHIPPED = read_codebook(CORPUS / "codebook.yaml")
EVIL = "<script>alert('x')</script> & \"اقتباس\" <img src=https://evil.example/x.png>"
TEXT = Bilingual(ar=EVIL, en=EVIL)
ODD = Codebook(
    id="odd <i>",
    version="1.0.0",
    language="ar",
    unit="passage",
    title=TEXT,
    groups=(Group(id="g <i>", name=TEXT), Group(id="empty", name=Bilingual(ar="خالية", en="void"))),
    issues=(
        Issue(
            id="trade",
            name=TEXT,
            definition=TEXT,
            include=(TEXT,),
            exclude=(TEXT,),
            examples=(IssueExample(text=EVIL, present=True, why=TEXT),),
            group="g <i>",
            hotkey="<",
        ),
    ),
    entities=(
        EntityType(
            id="GPE",
            name=TEXT,
            definition=TEXT,
            examples=(EntityExample(text=f"في {EVIL}", spans=("<script>", "في"), why=TEXT),),
            colour="#44BB99",
        ),
    ),
    span_rules=(TEXT,),
    decisions=(TEXT,),
)


class Page(HTMLParser):
    """The elements of a page, its anchors and links, and its text by language."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.languages: list[str | None] = []
        self.text: dict[str | None, str] = {}
        self.whole = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append(tag)
        self.ids += [attributes["id"] or ""] if "id" in attributes else []
        self.links += [attributes["href"] or ""] if "href" in attributes else []
        if tag not in ("meta", "input", "br", "img"):
            inherited = self.languages[-1] if self.languages else None
            self.languages.append(attributes.get("lang", inherited))

    def handle_endtag(self, tag: str) -> None:
        self.languages.pop()

    def handle_data(self, data: str) -> None:
        self.whole += data
        language = self.languages[-1] if self.languages else None
        self.text[language] = self.text.get(language, "") + data


@pytest.mark.parametrize("codebook", [SHIPPED, ODD], ids=["shipped", "odd"])
def test_the_same_codebook_gives_the_same_bytes(codebook: Codebook) -> None:
    again = Codebook.model_validate_json(codebook.model_dump_json())
    assert guide(again) == guide(codebook)


def test_everything_of_the_codebook_stands_on_the_page_in_both_languages() -> None:
    page = Page(guide(SHIPPED))
    arabic = page.text["ar"]
    texts = [SHIPPED.title, *SHIPPED.span_rules, *SHIPPED.decisions]
    texts += [group.name for group in SHIPPED.groups]
    for item in (*SHIPPED.issues, *SHIPPED.entities):
        texts += [item.name, item.definition, *item.include, *item.exclude]
        texts += [example.why for example in item.examples]
    for text in texts:
        assert text.ar in arabic
        assert text.en in page.whole
    for issue in SHIPPED.issues:
        assert all(example.text in arabic for example in issue.examples)
    assert SHIPPED.version in page.text["en"]
    assert SHIPPED.hash in page.text["en"]


def test_each_label_stands_under_its_anchor_with_the_key_that_the_interface_gives_it() -> None:
    page, keys = guide(SHIPPED), hotkeys(SHIPPED)
    for kind, items in (("issue", SHIPPED.issues), ("entity", SHIPPED.entities)):
        for item in items:
            card = page.partition(f'id="{kind}-{item.id}"')[2].partition("</article>")[0]
            assert f"{item.name.ar} <kbd>{keys[item.id].upper()}</kbd>" in card


def test_every_link_leads_to_a_place_on_the_page() -> None:
    page = Page(guide(SHIPPED))
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert all(link.startswith("#") for link in page.links)
    parts = {f"issue-{i}" for i in SHIPPED.issue_ids} | {f"entity-{e}" for e in SHIPPED.entity_ids}
    assert parts <= set(page.ids)


def test_examples_say_whether_the_issue_is_present() -> None:
    page = guide(SHIPPED)
    examples = [example for issue in SHIPPED.issues for example in issue.examples]
    assert page.count("✓ present") == sum(example.present for example in examples)
    assert page.count("✗ absent") == sum(not example.present for example in examples)


def test_everything_is_escaped_and_nothing_is_loaded() -> None:
    page = Page(guide(ODD))
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert EVIL in page.text["ar"]
    assert EVIL.partition("اقتباس")[0] in page.text["en"]
    assert "void" not in page.text["en"]


def test_a_codebook_without_entities_and_rules_has_no_such_parts() -> None:
    bare = ODD.model_copy(update={"entities": (), "span_rules": (), "decisions": ()})
    page = Page(guide(bare))
    assert not {"entities", "spans", "decisions"} & set(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert not [step for step in steps(bare) if "Backspace" in step.en]


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("زار بكين", ("بكين",), "زار <mark>بكين</mark>"),
        ("الصينية والصين", ("الصين",), "<mark>الصين</mark>ية والصين"),
        ("صينية في صين", ("صين",), "صينية في <mark>صين</mark>"),
        ("بكين ثم بكين", ("بكين",), "<mark>بكين</mark> ثم بكين"),
        ("بكين ثم بكين", ("بكين", "بكين"), "<mark>بكين</mark> ثم <mark>بكين</mark>"),
        ("بحر الصين", ("بحر الصين", "الصين"), "<mark>بحر الصين</mark>"),
        ("<b> & بكين", ("<b>",), "<mark>&lt;b&gt;</mark> &amp; بكين"),
        ("بلا اسم", (), "بلا اسم"),
    ],
)
def test_spans_of_an_example_are_marked(text: str, spans: tuple[str, ...], expected: str) -> None:
    why = Bilingual(ar="-", en="-")
    assert marked(EntityExample(text=text, spans=spans, why=why)) == expected


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("no Arabic & none", []),
        ("a list (واشنطن, بكين)", ["واشنطن", "بكين"]),
        ("the words «في بالي» stay", ["«في بالي»"]),
        ("the treaty الميثاق البحري is LAW", ["الميثاق البحري"]),
    ],
)
def test_arabic_in_an_english_text_keeps_its_own_order(text: str, pieces: list[str]) -> None:
    page = Page(str(english(text)))
    assert page.tags == ["bdi"] * len(pieces)
    assert page.text.get("ar", "") == "".join(pieces)
    assert "<" not in str(english(text)).replace("<bdi", "").replace("</bdi", "")


def test_keys_of_a_step_are_told_from_its_words() -> None:
    assert split_keys("[Z]") == [("Z", True)]
    assert split_keys("a [Ctrl+Enter] b") == [("a ", False), ("Ctrl+Enter", True), (" b", False)]


def test_the_command_prints_the_page_or_writes_it(tmp_path: Path) -> None:
    runner, out = CliRunner(), tmp_path / "guide.html"
    shown = runner.invoke(app, ["guide", "--workspace", str(CORPUS)])
    assert (shown.exit_code, shown.stdout) == (0, guide(SHIPPED))
    written = runner.invoke(app, ["guide", "--workspace", str(CORPUS), "--out", str(out)])
    assert (written.exit_code, written.stdout) == (0, "")
    assert out.read_text(encoding="utf-8") == guide(SHIPPED)
    assert "annotation push" in written.stderr
