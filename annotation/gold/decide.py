"""The rules by which annotators' answers about one passage become decisions.

An issue that all judge alike is unanimous; where they differ the adjudicators' word counts,
then a strict majority; without that it stays undecided. Spans are equal when start, end and
label are, and are decided in the same way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from schemas.annotation import Annotation, Judgement
from schemas.gold import DecidedBy, IssueDecision

Key = tuple[int, int, str]
Verdict = DecidedBy | None
"""Who decided for a span, or ``undecided``; ``None``: decided against it."""
Unread = Mapping[str, Collection[str]]
"""Annotation id → entity types that it says nothing about: its missing spans are no votes."""
ALL_READ: Unread = MappingProxyType({})
_UNDECIDED = IssueDecision(judgement=Judgement.NOT_JUDGED, decided_by=DecidedBy.UNDECIDED)


def decide_issue(
    issue: str, voters: Sequence[Annotation], judges: Sequence[Annotation]
) -> IssueDecision:
    """Decide one issue of a passage; ``judges`` are the adjudicators' annotations."""
    votes = votes_on(issue, voters)
    rulings = votes_on(issue, judges)
    ids = tuple(annotation.id for annotation, _ in (*votes, *rulings))
    values = Counter(value for _, value in votes)
    if rulings and len({value for _, value in rulings}) == 1:
        ruling = rulings[0][1]
        if values and set(values) == {ruling}:
            return IssueDecision(judgement=ruling, decided_by=_alike(votes), annotations=ids)
        return IssueDecision(judgement=ruling, decided_by=DecidedBy.ADJUDICATED, annotations=ids)
    if not values:
        return _UNDECIDED.model_copy(update={"annotations": ids})
    value, count = values.most_common(1)[0]
    if len(values) == 1:
        return IssueDecision(judgement=value, decided_by=_alike(votes), annotations=ids)
    if count * 2 > len(votes):
        return IssueDecision(judgement=value, decided_by=DecidedBy.MAJORITY, annotations=ids)
    return _UNDECIDED.model_copy(update={"annotations": ids})


def votes_on(issue: str, given: Sequence[Annotation]) -> list[tuple[Annotation, Judgement]]:
    """Return who judged an issue, and how; who could not judge it has no vote."""
    judged = ((annotation, annotation.issues[issue]) for annotation in given)
    return [(a, value) for a, value in judged if value is not Judgement.NOT_JUDGED]


def holders_of(given: Sequence[Annotation]) -> dict[Key, list[Annotation]]:
    """Return every span with the annotations that hold it, in text order."""
    holders: dict[Key, list[Annotation]] = defaultdict(list)
    for annotation in given:
        for span in annotation.spans:
            holders[span.key].append(annotation)
    return dict(sorted(holders.items()))


def deciding(judges: Sequence[Annotation]) -> list[Annotation]:
    """Return the adjudicators' annotations that decide something.

    Who cannot judge decides nothing. The spans of an adjudication are no sign of the contrary:
    it began with the merged answer, which holds all that somebody marked.
    """
    return [
        judge
        for judge in judges
        if any(value is not Judgement.NOT_JUDGED for value in judge.issues.values())
        or (judge.spans and not judge.decides)
    ]


def decide_spans(
    voters: Sequence[Annotation], judges: Sequence[Annotation], unread: Unread = ALL_READ
) -> dict[Key, Verdict]:
    """Decide every span that somebody holds, in text order.

    Args:
        voters: the annotators' own answers.
        judges: the adjudicators' answers; who cannot judge has no word about spans either.
        unread: which of them say nothing about which entity types.
    """
    judges = deciding(judges)
    verdicts = {
        key: _decide_span(key, _readers(key, voters, unread), _readers(key, judges, unread))
        for key in holders_of((*voters, *judges))
    }
    own = holders_of(voters)
    torn = {
        key
        for key in own
        if verdicts[key] is None
        and len({_holds(judge, key) for judge in _readers(key, judges, unread)}) != 1
        and _torn(key, own, verdicts, len(_readers(key, voters, unread)))
    }
    return {key: DecidedBy.UNDECIDED if key in torn else verdicts[key] for key in verdicts}


def _readers(key: Key, given: Sequence[Annotation], unread: Unread) -> list[Annotation]:
    """Return the annotations that say whether a span is there, by its type."""
    return [a for a in given if key[2] not in unread.get(a.id, ()) or _holds(a, key)]


def near(key: Key, others: Mapping[Key, object] | Sequence[Key]) -> list[Key]:
    """Return the spans that share a character with one, itself among them."""
    return [other for other in others if other[0] < key[1] and key[0] < other[1]]


def adjudicators_differ(judges: Sequence[Annotation], issue: str | None) -> bool:
    """Tell whether adjudicators contradict each other about an issue; ``None``: about spans."""
    if issue is not None:
        return len({value for _, value in votes_on(issue, judges)}) > 1
    said = {frozenset(span.key for span in judge.spans) for judge in deciding(judges)}
    return len(said) > 1


def _alike(votes: Sequence[object]) -> DecidedBy:
    return DecidedBy.UNANIMOUS if len(votes) > 1 else DecidedBy.SINGLE


def _torn(
    key: Key,
    holders: Mapping[Key, Sequence[Annotation]],
    verdicts: Mapping[Key, Verdict],
    voters: int,
) -> bool:
    """Tell whether half of the annotators see an entity here, but not the same one."""
    rivals = near(key, holders)
    if any(verdicts[other] not in (None, DecidedBy.UNDECIDED) for other in rivals):
        return False
    return 2 * len({a.annotator for other in rivals for a in holders[other]}) >= voters


def _decide_span(key: Key, voters: Sequence[Annotation], judges: Sequence[Annotation]) -> Verdict:
    votes = sum(_holds(annotation, key) for annotation in voters)
    rulings = {_holds(annotation, key) for annotation in judges}
    if len(rulings) == 1:
        if not rulings.pop():
            return None
        return _alike(voters) if voters and votes == len(voters) else DecidedBy.ADJUDICATED
    if voters and votes == len(voters):
        return _alike(voters)
    if votes * 2 == len(voters):
        return DecidedBy.UNDECIDED
    return DecidedBy.MAJORITY if votes * 2 > len(voters) else None


def _holds(annotation: Annotation, key: Key) -> bool:
    return any(span.key == key for span in annotation.spans)
