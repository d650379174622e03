"""What the others make of a passage is what gold would make of it without the annotator."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.gold.decide import decide_spans
from eval.reference import Reference
from schemas.annotation import AnnotatedSpan, Annotation, Arm
from schemas.gold import DecidedBy

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
PLACES = st.dictionaries(
    st.integers(0, 2),
    st.tuples(st.integers(0, 3), st.integers(4, 9), st.sampled_from(["GPE", "ORG"])),
)


@st.composite
def annotated(draw: st.DrawFn) -> list[Annotation]:
    """Up to five annotators on one passage, whose spans overlap now and then."""
    return [
        Annotation(
            id=f"{who}0",
            passage_id="p",
            annotator=who,
            created_at=WHEN,
            arm=Arm.BLIND,
            codebook="c",
            issues={},
            spans=tuple(
                AnnotatedSpan(start=10 * place + a, end=10 * place + b, label=label)
                for place, (a, b, label) in sorted(draw(PLACES).items())
            ),
        )
        for who in "uvwxy"[: draw(st.integers(1, 5))]
    ]


@settings(deadline=None)
@given(found=annotated())
def test_spans_are_held_and_left_open_as_in_gold(found: list[Annotation]) -> None:
    verdicts = decide_spans(found, [])
    others = Reference(found).spans("p", "somebody else")
    assert others is not None
    assert others.open == {k for k, by in verdicts.items() if by is DecidedBy.UNDECIDED}
    assert others.held == {k for k, by in verdicts.items() if by not in (None, DecidedBy.UNDECIDED)}


@settings(deadline=None)
@given(found=annotated(), silent=st.sets(st.sampled_from("uvwxy")))
def test_who_was_never_asked_for_a_type_has_no_vote_on_it(
    found: list[Annotation], silent: set[str]
) -> None:
    unread = {f"{who}0": frozenset({"ORG"}) for who in silent}
    asked = [a for a in found if a.annotator not in silent]
    others = Reference(found, unread=unread).spans("p", "somebody else")
    assert others is not None
    assert others.unread == (frozenset() if asked else frozenset({"ORG"}))
    alone = Reference(asked).spans("p", "somebody else")
    held = alone.held if alone else frozenset()
    assert {k for k in others.held if k[2] == "ORG"} == {k for k in held if k[2] == "ORG"}
