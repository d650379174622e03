"""An article → what is odd in its text, counted by kind with examples; the text is not touched.

Single characters are found by one look-up of the whole text in a table, and most patterns are
looked for only where the table saw a character that they need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from annotation.ingest.boilerplate import RepeatedLines, boilerplate
from schemas.article import Article
from schemas.characters import BIDI_CONTROLS, ZERO_WIDTH
from schemas.record import Record

MOST_EXAMPLES = 3
Place = tuple[int, int]


class Kind(StrEnum):
    """What can be odd in a text."""

    BIDI_CONTROL = "bidi_control"
    ZERO_WIDTH = "zero_width"
    TATWEEL = "tatweel"
    TASHKEEL = "tashkeel"
    PRESENTATION_FORM = "presentation_form"
    ODD_SPACE = "odd_space"
    CARRIAGE_RETURN = "carriage_return"
    REPLACEMENT_CHARACTER = "replacement_character"
    CONTROL_CHARACTER = "control_character"
    DIGITS_OF_TWO_SCRIPTS = "digits_of_two_scripts"
    GLUED_WORDS = "glued_words"
    GLUED_SENTENCES = "glued_sentences"
    MOJIBAKE = "mojibake"
    HTML = "html"
    BOILERPLATE = "boilerplate"
    REPEATED_LINE = "repeated_line"


EXPLAINED: dict[Kind, str] = {
    Kind.BIDI_CONTROL: "Invisible direction marks.",
    Kind.ZERO_WIDTH: "Invisible characters without width: joiners, byte order marks.",
    Kind.TATWEEL: "Lengthened letters.",
    Kind.TASHKEEL: "Short vowels and other marks on letters.",
    Kind.PRESENTATION_FORM: "Letters stored in the shape of their place in the word.",
    Kind.ODD_SPACE: "Spaces other than the ordinary one: no-break, narrow, ideographic.",
    Kind.CARRIAGE_RETURN: "Line ends of Windows, or of old Macintosh files.",
    Kind.REPLACEMENT_CHARACTER: "U+FFFD: something was lost when the text was decoded.",
    Kind.CONTROL_CHARACTER: "Control characters other than tab and line ends.",
    Kind.DIGITS_OF_TWO_SCRIPTS: "Arabic-Indic and European digits in one text; counts the rarer.",
    Kind.GLUED_WORDS: "Two words without a space between them: العربيةالمتحدة.",
    Kind.GLUED_SENTENCES: "No space after a stop or comma: قال.ثم ذهب.",
    Kind.MOJIBAKE: "UTF-8 that was read as another encoding: Ø§Ù„ or ط§ظ„.",
    Kind.HTML: "Left-overs of a web page: tags, entities.",
    Kind.BOILERPLATE: "A line of a web site, not of the article: اقرأ أيضا.",
    Kind.REPEATED_LINE: "A short line that stands in several articles.",
}
"""The sentence for each kind; docs/collect.md lists them, and a test compares the two."""


class Example(Record):
    """One place where something is odd."""

    start: int = Field(ge=0)
    """Code points from the start of the text, inclusive."""
    end: int = Field(gt=0)
    """Code points from the start of the text, exclusive."""
    text: str
    """What stands there."""


class Hygiene(Record):
    """What is odd in one article's text."""

    article_id: str
    counts: dict[Kind, int]
    """How often; kinds that do not occur are left out."""
    examples: dict[Kind, tuple[Example, ...]]
    """The first few places of each kind."""


