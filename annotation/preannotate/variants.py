"""One written form of a name → the other spellings that news gives it.

What folding unifies (hamza, ta marbuta, marks) is not repeated here. These rules are about
transliteration: they look at the English name too, and they make more than is ever read, which
costs nothing. What they make must not hit everyday words: a short single word is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from schemas.text import fold_name

_MIN_ALONE = 5
"""Letters that a single word needs before one of them may come, go or change."""
_SOFT_G = re.compile(r"g(?=[ei])|dg|j")


def spellings(form: str, english: str) -> set[str]:
    """Return other spellings of ``form``, folded; ``english`` is the entity's English name.

    >>> sorted(spellings("بلينكن", "Antony Blinken"))
    ['بلينكين']
    >>> sorted(spellings("هونغ كونغ", "Hong Kong"))
    ['هونج كونج', 'هونق كونق', 'هونك كونك']
    """
    folded = fold_name(form).strip()
    if english.isupper():  # letters read out: إيغاد would become the word إيجاد
        return set()
    english = fold_name(english)
    made = {folded}
    for rule in _RULES:
        made |= {other for known in made for other in rule(known, english)}
    return made - {folded}


def _is_long(form: str) -> bool:
    return " " in form or len(form.removeprefix("ال")) >= _MIN_ALONE


def _letter_g(form: str, english: str) -> Iterator[str]:
    """غوغل جوجل قوقل: no letter of Arabic is the g of get.

    A name of one word gets the Egyptian ج only: with ق or ك many become everyday words.
    """
    if not re.search("g(?!h)", english) or not _is_long(form):
        return
    if "غ" in form:
        yield form.replace("غ", "ج")
        if " " in form:
            yield from (form.replace("غ", other) for other in "قك")
    elif "ج" in form and not _SOFT_G.search(english):
        yield form.replace("ج", "غ")


def _last_vowel(form: str, english: str) -> Iterator[str]:
    """بلينكن بلينكين, أوستن أوستين: a short vowel before the last n."""
    if not re.search(r"[ei]n$", english) or form.startswith("ال"):
        return  # اليمن is not اليمين
    if re.search(r"[^اويه ]ن$", form):
        other = form[:-1] + "ين"
    elif form.endswith("ين"):
        other = form[:-2] + "ن"
    else:
        return
    if _is_long(form) and _is_long(other):
        yield other


def _america(form: str, _: str) -> Iterator[str]:
    """أمريكا and أميركا, and what is derived from them."""
    yield form.replace("امريك", "اميرك")
    yield form.replace("اميرك", "امريك")


def _servant_and_father(form: str, _: str) -> Iterator[str]:
    """عبد الله and عبدالله, أبو ظبي and أبوظبي."""
    if "عبد" in form or " " in form:
        yield re.sub(r"\b(عبد|ابو|ابي|ابا) (?=\w)", r"\1", form)
        yield re.sub(r"\b(عبد)(?=ال\w)", r"\1 ", form)


def _glued_given_name(form: str, english: str) -> Iterator[str]:
    """شي جين بينغ and شي جينبينغ: a Chinese given name, one word in English."""
    words = form.split()
    if len(words) == len(english.split()) + 1 == 3:
        yield f"{words[0]} {words[1]}{words[2]}"


_RULES: tuple[Callable[[str, str], Iterator[str]], ...] = (
    _letter_g,
    _last_vowel,
    _america,
    _servant_and_father,
    _glued_given_name,
)
