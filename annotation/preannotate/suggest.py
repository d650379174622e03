"""Passages with their known entities → frequent strings that look like names nobody knows yet.

People look through the list and grow the gazetteer with it. A suggestion scores

    log2(1 + passages) * (1 + (kinds of evidence - 1) / 2) * sqrt(evident / count)

where ``count`` is how often the string stands in the workspace at all and ``evident`` how often
it looked like a name there. Left out: what stands in fewer passages than asked for, everyday
words (most often without any evidence, or as often with the article), and what is known.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log2, sqrt

from annotation.preannotate.evidence import Evidence, Mention, mentions
from annotation.preannotate.gazetteer import Entry
from annotation.preannotate.name_shapes import shapes
from annotation.preannotate.names import LABEL as PERSON
from schemas.article import Passage, Span
from schemas.codebook import Bilingual
from schemas.lexicon import Form, Lexicon
from schemas.record import Record
from schemas.text import fold, fold_name

LEAST_PASSAGES = 2
_LEAST_SHARE = 0.15
"""Least share of a word's occurrences that must look like a name."""
_EXAMPLES = 3
_SKELETON_MIN = 4
"""Consonants that a word needs before another one with the same counts as its spelling."""
# Letters that transliterations exchange, and the vowels that come and go.
_ALIKE = str.maketrans({"ج": "غ", "ق": "غ", "ك": "غ", "گ": "غ", "ث": "ت", "ط": "ت", "ظ": "ز"})
_VOWELS = re.compile("[اويه ]")
_ROMAN = dict(
    zip(
        "ابتثجحخدذرزسشصضطظعغفقكلمنهويء",
        [
            *("a", "b", "t", "th", "j", "h", "kh", "d", "dh", "r", "z", "s", "sh", "s", "d", "t"),
            *("z", "a", "gh", "f", "q", "k", "l", "m", "n", "h", "u", "i", ""),
        ],
        strict=True,
    )
)


class Suggestion(Record):
    """A string that looks like the name of something the gazetteer does not hold."""

    text: str
    """Its most usual form, without proclitics."""
    label: str
    """The label that most of the evidence speaks for."""
    score: float
    count: int
    """How often it stands in the workspace, with proclitics and in its other spellings too."""
    passages: int
    articles: int
    evidence: dict[str, int]
    """How often each kind of evidence was seen; see :class:`Evidence`."""
    spellings: tuple[str, ...] = ()
    """Other forms as written: same when folded, or alike as transliterations are."""
    examples: tuple[str, ...]
    """Ids of passages to look at."""

    def entry(self) -> Entry:
        """Return a gazetteer entry to begin with: its id and English name want a human's eye."""
        latin = [form for form in (self.text, *self.spellings) if form.isascii()]
        roman = latin[0] if latin else romanise(self.text)
        slug = re.sub(r"[^a-z0-9]+", "_", roman.lower()).strip("_") or "name"
        return Entry(
            id=f"{self.label.lower()}.{slug}",
            label=self.label,
            name=Bilingual(ar=self.text, en=roman),
            variants=tuple(form for form in self.spellings if fold_name(form) != self._folded),
        )

    @property
    def _folded(self) -> str:
        return fold_name(self.text)


@dataclass
class _Candidate:
    """What was seen of one folded string."""

    forms: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    evidence: Counter[Evidence] = field(default_factory=Counter)
    places: dict[str, str] = field(default_factory=dict)
    """Passage id → article id, of every place where it stands."""
    count: int = 0
    with_article: int = 0

    def add(self, mention: Mention) -> None:
        self.forms[mention.text] += 1
        self.labels[mention.label] += 1
        self.evidence[mention.evidence] += 1

    def take_in(self, other: _Candidate) -> None:
        """Add another spelling of the same name."""
        self.forms += other.forms
        self.labels += other.labels
        self.evidence += other.evidence
        self.places |= other.places
        self.count += other.count


def suggest(
    passages: Sequence[Passage],
    known: Iterable[Sequence[Span]],
    *,
    labels: Sequence[str],
    least: int = LEAST_PASSAGES,
) -> list[Suggestion]:
    """Return suggestions, the highest score first; equal scores by text.

    Args:
        passages: of a workspace.
        known: the spans of the gazetteer in each passage, in the same order.
        labels: the codebook's; others are not suggested.
        least: in how many passages a name must stand.
    """
    found: defaultdict[str, _Candidate] = defaultdict(_Candidate)
    for passage, spans in zip(passages, known, strict=True):
        for mention in mentions(passage.text, fold(passage.text), spans):
            if mention.label in labels and (key := fold_name(mention.text).strip()):
                found[key].add(mention)
    _count(passages, found)
    candidates = {key: seen for key, seen in found.items() if not _is_everyday(key, seen)}
    suggestions = [_suggestion(seen) for seen in _merged(candidates) if len(seen.places) >= least]
    return sorted(suggestions, key=lambda s: (-s.score, s.text))


