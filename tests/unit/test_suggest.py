from __future__ import annotations

import pytest

from annotation.preannotate.evidence import Evidence, Mention, mentions
from annotation.preannotate.gazetteer import Entry, Gazetteer
from annotation.preannotate.suggest import Suggestion, romanise, suggest
from schemas.article import Passage, Span
from schemas.text import fold
from tests.strategies import passage_of

LABELS = ("PERSON", "ORG", "GPE", "LOC", "PRODUCT")


def _suggest(*texts: str, known: tuple[str, ...] = (), **options: object) -> list[Suggestion]:
    passages = [passage_of(text, article=f"a{number:016x}") for number, text in enumerate(texts)]
    options = {"labels": LABELS, "least": 1, **options}
    return suggest(passages, [_known(p, known) for p in passages], **options)  # type: ignore[arg-type]


def _known(passage: Passage, words: tuple[str, ...]) -> list[Span]:
    places = [(passage.text.find(word), word) for word in words]
    return [Span(start=at, end=at + len(w), label="ORG") for at, w in places if at >= 0]


@pytest.mark.parametrize(
    ("text", "found", "label", "evidence"),
    [
        ("قال وزير الخارجية ستيبان كوزاك إن", "ستيبان كوزاك", "PERSON", Evidence.TITLE),
        ("وأضاف ومحمد العجرمي أن", "محمد العجرمي", "PERSON", Evidence.GIVEN_NAME),
        ("نشرت صحيفة «شمس النهار» الخبر", "شمس النهار", "ORG", Evidence.QUOTED),
        ("حذف من تطبيق «لمعة» الصور", "لمعة", "PRODUCT", Evidence.QUOTED),
        ("أسست شركة كونتيناكس المصنع", "كونتيناكس", "ORG", Evidence.HEAD),
        ("أعلنت Acme Robotics أرباحها", "Acme Robotics", "ORG", Evidence.LATIN),
        ("سقط المطر في مدينة سمرون ليلا", "سمرون", "GPE", Evidence.PLACE),
        ("غرق المركب في بحيرة كندورا قبل", "كندورا", "LOC", Evidence.PLACE),
    ],
)
def test_each_kind_of_evidence_is_seen(text, found, label, evidence):
    assert list(mentions(text, fold(text), [])) == [Mention(found, label, evidence)]


@pytest.mark.parametrize(
    "text",
    [
        "في مدينة كبيرة وقرية صغيرة",
        "عقدت شركة جديدة اجتماعا",
        "حزب العمال والقناة الأولى",
        "كتب a.b@Example.org وعاد",
        "رفضت الشركة «",
        "قال إن الأمر انتهى",
    ],
)
def test_everyday_words_after_head_words_are_no_evidence(text):
    assert list(mentions(text, fold(text), [])) == []


def test_a_known_mention_is_no_suggestion():
    text = "أسست شركة كونتيناكس المصنع"
    assert [s.text for s in _suggest(text)] == ["كونتيناكس"]
    assert _suggest(text, known=("كونتيناكس",)) == []


def test_occurrences_without_evidence_and_with_proclitics_are_counted():
    (found,) = _suggest(
        "أسست شركة كونتيناكس المصنع", "ثم باعت كونتيناكس المصنع لكونتيناكس", "لا شيء هنا"
    )
    assert (found.count, found.passages, found.articles) == (3, 2, 2)
    assert found.evidence == {"head": 1}
    assert len(found.examples) == 2


def test_a_word_that_mostly_stands_without_evidence_is_an_everyday_word():
    assert _suggest("أسست شركة كونتيناكس المصنع", *["رأى كونتيناكس مرتين كونتيناكس"] * 5) == []


def test_a_word_that_takes_the_article_is_an_everyday_word():
    assert _suggest("أسست شركة كونتيناكس المصنع", "انكسر الكونتيناكس") == []


def test_what_stands_in_too_few_passages_is_left_out():
    texts = ["أسست شركة كونتيناكس المصنع"] * 2
    assert _suggest(*texts, least=3) == []
    assert [s.passages for s in _suggest(*texts, least=2)] == [2]


def test_spellings_of_one_name_and_its_surname_are_joined():
    (found,) = _suggest(
        "قال الوزير الفرنسي سيرج غونتارد إن",
        "قال الوزير الفرنسي سيرج غونتارد إن",
        "قال الوزير الفرنسي سيرج جونتارد إن",
        "قال الوزير الفرنسي غونتارد إن",
    )
    assert found.text == "سيرج غونتارد"
    assert set(found.spellings) == {"سيرج جونتارد", "غونتارد"}
    assert (found.passages, found.count) == (4, 4)


def test_a_place_counts_once_for_a_full_name_and_its_surname():
    full = "قال الوزير الفرنسي سيرج غونتارد إن"
    (found,) = _suggest(full, full, full, f"{full} وعاد غونتارد", "قال الوزير الفرنسي غونتارد إن")
    assert (found.count, found.passages) == (6, 5)
    assert sum(found.evidence.values()) == 6


