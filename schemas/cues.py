"""The codebook's cue terms: where in a text each of them stands.

A term is written without proclitics and without the article on its first word; both are seen
through. One that begins with ال is found with it only (التقى is no noun). ``term*`` lets its last
word end in any way; ``a & b`` asks for both in one sentence.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from schemas.annotation import Evidence
from schemas.codebook import Cues
from schemas.lexicon import Form, Lexicon
from schemas.sentences import sentences
from schemas.text import Folded

STRONG, WEAK = "strong", "weak"


@dataclass(frozen=True, slots=True)
class _Cue:
    issue: str
    strength: str
    text: str
    parts: int

    @property
    def reason(self) -> str:
        return f"{self.strength}:{self.text}"


class CueMatcher:
    """Cue terms of some issues, compiled once."""

    def __init__(self, cues: Mapping[str, Cues]) -> None:
        self._cues: list[_Cue] = []
        self._parts: list[tuple[int, int]] = []
        forms = []
        for issue, terms in cues.items():
            for strength, texts in ((STRONG, terms.strong), (WEAK, terms.weak)):
                for text in texts:
                    pieces = [piece.strip() for piece in text.split("&")]
                    for number, piece in enumerate(pieces):
                        form = piece.removesuffix("*")
                        forms.append(
                            Form(form, len(self._parts), article=True, open_end=piece[-1:] == "*")
                        )
                        self._parts.append((len(self._cues), number))
                    self._cues.append(_Cue(issue, strength, text, len(pieces)))
        self._lexicon = Lexicon(forms)

    def find(self, text: str, folded: Folded) -> list[Evidence]:
        """Return every cue found, in text order; ``reason`` is ``strong:term`` or ``weak:term``.

        ``folded`` is the fold of ``text``. A pair of terms is placed at its first term.
        """
        starts = [start for start, _ in sentences(text)]
        found: dict[int, dict[int, dict[int, tuple[int, int]]]] = defaultdict(
            lambda: defaultdict(dict)
        )
        for hit in self._lexicon.find(folded):
            place = folded.to_raw(hit.start, hit.end)
            number, part = self._parts[hit.key]
            found[number][bisect_right(starts, place[0])].setdefault(part, place)
        evidence = []
        for number, by_sentence in found.items():
            cue = self._cues[number]
            for parts in by_sentence.values():
                if len(parts) == cue.parts:
                    start, end = parts[0]
                    evidence.append(
                        Evidence(
                            issue=cue.issue,
                            start=start,
                            end=end,
                            reason=cue.reason,
                        )
                    )
        return sorted(evidence, key=lambda e: (e.start, e.end, e.issue, e.reason))
