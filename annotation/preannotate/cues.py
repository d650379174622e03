"""The codebook's cue terms → issue scores, each with the place that earned it.

One strong cue makes an issue present, or two different weak ones.
"""

from __future__ import annotations

from schemas.annotation import Evidence
from schemas.codebook import Codebook
from schemas.cues import STRONG, CueMatcher
from schemas.text import Folded

THRESHOLD = 0.5
STRONG_SCORE, TWO_WEAK_SCORE, ONE_WEAK_SCORE = 0.9, 0.6, 0.3


class CueScorer:
    """The cues of a codebook, compiled once."""

    def __init__(self, codebook: Codebook) -> None:
        self._issues = codebook.issue_ids
        self._matcher = CueMatcher({issue.id: issue.cues for issue in codebook.issues})

    def score(self, text: str, folded: Folded) -> tuple[dict[str, float], list[Evidence]]:
        """Return a score for every issue, and the evidence in text order."""
        evidence = self._matcher.find(text, folded)
        scores = dict.fromkeys(self._issues, 0.0)
        for issue in self._issues:
            reasons = {found.reason for found in evidence if found.issue == issue}
            if any(reason.startswith(STRONG) for reason in reasons):
                scores[issue] = STRONG_SCORE
            elif reasons:
                scores[issue] = TWO_WEAK_SCORE if len(reasons) > 1 else ONE_WEAK_SCORE
        return scores, evidence
