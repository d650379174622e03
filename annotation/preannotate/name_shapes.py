"""What a word says about a name: given name, family name, unknown but name-like, or its end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property, lru_cache

from annotation.preannotate import name_words, plain_words
from schemas.text import fold


class Kind(StrEnum):
    """What a word is in a name."""

    GIVEN = "given"
    """A given name at home in Arabic, and nothing else."""
    FOREIGN = "foreign"
    """A given name of another language, and nothing else."""
    DOUBTFUL = "doubtful"
    """A given name that is another word too."""
    JOINED = "joined"
    """بن, آل, عبد and the like with what follows."""
    FAMILY = "family"
    """A family name with the article: it ends a name."""
    KNOWN = "known"
    """A person of the gazetteer."""
    UNKNOWN = "unknown"
    """Like no everyday word."""


_GIVEN = (Kind.GIVEN, Kind.FOREIGN, Kind.DOUBTFUL)
_SUFFIXES = ("وا", "ها", "هم", "هما", "نا", "تا", "ات", "ين", "ان", "ون", "ت", "ا", "ه", "ي")
_STEM_MIN = 3
_LONG_STEM = 4
_UNKNOWN_LENGTHS = range(3, 13)
_VERBAL = re.compile(
    "|".join(
        (
            r"ي.*",  # يلتقي
            r"ا(?:ست|[نلجعفقحرختكبشز]ت|ضط|صط|زد|ند|نس|نض|نط|نع|نف|نق|نه)...*",  # استقبل, اجتمع
            r"ا[^او]{2,4}ا(?:.ا?)?",  # اجراء, اتفاقا
            r"مت....*|م.*[اه]",  # متوجها, مشيرا, محاوله
            r".*(?:يا|تها|تهم|تنا|ييه)",  # رسميا, زيارتها
            r"(?:وال|لل|ال).*",  # والوفد, للقاء
            r"ت(?:[^شوياروم]|و[جلقاتصعفضخ]|ا[بسمكلر]|ر[اتج]|مك|ي).*",  # تسلم, توجه, تابع, تراجع
            r"ت..ي.",  # تمديد
            r"س[ين](?![لرمناو])..+|سي[تنعكق].+",  # سيزور, سنعود, but سيلفا
            r"ست(?![لرمناوي])..+|ست[تن].*",  # ستعقد, but ستراو
        )
    )
)
"""Shapes of verbs, participles and verbal nouns that no list holds all of."""
_ENDING = re.compile(r"....+(?:ات|يه|ته)|.+(?<!الل)ه")
"""Endings of everyday nouns, and of Arabic family names (عطية, جرادات)."""
_ATTACHED = re.compile(r"ل[^اوي].*|ب[^اويرلن].*|ف[^اويرلن].*|ك[^اويرلنس].*")
"""ل, ب, ف or ك followed by what rather begins a word of its own."""
_AND = re.compile(r"و(?!يل|ين[سغ]|ير[تم]|ونغ|ول[فس]|الت|الك|اتس|ايت|يت[مه]).*")
_FEMININE_OR_PLURAL = re.compile(r".*(?:ات|ين|ون|ه|اء)")


COMPOUND = ("الدين", "الاسلام")
"""What makes a compound name of the word before: زين الدين."""
_GLUED = re.compile(r"عبدال...*|ابو(?!ظبي|جا).{3,}|(?:نصر|جار|فتح|فضل|خلف|عطا|سعد|رزق|ضيف)الله")
OF_GOD = frozenset({"نصر", "جار", "فتح", "فضل", "خلف", "عطا", "سعد", "رزق", "ضيف", "شكر", "هبه"})


def _folded(words: str) -> frozenset[str]:
    # A word of a list may hold a blank, written as _: آية_الله.
    return frozenset(word.replace("_", " ") for word in fold(words).text.split())


HEADS_COMPOUND = _folded(name_words.HEADS_COMPOUND)
"""Words of which الدين or الإسلام makes a name."""


@dataclass(frozen=True)
class Shapes:
    """The word lists, folded, and the questions put to them."""

    arabic: frozenset[str]
    foreign: frozenset[str]
    doubtful: frozenset[str]
    joiners: frozenset[str]
    foreign_joiners: frozenset[str]
    surnames: frozenset[str]
    ordinals: frozenset[str]
    titles: frozenset[str]
    weak: frozenset[str]
    offices: frozenset[str]
    strong_offices: frozenset[str]
    office_words: frozenset[str]
    adjectives: frozenset[str]
    particles: frozenset[str]
    plain: frozenset[str]
    definite: frozenset[str]
    places: frozenset[str]

    @cached_property
    def given(self) -> frozenset[str]:
        """All given names."""
        return self.arabic | self.foreign | self.doubtful

    @cached_property
    def sure(self) -> frozenset[str]:
        """Given names that are nothing else."""
        return self.arabic | self.foreign

    @property
    def starters(self) -> frozenset[str]:
        """What else may begin a name: عبد الله, أبو مازن."""
        return frozenset({"عبد", "ابو", "ابي"})

    def kind(self, word: str, before: Sequence[Kind], *, sure: bool) -> Kind | None:
        """Return what ``word`` is after words of these kinds; ``None`` when it ends the name."""
        if word in self.joiners:
            return Kind.JOINED
        if word in self.foreign_joiners and set(before) & {Kind.FOREIGN, Kind.UNKNOWN}:
            return Kind.JOINED
        if word in COMPOUND and before and before[-1] in (*_GIVEN, Kind.UNKNOWN):
            return Kind.GIVEN
        if sure and before and word in self.ordinals:
            return Kind.FAMILY  # a king's or pope's number
        if word in self.doubtful:
            plain = word in self.plain and not before and not sure and word != "علي"
            return None if plain else Kind.DOUBTFUL
        if word in self.arabic or _GLUED.fullmatch(word):
            return Kind.GIVEN
        if word in self.foreign:
            return Kind.FOREIGN
        if word.startswith("ال"):
            return self._family(word, before, sure=sure)
        if not before and not sure:
            return None
        return Kind.UNKNOWN if self._may_follow(word, before, sure=sure) else None

    def _may_follow(self, word: str, before: Sequence[Kind], *, sure: bool) -> bool:
        if not self.may_be_name(word) or _ATTACHED.fullmatch(word):
            return False
        if word.endswith("ت") and before and before[-1] not in (Kind.FOREIGN, Kind.UNKNOWN):
            return False  # سارعت
        if word[1:3] == "ال" and not set(before) & {Kind.FOREIGN, Kind.UNKNOWN}:
            return False  # بالقرار, but كالديرون
        arabic = sure and len(before) == 1 and before[0] in (Kind.GIVEN, Kind.JOINED)
        return arabic or not _ENDING.fullmatch(word)

    def _family(self, word: str, before: Sequence[Kind], *, sure: bool) -> Kind | None:
        if not before:
            return Kind.FAMILY if sure and word in self.surnames else None
        if before[-1] is Kind.KNOWN and word not in self.surnames:
            return None
        if before[-1] is Kind.UNKNOWN and before[0] not in (Kind.GIVEN, Kind.JOINED):
            return Kind.FAMILY if word in self.surnames else None
        several = sum(kind in (*_GIVEN, Kind.JOINED) for kind in before) > 1
        if several and word.endswith("ي") and len(word) > _LONG_STEM and word in self.definite:
            return Kind.FAMILY  # محمد سعيد الكندي
        if word in self.surnames or self._is_nisba(word):
            return Kind.FAMILY
        # الدرة, الجلاد: only right after given names of which one is Arabic.
        known = sure or bool({Kind.GIVEN, Kind.JOINED} & set(before))
        arabic = before[-1] in (Kind.GIVEN, Kind.JOINED, Kind.DOUBTFUL) and known
        return Kind.FAMILY if arabic and self.may_be_family(word) else None

    def _is_nisba(self, word: str) -> bool:
        return word.endswith("ي") and len(word) > _LONG_STEM and self.may_be_family(word)

    def may_be_family(self, word: str) -> bool:
        """Tell whether a word with the article is no everyday word."""
        if not word.startswith("ال") or len(word) <= _LONG_STEM or word in self.definite:
            return False
        listed = word in self.adjectives or word in self.titles or word in self.weak
        stem = word[2:]
        if stem.startswith(("مت", "مست")) and not stem.endswith("ي"):
            return False  # المتقدم, المستفيد: participles
        return not (listed or stem in self.plain or _FEMININE_OR_PLURAL.fullmatch(stem))

    def may_be_name(self, word: str) -> bool:
        """Tell whether a word without the article is like no everyday word."""
        return _may_be_name(word)

    def is_plain(self, word: str) -> bool:
        """Tell whether a word is an everyday one, with or without endings and proclitics."""
        return _is_plain(word)

    def is_adjective(self, word: str) -> bool:
        """Tell whether a word may stand between a title and the name."""
        return word in self.adjectives or (
            word.startswith(("ال", "وال"))
            and word.endswith(("ي", "يه"))
            and word not in ("التي", "الذي", "الي", "والتي", "والذي")
        )

    def is_of_office(self, word: str) -> bool:
        """Tell whether a word may belong to an office: رئيس [مجلس الوزراء] X."""
        return (
            word in self.office_words
            or word in self.adjectives
            or word in self.titles
            or (word.startswith(("ال", "وال", "لل", "بال", "ولل")) and len(word) > _LONG_STEM)
            or (word.startswith("ل") and word[1:] in self.office_words)
        ) and word not in ("الذي", "التي", "الي", "الان", "اليوم")


@cache
def shapes() -> Shapes:
    """Compile the word lists once."""
    doubtful = _folded(name_words.DOUBTFUL_GIVEN)
    foreign = _folded(name_words.FOREIGN_GIVEN) - doubtful
    arabic = _folded(name_words.ARABIC_GIVEN) | _folded(name_words.ARTICLE_GIVEN)
    arabic |= {f"عبد{name}" for name in _folded(name_words.GOD_GIVEN)}
    lists = (plain_words.PARTICLES, plain_words.VERBS, plain_words.NOUNS)
    return Shapes(
        arabic=arabic - doubtful,
        foreign=foreign - arabic,
        doubtful=doubtful,
        joiners=_folded(name_words.JOINERS),
        foreign_joiners=_folded(name_words.FOREIGN_JOINERS),
        ordinals=_folded("الأول الثاني الثالث الرابع الخامس السادس السابع الثامن التاسع العاشر"),
        surnames=_folded(name_words.SURNAMES),
        titles=_folded(name_words.TITLES),
        weak=_folded(name_words.WEAK_TITLES),
        offices=_folded(name_words.OFFICES),
        strong_offices=_folded(name_words.STRONG_OFFICES),
        office_words=_folded(name_words.OFFICE_WORDS),
        adjectives=_folded(name_words.ADJECTIVES),
        particles=_folded(plain_words.PARTICLES) - {"علي"},
        plain=frozenset().union(*map(_folded, lists)),
        definite=_folded(plain_words.DEFINITE),
        places=_folded(name_words.PLACES) | _folded(name_words.ADMINISTRATIONS),
    )


# Words come again and again: the answers that depend on the word alone are kept.
@lru_cache(maxsize=1 << 16)
def _may_be_name(word: str) -> bool:
    if len(word) not in _UNKNOWN_LENGTHS or _is_plain(word):
        return False
    lists = shapes()
    listed = word in lists.titles or word in lists.weak or word in lists.offices
    return not (listed or _VERBAL.fullmatch(word) or _AND.fullmatch(word))


@lru_cache(maxsize=1 << 16)
def _is_plain(word: str) -> bool:
    if _has_stem(word):
        return True
    stem = word[1:]
    if word[:1] in ("و", "ف", "ل", "س"):
        return len(stem) >= _STEM_MIN and _has_stem(stem)
    return word[:1] in ("ب", "ك") and len(stem) >= _LONG_STEM and _has_stem(stem)


def _has_stem(word: str) -> bool:
    plain = shapes().plain
    if word in plain:
        return True
    stems = (word[: -len(end)] for end in _SUFFIXES if word.endswith(end))
    return any(len(stem) >= _STEM_MIN and stem in plain for stem in stems)
