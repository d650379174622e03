"""What the others make of a passage: the reference that an annotator's answers are held against.

Gold itself would not do: an annotator's own vote is in it, so that everybody would look better
than they are, the more so the fewer vote.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    unread: frozenset[str] = frozenset()
    """Entity types that are not compared: the annotator, or too many others, were never asked."""

    def decides(self, key: Key) -> bool:
        """Tell whether the others are of one mind about this place."""
        return key[2] not in self.unread and (key in self.held or not _near(key, self.open))


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
        self,
        annotations: Iterable[Annotation],
        adjudications: Iterable[Annotation] = (),
        *,
        everybody: Iterable[Annotation] | None = None,
        unread: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """Prepare.

        Args:
            annotations: the annotators' own; of several by one the latest counts.
            adjudications: the adjudicators'; one that decides between others whose answers
                have changed since counts no more.
            everybody: all annotators' own, where ``annotations`` are a part of them: whether
                an adjudication stands depends on all.
            unread: annotation id → entity types that it says nothing about.
        """
        annotations = list(annotations)
        self._unread = unread or {}
        self._votes: dict[str, list[Annotation]] = defaultdict(list)
        self._judges: dict[str, list[Annotation]] = defaultdict(list)
        self._issues: Counter[tuple[str, str, bool]] = Counter()
        """(passage, issue, present?) → annotators who say so."""
        for annotation in latest(annotations):
            self._votes[annotation.passage_id].append(annotation)
            for issue, present in _judged(annotation):
                self._issues[annotation.passage_id, issue, present] += 1
        self._own = {(a.passage_id, a.annotator): a for g in self._votes.values() for a in g}
        whole = annotations if everybody is None else everybody
        for annotation in _judges(whole, list(adjudications)):
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

    def judged(
        self, annotation: Annotation, issues: Iterable[str], *, independent: bool = False
    ) -> Iterator[tuple[str, bool, Verdict]]:
        """Yield what an annotation and the others both decide: issue, present?, and by them."""
        for issue in issues:
            said = annotation.issues[issue]
            if said is Judgement.NOT_JUDGED:
                continue
            verdict = self.issue(
                annotation.passage_id, issue, annotation.annotator, independent=independent
            )
            if verdict is not None:
                yield issue, said is Judgement.PRESENT, verdict

    def _ruled(self, passage: str, issue: str, without: str) -> bool | None:
        """Return what the adjudicators say, the annotator aside, if they say one thing."""
        judges = self._judges.get(passage)
        if not judges:
            return None
        others = (judge for judge in judges if judge.annotator != without)
        said = {value for judge in others for name, value in _judged(judge) if name == issue}
        return said.pop() if len(said) == 1 else None

    def silent(self, annotation: Annotation) -> frozenset[str]:
        """Return the entity types that an annotation says nothing about."""
        return self._unread.get(annotation.id, frozenset())

    def spans(self, passage: str, without: str, *, independent: bool = False) -> SpanVerdict | None:
        """Return what the others decide of the spans; ``None`` when they do not."""
        voters = [a for a in self._votes.get(passage, ()) if a.annotator != without]
        judges = [a for a in self._judges.get(passage, ()) if a.annotator != without]
        own = self._own.get((passage, without))
        silent = self.silent(own) if own else frozenset()
        if judges and not independent:
            held, split = self._agreed(judges)
            unread = silent.union(*(self.silent(judge) for judge in judges))
            return SpanVerdict(_of(held, unread), split, DecidedBy.ADJUDICATED, unread)
        least = 2 if independent else 1
        if len(voters) < least:
            return None
        unread = silent | self._too_few(voters, least)
        held, split = self._majority(voters)
        if judges:
            ruled, torn = self._agreed(judges)
            held |= {key for key in ruled if _near(key, split) and not _near(key, held)}
            split = frozenset(key for key in split if _near(key, torn))
        by = _by(len(voters), alike=_alike(voters))
        return SpanVerdict(_of(held, unread), split, by, unread)

    def _too_few(self, voters: Sequence[Annotation], least: int) -> frozenset[str]:
        """Return the types that fewer than so many voters were asked for."""
        silent = Counter(label for voter in voters for label in self.silent(voter))
        return frozenset(label for label, n in silent.items() if len(voters) - n < least)

    def _read(self, annotation: Annotation) -> list[Key]:
        silent = self.silent(annotation)
        return [span.key for span in annotation.spans if span.label not in silent]

    def _agreed(self, judges: Sequence[Annotation]) -> tuple[frozenset[Key], frozenset[Key]]:
        """Return the spans that all adjudicators mark, and those that only some do."""
        count = Counter(key for judge in judges for key in self._read(judge))
        held = frozenset(key for key, n in count.items() if n == len(judges))
        return held, frozenset(count) - held

    def _majority(self, voters: Sequence[Annotation]) -> tuple[frozenset[Key], frozenset[Key]]:
        """Return the spans that most mark, and those on which there is no decision.

        Who was never asked for a type has no vote on it. No decision is where half mark a span,
        and, as in gold, where half or more mark something in a place, but not the same.
        """
        holders: dict[Key, list[Annotation]] = defaultdict(list)
        for voter in voters:
            for key in self._read(voter):
                holders[key].append(voter)
        silent = Counter(label for voter in voters for label in self.silent(voter))
        asked = {key: len(voters) - silent[key[2]] for key in holders}
        held = frozenset(key for key, given in holders.items() if 2 * len(given) > asked[key])
        split = frozenset(
            key
            for key, given in holders.items()
            if key not in held
            and (2 * len(given) == asked[key] or _torn(key, holders, held, len(voters)))
        )
        return held, split


def _judges(everybody: Iterable[Annotation], adjudications: list[Annotation]) -> list[Annotation]:
    """Return the adjudicators' answers that count, as gold does: each one's latest of both kinds.

    An ordinary annotation by a named adjudicator always counts; one that decides between others
    while these say what they said then.
    """
    voters: dict[str, list[Annotation]] = defaultdict(list)
    named: dict[str, list[Annotation]] = defaultdict(list)
    for annotation in latest(everybody):
        voters[annotation.passage_id].append(annotation)
    ordinary = latest(a for a in adjudications if not a.decides)
    for annotation in ordinary:
        named[annotation.passage_id].append(annotation)
    rulings = latest(
        a
        for a in adjudications
        if a.decides and stands(a, voters[a.passage_id], named[a.passage_id])
    )
    return [*ordinary, *rulings]


def _near(key: Key, others: Iterable[Key]) -> bool:
    """Tell whether a span shares a character with one of the others."""
    return any(key[0] < other[1] and other[0] < key[1] for other in others)


def _torn(
    key: Key, holders: Mapping[Key, Sequence[Annotation]], held: frozenset[Key], voters: int
) -> bool:
    """Tell whether half of the annotators see an entity here, but not the same one."""
    rivals = [other for other in holders if _near(key, (other,))]
    seen = {voter.annotator for other in rivals for voter in holders[other]}
    return 2 * len(seen) >= voters and not held.intersection(rivals)


def _of(keys: Iterable[Key], unread: frozenset[str]) -> frozenset[Key]:
    return frozenset(key for key in keys if key[2] not in unread)


def _judged(annotation: Annotation) -> list[tuple[str, bool]]:
    """Return the issues that were judged, and whether they are present."""
    return [
        (issue, value is Judgement.PRESENT)
        for issue, value in annotation.issues.items()
        if value is not Judgement.NOT_JUDGED
    ]


def _alike(given: Sequence[Annotation]) -> bool:
    return len({frozenset(span.key for span in a.spans) for a in given}) == 1


def _by(number: int, *, alike: bool) -> DecidedBy:
    if number == 1:
        return DecidedBy.SINGLE
    return DecidedBy.UNANIMOUS if alike else DecidedBy.MAJORITY
