"""What the tests of exports share: a small codebook, a passage, and the JSON of Label Studio."""

from __future__ import annotations

from typing import Any

from annotation.labelstudio.export import ExportReader
from schemas.annotation import Annotation, Judgement
from schemas.article import Passage, passage_id
from schemas.codebook import Bilingual, Codebook, EntityType, Group, Issue
from schemas.ledger import Ledger, State

Json = dict[str, Any]
RLM = "\u200f"
TEXT = f"التقى وزير الخارجية لين هاو{RLM} في بكين وواشنطن لبحث ملف تايوان."
PLACE = passage_id("a0", 0, len(TEXT))
PASSAGE = Passage(id=PLACE, article_id="a0", start=0, end=len(TEXT), text=TEXT, position=0)
ISSUES = ("taiwan", "trade", "climate")
OPEN = dict.fromkeys(ISSUES, Judgement.NOT_JUDGED)
ABSENT = dict.fromkeys(ISSUES, Judgement.ABSENT)
TAIWAN = ABSENT | {"taiwan": Judgement.PRESENT}


def _two(text: str) -> Bilingual:
    return Bilingual(ar=text, en=text)


CODEBOOK = Codebook(
    id="mini",
    version="1.0.0",
    language="ar",
    unit="passage",
    title=_two("عنوان"),
    groups=(Group(id="all", name=_two("الكل")),),
    issues=tuple(Issue(id=i, name=_two(i), definition=_two(i), group="all") for i in ISSUES),
    entities=tuple(
        EntityType(id=e, name=_two(e), definition=_two(e), colour="#a1b2c3")
        for e in ("PERSON", "GPE")
    ),
)


def at(part: str, label: str = "GPE", **changed: Any) -> Json:
    """A region over the first place where ``part`` stands in the text."""
    start = TEXT.index(part)
    value = {"start": start, "end": start + len(part), "text": part, "labels": [label]}
    return region(**{**value, **changed})


def region(**value: Any) -> Json:
    """A region of the entities' control."""
    return {
        "id": "r1",
        "type": "labels",
        "from_name": "entities",
        "to_name": "text",
        "origin": "manual",
        "value": value,
    }


def tick(*choices: str) -> Json:
    """What the issues' control gives."""
    return {
        "id": "c1",
        "type": "choices",
        "from_name": "issues",
        "to_name": "text",
        "value": {"choices": list(choices)},
    }


def given(*result: Json, **changed: Any) -> Json:
    """An annotation."""
    made = {
        "id": 11,
        "unique_id": "u-1",
        "completed_by": 3,
        "updated_by": 3,
        "was_cancelled": False,
        "created_at": "2026-03-04T05:06:07.000008Z",
        "lead_time": 12.5,
        "parent_prediction": None,
        "prediction": {},
        "result": list(result),
    }
    return {**made, **changed}


def task(*annotations: Any, **changed: Any) -> Json:
    """A task of the passage."""
    made = {
        "id": 7,
        "data": {"ext_id": PLACE, "text": TEXT, "title": "عنوان"},
        "annotations": list(annotations),
        "drafts": [],
        "predictions": [5],
    }
    return {**made, **changed}


def read(*export: object) -> tuple[list[Annotation], Ledger]:
    """Read an export; return the annotations and the ledger."""
    ledger = Ledger()
    reader = ExportReader(CODEBOOK, [PASSAGE], {3: "a1", 4: "a2"}, ledger)
    return reader.read(export), ledger


def outcome(ledger: Ledger) -> dict[str, int]:
    """All counts of a ledger that adds up: accepted by unit, the rest by unit and reason."""
    ledger.check()
    found = {
        f"{unit} {state}": n
        for (unit, state), n in ledger.states.items()
        if state is State.ACCEPTED and n
    }
    return found | {f"{u} {state} {why}": n for (u, state, why), n in ledger.reasons.items()}
