from __future__ import annotations

import pytest

from annotation.preannotate.name_shapes import Kind, shapes
from annotation.preannotate.names import LABEL, names
from schemas.article import Span
from schemas.text import fold


def _span(text: str, part: str, label: str = LABEL, entity: str | None = "x.1") -> Span:
    start = text.index(part)
    return Span(start=start, end=start + len(part), label=label, entity_id=entity)


def _names(text: str, *known: Span) -> list[str]:
    return [text[span.start : span.end] for span in names(text, fold(text), known)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("التقى الرئيس الصيني الراحل دنغ بينغ نظيره", "دنغ بينغ"),
        ("قال وزير الخارجية الأوكراني ستيبان كوزاك إن بلاده", "ستيبان كوزاك"),
        ("أعلنت وزيرة المالية الألمانية السابقة هانا فيبر أمس", "هانا فيبر"),
        ("وصرح المتحدث باسم وزارة الدفاع جاك ستراو بأن", "جاك ستراو"),
        ("عبر رئيس مجلس النواب الأمريكي كلارنس دودج عن قلقه", "كلارنس دودج"),
        ("السيناتور الجمهوري بيت روبنسون يعارض المشروع", "بيت روبنسون"),
        ("استقبل ولي العهد الأمير سلطان بن خالد آل فلان الوفد", "سلطان بن خالد آل فلان"),
        ("ومستشار الأمن القومي روبرت كالدويل، الذي", "روبرت كالدويل"),
        ("زار الملك عبد الله الثاني العاصمة", "عبد الله الثاني"),
        ("أدلى به الدكتور سامي العجرمي في ندوة", "سامي العجرمي"),
        ("حضر الشيخ أبو القاسم الحداد الحفل", "أبو القاسم الحداد"),
        ("للرئيس التشادي قرنق ديبو موقف", "قرنق ديبو"),
    ],
)
def test_a_name_after_a_title_is_found_without_the_title(text, expected):
    assert _names(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قال محمد العجرمي إن", "محمد العجرمي"),
        ("وأضاف جورج ماكلين أنه", "جورج ماكلين"),
        ("كتبت فاطمة بنت خالد العطار مقالا", "فاطمة بنت خالد العطار"),
        ("أشاد بمحمد العجرمي وبآخرين", "بمحمد العجرمي"),
        ("قدم نصر الله خطابه", "نصر الله"),
        ("شارك وعبد الرحمن الكعبي في", "وعبد الرحمن الكعبي"),
        ("فاز زين الدين مسعودي بالجائزة", "زين الدين مسعودي"),
        ("قالت ماري-كلود دي فالوا للصحيفة", "ماري-كلود دي فالوا"),
        ("قال مُحَمَّد العجرميّ", "مُحَمَّد العجرميّ"),
    ],
)
def test_a_given_name_with_a_family_name_needs_no_title(text, expected):
    assert _names(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "قال الرئيس إن بلاده لن تشارك",
        "الرئيس الأمريكي يلتقي نظيره غدا",
        "عقد وزير الخارجية اجتماعا مع وفد كبير",
        "رئيس الوزراء زار المدينة وافتتح مستشفى",
        "وزير الدفاع في زيارة رسمية",
        "نائب الرئيس الصيني وصل مساء",
        "أعلن المتحدث باسم الحكومة أن المفاوضات مستمرة",
        "ألقى الملك خطابا أمام البرلمان",
        "قرر الأمين العام للأمم المتحدة تأجيل الجولة",
        "ردا على محمد الطلب",
        "يتخرج من جامعة الملك سعود",
        "في شارع محمد العجرمي زحام",
        "انتقدت إدارة جورج ماكلين القرار",
        "عاش سعيدا كريما في بيته",
        "حتى الآن لم يصدر قرار",
        "على الطاولة جميع الخيارات",
        "قال الرئيس «الصمود» هو الحل",
        "صوت محمد 23 مرة",
    ],
)
def test_everyday_words_places_and_verbs_are_no_names(text):
    assert _names(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قال البابا بندكتوس السادس عشر كلمته", ["بندكتوس السادس عشر"]),
        ("سجل اللاعب سامي العجرمي هدفين", ["سامي العجرمي"]),
        ("سجل اللاعب كونداري هدفين", []),
        ("مدير الفريق في برلين كونداري", []),
        ("أصيب حارس المرمى الدولي رمزي", []),
        ("مدرب الفريق جورج يرحل", ["جورج"]),
        ("قال جورج ماكلين أمين الصندوق", ["جورج ماكلين"]),
        ("شارك محمد بن خالد أمير المنطقة", ["محمد بن خالد"]),
        ("أشاد محمد نجم المنتخب بزملائه", []),
        ("وقع محمد سعيد الكندي العقد", ["محمد سعيد الكندي"]),
        ("شكر محمد لقمان سارعت", ["محمد لقمان"]),
        ("هنأ الرئيس جورج كالديرون الفائز", ["جورج كالديرون"]),
        ("الرئيس السوري الأسد يستقبل", ["الأسد"]),
        ("هذا محمد بن", []),
        ("عبد طويل وعمل كثير", []),
        ("قال محمد علي", ["محمد علي"]),
        ("قال عبد الله إنه", ["عبد الله"]),
        ("قال أبو محمد إنه", ["أبو محمد"]),
        ("زار أبو الهول", []),
    ],
)
def test_hard_cases_of_where_a_name_ends(text, expected):
    assert _names(text) == expected


