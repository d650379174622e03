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

from pydantic import Field

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

    id: str = Field(pattern=r"^[a-z0-9_.]+$")
    """An id for a gazetteer entry to begin with, which no entry or other suggestion has."""
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
        own = fold_name(self.text)
        return Entry(
            id=self.id,
            label=self.label,
            name=Bilingual(ar=self.text, en=_roman(self.text, self.spellings)),
            variants=tuple(form for form in self.spellings if fold_name(form) != own),
        )


@dataclass
class _Candidate:
    """What was seen of one folded string."""

    forms: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    evidence: Counter[Evidence] = field(default_factory=Counter)
    passages: dict[str, str] = field(default_factory=dict)
    """Passage id → article id, of every passage where it stands."""
    places: set[tuple[str, int]] = field(default_factory=set)
    """Passage id and folded end of every place: the same for a full name and its surname."""
    with_article: int = 0

    @property
    def count(self) -> int:
        """How often it stands in the workspace."""
        return len(self.places)

    def add(self, mention: Mention) -> None:
        self.forms[mention.text] += 1
        self.labels[mention.label] += 1
        self.evidence[mention.evidence] += 1

    def take_in(self, other: _Candidate) -> None:
        """Add another spelling of the same name."""
        self.forms += other.forms
        self.labels += other.labels
        self.evidence += other.evidence
        self.passages |= other.passages
        self.places |= other.places


def suggest(
    passages: Sequence[Passage],
    known: Iterable[Sequence[Span]],
    *,
    labels: Sequence[str],
    least: int = LEAST_PASSAGES,
    entries: Iterable[Entry] = (),
) -> list[Suggestion]:
    """Return suggestions, the highest score first; equal scores by text.

    Args:
        passages: of a workspace.
        known: the spans of the gazetteer in each passage, in the same order.
        labels: the codebook's; others are not suggested.
        least: in how many passages a name must stand.
        entries: of the gazetteer; their forms are not suggested, their ids not given again.
    """
    entries = tuple(entries)
    owned = {fold_name(f).strip() for e in entries for f in (*e.plain_forms(), *e.ambiguous)}
    found: defaultdict[str, _Candidate] = defaultdict(_Candidate)
    for passage, spans in zip(passages, known, strict=True):
        for mention in mentions(passage.text, fold(passage.text), spans):
            key = fold_name(mention.text).strip()
            if key and key not in owned and mention.label in labels:
                found[key].add(mention)
    _count(passages, found)
    candidates = {key: seen for key, seen in found.items() if not _is_everyday(key, seen)}
    merged = [seen for seen in _merged(candidates) if len(seen.passages) >= least]
    merged.sort(key=lambda seen: (-_score(seen), _forms(seen)[0]))
    taken = {entry.id for entry in entries}
    return [_suggestion(seen, taken) for seen in merged]


def _roman(text: str, spellings: Sequence[str]) -> str:
    """Return a name in Latin letters: as the texts write it, or else roughly."""
    return next((form for form in (text, *spellings) if form.isascii()), romanise(text))


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
            seen.places.add((passage.id, hit.end))
            seen.passages[passage.id] = passage.article_id


def _is_everyday(key: str, seen: _Candidate) -> bool:
    """Tell whether a candidate is an everyday word of this workspace rather than a name."""
    evident = sum(seen.evidence.values())
    lists = shapes()
    if all(lists.is_plain(word) or word in lists.definite for word in key.split()):
        return True
    if _in_one_word(key) in lists.given:  # nobody in particular
        return True
    if " " in key or key.isascii():
        return not re.search(r"[^\W\d_]", key)
    return seen.with_article >= evident or evident < _LEAST_SHARE * seen.count


