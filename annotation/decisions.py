"""Adjudicators' decisions from their project into the workspace."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from annotation.adjudication import default_title, find_adjudications
from annotation.labelstudio.accounts import names_by_user
from annotation.labelstudio.adjudication.export import read_adjudications
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.snapshot import fetch
from annotation.labelstudio.given import Given, deleted, ids_in, read_given, write_given
from annotation.labelstudio.pull import Pulled, store
from schemas.annotation import Annotation, Why
from schemas.dispute import stands
from schemas.errors import MiyarError
from schemas.ledger import Ledger, Reason, Unit
from schemas.workspace import Workspace


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
    read = read_adjudications(
        export, workspace.codebook(), workspace.passages(), names_by_user(connection), ledger
    )
    known = workspace.annotations()
    stale, own = _count(read.annotations, known, adjudicators, ledger)
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
        stale=stale,
        own=own,
        without_why=sum(not a.why for a in read.annotations),
        whys=dict(Counter(why for a in read.annotations for why in a.why)),
    )


def _count(
    found: Sequence[Annotation],
    known: Sequence[Annotation],
    adjudicators: frozenset[str],
    ledger: Ledger,
) -> tuple[int, int]:
    """Count adjudications that are stale, and other ones by a party to the dispute."""
    answers: dict[str, list[Annotation]] = defaultdict(list)
    for annotation in sorted(known, key=lambda a: a.age):
        if not annotation.decides:
            answers[annotation.passage_id].append(annotation)
    stale = own = 0
    for item in found:
        latest = {a.annotator: a for a in answers[item.passage_id]}
        voters = [a for name, a in latest.items() if name not in adjudicators]
        if not stands(item, voters, latest.values()):
            stale += 1
        elif item.annotator in latest and latest[item.annotator].id in item.decides:
            own += 1
    ledger.receive(Unit.ADJUDICATIONS, len(found))
    ledger.pend(Unit.ADJUDICATIONS, Reason.STALE_ADJUDICATION, stale)
    ledger.accept(Unit.ADJUDICATIONS, len(found) - stale)
    ledger.remark(Unit.ADJUDICATIONS, Reason.OWN_DISPUTE, own)
    return stale, own