def test_known_people_joined_by_and_stay_two():
    text = "التقى الرئيس جو غرانفيل وشوي تانغ في"
    known = [_span(text, "جو غرانفيل", entity="p.1"), _span(text, "وشوي تانغ", entity="p.2")]
    assert _names(text, *known) == []


def test_a_verb_after_a_known_person_stays_outside():
    text = "قال السفير شوي تانغ جادل كثيرا"
    assert _names(text, _span(text, "شوي تانغ")) == []


def test_a_verb_or_a_noun_ends_the_name():
    text = "وقال الرئيس كلاوس فيبر متوجها إلى الصحفيين وأكد محمد العجرمي عقب اللقاء رفضه"
    assert _names(text) == ["كلاوس فيبر", "محمد العجرمي"]


@pytest.mark.parametrize("sign", ["»", "\n", "،", ".", ":", "\u2028"])
def test_a_name_does_not_go_over_a_sign_or_the_end_of_a_line(sign):
    assert _names(f"قال محمد{sign} العجرمي") == []


@pytest.mark.parametrize(
    ("text", "whole", "known", "entity"),
    [
        (
            "استقبل الأمير سلطان بن خالد بن فلان الوفد",
            "سلطان بن خالد بن فلان",
            "سلطان بن خالد",
            "x.1",
        ),
        ("التقى وزير الخارجية أنطون كوليبا نظيره", "أنطون كوليبا", "كوليبا", None),
        ("قال متعب بن سالم بن خالد إن", "متعب بن سالم بن خالد", "سالم بن خالد", None),
    ],
)
def test_a_completed_name_is_linked_to_whom_it_begins_with(text, whole, known, entity):
    (found,) = names(text, fold(text), [_span(text, known)])
    assert text[found.start : found.end] == whole
    assert (found.label, found.entity_id) == (LABEL, entity)


def test_what_is_known_whole_is_not_found_again():
    text = "التقى الرئيس محمد العجرمي نظيره"
    assert _names(text, _span(text, "محمد العجرمي")) == []


