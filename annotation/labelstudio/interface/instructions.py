"""Codebook → the project's instructions: what an annotator reads before the first passage."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from annotation.labelstudio.interface.howto import split_keys, steps
from annotation.labelstudio.interface.templates import style
from schemas.codebook import Codebook


def instructions(codebook: Codebook) -> str:
    """Return the project's instructions (HTML) from the codebook's rules."""
    page = ET.Element("div", {"dir": "rtl", "lang": "ar", "class": "how"})
    ET.SubElement(page, "style").text = style("instructions")
    ET.SubElement(page, "h3").text = codebook.title.ar
    ET.SubElement(page, "h4").text = "طريقة العمل"
    _steps(page, codebook)
    for heading, rules in (
        ("قواعد التحديد", codebook.span_rules),
        ("قرارات في الحالات الصعبة", codebook.decisions),
    ):
        if rules:
            ET.SubElement(page, "h4").text = heading
            _items(page, "ul", [rule.ar for rule in rules])
    return ET.tostring(page, encoding="unicode", method="html")


def _items(page: ET.Element, kind: str, texts: list[str]) -> None:
    items = ET.SubElement(page, kind)
    for text in texts:
        ET.SubElement(items, "li").text = text


def _steps(page: ET.Element, codebook: Codebook) -> None:
    items = ET.SubElement(page, "ol")
    for step in steps(codebook):
        item = ET.SubElement(items, "li")
        for part, is_key in split_keys(step.ar):
            ET.SubElement(item, "kbd" if is_key else "span").text = part
