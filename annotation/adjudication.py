"""A workspace's disputes to a project of their own, and how far adjudication has come."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotation.gold.disputes import USUAL, Looked, Rules, current_keys, disputes
from annotation.labelstudio.adjudication.project import (
    adjudication_title,
    find_adjudication,
    made_by_push,
    make_adjudication,
)
from annotation.labelstudio.adjudication.tasks import MERGED, adjudication_task
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.idle import delete_idle
from annotation.labelstudio.project import Project, remember, show_model
from annotation.labelstudio.push import Plan, plan_push, push, tasks_on_server
from annotation.labelstudio.settle import settle
from annotation.labelstudio.tasks import Due
from schemas.annotation import Why
from schemas.article import Passage
from schemas.dispute import Dispute, DisputeState, passage_of_key
from schemas.ledger import Ledger, Reason, State, Unit
from schemas.workspace import Workspace


@dataclass(frozen=True)
class PushedDisputes:
    """What a push of disputes did, or would do."""

    project: Project | None
    """``None`` when there is no project yet, and none was made."""
    disputes: tuple[Dispute, ...]
    """All disputes, also those that are decided."""
    plan: Plan
    made: int
    outdated: int
    """Tasks in the project that were made from other answers than the annotators give now."""
    removed: int
    """Outdated tasks that were removed: nobody had touched them."""


def run_adjudicate_push(
    workspace: Workspace,
    connection: Connection,
    ledger: Ledger,
    *,
    adjudicators: frozenset[str],
    rules: Rules = USUAL,
    title: str | None = None,
    anonymous: bool = False,
    remove_outdated: bool = False,
    dry_run: bool = False,
    on_batch: Callable[[int], None] = lambda n: None,
) -> PushedDisputes:
    """Push what waits for an adjudicator, each passage once for the answers that it has now.

    Args:
        workspace: whose annotations.
        connection: the server.
        ledger: gets the fate of every annotation, passage and task.
        adjudicators: annotators whose ordinary annotations decide; what they settled is left out.
        rules: which passages count as disputed.
        title: of the project; found again by the link file, else by its title, unless given.
        anonymous: hide from the adjudicator who said what.
        remove_outdated: remove tasks made from other answers, as far as nobody touched them.
        dry_run: say what would be done.
        on_batch: told the number of tasks after each batch.
    """
    read = _Read(workspace)
    found = read.disputes(ledger, adjudicators, rules)
    waiting = [dispute for dispute in found if dispute.waits]
    tasks = _tasks(read, waiting, anonymous=anonymous)
    project = find_adjudications(workspace, connection, title)
    if project is None and tasks and not dry_run:
        name = title or default_title(workspace)
        project = make_adjudication(connection, read.codebook, name)
    if project is None:
        ledger.check()
        return PushedDisputes(None, tuple(found), plan_push(tasks, {}, None), 0, 0, 0)
    if not dry_run:
        remember(project, adjudication_link(workspace))
    held = tasks_on_server(connection, project)
    plan = plan_push(tasks, held, None)
    outdated = _outdated(read, connection, project, held, adjudicators)
    if dry_run:
        ledger.check()
        return PushedDisputes(project, tuple(found), plan, 0, len(outdated), 0)
    made = push(connection, project, plan, on_batch=on_batch).made
    now = settle(connection, project, tasks, tasks_on_server(connection, project), ledger)
    plan_push(tasks, now, ledger)
    ledger.check()
    if tasks:
        show_model(connection, project, MERGED)
    removed: set[int] = set()
    if remove_outdated:
        removed = delete_idle(connection, project, outdated, what="outdated tasks")
    return PushedDisputes(project, tuple(found), plan, made, len(outdated), len(removed))


class _Read:
    """What is read of a workspace, once."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.codebook = workspace.codebook()
        self.passages = workspace.passages()
        self.annotations = workspace.annotations()
        self.looked = Looked.at(workspace.reviews())

    def disputes(self, ledger: Ledger, adjudicators: frozenset[str], rules: Rules) -> list[Dispute]:
        """Return all disputes, also those that are decided."""
        return disputes(
            self.passages,
            self.annotations,
            self.codebook,
            adjudicators=adjudicators,
            ledger=ledger,
            rules=rules,
            looked=self.looked,
        )


