"""Calendar expressions by rules: months of all Arab calendars, years, weekdays, relative periods.

Durations, bare times of day, vague periods and a bare اليوم are none (see the codebook).
Ranges: an end that is a calendar expression by itself is a span of its own (بين 2018 و2020,
من مارس إلى مايو); ends that share their month, year or head word are one span (5-7 نوفمبر,
عامي 2017 و2021, 2020-2023).

Aho-Corasick finds months, weekdays and the like, and one expression finds years. Only at these
anchors a pattern is tried, from the leftmost word on that can begin a date: that keeps it cheap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import ahocorasick_rs

from annotation.preannotate import calendar_words as words
from annotation.preannotate.calendar_words import any_of, folded_words
from schemas.article import Span
from schemas.text import Folded, whole_words

LABEL = "DATE"
_REACH = 8
"""How many words before its anchor a date may begin."""

_MONTH, _WEEKDAY = any_of(words.MONTHS), any_of(words.WEEKDAYS)
_LEVANTINE = any_of(words.LEVANTINE)
_EDGE, _PART = any_of(words.EDGES), any_of(words.PARTS_OF_DAY)
_PERIOD, _SEASON, _WHICH = any_of(words.PERIODS), any_of(words.SEASONS), any_of(words.WHICH)
_ORDINAL, _TODAY = any_of(words.ORDINALS), any_of(words.TODAY)
_YEAR = (
    r"(?:(?:1[5-9]|20)\d\d(?: ?م\b)?|1[34]\d\d(?: ?ه(?:جريه?)?\b)?"
    r"|[1-9]\d{1,2} ?ه(?:جريه?)?\b)"
)
_NUMBER = r"(?:ال ?)?(?:3[01]|[12]\d|0?[1-9])(?!\d)"
_TO = r"(?: ?[-–—/] ?| (?:الي|حتي|او) |، | و ?)"
_DASH = r" ?[-–—/] ?"
_P = r"[وف]?[بلك]?"
_THE = r"(?:[وف]?(?:[بك]?ال|لل))"
_THAT = rf"(?:هذا|هذه|ذلك|تلك) ال{_PERIOD}\b"
_OF_PERIOD = rf"(?:ال{_PERIOD} {_WHICH}|{_THAT})\b"
_DAY = rf"(?:{_NUMBER}(?:{_TO}{_NUMBER})*(?: من)?|{_ORDINAL} من) "
# «2023», «من عام 2023», «الماضي», «من العام نفسه», «من هذا العام» after a month.
_TAIL = rf"(?: (?:من |في )?(?:(?:ال)?عام |سنه )?{_YEAR}(?!\d)|,? {_WHICH}\b)?(?: من {_OF_PERIOD})?"
_MONTHS = rf"(?:شهر )?{_MONTH}\b(?!-\d)(?:(?: ?[/(\-–] ?{_MONTH}\b\)?)| {_LEVANTINE}\b)?{_TAIL}"
_MONTH_DATE = rf"(?:{_EDGE} |{_PART} |يوم |اليوم )*(?:{_DAY})?{_MONTHS}"
_PATTERNS = {
    kind: re.compile(pattern)
    for kind, pattern in {
        "month": rf"{_P}شهري {_MONTH} و ?{_MONTH}{_TAIL}|{_P}{_MONTH_DATE}",
        # ليل الاثنين الثلاثاء · أمس (الأحد) · صباح يوم الثلاثاء 5 مايو 2023
        "weekday": rf"{_P}(?:ليل|ليله) {_WEEKDAY}(?:{_DASH}| ){_WEEKDAY}"
        rf"|{_P}يومي {_WEEKDAY} و ?{_WEEKDAY}(?: {_WHICH}\b)?"
        rf"|{_P}(?:{_PART} )?(?:(?:يوم )?{_TODAY}[،,]? ?\(?)?(?:يوم )?{_WEEKDAY}\b"
        rf"(?:{_DASH}{_WEEKDAY})?"
        rf"(?: {_WHICH}\b)?\)?(?: من {_OF_PERIOD})?(?:،? (?:الموافق )?\(?{_DAY}{_MONTHS})?",
        "today": rf"{_P}(?:{_PART} )?يوم (?:امس|غد)(?: الاول)?\b|{_P}{_PART} {_TODAY}"
        rf"|{_P}(?!اليوم|غد\b){_TODAY}",
        "period": rf"{_P}{_DAY}{_OF_PERIOD}"
        rf"|{_P}(?:{_SEASON}|{_EDGE}|{_PART}) (?:{_OF_PERIOD}|{_THAT})"
        rf"|{_P}{_EDGE} ال(?:عام|سنه|شهر|اسبوع|قرن|عقد|صيف|خريف|شتاء)\b"
        rf"|{_THE}{_PERIOD} {_WHICH}\b|{_P}{_THAT}",
        "share": rf"{_THE}(?:ربع|نصف|ثلث|شطر) (?:الاول|الثاني|الثالث|الرابع|الاخير) "
        rf"(?:من |ل)(?:(?:(?:ال)?عام |سنه )?{_YEAR}|{_OF_PERIOD})",
        "decade": rf"{_P}(?:{_EDGE} )?(?:ال)?{any_of(words.DECADES)}\b(?! من عمر| عاما)"
        rf"(?: (?:من )?القرن (?:{_WHICH}\b|{_ORDINAL}|ال ?\d\d))?"
        rf"|{_P}(?:{_EDGE} )?القرن (?:{_ORDINAL}(?! من )|ال ?[12]\d)",
        "ago": r"[وف]?(?:قبل|بعد(?! (?:\w+ )?ايام)) (?:(?:نحو|حوالي|قرابه) )?"
        rf"(?:(?:\d+|{any_of(words.COUNTS)}(?: عشره?)?) {any_of(words.UNITS)}\b"
        rf"|{any_of(words.ONE_OR_TWO)}\b(?: ونصف(?: ال\w+)?| واحد[ه]?)?"
        r"|نصف (?:عام|سنه|شهر|قرن)\b)(?: مضي| مضت)?"
        r"(?! (?:من|علي|عن|كامل|كامله|تقريبا|ونصف|او|الي|فقط|اخر|اخري)\b| \d)",
        "it": rf"{_P}{_ORDINAL} منه\b",
        "year": rf"{_P}(?:{_EDGE} )?(?:{_SEASON} )?(?:(?:ال|لل)?(?:عام|سنه)|{_SEASON}|موسم) "
        rf"(?:(?:ال)?(?:ميلادي|هجري|مالي|دراسي)ه? )?{_YEAR}(?!\d)(?:{_DASH}(?:{_YEAR}|\d\d)(?!\d))?"
        rf"|{_P}(?:ال)?(?:عامي|سنتي|اعوام|سنوات) {_YEAR}(?:{_TO}{_YEAR})+"
        rf"|{_P}{_EDGE} {_YEAR}|{_P}{_YEAR}{_DASH}{_YEAR}(?!\d)|و?{_YEAR}",
    }.items()
}
_NUMERIC = re.compile(
    r"(?<![\w/.\-])[وف]?[بلك]?(?:"
    r"(?:1[3-9]|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:3[01]|[12]\d|0?[1-9])"
    r"|(?:3[01]|[12]\d|0?[1-9])([-/.])(?:0?[1-9]|1[0-2])\2(?:1[3-9]|20)\d\d"
    r"|(?:0?[1-9]|1[0-2])([-/])(?:3[01]|[12]\d|0?[1-9])\3(?:1[3-9]|20)\d\d"
    r"|(?:3[01]|[12]\d|0?[1-9])/(?:0?[1-9]|1[0-2])/\d\d"
    r")(?!\w|[/\-]\d|\.\d)"
)
# A set of characters first: that is what the search engine skips quickly to.
_DIGITS = re.compile(r"[0-9][0-9/.,\-–]*")
_YEAR_IN = re.compile(r"(?<![\d/.,])(?:1[3-9]|20)\d\d(?![\d/]|[.,]\d)")
_BARE_YEAR = re.compile(r"و?(\d{4})(?: ?م)?")
_SHORTEST_YEAR = 4
_FIRST_BARE_YEAR, _HIGHEST = 1800, 2100
_TWO_YEARS = re.compile(rf"\w?(\d{{4}})(?: م)?{_DASH}(\d{{4}})")
_YEAR_BEFORE = re.compile(r"(?:في|منذ|حتي|خلال|بحلول|مستوي|دوره|قبل|بعد|بين|لغايه|اعتبارا من) $")
_RANGE_BEFORE = re.compile(r"(?:1[5-9]|20)\d\d(?: ?م)?(?: الي| حتي|) $")
_RANGE_AFTER = re.compile(r" (?:الي|حتي|و) ?(?:(?:1[5-9]|20)\d\d(?!\d))")
_COUNTED = re.compile(rf" ?%| {any_of(words.COUNTED)}\b|-\d")
_MONTH_AFTER = re.compile(rf" (?:الي|حتي|و) ?(?:(?:شهر|نهايه) )?({_MONTH})\b")
_MONTH_BEFORE = re.compile(rf"({_MONTH}) (?:الي |حتي |)$")
# «رمضان وشعبان» may be two singers, «نيسان وماي» a company and a person.
_BEFORE_PAIR = re.compile(r"(?<!\w)و?(?:بين|من|في|منذ|خلال|حتي|شهور|اشهر) $")
_CITY = re.compile(r"مدينه (?:\d+ )?$")
_PREPOSITION = re.compile(r"(?:في|منذ|خلال|حتي|بحلول) $")
_OFFICE = re.compile(
    r"(?:الامين|المدير|المدعي|النايب|القايد|المفتش|المراقب|القنصل|الحاكم|المشرف|السكرتير|المنسق"
    r"|القطاع|الراي) $"
)
_PRAYER = re.compile(r"(?:خطبه|خطيب|صلاه|امام|جامع|مسجد|سوق|مدينه) $")


def dates(text: str, folded: Folded) -> list[Span]:
    """Return the calendar expressions in a text, overlapping ones too."""
    found: dict[tuple[int, int, str], Span] = {}
    for place in _places(folded):
        start, end = whole_words(text, *folded.to_raw(*place))
        if start < end:
            span = Span(start=start, end=end, label=LABEL)
            found.setdefault(span.key, span)
    return list(found.values())


def _places(folded: Folded) -> Iterator[tuple[int, int]]:
    """Yield folded ranges of calendar expressions."""
    text, done = folded.text, -1
    for start, end, kind in _anchors(text):
        if kind != "numeric" and end <= done:
            continue  # inside the last one found
        place = (start, end) if kind == "numeric" else _grow(folded, start, end, kind)
        if place and folded.splits(place[0]) and folded.splits(place[1]):
            done = max(done, place[1])
            yield place


def _anchors(text: str) -> list[tuple[int, int, str]]:
    """Return ``(start, end, kind)`` of the words and numbers that a date is built on."""
    automaton, kinds = _automaton()
    anchors = []
    for index, start, end in automaton.find_matches_as_indexes(text, overlapping=True):
        if end < len(text) and text[end].isalnum():
            continue
        word = start
        while word > 0 and text[word - 1].isalnum():
            word -= 1
        if start - word <= 2:  # proclitics; the patterns say which
            anchors.append((word, end, kinds[index]))
    anchors.extend(_digit_anchors(text))
    return sorted(anchors)


def _digit_anchors(text: str) -> Iterator[tuple[int, int, str]]:
    for run in _DIGITS.finditer(text):
        if len(run.group()) < _SHORTEST_YEAR:
            continue
        word = run.start()
        while word > 0 and text[word - 1].isalpha():
            word -= 1
        if numeric := _NUMERIC.match(text, word):
            yield *numeric.span(), "numeric"
            continue
        for match in _YEAR_IN.finditer(text, *run.span()):
            word = match.start()
            while word > 0 and text[word - 1].isalpha():
                word -= 1
            yield word, match.end(), "year"


@cache
def _automaton() -> tuple[ahocorasick_rs.AhoCorasick, list[str]]:
    forms = [(form, kind) for kind, forms in _forms().items() for form in sorted(forms)]
    automaton = ahocorasick_rs.AhoCorasick([form for form, _ in forms], store_patterns=False)
    return automaton, [kind for _, kind in forms]


def _forms() -> dict[str, set[str]]:
    periods = folded_words(words.PERIODS)
    return {
        "month": folded_words(words.MONTHS),
        "weekday": folded_words(words.WEEKDAYS),
        "today": folded_words(words.TODAY) | {"غد"},
        "period": {f"ال{period}" for period in periods} | {f"لل{period}" for period in periods},
        "share": {f"{the}{part}" for the in ("ال", "لل") for part in ("ربع", "نصف", "ثلث", "شطر")},
        "decade": folded_words(words.DECADES)
        | {f"ال{decade}" for decade in folded_words(words.DECADES)}
        | {"القرن"},
        "ago": {"قبل", "بعد"},
        "it": {"منه"},
    }


def _grow(folded: Folded, start: int, end: int, kind: str) -> tuple[int, int] | None:
    """Return the longest calendar expression around an anchor, from the leftmost start."""
    text, pattern = folded.text, _PATTERNS[kind]
    for begin in _starts(text, start):
        match = pattern.match(text, begin)
        if (
            match
            and match.end() >= end
            and not (match.end() < len(text) and text[match.end()].isalnum())
            and folded.splits(begin)
            and _is_clear(match, kind)
        ):
            return match.span()
    return None


def _starts(text: str, anchor: int) -> list[int]:
    """Return where a date with this anchor may begin, leftmost first."""
    starts = [anchor]
    at = anchor
    while at > 1 and text[at - 1] in " (" and len(starts) <= _REACH:
        last = at - 1
        while last > 0 and text[last - 1] in " (":
            last -= 1
        at = text.rfind(" ", 0, last) + 1
        while text[at] == "(":
            at += 1
        if not _may_begin(text[at:last]):
            break
        starts.append(at)
    return starts[::-1]


@cache
def _beginners() -> frozenset[str]:
    lists = (words.EDGES, words.PARTS_OF_DAY, words.ORDINALS, words.SEASONS, words.TODAY)
    many = (*words.WEEKDAYS, *words.MONTHS, *words.PERIODS)
    pieces = [piece for words_ in (*lists, many) for word in words_ for piece in word.split()]
    single = "يومي شهري عامي سنتي من الي حتي او هذا هذه ذلك تلك القرن العام السنه موسم الموافق"
    return frozenset(folded_words(tuple(pieces)) | set(single.split()) | {"-", "–", "/"})


def _may_begin(word: str) -> bool:
    word = word.rstrip("،,").lstrip("(")
    known = _beginners()
    if word in known or word.lstrip("وفبلكا")[:1].isdigit():
        return True
    return word[1:] in known or word[2:] in known


def _is_clear(match: re.Match[str], kind: str) -> bool:
    """Tell whether a match is a date beyond doubt, by the words around it."""
    text, (start, end), found = match.string, match.span(), match.group()
    before = text[max(0, start - 24) : start]
    if kind == "month":
        return _month_is_clear(text, start, end, found, before)
    if kind == "year" and _BARE_YEAR.fullmatch(found):
        return _year_is_clear(text, end, found, before)
    if kind == "year" and (years := _TWO_YEARS.fullmatch(found)):
        return years[1] < years[2]
    if kind == "weekday":
        single = " " not in found
        return not (single and (_PRAYER.search(before) or text.startswith(" الاسود", end)))
    if kind == "today" and found.endswith("امس") and text.startswith(" الحاجه", end):
        return False  # «بأمس الحاجة»: in dire need
    return not (kind == "period" and found.startswith("العام ") and _OFFICE.search(before))


def _month_is_clear(text: str, start: int, end: int, found: str, before: str) -> bool:
    if _CITY.search(before) or text.startswith((" كلينك", "كلينك"), end):
        return False
    if found not in words.DOUBTFUL and found[1:] not in words.DOUBTFUL:
        return True
    if after := _MONTH_AFTER.match(text, end):
        return after[1] not in words.DOUBTFUL or bool(_BEFORE_PAIR.search(before))
    if other := _MONTH_BEFORE.search(before):
        beginning = before[: other.start()].removesuffix("و")
        return other[1] not in words.DOUBTFUL or bool(_BEFORE_PAIR.search(beginning))
    return found in words.WITH_PREPOSITION and bool(_PREPOSITION.search(before))


def _year_is_clear(text: str, end: int, found: str, before: str) -> bool:
    if _COUNTED.match(text, end) or not _FIRST_BARE_YEAR <= int(found.strip("وم ")) < _HIGHEST:
        return False
    if found.startswith("و") or before.endswith((" الي ", " حتي ")):
        return bool(_RANGE_BEFORE.search(before))
    if before.endswith("من "):
        return bool(_RANGE_AFTER.match(text, end))
    # A round number rather counts something.
    is_round = found[2:4] == "00" and not _RANGE_AFTER.match(text, end)
    return bool(_YEAR_BEFORE.search(before)) and not (is_round and text[end : end + 1] == " ")
