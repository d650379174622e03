"""How an annotator works: the steps, in the words of both the instructions and the guide."""

from __future__ import annotations

import re

from annotation.labelstudio.interface.keys import hotkeys
from schemas.codebook import CANNOT_JUDGE, NONE_OF_THESE, Bilingual, Codebook

_KEY = re.compile(r"\[([^\[\]]+)\]")


def split_keys(text: str) -> list[tuple[str, bool]]:
    """Return a step's parts, each with whether it is a key (``[Z]`` in the text).

    >>> split_keys("اضغط [Ctrl+Enter].")
    [('اضغط ', False), ('Ctrl+Enter', True), ('.', False)]
    """
    parts = [(part, number % 2 == 1) for number, part in enumerate(_KEY.split(text))]
    return [(part, is_key) for part, is_key in parts if part]


def steps(codebook: Codebook) -> list[Bilingual]:
    """Return the steps from reading a passage to submitting it; keys stand in ``[ ]``."""
    keys = {name: key.upper() for name, key in hotkeys(codebook).items()}
    none, cannot = keys[NONE_OF_THESE], keys[CANNOT_JUDGE]
    spans = [
        Bilingual(
            ar="لتحديد كيان: اضغط مفتاح نوعه، ثم اسحب الفأرة فوق كلماته من أولها إلى آخرها.",
            en="To mark an entity: press the key of its type, then drag over its words.",
        ),
        Bilingual(
            ar="لتغيير نوع كيان انقر عليه ثم اضغط مفتاح النوع الصحيح، ولحذفه انقر عليه واضغط "
            "[Backspace].",
            en="To change an entity's type, click it and press the right key; to delete it, click "
            "it and press [Backspace].",
        ),
    ]
    return [
        Bilingual(
            ar="اقرأ الفقرة. ما يظهر باللون الرمادي قبلها وبعدها للسياق فقط، ولا يُحكم عليه.",
            en="Read the passage. What stands in grey before and after it is context only.",
        ),
        *(spans if codebook.entities else []),
        Bilingual(
            ar="اختر كل قضية تنطبق، بمفتاحها أو بالفأرة. مرّر الفأرة فوق اسمها ليظهر تعريفها.",
            en="Tick every issue that applies, by key or mouse. Its definition shows under the "
            "mouse.",
        ),
        Bilingual(
            ar=f"إن لم تنطبق أي قضية فاختر «لا شيء مما سبق» [{none}]، ولا تجمعها مع قضية.",
            en=f"If no issue applies, tick «لا شيء مما سبق» (none of these) [{none}], and no issue "
            "with it.",
        ),
        Bilingual(
            ar=f"إن تعذّر الحكم فاختر «لا يمكن الحكم» [{cannot}] واذكر السبب في الملاحظات.",
            en=f"If you cannot judge, tick «لا يمكن الحكم» (cannot judge) [{cannot}] and say why "
            "in the comment.",
        ),
        Bilingual(
            ar="ما حُدّد قبل أن تبدأ اقتراح آلي: صحّحه، ولا تقبله لأنه موجود.",
            en="What is marked before you begin is a program's suggestion: correct it, and do not "
            "accept it because it is there.",
        ),
        Bilingual(
            ar="أرسل بالزر Submit أو بالمفتاحين [Ctrl+Enter]. وإن لم تستطع العمل على الفقرة أصلًا "
            "فتخطَّها بالزر Skip، فتذهب إلى غيرك.",
            en="Submit with the button or [Ctrl+Enter]. If you cannot work on a passage at all, "
            "press Skip; it goes to somebody else.",
        ),
    ]