def _tasks(read: _Read, waiting: Sequence[Dispute], *, anonymous: bool) -> list[Due]:
    annotations = {annotation.id: annotation for annotation in read.annotations}
    by_article: dict[str, list[Passage]] = defaultdict(list)
    for passage in sorted(read.passages, key=lambda passage: passage.position):
        by_article[passage.article_id].append(passage)
    article_of = {passage.id: passage.article_id for passage in read.passages}
    wanted = {article_of[dispute.passage_id] for dispute in waiting}
    articles = {a.id: a for a in read.workspace.stream_articles() if a.id in wanted}
    return [
        Due.of(
            adjudication_task(
                dispute,
                annotations,
                articles[article_of[dispute.passage_id]],
                by_article[article_of[dispute.passage_id]],
                read.codebook,
                anonymous=anonymous,
            )
        )
        for dispute in waiting
    ]


def _outdated(
    read: _Read,
    connection: Connection,
    project: Project,
    held: Mapping[str, list[tuple[int, str]]],
    adjudicators: frozenset[str],
) -> list[int]:
    """Return the tasks that a push made from other answers; what is not ours is left alone."""
    now = current_keys(read.passages, read.annotations, read.codebook, adjudicators=adjudicators)
    known = {passage.id for passage in read.passages}
    old = [key for key in held if key not in now and passage_of_key(key) in known]
    return made_by_push(connection, project, [task for key in old for task, _ in held[key]])


@dataclass(frozen=True)
class Adjudication:
    """How far the adjudication of a workspace has come."""

    states: dict[DisputeState, int]
    """Disputes by state."""
    by: dict[str, int]
    """Adjudicator → passages with a ruling that counts or is stale."""
    whys: dict[Why, int]
    project: Project | None
    tasks: int
    """Tasks in the project."""
    unpushed: int
    """Disputes that wait and have no task yet."""
    outdated: int
    """Tasks in the project that were made from other answers than the annotators give now."""


def adjudication_status(
    workspace: Workspace,
    connection: Connection,
    ledger: Ledger,
    *,
    adjudicators: frozenset[str],
    rules: Rules = USUAL,
    title: str | None = None,
) -> Adjudication:
    """Count disputes by state, adjudications by person, and the tasks of the project.

    Also where only adjudicators by name have answered a passage, and contradict each other.
    """
    read = _Read(workspace)
    found = read.disputes(ledger, adjudicators, rules)
    ledger.check()
    given = [annotation for annotation in read.annotations if annotation.decides]
    done = {(a.annotator, a.passage_id) for a in given}
    project = find_adjudications(workspace, connection, title)
    held = tasks_on_server(connection, project) if project else {}
    states = Counter(dispute.state for dispute in found)
    different = ledger.reasons[Unit.PASSAGES, State.PENDING, Reason.ADJUDICATORS_DIFFER]
    states[DisputeState.DIFFERENT] = different
    return Adjudication(
        states={state: n for state, n in states.items() if n},
        by=dict(sorted(Counter(name for name, _ in done).items())),
        whys=dict(Counter(why for a in given for why in a.why)),
        project=project,
        tasks=sum(len(tasks) for tasks in held.values()),
        unpushed=sum(dispute.waits and dispute.key not in held for dispute in found),
        outdated=len(_outdated(read, connection, project, held, adjudicators)) if project else 0,
    )


def adjudication_link(workspace: Workspace) -> Path:
    """Return the file that remembers the workspace's adjudication project."""
    return workspace.label_studio_dir / "adjudication.json"


def default_title(workspace: Workspace) -> str:
    """Return the title of a workspace's adjudication project: its folder name and codebook."""
    return adjudication_title(workspace.codebook(), workspace.root.resolve().name)


def find_adjudications(
    workspace: Workspace, connection: Connection, title: str | None
) -> Project | None:
    """Find the workspace's adjudication project, or the one with a title."""
    return find_adjudication(
        connection,
        workspace.codebook(),
        title or default_title(workspace),
        None if title else adjudication_link(workspace),
    )
