"""Whatever is done to an export, reading it never crashes and every item stays counted."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.labelstudio.export import ExportReader
from schemas.annotation import Annotation
from schemas.article import Passage, overlaps, passage_id
from schemas.codebook import Bilingual, Codebook, EntityType, Group, Issue
from schemas.ledger import Ledger, State, Unit
from schemas.text import whole_words

TEXT = "زار وانغ يي\u200f «واشنطن» وبكين، وبحث ملف تايوان 😀."
PASSAGE = Passage(
    id=passage_id("a0", 0, len(TEXT)),
    article_id="a0",
    start=0,
    end=len(TEXT),
    text=TEXT,
    position=0,
)
NAME = Bilingual(ar="اسم", en="name")
CODEBOOK = Codebook(
    id="mini",
    version="1.0.0",
    language="ar",
    unit="passage",
    title=NAME,
    groups=(Group(id="all", name=NAME),),
    issues=tuple(Issue(id=i, name=NAME, definition=NAME, group="all") for i in ("taiwan", "trade")),
    entities=(EntityType(id="GPE", name=NAME, definition=NAME, colour="#000000"),),
)


def _region(start: int, end: int) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": ["GPE"]}
    return {"id": "r", "type": "labels", "from_name": "entities", "value": value}


def _annotation(unique_id: str, *ticked: str) -> dict[str, Any]:
    choices = {"type": "choices", "from_name": "issues", "value": {"choices": list(ticked)}}
    note = {"type": "textarea", "from_name": "comment", "value": {"text": ["نعم"]}}
    return {
        "unique_id": unique_id,
        "completed_by": 1,
        "updated_by": 1,
        "result": [_region(4, 11), _region(14, 20), choices, note],
        "was_cancelled": False,
        "created_at": "2026-01-02T03:04:05Z",
        "lead_time": 3.5,
        "parent_prediction": 9,
        "prediction": {"id": 9, "model_version": "rules"},
    }


VALID = [
    {
        "id": 1,
        "data": {"ext_id": PASSAGE.id, "text": TEXT},
        "annotations": [_annotation("u1", "taiwan"), _annotation("u2", "none_of_these")],
        "drafts": [{"result": [_region(4, 11)]}],
    },
    {
        "id": 2,
        "data": {"ext_id": PASSAGE.id, "text": TEXT},
        "annotations": [_annotation("u3", "taiwan", "cannot_judge")],
        "drafts": [],
    },
]

WORDS = st.sampled_from(
    ["", "labels", "choices", "entities", "issues", "GPE", "taiwan", "none_of_these", "u1", "بكين"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, len(TEXT) + 3)
    | st.integers()
    | st.floats(allow_nan=False)
    | WORDS
    | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "result", "start", "id", "choices", "text"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a JSON tree, the deep ones too."""
    found = [path] if path else []
    if not isinstance(node, dict | list):
        return found
    for key, child in node.items() if isinstance(node, dict) else enumerate(node):
        found.extend(_places(child, (*path, key)))
    return found


def _parent(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        tree = tree[key]
    return tree


@st.composite
def mutated(draw: st.DrawFn) -> list[Any]:
    """A valid export with one to five of its places replaced, removed or doubled."""
    export: list[Any] = deepcopy(VALID)
    for _ in range(draw(st.integers(1, 5))):
        places = _places(export)
        if not places:
            break
        path = draw(st.sampled_from(places))
        holder, key = _parent(export, path), path[-1]
        deed = draw(st.sampled_from(["replace", "remove", "double"]))
        if deed == "replace":
            holder[key] = draw(VALUES)
        elif deed == "remove":
            del holder[key]
        elif isinstance(holder, list):
            holder.insert(key, deepcopy(holder[key]))
    return export


def _read(export: list[Any]) -> tuple[list[Annotation], Ledger]:
    ledger = Ledger()
    return ExportReader(CODEBOOK, [PASSAGE], {1: "a1"}, ledger).read(export), ledger


@settings(max_examples=300, deadline=None)
@given(export=mutated())
def test_a_mutated_export_is_read_without_a_crash_and_every_item_is_counted(
    export: list[Any],
) -> None:
    found, ledger = _read(export)
    ledger.check()
    assert ledger.received[Unit.TASKS] == len(export)
    kept = sum(ledger.states[Unit.ANNOTATIONS, s] for s in (State.ACCEPTED, State.REPAIRED))
    assert kept == len(found)
    spans = sum(ledger.states[Unit.SPANS, s] for s in (State.ACCEPTED, State.REPAIRED))
    assert spans == sum(len(annotation.spans) for annotation in found)
    assert len({annotation.id for annotation in found}) == len(found)


@settings(max_examples=300, deadline=None)
@given(export=mutated())
def test_what_a_mutated_export_gives_is_whole_words_apart_and_judges_every_issue(
    export: list[Any],
) -> None:
    for annotation in _read(export)[0]:
        assert tuple(annotation.issues) == CODEBOOK.issue_ids
        spans = annotation.spans
        for span in spans:
            assert span.label == "GPE"
            assert whole_words(TEXT, span.start, span.end) == (span.start, span.end)
        assert not any(overlaps(a, b) for a in spans for b in spans if a is not b)
        assert Annotation.model_validate_json(annotation.to_line()) == annotation


@settings(max_examples=200, deadline=None)
@given(spans=st.lists(st.tuples(st.integers(-2, 60), st.integers(-2, 60)), max_size=6))
def test_any_offsets_at_all_leave_the_spans_counted(spans: list[tuple[int, int]]) -> None:
    item = _annotation("u1", "taiwan")
    item["result"] = [_region(start, end) for start, end in spans] + item["result"][2:]
    found, ledger = _read([{**VALID[0], "annotations": [item], "drafts": []}])
    ledger.check()
    assert ledger.received[Unit.SPANS] == len(spans)
    inside = [(a, b) for a, b in spans if 0 <= a < b <= len(TEXT)]
    assert len(found[0].spans) <= len(inside)


@settings(max_examples=50, deadline=None)
@given(value=SCALARS, control=st.sampled_from([2, 3]))
def test_a_control_s_value_of_any_kind_is_read_without_a_crash(value: Any, control: int) -> None:
    item = _annotation("u1", "taiwan")
    item["result"][control]["value"] = {"choices": value, "text": value}
    _, ledger = _read([{**VALID[0], "annotations": [item]}])
    ledger.check()
