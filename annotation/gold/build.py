"""Annotations → gold records: unanimous, by majority, adjudicated, single, or left undecided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from annotation.gold.decide import (
    ALL_READ,
    Unread,
    adjudicators_differ,
    decide_issue,
    decide_spans,
    deciding,
    holders_of,
    votes_on,
)
from annotation.gold.voices import Voices, hear
from schemas.annotation import Annotation
from schemas.article import Passage, longest_first
from schemas.codebook import Codebook
from schemas.gold import DecidedBy, GoldRecord, IssueDecision, Ruling, SpanDecision
from schemas.ledger import Ledger, Reason, Unit


def build(
    passages: Sequence[Passage],
    annotations: Iterable[Annotation],
    codebook: Codebook,
    *,
    adjudicators: frozenset[str],
    groups: dict[str, str],
    ledger: Ledger,
    unread: Unread = ALL_READ,
) -> list[GoldRecord]:
    """Return a gold record for each annotated passage, in the order of ``passages``.

    ``annotation.gold.decide`` says how issues and spans are decided. The adjudicators' word is
    that of annotations with ``decides`` and of all annotations by ``adjudicators``.

    Args:
        passages: the workspace's passages.
        annotations: all annotations; others than of this codebook are rejected.
        codebook: what must have been judged.
        adjudicators: annotators whose word decides.
        groups: article id → group for the split; an article that is missing is its own group.
        ledger: gets the fate of every annotation, passage, issue decision and span.
        unread: annotation id → entity types that nobody looked for when it was made, because the
            codebook did not have them: its missing spans say nothing.
    """
    by_passage = hear(passages, annotations, codebook, adjudicators=adjudicators, ledger=ledger)
    records = []
    for passage in passages:
        ledger.receive(Unit.PASSAGES)
        voices = by_passage.get(passage.id)
        if voices is None or not (voices.voters or voices.judges):
            ledger.pend(Unit.PASSAGES, Reason.NOT_ANNOTATED)
            continue
        ledger.accept(Unit.PASSAGES)
        issues = {i: decide_issue(i, voices.voters, voices.judges) for i in codebook.issue_ids}
        _count_issues(issues, voices, ledger)
        spans, decided = _decide_spans(voices, unread, ledger)
        records.append(
            GoldRecord(
                passage=passage,
                group=groups.get(passage.article_id, passage.article_id),
                issues=issues,
                spans=tuple(spans),
                spans_complete=decided and _all_types_read(voices, unread),
                rulings=_rulings(voices),
            )
        )
    return records


def _rulings(voices: Voices) -> tuple[Ruling, ...] | None:
    rulings = deciding(voices.rulings)
    found = tuple(Ruling(annotation=a.id, decides=a.decides, why=a.why) for a in rulings)
    return found or None


def _count_issues(issues: dict[str, IssueDecision], voices: Voices, ledger: Ledger) -> None:
    ledger.receive(Unit.ISSUE_DECISIONS, len(issues))
    undecided = [i for i, d in issues.items() if d.decided_by is DecidedBy.UNDECIDED]
    torn = sum(adjudicators_differ(voices.judges, issue) for issue in undecided)
    ledger.accept(Unit.ISSUE_DECISIONS, len(issues) - len(undecided))
    ledger.pend(Unit.ISSUE_DECISIONS, Reason.ADJUDICATORS_DIFFER, torn)
    given = (*voices.voters, *voices.judges)
    unjudged = sum(not votes_on(issue, given) for issue in undecided)
    ledger.pend(Unit.ISSUE_DECISIONS, Reason.NOT_JUDGED, unjudged)
    ledger.pend(Unit.ISSUE_DECISIONS, Reason.UNDECIDED, len(undecided) - torn - unjudged)


def _all_types_read(voices: Voices, unread: Unread) -> bool:
    """Tell whether a span that is not there was really seen to be missing, whatever its type.

    One adjudicator who looked for all types is enough: that word is about the whole passage.
    """
    judges = deciding(voices.judges)
    if any(judge.id not in unread for judge in judges):
        return True
    return not any(annotation.id in unread for annotation in (*voices.voters, *judges))


def _decide_spans(
    voices: Voices, unread: Unread, ledger: Ledger
) -> tuple[list[SpanDecision], bool]:
    """Return the gold spans, and whether nothing about them is undecided."""
    holders = holders_of((*voices.voters, *deciding(voices.judges)))
    ledger.receive(Unit.SPANS, len(holders))
    decided: list[SpanDecision] = []
    undecided = dropped = 0
    for key, verdict in decide_spans(voices.voters, voices.judges, unread).items():
        if verdict is None:
            dropped += 1
        elif verdict is DecidedBy.UNDECIDED:
            undecided += 1
        else:
            ids = tuple(annotation.id for annotation in holders[key])
            start, end, label = key
            decided.append(
                SpanDecision(start=start, end=end, label=label, decided_by=verdict, annotations=ids)
            )
    # Majorities may overlap where one annotator's long span is another's two short ones.
    kept, overlapping = longest_first(decided)
    differ = adjudicators_differ(voices.judges, None)
    ledger.accept(Unit.SPANS, len(kept))
    ledger.pend(Unit.SPANS, Reason.ADJUDICATORS_DIFFER if differ else Reason.UNDECIDED, undecided)
    ledger.reject_parts(Unit.SPANS, Reason.OUTVOTED, dropped)
    ledger.reject_parts(Unit.SPANS, Reason.SPAN_OVERLAP, len(overlapping))
    return kept, undecided == 0
