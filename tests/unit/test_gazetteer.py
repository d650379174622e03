"""Known names become spans; the rule predictor joins them with dates and cues."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from annotation.preannotate.gazetteer import Entry, Gazetteer, read_gazetteer
from annotation.preannotate.predict import RulePredictor
from annotation.steps import rule_predictor, rules_of
from schemas.article import longest_first
from schemas.codebook import Bilingual, Codebook, Cues, EntityType, Group, Issue
from schemas.errors import RecordError
from schemas.jsonl import write
from schemas.text import fold
from schemas.workspace import Workspace
from tests.strategies import passage_of

NAME = Bilingual(ar="اسم", en="name")


def _entry(
    identity: str,
    label: str,
    ar: str,
    *variants: str,
    ambiguous: dict[str, tuple[str, ...]] | None = None,
) -> Entry:
    name = Bilingual(ar=ar, en=identity)
    return Entry(id=identity, label=label, name=name, variants=variants, ambiguous=ambiguous or {})


def _codebook(*labels: str, cues: Cues | None = None) -> Codebook:
    group = (Group(id="g", name=NAME),)
    issue = Issue(id="taiwan", name=NAME, definition=NAME, group="g", cues=cues or Cues())
    other = Issue(id="climate", name=NAME, definition=NAME, group="g")
    entities = tuple(
        EntityType(id=label, name=NAME, definition=NAME, colour="#123456") for label in labels
    )
    return Codebook(
        id="x",
        version="1.0.0",
        language="ar",
        unit="passage",
        title=NAME,
        groups=group,
        issues=(issue, other),
        entities=entities,
    )


CHINA = _entry("gpe.china", "GPE", "الصين", "جمهورية الصين الشعبية")
KABUL = _entry("gpe.kabul", "GPE", "كابل")
ABEL = _entry("person.abel", "PERSON", "آبل")
APPLE = _entry("org.apple", "ORG", "شركة آبل", ambiguous={"تفاحة": ("هاتف*", "شركة")})
PENTAGON = _entry("org.pentagon", "ORG", "بنتاغون", "وزارة الدفاع")


def _mentions(text: str, *entries: Entry) -> list[tuple[str, str | None]]:
    spans = Gazetteer(list(entries)).spans(text, fold(text))
    return sorted((text[span.start : span.end], span.entity_id) for span in spans)


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ("زار الصين أمس", "الصين"),
        ("زار «الصِّين».", "الصِّين"),
        ("ووالصين", None),
        ("بالصين أمس", "بالصين"),
        ("للصين أمس", "للصين"),
        ("الصينيون", None),
        ("جمهورية\u00a0الصين الشعبية", "جمهورية\u00a0الصين الشعبية"),
        ("\u200fالصين\u200f وحدها", "الصين"),
        ("🤝🏽 الصـين", "الصـين"),
    ],
)
def test_a_mention_is_a_span_of_whole_words_in_the_raw_text(text, mention):
    found = dict(_mentions(text, CHINA))
    assert (mention in found) == (mention is not None)
    if mention is None:
        assert found == {}
    else:
        assert found[mention] == "gpe.china"


def test_a_span_carries_label_and_entity():
    text = "زار الصين"
    (span,) = Gazetteer([CHINA]).spans(text, fold(text))
    assert (span.start, span.end, span.label, span.entity_id) == (4, 9, "GPE", "gpe.china")


def test_overlapping_mentions_are_all_given():
    found = _mentions("جمهورية الصين الشعبية", CHINA)
    assert found == [("الصين", "gpe.china"), ("جمهورية الصين الشعبية", "gpe.china")]


def test_organisations_take_the_article_and_people_and_places_do_not():
    assert _mentions("قال البنتاغون نعم", PENTAGON) == [("البنتاغون", "org.pentagon")]
    assert _mentions("قال الكابل نعم", KABUL) == []


def test_a_bare_reading_beats_one_with_a_proclitic():
    assert _mentions("في كابل اليوم", ABEL, KABUL) == [("كابل", "gpe.kabul")]
    assert _mentions("في كابل اليوم", KABUL, ABEL) == [("كابل", "gpe.kabul")]


def test_an_ambiguous_form_needs_one_of_its_words_in_the_passage():
    assert _mentions("أكل تفاحة أمس", APPLE) == []
    assert _mentions("باعت تفاحة هاتفا", APPLE) == [("تفاحة", "org.apple")]


@pytest.mark.parametrize("beside", ["الهاتف", "وبهاتف", "هاتفا", "«هواتفها»", "آيفون"])
def test_a_context_word_is_seen_through_proclitics_and_may_have_an_open_end(beside):
    entry = _entry("org.apple", "ORG", "أبل", ambiguous={"تفاحة": ("هاتف*", "هواتف*", "آيفون")})
    assert _mentions(f"باعت تفاحة {beside}", entry) == [("تفاحة", "org.apple")]


@pytest.mark.parametrize("beside", ["آيفونات", "مهاتفة", "ه اتف"])
def test_a_context_word_inside_another_word_is_none(beside):
    entry = _entry("org.apple", "ORG", "أبل", ambiguous={"تفاحة": ("هاتف*", "آيفون")})
    assert _mentions(f"باعت تفاحة {beside}", entry) == []


def test_an_everyday_word_is_not_read_as_a_proclitic_and_another_name():
    apple = _entry("org.apple", "ORG", "أبل")
    kabul = _entry("gpe.kabul", "GPE", "مدينة كابل", ambiguous={"كابل": ("أفغانستان",)})
    assert _mentions("انقطع كابل الإنترنت", apple, kabul) == []
    assert _mentions("كابل في أفغانستان", apple, kabul) == [("كابل", "gpe.kabul")]
    assert _mentions("هاتف كأبل", apple) == [("كأبل", "org.apple")]


def test_an_everyday_word_may_be_a_name_of_another_entry_too():
    first = _entry("gpe.a", "GPE", "مدينة ألف", ambiguous={"نور": ("ألف",)})
    second = _entry("org.b", "ORG", "حزب النور", ambiguous={"النور": ("حزب",)})
    assert _mentions("قال حزب إن النور عاد", first, second) == [("النور", "org.b")]


def test_a_context_word_of_one_text_does_not_serve_another():
    gazetteer = Gazetteer([APPLE])
    assert list(gazetteer.spans_of(["باعت تفاحة", "هاتف"])) == [[], []]


def test_many_texts_at_once_give_what_each_gives_alone():
    gazetteer = Gazetteer([CHINA, KABUL, APPLE])
    filler = "كلام آخر. " * 200
    texts = ["قالت الصين", "", "في كابل، والصين\u200f", "تفاحة وهاتف", f"الصين {filler}"] * 40
    assert sum(map(len, texts)) > 50_000  # more than one batch
    assert list(gazetteer.spans_of(texts)) == [gazetteer.spans(text) for text in texts]


def test_of_two_forms_that_give_the_same_span_the_longer_one_links_it():
    opec, plus = _entry("org.opec", "ORG", "أوبك"), _entry("org.plus", "ORG", "أوبك+")
    assert _mentions("قالت أوبك+ أمس", opec, plus) == [("أوبك", "org.plus")]


def test_a_gazetteer_without_entries_finds_nothing():
    assert _mentions("أي نص كان") == []


def test_the_hash_depends_on_every_entry_and_their_order():
    hashes = {
        Gazetteer(list(entries)).hash
        for entries in ([CHINA], [KABUL], [CHINA, KABUL], [KABUL, CHINA], [])
    }
    assert len(hashes) == 5


# The file


def _read(folder: Path, *entries: Entry) -> Gazetteer:
    path = folder / "gazetteer.jsonl"
    write(path, entries)
    return read_gazetteer(path, _codebook("GPE", "ORG", "PERSON"))


def test_a_gazetteer_file_is_read_in_its_order(tmp_path):
    assert _read(tmp_path, KABUL, CHINA).entries == (KABUL, CHINA)


def test_one_entry_may_give_a_form_twice(tmp_path):
    twice = _entry("gpe.turkey", "GPE", "أنقرة", "انقره")
    assert _read(tmp_path, twice).entries == (twice,)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (_entry("org.x", "CITY", "مدينة"), r"record 2 \(org\.x\): label 'CITY'.*GPE, ORG, PERSON"),
        (_entry("gpe.china", "GPE", "غيرها"), "the id stands already in record 1"),
        (_entry("gpe.prc", "GPE", "غيرها", "الصِّـين"), "form 'الصين' belongs to gpe.china"),
        (
            _entry("gpe.prc", "GPE", "غيرها", ambiguous={"الصين": ("س",)}),
            "belongs to gpe.china already",
        ),
    ],
)
def test_an_entry_that_clashes_is_named_with_the_file(tmp_path, bad, message):
    with pytest.raises(RecordError, match=message) as error:
        _read(tmp_path, CHINA, bad)
    assert str(tmp_path / "gazetteer.jsonl") in str(error.value)


def test_all_clashes_are_named_at_once(tmp_path):
    bad = [_entry("gpe.a", "CITY", "أولى"), _entry("gpe.b", "TOWN", "ثانية")]
    with pytest.raises(RecordError, match=r"'CITY'[\s\S]*'TOWN'"):
        _read(tmp_path, *bad)


@pytest.mark.parametrize("identity", ["GPE.China", "gpe china", "صين", ""])
def test_an_id_is_ascii_in_small_letters(tmp_path, identity):
    line = CHINA.to_line().replace('"gpe.china"', f'"{identity}"', 1)
    path = tmp_path / "gazetteer.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(RecordError, match=r"gazetteer\.jsonl:1: id"):
        read_gazetteer(path, _codebook("GPE"))


# The rule predictor


def test_the_longest_name_stays_and_no_two_entities_overlap():
    rules = RulePredictor(_codebook("GPE", "DATE"), Gazetteer([CHINA]))
    text = "زار جمهورية الصين الشعبية يوم الأحد 5 نوفمبر 2023 ثم الصين"
    assert [(text[s.start : s.end], s.label) for s in rules.entities(text)] == [
        ("جمهورية الصين الشعبية", "GPE"),
        ("يوم الأحد 5 نوفمبر 2023", "DATE"),
        ("الصين", "GPE"),
    ]


def test_dates_are_found_only_when_the_codebook_has_them():
    rules = RulePredictor(_codebook("GPE"), Gazetteer([CHINA]))
    assert rules.entities("يوم الأحد 5 نوفمبر 2023") == []


def test_a_prediction_decides_by_the_threshold_and_shows_its_evidence():
    cues = Cues(strong=("مضيق تايوان",), weak=("جزيرة",))
    rules = RulePredictor(_codebook("GPE", cues=cues), Gazetteer([CHINA]))
    strong, weak, none = rules.predict(
        map(passage_of, ["عبرت مضيق تايوان إلى الصين", "زار الجزيرة", "لا شيء"])
    )
    assert strong.present == ("taiwan",)
    assert [e.reason for e in strong.evidence] == ["strong:مضيق تايوان"]
    assert [span.entity_id for span in strong.spans] == ["gpe.china"]
    assert weak.present == none.present == ()
    assert 0 == none.issues["taiwan"] < weak.issues["taiwan"] < strong.issues["taiwan"]
    assert strong.issues.keys() == none.issues.keys() == {"taiwan", "climate"}


def test_predictions_come_in_the_order_of_the_passages_under_the_same_name():
    rules = RulePredictor(_codebook("GPE"), Gazetteer([CHINA]))
    passages = [passage_of(text) for text in ("ثلاثة أحرف", "نص", "نص آخر هنا")]
    predictions = list(rules.predict(passages))
    assert [p.passage_id for p in predictions] == [p.id for p in passages]
    assert {p.model for p in predictions} == {rules.name}


def test_the_name_changes_with_the_codebook_and_with_the_gazetteer():
    names = {
        RulePredictor(book, gazetteer).name
        for book in (_codebook("GPE"), _codebook("GPE", "ORG"))
        for gazetteer in (Gazetteer([CHINA]), Gazetteer([CHINA, KABUL]))
    }
    assert len(names) == 4


def test_the_longest_of_all_mentions_are_those_that_the_general_rule_keeps():
    words = ("بحر", "الصين", "جنوب", "شرق", "آسيا", "والصين", "خليج")
    generator = random.Random(0)
    forms = {" ".join(generator.choices(words, k=generator.randint(1, 4))) for _ in range(60)}
    entries = [_entry(f"loc.n{n}", "LOC", form) for n, form in enumerate(sorted(forms))]
    gazetteer = Gazetteer(entries)
    texts = [" ".join(generator.choices((*words, "،", "«"), k=40)) for _ in range(50)]
    kept = [longest_first(spans)[0] for spans in gazetteer.spans_of(texts)]
    assert sum(map(len, kept)) > 500
    assert list(gazetteer.longest_of(texts)) == kept


@pytest.mark.parametrize(
    "text", ["قال BBC", "وBBC", "(BBC)", "قالت BBC.", "Reuters قالت", "REUTERS"]
)
def test_latin_names_are_found_as_they_are_capitalised(text):
    entries = (
        _entry("org.bbc", "ORG", "بي بي سي", "BBC"),
        _entry("org.r", "ORG", "رويترز", "Reuters"),
    )
    assert len(_mentions(text, *entries)) == 1


@pytest.mark.parametrize(
    "text", ["www.bbc.com", "BBC.com", "@BBC", "x@Reuters.com", "the bbc way", "reuters", "a/BBC/b"]
)
def test_parts_of_addresses_and_words_in_small_letters_are_no_names(text):
    entries = (
        _entry("org.bbc", "ORG", "بي بي سي", "BBC"),
        _entry("org.r", "ORG", "رويترز", "Reuters"),
    )
    assert _mentions(f"في {text} اليوم", *entries) == []


def test_the_rules_are_named_without_compiling_them(workspace: Workspace) -> None:
    assert rules_of(workspace) == rule_predictor(workspace).name
    workspace.gazetteer_file.unlink()
    assert rules_of(workspace) == rule_predictor(workspace).name
