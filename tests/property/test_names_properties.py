"""Names by rules: whole words, labelled, the same whatever marks a text carries."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
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
    before = fold(text)
    if fold(marked).text != before.text or _is_on(text) or _is_on(marked):
        return
    plain = [(before.from_raw(s.start), before.from_raw(s.end)) for s in names(text, before, [])]
    after = fold(marked)
    moved = [(after.from_raw(s.start), after.from_raw(s.end)) for s in names(marked, after, [])]
    assert len(plain) == len(moved)


def _is_on(text: str) -> bool:
    return "عل" in text  # علي and على are told apart by the raw letter


@pytest.mark.parametrize("name", sorted(shapes().sure)[::37])
def test_every_sure_given_name_begins_a_name_with_any_proclitic(name):
    for before in ("", "و", "ل", "ب"):
        text = f"ثم {before}{name} العجرمي قال"
        assert [text[s.start : s.end] for s in names(text, fold(text), [])] == [
            f"{before}{name} العجرمي"
        ]


def test_a_long_chain_of_known_people_takes_linear_work():
    text = " ".join(["محمد"] * 3000)
    known = [Span(start=n * 5, end=n * 5 + 4, label=LABEL) for n in range(3000)]
    assert all(span.end - span.start < 60 for span in names(text, fold(text), known))
