"""The shipped workspace keeps its promises: sizes, labels, offsets, provenance."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from annotation.ingest.collect import collect, settle
from annotation.ingest.segment import segment
from annotation.preannotate.gazetteer import read_gazetteer
from annotation.steps import annotators_of, rule_predictor
from schemas.article import Article, Passage
from schemas.cues import CueMatcher
from schemas.ledger import Ledger
from schemas.text import count_words, fold, whole_words
from schemas.workspace import Workspace

CORPUS = Workspace(Path(__file__).parents[2] / "corpus")


@pytest.fixture(scope="module")
def collected() -> list[Article]:
    """The articles of corpus/raw, as a newcomer's first collection gives them."""
    ledger = Ledger()
    raw = CORPUS.root / "raw"
    now = datetime(2026, 1, 1, tzinfo=UTC)
    found = list(collect([raw], now=now, ledger=ledger))
    for article in found:
        settle(article, ledger)
    ledger.check()
    assert ledger.rejects == []
    return found


@pytest.fixture(scope="module")
def passages(collected: list[Article]) -> dict[str, Passage]:
    """The passages of corpus/raw by id."""
    return {passage.id: passage for article in collected for passage in segment(article)}


def test_the_codebook_has_sixteen_issues_and_eight_entity_types():
    codebook = CORPUS.codebook()
    assert len(codebook.issues) == 16
    assert len(codebook.entities) == 8
    assert codebook.language == "ar"
    assert codebook.unit == "passage"


def test_every_issue_and_entity_type_has_guidelines_cues_and_a_hotkey():
    codebook = CORPUS.codebook()
    for issue in codebook.issues:
        assert issue.examples, issue.id
        assert {example.present for example in issue.examples} == {True, False}, issue.id
        assert issue.cues.strong, issue.id
        assert issue.hotkey, issue.id
    for entity in codebook.entities:
        assert entity.examples, entity.id
        assert entity.hotkey, entity.id
    assert codebook.span_rules


def test_every_cue_finds_itself():
    for issue in CORPUS.codebook().issues:
        matcher = CueMatcher({issue.id: issue.cues})
        for strength, terms in (("strong", issue.cues.strong), ("weak", issue.cues.weak)):
            for term in terms:
                text = term.replace("*", "").replace("&", " ")
                found = {evidence.reason for evidence in matcher.find(text, fold(text))}
                assert f"{strength}:{term}" in found


def test_spans_of_entity_examples_are_whole_words():
    for entity in CORPUS.codebook().entities:
        for example in entity.examples:
            for span in example.spans:
                start = example.text.index(span)
                end = start + len(span)
                assert whole_words(example.text, start, end) == (start, end), (entity.id, span)


def test_the_gazetteer_loads_with_at_least_three_hundred_entries():
    gazetteer = read_gazetteer(CORPUS.gazetteer_file, CORPUS.codebook())
    assert len(gazetteer.entries) >= 300


def _forms_not_found(*, whole: bool) -> list[tuple[str, str]]:
    """Return forms that are not found standing alone: those that are whole words, or the others."""
    gazetteer = read_gazetteer(CORPUS.gazetteer_file, CORPUS.codebook())
    missing = []
    for entry in gazetteer.entries:
        for form in (entry.name.ar, *entry.variants):
            if (whole_words(form, 0, len(form)) == (0, len(form))) is not whole:
                continue
            text = f"قال: {form}."
            wanted = whole_words(text, 5, 5 + len(form))
            spans = gazetteer.spans(text, fold(text))
            if (*wanted, entry.id) not in {(s.start, s.end, s.entity_id) for s in spans}:
                missing.append((entry.id, form))
    return missing


def test_every_name_and_variant_of_the_gazetteer_is_found_whole_where_it_stands_alone():
    assert _forms_not_found(whole=True) == []


def test_names_that_end_in_a_sign_are_linked_to_their_own_entity_too():
    assert _forms_not_found(whole=False) == []


def test_there_are_24_raw_articles_of_120_to_400_words(collected):
    assert len(collected) == 24
    sizes = {article.file: count_words(article.text) for article in collected}
    assert {file: n for file, n in sizes.items() if not 120 <= n <= 400} == {}


def test_no_two_raw_articles_are_the_same_or_have_no_title(collected):
    assert len({article.id for article in collected}) == 24
    assert sum(article.title is not None for article in collected) >= 20


def test_raw_articles_are_cut_into_passages_that_are_their_slices(collected, passages):
    assert len(passages) >= 100
    for article in collected:
        for passage in segment(article):
            passage.check_against(article)
            assert 1 <= count_words(passage.text) <= 120


def test_the_shipped_annotations_validate_and_come_from_two_annotators_and_an_adjudicator():
    annotations = CORPUS.annotations()
    assert annotators_of(annotations) == ["a1", "a2", "adj"]
    per_person = Counter((a.annotator, a.passage_id) for a in annotations)
    assert max(per_person.values()) == 1


def test_every_annotation_was_made_under_the_shipped_codebook():
    codebook = CORPUS.codebook()
    for annotation in CORPUS.annotations():
        assert annotation.codebook == codebook.hash, annotation.id
        assert tuple(annotation.issues) == codebook.issue_ids, annotation.id
        assert {span.label for span in annotation.spans} <= set(codebook.entity_ids)


def test_annotated_passages_come_out_of_the_raw_files(passages):
    annotated = {annotation.passage_id for annotation in CORPUS.annotations()}
    assert annotated == set(passages)


def test_both_annotators_read_every_passage(passages):
    for person in ("a1", "a2"):
        read = {a.passage_id for a in CORPUS.annotations() if a.annotator == person}
        assert read == set(passages)


def test_every_annotated_span_is_whole_words_of_its_passage(passages):
    for annotation in CORPUS.annotations():
        text = passages[annotation.passage_id].text
        for span in annotation.spans:
            assert span.end <= len(text)
            found = whole_words(text, span.start, span.end)
            assert found == (span.start, span.end), (annotation.id, text[span.start : span.end])


def test_every_issue_and_entity_type_is_used_by_an_annotator():
    codebook = CORPUS.codebook()
    annotations = CORPUS.annotations()
    present = {k for a in annotations for k, v in a.issues.items() if v == "present"}
    assert present == set(codebook.issue_ids)
    labels = {span.label for a in annotations for span in a.spans}
    assert labels == set(codebook.entity_ids)


def test_the_rules_predict_every_passage_with_whole_words_that_do_not_overlap(passages):
    for prediction in rule_predictor(CORPUS).predict(passages.values()):
        text = passages[prediction.passage_id].text
        at = 0
        for span in prediction.spans:
            assert span.start >= at
            at = span.end
            assert whole_words(text, span.start, span.end) == (span.start, span.end)
        assert all(0 <= e.start < e.end <= len(text) for e in prediction.evidence)
