"""Matching over nasty text: spans are whole words, planted names are found, nothing else is."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from annotation.preannotate import gazetteer as gazetteer_module
from annotation.preannotate.dates import dates
from annotation.preannotate.gazetteer import Entry, Gazetteer
from annotation.preannotate.names import names
from annotation.preannotate.predict import RulePredictor
from schemas.article import Span, longest_first
from schemas.characters import fold_character
from schemas.codebook import Bilingual, Codebook, Cues, EntityType, Group, Issue
from schemas.lexicon import Form, Hit, Lexicon
from schemas.text import Folded, fold, fold_name, whole_words
from tests.strategies import (
    BIDI,
    EMOJI,
    JOINERS,
    LETTERS,
    TASHKEEL,
    TATWEEL,
    passage_of,
    separators,
    texts,
    words,
)

NAME = Bilingual(ar="اسم", en="name")
INVISIBLE = TASHKEEL + TATWEEL + BIDI + JOINERS + "\u200b\u2060\ufeff"
SHORT = [a + b for a in ("", "و", "ف") for b in ("", "ب", "ل", "ك")]
PLAIN = [*SHORT, "س", "وس", "فس"]
ARTICLE = [a + b for a in ("", "و", "ف") for b in ("ال", "بال", "كال", "لل")]
# What stands before a name that begins with the article, and is looked for without it.
OWN = [a + "ال" for a in SHORT] + ["لل", "ولل", "فلل"]
WRONG = ("ظ", "بو", "لب", "سب", "س", "وف", "وبالال", "ذال", "5", "x", "_")
INNER_BLANKS = (" ", "\u00a0", "\r\n", " \t ", " «", "» ", "\u2028", " \u200f ", "-", "–")
# What the rules of names and dates, and the entries below, are made of.
VOCABULARY = (
    *("الرئيس", "وزير", "الخارجية", "رئيس", "الوزراء", "الأمير", "الشيخ", "باسم", "السابق"),
    *("محمد", "أحمد", "جو", "عبد", "الله", "بن", "سلمان", "أبو", "آل", "علي", "على", "ﷺ", "½"),
    *("كانون", "الثاني", "يناير", "رمضان", "مايو", "الاثنين", "2023", "عام", "١٤٤٥هـ", "5-7"),
    *("نوفمبر", "2024/11/5", "أمس", "العام", "الماضي", "القرن", "العشرين", "صباح", "يوم", "مساء"),
    *("بداية", "قبل", "ثلاثة", "أيام", "من", "إلى", "في", "قال"),
    *("صحراف", "وصحراف", "للصحراف", "نهر", "غيدان", "مرقاب", "المرقاب", "Zarqab", "زرقاب", "كوكب"),
)
GLUE = (
    *("\n", "\r\n", "\u00a0", " «", "» ", "“", "،", " - ", "-", "_", "/", ".", "(", ") ", "🤝", ""),
)


def _entry(identity: str, label: str, *forms: str, **ambiguous: tuple[str, ...]) -> Entry:
    name = Bilingual(ar=forms[0], en=identity)
    return Entry(id=identity, label=label, name=name, variants=forms[1:], ambiguous=ambiguous)


ENTRIES = (
    _entry("desert", "GPE", "صحراف", "جمهورية صحراف الكبرى"),
    _entry("river", "LOC", "نهر صحراف", "نهر «صحراف» (الأعلى)"),
    _entry("tower", "ORG", "المرقاب", "حركة المرقاب", "مرقاب+"),
    _entry("zarqab", "PERSON", "Zarqab", "زرقاب بن غيدان", زرقاب=("كوكب*", "نهر")),
    _entry("star", "PRODUCT", "ج-٥", "كوكب ½"),
)


@cache
def _gazetteer() -> Gazetteer:
    return Gazetteer(ENTRIES)


@cache
def _predictor() -> RulePredictor:
    labels = ("PERSON", "ORG", "GPE", "LOC", "PRODUCT", "DATE")
    issues = tuple(
        Issue(
            id=name, name=NAME, definition=NAME, group="g", cues=Cues(strong=(cue,), weak=(weak,))
        )
        for name, cue, weak in (("deserts", "صحراف", "نهر"), ("stars", "كوكب", "الرئيس"))
    )
    codebook = Codebook(
        id="x",
        version="1.0.0",
        language="ar",
        unit="passage",
        title=NAME,
        groups=(Group(id="g", name=NAME),),
        issues=issues,
        entities=tuple(
            EntityType(id=label, name=NAME, definition=NAME, colour="#123456") for label in labels
        ),
    )
    return RulePredictor(codebook, _gazetteer())


@cache
def _spellings() -> dict[str, str]:
    """Return, for each folded character, the single characters that fold to it."""
    alike: dict[str, str] = {}
    for code in (*range(0x20, 0x250), *range(0x600, 0x700), *range(0xFB50, 0xFF5F)):
        character = chr(code)
        # Some signs fold to letters, and are no part of a word themselves: ⓐ.
        if character.isalnum() and len(folded := fold_character(character)) == 1:
            alike[folded] = alike.get(folded, "") + character
    return alike


def _put(text: str, where: int, character: str) -> str:
    """Put a character after a letter of a text, never at its very start."""
    at = 1 + where % len(text)
    return text[:at] + character + text[at:]


def respelt(word: str) -> st.SearchStrategy[str]:
    """Return other spellings of a folded word: other letters, marks and invisible signs inside."""
    number = st.integers(0, 999)
    return st.builds(
        _respell,
        st.just(word),
        st.lists(number, max_size=3),
        st.lists(st.tuples(number, st.sampled_from(INVISIBLE)), max_size=2),
        st.sampled_from(["", "", "", *TASHKEEL, TATWEEL]),
    )


def _respell(word: str, letters: list[int], marks: list[tuple[int, str]], last: str) -> str:
    if re.search("[a-z]", word):  # Latin names must be capitalised as they are, and have no marks
        return word.upper()
    for number in letters:
        at = number % len(word)
        alike = _spellings().get(fold_name(word[at]), word[at])
        word = word[:at] + alike[number % len(alike)] + word[at + 1 :]
    for where, mark in marks:
        if len(word) > 1:
            word = _put(word[:-1], where, mark) + word[-1]
    return word + last


@st.composite
def planted(draw: st.DrawFn, form: str, prefix: str) -> str:
    """Return a way to write a form of one or more words, with a prefix written to it."""
    blank = st.sampled_from(INNER_BLANKS)
    first, *rest = fold_name(form).split(" ")
    written = draw(respelt(prefix + first))
    for word in rest:
        written += draw(blank) + draw(respelt(word))
    return written


def nasty_news() -> st.SearchStrategy[str]:
    """Return texts full of what the rules look for, misspelt and glued."""
    often = 20
    piece = st.builds(
        lambda prefix, word, where, mark, glue: prefix + _put(word, where, mark) + glue,
        st.sampled_from([""] * often + PLAIN),
        st.sampled_from(VOCABULARY) | st.sampled_from(VOCABULARY) | words(),
        st.integers(0, 9),
        st.sampled_from([""] * often + [*INVISIBLE]),
        st.sampled_from([" "] * often + [*GLUE]),
    )
    return st.lists(piece, max_size=8).map("".join)


def _parts(form: str, *, article: bool) -> tuple[str, list[str]]:
    """Return a form, folded, without an article of its own, and what may stand before it."""
    written = fold_name(form).strip().replace("-", " ")
    if written.startswith("ال") and form[0] not in "أإآ" and len(written) >= 5:
        return written[2:], OWN
    return written, (PLAIN if len(written) >= 5 else SHORT) + (ARTICLE if article else [])


def forms(*, most: int = 3) -> st.SearchStrategy[str]:
    """Return names of one to a few words that fold to letters and digits only."""
    word = st.text(LETTERS, min_size=1, max_size=7) | st.text("ABCXZ", min_size=1, max_size=4)
    several = st.lists(word, min_size=1, max_size=most)
    return several.map(" ".join).filter(lambda form: not fold_name(form).startswith("ال "))


def _all_spans(text: str) -> dict[str, list[Span]]:
    folded = fold(text)
    known = _gazetteer().spans(text, folded)
    return {
        "gazetteer": known,
        "names": names(text, folded, known),
        "dates": dates(text, folded),
        "entities": _predictor().entities(text),
    }


@given(texts() | nasty_news())
@example("قال الرئيس \u064eمحمد سلمان\u0640 إن صحراف\u0640")
@example("قال الرئيس محمد_سلمان في 5-7 نوفمبر 2023_2024، «نهر «صحراف» (الأعلى)».")
@settings(max_examples=60)
def test_every_span_is_whole_words_inside_the_text_and_entities_do_not_overlap(text):
    found = _all_spans(text)
    for rule, spans in found.items():
        for span in spans:
            assert 0 <= span.start < span.end <= len(text), rule
            assert whole_words(text, span.start, span.end) == (span.start, span.end), rule
    assert all(a.end <= b.start for a, b in pairwise(found["entities"]))


@given(texts() | nasty_news(), st.integers(1, 5))
@example("زار الأمير محمد سلمان صحراف في بداية عام 2023", 2)
@settings(max_examples=50)
def test_offsets_count_code_points_so_that_emoji_before_a_text_move_every_span_by_one(text, count):
    before = (EMOJI[-1] + "\u200f") * count + "\n"
    moved = {
        rule: [(s.start - len(before), s.end - len(before), s.label, s.entity_id) for s in spans]
        for rule, spans in _all_spans(before + text).items()
    }
    assert moved == {
        rule: [(s.start, s.end, s.label, s.entity_id) for s in spans]
        for rule, spans in _all_spans(text).items()
    }


@given(st.data(), st.sampled_from(["GPE", "ORG"]), separators(), separators())
def test_a_form_is_found_as_exactly_the_words_it_is_written_in(data, label, before, after):
    form = data.draw(forms(), label="form")
    written, prefixes = _parts(form, article=label == "ORG")
    mention = data.draw(planted(written, data.draw(st.sampled_from(prefixes))), label="mention")
    text = f"5 {before}{mention}{after} 5"
    start = 2 + len(before)
    wanted = whole_words(text, start, start + len(mention))
    found = Gazetteer([_entry("e", label, form)]).spans(text)
    assert (*wanted, label, "e") in [(s.start, s.end, s.label, s.entity_id) for s in found]


@given(st.data(), st.sampled_from(["GPE", "ORG"]), separators(), separators())
@settings(max_examples=60)
def test_a_form_of_several_words_is_found_glued_when_it_is_long(data, label, before, after):
    form = data.draw(forms().filter(lambda form: " " in form), label="form")
    written, prefixes = _parts(form, article=label == "ORG")
    glued = data.draw(st.sampled_from(prefixes)) + written.replace(" ", "")
    text = f"5 {before}{data.draw(respelt(glued))}{after} 5"
    found = Gazetteer([_entry("e", label, form)]).spans(text)
    assert bool(found) == (len(written) >= 8)


@given(st.data(), st.sampled_from(["GPE", "ORG"]), separators(), separators())
@settings(max_examples=60)
def test_a_form_inside_a_longer_word_is_not_found(data, label, before, after):
    form = data.draw(forms(), label="form")
    assume(not set(form) & set("ظ5x"))
    end = data.draw(st.sampled_from(["", "ظ", "ظا", "5", "x", "_", "_ب"]), label="end")
    more = () if label == "ORG" else ("ال", "بال", "وكال")
    written, allowed = _parts(form, article=label == "ORG")
    starts = [p for p in (*WRONG, *more) if p not in allowed] + ([""] if end else [])
    word = data.draw(planted(written, data.draw(st.sampled_from(starts), label="prefix"))) + end
    assert Gazetteer([_entry("e", label, form)]).spans(f"{before}{word}{after} ") == []


@given(st.lists(forms(), min_size=1, max_size=4, unique_by=fold_name), nasty_news(), st.data())
@settings(max_examples=50)
def test_a_span_reads_as_a_form_of_its_entry_after_a_proclitic(several, text, data):
    text += " " + data.draw(planted(fold_name(data.draw(st.sampled_from(several))), "و"))
    entries = {f"e{n}": _entry(f"e{n}", "ORG", form) for n, form in enumerate(several)}
    for span in Gazetteer(list(entries.values())).spans(text):
        read = fold(text[span.start : span.end]).text.replace("-", " ").strip()
        entry = entries[span.entity_id]
        parts = [_parts(form, article=True) for form in (entry.name.ar, entry.name.en)]
        parts += [(written.replace(" ", ""), before) for written, before in parts]
        assert any(
            read.endswith(written) and read.removesuffix(written) in before
            for written, before in parts
        )


@given(st.lists(texts() | nasty_news(), max_size=4), st.integers(1, 80))
@example(["مرقاب نهر", "صحراف \u200f", "صحراف"], 80)
@example([" ", "\u064eصحراف", "", "زرقاب", "كوكب", "نهر «صحراف", "»"], 80)
@settings(max_examples=50)
def test_many_texts_in_any_batch_give_what_each_gives_alone(several, batch):
    alone = [_gazetteer().spans(text) for text in several]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gazetteer_module, "_BATCH", batch)
        assert list(_gazetteer().spans_of(several)) == alone
        kept = list(_gazetteer().longest_of(several))
    assert kept == [longest_first(spans)[0] for spans in alone]


@given(st.lists((texts() | nasty_news()).filter(bool), min_size=2, max_size=3), st.data())
@settings(max_examples=30)
def test_the_prediction_of_a_passage_does_not_depend_on_the_other_passages(several, data):
    passages = [passage_of(text, position=n) for n, text in enumerate(several)]
    together = list(_predictor().predict(passages))
    at = data.draw(st.integers(0, len(several) - 1))
    (alone,) = _predictor().predict([passages[at]])
    assert alone == together[at]
    assert list(alone.spans) == _predictor().entities(several[at])


@given(texts() | nasty_news(), texts() | nasty_news())
@settings(max_examples=50)
def test_text_after_a_line_of_its_own_changes_no_span_before_it(text, later):
    plain = Gazetteer([entry for entry in ENTRIES if not entry.ambiguous])
    spans = plain.spans(f"{text}\n.\n{later}")
    assert [span for span in spans if span.end <= len(text)] == plain.spans(text)


@given(nasty_news(), st.sampled_from(["كوكب", "للكواكب", "وكوكبنا", "النهر", "نهرا", "مكوكب"]))
@settings(max_examples=50)
def test_an_ambiguous_form_is_found_when_and_only_when_a_context_word_stands_beside(text, word):
    alone = Entry(id="e", label="PERSON", name=NAME, ambiguous={"زرقاب": ("كوكب*", "نهر", "كواكب")})
    text = re.sub("كوكب|نهر|اسم|name", " ", fold(text).text) + f" زرقاب، {word}"
    found = {text[s.start : s.end] for s in Gazetteer([alone]).spans(text)}
    assert ("زرقاب" in found) == (word not in ("نهرا", "مكوكب"))


@given(texts() | nasty_news())
@example("")
@example("ﻻ½ﷺ  «")
@settings(max_examples=60)
def test_the_arrays_of_a_fold_say_what_its_text_and_places_say(text):
    folded = fold(text)
    places = list(zip(folded.starts.tolist(), folded.ends.tolist(), strict=True))
    assert folded.codes.tolist() == [ord(character) for character in folded.text]
    assert folded.alnum.tolist() == [_holds_together(character) for character in folded.text]
    begins = [True, *(a != b for a, b in pairwise(places)), True] if places else [True]
    assert [folded.splits(index) for index in range(len(places) + 1)] == begins
    assert fold_name(text) == folded.text


def _holds_together(character: str) -> bool:
    return character.isalnum() or character == "_"


def _hits(several: list[Form], folded: Folded) -> set[Hit]:
    """Find forms by trying every place: slow, short and separate from the lexicon."""
    text, found = folded.text.replace("-", " "), set()
    for form in several:
        written, allowed = _parts(form.text, article=form.article)
        for spelling in {written, written.replace(" ", "")} if len(written) >= 8 else {written}:
            for match in re.finditer(f"(?={re.escape(spelling)})", text):
                start, end = match.start(), match.start() + len(spelling)
                word = start
                while word > 0 and _holds_together(text[start]) and _holds_together(text[word - 1]):
                    word -= 1
                stop = end
                while stop < len(text) and all(map(_holds_together, (text[end - 1], text[stop]))):
                    stop += 1
                whole = folded.splits(word) and folded.splits(stop)
                before = text[word:start]
                if before in allowed and whole and (stop == end or form.open_end):
                    found.add(Hit(form.key, word, stop, before == ("ال" if allowed is OWN else "")))
    return found


@given(
    st.lists(st.tuples(forms(), st.booleans(), st.booleans()), min_size=1, max_size=5),
    nasty_news() | texts(),
    st.data(),
)
@example(
    [("+ا", False, True), ("ﻻ", True, False), ("البيت ين", True, True)], "+ا +اب للﻻ البيتين", None
)
@settings(max_examples=50)
@example([("صلي", False, False), ("1", True, True)], "ﷺ ½ صلى 1", None)
@example([("هرات", True, False), ("بغداد", False, False)], "سهرات وسبغداد فلبغداد", None)
def test_a_lexicon_finds_what_a_slow_search_finds(several, text, data):
    lexicon_forms = [Form(t, n, article=a, open_end=o) for n, (t, a, o) in enumerate(several)]
    for _ in range(1 if data else 0):
        form = data.draw(st.sampled_from(several))[0]
        prefix, end = (
            data.draw(st.sampled_from([*PLAIN, *ARTICLE, "ظ"])),
            data.draw(words() | st.just("")),
        )
        text += data.draw(planted(form, prefix)) + end + data.draw(separators())
    folded = fold(text)
    assert set(Lexicon(lexicon_forms).find(folded)) == _hits(lexicon_forms, folded)


@pytest.mark.parametrize("size", [254, 255, 256, 700])
@given(st.lists(st.integers(0, 13), max_size=20), st.integers(0, 999))
@settings(max_examples=25)
@example([5, 9, 11], 0)  # with 700 letters: the bytes of the first name, from the middle of one
def test_a_lexicon_of_many_different_characters_works_as_a_small_one_does(size, picks, name):
    letters, several, lexicon = _wide(size)
    some = [*letters[:3], *letters[253:258], *letters[510:513], " ", "。", "و"]
    last = several[name % len(several)].text
    text = "".join(some[pick % len(some)] for pick in picks) + f" {last}"
    folded = fold(text)
    few = [form for form in several if form.text in text]
    found = set(lexicon.find(folded))
    assert found == set(Lexicon(few).find(folded)) == _hits(few, folded)
    assert found


@cache
def _wide(size: int) -> tuple[list[str], list[Form], Lexicon]:
    letters = [chr(0x4E00 + n) for n in range(size)]
    several = [Form(a + b, n) for n, (a, b) in enumerate(pairwise(letters))]
    return letters, several, Lexicon(several)
