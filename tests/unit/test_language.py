"""The language of a text is told by script first, then by its words."""

from __future__ import annotations

import pytest

from annotation.ingest.language import detect_language, same_language

ARABIC = (
    "قال الوزير إن المحادثات ستستأنف الأسبوع المقبل في جنيف بحضور وفدين من البلدين.",
    "بكين تحذر واشنطن",
    "نعم",
    "وصل رئيس وزراء باكستان إلى بكين في زيارة تستمر ثلاثة أيام، وسيلتقي كبار المسؤولين.",
    "قَالَ الوَزِيرُ إِنَّ المُحَادَثَاتِ سَتُسْتَأْنَفُ الأُسْبُوعَ المُقْبِلَ فِي جِنِيف.",
    "أسعار صرف العملات مقابل الجنيه: دولار 30.9، يورو 33.5، ريال 8.2، دينار 100.4، ليرة 1.1",
    "شاف الوزير كل حاجة بنفسه وقال إن الناس دي مش هتقدر تستنى أكتر من كده وهو زعلان أوي",
    "وقع رئيس شركة پيپسي ونظيره في ڤولڤو اتفاقا لبناء مصنع في مدينة أگادير المغربية هذا الصيف.",
    "قال وزير الخارجيه ان المحادثات ستستانف الاسبوع المقبل في جنيف",
    "قال الوزیر إن المحادثات ستستأنف الأسبوع المقبل في جنیف، وأکد أن الوفد سیصل قریبا.",
    "زلزال يضرب مدينة كاتماندو عاصمة نيبال ومقتل عشرات وجرح مئات",
    "كلمة " * 40,
)
OTHERS = (
    ("fa", "وزیر امور خارجه گفت که مذاکرات هفته آینده در ژنو از سر گرفته می‌شود."),
    (
        "fa",
        "وزير امور خارجه گفت كه مذاكرات هفته آينده از سر گرفته مي شود و هيات ايراني به ژنو مي رود",
    ),
    ("fa", "رئیس جمهوری در این دیدار بر گسترش روابط دو کشور تاکید کرد و گفت این روند ادامه دارد."),
    ("ur", "وزیر خارجہ نے کہا کہ مذاکرات اگلے ہفتے جنیوا میں دوبارہ شروع ہوں گے۔"),
    ("ur", "وزیر اعظم نے چین کا دورہ کیا"),
    ("ku", "وەزیری دەرەوە گوتی دانوستانەکان هەفتەی داهاتوو لە جنێڤ دەست پێ دەکەنەوە."),
    ("ps", "د بهرنيو چارو وزير وويل چې خبرې به راتلونکې اونۍ په ژنيو کې بيا پيل شي."),
    ("ug", "تاشقى ئىشلار مىنىستىرى سۆھبەتلەرنىڭ كېلەر ھەپتە باشلىنىدىغانلىقىنى ئېيتتى."),
    (
        "en",
        "The minister said that the talks would resume next week in Geneva with two delegations.",
    ),
    ("ru", "Министр заявил, что переговоры возобновятся на следующей неделе в Женеве."),
    (
        "zh",
        "外交部长表示,会谈将于下周在日内瓦恢复,两国代表团将出席此次会议,讨论贸易问题与安全合作。",
    ),
)


@pytest.mark.parametrize("text", ARABIC)
def test_arabic_of_every_kind_is_arabic(text):
    assert detect_language(text).language == "ar"


@pytest.mark.parametrize(("language", "text"), OTHERS)
def test_other_languages_are_not_taken_for_arabic(language, text):
    assert detect_language(text).language == language


def test_an_article_that_quotes_english_at_length_is_arabic():
    text = (
        ARABIC[0] * 3 + " “The talks would resume next week in Geneva, and nobody will stop them” "
    )
    assert detect_language(text).language == "ar"


def test_an_english_article_that_quotes_arabic_is_english():
    assert detect_language(OTHERS[8][1] * 2 + ARABIC[0]).language == "en"


@pytest.mark.parametrize("text", ["", "12345", " \n", "🤝🏽 !"])
def test_a_text_without_letters_has_no_language(text):
    found = detect_language(text)
    assert (found.language, found.sure) == ("und", False)


def test_a_short_text_is_not_sure():
    assert not detect_language("كابل").sure
    assert detect_language("OK").language == "und"
    assert detect_language(ARABIC[0]).sure


@pytest.mark.parametrize("tag", ["ar", "AR", "ar-SA", "ar_EG", "ara", "Arabic", " العربية "])
def test_tags_of_one_language_are_the_same(tag):
    assert same_language(tag, "ar")


@pytest.mark.parametrize("tag", ["fa", "", "arc", "en-AR"])
def test_tags_of_other_languages_are_not(tag):
    assert not same_language(tag, "ar")