def romanise(text: str) -> str:
    """Write Arabic letters in Latin ones, roughly; only good for an id to begin with.

    >>> romanise("كوليبا")
    'Kuliba'
    """
    letters = "".join(_ROMAN.get(letter, letter) for letter in fold_name(text))
    return " ".join(word.capitalize() for word in letters.split())


def _count(passages: Sequence[Passage], found: dict[str, _Candidate]) -> None:
    """Count all occurrences of the candidates, evident or not."""
    keys = list(found)
    lexicon = Lexicon(Form(key, number, article=True) for number, key in enumerate(keys))
    for passage in passages:
        folded = fold(passage.text)
        for hit in {(h.key, h.start, h.end): h for h in lexicon.find(folded)}.values():
            key = keys[hit.key]
            before = folded.text[hit.start : hit.end].removesuffix(key)
            seen = found[key]
            if before.endswith(("ال", "لل")) and not key.startswith("ال"):
                seen.with_article += 1
                continue
            seen.count += 1
            seen.places[passage.id] = passage.article_id


def _is_everyday(key: str, seen: _Candidate) -> bool:
    """Tell whether a candidate is an everyday word of this workspace rather than a name."""
    evident = sum(seen.evidence.values())
    lists = shapes()
    if all(lists.is_plain(word) or word in lists.definite for word in key.split()):
        return True
    if " " in key or key.isascii():
        return not re.search(r"[^\W\d_]", key)
    if key in lists.given:  # nobody in particular
        return True
    return seen.with_article >= evident or evident < _LEAST_SHARE * seen.count


def _merged(candidates: dict[str, _Candidate]) -> list[_Candidate]:
    """Join the spellings of one name, and a surname with the only full name that ends in it."""
    kept: dict[tuple[str, ...], _Candidate] = {}
    for key in sorted(candidates, key=lambda key: (-candidates[key].count, key)):
        seen = candidates[key]
        alike = (_label(seen), *_skeleton(key))
        if alike in kept:
            kept[alike].take_in(seen)
        else:
            kept[alike] = seen
    by_surname: defaultdict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
    for label, *words in kept:
        if label == PERSON and len(words) > 1:
            by_surname[label, words[-1]].append((label, *words))
    for surname, full in by_surname.items():
        if len(full) == 1 and surname in kept:
            kept[full[0]].take_in(kept.pop(surname))
    return list(kept.values())


def _skeleton(key: str) -> tuple[str, ...]:
    """Return what transliterations of a name share: its consonants, like ones made one.

    Arabic names keep their vowels, which tell them apart (محمد محمود, السالم السلمي).
    """
    lists = shapes()
    skeleton = []
    for word in re.sub(r"\b(عبد|ابو) (?=\w)", r"\1", key).split():
        bones = re.sub(r"(.)\1+", r"\1", _VOWELS.sub("", word.translate(_ALIKE)))
        arabic = word.startswith("ال") or word in lists.arabic or word in lists.doubtful
        skeleton.append(word if arabic or len(bones) < _SKELETON_MIN else bones)
    return tuple(skeleton)


def _label(seen: _Candidate) -> str:
    return min(seen.labels, key=lambda label: (-seen.labels[label], label))


def _suggestion(seen: _Candidate) -> Suggestion:
    # A full name before its surname alone, then the most usual form.
    forms = sorted(seen.forms, key=lambda form: (" " not in form, -seen.forms[form], form))
    evident = sum(seen.evidence.values())
    share = min(1.0, evident / max(seen.count, 1))
    kinds = 1 + (len(seen.evidence) - 1) / 2
    return Suggestion(
        text=forms[0],
        label=_label(seen),
        score=round(log2(1 + len(seen.places)) * kinds * sqrt(share), 4),
        count=seen.count,
        passages=len(seen.places),
        articles=len(set(seen.places.values())),
        evidence={kind.value: number for kind, number in sorted(seen.evidence.items())},
        spellings=tuple(forms[1:]),
        examples=tuple(list(seen.places)[:_EXAMPLES]),
    )
