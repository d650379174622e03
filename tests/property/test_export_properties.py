"""Whatever is done to an export, reading it never crashes and every item stays counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.labelstudio.api.task_stream import tasks_in
from annotation.labelstudio.export import ExportReader
from schemas.annotation import Annotation
from schemas.article import Passage, overlaps, passage_id
from schemas.codebook import Bilingual, Codebook, EntityType, Group, Issue
from schemas.errors import RecordError
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

KEYS = st.sampled_from(
    [
        *("id", "unique_id", "data", "ext_id", "text", "codebook", "annotations", "drafts"),
        *("predictions", "result", "value", "start", "end", "labels", "choices", "type", "meta"),
        *("from_name", "origin", "startOffset", "globalOffsets", "completed_by", "updated_by"),
        *("email", "was_cancelled", "created_at", "updated_at", "lead_time"),
        *("parent_prediction", "prediction", "model_version", "taxonomy", "rating"),
    ]
)
WORDS = st.sampled_from(
    [
        *("", "labels", "choices", "textarea", "relation", "hypertextlabels", "entities", "issues"),
        *("comment", "why", "GPE", "taiwan", "none_of_these", "cannot_judge", "u1", "7", "true"),
        *("بكين", "واشنطن", "/div[1]/text()[1]", "2026-01-02", "2026-01-02T03:04:05Z", "\ud83d"),
        *(PASSAGE.id, TEXT, CODEBOOK.hash, "prediction", "a@example.org", "0001-01-01T00:00+14:00"),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, len(TEXT) + 3)
    | st.integers()
    | st.floats()
    | WORDS
    | st.text(st.characters(), max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=6,
)


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with some of these fields, each of them anything at all now and then."""
    optional = {key: value | VALUES for key, value in fields.items()}
    return st.fixed_dictionaries({}, optional=optional)


