"""Copies and near duplicates are found, verified, and nothing else is."""

from __future__ import annotations

import random
import tracemalloc
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from annotation.ingest import duplicates, shingles
from annotation.ingest.duplicates import SHORTEST, find_clusters
from schemas.article import Article, Cluster
from schemas.errors import GateError, UsageError
from schemas.text import fold
from tests.strategies import article_of

TEXT = (
    "أعلنت وزارة المياه أمس افتتاح محطة جديدة لتحلية مياه البحر شمال المدينة، وقال مدير المشروع "
    "إن المحطة ستغذي ثلاثين ألف منزل قبل نهاية الصيف، وإن العمل في الخط الثاني يبدأ بعد شهرين."
)
OTHER = (
    "فاز فريق الجامعة ببطولة الشطرنج بعد مباراة طويلة انتهت في ساعة متأخرة من ليل الجمعة، وشارك "
    "فيها لاعبون من تسع دول، وتسلم القائد الكأس وسط تصفيق الحاضرين في قاعة المكتبة القديمة."
)
WEATHER = (
    "حالة الطقس المتوقعة اليوم: سماء غائمة جزئيا إلى غائمة على المرتفعات، ودرجة الحرارة العظمى {} "
    "والصغرى {}، والرياح شمالية غربية معتدلة السرعة تنشط أحيانا على السواحل فتثير الأتربة."
)
START = datetime(2026, 1, 1, tzinfo=UTC)


def _articles(*texts: str) -> list[Article]:
    """Return one article for each text, collected one after the other."""
    return [
        article_of(
            text,
            url=f"https://example.org/{n}",
            file=f"{n:04}.txt",
            collected_at=START + timedelta(hours=n),
        )
        for n, text in enumerate(texts)
    ]


def _clusters(articles: list[Article], **options: float) -> list[Cluster]:
    return find_clusters(lambda: iter(articles), **options)


def _jaccard(first: str, second: str) -> float:
    """Return the similarity by the definition, with no hash in it."""
    one, two = (
        {folded[i : i + 5] for i in range(len(folded) - 4)}
        for folded in (fold(text).text.strip() for text in (first, second))
    )
    return len(one & two) / len(one | two)


def test_no_articles_give_no_clusters():
    assert _clusters([]) == []


def test_unrelated_articles_give_no_clusters():
    assert _clusters(_articles(TEXT, OTHER, WEATHER)) == []


@pytest.mark.parametrize(
    "copy",
    [
        TEXT,
        f"\ufeff  {TEXT}\r\n",
        TEXT.replace(" ", "\n\n"),
        TEXT.replace("محطة", "مَحَطّـة").replace("أعلنت", "\u200fاعلنت\u200e"),
        f"«{TEXT}»",
    ],
    ids=["equal", "framed", "line ends", "marks", "quoted"],
)
def test_texts_with_one_fold_are_copies(copy):
    articles = _articles(TEXT, copy, OTHER)
    first, second = articles[0].id, articles[1].id
    expected = Cluster(id=first, members=(first, second), copies=(second,), similarity=1.0)
    assert _clusters(articles) == [expected]


@pytest.mark.parametrize(
    "variant",
    [
        TEXT.replace("شهرين", "أسبوع"),
        f"محطة جديدة للتحلية\n{TEXT}",
        TEXT.replace("، وإن العمل في الخط الثاني يبدأ بعد شهرين", ""),
    ],
    ids=["word changed", "title added", "end dropped"],
)
def test_a_near_duplicate_is_no_copy_and_its_similarity_is_the_true_one(variant):
    articles = _articles(TEXT, variant, OTHER)
    (cluster,) = _clusters(articles)
    assert cluster.members == (articles[0].id, articles[1].id)
    assert cluster.copies == ()
    assert cluster.similarity == _jaccard(TEXT, variant)


def test_reports_from_one_template_are_near_duplicates_by_design():
    articles = _articles(WEATHER.format(31, 19), WEATHER.format(28, 15), WEATHER.format(40, 27))
    (cluster,) = _clusters(articles)
    assert cluster.members == tuple(article.id for article in articles)


def test_the_article_collected_first_names_the_cluster_wherever_it_stands_in_the_stream():
    near, late, early = _articles(f"{TEXT} والله الموفق.", TEXT, TEXT)
    early = early.model_copy(update={"collected_at": START - timedelta(days=1)})
    (cluster,) = _clusters([near, late, early])
    assert cluster.id == early.id
    assert cluster.members == (early.id, near.id, late.id)
    assert cluster.copies == (late.id,)


def test_articles_of_one_time_are_in_the_order_of_their_files_then_ids():
    same = [article_of(TEXT, file=name, url=f"u{name}") for name in ("c", "a", "b")]
    twins = [article_of(TEXT, file="b", source=f"s{n}") for n in range(2)]
    (cluster,) = _clusters([*same, *twins])
    c, a, b = (article.id for article in same)
    assert cluster.members == (a, *sorted([b, *(twin.id for twin in twins)]), c)


