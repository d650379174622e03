"""Segmentation loses nothing, repeats nothing, and always cuts in the same places."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from annotation.ingest.segment import MAX_WORDS, MIN_WORDS, segment
from schemas.sentences import lines, sentences
from schemas.text import count_words
from tests.strategies import article_of, articles, long_texts, wild_texts

any_text = wild_texts(min_size=1) | long_texts().filter(bool)
# Paragraphs without any full stop, comma or quote: as many words as the numbers say.
paragraph_lengths = st.lists(st.integers(1, 400), min_size=1, max_size=12)


@given(any_text)
@example("قال\u2028نعم\x1fثم\u0085ذهب\r\n\r\n.")
def test_every_character_that_is_not_white_space_lies_in_exactly_one_passage(text):
    covered = [0] * len(text)
    for passage in segment(article_of(text)):
        for offset in range(passage.start, passage.end):
            covered[offset] += 1
    assert all(n <= 1 for n in covered)
    assert all(text[i].isspace() for i, n in enumerate(covered) if not n)


@given(articles(text=any_text))
def test_each_passage_is_its_slice_of_the_article_without_blanks_at_its_ends(article):
    for passage in segment(article):
        passage.check_against(article)
        assert passage.text == article.text[passage.start : passage.end] == passage.text.strip()


@given(any_text)
def test_passages_come_in_text_order_and_count_up_from_nought(text):
    passages = segment(article_of(text))
    assert [passage.position for passage in passages] == list(range(len(passages)))
    assert all(first.end <= second.start for first, second in pairwise(passages))


@given(any_text, st.text(min_size=1, max_size=3))
def test_passages_depend_on_the_text_alone(text, source):
    first = segment(article_of(text))
    second = segment(article_of(text, source=source.encode("ascii", "ignore").decode() or "x"))
    assert [(p.start, p.end) for p in first] == [(p.start, p.end) for p in second]
    assert segment(article_of(text)) == first


@given(any_text)
def test_no_passage_has_more_words_than_the_limit(text):
    assert all(count_words(passage.text) <= MAX_WORDS for passage in segment(article_of(text)))


@given(paragraph_lengths)
def test_a_short_passage_stands_alone_only_when_no_neighbour_has_room_for_it(lengths):
    text = "\n".join(" ".join(["كلمة"] * n) for n in lengths)
    sizes = [count_words(passage.text) for passage in segment(article_of(text))]
    assert sum(sizes) == sum(lengths)
    for first, second in pairwise(sizes):
        assert min(first, second) >= MIN_WORDS or first + second > MAX_WORDS


@given(st.lists(st.integers(3, 30), min_size=1, max_size=40))
def test_a_paragraph_of_ordinary_sentences_is_cut_at_sentence_ends_only(lengths):
    text = " ".join(" ".join(["كلمة"] * n) + "." for n in lengths)
    assert all(passage.text.endswith("كلمة.") for passage in segment(article_of(text)))


@given(any_text)
@example("قال.\u200f\u2028. .«نعم.»وأضاف\x1c…\x85.")
@example('نعم؟ ! 😀 ."ثم" وأضاف')
def test_every_character_that_is_not_white_space_lies_in_exactly_one_sentence(text):
    at = 0
    for start, end in sentences(text):
        assert at <= start < end
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()


@given(any_text)
def test_a_sentence_never_reaches_over_the_end_of_its_line(text):
    assert {text[a:b] for a, b in sentences(text) if len(text[a:b].splitlines()) > 1} == set()
    starts = {start for start, _ in sentences(text)}
    assert starts.issuperset(start for start, _ in lines(text))


@given(st.lists(st.tuples(st.integers(1, 45), st.sampled_from([".", "،", ":", ""])), min_size=9))
def test_a_short_introduction_never_ends_a_passage_but_the_last(paragraphs):
    ends = ["." if before == end == ":" else end for (_, before), (_, end) in pairwise(paragraphs)]
    text = "\n".join(
        " ".join(["كلمة"] * n) + end for (n, _), end in zip(paragraphs[1:], ends, strict=True)
    )
    for passage in segment(article_of(text))[:-1]:
        last = passage.text.splitlines()[-1]
        assert count_words(last) >= MIN_WORDS or not last.endswith(":")
