"""Annotations → disputes: the passages that the gold rules leave open, and who said what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from annotation.gold.decide import (
    Key,
    Unread,
    adjudicators_differ,
    decide_issue,
    decide_spans,
    deciding,
    holders_of,
    near,
    votes_on,
)
from annotation.gold.voices import Voices, hear
from schemas.annotation import Annotation, Judgement
from schemas.article import Passage, Span, longest_first, overlaps
from schemas.codebook import Codebook
from schemas.dispute import (
    Dispute,
    DisputeState,
    Ground,
    IssueDispute,
    SpanDispute,
    basis_of,
    dispute_key,
)
from schemas.gold import DecidedBy
from schemas.ledger import Ledger, Reason, Unit
from schemas.migration import Review

_PENDING = {
    DisputeState.OPEN: Reason.UNDECIDED,
    DisputeState.STALE: Reason.STALE_ADJUDICATION,
    DisputeState.LEFT_OPEN: Reason.LEFT_OPEN,
    DisputeState.DIFFERENT: Reason.ADJUDICATORS_DIFFER,
    DisputeState.TO_REVIEW: Reason.TO_REVIEW,
}


@dataclass(frozen=True)
class Rules:
    """Which passages count as disputed."""

    least: int = 2
    """Annotators that must have answered before a passage is disputed at all."""
    majority: bool = False
    """Whether what a majority decided against others is in dispute, too."""
    commented: bool = False
    """Whether a passage is in dispute when an annotator left a comment."""


USUAL = Rules()


@dataclass(frozen=True)
class Looked:
    """What the annotators were asked, where the codebook has changed since."""

    asked_again: frozenset[str] = frozenset()
    """Annotations with questions that their annotators have not answered yet."""
    unread: Unread = field(default_factory=dict)

    @staticmethod
    def at(reviews: Mapping[str, Review]) -> Looked:
        """Return what follows from the open reviews of a workspace, by annotation id."""
        return Looked(
            frozenset(key for key, review in reviews.items() if review.questions),
            {key: frozenset(review.unread) for key, review in reviews.items() if review.unread},
        )


EVERYWHERE = Looked()


def disputes(
    passages: Sequence[Passage],
    annotations: Iterable[Annotation],
    codebook: Codebook,
    *,
    adjudicators: frozenset[str],
    ledger: Ledger,
    rules: Rules = USUAL,
    looked: Looked = EVERYWHERE,
) -> list[Dispute]:
    """Return the disputes, also those that are adjudicated, in the order of ``passages``.

    What the annotators' answers alone leave open is in dispute; its state says whether
    adjudicators have settled it. After a change of the codebook those who annotated a passage
    are asked first.

    Args:
        passages: the workspace's passages.
        annotations: all annotations; others than of this codebook are rejected.
        codebook: what must have been judged.
        adjudicators: annotators whose ordinary annotations decide, too.
        ledger: gets the fate of every annotation and passage.
        rules: which passages count as disputed.
        looked: what the annotators were asked.
    """
    by_passage = hear(passages, annotations, codebook, adjudicators=adjudicators, ledger=ledger)
    found = []
    for passage in passages:
        ledger.receive(Unit.PASSAGES)
        voices = by_passage.get(passage.id)
        if voices is None or not (voices.voters or voices.judges):
            ledger.pend(Unit.PASSAGES, Reason.NOT_ANNOTATED)
            continue
        dispute = _dispute(passage, voices, codebook, rules, looked)
        _settle(dispute, voices, rules, ledger)
        if dispute and not _too_few(dispute, voices, rules):
            found.append(dispute)
    return found


def _settle(dispute: Dispute | None, voices: Voices, rules: Rules, ledger: Ledger) -> None:
    """Count an annotated passage by how far its dispute is, if there is one."""
    if dispute is None:
        reason = None if voices.voters or not _contradict(voices) else Reason.ADJUDICATORS_DIFFER
    elif _too_few(dispute, voices, rules):
        reason = Reason.TOO_FEW_ANNOTATORS
    else:
        reason = _PENDING.get(dispute.state)
    if reason:
        ledger.pend(Unit.PASSAGES, reason)
    else:
        ledger.accept(Unit.PASSAGES)


def _too_few(dispute: Dispute, voices: Voices, rules: Rules) -> bool:
    open_ = dispute.waits or dispute.state is DisputeState.TO_REVIEW
    return open_ and len(voices.voters) < rules.least


def _contradict(voices: Voices) -> bool:
    """Tell whether adjudicators contradict each other about anything."""
    judges = voices.judges
    about = {issue for judge in judges for issue in judge.issues}
    return any(adjudicators_differ(judges, issue) for issue in (*about, None))


def current_keys(
    passages: Sequence[Passage],
    annotations: Iterable[Annotation],
    codebook: Codebook,
    *,
    adjudicators: frozenset[str],
) -> set[str]:
    """Return the keys of all passages with the answers that they have now, disputed or not.

    A task in the adjudication project with another key was made from other answers.
    """
    heard = hear(passages, annotations, codebook, adjudicators=adjudicators, ledger=Ledger())
    return {dispute_key(key, basis_of(voices.voters)) for key, voices in heard.items()}


def _dispute(
    passage: Passage, voices: Voices, codebook: Codebook, rules: Rules, looked: Looked
) -> Dispute | None:
    voters = voices.voters
    issues = [d for i in codebook.issue_ids if (d := _issue(i, voters, majority=rules.majority))]
    spans = _spans(voters, looked.unread, majority=rules.majority)
    comments = {a.id: a.comment for a in voters if a.comment}
    if not voters or not (issues or spans or (rules.commented and comments)):
        return None
    proposed, proposed_spans = _proposal(voices, codebook, spans, looked.unread)
    state = _state(voices, issues, spans)
    return Dispute(
        passage_id=passage.id,
        state=DisputeState.TO_REVIEW if _asked_first(state, voters, rules, looked) else state,
        decides=tuple(a.id for a in voters),
        annotators={a.id: a.annotator for a in voters},
        basis=basis_of(voters),
        issues=tuple(issues),
        spans=tuple(spans),
        comments=comments,
        proposed=proposed,
        proposed_spans=proposed_spans,
        earlier=tuple(a.id for a in voices.stale),
    )


def _issue(issue: str, voters: Sequence[Annotation], *, majority: bool) -> IssueDispute | None:
    decided_by = decide_issue(issue, voters, ()).decided_by
    if decided_by is DecidedBy.MAJORITY and majority:
        ground = Ground.MAJORITY
    elif decided_by is DecidedBy.UNDECIDED:
        ground = Ground.TIE if votes_on(issue, voters) else Ground.NOT_JUDGED
    else:
        return None
    return IssueDispute(issue=issue, ground=ground, said={a.id: a.issues[issue] for a in voters})


def _asked_first(
    state: DisputeState, voters: Sequence[Annotation], rules: Rules, looked: Looked
) -> bool:
    """Tell whether annotators are asked before an adjudicator is.

    Not when enough others have answered under today's codebook: who was asked may be gone.
    """
    if state not in (DisputeState.OPEN, DisputeState.STALE):
        return False
    answered = sum(voter.id not in looked.asked_again for voter in voters)
    return answered < min(len(voters), rules.least)


def _spans(voters: Sequence[Annotation], unread: Unread, *, majority: bool) -> list[SpanDispute]:
    verdicts, holders = decide_spans(voters, (), unread), holders_of(voters)
    disputed = {DecidedBy.UNDECIDED, *((DecidedBy.MAJORITY, None) if majority else ())}
    found = []
    for key in (key for key, verdict in verdicts.items() if verdict in disputed):
        start, end, label = key
        held_by = tuple(a.id for a in holders[key])
        ground = _ground(key, holders)
        found.append(SpanDispute(start=start, end=end, label=label, ground=ground, held_by=held_by))
    return found


def _ground(key: Key, holders: Mapping[Key, Sequence[Annotation]]) -> Ground:
    """Tell how a span differs from what the annotators who do not hold it have there."""
    own = {a.id for a in holders[key]}
    rivals = [o for o in near(key, holders) if any(a.id not in own for a in holders[o])]
    if any(other[:2] == key[:2] for other in rivals if other != key):
        return Ground.TYPE
    return Ground.BOUNDARY if any(other != key for other in rivals) else Ground.PRESENCE


def _state(
    voices: Voices, issues: Sequence[IssueDispute], spans: Sequence[SpanDispute]
) -> DisputeState:
    judges = voices.judges
    if not judges:
        return DisputeState.STALE if voices.stale else DisputeState.OPEN
    if any(adjudicators_differ(judges, d.issue) for d in issues):
        return DisputeState.DIFFERENT
    if spans and _differ_about(deciding(judges), spans):
        return DisputeState.DIFFERENT
    if any(not votes_on(d.issue, judges) for d in issues) or not deciding(judges):
        return DisputeState.LEFT_OPEN
    return DisputeState.DECIDED


def _differ_about(judges: Sequence[Annotation], spans: Sequence[SpanDispute]) -> bool:
    said = {
        frozenset(s.key for s in judge.spans if any(overlaps(s, d) for d in spans))
        for judge in judges
    }
    return len(said) > 1


def _proposal(
    voices: Voices, codebook: Codebook, disputed: Sequence[SpanDispute], unread: Unread
) -> tuple[dict[str, Judgement], tuple[Span, ...]]:
    """Merge the answers: what is decided; where it is open, all that somebody saw.

    To take away what does not hold is quicker than to find what one annotator overlooked. What
    an earlier adjudication said stands in for what is open.
    """
    voters = voices.voters
    earlier = voices.stale[-1] if voices.stale else None
    issues = {i: _proposed_issue(i, voters, earlier) for i in codebook.issue_ids}
    verdicts = decide_spans(voters, (), unread)
    chosen = [_span(k) for k, v in verdicts.items() if v not in (None, DecidedBy.UNDECIDED)]
    open_ = [_span(k) for k, v in verdicts.items() if v is DecidedBy.UNDECIDED]
    if earlier:
        open_ = [
            _span(span.key)
            for span in earlier.spans
            if any(overlaps(span, other) for other in (*open_, *disputed))
        ]
    kept, _ = longest_first(chosen)
    free = [span for span in open_ if not any(overlaps(span, other) for other in kept)]
    return issues, tuple(sorted(kept + longest_first(free)[0], key=lambda span: span.key))


def _span(key: Key) -> Span:
    return Span(start=key[0], end=key[1], label=key[2])


def _proposed_issue(
    issue: str, voters: Sequence[Annotation], earlier: Annotation | None
) -> Judgement:
    decision = decide_issue(issue, voters, ())
    if decision.decided_by is not DecidedBy.UNDECIDED:
        return decision.judgement
    if earlier and earlier.issues[issue] is not Judgement.NOT_JUDGED:
        return earlier.issues[issue]
    return Judgement.PRESENT if votes_on(issue, voters) else Judgement.NOT_JUDGED