_LETTER_CLASS = 20
_ARABIC_DIGIT, _EUROPEAN_DIGIT, _LATIN_1, _STOP, _ANGLE, _ONLY_LAST = 21, 22, 23, 24, 25, 26
_SINGLE = (
    Kind.BIDI_CONTROL,
    Kind.ZERO_WIDTH,
    Kind.TATWEEL,
    Kind.TASHKEEL,
    Kind.PRESENTATION_FORM,
    Kind.ODD_SPACE,
    Kind.CARRIAGE_RETURN,
    Kind.REPLACEMENT_CHARACTER,
    Kind.CONTROL_CHARACTER,
)
_NUMBER = {kind: number for number, kind in enumerate(_SINGLE, start=1)}
_ODD_SPACES = "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def _table() -> NDArray[np.uint8]:
    """Return the class of each code point of the basic plane; single kinds count from 1."""
    table = np.zeros(0x10000, np.uint8)

    def put(characters: str, value: int) -> None:
        table[[ord(character) for character in characters]] = value

    table[0x00C0:0x0100] = _LATIN_1
    table[0x0621:0x064B] = _LETTER_CLASS
    table[0x0671:0x06D4] = _LETTER_CLASS
    controls = [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0x85)]
    table[controls] = table[0x0086:0x00A0] = _NUMBER[Kind.CONTROL_CHARACTER]
    for start, end in ((0x0610, 0x061B), (0x064B, 0x0660), (0x06D6, 0x06DD), (0x06DF, 0x06E9)):
        table[start:end] = _NUMBER[Kind.TASHKEEL]
    table[0x06EA:0x06EE] = table[0x0670] = _NUMBER[Kind.TASHKEEL]
    for start, end in ((0xFB50, 0xFDD0), (0xFDF0, 0xFDFD), (0xFE70, 0xFEFD)):
        table[start:end] = _NUMBER[Kind.PRESENTATION_FORM]
    for value, characters in (
        (_NUMBER[Kind.BIDI_CONTROL], BIDI_CONTROLS),
        (_NUMBER[Kind.ZERO_WIDTH], ZERO_WIDTH),
        (_NUMBER[Kind.TATWEEL], "\u0640"),
        (_NUMBER[Kind.ODD_SPACE], _ODD_SPACES),
        (_NUMBER[Kind.CARRIAGE_RETURN], "\r"),
        (_NUMBER[Kind.REPLACEMENT_CHARACTER], "\ufffd"),
        (_ARABIC_DIGIT, "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"),
        (_EUROPEAN_DIGIT, "0123456789"),
        (_STOP, ".،؛؟!:"),
        (_ANGLE, "<&"),
        (_ONLY_LAST, "ةى"),
    ):
        put(characters, value)
    return table


_CLASSES = _table()
_LETTERS = "\u0621-\u064a\u0671-\u06d3"
_TAG = re.compile(
    r"</?(?:p|br|div|span|a|b|i|em|strong|img|ul|ol|li|table|tr|td|th|h[1-6]|script|style|iframe"
    r"|font|blockquote|figure|section|html|body|meta|link|hr)\b[^<>]{0,300}>"
    r"|&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,6});",
    re.I,
)
# UTF-8 bytes of Arabic letters (0xD8-0xDB, then 0x80-0xBF), twice or more, read as Latin-1,
# Windows-1252 or Windows-1256; what such a run is, decoding it again decides.
_HIGH = "\x80-¿Œœƒˆ˜–—‘’‚“”„†‡•…‰‹›€™"
_LATIN_MOJIBAKE = re.compile(f"(?:[ØÙÚÛ][{_HIGH}ŠšŽžŸ] ?){{2,}}")
_ARABIC_MOJIBAKE = re.compile(f"(?:[طظعغ][{_HIGH}پٹچژڈکڑںگھ،؛؟\u200c\u200d] ?){{2,}}")
_ARABIC_PAIRS = ("ط§", "ظ„", "ظ…", "ط±")  # alef, lam, meem, reh: no text is without them
_ARTICLE_INSIDE = re.compile(f"[وفبك]?ال[{_LETTERS}]{{4,}}ال[{_LETTERS}]{{5,}}")
# In Egypt ى is written for ي: شىء, شاطىء, فىها are one word each.
_EGYPTIAN = re.compile(f"ى(?:ء|[{_LETTERS}]{{1,2}}(?![{_LETTERS}]))")
_LETTER_NAME = re.compile(
    "[إاأآ]ي|بي|سي|دي|[إا]ف|جيه?|[إا]تش|كيه?|[إا]ل|[إا]م|[إا]ن|[أا]و|كيو|[آا]ر|[إا]س|تي|يو|في"
    "|دبليو|[إا]كس|واي|زد"
)
"""Names of Latin letters: two of them with a stop between are an abbreviation."""
_LEAST_GLUED = len("ال1234ال12345")


def hygiene(article: Article, repeated: RepeatedLines | None = None) -> Hygiene | None:
    """Return what is odd in an article's text, or ``None`` when nothing is.

    Args:
        article: the article.
        repeated: knows the lines that stand in several articles of the collection.
    """
    found = {
        kind: (count, places) for kind, count, places in _find(article.text, repeated) if count
    }
    if not found:
        return None
    return Hygiene(
        article_id=article.id,
        counts={kind: count for kind, (count, _) in found.items()},
        examples={
            kind: tuple(
                Example(start=start, end=end, text=article.text[start:end]) for start, end in places
            )
            for kind, (_, places) in found.items()
        },
    )


