"""The annotators' interface → the adjudicators': the same, with the reasons for the dispute."""

from __future__ import annotations

from html import escape
from xml.etree import ElementTree as ET

from annotation.labelstudio.interface.config import COMMENT, TEXT, label_config
from schemas.annotation import Why
from schemas.codebook import Codebook

WHY = "why"
"""Name of the control for an adjudicator's reasons."""
WHY_AR: dict[Why, str] = {
    Why.OVERLOOKED: "سهو: فات أحدَهم ما في النص",
    Why.GUIDELINE: "الدليل واضح ولم يُتَّبع",
    Why.GUIDELINE_UNCLEAR: "الدليل لا يحسم الحالة",
    Why.TEXT_AMBIGUOUS: "النص يحتمل وجهين",
    Why.BOUNDARY: "حدود الكيان",
    Why.ENTITY_TYPE: "نوع الكيان",
    Why.SLIP: "زلّة في النقر أو الاختصار",
    Why.OTHER: "سبب آخر (اذكره في الملاحظات)",
}
_HINTS: dict[Why, str] = {
    Why.OVERLOOKED: "Somebody missed what the text says",
    Why.GUIDELINE: "The guideline decides it, and somebody did not follow it",
    Why.GUIDELINE_UNCLEAR: "The guideline leaves it open and must be mended",
    Why.TEXT_AMBIGUOUS: "The text can be read in two ways",
    Why.BOUNDARY: "The same entity, but where it begins or ends",
    Why.ENTITY_TYPE: "The same words, but which type they are",
    Why.SLIP: "A wrong key or click",
    Why.OTHER: "None of these; say what in the comment",
}
# Letters that the editor finds under any keyboard layout; the codebook's own keys come first.
_KEYS = "cvbnmjklop"
_REQUIRED = "اختر سببًا واحدًا على الأقل لاختلاف الموسِّمين."
_STEPS = (
    "هنا الفقرات التي لم تحسمها إجابات الموسِّمين. الملخص في أعلاها يقول أين اختلفوا ومن قال ماذا.",
    "افتح الفقرة من القائمة لترى إجابة كل موسِّم في تبويب، أو قارن بينها بزر Compare All.",
    "تبدأ بإجابة مدموجة: ما اتفقوا عليه، ومما اختلفوا فيه كل ما رآه أحدهم.",
    "احذف ما لا يصح وأضف ما ينقص.",
    "قرارك يسري على الفقرة كلها: كل قضية لم تُختَر تُعد غائبة، وكل مقطع محذوف مرفوض.",
    "إن تعذّر الحكم فاختر «لا يمكن الحكم» فيبقى الخلاف مفتوحًا، واذكر السبب في الملاحظات.",
    "اختر سبب الاختلاف قبل الإرسال، ويجوز أكثر من سبب.",
)


def adjudication_config(codebook: Codebook) -> str:
    """Return the adjudicators' interface (XML), the same bytes for the same codebook.

    What is in dispute stands in each task's ``note``, which every interface shows on top.
    """
    view = ET.fromstring(label_config(codebook))  # noqa: S314  # our own XML
    column, place = _before_comment(view)
    column.insert(place, _why(view))
    ET.indent(view, space=" ")
    return ET.tostring(view, encoding="unicode")


def _why(view: ET.Element) -> ET.Element:
    taken = {key for element in view.iter() if (key := element.get("hotkey"))}
    free = iter([key for key in _KEYS if key not in taken])
    wrapper = ET.Element("View", className="ar why")
    ET.SubElement(wrapper, "Header", value="سبب الاختلاف", size="5")
    # Required: nobody passes the merged answer on without a thought about the difference.
    choices = ET.SubElement(
        wrapper,
        "Choices",
        name=WHY,
        toName=TEXT,
        choice="multiple",
        showInline="true",
        required="true",
        requiredMessage=_REQUIRED,
    )
    # "rest" as for the two answers that every codebook has: in a line, the key shown once.
    row = ET.SubElement(choices, "View", className="ar rest")
    for why in Why:
        _choice(row, why, next(free, None))
    return wrapper


def _choice(parent: ET.Element, why: Why, key: str | None) -> None:
    shown = WHY_AR[why]
    attributes = {"value": shown, "alias": why.value, "hint": _HINTS[why]}
    if key:
        *words, last = escape(shown).split(" ")
        html = " ".join([*words, f"<span>{last} <kbd>{key}</kbd></span>"])
        attributes |= {"hotkey": key, "html": html}
    ET.SubElement(parent, "Choice", attributes)


def _before_comment(view: ET.Element) -> tuple[ET.Element, int]:
    """Return where the comment box stands, with what wraps it: its column and its place there."""
    for column in view.iter():
        for place, child in enumerate(column):
            if any(part.get("name") == COMMENT for part in (child, *child)):
                return column, place
    return view, len(view)


def adjudication_instructions(codebook: Codebook, usual: str) -> str:
    """Return the project's instructions (HTML): how to adjudicate, then the ``usual`` ones."""
    page = ET.Element("div", {"dir": "rtl", "lang": "ar", "class": "how"})
    ET.SubElement(page, "h3").text = f"التحكيم: {codebook.title.ar}"
    steps = ET.SubElement(page, "ol")
    for step in _STEPS:
        ET.SubElement(steps, "li").text = step
    return ET.tostring(page, encoding="unicode", method="html") + usual
