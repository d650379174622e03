"""What the records refuse: types, unknown fields, offsets and ids that do not fit."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from schemas.annotation import (
    AnnotatedSpan,
    Annotation,
    Arm,
    Evidence,
    Judgement,
    Origin,
    Prediction,
)
from schemas.article import Article, Passage, Span, article_id, longest_first, overlaps, passage_id
from schemas.errors import (
    AlignmentError,
    ExitCode,
    GateError,
    MiyarError,
    RecordError,
    ServerError,
    UsageError,
)
from schemas.gold import DecidedBy, GoldRecord, IssueDecision, SpanDecision, Splits
from schemas.record import content_id, sha256
from tests.strategies import article_of, passage_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _annotation(**fields: object) -> Annotation:
    values: dict[str, object] = {
        "id": "u1",
        "passage_id": "a0:0-9",
        "annotator": "ali",
        "created_at": NOW,
        "arm": Arm.BLIND,
        "codebook": "c" * 64,
        "issues": {"taiwan": Judgement.PRESENT},
        **fields,
    }
    return Annotation(**values)


def _spans(*places: tuple[int, int], kind: type[Span] = AnnotatedSpan) -> tuple[Span, ...]:
    return tuple(kind(start=start, end=end, label="GPE") for start, end in places)


# ids


def test_an_article_id_is_a_letter_and_sixteen_digits_over_source_url_and_text():
    identity = article_id("نص", source="وكالة", url=None)
    assert identity[0] == "a"
    assert len(identity) == 17
    assert int(identity[1:], 16) >= 0
    others = {
        article_id("نص ", source="وكالة", url=None),
        article_id("نص", source=None, url="وكالة"),
        article_id("نص", source="", url=None),
        article_id("نص", source=None, url=None),
        article_id("نص", source="وكالة", url=""),
    }
    assert len(others | {identity}) == 6


def test_the_hash_of_text_is_that_of_its_utf8_bytes():
    # The SHA-256 of no bytes at all is a known constant.
    assert sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sha256("نعم") == sha256("نعم".encode())


@pytest.mark.parametrize(
    ("first", "second"),
    [(("a\x1fb", "c"), ("a", "b\x1fc")), ((None, "x"), ("\x00", "x"))],
)
def test_parts_that_hold_the_separator_do_not_make_ids_collide(first, second):
    assert content_id("a", *first) != content_id("a", *second)


def test_a_passage_id_names_the_article_and_the_offsets():
    assert passage_id("a0123456789abcdef", 7, 120) == "a0123456789abcdef:7-120"


def test_a_record_cannot_be_changed_or_given_other_fields():
    passage = passage_of("زار بكين")
    with pytest.raises(ValidationError, match="frozen"):
        passage.position = 3
    with pytest.raises(ValidationError, match="Extra inputs"):
        Passage(**passage.model_dump(), colour="red")


# Article


def test_an_article_whose_text_was_changed_is_refused_with_both_ids():
    article = article_of("قال نعم")
    line = article.to_line().replace("نعم", "لا")
    with pytest.raises(ValidationError, match=rf"{article.id}.*collect it again"):
        Article.model_validate_json(line)


def test_an_article_keeps_its_text_exactly():
    text = "\ufeff  قالَ\r\n\u200f«نعم»\u2028🤝🏽\x1f\n"
    assert Article.model_validate_json(article_of(text).to_line()).text == text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", ""),
        ("text", 5),
        ("title", 5),
        ("published", "2023-06-15"),
        ("published", NOW),
        ("collected_at", "2026-03-01T12:00:00Z"),
        ("schema_version", "1"),
        ("file", None),
    ],
)
def test_an_article_takes_no_value_of_another_type(field, value):
    values = {**article_of("نص").model_dump(), field: value}
    with pytest.raises(ValidationError, match=field):
        Article(**values)


def test_dates_and_times_are_read_from_json():
    article = article_of("نص", published=date(2023, 6, 15))
    again = Article.model_validate_json(article.to_line())
    assert again.published == date(2023, 6, 15)
    assert again.collected_at.tzinfo is not None
    assert again == article


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValidationError, match="collected_at"):
        article_of("نص", collected_at=datetime(2026, 1, 1))  # noqa: DTZ001 # the point


# Passage


@pytest.mark.parametrize("change", [{"end": 9}, {"start": 1}, {"text": "زار بكي"}])
def test_a_passage_must_be_as_long_as_its_offsets(change):
    passage = passage_of("زار بكين")
    assert passage.end == 8
    with pytest.raises(ValidationError, match="code points"):
        Passage(**{**passage.model_dump(), **change})


@pytest.mark.parametrize(
    "change", [{"id": "a0123456789abcdef:0-9"}, {"article_id": "a1"}, {"start": 1, "end": 9}]
)
def test_a_passage_id_must_name_its_article_and_offsets(change):
    with pytest.raises(ValidationError, match="does not name"):
        Passage(**{**passage_of("زار بكين").model_dump(), **change})


@pytest.mark.parametrize("change", [{"start": -1, "end": 7}, {"position": -1}, {"text": ""}])
def test_a_passage_has_no_negative_place_and_no_empty_text(change):
    with pytest.raises(ValidationError, match=r"greater than|at least"):
        Passage(**{**passage_of("زار بكين").model_dump(), **change})


def test_a_passage_checks_that_it_is_its_slice_of_the_article():
    article = article_of("زار بكين أمس")
    passage_of("زار بكين", article=article.id).check_against(article)
    with pytest.raises(AlignmentError, match=r"'زار لندن'.*'زار بكين'"):
        passage_of("زار لندن", article=article.id).check_against(article)
    other = article_of("زار بكين أمس", source="غيرها")
    with pytest.raises(AlignmentError, match=other.id):
        passage_of("زار بكين", article=article.id).check_against(other)


def test_offsets_count_code_points_and_not_utf16_units():
    assert passage_of("🤝🏽 بكين").end == 7


# Span


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 3), (-1, 2), (0, 0)])
def test_a_span_is_never_empty_backwards_or_negative(start, end):
    with pytest.raises(ValidationError):
        Span(start=start, end=end, label="GPE")


@pytest.mark.parametrize("offset", [True, "3", 3.0, None])
def test_an_offset_is_an_integer_and_nothing_like_one(offset):
    with pytest.raises(ValidationError, match="end"):
        Span(start=0, end=offset, label="GPE")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0, 3), (3, 5), False),
        ((0, 3), (2, 5), True),
        ((0, 9), (3, 4), True),
        ((5, 6), (0, 5), False),
    ],
)
def test_spans_that_touch_do_not_overlap(first, second, expected):
    one, two = _spans(first, second)
    assert overlaps(one, two) is overlaps(two, one) is expected


def test_of_overlapping_spans_the_longest_stays_then_the_leftmost():
    spans = _spans((0, 4), (3, 8), (6, 8), (10, 12), (11, 13))
    kept, dropped = longest_first(spans)
    assert [(s.start, s.end) for s in kept] == [(3, 8), (10, 12)]
    assert [(s.start, s.end) for s in dropped] == [(0, 4), (6, 8), (11, 13)]


# Annotation, Prediction


def test_an_annotation_takes_spans_in_order_that_touch():
    spans = _spans((0, 3), (3, 5), (7, 9))
    assert _annotation(spans=spans).spans == spans


@pytest.mark.parametrize("places", [[(0, 4), (3, 5)], [(3, 5), (0, 2)], [(0, 3), (0, 3)]])
def test_an_annotation_takes_no_spans_that_overlap_or_are_out_of_order(places):
    with pytest.raises(ValidationError, match="overlap or are out of order"):
        _annotation(spans=_spans(*places))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issues", {"taiwan": "present"}),
        ("issues", {"taiwan": True}),
        ("arm", "blind"),
        ("spans", list(_spans((0, 3)))),
        ("spans", _spans((0, 3), kind=Span)),
        ("lead_time_s", "3"),
        ("created_at", "2026-03-01T12:00:00Z"),
        ("id", 5),
        ("comment", b"x"),
    ],
)
def test_an_annotation_takes_no_value_of_another_type(field, value):
    with pytest.raises(ValidationError, match=field):
        _annotation(**{field: value})


def test_an_annotation_from_json_has_enums_tuples_and_defaults():
    line = (
        '{"id":"u1","passage_id":"a0:0-9","annotator":"ali","created_at":"2026-03-01T12:00:00Z",'
        '"arm":"assisted","codebook":"c","issues":{"taiwan":"not_judged"},'
        '"spans":[{"start":0,"end":3,"label":"GPE"},'
        '{"start":4,"end":6,"label":"ORG","origin":"prediction-changed"}]}'
    )
    annotation = Annotation.model_validate_json(line)
    assert annotation.issues == {"taiwan": Judgement.NOT_JUDGED}
    assert annotation.arm is Arm.ASSISTED
    assert [span.origin for span in annotation.spans] == [Origin.MANUAL, Origin.CHANGED]
    assert annotation.created_at == NOW


def test_a_judgement_outside_the_three_values_is_refused():
    line = _annotation().to_line().replace('"present"', '"maybe"')
    with pytest.raises(ValidationError, match=r"issues\.taiwan"):
        Annotation.model_validate_json(line)


def test_copies_that_differ_only_in_the_servers_clock_have_the_same_content():
    first = _annotation(spans=_spans((0, 3)))
    later = first.model_copy(update={"created_at": datetime(2027, 1, 1, tzinfo=UTC)})
    assert first != later
    assert first.content == later.content


@pytest.mark.parametrize(
    "change",
    [
        {"comment": "لا"},
        {"issues": {"taiwan": Judgement.ABSENT}},
        {"spans": _spans((0, 4))},
        {"annotator": "huda"},
        {"lead_time_s": 2.5},
    ],
)
def test_any_other_difference_is_another_content(change):
    assert _annotation().content != _annotation(**change).content


def _prediction(**fields: object) -> Prediction:
    values: dict[str, object] = {
        "passage_id": "a0:0-9",
        "model": "rules-1",
        "issues": {"taiwan": 0.9, "climate": 0.1},
        "present": ("taiwan",),
        **fields,
    }
    return Prediction(**values)


def test_a_prediction_may_call_present_only_what_has_a_score():
    assert _prediction().present == ("taiwan",)
    with pytest.raises(ValidationError, match="present names korea, sanctions without a score"):
        _prediction(present=("sanctions", "taiwan", "korea"))


@pytest.mark.parametrize("score", [1.5, -0.1, float("nan"), float("inf")])
def test_a_score_outside_nought_to_one_is_refused(score):
    with pytest.raises(ValidationError, match="issues"):
        _prediction(issues={"taiwan": score, "climate": 0.0})


def test_evidence_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValidationError):
        Evidence(issue="taiwan", start=9, end=3, reason="strong:x")


# Gold


def _gold(**fields: object) -> GoldRecord:
    decided = {"decided_by": DecidedBy.SINGLE}
    values: dict[str, object] = {
        "passage": passage_of("زار بكين"),
        "group": "a0123456789abcdef",
        "issues": {
            "taiwan": IssueDecision(judgement=Judgement.ABSENT, **decided),
            "climate": IssueDecision(judgement=Judgement.PRESENT, **decided),
            "sanctions": IssueDecision(judgement=Judgement.NOT_JUDGED, **decided),
            "korea": IssueDecision(judgement=Judgement.PRESENT, **decided),
        },
        "spans_complete": True,
        **fields,
    }
    return GoldRecord(**values)


def test_present_keeps_the_order_of_the_codebook_and_judged_leaves_out_what_nobody_judged():
    assert _gold().present() == ("climate", "korea")
    assert _gold().judged() == {"taiwan": False, "climate": True, "korea": True}


@pytest.mark.parametrize("judgement", [Judgement.PRESENT, Judgement.ABSENT])
def test_an_undecided_issue_has_no_judgement(judgement):
    with pytest.raises(ValidationError, match=f"undecided issue cannot be {judgement}"):
        IssueDecision(judgement=judgement, decided_by=DecidedBy.UNDECIDED)
    decision = IssueDecision(judgement=Judgement.NOT_JUDGED, decided_by=DecidedBy.UNDECIDED)
    assert decision.judgement is Judgement.NOT_JUDGED


def test_a_gold_record_must_say_whether_its_spans_are_complete():
    values = _gold().model_dump()
    del values["spans_complete"]
    with pytest.raises(ValidationError, match="spans_complete"):
        GoldRecord(**values)


def test_a_gold_record_takes_no_passage_that_does_not_fit():
    line = _gold().to_line().replace("زار", "زارت")
    with pytest.raises(ValidationError, match=r"passage\n.*code points"):
        GoldRecord.model_validate_json(line)


@pytest.mark.parametrize("places", [[(4, 9)], [(500, 600)], [(0, 8), (4, 8)]])
def test_gold_spans_lie_in_the_passage_and_are_apart(places):
    spans = tuple(
        SpanDecision(start=start, end=end, label="GPE", decided_by=DecidedBy.SINGLE)
        for start, end in places
    )
    with pytest.raises(ValidationError, match="span"):
        _gold(spans=spans)


def test_each_split_is_found_by_its_name():
    splits = Splits(seed=1, train=("a", "b"), dev=("c",), test=())
    assert [splits.of(name) for name in ("train", "dev", "test")] == [("a", "b"), ("c",), ()]


# Errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (MiyarError, 3),
        (RecordError, 3),
        (AlignmentError, 3),
        (GateError, 3),
        (UsageError, 2),
        (ServerError, 4),
    ],
)
def test_each_error_has_the_documented_exit_code(kind, code):
    assert issubclass(kind, MiyarError)
    assert kind.exit_code == code


def test_exit_codes_are_the_documented_ones():
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "BUG": 1,
        "USAGE": 2,
        "DATA": 3,
        "SERVER": 4,
    }