def _merged(candidates: dict[str, _Candidate]) -> list[_Candidate]:
    """Join the spellings of one name, and a surname with the only full name that ends in it."""
    kept: dict[str, _Candidate] = {}
    groups: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    """Label and skeleton → the keys that are kept and have them."""
    for key in sorted(candidates, key=lambda key: (-candidates[key].count, key)):
        group = groups[_label(candidates[key]), *_skeleton(key)]
        same = next((other for other in group if _is_spelling(key, other)), None)
        if same is None:
            group.append(key)
            kept[key] = candidates[key]
        else:
            kept[same].take_in(candidates[key])
    by_surname: defaultdict[str, list[str]] = defaultdict(list)
    for (label, *words), keys in groups.items():
        if label == PERSON and len(words) > 1:
            by_surname[words[-1]].extend(keys)
    for surname, full in by_surname.items():
        for key in groups.get((PERSON, surname), ()):
            last = [k for k in full if _is_spelling(key, _in_one_word(k).split()[-1])]
            if len(last) == 1:
                kept[last[0]].take_in(kept.pop(key))
    return list(kept.values())


def _in_one_word(key: str) -> str:
    """Return a name with عبد and أبو written to the word they need."""
    return re.sub(r"\b(عبد|ابو) (?=\w)", r"\1", key)


def _is_spelling(one: str, other: str) -> bool:
    """Tell whether names of the same skeleton differ in no word by more than one letter."""
    pairs = zip(_in_one_word(one).split(), _in_one_word(other).split(), strict=True)
    return all(_are_near(a.translate(_ALIKE), b.translate(_ALIKE)) for a, b in pairs)


def _are_near(one: str, other: str) -> bool:
    """Tell whether one letter changed, added or left out makes one word of the other."""
    short, long = sorted((one, other), key=len)
    same = next((n for n, letter in enumerate(short) if letter != long[n]), len(short))
    rest = short[same + 1 :] if len(short) == len(long) else short[same:]
    return len(long) - len(short) <= 1 and rest == long[same + 1 :]


def _skeleton(key: str) -> tuple[str, ...]:
    """Return what transliterations of a name share: its consonants, like ones made one.

    Arabic names keep their vowels, which tell them apart (محمد محمود, السالم السلمي).
    """
    lists = shapes()
    skeleton = []
    for word in _in_one_word(key).split():
        bones = re.sub(r"(.)\1+", r"\1", _VOWELS.sub("", word.translate(_ALIKE)))
        arabic = word.startswith("ال") or word in lists.arabic or word in lists.doubtful
        skeleton.append(word if arabic or len(bones) < _SKELETON_MIN else bones)
    return tuple(skeleton)


def _label(seen: _Candidate) -> str:
    return min(seen.labels, key=lambda label: (-seen.labels[label], label))


def _forms(seen: _Candidate) -> list[str]:
    """Return the forms as written: a full name before its surname, then the most usual."""
    return sorted(
        seen.forms,
        key=lambda form: (" " not in _in_one_word(fold_name(form)), -seen.forms[form], form),
    )


def _score(seen: _Candidate) -> float:
    share = min(1.0, sum(seen.evidence.values()) / max(seen.count, 1))
    kinds = 1 + (len(seen.evidence) - 1) / 2
    return round(log2(1 + len(seen.passages)) * kinds * sqrt(share), 4)


def _suggestion(seen: _Candidate, taken: set[str]) -> Suggestion:
    """Return the suggestion; its id is one more taken."""
    forms, label = _forms(seen), _label(seen)
    return Suggestion(
        id=_free_id(label, _roman(forms[0], forms[1:]), taken),
        text=forms[0],
        label=label,
        score=_score(seen),
        count=seen.count,
        passages=len(seen.passages),
        articles=len(set(seen.passages.values())),
        evidence={kind.value: number for kind, number in sorted(seen.evidence.items())},
        spellings=tuple(forms[1:]),
        examples=tuple(list(seen.passages)[:_EXAMPLES]),
    )


def _free_id(label: str, roman: str, taken: set[str]) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", roman.lower()).strip("_") or "name"
    free = first = f"{label.lower()}.{slug}"
    number = 2
    while free in taken:
        free, number = f"{first}_{number}", number + 1
    taken.add(free)
    return free
