"""Names of people by rules, where the gazetteer knows the surname only or nobody at all.

A name is read after a title (الرئيس الصيني السابق X, وزير الخارجية X) or from a given name on
(محمد X), word by word until a word that ends it. Titles stay outside the span, attached و ف ب ل ك
inside. Only spans that a name surely fills are returned: rather none than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import ahocorasick_rs

from annotation.preannotate.name_shapes import OF_GOD, Kind, Shapes, shapes
from schemas.article import Span
from schemas.text import QUOTES, Folded, whole_words

LABEL = "PERSON"
_MOST_WORDS = 5
_MOST_OF_OFFICE = 7
"""How many words may stand between the head of an office and the name."""
_SURNAME_MIN = 4
_LETTERS = re.compile(r"[^\W\d_]{1,20}+(?!\w)")
_BREAK = re.compile(rf"[{QUOTES}\n\r\v\f\u2028\u2029]")
_PROCLITICS = ("", "و", "ل", "ب", "ف", "ول", "وب")


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str


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
        known: spans of the gazetteer, overlapping ones too. A name may take in a known person
            (and is then linked to it); it never takes in a known place or organisation.

    Returns:
        PERSON spans over whole words; they may overlap known ones, which are shorter then.
    """
    reader = _Reader(text, folded, known)
    found: dict[tuple[int, int], Span] = {}
    for name in reader.read():
        start, end = whole_words(text, *folded.to_raw(name.start, name.end))
        inside = [s for s in known if s.label == LABEL and start <= s.start and s.end <= end]
        if start < end and not any((s.start, s.end) == (start, end) for s in inside):
            linked = {span.entity_id for span in inside if span.entity_id}
            entity = linked.pop() if len(linked) == 1 else None
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
        # A name does not go over a quotation mark or the end of a line, both blanks here.
        self._breaks = {folded.from_raw(match.start()) for match in _BREAK.finditer(text)}
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
            if name and self._is_whole(name):
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

    def _is_whole(self, name: _Name) -> bool:
        return self._folded.splits(name.start) and self._folded.splits(name.end)

    def _word(self, at: int) -> _Word | None:
        """Return the word that begins at a folded index; numbers are none."""
        match = _LETTERS.match(self._text, at)
        return _Word(at, match.end(), match.group()) if match else None

    def _after(self, end: int) -> int | None:
        """Return where the next word begins if but one blank (or a hyphen) parts it."""
        if self._text[end : end + 1] not in (" ", "-") or end in self._breaks:
            return None
        return end + 1

    def _next(self, word: _Word) -> _Word | None:
        """Return the word right after another."""
        at = self._after(word.end)
        return None if at is None else self._word(at)

    def _before(self, start: int) -> str:
        """Return the word before a folded index, or nothing."""
        if start < 2 or self._text[start - 1] != " ":  # a letter and a blank
            return ""
        return self._text[self._text.rfind(" ", 0, start - 1) + 1 : start - 1]

    def _names_a_place(self, start: int) -> bool:
        """Tell whether the name is part of another one: جامعة الملك سعود, إدارة بايدن."""
        before, places = self._before(start), self._shapes.places
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
        sure = sure and self._before(at) not in ("في", "لدي")
        name = self._name(at, sure=sure)
        if name is None or sure:
            return name
        alone = len(name.kinds) == 1
        return None if alone and name.kinds[0] not in (Kind.GIVEN, Kind.FOREIGN) else name

    def _past_title(self, end: int) -> tuple[int | None, int]:
        """Return where the name may begin: past adjectives, further titles, «باسم …»."""
        at, lists, passed = self._after(end), self._shapes, 0
        while at is not None and passed < _MOST_OF_OFFICE:
            word = self._word(at)
            if word is None or at in self._people:
                break
            if word.text == "باسم" or word.text.startswith("لل"):
                return self._past_office(word.end)
            is_title = word.text in lists.titles
            if not (is_title or lists.is_adjective(word.text)):
                break
            if word.text in lists.surnames and not is_title and passed:
                break
            at, passed = self._after(word.end), passed + 1
        return at, passed

    def _past_office(self, end: int) -> tuple[int | None, int]:
        """Return where the name may begin: past the words that belong to an office."""
        at, lists, passed = self._after(end), self._shapes, 0
        while at is not None and passed < _MOST_OF_OFFICE and at not in self._people:
            if at in self._others:
                at, passed = self._after(self._others[at]), passed + 1
                continue
            word = self._word(at)
            # A title inside (نائب الرئيس X) is read when its turn comes.
            if word is None or word.text in lists.titles or not lists.is_of_office(word.text):
                break
            at, passed = self._after(word.end), passed + 1
        return at, passed

    def _by_given(self, start: int, given: str) -> _Name | None:
        """Read a name that begins with a given name, without any title."""
        lists = self._shapes
        word = self._word(start)
        if word is None or self._after(word.end) is None:
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
            if kind is Kind.FAMILY:
                break
            position = self._after(end)
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
        word = self._word(at)
        if word is None or at in self._others or self._is_on(word, first=not kinds and not sure):
            return None
        text = first if first is not None and not kinds else word.text
        kind = self._shapes.kind(text, kinds, sure=sure)
        if kind is Kind.JOINED:
            return self._joined(word, text)
        if kind is Kind.DOUBTFUL and kinds and text in self._shapes.plain and self._heads(word):
            return None
        if text in OF_GOD and (god := self._god(word)):
            return Kind.GIVEN, god.end, god.text
        if kind is Kind.FAMILY and text in self._shapes.ordinals:
            ten = self._next(word)
            word = ten if ten is not None and ten.text == "عشر" else word
        if kind in (Kind.UNKNOWN, Kind.DOUBTFUL) and kinds[-1:] == [Kind.KNOWN]:
            return None
        if kind is Kind.UNKNOWN and kinds.count(Kind.UNKNOWN) > 1:
            return None
        return None if kind is None else (kind, word.end, word.text)

    def _god(self, word: _Word) -> _Word | None:
        """Return الله when it follows: نصر الله is one name."""
        following = self._next(word)
        return following if following is not None and following.text == "الله" else None

    def _heads(self, word: _Word) -> bool:
        """Tell whether a common noun follows with the article: «نجم المنتخب» is no name."""
        following = self._next(word)
        if following is None or not following.text.startswith("ال"):
            return False
        text = following.text
        family = text in self._shapes.surnames or self._shapes.may_be_family(text)
        return not (family or text.endswith("ي"))

    def _joined(self, joiner: _Word, text: str) -> tuple[Kind, int, str] | None:
        """Read بن سلمان, عبد الرحمن, آل ثاني, دي فيلبان: a joiner with the word it needs."""
        word = self._next(joiner)
        if word is None or word.text in self._shapes.particles:
            return None
        inner = self._shapes.joiners
        if word.text in inner and (following := self._joined(word, word.text)):
            return following
        if text == "عبد" and not word.text.startswith("ال"):
            return None
        return Kind.JOINED, word.end, word.text

    def _is_on(self, word: _Word, *, first: bool) -> bool:
        """Tell whether علي is the preposition على."""
        if word.text not in ("علي", "وعلي"):
            return False
        raw = self._raw[slice(*self._folded.to_raw(word.start, word.end))]
        if raw.endswith("ى") or (first and "ى" not in self._raw):
            return True
        following = self._next(word)
        if following is None:
            return False
        lists, text = self._shapes, following.text
        is_name = text in lists.given or text in lists.joiners or lists.may_be_family(text)
        return text in lists.plain or not is_name

    def _again(self, found: Sequence[_Name]) -> Iterator[_Name]:
        """Yield later mentions by the surname alone of names with two words or more."""
        text = self._text
        for name in found:
            plain = name.last in self._shapes.given or self._shapes.is_plain(name.last)
            if len(name.kinds) < 2 or plain or len(name.last) < _SURNAME_MIN:
                continue
            if name.kinds[-1] not in (Kind.UNKNOWN, Kind.FAMILY):
                continue
            at = text.find(name.last, name.end)
            while at >= 0:
                start, end = at, at + len(name.last)
                while start > 0 and text[start - 1].isalnum():
                    start -= 1
                edge = end == len(text) or not text[end].isalnum()
                again = _Name(start, end, (Kind.KNOWN,), name.last)
                if edge and text[start:at] in _PROCLITICS and self._is_whole(again):
                    yield again
                at = text.find(name.last, end)
