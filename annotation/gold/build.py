"""Annotations → gold records: unanimous, by majority, adjudicated, single, or left undecided."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from schemas.annotation import Annotation, Judgement
from schemas.article import Passage, longest_first
from schemas.codebook import Codebook
from schemas.gold import DecidedBy, GoldRecord, IssueDecision, SpanDecision
from schemas.ledger import Ledger, Reason, Unit

Key = tuple[int, int, str]
_UNDECIDED = IssueDecision(judgement=Judgement.NOT_JUDGED, decided_by=DecidedBy.UNDECIDED)


def build(
    passages: Sequence[Passage],
    annotations: Iterable[Annotation],
    codebook: Codebook,
    *,
    adjudicators: frozenset[str],
    groups: dict[str, str],
    ledger: Ledger,
) -> list[GoldRecord]:
    """Return a gold record for each annotated passage, in the order of ``passages``.

    An issue that all annotators judge alike is ``unanimous`` (``single`` when only one judged
    it). Where they differ the adjudicator's word counts; without one, a strict majority; without
    that the issue stays ``undecided`` and is not judged. Spans count as equal when start, end
    and label are; they are decided in the same way.

    Args:
        passages: the workspace's passages.
        annotations: all annotations; others than of this codebook are rejected.
        codebook: what must have been judged.
        adjudicators: annotators whose word decides.
        groups: article id → group for the split; an article that is missing is its own group.
        ledger: gets the fate of every annotation, passage, issue decision and span.
    """
    by_passage = _by_passage(passages, annotations, codebook, ledger)
    records = []
    for passage in passages:
        ledger.receive(Unit.PASSAGES)
        given = by_passage.get(passage.id)
        if not given:
            ledger.pend(Unit.PASSAGES, Reason.NOT_ANNOTATED)
            continue
        ledger.accept(Unit.PASSAGES)
        voters = [a for a in given if a.annotator not in adjudicators]
        judges = [a for a in given if a.annotator in adjudicators]
        issues = {i: _decide_issue(i, voters, judges) for i in codebook.issue_ids}
        _count_issues(issues, ledger)
        spans, complete = _decide_spans(voters, judges, ledger)
        records.append(
            GoldRecord(
                passage=passage,
                group=groups.get(passage.article_id, passage.article_id),
                issues=issues,
                spans=tuple(spans),
                spans_complete=complete,
            )
        )
    return records


def _by_passage(
    passages: Sequence[Passage],
    annotations: Iterable[Annotation],
    codebook: Codebook,
    ledger: Ledger,
) -> dict[str, list[Annotation]]:
    """Group the annotations that count: of one annotator's several, the latest."""
    known = {passage.id for passage in passages}
    latest: dict[tuple[str, str], Annotation] = {}
    for item in sorted(annotations, key=lambda a: a.age):
        ledger.receive(Unit.ANNOTATIONS)
        reason = None
        if item.passage_id not in known:
            reason = Reason.UNKNOWN_PASSAGE
        elif item.codebook != codebook.hash or set(item.issues) != set(codebook.issue_ids):
            reason = Reason.OTHER_CODEBOOK
        if reason:
            _reject(item, reason, ledger)
            continue
        key = (item.passage_id, item.annotator)
        if key in latest:
            _reject(latest[key], Reason.SUPERSEDED, ledger)
        latest[key] = item
    grouped: dict[str, list[Annotation]] = defaultdict(list)
    for item in sorted(latest.values(), key=lambda a: (a.annotator, a.id)):
        ledger.accept(Unit.ANNOTATIONS)
        grouped[item.passage_id].append(item)
    return grouped


def _reject(item: Annotation, reason: Reason, ledger: Ledger) -> None:
    detail = f"annotation {item.id} by {item.annotator}, codebook {item.codebook[:8]}"
    ledger.reject(Unit.ANNOTATIONS, reason, where=item.passage_id, detail=detail)


def _decide_issue(
    issue: str, voters: Sequence[Annotation], judges: Sequence[Annotation]
) -> IssueDecision:
    votes = _votes(issue, voters)
    rulings = _votes(issue, judges)
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


def _votes(issue: str, given: Sequence[Annotation]) -> list[tuple[Annotation, Judgement]]:
    judged = ((annotation, annotation.issues[issue]) for annotation in given)
    return [(a, value) for a, value in judged if value is not Judgement.NOT_JUDGED]


def _alike(votes: Sequence[object]) -> DecidedBy:
    return DecidedBy.UNANIMOUS if len(votes) > 1 else DecidedBy.SINGLE


def _count_issues(issues: dict[str, IssueDecision], ledger: Ledger) -> None:
    ledger.receive(Unit.ISSUE_DECISIONS, len(issues))
    undecided = sum(d.decided_by is DecidedBy.UNDECIDED for d in issues.values())
    ledger.accept(Unit.ISSUE_DECISIONS, len(issues) - undecided)
    ledger.pend(Unit.ISSUE_DECISIONS, Reason.UNDECIDED, undecided)


def _decide_spans(
    voters: Sequence[Annotation], judges: Sequence[Annotation], ledger: Ledger
) -> tuple[list[SpanDecision], bool]:
    """Return the gold spans, and whether nothing about them is undecided."""
    holders: dict[Key, list[Annotation]] = defaultdict(list)
    for annotation in (*voters, *judges):
        for span in annotation.spans:
            holders[span.key].append(annotation)
    ledger.receive(Unit.SPANS, len(holders))
    decided: list[SpanDecision] = []
    undecided = dropped = 0
    verdicts = {key: _decide_span(key, voters, judges) for key in sorted(holders)}
    for key, verdict in verdicts.items():
        ids = tuple(annotation.id for annotation in holders[key])
        torn = verdict is None and not judges and _torn(key, holders, verdicts, len(voters))
        if verdict is DecidedBy.UNDECIDED or torn:
            undecided += 1
        elif verdict is None:
            dropped += 1
        else:
            start, end, label = key
            decided.append(
                SpanDecision(start=start, end=end, label=label, decided_by=verdict, annotations=ids)
            )
    # Majorities may overlap where one annotator's long span is another's two short ones.
    kept, overlapping = longest_first(decided)
    ledger.accept(Unit.SPANS, len(kept))
    ledger.pend(Unit.SPANS, Reason.UNDECIDED, undecided)
    ledger.reject_parts(Unit.SPANS, Reason.OUTVOTED, dropped)
    ledger.reject_parts(Unit.SPANS, Reason.SPAN_OVERLAP, len(overlapping))
    return kept, undecided == 0


def _torn(
    key: Key,
    holders: dict[Key, list[Annotation]],
    verdicts: Mapping[Key, DecidedBy | None],
    voters: int,
) -> bool:
    """Tell whether half of the annotators see an entity here, but not the same one."""
    near = [other for other in holders if other[0] < key[1] and key[0] < other[1]]
    if any(verdicts[other] not in (None, DecidedBy.UNDECIDED) for other in near):
        return False
    return 2 * len({a.annotator for other in near for a in holders[other]}) >= voters


def _decide_span(
    key: Key, voters: Sequence[Annotation], judges: Sequence[Annotation]
) -> DecidedBy | None:
    """Return who decided for the span, or ``undecided``; ``None``: decided against it."""
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
