"""Names of people by rules, where the gazetteer knows the surname only or nobody at all.

A name is read after a title (الرئيس الصيني السابق X, وزير الخارجية X) or from a given name on
(محمد X), word by word until a word that ends it. Titles stay outside the span, attached و ف ب ل ك
inside. Only spans that a name surely fills are returned: rather none than a wrong one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import ahocorasick_rs

from annotation.preannotate.name_shapes import (
    COMPOUND,
    HEADS_COMPOUND,
    OF_GOD,
    Kind,
    Shapes,
    shapes,
)
from annotation.preannotate.name_text import Word, Words
from schemas.article import Span
from schemas.text import Folded, whole_words

LABEL = "PERSON"
_MOST_WORDS = 5
_MOST_OF_OFFICE = 7
"""How many words may stand between the head of an office and the name."""
_MOST_JOINERS = 3
"""How many joiners may follow one another: بن أبي عبد الله."""
_SURNAME_MIN = 4
_FINAL_ALIF = re.compile(r"ى(?!\w)")
_PROCLITICS = ("", "و", "ل", "ب", "ف", "ول", "وب")
_LONGEST_PROCLITIC = max(map(len, _PROCLITICS))
_GIVEN = (Kind.GIVEN, Kind.DOUBTFUL, Kind.JOINED)


@dataclass(frozen=True, slots=True)
class _Name:
    """A name as read: folded offsets, and what kinds of words it is made of."""

    start: int
    end: int
    kinds: tuple[Kind, ...]
    last: str


def names(text: str, folded: Folded, known: Sequence[Span]) -> list[Span]:
    """Return people's names in a text that ``known`` does not hold already.

    Args:
        text: as stored.
        folded: its fold.
        known: spans of the gazetteer, overlapping ones too. A name may take in a known person,
            and is linked to the one it begins with: what stands before a known surname may be
            somebody else's given name. It never takes in a known place or organisation.

    Returns:
        PERSON spans over whole words; they may overlap known ones, which are shorter then.
    """
    people: defaultdict[int, dict[int, Span]] = defaultdict(dict)
    for span in known:
        if span.label == LABEL:
            people[span.start].setdefault(span.end, span)
    reader = _Reader(text, folded, known)
    found: dict[tuple[int, int], Span] = {}
    for name in reader.read():
        start, end = whole_words(text, *folded.to_raw(name.start, name.end))
        begun = people.get(start, {})
        if start < end and end not in begun:
            longest = max((stop for stop in begun if stop < end), default=None)
            entity = None if longest is None else begun[longest].entity_id
            found[start, end] = Span(start=start, end=end, label=LABEL, entity_id=entity)
    return [found[place] for place in sorted(found)]


@cache
def _automaton() -> tuple[ahocorasick_rs.AhoCorasick, list[tuple[str, bool]]]:
    """Return what finds titles and given names, and for each pattern the word it is of."""
    lists = shapes()
    words = [(word, True) for word in sorted(lists.titles | lists.weak | lists.offices)]
    words += [(word, False) for word in sorted(lists.given | lists.starters)]
    forms: dict[str, tuple[str, bool]] = {}
    for word, is_title in words:
        for before in _PROCLITICS:
            forms.setdefault(f" {before}{word}", (word, is_title))
            if is_title and word.startswith("ال") and before[-1:] == "ل":
                forms.setdefault(f" {before}{word[1:]}", (word, True))
    return ahocorasick_rs.AhoCorasick(list(forms), store_patterns=False), list(forms.values())


class _Reader:
    """Reads the names of one text."""

    def __init__(self, text: str, folded: Folded, known: Sequence[Span]) -> None:
        self._raw, self._folded, self._text = text, folded, folded.text
        self._shapes: Shapes = shapes()
        self._words = Words(text, folded)
        self._has_final_alif = _FINAL_ALIF.search(text) is not None
        self._people: dict[int, int] = {}
        self._others: dict[int, int] = {}
        for span in known:
            start, end = folded.from_raw(span.start), folded.from_raw(span.end)
            if span.label == LABEL:
                self._people[start] = max(end, self._people.get(start, 0))
            elif self._text[start:end] not in self._shapes.sure:  # كلاوس is not «like Laos»
                self._others[start] = max(end, self._others.get(start, 0))

    def read(self) -> list[_Name]:
        """Return the names in text order, and later mentions of their surnames."""
        found: list[_Name] = []
        done = 0
        for start, end, word, is_title in sorted(self._anchors()):
            if start < done:
                continue
            name = self._after_title(start, end, word) if is_title else self._by_given(start, word)
            if name and self._words.is_whole(name.start, name.end):
                done = name.end
                if not self._names_a_place(start):
                    found.append(name)
        return found + list(self._again(found))

    def _anchors(self) -> Iterator[tuple[int, int, str, bool]]:
        automaton, words = _automaton()
        # One blank more in front, so that every word begins after one.
        padded = " " + self._text.replace("(", " ").replace("-", " ")
        for index, start, end in automaton.find_matches_as_indexes(padded, overlapping=True):
            if end == len(padded) or not padded[end].isalnum():
                word, is_title = words[index]
                yield start, end - 1, word, is_title

    def _names_a_place(self, start: int) -> bool:
        """Tell whether the name is part of another one: جامعة الملك سعود, إدارة بايدن."""
        before, places = self._words.before(start), self._shapes.places
        return before in places or before[1:] in places

    def _after_title(self, start: int, end: int, title: str) -> _Name | None:
        """Read the name after a title, past what belongs to the title."""
        lists = self._shapes
        is_office = title in lists.offices
        at, passed = self._past_office(end) if is_office else self._past_title(end)
        if at is None or (is_office and not passed):
            return None
        sure = title in lists.strong_offices if is_office else title not in lists.weak
        # «وزير الخارجية في بغداد X»: after a preposition only what is known for a name.
        sure = sure and self._words.before(at) not in ("في", "لدي")
        name = self._name(at, sure=sure)
        if name is None or sure:
            return name
        alone = len(name.kinds) == 1
        return None if alone and name.kinds[0] not in (Kind.GIVEN, Kind.FOREIGN) else name

    def _past_title(self, end: int) -> tuple[int | None, int]:
        """Return where the name may begin: past adjectives, further titles, «باسم …»."""
        at, lists, passed = self._words.after(end), self._shapes, 0
        while at is not None and passed < _MOST_OF_OFFICE:
            word = self._words.at(at)
            if word is None or at in self._people:
                break
            if word.text == "باسم" or word.text.startswith("لل"):
                return self._past_office(word.end)
            is_title = word.text in lists.titles
            if not (is_title or lists.is_adjective(word.text)):
                break
            if word.text in lists.surnames and not is_title and passed:
                break
            at, passed = self._words.after(word.end), passed + 1
        return at, passed

    def _past_office(self, end: int) -> tuple[int | None, int]:
        """Return where the name may begin: past the words that belong to an office."""
        at, lists, passed = self._words.after(end), self._shapes, 0
        while at is not None and passed < _MOST_OF_OFFICE and at not in self._people:
            if at in self._others:
                at, passed = self._words.after(self._others[at]), passed + 1
                continue
            word = self._words.at(at)
            # A title inside (نائب الرئيس X) is read when its turn comes.
            if word is None or word.text in lists.titles or not lists.is_of_office(word.text):
                break
            at, passed = self._words.after(word.end), passed + 1
        return at, passed

    def _by_given(self, start: int, given: str) -> _Name | None:
        """Read a name that begins with a given name, without any title."""
        lists = self._shapes
        word = self._words.at(start)
        if word is None or self._words.after(word.end) is None:
            return None
        if start in self._others or start in self._people:
            return None
        name = self._name(start, sure=False, first=given)
        if name is None or name.kinds == (Kind.JOINED,):
            # عبد الله alone is a name, أبو مازن too, أبو ظبي and «أبو الفقراء» are none.
            of_god = name is not None and "عبد ال" in self._text[name.start : name.end]
            return name if name and (of_god or name.last in lists.given) else None
        if len(name.kinds) == 1:
            return name if name.last == "الله" else None
        first, second = name.kinds[:2]
        plain = given in lists.plain
        family = second is Kind.FAMILY and (name.last in lists.surnames or not plain)
        doubtful = second is Kind.DOUBTFUL and not plain
        sure = (Kind.GIVEN, Kind.FOREIGN, Kind.KNOWN, Kind.JOINED)
        return (
            None if first is Kind.DOUBTFUL and not (second in sure or family or doubtful) else name
        )

    def _name(self, at: int, *, sure: bool, first: str | None = None) -> _Name | None:
        """Read a name from its first word on; ``sure`` when a title says that one follows.

        ``first`` is the first word without what is written to it.
        """
        kinds: list[Kind] = []
        ends: list[int] = [at]
        position: int | None = at
        while position is not None and len(kinds) < _MOST_WORDS:
            step = self._step(position, kinds, sure=sure, first=first)
            if step is None:
                break
            kind, end, last = step
            everyday = kind is Kind.DOUBTFUL and last in self._shapes.plain
            if everyday and (
                kinds[:1] == [Kind.FOREIGN] or (kinds and last in self._shapes.offices)
            ):
                break  # «ليوناردو صباح الأحد», «محمد بن سلمان أمير مكة»
            kinds.append(kind)
            ends.append(end)
            position = self._words.after(end)
            if kind is Kind.FAMILY and not self._is_followed(last, position):
                break
        if not kinds or (
            kinds == [Kind.DOUBTFUL] and self._text[at : ends[-1]] in self._shapes.plain
        ):
            return None
        return _Name(at, ends[-1], tuple(kinds), self._text[at : ends[-1]].split()[-1])

    def _step(
        self, at: int, kinds: list[Kind], *, sure: bool, first: str | None
    ) -> tuple[Kind, int, str] | None:
        """Return the kind of the next word of a name and where it ends."""
        if at in self._people:
            # «جو بايدن وشي جين بينغ» are two.
            if kinds[-1:] == [Kind.KNOWN] or (kinds and self._text[at] == "و"):
                return None
            return Kind.KNOWN, self._people[at], self._text[at : self._people[at]]
        word = self._words.at(at)
        if word is None or at in self._others or self._is_on(word, kinds, sure=sure):
            return None
        text = first if first is not None and not kinds else word.text
        if not self._may_stand(word, text, kinds):
            return None
        kind = self._shapes.kind(text, kinds, sure=sure)
        if kind is Kind.JOINED:
            return self._joined(word, text)
        if kind is None or self._is_no_name(word, text, kind, kinds):
            return None
        if text in OF_GOD and (god := self._god(word)):
            return Kind.GIVEN, god.end, god.text
        if kind is Kind.FAMILY and text in self._shapes.ordinals:
            ten = self._words.next(word)
            word = ten if ten is not None and ten.text == "عشر" else word
        return kind, word.end, word.text

    def _may_stand(self, word: Word, text: str, before: Sequence[Kind]) -> bool:
        """Tell whether a word may stand here in a name, whatever its kind."""
        if not before:  # «الكويتي الشيخ X»: a title is read when its turn comes
            return text not in self._shapes.titles
        # «زين الدين», but «باسم الدين»
        return (
            text not in COMPOUND or self._word_in(self._words.before(word.start)) in HEADS_COMPOUND
        )

    def _is_no_name(self, word: Word, text: str, kind: Kind, before: list[Kind]) -> bool:
        """Tell whether a word that could be of this kind is none by the words around it."""
        if kind is Kind.DOUBTFUL and before and text in self._shapes.plain and self._heads(word):
            return True
        if kind in (Kind.UNKNOWN, Kind.DOUBTFUL) and before[-1:] == [Kind.KNOWN]:
            return True
        if kind is not Kind.UNKNOWN:
            return False
        # «المحافظ مختلف الأقسام»
        alone = not before and self._heads(word, unless_family=False)
        return alone or before.count(Kind.UNKNOWN) > 1

    def _is_followed(self, family: str, at: int | None) -> bool:
        """Tell whether a family name follows a father's: محمد الخالد الصباح."""
        following = None if at is None or at in self._people else self._words.at(at)
        lists = self._shapes
        father = family.removeprefix("ال") in lists.arabic | lists.doubtful
        return father and following is not None and following.text in lists.surnames

    def _word_in(self, written: str) -> str:
        """Return a word without the proclitics before a word that heads a compound name."""
        rests = (written.removeprefix(proclitic) for proclitic in _PROCLITICS)
        return next((rest for rest in rests if rest in HEADS_COMPOUND), written)

    def _god(self, word: Word) -> Word | None:
        """Return الله when it follows: نصر الله is one name."""
        following = self._words.next(word)
        return following if following is not None and following.text == "الله" else None

    def _heads(self, word: Word, *, unless_family: bool = True) -> bool:
        """Tell whether a common noun follows with the article: «نجم المنتخب» is no name.

        With ``unless_family``, what is like no common noun (الجلاد) may be a family name.
        """
        following = self._words.next(word)
        if following is None or not following.text.startswith("ال"):
            return False
        text, lists = following.text, self._shapes
        listed = text in lists.surnames or text in lists.ordinals or text.endswith("ي")
        return not (listed or (unless_family and lists.may_be_family(text)))

    def _joined(
        self, joiner: Word, text: str, *, most: int = _MOST_JOINERS
    ) -> tuple[Kind, int, str] | None:
        """Read بن سلمان, عبد الرحمن, آل ثاني, دي فيلبان: a joiner with the word it needs."""
        word = self._words.next(joiner)
        if word is None or word.text in self._shapes.particles:
            return None
        inner = self._shapes.joiners
        if word.text in inner and most > 1:
            following = self._joined(word, word.text, most=most - 1)
            if following:
                return following
        if text == "عبد" and not word.text.startswith("ال"):
            return None
        return Kind.JOINED, word.end, word.text

    def _is_on(self, word: Word, before: Sequence[Kind], *, sure: bool) -> bool:
        """Tell whether علي is the preposition على."""
        if word.text not in ("علي", "وعلي"):
            return False
        raw = self._raw[slice(*self._folded.to_raw(word.start, word.end))]
        if raw.endswith("ى"):
            return True
        if self._has_final_alif:  # whoever writes ى means the name by ي
            return False
        if not before and not sure:
            return True
        following = self._words.next(word)
        if following is None:
            return False
        lists, text = self._shapes, following.text
        if before and before[-1] in _GIVEN:
            return self._heads(word)
        is_name = text in lists.given or text in lists.joiners or lists.may_be_family(text)
        return text in lists.plain or not is_name

    def _again(self, found: Sequence[_Name]) -> Iterator[_Name]:
        """Yield later mentions by the surname alone of names with two words or more."""
        first: dict[str, int] = {}
        for name in found:
            if self._may_return(name):
                first.setdefault(name.last, name.end)
        surnames, text = list(first), self._text
        automaton = ahocorasick_rs.AhoCorasick(surnames, store_patterns=False)
        for index, at, end in automaton.find_matches_as_indexes(text, overlapping=True):
            if at < first[surnames[index]] or text[end : end + 1].isalnum():
                continue
            start = at
            while start > 0 and at - start <= _LONGEST_PROCLITIC and text[start - 1].isalnum():
                start -= 1
            again = _Name(start, end, (Kind.KNOWN,), surnames[index])
            if text[start:at] in _PROCLITICS and self._words.is_whole(start, end):
                yield again

    def _may_return(self, name: _Name) -> bool:
        """Tell whether the last word of a name, standing alone, is the name once more."""
        last, lists = name.last, self._shapes
        if len(name.kinds) == 1 or len(last) < _SURNAME_MIN or last in lists.given:
            return False
        if name.kinds[-1] is Kind.FAMILY:  # a byname may be a common noun: عمر الدرة
            return last in lists.surnames or last.endswith("ي")
        return name.kinds[-1] is Kind.UNKNOWN and not lists.is_plain(last)
