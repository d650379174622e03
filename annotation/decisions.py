"""Adjudicators' decisions from their project into the workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from annotation.adjudication import default_title, find_adjudications
from annotation.gold.voices import Voices, hear
from annotation.labelstudio.accounts import names_by_user
from annotation.labelstudio.adjudication.export import read_adjudications
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.snapshot import fetch
from annotation.labelstudio.given import Given, deleted, ids_in, read_given, write_given
from annotation.labelstudio.pull import Pulled, store
from schemas.annotation import Annotation, Why
from schemas.errors import MiyarError
from schemas.ledger import Ledger, Reason, Unit
from schemas.workspace import Workspace


class _Counts(NamedTuple):
    stale: int
    own: int


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
    dry_run: bool = False,
) -> PulledDecisions:
    """Take the adjudicators' answers into the workspace, as annotations that say what they decide.

    Args:
        workspace: where to.
        connection: the server.
        ledger: gets the state of everything in the project.
        adjudicators: annotators whose ordinary annotations decide, too.
        title: of the project, when it is not the workspace's own.
        dry_run: count only.

    Raises:
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
    gone = deleted(before.ids, now) if before else set()
    codebook, passages = workspace.codebook(), workspace.passages()
    read = read_adjudications(export, codebook, passages, names_by_user(connection), ledger)
    known = workspace.annotations()
    fresh = {annotation.id for annotation in read.annotations} | read.refused | gone
    left = [annotation for annotation in known if annotation.id not in fresh]
    now_said = [*left, *read.annotations]
    voices = hear(passages, now_said, codebook, adjudicators=adjudicators, ledger=Ledger())
    counts = _count(read.annotations, voices, ledger)
    for annotation in known:
        if annotation.id in gone:
            where, detail = annotation.passage_id, f"{annotation.id} by {annotation.annotator}"
            ledger.receive(Unit.ANNOTATIONS)
            ledger.reject(Unit.ANNOTATIONS, Reason.DELETED_ON_SERVER, where=where, detail=detail)
    pulled = store(
        workspace, read.annotations, ledger, refused=read.refused | gone, dry_run=dry_run
    )
    if not dry_run:
        write_given(workspace, project, Given(changed_at=None, ids=now))
    return PulledDecisions(
        annotations=tuple(read.annotations),
        pulled=pulled,
        stale=counts.stale,
        own=counts.own,
        without_why=sum(not a.why for a in read.annotations),
        whys=dict(Counter(why for a in read.annotations for why in a.why)),
    )


def _count(found: Sequence[Annotation], voices: Mapping[str, Voices], ledger: Ledger) -> _Counts:
    """Count adjudications that are stale, and other ones by a party to the dispute.

    Args:
        found: the adjudications that were pulled.
        voices: who counts in each passage, as gold hears them.
        ledger: gets the fate of every adjudication.
    """
    out = {item.id for passage in voices.values() for item in passage.stale}
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
    return _Counts(stale, own)