OFFSETS = st.integers(-2, len(TEXT) + 6)
REGIONS = _some(
    type=WORDS,
    from_name=WORDS,
    value=_some(
        start=OFFSETS,
        end=OFFSETS,
        text=st.builds(lambda a, b: TEXT[max(a, 0) : max(b, 0)], OFFSETS, OFFSETS),
        labels=st.just(["GPE"]),
        choices=st.lists(WORDS, max_size=3),
    ),
    origin=WORDS,
    meta=_some(text=st.lists(WORDS, max_size=2)),
)
SPANS = st.builds(lambda a, b: _region(a, b), OFFSETS, OFFSETS)
ANNOTATIONS = st.builds(
    lambda made, changed: {**made, **changed},
    st.builds(
        lambda key, result: {**_annotation(key), "result": result},
        st.sampled_from(["u1", "u2", "u3"]),
        st.lists(REGIONS | SPANS, max_size=5),
    ),
    _some(
        id=st.integers(1, 3),
        unique_id=st.none(),
        completed_by=st.integers(0, 3),
        updated_by=st.integers(0, 3),
        was_cancelled=st.booleans(),
        created_at=WORDS,
        updated_at=WORDS,
        lead_time=st.floats(),
        parent_prediction=st.integers(8, 10),
    ),
)
TASKS = st.builds(
    lambda annotations, changed: {**VALID[0], "annotations": annotations, **changed},
    st.lists(ANNOTATIONS | VALUES, max_size=4),
    _some(drafts=VALUES, predictions=VALUES, id=st.integers(1, 2)),
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
    reader = ExportReader(CODEBOOK, [PASSAGE], {1: "a1"}, ledger, extra_choices=frozenset({"why"}))
    found = reader.read(export)
    ids = {annotation.id for annotation in found}
    assert reader.extra.keys() <= ids
    assert not reader.refused & ids
    return found, ledger


def _check(export: list[Any]) -> None:
    found, ledger = _read(export)
    ledger.check()
    assert ledger.received[Unit.TASKS] == len(export)
    kept = sum(ledger.states[Unit.ANNOTATIONS, s] for s in (State.ACCEPTED, State.REPAIRED))
    assert kept == len(found)
    spans = sum(ledger.states[Unit.SPANS, s] for s in (State.ACCEPTED, State.REPAIRED))
    assert spans == sum(len(annotation.spans) for annotation in found)
    assert len({annotation.id for annotation in found}) == len(found)
    # What was found, and what was not taken, can be stored and read again.
    assert all(Annotation.model_validate_json(a.to_line().encode()) == a for a in found)
    assert all(reject.to_line().encode() and reject.detail for reject in ledger.rejects)
    for annotation in found:
        spans_of = annotation.spans
        for span in spans_of:
            assert span.label == "GPE"
            assert whole_words(TEXT, span.start, span.end) == (span.start, span.end)
        assert not any(overlaps(a, b) for a in spans_of for b in spans_of if a is not b)
        assert tuple(annotation.issues) == CODEBOOK.issue_ids


@settings(max_examples=150, deadline=None)
@given(export=mutated())
def test_a_mutated_export_is_read_without_a_crash_and_every_item_is_counted(
    export: list[Any],
) -> None:
    _check(export)


@settings(max_examples=150, deadline=None)
@given(export=st.lists(TASKS, max_size=3))
def test_annotations_with_anything_in_them_are_read_and_every_item_is_counted(
    export: list[Any],
) -> None:
    _check(export)


@settings(max_examples=150, deadline=None)
@given(export=st.lists(VALUES, max_size=4))
def test_anything_at_all_in_the_place_of_tasks_is_counted(export: list[Any]) -> None:
    _check(export)


@settings(max_examples=150, deadline=None)
@given(spans=st.lists(st.tuples(st.integers(-2, 60), st.integers(-2, 60)), max_size=6))
def test_any_offsets_at_all_leave_the_spans_counted(spans: list[tuple[int, int]]) -> None:
    item = _annotation("u1", "taiwan")
    item["result"] = [_region(start, end) for start, end in spans] + item["result"][2:]
    for region in item["result"][: len(spans)]:
        del region["value"]["text"]  # else offsets past the end may count UTF-16 units
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


@settings(max_examples=100, deadline=None)
@given(start=OFFSETS, end=OFFSETS)
def test_offsets_in_utf16_units_give_the_same_spans_as_code_points(start: int, end: int) -> None:
    start, end = sorted((min(max(start, 0), len(TEXT)), min(max(end, 0), len(TEXT))))
    item = _annotation("u1", "taiwan")
    item["result"] = [_region(start, end)]
    (expected,), _ = _read([{**VALID[0], "annotations": [item], "drafts": []}])
    units = [len(TEXT[:place].encode("utf-16-le")) // 2 for place in (start, end)]
    item["result"][0]["value"].update(start=units[0], end=units[1])
    (found,), ledger = _read([{**VALID[0], "annotations": [item], "drafts": []}])
    ledger.check()
    assert [span.key for span in found.spans] == [span.key for span in expected.spans]


def _chunks(body: bytes, size: int) -> Iterator[bytes]:
    return (body[first : first + size] for first in range(0, len(body), size))


@settings(max_examples=150, deadline=None)
@given(items=st.lists(VALUES, max_size=4), size=st.integers(1, 50), indent=st.none() | st.just(1))
def test_a_list_comes_out_of_a_stream_as_it_went_in(
    items: list[Any], size: int, indent: int | None
) -> None:
    export = [{"annotations": items}]
    body = json.dumps(export, indent=indent)
    assert repr(list(tasks_in(_chunks(body.encode(), size), "x"))) == repr(json.loads(body))


@settings(max_examples=150, deadline=None)
@given(
    cut=st.integers(0, 2000),
    junk=st.binary(max_size=6) | st.sampled_from([b"[", b"}", b",", b'"', b"null", b"1e"]),
    rest=st.integers(0, 2000),
    size=st.integers(1, 300),
)
def test_a_damaged_file_is_read_or_refused_with_words(
    cut: int, junk: bytes, rest: int, size: int
) -> None:
    body = json.dumps(VALID, ensure_ascii=False).encode()
    damaged = body[:cut] + junk + body[cut + rest :]
    try:
        found = list(tasks_in(_chunks(damaged, size), "export.json"))
    except RecordError:
        return
    _check(found)
