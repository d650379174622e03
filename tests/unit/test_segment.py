"""Articles are cut into passages of readable size that cover them."""

from __future__ import annotations

import pytest

from annotation.ingest import segment as segmentation
from annotation.ingest.segment import MAX_WORDS, MIN_WORDS, segment
from schemas.text import count_words
from tests.strategies import article_of


def _texts(text: str) -> list[str]:
    return [passage.text for passage in segment(article_of(text))]


def _sizes(text: str) -> list[int]:
    return [count_words(passage) for passage in _texts(text)]


def _words(n: int, *, stop: str = "") -> str:
    return " ".join(["كلمة"] * n) + stop


def test_a_paragraph_of_ordinary_length_is_one_passage():
    assert _texts(f"{_words(60)}\n\n{_words(70)}\n") == [_words(60), _words(70)]


def test_a_short_paragraph_joins_what_follows_it_with_the_blanks_between():
    text = f"عنوان الخبر\r\n\r\n{_words(50)}"
    assert _texts(text) == [text]


def test_a_short_last_paragraph_joins_what_stands_before_it():
    text = f"{_words(60)}\n{_words(3, stop='.')}"
    assert _texts(text) == [text]


def test_a_short_paragraph_between_two_full_ones_stands_alone():
    assert _sizes(f"{_words(110)}\n{_words(20)}\n{_words(110)}") == [110, 20, 110]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([MIN_WORDS - 1, MAX_WORDS - MIN_WORDS + 1], [MAX_WORDS]),
        ([MIN_WORDS - 1, MAX_WORDS - MIN_WORDS + 2], [MIN_WORDS - 1, MAX_WORDS - MIN_WORDS + 2]),
        ([MIN_WORDS, MIN_WORDS], [MIN_WORDS, MIN_WORDS]),
        ([10, 10, 10, 10], [40]),
        ([10] * 8, [40, 40]),
        ([10] * 9, [40, 50]),
        ([MAX_WORDS], [MAX_WORDS]),
    ],
)
def test_paragraphs_join_up_to_the_limits(lengths, expected):
    assert _sizes("\n".join(map(_words, lengths))) == expected


def test_a_long_paragraph_is_cut_at_sentence_ends_into_even_windows():
    # 16 sentences of 10 words: 160 words are two windows of 80.
    text = " ".join([_words(10, stop=".")] * 16)
    assert _sizes(text) == [80, 80]
    assert all(passage.endswith(".") for passage in _texts(text))


def test_a_window_never_grows_past_the_limit_to_keep_a_sentence_whole():
    # Sentences of 70 words: two are too many for one passage.
    assert _sizes(" ".join([_words(70, stop="؟")] * 3)) == [70, 70, 70]


def test_a_window_closes_before_the_limit_even_when_it_is_far_from_even():
    # 199 words aim at two windows of 99.5; 60 + 65 comes nearer to that than 60, but is 125.
    text = " ".join(_words(n, stop=".") for n in (60, 65, 74))
    assert _sizes(text) == [60, 65, 74]


def test_a_long_sentence_after_a_short_one_is_cut_so_that_both_fit():
    # 30 + 100 words aim at 65: after 30 come clauses of 20, and 70 is nearer to it than 50.
    text = _words(30, stop=".") + " " + " ".join([_words(20, stop="،")] * 5)
    assert _sizes(text) == [70, 60]


def test_a_sentence_without_an_end_is_cut_at_clauses():
    # 12 clauses of 20 words and no full stop: 240 words, three windows of 80.
    text = " ".join([_words(20, stop="،")] * 12)
    assert _sizes(text) == [80, 80, 80]
    assert all(passage.endswith("،") for passage in _texts(text))


def test_words_without_any_punctuation_are_cut_between_words():
    text = _words(400)
    sizes = _sizes(text)
    assert sizes == [80] * 5
    assert " ".join(_texts(text)) == text


def test_a_closing_quote_stays_with_its_sentence():
    text = " ".join(["قال «" + _words(38) + ".»"] * 4)
    assert all(p.startswith("قال «") and p.endswith(".»") for p in _texts(text))
    assert len(_texts(text)) == 2


def test_a_number_or_an_abbreviation_is_not_cut_in_two():
    text = " ".join(["قال د. علي إن النمو بلغ 3.5 في المئة " + _words(11, stop=".")] * 8)
    passages = _texts(text)
    assert len(passages) == 2
    assert all(p.startswith("قال د. علي") for p in passages)


def test_words_of_punctuation_alone_count_for_nothing_but_are_covered():
    text = "- … -\n" + "* * *"
    assert _texts(text) == [text]
    assert _sizes(text) == [0]


@pytest.mark.parametrize("blank", [" ", "\n\n", "\t\r\n \u00a0\u2028"])
def test_a_blank_text_has_no_passage(blank):
    assert segment(article_of(blank)) == []


def test_a_text_of_one_character_is_a_passage():
    (passage,) = segment(article_of("\n ن "))
    assert (passage.text, passage.start, passage.end, passage.position) == ("ن", 2, 3, 0)


