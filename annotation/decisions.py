"""Adjudicators' decisions from their project into the workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from annotation.adjudication import default_title, find_adjudications
from annotation.gold.voices import hear
from annotation.labelstudio.accounts import names_by_user
from annotation.labelstudio.adjudication.export import read_adjudications
from annotation.labelstudio.api.changes import latest_change
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.snapshot import fetch
from annotation.labelstudio.given import (
    Given,
    check_deletions,
    count_deleted,
    deleted,
    ids_in,
    read_given,
    write_given,
)
from annotation.labelstudio.pull import Pulled, store
from schemas.annotation import Annotation, Why
from schemas.errors import MiyarError
from schemas.ledger import Ledger, Reason, Unit
from schemas.workspace import Workspace


class Counts(NamedTuple):
    """What is to be known about some adjudications."""

    stale: int
    """Made from other answers than the annotators give now."""
    own: int
    """By somebody who is one of those who differed."""


@dataclass(frozen=True)
class PulledDecisions:
    """What a pull of adjudications read and changed."""

    annotations: tuple[Annotation, ...]
    pulled: Pulled
    stale: int
    """Made from other answers than the annotators give now."""
    own: int
    """By somebody who is one of those who differed."""
    without_why: int
    whys: dict[Why, int]


def run_adjudicate_pull(
    workspace: Workspace,
    connection: Connection,
    ledger: Ledger,
    *,
    adjudicators: frozenset[str],
    title: str | None = None,
    accept_deletions: bool = False,
    dry_run: bool = False,
) -> PulledDecisions:
    """Take the adjudicators' answers into the workspace, as annotations that say what they decide.

    Args:
        workspace: where to.
        connection: the server.
        ledger: gets the state of everything in the project.
        adjudicators: annotators whose ordinary annotations decide, too.
        title: of the project, when it is not the workspace's own.
        accept_deletions: also when many decisions are gone from the project at once.
        dry_run: count only.

    Raises:
        GateError: so many are gone that somebody has to say that it is meant.
        MiyarError: nothing was pushed for adjudication yet.
    """
    project = find_adjudications(workspace, connection, title)
    if project is None:
        raise MiyarError(
            f"{connection.url} has no project “{title or default_title(workspace)}”; make it "
            f"with `miyar annotation adjudicate push --workspace {workspace.root}`."
        )
    export = fetch(connection, project)
    before, now = read_given(workspace, project), ids_in(export)
    gone, newest = deleted(before.ids, now) if before else set(), latest_change(export)
    if before:
        check_deletions(project, before, gone, newest, accepted=accept_deletions)
    read = read_adjudications(
        export, workspace.codebook(), workspace.passages(), names_by_user(connection), ledger
    )
    refused = read.refused | gone
    known, fresh = workspace.annotations(), {item.id for item in read.annotations}
    others = [item for item in known if item.id not in fresh | refused]
    counts = count_decisions(workspace, read.annotations, others, ledger, adjudicators=adjudicators)
    count_deleted(known, gone, ledger)
    pulled = store(workspace, read.annotations, ledger, refused=refused, dry_run=dry_run)
    if not dry_run:
        given = Given(changed_at=newest, ids=now, created_at=project.created_at)
        write_given(workspace, project, given)
    return PulledDecisions(
        annotations=tuple(read.annotations),
        pulled=pulled,
        stale=counts.stale,
        own=counts.own,
        without_why=sum(not a.why for a in read.annotations),
        whys=dict(Counter(why for a in read.annotations for why in a.why)),
    )


def count_decisions(
    workspace: Workspace,
    found: Sequence[Annotation],
    others: Sequence[Annotation],
    ledger: Ledger,
    *,
    adjudicators: frozenset[str],
) -> Counts:
    """Count adjudications that are stale, and other ones by a party to the dispute, as gold does.

    Args:
        workspace: whose passages.
        found: the adjudications.
        others: all other annotations that hold now.
        ledger: gets the fate of every adjudication.
        adjudicators: annotators whose ordinary annotations decide, too.
    """
    voices = hear(
        workspace.passages(),
        [*others, *found],
        workspace.codebook(),
        adjudicators=adjudicators,
        ledger=Ledger(),
    )
    out = {item.id for heard in voices.values() for item in heard.stale}
    standing = [item for item in found if item.id not in out]
    own = sum(
        any(voter.annotator == item.annotator for voter in voices[item.passage_id].voters)
        for item in standing
    )
    stale = len(found) - len(standing)
    ledger.receive(Unit.ADJUDICATIONS, len(found))
    ledger.pend(Unit.ADJUDICATIONS, Reason.STALE_ADJUDICATION, stale)
    ledger.accept(Unit.ADJUDICATIONS, len(standing))
    ledger.remark(Unit.ADJUDICATIONS, Reason.OWN_DISPUTE, own)
    return Counts(stale, own)
