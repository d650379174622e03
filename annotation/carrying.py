"""A workspace's migrated annotations to the Label Studio project of its changed codebook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from annotation.gold.migrate import latest_by_voice
from annotation.labelstudio.accounts import names_by_user
from annotation.labelstudio.again import Names, arabic_names, blend, note
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.carry import (
    Work,
    can_be_written,
    notes_on_server,
    with_note,
    work_on_server,
    write_annotations,
)
from annotation.labelstudio.mirror import content_hash, keep_carried, keep_predictions
from annotation.labelstudio.project import Project, find_project, make_project
from annotation.labelstudio.push import plan_push, push, tasks_due, tasks_on_server
from annotation.projects import (
    BLENDED,
    OVERLAP,
    RULES,
    Pushed,
    default_title,
    project_link,
    run_push,
)
from annotation.steps import rules_of
from schemas.annotation import Annotation, Prediction
from schemas.article import Passage
from schemas.codebook import read_codebook
from schemas.errors import GateError, RecordError
from schemas.jsonl import dump, write
from schemas.ledger import Ledger, Reason, Unit
from schemas.migration import Question, Review
from schemas.record import sha256
from schemas.workspace import Workspace


@dataclass(frozen=True)
class Sorted:
    """The migrated annotations by what becomes of them."""

    whole: tuple[Annotation, ...]
    """Complete under the new codebook: written to the project."""
    again: tuple[Annotation, ...]
    """With open questions: their passages come up again."""
    superseded: tuple[Annotation, ...]
    """Their annotators have a later annotation of the passage."""
    asked: dict[str, tuple[Annotation, ...]]
    """Passage id → all annotations that a migration left questions in, also settled ones."""


@dataclass(frozen=True)
class Carried:
    """What carrying did, or would do."""

    pushed: Pushed
    sorted: Sorted
    tasks: int
    """Tasks that were made, or would be."""
    written: int
    """Annotations that the project did not hold before."""
    outdated: int
    """Annotations that the project holds as an earlier migration made them, which says otherwise
    now; a pull keeps to what the workspace has."""
    without_note: int
    """Passages to look at again whose task was there before, without a note: tasks are never
    changed."""


def run_carry(
    workspace: Workspace,
    connection: Connection,
    ledger: Ledger,
    *,
    tokens: Mapping[str, str],
    title: str | None = None,
    overlap: int | None = None,
    blind: float,
    dry_run: bool = False,
    on_batch: Callable[[int], None] = lambda n: None,
    on_each: Callable[[], None] = lambda: None,
) -> Carried:
    """Make the project of the changed codebook, with the work that was done under the earlier one.

    All passages are pushed, as by ``run_push``; what must be looked at again comes first, with a
    note. Annotations that are complete are written as their annotators. The earlier project is
    not touched.

    Args:
        workspace: with migrated annotations.
        connection: the server.
        ledger: gets the fate of every task and of every migrated annotation.
        tokens: annotator → token, as far as they are known.
        title: of the project, as for a push.
        overlap: annotators a passage.
        blind: share of passages without predictions: give the one of the earlier push, so that
            each passage stays in its arm.
        dry_run: say what would be done.
        on_batch: told the number of tasks after each batch.
        on_each: called after each annotation.

    Raises:
        RecordError: an annotator has no account on the server; nothing is done then.
        GateError: predictions are missing or of an older rule set.
    """
    found = sort_migrated(workspace)
    users = {name: user for user, name in names_by_user(connection).items()}
    _check_accounts(connection, found.whole, users)
    passages = {passage.id: passage for passage in workspace.passages()}
    name = RULES
    if found.asked and blind < 1 and not dry_run:
        name = _blended(workspace, passages, found.asked)
    notes = _notes(workspace, passages, found.again)
    made, without = _push_with_notes(
        workspace,
        connection,
        notes,
        name,
        title=title,
        overlap=overlap,
        blind=blind,
        dry_run=dry_run,
    )
    pushed = run_push(
        workspace,
        connection,
        ledger,
        title=title,
        predictions=name,
        overlap=overlap,
        blind=blind,
        dry_run=dry_run,
        on_batch=on_batch,
    )
    tasks = made + len(pushed.plan.new)
    if dry_run or pushed.project is None:
        return Carried(pushed, found, tasks, 0, 0, without)
    kept = keep_carried(workspace, pushed.project, ())
    changed = {a.id for a in found.whole if kept.get(a.id, content_hash(a)) != content_hash(a)}
    unwritten = [a for a in found.whole if a.id not in kept]
    keep_carried(workspace, pushed.project, unwritten)
    written = _write(connection, pushed.project, found, passages, users, tokens, ledger, on_each)
    return Carried(pushed, found, tasks, written, len(changed), without)


def sort_migrated(workspace: Workspace) -> Sorted:
    """Sort the migrated annotations of the workspace; adjudications have a project of their own."""
    codebook, reviews = workspace.codebook().hash, workspace.reviews()
    own = [a for a in workspace.annotations() if a.codebook == codebook and not a.decides]
    current = {a.id for a in latest_by_voice(own)}
    migrated = [a for a in own if a.migrated_from]
    asked: dict[str, list[Annotation]] = defaultdict(list)
    for item in latest_by_voice(migrated):
        review = reviews.get(item.id)
        if (review and review.questions) or not can_be_written(item):
            asked[item.passage_id].append(item)
    open_ = {a.id for given in asked.values() for a in given}
    return Sorted(
        whole=tuple(a for a in migrated if a.id in current and a.id not in open_),
        again=tuple(a for a in migrated if a.id in current and a.id in open_),
        superseded=tuple(a for a in migrated if a.id not in current),
        asked={key: tuple(items) for key, items in asked.items()},
    )


def _check_accounts(
    connection: Connection, annotations: Iterable[Annotation], users: Mapping[str, int]
) -> None:
    missing = sorted({a.annotator for a in annotations} - users.keys())
    if missing:
        raise RecordError(
            f"{', '.join(missing)}: no account on {connection.url}, so that their annotations "
            f"cannot be written; make one with `miyar annotation annotators add {missing[0]}`. "
            "Nothing was done."
        )


def _blended(
    workspace: Workspace,
    passages: Mapping[str, Passage],
    asked: Mapping[str, Sequence[Annotation]],
) -> str:
    """Write predictions that begin with what stayed valid; return the name of their file.

    One model is shown in a project. So the passages that come up again and all others get
    predictions of one name; it changes only when there is other earlier work to show.
    """
    rules, wanted = workspace.predictions(RULES), rules_of(workspace)
    if stale := [k for k in passages if k not in rules or rules[k].model != wanted]:
        raise GateError(
            f"{len(stale)} of {len(passages)} passages have no prediction by {wanted} (first: "
            f"{stale[0]}); run `miyar annotation preannotate --workspace {workspace.root}` first, "
            "or carry with --blind 1."
        )
    unread = workspace.unread_types()

    def made(model: str) -> list[Prediction]:
        return [
            blend(
                given,
                rules[key],
                {label for a in given for label in unread.get(a.id, ())},
                model,
            )
            for key, given in sorted(asked.items())
            if key in passages
        ]

    model = f"{wanted}+{BLENDED}-{sha256(dump(made(wanted)))[:8]}"
    blended = {prediction.passage_id: prediction for prediction in made(model)}
    predictions = [
        blended.get(key) or rules[key].model_copy(update={"model": model}) for key in passages
    ]
    write(workspace.predictions_dir / f"{BLENDED}.jsonl", predictions)
    return BLENDED


def _notes(
    workspace: Workspace, passages: Mapping[str, Passage], again: Iterable[Annotation]
) -> dict[str, str]:
    """Return passage id → note, for the passages that come up again."""
    reviews, codebook = workspace.reviews(), workspace.codebook()
    by_passage: dict[str, list[Annotation]] = defaultdict(list)
    for item in again:
        if item.passage_id in passages:
            by_passage[item.passage_id].append(item)
    names = {codebook.hash: arabic_names(codebook), **_old_names(workspace, reviews.values())}
    return {
        key: note(passages[key], given, _questions(given, reviews), names, codebook.hash)
        for key, given in by_passage.items()
    }


def _questions(given: Iterable[Annotation], reviews: Mapping[str, Review]) -> list[Question]:
    return [q for a in given if a.id in reviews for q in reviews[a.id].questions]


def _old_names(workspace: Workspace, reviews: Iterable[Review]) -> Names:
    hashes = {question.codebook for review in reviews for question in review.questions}
    files = {digest: workspace.archive_file(digest) for digest in sorted(hashes)}
    # Without its codebook a label is called by its id.
    return {k: arabic_names(read_codebook(p)) if p.is_file() else {} for k, p in files.items()}


def _push_with_notes(
    workspace: Workspace,
    connection: Connection,
    notes: Mapping[str, str],
    predictions: str,
    *,
    title: str | None,
    overlap: int | None,
    blind: float,
    dry_run: bool,
) -> tuple[int, int]:
    """Push the passages that come up again, before all others.

    Returns:
        The number of tasks made, and of passages whose task was there before, without a note.
    """
    codebook = workspace.codebook()
    link, wanted = project_link(workspace), title or default_title(workspace, codebook)
    project = find_project(connection, codebook, wanted, None if title else link)
    shown = notes_on_server(connection, project) if project else {}
    new = set() if dry_run else notes.keys() - shown.keys()
    if new:
        predicted = workspace.predictions(predictions) if blind < 1 else {}
        own = {key: predicted[key] for key in sorted(new) if key in predicted}
        for model in {prediction.model for prediction in own.values()}:
            keep_predictions(workspace, model, own, dry_run=False)
        articles, passages = workspace.articles(), workspace.passages()
        tasks = tasks_due(articles, passages, predicted, codebook=codebook.hash, blind=blind)
        chosen = [with_note(task, notes[task.key]) for task in tasks if task.key in new]
        project = project or make_project(connection, codebook, wanted, overlap=overlap or OVERLAP)
        push(connection, project, plan_push(chosen, {}, None), on_batch=lambda n: None)
    return len(new), sum(not shown[key] for key in notes if key in shown)


def _write(
    connection: Connection,
    project: Project,
    found: Sorted,
    passages: Mapping[str, Passage],
    users: Mapping[str, int],
    tokens: Mapping[str, str],
    ledger: Ledger,
    on_each: Callable[[], None],
) -> int:
    """Write what is complete, and count what the project holds afterwards."""
    task_ids = {
        key: held[0][0]
        for key, held in tasks_on_server(connection, project).items()
        if key in passages and held[0][1] == passages[key].text
    }
    work = work_on_server(connection, project)
    later = [a for a in found.whole if _spoke_since(a, work, users)]
    known = {*work.ids, *(a.id for a in later)}
    new = [a for a in found.whole if a.id not in known and a.passage_id in task_ids]
    written = write_annotations(
        connection,
        new,
        passages=passages,
        task_ids=task_ids,
        users=users,
        tokens=tokens,
        on_each=on_each,
    )
    if new:
        work = work_on_server(connection, project)
    _count(found, later, work, passages, ledger)
    return written


def _count(
    found: Sorted,
    later: Sequence[Annotation],
    work: Work,
    passages: Mapping[str, Passage],
    ledger: Ledger,
) -> None:
    """Count every migrated annotation by what the project holds now."""
    for item in (*found.superseded, *later):
        ledger.receive(Unit.ANNOTATIONS)
        _reject(ledger, Reason.SUPERSEDED, item)
    ledger.receive(Unit.ANNOTATIONS, len(found.again))
    ledger.pend(Unit.ANNOTATIONS, Reason.TO_REVIEW, len(found.again))
    settled = {item.id for item in later}
    for item in found.whole:
        if item.id in settled:
            continue
        ledger.receive(Unit.ANNOTATIONS)
        if item.id in work.ids:
            ledger.accept(Unit.ANNOTATIONS)
        elif item.passage_id not in passages:
            _reject(ledger, Reason.UNKNOWN_PASSAGE, item)
        else:
            _reject(ledger, Reason.NOT_CARRIED, item)
    ledger.check()


def _spoke_since(given: Annotation, work: Work, users: Mapping[str, int]) -> bool:
    """Tell whether the annotator has another annotation of the passage in the project already."""
    return given.id not in work.ids and (given.passage_id, users[given.annotator]) in work.voices


def _reject(ledger: Ledger, reason: Reason, item: Annotation) -> None:
    detail = f"annotation {item.id} by {item.annotator}"
    ledger.reject(Unit.ANNOTATIONS, reason, where=item.passage_id, detail=detail)