def test_offsets_count_code_points_and_ids_name_them():
    article = article_of("🤝🏽🤝🏽 " + _words(50) + "\n" + _words(50))
    first, second = segment(article)
    assert (first.start, first.end) == (0, 5 + len(_words(50)))
    assert second.start == first.end + 1
    assert second.id == f"{article.id}:{second.start}-{second.end}"
    assert [first.position, second.position] == [0, 1]


def test_direction_marks_and_joiners_at_the_ends_are_kept_in_the_passage():
    text = f"\u200f{_words(50)}\u202c\n\u200f{_words(50)}"
    assert _texts(text) == text.split("\n")


def test_a_heading_stays_with_what_follows_it():
    first, second = _words(35, stop="."), _words(100, stop=".")
    text = f"{first}\nعنوان قصير هنا\n{second}"
    assert _texts(text) == [first, f"عنوان قصير هنا\n{second}"]


def test_a_heading_stays_with_the_first_window_of_a_long_paragraph():
    long = " ".join([_words(10, stop=".")] * 24)
    first, *rest = _texts(f"عنوان قصير\n{long}")
    assert first.startswith("عنوان قصير\nكلمة")
    assert len(rest) == 2


def test_lines_without_any_stop_are_no_headings_of_each_other():
    assert _sizes("\n".join([_words(10)] * 8)) == [40, 40]


@pytest.mark.parametrize("bullet", ["- ", "• ", "* ", "1. ", "٢) ", "أ) ", "-"])
def test_a_list_keeps_its_introduction_and_stays_whole_when_it_fits(bullet):
    before = _words(60, stop=".")
    items = "\n".join(bullet + _words(20) for _ in range(5))
    text = f"{before}\nوتشمل المحطات:\n{items}"
    assert _texts(text) == [before, text[len(before) + 1 :]]


def test_a_list_that_is_too_long_keeps_its_introduction_with_the_first_item():
    items = "\n".join("- " + _words(30) for _ in range(6))
    first, *rest = _texts(f"{_words(100, stop='.')}\nوتشمل المحطات:\n{items}")[1:]
    assert first.startswith("وتشمل المحطات:\n- كلمة")
    assert all(passage.startswith("- ") for passage in rest)


def test_a_long_introduction_stays_with_what_it_introduces():
    text = f"{_words(50)}:\n«{_words(50)}»\n{_words(60)}"
    assert _sizes(text) == [100, 60]


def test_a_quote_of_several_sentences_is_not_cut_when_it_fits():
    # Windows of 10-word sentences would close at 80 words, inside the quote.
    quote = "«" + " ".join([_words(10, stop=".")] * 4) + "»"
    text = " ".join([*[_words(10, stop=".")] * 6, quote, *[_words(10, stop=".")] * 6])
    assert [quote in passage for passage in _texts(text)].count(True) == 1


def test_a_quote_is_not_torn_from_the_sentence_that_says_whose_it_is():
    sentence = _words(20, stop=".")
    said = "قال الوزير " + _words(18, stop=".")
    text = " ".join([*[sentence] * 3, f"«{_words(20)}.»", said, *[sentence] * 3])
    (passage,) = (p for p in _texts(text) if "»" in p)
    assert said in passage


@pytest.mark.parametrize(
    "unit",
    ["كلمة ", "كلمة\n", "كلمة:\n- كلمة\n", "قال نعم. ", "*\n", "«نعم. ", "عنوان\nقال نعم الآن.\n"],
)
def test_pieces_of_a_text_grow_no_faster_than_the_text(unit, monkeypatch):
    counted = 0
    piece = segmentation._piece

    def counting(text: str, start: int, end: int):
        nonlocal counted
        counted += end - start
        return piece(text, start, end)

    monkeypatch.setattr(segmentation, "_piece", counting)
    sizes = []
    for times in (300, 3000):
        counted = 0
        passages = segment(article_of(unit * times))
        assert all(count_words(passage.text) <= MAX_WORDS for passage in passages)
        sizes.append(counted)
    assert sizes[1] <= 11 * sizes[0]


def test_looking_ahead_in_a_list_of_bare_signs_grows_no_faster_than_the_text(monkeypatch):
    looked, item = 0, segmentation._ITEM

    class Counting:
        def match(self, text: str, at: int):
            nonlocal looked
            looked += 1
            return item.match(text, at)

    monkeypatch.setattr(segmentation, "_ITEM", Counting())
    sizes = []
    for times in (600, 3000):
        looked = 0
        segment(article_of("-:\n-\n" * times))
        sizes.append(looked)
    assert sizes[1] <= 6 * sizes[0]


@pytest.mark.parametrize("text", ["قال، نعم", "* نعم *", "3.5 ½ ـ", "a_b _ -", "ﷺ نَعَم 🤝", "_أ"])
def test_words_are_counted_as_everywhere_else(text):
    assert segmentation._piece(text, 0, len(text)).words == count_words(text)


def test_a_heading_and_an_introduction_stay_with_a_paragraph_too_long_for_one_passage():
    text = f"عنوان قصير\n{_words(35)}:\n" + " ".join([_words(20, stop=".")] * 5)
    first, _ = _texts(text)
    assert f"{_words(35)}:\nكلمة" in first