def _find(text: str, repeated: RepeatedLines | None) -> Iterator[tuple[Kind, int, list[Place]]]:
    """Yield each kind with how often it occurs and the first places."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    classes = _CLASSES[np.minimum(codes, 0xFFFF)]
    counts = np.bincount(classes, minlength=32)
    for value, kind in enumerate(_SINGLE, start=1):
        if counts[value]:
            yield kind, int(counts[value]), _first(classes == value)
    if counts[_ARABIC_DIGIT] and counts[_EUROPEAN_DIGIT]:
        rarer = min(_ARABIC_DIGIT, _EUROPEAN_DIGIT, key=lambda digit: counts[digit])
        yield Kind.DIGITS_OF_TWO_SCRIPTS, int(counts[rarer]), _first(classes == rarer)
    for kind, places in _patterns(text, codes, classes, counts):
        yield kind, len(places), places[:MOST_EXAMPLES]
    if repeated:
        places = repeated.places(text)
        yield Kind.REPEATED_LINE, len(places), places[:MOST_EXAMPLES]


def _first(hits: NDArray[np.bool_]) -> list[Place]:
    """Return the places of the first single characters: a text may hold a million of them."""
    return [(at, at + 1) for at in np.flatnonzero(hits)[:MOST_EXAMPLES].tolist()]


def _patterns(
    text: str, codes: NDArray[np.uint32], classes: NDArray[np.uint8], counts: NDArray[np.intp]
) -> Iterator[tuple[Kind, list[Place]]]:
    letters = (classes == _LETTER_CLASS) | (classes == _ONLY_LAST)
    yield Kind.GLUED_WORDS, _glued_words(text, classes, letters)
    yield Kind.GLUED_SENTENCES, _glued_sentences(text, classes, letters)
    yield Kind.MOJIBAKE, _mojibake(text, latin=bool(counts[_LATIN_1] > 1))
    if counts[_ANGLE]:
        yield Kind.HTML, [match.span() for match in _TAG.finditer(text)]
    yield Kind.BOILERPLATE, boilerplate(text, codes)


def _glued_words(text: str, classes: NDArray[np.uint8], letters: NDArray[np.bool_]) -> list[Place]:
    """Find words that hold a letter that only ends words, or the article twice, far apart."""
    inside = np.flatnonzero((classes[:-1] == _ONLY_LAST) & letters[1:]).tolist()
    places = _words(text, [at for at in inside if not _EGYPTIAN.match(text, at)])
    starts, ends = _runs(letters)
    long = ends - starts >= _LEAST_GLUED
    for start, end in zip(starts[long].tolist(), ends[long].tolist(), strict=True):
        if match := _ARTICLE_INSIDE.match(text, start, end):
            places.append(match.span())
    return sorted(set(places))


def _runs(hits: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where the runs of hits start, and where they end."""
    framed = np.zeros(len(hits) + 2, np.bool_)
    framed[1:-1] = hits
    edges = np.flatnonzero(framed[1:] != framed[:-1])
    return edges[::2], edges[1::2]


def _words(text: str, letters: list[int]) -> list[Place]:
    """Return the word around each of some letters, by one look-up each however long it is."""
    if not letters:
        return []
    starts, ends = _runs(np.fromiter(map(str.isalpha, text), np.bool_, len(text)))
    of = np.searchsorted(starts, letters, side="right") - 1
    return list(zip(starts[of].tolist(), ends[of].tolist(), strict=True))


def _glued_sentences(
    text: str, classes: NDArray[np.uint8], letters: NDArray[np.bool_]
) -> list[Place]:
    """Find stops between two words: ``أ.د`` and ``بي.بي.سي`` are abbreviations, no sentences."""
    hits = np.flatnonzero((classes[1:-1] == _STOP) & letters[:-2] & letters[2:]).tolist()
    befores, afters = _words(text, hits), _words(text, [at + 2 for at in hits])
    places = []
    for before, after in zip(befores, afters, strict=True):
        sides = text[slice(*before)], text[slice(*after)]
        if min(map(len, sides)) > 1 and not all(map(_LETTER_NAME.fullmatch, sides)):
            places.append((before[0], after[1]))
    return places


def _mojibake(text: str, *, latin: bool) -> list[Place]:
    places: list[Place] = []
    if latin:
        places += _decodable(text, _LATIN_MOJIBAKE, "cp1252")
    if any(pair in text for pair in _ARABIC_PAIRS):
        places += _decodable(text, _ARABIC_MOJIBAKE, "cp1256")
    return sorted(places)


def _decodable(text: str, pattern: re.Pattern[str], codec: str) -> list[Place]:
    """Return the runs that are UTF-8 of Arabic letters when they are encoded again."""
    places = []
    for match in pattern.finditer(text):
        run = match.group().rstrip(" ")
        try:
            decoded = b"".join(_byte(character, codec) for character in run).decode("utf-8")
        except UnicodeError:
            continue
        if any("\u0621" <= character <= "\u06d3" for character in decoded):
            places.append((match.start(), match.start() + len(run)))
    return places


def _byte(character: str, codec: str) -> bytes:
    """Return the byte that a character was; what the codec lacks was kept as its number."""
    try:
        return character.encode(codec)
    except UnicodeEncodeError:
        return character.encode("latin-1")
