"""Codebook → Label Studio's label config: right to left, Arabic names shown, ASCII ids stored."""

from __future__ import annotations

from html import escape
from xml.etree import ElementTree as ET

from annotation.labelstudio.interface.instructions import instructions
from annotation.labelstudio.interface.keys import hotkeys
from annotation.labelstudio.interface.templates import style
from schemas.codebook import (
    CANNOT_JUDGE,
    NONE_OF_THESE,
    Bilingual,
    Codebook,
    EntityType,
    Group,
    Issue,
)

__all__ = ["COMMENT", "ENTITIES", "ISSUES", "TEXT", "groups_of", "instructions", "label_config"]

TEXT, ENTITIES, ISSUES, COMMENT = "text", "entities", "issues", "comment"
_EXTRA = (
    (NONE_OF_THESE, "لا شيء مما سبق", "none", "قُرئت الفقرة ولا تنطبق عليها أي قضية."),
    (CANNOT_JUDGE, "لا يمكن الحكم", "cannot", "ما لم تختره يبقى بلا حكم، لا غائبًا."),
)
_REQUIRED = "اختر قضية واحدة على الأقل، أو «لا شيء مما سبق»، أو «لا يمكن الحكم»."
_CLASH = "«لا شيء مما سبق» لا تجتمع مع قضية: أزل إحداهما، وإلا أُهمل الحكم كله."
# In a page of its own, so that a click does not lose the work; the address is made safe at push.
_LINK = '<a target="_blank" rel="noopener noreferrer" href="$url">المقال الأصلي</a>'


def label_config(codebook: Codebook) -> str:
    """Return the interface's XML, the same bytes for the same codebook."""
    view = ET.Element("View", className="ar frame")
    _add(view, "Style").text = style("interface")
    _header(view, "note", "$note")
    columns = _view(view, "cols")
    _reading(_view(columns, "reading"), codebook)
    _deciding(_view(columns, "ask"), codebook)
    ET.indent(view, space=" ")
    return ET.tostring(view, encoding="unicode")


def groups_of(codebook: Codebook) -> list[tuple[Group, list[Issue]]]:
    """Return the groups that have issues, each with them, in the order of the codebook."""
    of_group = [(g, [i for i in codebook.issues if i.group == g.id]) for g in codebook.groups]
    return [(group, issues) for group, issues in of_group if issues]


def _reading(column: ET.Element, codebook: Codebook) -> None:
    """Add what is read: title, neighbours, and the passage with its entity labels."""
    _header(column, "ttl", "$title", size="4")
    _header(column, "ctx before", "$previous")
    passage = _view(column, "txt")
    if codebook.entities:
        keys = hotkeys(codebook)
        labels = _add(passage, "Labels", name=ENTITIES, toName=TEXT, showInline="true")
        for entity in codebook.entities:
            _label(labels, entity, keys.get(entity.id))
    # "symbol": what is dragged is what is stored. "word" would swallow a proclitic unasked.
    _add(passage, "Text", name=TEXT, value="$text", granularity="symbol")
    _header(column, "ctx after", "$next")
    _add(_view(column, "src"), "Markdown", value=_LINK)


def _deciding(column: ET.Element, codebook: Codebook) -> None:
    """Add what is decided: the issues in their groups, and a comment."""
    _add(column, "Header", value="قضايا الفقرة", size="5")
    # Required: an empty answer can then never be taken for "no issue applies".
    choices = _add(
        column,
        "Choices",
        name=ISSUES,
        toName=TEXT,
        choice="multiple",
        showInline="true",
        required="true",
        requiredMessage=_REQUIRED,
    )
    keys = hotkeys(codebook)
    groups = _view(choices, "groups")
    for panel, issues in _panels(groups, codebook):
        for issue in issues:
            _choice(panel, issue.id, issue.name.ar, _hint(issue), keys.get(issue.id))
    rest = _view(choices, "rest")
    for alias, shown, place, hint in _EXTRA:
        _choice(_view(rest, place), alias, shown, hint, keys.get(alias))
    _header(column, "clash", _CLASH)
    _add(
        _view(column, "say"),
        "TextArea",
        name=COMMENT,
        toName=TEXT,
        rows="2",
        maxSubmissions="1",
        editable="true",
        showSubmitButton="false",
        placeholder="ملاحظات",
    )


def _panels(parent: ET.Element, codebook: Codebook) -> list[tuple[ET.Element, list[Issue]]]:
    """Add a panel that folds for each group with issues; a single group needs no panel."""
    used = groups_of(codebook)
    if len(used) == 1:
        return [(_view(parent, "plain"), used[0][1])]
    # Choices may stand in a panel and still belong to one control: answers stay in one place.
    fold = _add(parent, "Collapse", accordion="false", open="true", bordered="false")
    return [(_add(fold, "Panel", value=group.name.ar), issues) for group, issues in used]


def _label(labels: ET.Element, entity: EntityType, key: str | None) -> None:
    shown = f"{escape(entity.name.ar)} <small>{entity.id}</small>"
    attributes = {"html": shown, "background": entity.colour, "hint": _hint(entity)}
    _add(labels, "Label", value=entity.id, **attributes, **_hotkey(key))


def _choice(parent: ET.Element, alias: str, shown: str, hint: str, key: str | None) -> None:
    html = escape(shown)
    if key:
        # The editor's own mark of a key, "[1]" set small, is ugly in a right-to-left line.
        *words, last = html.split(" ")
        html = " ".join([*words, f'<span class="last">{last} <kbd>{key}</kbd></span>'])
    _add(parent, "Choice", value=shown, alias=alias, html=html, hint=hint, **_hotkey(key))


def _hint(item: Issue | EntityType) -> str:
    """Return what is shown under the mouse: the definition, what counts and what does not."""
    lines = [
        item.definition.ar,
        *_listed("يشمل:", item.include),
        *_listed("لا يشمل:", item.exclude),
    ]
    return "\n".join(lines)


def _listed(heading: str, rules: tuple[Bilingual, ...]) -> list[str]:
    return [heading, *(f"• {rule.ar}" for rule in rules)] if rules else []


def _header(parent: ET.Element, place: str, value: str, *, size: str = "5") -> None:
    _add(_view(parent, place), "Header", value=value, size=size)


def _view(parent: ET.Element, place: str) -> ET.Element:
    """Add a box, named as the style sheet knows it."""
    return _add(parent, "View", className=f"ar {place}")


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    """Add an element; ``ET.SubElement`` is typed without keyword arguments from a mapping."""
    return ET.SubElement(parent, tag, attributes)


def _hotkey(key: str | None) -> dict[str, str]:
    return {"hotkey": key} if key else {}
