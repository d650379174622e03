"""All annotations → for each passage, who has a vote and whose word decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotation.gold.lineage import settled
from schemas.annotation import Annotation
from schemas.article import Passage
from schemas.codebook import Codebook
from schemas.dispute import stands
from schemas.ledger import Ledger, Reason, Unit


@dataclass(frozen=True)
class Voices:
    """The annotations of one passage that count, each annotator's latest."""

    voters: tuple[Annotation, ...] = ()
    """The annotators' own answers, by name."""
    judges: tuple[Annotation, ...] = ()
    """The adjudicators' answers, by name."""
    stale: tuple[Annotation, ...] = ()
    """Adjudications made from other answers than the annotators give now, oldest first."""

    @property
    def rulings(self) -> tuple[Annotation, ...]:
        """The adjudications among the judges' answers: those that say what they decide."""
        return tuple(judge for judge in self.judges if judge.decides)


def hear(
    passages: Sequence[Passage],
    annotations: Iterable[Annotation],
    codebook: Codebook,
    *,
    adjudicators: frozenset[str],
    ledger: Ledger,
) -> dict[str, Voices]:
    """Return the voices of each annotated passage.

    An annotation with ``decides`` is an adjudication, whoever made it: an annotator's own answer
    stays a vote beside it. It counts while the annotators say what they said when it was made.

    Args:
        passages: the workspace's passages.
        annotations: all annotations; others than of this codebook are rejected.
        codebook: what must have been judged.
        adjudicators: annotators whose ordinary annotations decide, too.
        ledger: gets the fate of every annotation.
    """
    known = {passage.id for passage in passages}
    answers: dict[str, list[Annotation]] = defaultdict(list)
    adjudications: dict[str, list[Annotation]] = defaultdict(list)
    given = sorted(annotations, key=lambda a: a.age)
    replaced = settled(given, codebook.hash)
    for item in given:
        ledger.receive(Unit.ANNOTATIONS)
        if item.passage_id not in known:
            _reject(item, Reason.UNKNOWN_PASSAGE, ledger)
        elif item.codebook != codebook.hash or set(item.issues) != set(codebook.issue_ids):
            migrated = item.id in replaced
            _reject(item, Reason.MIGRATED if migrated else Reason.OTHER_CODEBOOK, ledger)
        else:
            (adjudications if item.decides else answers)[item.passage_id].append(item)
    return {
        key: _voices(answers[key], adjudications[key], adjudicators, ledger)
        for key in sorted({*answers, *adjudications})
    }


def _voices(
    answers: Sequence[Annotation],
    adjudications: Sequence[Annotation],
    adjudicators: frozenset[str],
    ledger: Ledger,
) -> Voices:
    own = _latest(answers, ledger)
    voters = [a for a in own if a.annotator not in adjudicators]
    named = [a for a in own if a.annotator in adjudicators]
    stale = [a for a in adjudications if not stands(a, voters, named)]
    for item in stale:
        _reject(item, Reason.STALE_ADJUDICATION, ledger)
    rulings = _latest([a for a in adjudications if a not in stale], ledger)
    # An adjudicator by name may rule on a dispute, too: the later word of the two counts.
    judges = _latest(sorted([*named, *rulings], key=lambda a: a.age), ledger)
    for judge in judges:
        if any(voter.annotator == judge.annotator for voter in voters):
            ledger.remark(Unit.ANNOTATIONS, Reason.OWN_DISPUTE)
    ledger.accept(Unit.ANNOTATIONS, len(voters) + len(judges))
    return Voices(tuple(voters), tuple(judges), tuple(stale))


def _latest(given: Sequence[Annotation], ledger: Ledger) -> list[Annotation]:
    """Return each annotator's latest of annotations that are sorted by age, by name."""
    latest: dict[str, Annotation] = {}
    for item in given:
        if earlier := latest.get(item.annotator):
            _reject(earlier, Reason.SUPERSEDED, ledger)
        latest[item.annotator] = item
    return sorted(latest.values(), key=lambda a: (a.annotator, a.id))


def _reject(item: Annotation, reason: Reason, ledger: Ledger) -> None:
    detail = f"annotation {item.id} by {item.annotator}, codebook {item.codebook[:8]}"
    ledger.reject(Unit.ANNOTATIONS, reason, where=item.passage_id, detail=detail)
