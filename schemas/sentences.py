"""Lines and sentences of a text, as offsets into it."""

from __future__ import annotations

import re

from schemas.characters import BIDI_CONTROLS, QUOTES, ZERO_WIDTH
from schemas.stops import LETTER, ends_sentence, glues
from schemas.text import CLOSING

_LINE = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_STOP = ".!?؟…۔‼⁇⁈⁉。！？"
_ENDING = ".!?؟۔"
_BLANK = rf"[^\S{_LINE}]"
_CLOSER = re.escape("".join(dict.fromkeys(CLOSING + QUOTES)))
_INVISIBLE = BIDI_CONTROLS + ZERO_WIDTH
_EMOJI = "\u2600-\u27bf\ufe0f\U0001f000-\U0001faff"
_TAIL = _STOP + _CLOSER + _INVISIBLE + _EMOJI
# Faces, hearts and clapping hands comment what stands before them, even after a blank.
_FACE = "❤\ufe0f\U0001f44d-\U0001f44f\U0001f600-\U0001f64f\U0001f910-\U0001f92f"
_TASHKEEL = "\u064b-\u0652\u0670"
# Only what goes on with a report: «وقال» follows the name of a paper as often («رويترز» وقال).
_ADDED = "(?:[أا]ضاف|تابع|[أا]ردف|استطرد|[أا]وضح|[أا]كد)ت?"
# Every place where a sentence may end. One class of characters comes first and repeats are
# possessive: the search is fast and never goes back over what it has read.
_PLACE = re.compile(
    rf"""[{_LINE}{_STOP}"”»](?:
      (?<=[{_LINE}])(?P<line>\s*+)
    | (?<=[{_STOP}])(?P<tail>[{_TAIL}]*+(?=\s|\Z)
        (?:{_BLANK}+[{_FACE}]+(?=\s|\Z))*+) {_BLANK}*+ (?P<end>[{_LINE}]\s*+|\Z)?
    | (?:(?<=[{LETTER}{_TASHKEEL}]{{2}}[{_ENDING}])|(?<=[»”)\]"%٪][{_ENDING}])
        |(?<=\d{{4}}[{_ENDING}])|(?<=\s[{_ENDING}]))
      (?P<glued>[{_STOP}{_CLOSER}{_INVISIBLE}(\[]*+)(?=[{LETTER}]{{2}})
    | (?<=["”»])(?P<quoted>[{_INVISIBLE}]*+)
      (?={_BLANK}+و{_ADDED}\b){_BLANK}*+
    | (?<=[{_STOP}])[{_TAIL}]*+  # ends nothing, and is not looked at again
    )""",
    re.VERBOSE,
)
_OPENING = frozenset("«“„‹‘([")
_STRAIGHT = frozenset("\"'")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the sentences of a text as half-open code point ranges, trimmed of white space.

    A line end ends a sentence. So does a stop before white space, with the closing quotes,
    direction marks and emoji that touch it; a stop that glues two words (``قال.ثم``); a closing
    quote before a new report (``» وأضاف``). A stop in a number, abbreviation, address or list
    marker does not. Stops alone belong to what precedes them on their line. The time is linear.

    >>> [text[a:b] for text in ["قال د. علي 3.5 نعم. ثم ذهب"] for a, b in sentences(text)]
    ['قال د. علي 3.5 نعم.', 'ثم ذهب']
    """
    found: list[tuple[int, int]] = []
    begin = line = len(text) - len(text.lstrip())
    for place in _PLACE.finditer(text, begin):
        start, kind = place.start(), place.lastgroup
        ends_line = kind in ("line", "end")
        if not ends_line and (kind is None or start == begin == line):
            continue
        end, after = _ends(text, begin, place)
        if end < 0:
            continue
        if start == begin > line and begin < end:  # stops alone
            found[-1] = (found[-1][0], end)
        elif begin < end:
            found.append((begin, end))
        begin = after
        line = after if ends_line else line
    end = _trim_end(text, begin, len(text))
    return [*found, (begin, end)] if begin < end else found


def lines(text: str) -> list[tuple[int, int]]:
    """Return the non-empty lines, trimmed; every line end of Unicode counts."""
    found, start = [], 0
    for line in text.splitlines(keepends=True):
        a, b = trimmed(text, start, start + len(line))
        if a < b:
            found.append((a, b))
        start += len(line)
    return found


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave white space at the ends out; direction marks stay, they are not white space."""
    while start < end and text[start].isspace():
        start += 1
    return start, _trim_end(text, start, end)


def _trim_end(text: str, start: int, end: int) -> int:
    while start < end and text[end - 1].isspace():
        end -= 1
    return end


def _ends(text: str, begin: int, place: re.Match[str]) -> tuple[int, int]:
    """Return where the sentence ends and where the text goes on; (-1, -1) when it does not end."""
    start, after = place.span()
    match place.lastgroup:
        case "line":
            return _trim_end(text, begin, start), after
        case "end":
            return place.end("tail"), after
        case "quoted":
            return place.end("quoted"), after
        case "tail":
            end = place.end("tail")
            if ends_sentence(text, begin, start, end, after):
                return end, after
        case _:
            if glues(text, start, after):
                end = _cut(text, begin, start, after)
                return end, end
    return -1, -1


def _cut(text: str, begin: int, start: int, end: int) -> int:
    """Return where a sentence ends whose stops and quotes are glued to the next word."""
    for offset in range(start, end):
        character = text[offset]
        if character in _OPENING:
            return offset
        if character in _STRAIGHT and text.count(character, begin, offset) % 2 == 0:
            return offset
    return end
