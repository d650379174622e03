"""Passages, predictions and annotations as Label Studio tasks, and back through an export."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from annotation.labelstudio.export import ExportReader
from annotation.labelstudio.tasks import CODEBOOK as CODEBOOK_KEY
from annotation.labelstudio.tasks import KEY, Json, annotation, is_blind, prediction, task_data
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Origin, Prediction
from schemas.article import Article, Passage, Span, article_id, passage_id
from schemas.codebook import Bilingual, Codebook, EntityType, Group, Issue
from schemas.ledger import Ledger, State, Unit

PARTS = ("قال أحمد 😀 شيئًا.", "ثم زار «بكين» وواشنطن.", "وعاد إلى القاهرة.")
TEXT = "\n\n".join(PARTS)
ISSUES = ("taiwan", "trade", "climate")
NAME = Bilingual(ar="اسم", en="name")
CODEBOOK = Codebook(
    id="mini",
    version="1.0.0",
    language="ar",
    unit="passage",
    title=NAME,
    groups=(Group(id="all", name=NAME),),
    issues=tuple(Issue(id=i, name=NAME, definition=NAME, group="all") for i in ISSUES),
    entities=tuple(
        EntityType(id=e, name=NAME, definition=NAME, colour="#000000") for e in ("PERSON", "GPE")
    ),
)
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
P, A, N = Judgement.PRESENT, Judgement.ABSENT, Judgement.NOT_JUDGED


def article(url: str | None = "https://example.org/خبر", title: str | None = "عنوان") -> Article:
    return Article(
        id=article_id(TEXT, source=None, url=url),
        text=TEXT,
        title=title,
        url=url,
        file="a.txt",
        collected_at=WHEN,
    )


def passages(of: Article) -> list[Passage]:
    starts = [TEXT.index(part) for part in PARTS]
    return [
        Passage(
            id=passage_id(of.id, start, start + len(part)),
            article_id=of.id,
            start=start,
            end=start + len(part),
            text=part,
            position=position,
        )
        for position, (start, part) in enumerate(zip(starts, PARTS, strict=True))
    ]


def data_of(of: Article, position: int) -> Json:
    return task_data(of, passages(of), position, codebook=CODEBOOK.hash)


MIDDLE = passages(article())[1]


def span(part: str, label: str, origin: Origin = Origin.MANUAL) -> AnnotatedSpan:
    start = MIDDLE.text.index(part)
    return AnnotatedSpan(start=start, end=start + len(part), label=label, origin=origin)


@pytest.mark.parametrize(
    ("position", "before", "after"),
    [(0, "", PARTS[1]), (1, PARTS[0], PARTS[2]), (2, PARTS[1], "")],
)
def test_a_task_shows_its_passage_between_its_neighbours(
    position: int, before: str, after: str
) -> None:
    data = data_of(article(), position)
    assert data == {
        KEY: passages(article())[position].id,
        CODEBOOK_KEY: CODEBOOK.hash,
        "text": PARTS[position],
        "title": "عنوان",
        "previous": before,
        "next": after,
        "url": "https://example.org/خبر",
        "note": "",
    }


def test_a_task_can_say_what_has_to_be_looked_at() -> None:
    data = task_data(article(), passages(article()), 1, codebook=CODEBOOK.hash, note="انظر هنا")
    assert data == data_of(article(), 1) | {"note": "انظر هنا"}


def test_a_missing_title_is_empty_since_every_variable_must_be_given() -> None:
    assert data_of(article(title=None), 0)["title"] == ""


@pytest.mark.parametrize("url", ["http://example.org/a", "https://example.org", "HTTPS://E.org/x"])
def test_a_web_address_stays_in_the_task(url: str) -> None:
    assert data_of(article(url), 0)["url"] == url


def test_what_could_end_the_link_s_address_is_percent_encoded_and_nothing_else() -> None:
    url = "https://e.org/a'b\"c<d>`e\\f g\n?x=1&y=%20#ه"
    encoded = "https://e.org/a%27b%22c%3Cd%3E%60e%5Cf%20g%0A?x=1&y=%20#ه"
    assert data_of(article(url), 0)["url"] == encoded


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JavaScript:alert('http://')",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "ftp://example.org",
        "//example.org",
        "https:example.org",
        " javascript:http://",
    ],
)
def test_any_other_address_is_left_out(url: str | None) -> None:
    assert data_of(article(url), 0)["url"] == ""


def test_a_prediction_holds_regions_and_only_the_decided_issues() -> None:
    made = prediction(
        MIDDLE,
        Prediction(
            passage_id=MIDDLE.id,
            model="rules-1",
            issues={"taiwan": 0.9, "trade": 0.6, "climate": 0.3},
            present=("taiwan", "trade"),
            spans=(Span(start=8, end=12, label="GPE"),),
        ),
    )
    assert made["model_version"] == "rules-1"
    assert made["score"] == pytest.approx(0.75)  # (0.9 + 0.6) / 2
    region, choices = made["result"]
    # «بكين» begins after "ثم زار «": 8 code points.
    assert region["value"] == {"start": 8, "end": 12, "text": "بكين", "labels": ["GPE"]}
    assert region["origin"] == "prediction"
    assert choices["value"] == {"choices": ["taiwan", "trade"]}


def test_a_prediction_without_issues_ticks_nothing() -> None:
    nothing = Prediction(passage_id=MIDDLE.id, model="m", issues={"taiwan": 0.2}, present=())
    assert prediction(MIDDLE, nothing) == {"model_version": "m", "score": 0.0, "result": []}


def test_region_ids_differ_between_spans_and_between_models() -> None:
    spans = (Span(start=0, end=2, label="GPE"), Span(start=8, end=12, label="GPE"))
    given = [
        Prediction(passage_id=MIDDLE.id, model=m, issues={}, present=(), spans=spans) for m in "ab"
    ]
    ids = [region["id"] for p in given for region in prediction(MIDDLE, p)["result"]]
    assert len(set(ids)) == 4


def _back(body: dict[str, Any]) -> tuple[list[Annotation], Ledger]:
    """Read an annotation body as Label Studio would export it (through JSON text)."""
    item = {
        "lead_time": None,
        **body,
        "completed_by": 1,
        "updated_by": 1,
        "was_cancelled": False,
        "created_at": "2026-01-02T03:04:05Z",
        "parent_prediction": None,
    }
    data = data_of(article(), 1)
    export = [{"id": 1, "data": data, "annotations": [item], "drafts": []}]
    ledger = Ledger()
    reader = ExportReader(CODEBOOK, passages(article()), {1: "a1"}, ledger)
    return reader.read(json.loads(json.dumps(export))), ledger


@pytest.mark.parametrize(
    "issues",
    [
        (P, A, A),
        (A, A, A),
        (P, P, P),
        (N, N, N),
        (P, N, N),
        (P, P, N),
    ],
)
@pytest.mark.parametrize(
    "spans",
    [
        (),
        (span("بكين", "GPE", Origin.PREDICTION), span("وواشنطن", "GPE", Origin.CHANGED)),
        (span("زار", "PERSON"),),
    ],
)
@pytest.mark.parametrize("comment", [None, "ملاحظة\nفي سطرين"])
def test_an_annotation_comes_back_from_an_export_as_it_was_written(
    issues: tuple[Judgement, ...], spans: tuple[AnnotatedSpan, ...], comment: str | None
) -> None:
    written = Annotation(
        id="u-1",
        passage_id=MIDDLE.id,
        annotator="a1",
        created_at=WHEN,
        lead_time_s=4.25,
        arm=Arm.BLIND,
        codebook=CODEBOOK.hash,
        issues=dict(zip(ISSUES, issues, strict=True)),
        spans=spans,
        comment=comment,
    )
    found, ledger = _back(annotation(MIDDLE, written))
    assert found == [written]
    ledger.check()
    assert ledger.states[Unit.ANNOTATIONS, State.ACCEPTED] == 1
    assert ledger.states[Unit.SPANS, State.ACCEPTED] == len(spans)
    assert ledger.rejects == []


def test_an_unmeasured_lead_time_is_left_out_of_the_body() -> None:
    # The server refuses a null where it wants a number.
    written = Annotation(
        id="u-1",
        passage_id=MIDDLE.id,
        annotator="a1",
        created_at=WHEN,
        arm=Arm.BLIND,
        codebook=CODEBOOK.hash,
        issues=dict.fromkeys(ISSUES, A),
    )
    assert annotation(MIDDLE, written).keys() == {"result", "unique_id"}


@pytest.mark.parametrize("share", [0.0, 0.15, 0.5, 1.0])
def test_the_blind_share_is_near_what_was_asked_for(share: float) -> None:
    n = 4000
    blind = sum(is_blind(f"a{number:016x}:0-100", share) for number in range(n))
    # Five standard deviations of a binomial share.
    assert abs(blind / n - share) <= 5 * (share * (1 - share) / n) ** 0.5


def test_a_larger_blind_share_keeps_who_was_blind_in_a_smaller_one() -> None:
    ids = [f"a{number}:0-9" for number in range(500)]
    small = {i for i in ids if is_blind(i, 0.1)}
    assert small
    assert small < {i for i in ids if is_blind(i, 0.4)}


def test_who_is_blind_depends_on_the_passage_id_alone() -> None:
    # SHA-256 of "a" begins with ca978112 (FIPS test value): 0xca978112 / 2**32 = 0.7914.
    assert is_blind("a", 0.792)
    assert not is_blind("a", 0.791)
