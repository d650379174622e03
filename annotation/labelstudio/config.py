"""Codebook → Label Studio's label config: right to left, Arabic names shown, ASCII ids stored."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from schemas.codebook import CANNOT_JUDGE, NONE_OF_THESE, Codebook

TEXT, ENTITIES, ISSUES, COMMENT = "text", "entities", "issues", "comment"
# Class names of the interface's text are internal to Label Studio 1.23.2: sizes and fonts set
# on a wrapper do not reach the text, and highlighted words would keep another font.
_STYLE = """
.ar{direction:rtl;text-align:right;unicode-bidi:isolate}
.ttl{font-weight:700;font-size:18px;margin-bottom:4px}
.ctx{color:#767676;border-right:3px solid #ccc;padding-right:10px;margin:6px 0}
.txt{margin:8px 0}
.ttl .lsf-richtext__container,.ttl .lsf-richtext__line,
.txt .lsf-richtext__container,.txt .lsf-richtext__line{
font-family:"Noto Naskh Arabic","Amiri","Geeza Pro","Segoe UI",serif!important;
font-size:21px!important;line-height:2.2!important}
.ctx .lsf-richtext__container,.ctx .lsf-richtext__line{
font-family:"Noto Naskh Arabic","Amiri","Geeza Pro","Segoe UI",serif!important;
font-size:15px!important;line-height:1.8!important;color:#767676!important}
.txt .lsf-richtext__line *{font-family:inherit!important;font-size:inherit!important}
"""
_EXTRA = (
    (NONE_OF_THESE, "لا شيء مما سبق", "z", "None of these: read, and no issue applies"),
    (CANNOT_JUDGE, "لا يمكن الحكم", "x", "Cannot judge: what is not ticked stays open"),
)


def label_config(codebook: Codebook) -> str:
    """Return the interface's XML, the same bytes for the same codebook."""
    view = ET.Element("View")
    _add(view, "Style").text = _STYLE
    _text(view, "ttl", "title", selectable=False)
    _text(view, "ctx", "previous", selectable=False)
    _passage(view, codebook)
    _text(view, "ctx", "next", selectable=False)
    _issues(view, codebook)
    comment = _add(view, "View", className="ar")
    _add(
        comment,
        "TextArea",
        name=COMMENT,
        toName=TEXT,
        rows="2",
        maxSubmissions="1",
        editable="true",
        showSubmitButton="false",
        placeholder="ملاحظات",
    )
    _add(
        view,
        "HyperText",
        name="link",
        value="<a dir='ltr' target='_blank' rel='noopener noreferrer' href='$url'>$url</a>",
        clickableLinks="true",
    )
    ET.indent(view, space=" ")
    return ET.tostring(view, encoding="unicode")


def _text(view: ET.Element, style: str, name: str, *, selectable: bool) -> None:
    wrapper = _add(view, "View", className=f"ar {style}")
    attributes = {} if selectable else {"selectionEnabled": "false"}
    _add(wrapper, "Text", name=name, value=f"${name}", **attributes)


def _passage(view: ET.Element, codebook: Codebook) -> None:
    wrapper = _add(view, "View", className="ar txt")
    if codebook.entities:
        labels = _add(wrapper, "Labels", name=ENTITIES, toName=TEXT, showInline="true")
        for entity in codebook.entities:
            _add(
                labels,
                "Label",
                value=entity.id,
                html=f"{entity.name.ar} ({entity.id})",
                background=entity.colour,
                hint=entity.definition.ar,
                **_hotkey(entity.hotkey),
            )
    # "symbol": what is dragged is what is stored. "word" would swallow a proclitic unasked.
    _add(wrapper, "Text", name=TEXT, value="$text", granularity="symbol")


def _issues(view: ET.Element, codebook: Codebook) -> None:
    wrapper = _add(view, "View", className="ar")
    _add(wrapper, "Header", value="قضايا الفقرة", size="5")
    # Required: an empty answer can then never be taken for "no issue applies".
    choices = _add(
        wrapper,
        "Choices",
        name=ISSUES,
        toName=TEXT,
        choice="multiple",
        showInline="true",
        required="true",
        requiredMessage="اختر قضية واحدة على الأقل، أو «لا شيء مما سبق»، أو «لا يمكن الحكم».",
    )
    for issue in codebook.issues:
        _add(
            choices,
            "Choice",
            value=issue.name.ar,
            alias=issue.id,
            hint=issue.definition.ar,
            **_hotkey(issue.hotkey),
        )
    taken = {issue.hotkey for issue in codebook.issues}
    taken |= {entity.hotkey for entity in codebook.entities}
    for alias, shown, hotkey, hint in _EXTRA:
        key = _hotkey(None if hotkey in taken else hotkey)
        _add(choices, "Choice", value=shown, alias=alias, hint=hint, **key)


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    """Add an element; ``ET.SubElement`` is typed without keyword arguments from a mapping."""
    return ET.SubElement(parent, tag, attributes)


def _hotkey(key: str | None) -> dict[str, str]:
    return {"hotkey": key} if key else {}


def instructions(codebook: Codebook) -> str:
    """Return the project's instructions (HTML) from the codebook's rules."""
    page = ET.Element("div", dir="rtl", lang="ar")
    _add(page, "h3").text = codebook.title.ar
    for heading, rules in (
        ("قواعد التحديد", codebook.span_rules),
        ("قرارات في الحالات الصعبة", codebook.decisions),
    ):
        _add(page, "h4").text = heading
        items = _add(page, "ul")
        for rule in rules:
            _add(items, "li").text = rule.ar
    return ET.tostring(page, encoding="unicode", method="html")
