"""Examples → spaCy's DocBin with every judged label explicit.

spaCy takes a missing key for "unknown" in the loss and in its scorer: a file that names only
the positive labels trains and scores as if there were no negative ones.
"""

from __future__ import annotations

from collections.abc import Iterable

from spacy.language import Language
from spacy.tokens import Doc, DocBin

from schemas.dataset import Example


def make_doc(nlp: Language, example: Example) -> Doc:
    """Return a Doc whose ``cats`` hold 1.0 for present, 0.0 for absent, nothing for not judged."""
    doc = nlp.make_doc(example.text)
    doc.cats = {issue: float(present) for issue, present in example.issues.items()}
    return doc


def doc_bin(nlp: Language, examples: Iterable[Example]) -> DocBin:
    """Return the examples as a DocBin, in their order."""
    return DocBin(docs=(make_doc(nlp, example) for example in examples), store_user_data=False)