def test_of_known_people_in_one_name_the_longest_at_its_start_is_linked():
    text = "استقبل الأمير سلطان بن خالد بن سالم بن فلان الوفد"
    known = [
        _span(text, "سلطان", entity="p.1"),
        _span(text, "سلطان بن خالد", entity="p.2"),
        _span(text, "خالد بن سالم", entity="p.3"),
    ]
    (found,) = names(text, fold(text), known)
    assert text[found.start : found.end] == "سلطان بن خالد بن سالم بن فلان"
    assert found.entity_id == "p.2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("أعلن وزير الداخلية الكويتي الشيخ سالم الخالد الصباح", ["سالم الخالد الصباح"]),
        ("حل عيد الأضحى المبارك", []),
        ("قال محمد صلى الله عليه وسلم", []),
        ("يرفض الحرب باسم الدين", []),
        ("فاز وعلاء الدين مسعودي بالجائزة", ["وعلاء الدين مسعودي"]),
        ("يحدد عمر المتقدم، وعلى المتقدم أن يحضر", []),
        ("زار المحافظ كوندارا الأقسام", []),
        ("طلب النائب العام قيام الشرطة", []),
        ("شارك محمد الجلاد، ثم رأى الجلاد", ["محمد الجلاد"]),
    ],
)
def test_everyday_words_after_titles_and_given_names_are_no_names(text, expected):
    assert _names(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قال محمد علي إنه عاد", ["محمد علي"]),
        ("قال محمد علي إنه رأى المدينة", ["محمد علي"]),
        ("قال المستشار محمد علي للصحفيين", ["محمد علي"]),
        ("رد محمد على السؤال", []),
        ("رد محمد علي السؤال", []),
        ("قال علي محمد العجرمي", ["محمد العجرمي"]),
    ],
)
def test_ali_after_a_given_name_is_a_name(text, expected):
    assert _names(text) == expected


def test_a_name_never_takes_in_a_known_place():
    text = "وصل محمد بغداد مساء"
    assert _names(text, _span(text, "بغداد", label="GPE")) == []


def test_a_proclitic_reading_of_a_place_does_not_hide_a_given_name():
    text = "قال كلاوس فيبر إن"
    assert _names(text, _span(text, "كلاوس", label="GPE")) == ["كلاوس فيبر"]


def test_a_known_organisation_belongs_to_the_office_before_the_name():
    text = "صرح الناطق باسم حماس سامي العجرمي بذلك"
    assert _names(text, _span(text, "حماس", label="ORG")) == ["سامي العجرمي"]


def test_the_surname_alone_is_found_again_after_the_full_name():
    text = "قال جورج ماكلين كلمة، ثم وصف ماكلين القرار، ورد على لماكلين وماكليني"
    assert _names(text) == ["جورج ماكلين", "ماكلين", "لماكلين"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("قال علي محمد العجرمي", ["علي محمد العجرمي"]), ("على محمد العجرمي", ["محمد العجرمي"])],
)
def test_ali_is_told_from_the_preposition_by_its_dots(text, expected):
    assert _names(f"{text} ومضى إلى بيته") == expected


@pytest.mark.parametrize(
    ("word", "before", "kind"),
    [
        ("محمد", (), Kind.GIVEN),
        ("جورج", (), Kind.FOREIGN),
        ("كريم", (Kind.GIVEN,), Kind.DOUBTFUL),
        ("بن", (Kind.GIVEN,), Kind.JOINED),
        ("العجرمي", (Kind.GIVEN,), Kind.FAMILY),
        ("الاجتماع", (Kind.GIVEN,), None),
        ("يلتقي", (Kind.GIVEN,), None),
        ("ستراو", (Kind.FOREIGN,), Kind.UNKNOWN),
        ("ستراو", (), None),
    ],
)
def test_a_word_is_judged_by_what_stands_before_it(word, before, kind):
    assert shapes().kind(word, before, sure=False) == kind


@pytest.mark.parametrize("word", ["قال", "وقال", "قالوا", "بزيارة", "خطابه", "لمحادثات"])
def test_everyday_words_are_seen_through_their_endings_and_proclitics(word):
    assert shapes().is_plain(fold(word).text)
