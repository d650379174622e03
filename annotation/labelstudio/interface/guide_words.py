"""What the guideline page says beside the codebook: the editor's own keys, and what ticks mean."""

from __future__ import annotations

from schemas.codebook import Bilingual

KEYS_NOTE = Bilingual(
    ar="تعمل المفاتيح أيًا كانت لغة لوحة المفاتيح، وفي مجموعة مطوية أيضًا، ولا تعمل وأنت تكتب "
    "في الملاحظات.",
    en="The keys work whatever language the keyboard is set to, and in a folded group too; they do "
    "not work while you write a comment.",
)
EDITOR_KEYS: tuple[tuple[str, Bilingual], ...] = (
    ("[Backspace]", Bilingual(ar="حذف الكيان المحدد", en="Delete the selected entity")),
    ("[Esc] [U]", Bilingual(ar="إلغاء التحديد", en="Unselect")),
    ("[Ctrl+Z]", Bilingual(ar="تراجع", en="Undo")),
    ("[Ctrl+Enter]", Bilingual(ar="إرسال", en="Submit")),
    ("[Ctrl+Space]", Bilingual(ar="تخطٍّ", en="Skip")),
)
"""Keys of Label Studio 1.23.2 that an annotator needs; on a Mac, Command takes Ctrl's place."""
_PRESENT = Bilingual(ar="حاضرة", en="present")
_ABSENT = Bilingual(ar="غائبة", en="absent")
_OPEN = Bilingual(ar="بلا حكم", en="not judged")
_NOTHING = Bilingual(ar="–", en="–")
TICKS: tuple[tuple[Bilingual, Bilingual, Bilingual], ...] = (
    (Bilingual(ar="قضايا", en="some issues"), _PRESENT, _ABSENT),
    (Bilingual(ar="لا شيء مما سبق", en="none of these"), _NOTHING, _ABSENT),
    (
        Bilingual(
            ar="لا يمكن الحكم، مع قضايا أو من دونها", en="cannot judge, with or without issues"
        ),
        _PRESENT,
        _OPEN,
    ),
    (
        Bilingual(ar="لا شيء مما سبق مع قضية", en="none of these together with an issue"),
        _OPEN,
        _OPEN,
    ),
)
"""What is ticked, what that says of the ticked issues, and of the others."""
WHEN = (
    Bilingual(
        ar="«لا شيء مما سبق»: قرأت الفقرة كلها، ولا تقول شيئًا عن أي قضية. هذا حكم كغيره، وهو كثير.",
        en="None of these: you have read the whole passage, and it says nothing about any issue. "
        "This is a judgement like any other, and a frequent one.",
    ),
    Bilingual(
        ar="«لا يمكن الحكم»: النص مبتور أو غامض، أو لا تحسمه القواعد. اختر معها ما أنت واثق منه، "
        "واذكر السبب في الملاحظات.",
        en="Cannot judge: the text is cut off or unclear, or the rules do not decide it. Tick with "
        "it what you are sure of, and say why in the comment.",
    ),
    Bilingual(
        ar="التخطي: لا تريد العمل على الفقرة أو لا تستطيع (لغة أخرى، صلة شخصية بالخبر). لا يُحفظ "
        "حكم، وتذهب الفقرة إلى غيرك.",
        en="Skip: you will not or cannot work on the passage (another language, a personal stake). "
        "No judgement is kept, and the passage goes to somebody else.",
    ),
    Bilingual(
        ar="الملاحظات: لكل ما تودّ أن يعرفه من يراجع: حالة لا تذكرها القواعد، أو خطأ في النص، أو "
        "شك في حدود كيان.",
        en="Comment: whatever a reviewer should know: a case that the rules do not name, a mistake "
        "in the text, a doubt about where an entity ends.",
    ),
)
