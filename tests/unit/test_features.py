"""Words as hashed, weighted features."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfTransformer

from schemas.annotation import Evidence
from train.features import (
    LEXICAL,
    WIDTH,
    count_matrix,
    cue_features,
    inverse_document_frequency,
    light_stem,
    weigh,
    word_features,
)

TEXTS = [
    ["زارت", "الوزيرة", "بكين", "ثم", "زارت", "واشنطن"],
    ["قالت", "الوزيرة", "إن", "الرسوم", "على", "الصين", "ستبقى", "الرسوم", "نفسها"],
    ["بكين", "بكين", "بكين"],
    ["«،»"],
]


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        # By hand from light10: و first, then one article, then each ending in the order of the
        # table, as long as two letters (three after و) stay.
        ("والصادرات", "صادر"),  # و، ال، ات
        ("للصين", "صين"),  # لل; without "ين" one letter would stay
        ("الصينيون", "صين"),  # ال، ون, then ي; "ين" had its turn before ي uncovered it
        ("كالعاده", "عاد"),  # كال، ه
        ("فالسياسات", "سياس"),  # فال، ات
        ("بالتعاون", "تعا"),  # بال، ون: light stemming knows no roots
        ("وزير", "زير"),  # و is taken off blindly: three letters stay
        ("وفد", "وفد"),  # two would stay
        ("ال", "ال"),
        ("الا", "الا"),  # one letter would stay
        ("كتابها", "كتاب"),  # ها; ان and ات do not end it then
        ("مدينه", "مدين"),  # ه comes after ين in the table: ين is not looked for again
        ("عربي", "عرب"),
        ("رسوم", "رسوم"),
        ("", ""),
    ],
)
def test_light_stems(word: str, stem: str) -> None:
    assert light_stem(word) == stem


@pytest.mark.parametrize(
    ("one", "other"),
    [("القاهرة", "القاهِرَه"), ("أمريكا", "امريكا"), ("بكيـــن", "بكين"), ("بكين\u200f", "بكين")],
)
def test_spellings_of_one_word_have_the_same_features(one: str, other: str) -> None:
    assert word_features(one).tolist() == word_features(other).tolist()


def test_a_word_has_one_form_one_stem_and_its_character_ngrams() -> None:
    # <بكين> has six characters: four 3-grams, three 4-grams, two 5-grams.
    columns = word_features("بكين")
    assert (columns < LEXICAL).sum() == 2
    assert (columns >= LEXICAL).sum() == 4 + 3 + 2
    assert columns.max() < WIDTH


@pytest.mark.parametrize("word", ["،", "«", ".", "\u200f", "", " ", "…", "😀"])
def test_punctuation_has_no_features(word: str) -> None:
    assert word_features(word).tolist() == []


def test_counts_add_up_over_the_words_of_a_text() -> None:
    counts = count_matrix([["بكين", "واشنطن", "بكين"]])
    expected = np.zeros(WIDTH)
    for word in ("بكين", "واشنطن", "بكين"):
        np.add.at(expected, word_features(word), 1)
    assert counts.shape == (1, WIDTH)
    np.testing.assert_array_equal(counts.toarray()[0], expected)


def test_a_text_without_words_is_an_empty_row() -> None:
    counts = count_matrix([[], ["بكين"], ["،"]])
    assert np.diff(counts.indptr).tolist()[0] == 0
    assert np.diff(counts.indptr).tolist()[2] == 0
    weighted = weigh(counts, inverse_document_frequency(counts))
    assert np.diff(weighted.indptr)[0] == 0
    assert np.isfinite(weighted.data).all()


def test_no_texts_at_all_give_a_matrix_without_rows() -> None:
    assert count_matrix([]).shape == (0, WIDTH)


@pytest.mark.parametrize("family", [slice(0, LEXICAL), slice(LEXICAL, WIDTH)])
def test_weights_are_scikit_learn_s_tf_idf_family_by_family(family: slice) -> None:
    counts = count_matrix(TEXTS)
    ours = weigh(counts, inverse_document_frequency(counts))[:, family]
    theirs = TfidfTransformer(sublinear_tf=True).fit_transform(counts[:, family])
    np.testing.assert_allclose(ours.toarray(), theirs.toarray(), atol=1e-6)


def test_weighing_leaves_the_counts_as_they_were() -> None:
    counts = count_matrix(TEXTS)
    before = counts.toarray().copy()
    weigh(counts, inverse_document_frequency(counts))
    np.testing.assert_array_equal(counts.toarray(), before)


def test_idf_of_a_column_in_every_text_is_one_and_falls_with_its_frequency() -> None:
    counts = count_matrix([["بكين"], ["بكين", "واشنطن"]])
    idf = inverse_document_frequency(counts)
    everywhere, once = word_features("بكين")[0], word_features("واشنطن")[0]
    # log((1 + 2) / (1 + 2)) + 1 and log((1 + 2) / (1 + 1)) + 1
    assert idf[everywhere] == pytest.approx(1.0)
    assert idf[once] == pytest.approx(1 + np.log(1.5))


def _cue(issue: str, reason: str, start: int = 0) -> Evidence:
    return Evidence(issue=issue, start=start, end=start + 3, reason=reason)


def test_cue_features_count_each_term_of_a_label_once() -> None:
    found = [
        [
            _cue("taiwan", "strong:مضيق"),
            _cue("taiwan", "strong:مضيق", 40),
            _cue("taiwan", "strong:تايبيه"),
            _cue("taiwan", "weak:جزيرة"),
            _cue("trade", "weak:رسوم"),
        ],
        [],
    ]
    # Two strong terms and a weak one; one weak term; then a text without any.
    expected = [
        [[1, np.log(3), np.log(2)], [0, 0, np.log(2)]],
        [[0, 0, 0], [0, 0, 0]],
    ]
    np.testing.assert_allclose(cue_features(found, ("taiwan", "trade")), expected, rtol=1e-6)
