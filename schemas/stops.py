"""Whether a stop in a text ends a sentence, or belongs to an abbreviation, a number or a quote."""

from __future__ import annotations

import re

LETTER = "ء-غف-يٱ-ۓ"
"""Arabic letters without tatweel, for a character class."""

# Names of Latin letters, as in «بي. بي. سي.». A few are words too (في, أو), but end no sentence.
_SPELT = (
    "(?:[إاأ]يه|[إاأ]ي|آي|بي|سي|دي|[إا]ف|جي|جيه|جاي|[إا]تش|كي|كيه|كاي|[إا]ل|[إا]م|[إا]ن|أو|كيو"
    "|[آا]ر|[إا]س|تي|يو|في|دبليو|دابليو|[إا]كس|واي|زد)"
)
_SPELT_END = re.compile(rf"(?<![{LETTER}]){_SPELT}$")
_SPELT_WORD = re.compile(rf"[وبل]{{0,2}}{_SPELT}")
# A title is followed by a name whatever that looks like; what is *open* may end a sentence too.
_SHORT = re.compile(
    rf"""(?P<title>و?(?:[أام]\.){{0,2}}د|Mr|Mrs|Ms|Dr|Prof|St|Sen|Rep|Gov|Gen|Col|Lt|Sgt|vs)
    |(?P<letter>و?[{LETTER}]ـ?)
    |(?P<number>\d{{1,3}})
    |(?P<counted>No|Nos|Fig|Vol|Art|Sec|pp|p)
    |(?P<open>[وبل]{{0,2}}(?:[{LETTER}]ـ?\.)+[{LETTER}]ـ?|[وبل]{{0,2}}(?:{_SPELT}\.)*{_SPELT}
        |(?:[A-Za-z]\.)*[A-Za-z]|Inc|Ltd|Co|Corp|Jr|Sr|etc|al|Dept|Univ)""",
    re.VERBOSE,
)
_LETTERED = re.compile(
    "(?:ال)?(?:مجموعة|فئة|فيتامين|نقطة|فقرة|قسم|خيار|بند|درجة|مستوى|ملحق|فرع|نموذج|شعبة|منطقة|مبنى)"
)
"""What is named by a letter: «المجموعة ب.» is no abbreviation."""
_ERAS = frozenset(("هـ", "ه", "م", "ص"))
# The «و» that begins a sentence; in the words shut out here it is a letter of the root.
_AND = re.compile(rf"و(?!اشنطن|زار|زير|زراء|كال|ليد|ائل|ليام|لي\b|سيم|سام|جيه|هيب)[{LETTER}]{{3}}")
_GOES_ON = re.compile(r"[،؛:/]|الموافق|[إا]لخ\b")
_CITES = re.compile(
    r"(?:وفق|قائل|مضيف|متسائل|موضح|مؤكد|مشير|نقل)[اةً]+(?![ء-ي])|(?:بحسب|حسب|حسبما)\b"
)
_ASKED = re.compile(r"(?:قال|قالت|يقول|تقول|سأل|سألت|يسأل|تسأل|تساءل|تساءلت|صاح|صاحت|هتف|هتفت)\b")
_DATE_REST = re.compile(r"(?:\d{1,2}\.\s?)?\d{4}\b")
_MARKER = re.compile(r"(\d{1,3})\.\s")
_ADDRESS = re.compile(r"[@/]|www\.", re.IGNORECASE)
_DOMAIN = re.compile(rf"(?:نت|كوم|[أا]ور[غج])(?![{LETTER}])")
_BRACKETS = "([«“\"'–-"
_NEAR, _FAR = 24, 200


def ends_sentence(text: str, begin: int, stop: int, tail_end: int, after: int) -> bool:
    """Tell whether stops before white space end the sentence that began at ``begin``.

    ``text[stop:tail_end]`` are the stops with the quotes that touch them; ``after`` is where the
    text goes on, on the same line.
    """
    if _GOES_ON.match(text, after):
        return False
    if tail_end - stop == 1:
        return text[stop] != "." or not _abbreviates(text, begin, stop, after)
    if text[tail_end - 1] in "\"”»“'’":  # a quote that is only now attributed
        asked = text[stop] != "." and _ASKED.match(text, after)
        return not (asked or _CITES.match(text, after))
    return True


def glues(text: str, stop: int, tail_end: int) -> bool:
    """Tell whether a stop between two words, without white space, ends a sentence."""
    if text.startswith("..", stop) or (stop and text[stop - 1] == "."):
        return False  # a pause
    if tail_end - stop > 1 and _CITES.match(text, tail_end):
        return False
    before = text[max(0, stop - _FAR) : stop].split(" ")[-1]
    if _ADDRESS.search(before):
        return False
    named = _DOMAIN.match(text, stop + 1) or _SPELT_END.search(before)
    return text[stop] != "." or not named


def _abbreviates(text: str, begin: int, stop: int, after: int) -> bool:
    """Tell whether the full stop at ``stop`` belongs to the word before it only."""
    words = text[max(begin, stop - _NEAR) : stop].split()
    word = words[-1].lstrip(_BRACKETS) if words else ""
    short = _SHORT.fullmatch(word) if len(word) < 16 else None
    if short is None:
        return False
    match short.lastgroup:
        case "title":
            return True
        case "letter":
            before = words[-2] if len(words) > 1 else ""
            dated = word in _ERAS and before.isdecimal()
            return not dated and not _LETTERED.fullmatch(before)
        case "number":
            return _marks(text, begin, stop - len(word), int(word), after)
        case "counted":
            return text[after].isdecimal()
        case _:
            # «سي إن إن» is written without stops: the one after it ends the sentence.
            acronym = len(words) > 2 and all(map(_SPELT_WORD.fullmatch, words[-3:]))
            return not acronym and not _AND.match(text, after)


def _marks(text: str, begin: int, start: int, number: int, after: int) -> bool:
    """Tell whether a number before a full stop marks a list item or is part of a date."""
    before = text[max(begin, start - _FAR) : start].rstrip()
    if not before or before[-1] in ":-•*–(":
        return True
    if number < 32 and _DATE_REST.match(text, after):
        return True
    listed = _MARKER.findall(before + " ")
    return bool(listed) and int(listed[-1]) == number - 1
