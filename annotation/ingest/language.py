"""What language a text is in: by script first, then, within the Arabic script, by its words.

The rule, in this order:

1. Fewer than half of the letters are Arabic letters: another script. py3langid names the language.
2. The text is short (under ``SHORT`` letters): Arabic, unless it has a letter that Arabic
   never uses (Urdu ``ے``, Kurdish ``ۆ``) or that, in every tenth place, it uses only for names.
3. Hardly any letter is foreign and every twelfth word or more begins with the article:
   Arabic. Nearly all news ends here.
4. Otherwise py3langid decides among the languages of the script; Moroccan and Egyptian are Arabic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.errors import UsageError

SHORT = 30
ARABIC = "ar"
UNKNOWN = "und"
_SAMPLE = 20_000  # code points that are looked at; news is shorter
_CLASSIFIED = 2_000
_LOAN = "پچژڤگکیھہۀێېڨڭ"
"""Letters of other languages that Arabic texts have in names or from another keyboard."""
_SCRIPT = frozenset({"ar", "ary", "arz", "fa", "ku", "sdh", "ps", "ug", "ur", "uzs"})
_SAME = {"ary": "ar", "arz": "ar", "sdh": "ku", "uzs": "uz"}
_OTHER_LETTER, _ARABIC_LETTER, _LOAN_LETTER, _FOREIGN_LETTER = 1, 2, 3, 4
_BLOCKS = ((0x0620, 0x064A), (0x066E, 0x066F), (0x0671, 0x06D5), (0x06EE, 0x06FF), (0x0750, 0x077F))
_ARABIC_SCRIPT = re.compile("[\u0620-\u077f\ufb50-\ufefc]")
_FORMS = ((0xFB50, 0xFDFF), (0xFE70, 0xFEFC))


@dataclass(frozen=True, slots=True)
class Found:
    """A language, and what says so."""

    language: str
    """ISO 639 code; ``und`` when there is no letter to tell by."""
    why: str
    sure: bool = True
    """Not when the text is too short: what its file says then counts for more."""


def _table() -> NDArray[np.uint8]:
    """Return the kind of letter for each code point of the basic plane; 0 for no letter."""
    kinds = np.zeros(0x10000, np.uint8)
    kinds[[code for code in range(0x10000) if chr(code).isalpha()]] = _OTHER_LETTER
    for first, last in _BLOCKS:
        codes = np.arange(first, last + 1)
        kinds[codes[kinds[codes] > 0]] = _FOREIGN_LETTER
    for first, last in _FORMS:  # the same letters in the shape of their place in the word
        codes = np.arange(first, last + 1)
        kinds[codes[kinds[codes] > 0]] = _ARABIC_LETTER
    kinds[[0x0640]] = 0
    kinds[[ord(c) for c in "ٱءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"]] = _ARABIC_LETTER
    kinds[[ord(c) for c in _LOAN]] = _LOAN_LETTER
    return kinds


_KINDS = _table()


def detect_language(text: str) -> Found:
    """Return the language of a text by the rule above."""
    sample = text[:_SAMPLE]
    codes = np.frombuffer(sample.encode("utf-32-le", "surrogatepass"), np.uint32)
    counts = np.bincount(_KINDS[codes[codes < len(_KINDS)]], minlength=5)
    letters = int(counts[1:].sum())
    if not letters:
        return Found(UNKNOWN, "no letter", sure=False)
    arabic, loan, foreign = (int(n) for n in counts[2:])
    script = arabic + loan + foreign
    share = f"{100 * script // letters} % of {letters} letters are Arabic"
    if script * 2 < letters and letters < SHORT:
        return Found(UNKNOWN, f"short; {share}", sure=False)
    if script * 2 < letters:
        return Found(_classify(_words(sample, arabic=False), None), share)
    if script < SHORT and not foreign and loan * 10 < script:
        return Found(ARABIC, f"short; {share}", sure=False)
    if (foreign * 3 + loan) * 100 < script and _articles(sample) * 12 >= sample.count(" ") + 1:
        return Found(ARABIC, share)
    found = _classify(_words(sample, arabic=True), _SCRIPT)
    return Found(found, f"{share}, {loan + foreign} of them not of the Arabic alphabet")


def _articles(text: str) -> int:
    """Count the words that begin with the article, with or without a proclitic before it."""
    return sum(map(text.count, (" ال", " وال", " بال", " لل", "\nال", "«ال", "(ال")))


def _words(text: str, *, arabic: bool) -> str:
    """Keep the words of the Arabic script, or the others: a quotation must not decide."""
    return " ".join(word for word in text.split() if bool(_ARABIC_SCRIPT.search(word)) == arabic)


@cache
def _identifier() -> Any:
    # Imported here: the model takes a second and 100 MB, and most collections never need it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)


def _classify(text: str, languages: frozenset[str] | None) -> str:
    ranked = (str(language) for language, _ in _identifier().rank(text[:_CLASSIFIED]))
    found = next(name for name in ranked if not languages or name in languages)
    return _SAME.get(found, found)


def check_language(tag: str) -> None:
    """Check that articles can be found to be in a language.

    Raises:
        UsageError: no rule and no classifier ever answers with it.
    """
    wanted = _primary(tag)
    usual = {ARABIC, UNKNOWN, *(_SAME.get(code, code) for code in _SCRIPT)}
    if wanted in usual:  # the classifier is not needed, and takes a second to load
        return
    known = {_SAME.get(str(code), str(code)) for code, _ in _identifier().rank("")}
    if wanted not in known:
        some = ", ".join(sorted(usual | {"en", "fr", "ru", "zh"}))
        raise UsageError(f"--language {tag}: no such language is told; give any, or one of {some}…")


def same_language(one: str, other: str) -> bool:
    """Tell whether two language tags name one language: ``ar-SA``, ``AR``, ``ara`` are ``ar``.

    >>> same_language("ar-SA", "ar"), same_language("Arabic", "ar"), same_language("fa", "ar")
    (True, True, False)
    """
    return _primary(one) == _primary(other)


def _primary(tag: str) -> str:
    first = tag.strip().replace("_", "-").partition("-")[0].casefold()
    names = {"ara": "ar", "arabic": "ar", "عربي": "ar", "العربية": "ar", "arb": "ar"}
    return names.get(first, first)