def test_names_with_the_same_consonants_only_stay_two():
    found = _suggest("قال الوزير رونالد برغن إن", "قال الوزير بريكان إن")
    assert {s.text for s in found} == {"رونالد برغن", "بريكان"}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("قال محمد عبد الوهاب", *["قال عبد الوهاب إنه"] * 3), "محمد عبد الوهاب"),
        (("قال الوزير عبد الكوندار إن", "قال الوزير جورج عبد الكوندار إن"), "جورج عبد الكوندار"),
    ],
)
def test_abd_and_its_word_are_one_word(texts, expected):
    assert [s.text for s in _suggest(*texts)] == [expected]


def test_a_number_after_latin_letters_is_no_part_of_the_name():
    assert [s.text for s in _suggest("أعلنت Mobily 737221 أرباحها")] == ["Mobily"]
    assert [s.text for s in _suggest("أعلنت Mobily 5G أرباحها")] == ["Mobily 5G"]


def _entry(number: str, **forms: object) -> Entry:
    names = {"ar": f"اسم {number}", "en": number}
    return Entry.model_validate({"id": number, "label": "ORG", "name": names, **forms})


def test_ids_are_unique_among_suggestions_and_in_the_gazetteer():
    texts = ["أسست شركة كونتيناكس المصنع", "أسست شركة «كونتي ناكس» المصنع"]
    slug = _suggest(texts[0])[0].id
    taken = [_entry(slug), _entry(f"{slug}_2")]
    assert [s.id for s in _suggest(texts[0], entries=taken)] == [f"{slug}_3"]
    both = _suggest("أعلنت Acme-Co أرباحها", "أعلنت Acme Co أرباحها")
    assert sorted(s.id for s in both) == ["org.acme_co", "org.acme_co_2"]
    assert [s.entry().id for s in both] == [s.id for s in both]


@pytest.mark.parametrize("forms", [{"variants": ("غونتارد",)}, {"ambiguous": {"غونتارد": ("أ",)}}])
def test_forms_of_the_gazetteer_are_not_suggested_again(forms):
    texts = ["قال الوزير الفرنسي سيرج غونتارد إن", "قال الوزير الفرنسي غونتارد إن"]
    (found,) = _suggest(*texts, entries=[_entry("org.x", **forms)])
    assert (found.text, found.spellings) == ("سيرج غونتارد", ())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("قال وَمُحَمّد العجرمي إن", "مُحَمّد العجرمي"),
        ("نشرت صَحيفةُ «شمس النهار» الخبر", "شمس النهار"),
        ("أسست شَرِكة كونتيناكس المصنع", "كونتيناكس"),
    ],
)
def test_marks_hide_no_evidence_and_no_name_begins_with_one(text, found):
    assert [mention.text for mention in mentions(text, fold(text), [])] == [found]


def test_arabic_names_that_differ_in_a_vowel_are_different_people():
    found = _suggest("قال محمد العجرمي", "قال محمود العجرمي")
    assert {s.text for s in found} == {"محمد العجرمي", "محمود العجرمي"}


def test_suggestions_come_best_first_and_in_the_same_order_for_any_order_of_passages():
    texts = [
        "قال محمد العجرمي",
        "قال محمد العجرمي",
        "أسست شركة كونتيناكس المصنع",
        "في مدينة سمرون",
    ]
    found = _suggest(*texts)
    assert [s.text for s in found] == ["محمد العجرمي", "سمرون", "كونتيناكس"]
    assert [s.score for s in found] == sorted((s.score for s in found), reverse=True)
    assert [s.text for s in _suggest(*reversed(texts))] == [s.text for s in found]


def test_only_labels_of_the_codebook_are_suggested():
    assert _suggest("في مدينة سمرون", labels=("PERSON",)) == []


def test_a_suggestion_becomes_a_gazetteer_entry_that_finds_it():
    (found,) = _suggest("قال الوزير الفرنسي سيرج غونتارد إن", "قال الوزير الفرنسي غونتارد إن")
    entry = Entry.model_validate_json(found.entry().to_line())
    assert (entry.id, entry.label) == ("person.sirj_ghuntard", "PERSON")
    text = "عاد غونتارد"
    assert [s.entity_id for s in Gazetteer([entry]).spans(text)] == [entry.id]


def test_a_suggestion_in_latin_letters_keeps_them_as_english_name():
    (found,) = _suggest("أعلنت Acme Robotics أرباحها")
    assert found.entry().name.en == "Acme Robotics"
    assert found.entry().id == "org.acme_robotics"


def test_a_name_without_letters_to_write_it_with_still_gets_an_id():
    found = _suggest("نشرت صحيفة «شمس ж» الخبر", "نشرت صحيفة «жж» الخبر")
    assert {s.id for s in found} == {"org.shms", "org.name"}
    assert romanise("ﷺ")


def test_no_passages_give_no_suggestions():
    assert _suggest() == []