def test_a_chain_is_one_cluster_whose_ends_may_be_less_alike_than_the_threshold():
    words = " ".join(random.Random(4).sample([f"كلمة{n}" for n in range(100, 999)], 90)).split()
    chain = [" ".join(words[n * 10 : n * 10 + 60]) for n in range(3)]
    steps = [_jaccard(chain[0], chain[1]), _jaccard(chain[1], chain[2])]
    assert _jaccard(chain[0], chain[2]) < 0.65 < min(steps)
    (cluster,) = _clusters(_articles(*chain), threshold=0.65)
    assert len(cluster.members) == 3
    assert cluster.similarity == min(steps)


def test_a_pair_at_the_threshold_is_in_and_one_under_it_is_out():
    variant = TEXT.replace("ثلاثين ألف", "سبعة آلاف")
    articles, similarity = _articles(TEXT, variant), _jaccard(TEXT, variant)
    assert len(_clusters(articles, threshold=similarity)) == 1
    assert _clusters(articles, threshold=float(np.nextafter(similarity, 1))) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ارتفع سعر النفط اليوم إلى 71 دولارا", "ارتفع سعر النفط اليوم إلى 72 دولارا"),
        ("تابعونا على القناة الأولى", "تابعونا على القناة الأولى."),
        ("نعم", "نعم!"),
        ("لا", "ل"),
    ],
)
def test_short_texts_are_never_near_duplicates(first, second):
    assert len(fold(first).text) < SHORTEST
    assert _clusters(_articles(first, second)) == []


@pytest.mark.parametrize("text", ["عاجل: توقف الملاحة في المضيق", "نعم", "ل"])
def test_short_texts_are_copies_when_equal(text):
    (cluster,) = _clusters(_articles(text, f" {text} "))
    assert len(cluster.copies) == 1


def test_texts_that_fold_to_nothing_are_in_no_cluster():
    assert _clusters(_articles(" ", "\n", "\u200f", "\u200f", "ـ")) == []


def test_texts_with_the_same_shingles_are_alike_but_no_copies():
    phrase = "سبحان الله وبحمده سبحان الله العظيم والحمد لله رب العالمين "
    (cluster,) = _clusters(_articles(phrase * 3, phrase * 5))
    assert cluster.similarity == 1.0
    assert cluster.copies == ()


def test_an_id_that_comes_twice_is_one_article():
    assert _clusters([*_articles(TEXT), *_articles(TEXT)]) == []


def test_a_crowd_from_one_template_is_one_cluster():
    crowd = [WEATHER.format(n, n + 300) for n in range(100, 200)]
    assert len(crowd) > 4 * duplicates._NEIGHBOURS
    (cluster,) = _clusters(_articles(*crowd, OTHER))
    assert len(cluster.members) == len(crowd)


def test_the_second_reading_happens_only_when_there_is_something_to_compare():
    calls = []

    def reading(articles):
        calls.append(len(articles))
        return iter(articles)

    find_clusters(lambda: reading(_articles(TEXT, OTHER, TEXT)))
    assert len(calls) == 1
    find_clusters(lambda: reading(_articles(TEXT, TEXT + " انتهى")))
    assert len(calls) == 3


def test_an_article_that_is_gone_at_the_second_reading_is_named():
    articles = _articles(TEXT, TEXT + " انتهى")
    readings = iter([articles, articles[:1]])
    with pytest.raises(GateError, match=rf"1 of 2 articles.*{articles[1].id}"):
        find_clusters(lambda: iter(next(readings)))


@pytest.mark.parametrize("threshold", [0.0, 0.49, 1.01, float("nan")])
def test_thresholds_that_cannot_be_kept_are_refused(threshold):
    with pytest.raises(UsageError, match=r"give a number from 0\.5 to 1"):
        _clusters([], threshold=threshold)


def test_memory_does_not_hold_the_texts(monkeypatch):
    monkeypatch.setattr(duplicates, "_BATCH", 10_000)
    generator = random.Random(1)
    words = [f"كلمة{n}" for n in range(5000)]
    texts = [" ".join(generator.choices(words, k=500)) for _ in range(150)]
    articles = _articles(*texts, *(f"{text} انتهى" for text in texts))
    _clusters(articles[:2])  # what is loaded once is not counted
    tracemalloc.start()
    try:
        found = _clusters(articles)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found) == len(texts)
    characters = sum(len(article.text) for article in articles)
    assert peak < characters  # the texts alone are two bytes a character, their shingles eight


def test_shingles_never_reach_from_one_text_into_the_next():
    texts = ["abcdefg", "hijkl", "ابتثجحخد"]
    together, offsets = shingles.hashes(texts)
    alone = [shingles.hashes([text])[0] for text in texts]
    assert [len(part) for part in alone] == [3, 1, 4]
    assert offsets.tolist() == [0, 3, 4, 8]
    assert together.tolist() == np.concatenate(alone).tolist()


def test_a_signature_estimates_the_similarity_and_does_not_depend_on_its_neighbours():
    variant = TEXT.replace("ثلاثين ألف", "سبعة آلاف")
    pair = shingles.signatures([fold(TEXT).text, fold(variant).text])
    assert (pair[0] == pair[1]).mean() == pytest.approx(_jaccard(TEXT, variant), abs=0.12)
    assert (shingles.signatures([OTHER, fold(variant).text])[1] == pair[1]).all()
