"""Names by rules: whole words, labelled, the same whatever marks a text carries."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from types import FrameType

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from annotation.preannotate.dates import dates
from annotation.preannotate.name_shapes import shapes
from annotation.preannotate.names import LABEL, names
from schemas.article import Span
from schemas.text import fold, whole_words
from tests.strategies import spans_of, texts

_TITLES = ("الرئيس", "وزير الخارجية", "السيناتور", "قال", "الشيخ", "المتحدث باسم", "ولي العهد")
_NAMES = ("محمد العجرمي", "جورج", "عبد الله", "بن خالد", "ستراو", "علي", "آل", "أبو", "نصر الله")
_DATES = ("5 مايو", "عام 2020", "الثلاثاء", "أمس (الأحد)", "بين 2018 و2020", "½ نوفمبر", "1/2/2020")
_BETWEEN = (" ", "  ", "، ", "\n", " «", "» ", "-", "", " \u200f", "ـ ", "\u064e ", " ½ ", "(")


def news() -> st.SearchStrategy[str]:
    """Return titles, names and dates with anything between them."""
    parts = st.sampled_from(_TITLES + _NAMES + _DATES) | texts()
    return st.lists(st.tuples(parts, st.sampled_from(_BETWEEN)), max_size=8).map(
        lambda pairs: "".join(part + between for part, between in pairs)
    )


@settings(max_examples=40)
@given(st.data())
def test_names_are_whole_words_and_labelled(data):
    text = data.draw(news())
    known = data.draw(spans_of(text))
    found = names(text, fold(text), known)
    assert all(whole_words(text, s.start, s.end) == (s.start, s.end) for s in found)
    assert {span.label for span in found} <= {LABEL}
    assert {span.entity_id for span in found} <= {None, *(span.entity_id for span in known)}
    assert len({span.key for span in found}) == len(found)


@settings(max_examples=40)
@given(st.data())
def test_what_is_found_and_known_then_is_not_found_again(data):
    text = data.draw(news())
    folded = fold(text)
    found = names(text, folded, [])
    again = {span.key for span in names(text, folded, found)}
    assert not again & {span.key for span in found}


@settings(max_examples=40)
@given(news())
def test_dates_are_whole_words(text):
    found = dates(text, fold(text))
    assert all(whole_words(text, s.start, s.end) == (s.start, s.end) for s in found)


@settings(max_examples=40)
@given(news(), st.sampled_from(["\u064e", "\u0640", "\u200f"]), st.integers(0, 200))
def test_a_mark_in_the_text_moves_names_and_changes_none(text, mark, place):
    place = min(place, len(text))
    marked = text[:place] + mark + text[place:]
    assume(fold(marked).text == fold(text).text)
    assert _folded_names(marked) == _folded_names(text)


def _folded_names(text: str) -> list[tuple[int, int]]:
    """Return the places of names in the folded text, where marks are not counted."""
    folded = fold(text)
    found = names(text, folded, [])
    return [(folded.from_raw(s.start), folded.from_raw(s.end)) for s in found]


@pytest.mark.parametrize("name", sorted(shapes().sure)[::37])
def test_every_sure_given_name_begins_a_name_with_any_proclitic(name):
    for before in ("", "و", "ل", "ب"):
        text = f"ثم {before}{name} العجرمي قال"
        assert [text[s.start : s.end] for s in names(text, fold(text), [])] == [
            f"{before}{name} العجرمي"
        ]


@pytest.mark.parametrize(
    "part",
    ["محمد ", "محمد بن ", "عبد ", "بن أبي عبد ", "رئيس ", "قال أحمد كندورا نعم. ", "علي على "],
)
def test_a_text_twice_as_long_takes_about_twice_the_steps(part):
    assert _steps(part * 160) < 2.4 * _steps(part * 80)


def test_known_people_and_many_surnames_take_linear_work_too():
    def text(many: int) -> str:
        return " ".join(
            f"قال أحمد كندورا{chr(0x628 + n % 20) * (1 + n // 20)}." for n in range(many)
        )

    def known(many: int) -> list[Span]:
        found = re.finditer("أحمد", text(many))
        return [Span(start=m.start(), end=m.end(), label=LABEL) for m in found]

    assert _steps(text(80), known(80)) < 2.4 * _steps(text(40), known(40))


def _steps(text: str, known: Sequence[Span] = ()) -> int:
    """Count the instructions that finding the names of a text takes."""
    folded, steps = fold(text), 0

    def count(frame: FrameType, event: str, arg: object) -> object:
        nonlocal steps
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        steps += event == "opcode"
        return count

    names(text, folded, known)  # compiles and remembers what is needed once
    before = sys.gettrace()
    sys.settrace(count)  # type: ignore[arg-type]
    try:
        names(text, folded, known)
    finally:
        sys.settrace(before)
    return steps
