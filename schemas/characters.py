"""What folding does to each character, and why: the one table that matching rests on.

``RULES`` is read from the top; the first rule that knows a character decides. What no rule knows
is folded by Unicode: compatibility forms (NFKC) and case.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Invisible direction marks; a drag or a double click in a browser often takes one along."""
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
QUOTES = "\"'`´«»‹›“”„‟‘’‚‛＂＇"
TATWEEL = "\u0640"
JOINERS = "\u200c\u200d"
# Marks that change no letter. Arabic: honorifics, harakat, Quranic signs. Others: U+0300 to 036F.
_ARABIC_MARKS = "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
_LATIN_MARKS = "\u0300-\u036f"
MARKS = _ARABIC_MARKS + _LATIN_MARKS
"""Ranges for a regular expression's character class."""


class Kind(StrEnum):
    """What becomes of a character."""

    DROPPED = "dropped"
    """Nothing; a mark or tatweel that touches the letter before it belongs to its word."""
    BLANK = "blank"
    """One space, together with the blanks beside it."""
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: some characters, and what becomes of them."""

    name: str
    kind: Kind
    why: str
    table: dict[str, str]
    """Character → what it becomes (one character)."""
    pattern: str = ""
    """Class of characters that are dropped or blank, when a table would be long."""
    shown: str = ""
    """How documents name the class."""

    def knows(self, character: str) -> bool:
        """Tell whether the rule decides over a character."""
        return character in self.table or bool(
            self.pattern and re.match(f"[{self.pattern}]", character)
        )

    def fold(self, character: str) -> str:
        """Return what a character of the rule becomes."""
        if self.kind is Kind.REPLACED:
            return self.table[character]
        return " " if self.kind is Kind.BLANK else ""


def _to(target: str, *sources: str) -> dict[str, str]:
    return {character: target for source in sources for character in source}


RULES: tuple[Rule, ...] = (
    Rule(
        "direction and zero-width marks",
        Kind.DROPPED,
        "They are invisible and land in text by copying; the same name with and without them is "
        "the same name.",
        {},
        BIDI_CONTROLS + ZERO_WIDTH,
        "U+061C, U+200B to 200F, U+202A to 202E, U+2060, U+2066 to 2069, U+FEFF",
    ),
    Rule(
        "tatweel",
        Kind.DROPPED,
        "It stretches a word to fill a line.",
        {},
        TATWEEL,
        "U+0640",
    ),
    Rule(
        "Arabic marks",
        Kind.DROPPED,
        "Tashkeel is written or left out at will; a hamza written as a mark of its own (U+0654, "
        "U+0655) falls with it, as on the letters below.",
        {},
        _ARABIC_MARKS,
        "U+0610 to 061A, U+064B to 065F, U+0670, U+06D6 to 06ED but letters and signs",
    ),
    Rule(
        "Latin marks",
        Kind.DROPPED,
        "São Paulo and Sao Paulo; Latin letters with an accent are taken apart first.",
        {},
        _LATIN_MARKS,
        "U+0300 to 036F",
    ),
    Rule(
        "white space and quotation marks",
        Kind.BLANK,
        "Line breaks, tabs, no-break spaces and quotation marks inside a name («حلف «الناتو»») do "
        "not make another name; a run of them is one space.",
        {},
        r"\s" + QUOTES,
        "all white space of Unicode, and every quotation mark",
    ),
    Rule(
        "alef",
        Kind.REPLACED,
        "The hamza and the madda over or under alef are dropped freely in news.",
        _to("ا", "أإآٱٲٳٵ"),
    ),
    Rule(
        "waw with hamza, and its foreign forms",
        Kind.REPLACED,
        "مسؤول and مسوول; Kurdish and Uyghur vowels in names.",
        _to("و", "ؤٶٷۄۅۆۇۈۉۊۋ"),
    ),
    Rule(
        "yeh: with hamza, without dots, Persian, Urdu",
        Kind.REPLACED,
        "Final ى and ي stand for each other in Egypt; ئ loses its hamza; other keyboards have "
        "another yeh.",
        _to("ي", "ىئیېۍێےۓٸؽؾؿ"),
    ),
    Rule(
        "teh marbuta and heh",
        Kind.REPLACED,
        "The dots of ة are dropped as often as not; other keyboards have another heh.",
        _to("ه", "ةۃہۂھەۀۿ"),
    ),
    Rule(
        "kaf",
        Kind.REPLACED,
        "Other keyboards have another kaf; گ is the g of names in Iraq and the Gulf, for which ك "
        "is the commonest plain letter.",
        _to("ك", "کڪګگڬڭݢݣ"),
    ),
    Rule(
        "letters for sounds that Arabic has not",
        Kind.REPLACED,
        "p, v, ch, zh and the Maghrebi g are written with them in some papers and with the plain "
        "letter in the rest.",
        _to("ب", "پ") | _to("ف", "ڤۏ") | _to("ج", "چڃڄ") | _to("ز", "ژ") | _to("ق", "ڨ"),
    ),
    Rule(
        "Maghrebi and Urdu letter forms",
        Kind.REPLACED,
        "Old Maghrebi dots (ڢ ڧ), letters without dots, Urdu retroflex letters in names.",
        _to("ف", "ڢڡ")
        | _to("ق", "ڧٯ")
        | _to("ب", "ٮ")
        | _to("ت", "ٹټ")
        | _to("د", "ڈډ")
        | _to("ر", "ڑړ")
        | _to("ن", "ںڼ"),
    ),
    Rule(
        "digits",
        Kind.REPLACED,
        "٢٠٢٣, ۲۰۲۳ and 2023 are one number.",
        {chr(base + n): str(n) for base in (0x0660, 0x06F0) for n in range(10)},
    ),
    Rule(
        "number signs",
        Kind.REPLACED,
        "The Arabic decimal point, thousands mark and percent sign.",
        {"٫": ".", "٬": ",", "٪": "%"},
    ),
    Rule(
        "hyphens and dashes",
        Kind.REPLACED,
        "Feeds write any of them in ranges and double names.",
        _to("-", "‐‑‒–—―−"),
    ),
    Rule(
        "Latin letters that no accent makes",
        Kind.REPLACED,
        "Unicode does not take these apart: Erdoğan's ı, Øresund's ø, Łódź's ł.",
        {"ı": "i", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ħ": "h", "Ħ": "h"},
    ),
)


@cache
def fold_character(character: str) -> str:
    """Return what one character folds to: nothing, one character, or several.

    >>> fold_character("ة"), fold_character("\u064e"), fold_character("ﻻ")
    ('ه', '', 'لا')
    """
    for rule in RULES:
        if rule.knows(character):
            return rule.fold(character)
    # Marks that stand alone (FE70 and on) are a space and a mark to Unicode: here just the mark.
    plain = unicodedata.normalize("NFKC", character).strip().casefold()
    pieces = unicodedata.normalize("NFKD", plain)
    if re.search(f"[{_LATIN_MARKS}]", pieces):  # é; not Hangul, which would only fall apart
        plain = pieces
    return plain if plain == character else "".join(fold_character(piece) for piece in plain)


def clings(character: str) -> bool:
    """Tell whether a dropped character belongs to the word whose letter it follows directly."""
    plain = unicodedata.normalize("NFKC", character).strip()
    return bool(re.fullmatch(f"[{TATWEEL}{JOINERS}{MARKS}]+", plain))


def as_table() -> str:
    """Return the rules as a Markdown table, for docs/text.md."""
    lines = ["| rule | characters | become | why |", "|---|---|---|---|"]
    for rule in RULES:
        becomes = {Kind.DROPPED: "nothing", Kind.BLANK: "one space"}.get(rule.kind, "")
        groups: dict[str, list[str]] = {}
        for source, target in rule.table.items():
            groups.setdefault(target, []).append(source)
        characters = "; ".join(" ".join(sources) for sources in groups.values())
        becomes = becomes or "; ".join(groups)
        lines.append(f"| {rule.name} | {characters or rule.shown} | {becomes} | {rule.why} |")
    return "\n".join(lines) + "\n"
