"""What the others make of a passage: the reference that an annotator's answers are held against.

Gold itself would not do: an annotator's own vote is in it, so that everybody would look better
than they are, the more so the fewer vote.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schemas.annotation import Annotation, Judgement
from schemas.dispute import stands
from schemas.gold import DecidedBy

Key = tuple[int, int, str]


@dataclass(frozen=True)
class Verdict:
    """What the others say of an issue, and on what it rests."""

    present: bool
    by: DecidedBy


@dataclass(frozen=True)
class SpanVerdict:
    """What the others say of the spans of a passage, and on what it rests."""

    held: frozenset[Key]
    open: frozenset[Key]
    """Spans on which the others are split."""
    by: DecidedBy

    def decides(self, key: Key) -> bool:
        """Tell whether the others are of one mind about this place."""
        return key in self.held or not any(
            key[0] < other[1] and other[0] < key[1] for other in self.open
        )


def latest(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Return of each annotator's several annotations of a passage the one touched last."""
    found = {(a.passage_id, a.annotator): a for a in sorted(annotations, key=lambda a: a.age)}
    return [annotation for _, annotation in sorted(found.items())]


class Reference:
    """Leave-one-out votes, and the adjudicators' word.

    ``independent`` asks that nothing in a verdict depends on the annotator's own answer. Disputes
    are adjudicated because annotators differ, and whether they do depends on each one's answer:
    where an annotator is held only against adjudicated disputes and the undisputed rest is
    taken for right, errors that two share are never seen, and shares come out wrong. So then the
    adjudicator's word counts only where the others are split without the annotator, and a single
    other annotator decides nothing.
    """

    def __init__(
        self, annotations: Iterable[Annotation], adjudications: Iterable[Annotation] = ()
    ) -> None:
        """Prepare.

        Args:
            annotations: the annotators' own; of several by one the latest counts.
            adjudications: those that decide between others; one whose ground has changed
                since counts no more.
        """
        self._votes: dict[str, list[Annotation]] = defaultdict(list)
        self._judges: dict[str, list[Annotation]] = defaultdict(list)
        self._issues: Counter[tuple[str, str, bool]] = Counter()
        """(passage, issue, present?) → annotators who say so."""
        for annotation in latest(annotations):
            self._votes[annotation.passage_id].append(annotation)
            for issue, present in _judged(annotation):
                self._issues[annotation.passage_id, issue, present] += 1
        self._own = {(a.passage_id, a.annotator): a for g in self._votes.values() for a in g}
        for annotation in latest(adjudications):
            if _stands(annotation, self._votes[annotation.passage_id]):
                self._judges[annotation.passage_id].append(annotation)

    def issue(
        self, passage: str, issue: str, without: str, *, independent: bool = False
    ) -> Verdict | None:
        """Return what the others decide of an issue; ``None`` when they do not."""
        votes = {value: self._issues[passage, issue, value] for value in (False, True)}
        own = self._own.get((passage, without))
        if own is not None and own.issues[issue] is not Judgement.NOT_JUDGED:
            votes[own.issues[issue] is Judgement.PRESENT] -= 1
        ruled = self._ruled(passage, issue, without)
        number = sum(votes.values())
        if ruled is not None and not independent:
            return Verdict(ruled, DecidedBy.ADJUDICATED)
        if number < (2 if independent else 1):
            return None
        if votes[True] * 2 == number:
            return None if ruled is None else Verdict(ruled, DecidedBy.ADJUDICATED)
        return Verdict(votes[True] * 2 > number, _by(number, alike=0 in votes.values()))

    def _ruled(self, passage: str, issue: str, without: str) -> bool | None:
        """Return what the adjudicators say, the annotator aside, if they say one thing."""
        judges = self._judges.get(passage)
        if not judges:
            return None
        others = (judge for judge in judges if judge.annotator != without)
        said = {value for judge in others for name, value in _judged(judge) if name == issue}
        return said.pop() if len(said) == 1 else None

    def spans(self, passage: str, without: str, *, independent: bool = False) -> SpanVerdict | None:
        """Return what the others decide of the spans; ``None`` when they do not."""
        voters = [a for a in self._votes.get(passage, ()) if a.annotator != without]
        judges = [a for a in self._judges.get(passage, ()) if a.annotator != without]
        if judges and not independent:
            held, split = _held(judges, all_of_them=True)
            return SpanVerdict(held, split, DecidedBy.ADJUDICATED)
        if len(voters) < (2 if independent else 1):
            return None
        held, split = _held(voters, all_of_them=False)
        if judges:
            ruled, torn = _held(judges, all_of_them=True)
            held, split = held | (split & ruled), split & torn
        return SpanVerdict(held, split, _by(len(voters), alike=_alike(voters)))


def _stands(adjudication: Annotation, voters: Sequence[Annotation]) -> bool:
    """Tell whether an adjudication still holds; an ordinary annotation by an adjudicator does."""
    return not adjudication.decides or stands(adjudication, voters)


def _judged(annotation: Annotation) -> list[tuple[str, bool]]:
    """Return the issues that were judged, and whether they are present."""
    return [
        (issue, value is Judgement.PRESENT)
        for issue, value in annotation.issues.items()
        if value is not Judgement.NOT_JUDGED
    ]


def _held(
    given: Sequence[Annotation], *, all_of_them: bool
) -> tuple[frozenset[Key], frozenset[Key]]:
    """Return the spans that are held, and those on which there is no decision."""
    count = Counter(span.key for annotation in given for span in annotation.spans)
    if all_of_them:
        held = {key for key, n in count.items() if n == len(given)}
        return frozenset(held), frozenset(count.keys() - held)
    half = len(given) / 2
    return (
        frozenset(key for key, n in count.items() if n > half),
        frozenset(key for key, n in count.items() if n == half),
    )


def _alike(given: Sequence[Annotation]) -> bool:
    return len({frozenset(span.key for span in a.spans) for a in given}) == 1


def _by(number: int, *, alike: bool) -> DecidedBy:
    if number == 1:
        return DecidedBy.SINGLE
    return DecidedBy.UNANIMOUS if alike else DecidedBy.MAJORITY
