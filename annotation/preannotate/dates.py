"""Calendar expressions by rules: months of all Arab calendars, years, weekdays, relative periods.

Durations, bare times of day and vague periods are none (see the codebook).
"""

from __future__ import annotations

import re

from schemas.article import Span
from schemas.text import Folded, fold, whole_words

LABEL = "DATE"

_GULF = (
    "يناير فبراير مارس أبريل إبريل مايو يونيو يونيه يوليو يوليه أغسطس سبتمبر أكتوبر نوفمبر ديسمبر"
)
_LEVANTINE = "شباط آذار نيسان أيار حزيران تموز آب أيلول"
_LEVANTINE_PAIRS = ("كانون الثاني", "تشرين الأول", "تشرين الثاني", "كانون الأول")
_MAGHREBI = "يوليوز غشت شتنبر نونبر دجنبر جانفي فيفري أفريل جوان جويلية أوت"
_HIJRI = (
    *("جمادى الأولى", "جمادى الآخرة", "جمادى الثانية", "ربيع الثاني"),
    *("ذو القعدة", "ذي القعدة", "ذي الحجة"),
    *("محرم", "صفر", "ربيع الأول", "ربيع الآخر", "رجب", "شعبان", "رمضان", "شوال", "ذو الحجة"),
)
_WEEKDAYS = "الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت"
# Months that are everyday words too need a day, a year, a slash or شهر beside them.
_DOUBTFUL = {"مارس", "مايو", "آب", "أوت", "صفر", "رجب", "شعبان", "محرم", "جوان", "شوال", "رمضان"}


def _any(words: list[str]) -> str:
    folded = sorted({fold(word).text for word in words}, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", " ") for word in folded) + ")"


_ALL = [*_GULF.split(), *_LEVANTINE.split(), *_LEVANTINE_PAIRS, *_MAGHREBI.split(), *_HIJRI]
_MONTH = _any(_ALL)
_CLEAR_MONTH = _any([month for month in _ALL if month not in _DOUBTFUL])
_PAIR = rf"{_MONTH}(?: ?[/(] ?{_MONTH}\)?)?"
_YEAR = r"(?:(?:1[89]|20)\d\d|1[34]\d\d(?: ?ه)?)"
_DAY = r"(?:[0-3]?\d)"
_PART = _any(["صباح", "مساء", "ظهر", "فجر", "ليل", "ليلة", "عصر"])
_EDGE = _any(["مطلع", "أوائل", "بداية", "منتصف", "أواسط", "أواخر", "نهاية", "ختام", "مستهل"])
_LAST = "ال" + _any(
    [
        *("ماضي", "ماضية", "حالي", "حالية", "جاري", "جارية"),
        *("مقبل", "مقبلة", "قادم", "قادمة", "منصرم", "منصرمة"),
    ]
)
_PERIOD = _any(["عام", "سنة", "شهر", "أسبوع", "صيف", "خريف", "شتاء", "ربيع"])
_THE_PERIOD = "ال" + _PERIOD
_WEEKDAY = _any(_WEEKDAYS.split())
_PROCLITIC = "[وف]?[بلك]?"

_TAIL = rf"(?: (?:من )?(?:عام |سنه )?{_YEAR})?(?: {_LAST}| من {_THE_PERIOD} {_LAST})?"
_RULES = (
    # 15 نوفمبر/تشرين الثاني 2023 · في 5 مايو · نوفمبر من العام الماضي
    rf"{_PROCLITIC}(?:{_EDGE} )?(?:(?:ال)?{_DAY} )(?:من )?(?:شهر )?{_PAIR}{_TAIL}",
    rf"{_PROCLITIC}(?:{_EDGE} )?(?:شهر )?{_CLEAR_MONTH}(?: ?[/(] ?{_MONTH}\)?)?{_TAIL}",
    rf"{_PROCLITIC}(?:{_EDGE} )?(?:(?:شهر ){_MONTH}|{_MONTH} ?[/(] ?{_MONTH}\)?){_TAIL}",
    rf"{_PROCLITIC}(?:{_EDGE} )?{_MONTH} (?:من )?(?:عام |سنه )?{_YEAR}",
    # عام 2021 · نهاية عام 2024 · العام 2020
    rf"{_PROCLITIC}(?:{_EDGE} )?(?:ال)?(?:{_PERIOD} )+{_YEAR}",
    # في 2021 · منذ 2018
    rf"(?:(?<=في )|(?<=منذ )|(?<=بين )|(?<=حتي )){_YEAR}|(?<=\d{{4}} )و{_YEAR}",
    # العام الماضي · مطلع الشهر الجاري · الأسبوع المقبل
    rf"[وف]?[بلك]?(?:{_EDGE} )?{_THE_PERIOD} {_LAST}",
    rf"[وف]?لل{_PERIOD} {_LAST}",
    rf"[وف]?[بل]?(?:{_EDGE} )?هذ[اه] {_THE_PERIOD}",
    r"[وف]?قبل (?:عام|سنه|شهر|اسبوع) (?:مضي|واحد)",
    # صباح يوم الثلاثاء · مساء الاثنين · يوم الجمعة الماضي
    rf"[وف]?[بل]?(?:{_PART} )?(?:يوم )?{_WEEKDAY}(?: {_LAST})?",
    rf"[وف]?(?:{_PART} )?(?:امس|غدا)(?: الاول)?(?: {_WEEKDAY})?",
    rf"(?:19|20)\d\d-[01]\d-[0-3]\d|{_DAY}/{_DAY}/{_YEAR}",
)
_DATES = [re.compile(rf"(?<![^\W_])(?:{rule})(?![^\W_])") for rule in _RULES]


def dates(text: str, folded: Folded) -> list[Span]:
    """Return the calendar expressions in a text, overlapping ones too."""
    found: dict[tuple[int, int, str], Span] = {}
    for rule in _DATES:
        for match in rule.finditer(folded.text):
            if not (folded.splits(match.start()) and folded.splits(match.end())):
                continue  # begins or ends inside what one character (½) became
            start, end = whole_words(text, *folded.to_raw(*match.span()))
            span = Span(start=start, end=end, label=LABEL)
            found[span.key] = span
    return list(found.values())
