"""spaCy's Arabic tokenizer, with the punctuation that it leaves glued to words.

Blank ``ar`` keeps ``بكين».``, ``جدًا.`` and ``واشنطن،بكين`` whole, so that spans of whole words
do not align with tokens and are dropped in training.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.util import (
    compile_infix_regex,
    compile_prefix_regex,
    compile_suffix_regex,
    registry,
)

_ARABIC = "\u0621-\u064a\u064b-\u0652\u0670\u0671-\u06d3"
_OPEN, _CLOSE = r"«“‘‹\(\[\{\"'", r"»”’›\)\]\}\"'"
_STOPS = r"\.…!?؟،؛:"
_INVISIBLE = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
_PREFIXES = [rf"[{_OPEN}{_CLOSE}]", rf"[{_INVISIBLE}]", r"[–—\-](?=\D)"]
_SUFFIXES = [
    rf"(?<=[{_CLOSE}{_ARABIC}])[{_STOPS}]+",
    rf"(?<=\d)[{_STOPS}]",
    rf"[{_CLOSE}{_OPEN}]",
    rf"[{_INVISIBLE}]",
    r"[–—\-]",
]
_INFIXES = [
    rf"(?<=[{_ARABIC}])[{_STOPS}{_CLOSE}{_OPEN}/–—]+(?=\w)",
    rf"(?<=\w)[{_STOPS}{_CLOSE}{_OPEN}/–—]+(?=[{_ARABIC}])",
    rf"[{_CLOSE}]+[–—\-]*(?=\w)",
    rf"(?<=[{_ARABIC}])-(?=[{_ARABIC}])",
    rf"[{_INVISIBLE}]",
]


# Only what is plainly an address: spaCy's own pattern takes «قال.ثم» for one.
_URL = re.compile(
    r"^(?:(?:https?://|www\.)[^\s«»“”<>]+|[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
    r"|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?:/[^\s«»“”<>]*)?)$"
)


@registry.tokenizers("miyar.ArabicTokenizer.v1")  # type: ignore[untyped-decorator]  # spaCy's
def create_tokenizer() -> Callable[[Language], Tokenizer]:
    """Return what spaCy's config calls to make the tokenizer of a pipeline."""
    return _tokenizer


def _tokenizer(nlp: Language) -> Tokenizer:
    defaults = nlp.Defaults
    return Tokenizer(
        nlp.vocab,
        rules=defaults.tokenizer_exceptions,
        prefix_search=compile_prefix_regex([*(defaults.prefixes or ()), *_PREFIXES]).search,
        suffix_search=compile_suffix_regex([*(defaults.suffixes or ()), *_SUFFIXES]).search,
        infix_finditer=compile_infix_regex([*(defaults.infixes or ()), *_INFIXES]).finditer,
        token_match=defaults.token_match,
        url_match=_URL.match,
    )
