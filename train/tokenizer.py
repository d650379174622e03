"""A spaCy tokenizer that cuts wherever a span may begin or end, so that no span is lost.

spaCy keeps a span only when it begins and ends with tokens. Its own rules for Arabic leave
``بكين».``, ``واشنطن،بكين`` and ``3.5`` whole, and every further rule leaves something. Here the
tokens are those of ``schemas.text.whole_words``, which all spans obey: words, and the signs
between them. So 3.5 and an address of the Web are several tokens; Twitter in twitter.com is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from itertools import chain

from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.util import registry

from schemas.characters import JOINERS
from schemas.text import CLOSING

# Planes 0 and 1, and the variation selectors; the rest of Unicode has ideographs only.
_WITH_MARKS = (range(0x20000), range(0xE0100, 0xE01F0))


@registry.tokenizers("miyar.ArabicTokenizer.v1")  # type: ignore[untyped-decorator]  # spaCy's
def create_tokenizer() -> Callable[[Language], Tokenizer]:
    """Return what spaCy's config calls to make the tokenizer of a pipeline."""
    return _tokenizer


def _tokenizer(nlp: Language) -> Tokenizer:
    # Each infix becomes a token, and so does what stands between two. Since the pattern knows
    # every character but white space, where spaCy cuts by itself, its matches are the tokens.
    return Tokenizer(nlp.vocab, infix_finditer=_tokens().finditer)


@cache
def _tokens() -> re.Pattern[str]:
    r"""Return the pattern of a token: a word, a closing sign, or a run of any other sign.

    >>> [match.group() for match in _tokens().finditer("والصـين».هـ...")]
    ['والصـين', '»', '.', 'هـ', '...']
    """
    word = rf"\w{_marks()}"
    # A span may end after each closing sign: it takes those in that it opened.
    closing = re.escape(CLOSING + '"')
    return re.compile(rf"[{word}]+|[{closing}]|([^\s{word}])\1*")


def _marks() -> str:
    r"""Return what belongs to a word and is not ``\w``: combining marks, joiners; as ranges."""
    marks = {
        code for code in chain(*_WITH_MARKS) if unicodedata.category(chr(code)).startswith("M")
    }
    marks |= set(map(ord, JOINERS))
    firsts = sorted(code for code in marks if code - 1 not in marks)
    lasts = sorted(code for code in marks if code + 1 not in marks)
    return "".join(f"{chr(a)}-{chr(b)}" for a, b in zip(firsts, lasts, strict=True))
