"""A changed codebook, on a workspace: its annotations under the new one, and what is left open.

Everything here is files; ``annotation.carrying`` takes the result to Label Studio.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from annotation.gold.lineage import waiting
from annotation.gold.migrate import Change, Migrated, migrate, still_open
from annotation.gold.plan import Reworded, complete, draft, plan_text, reworded
from schemas.annotation import Annotation
from schemas.codebook import Codebook, read_codebook
from schemas.errors import UsageError
from schemas.jsonl import write, write_text
from schemas.ledger import Ledger
from schemas.migration import Plan, Review, read_plan
from schemas.workspace import (
    MIGRATED,
    REVIEWS,
    SHORT,
    Workspace,
    archive_codebook,
    keep_codebook,
)


@dataclass(frozen=True)
class Migration:
    """What a migration did, or would do."""

    change: Change | None
    """``None``: all annotations are of today's codebook already."""
    migrated: Migrated | None
    reworded: tuple[Reworded, ...]
    new: int
    changed: int
    unchanged: int
    edited: int
    """Annotations that were changed under the new codebook since: left as they are."""
    file: Path | None
    """The annotation file written, if anything was new or changed."""
    open: tuple[Review, ...]
    """What must be looked at again now."""
    open_file: Path


def run_migrate(
    workspace: Workspace,
    ledger: Ledger,
    *,
    source: str | None = None,
    plan: Path | None = None,
    accept_removals: bool = False,
    dry_run: bool = False,
) -> Migration:
    """Make annotations under today's codebook from those under an earlier one.

    Args:
        workspace: with the changed codebook.
        ledger: gets the fate of every annotation, decision and span.
        source: file or short hash of the earlier codebook; that of the annotations unless given.
        plan: what becomes of the labels; the one that was used before, or nothing but the
            obvious, unless given.
        accept_removals: drop the decisions on labels that the plan does not speak of.
        dry_run: count only.

    Raises:
        UsageError: which codebook is meant is not clear.
        RecordError: the plan does not cover both codebooks.
        GateError: the ledger does not add up; nothing is written.
    """
    with nullcontext() if dry_run else workspace.annotating():
        return _migrate(
            workspace,
            ledger,
            source,
            plan,
            accept_removals=accept_removals,
            dry_run=dry_run,
        )


def _migrate(
    workspace: Workspace,
    ledger: Ledger,
    source: str | None,
    plan: Path | None,
    *,
    accept_removals: bool,
    dry_run: bool,
) -> Migration:
    held = workspace.annotations()
    found = _source(workspace, held, source)
    if found is None:
        return _nothing_to_do(workspace, held, dry_run=dry_run)
    change = _change(workspace, *found[:2], plan, accept_removals=accept_removals)
    stored = workspace.reviews()
    migrated = migrate(held, stored, change, ledger)
    ledger.check()
    parts = _compare(migrated, held, stored)
    if not dry_run:
        _archive(workspace, change, found[2])
    file = _write(workspace, parts, dry_run=dry_run)
    # What holds after this run, also in a dry one.
    reviews = {**stored, **{review.annotation: review for review in parts.reviews}}
    annotations = _latest([*held, *parts.new, *parts.changed])
    open_ = still_open(reviews.values(), annotations, change.new.hash)
    if not dry_run:
        write(workspace.open_reviews_file, open_)
    return Migration(
        change=change,
        migrated=migrated,
        reworded=tuple(reworded(change.plan, change.old, change.new)),
        new=len(parts.new),
        changed=len(parts.changed),
        unchanged=parts.unchanged,
        edited=parts.edited,
        file=file,
        open=tuple(open_),
        open_file=workspace.open_reviews_file,
    )


def _change(
    workspace: Workspace, source: str, old: Codebook, plan: Path | None, *, accept_removals: bool
) -> Change:
    """Return the change from an earlier codebook, with the plan given, used before, or obvious."""
    new = workspace.codebook()
    file = plan or workspace.plan_file(source, new.hash)
    said = read_plan(file) if plan or file.is_file() else Plan()
    whole = complete(said, old, new, source=source, accept_removals=accept_removals)
    return Change(source, old, new, whole)


def _archive(workspace: Workspace, change: Change, old_file: Path) -> None:
    """Keep both codebooks and the plan, so that the migration can be understood and run again."""
    archive_codebook(workspace)
    if old_file != workspace.archive_file(change.source):
        keep_codebook(workspace, old_file)
    write_text(workspace.plan_file(change.source, change.new.hash), plan_text(change.plan))


def run_draft(workspace: Workspace, out: Path, *, source: str | None = None) -> None:
    """Write a draft of the plan from an earlier codebook to today's.

    Raises:
        UsageError: the file is there already, or which codebook is meant is not clear.
    """
    if out.exists():
        raise UsageError(f"{out} is there already; delete it, or give the draft another name.")
    found = _source(workspace, workspace.annotations(), source)
    if found is None:
        raise UsageError(
            f"all annotations of {workspace.root} are of today's codebook: there is nothing to "
            "plan; name an earlier codebook with --from to compare with it."
        )
    write_text(out, draft(found[1], workspace.codebook()))


def _nothing_to_do(
    workspace: Workspace, annotations: Sequence[Annotation], *, dry_run: bool
) -> Migration:
    open_ = still_open(workspace.reviews().values(), annotations, workspace.codebook().hash)
    if not dry_run:
        write(workspace.open_reviews_file, open_)
    return Migration(None, None, (), 0, 0, 0, 0, None, tuple(open_), workspace.open_reviews_file)


def _source(
    workspace: Workspace, annotations: Sequence[Annotation], given: str | None
) -> tuple[str, Codebook, Path] | None:
    """Return hash, codebook and file of the earlier codebook; ``None``: nothing to migrate.

    Raises:
        UsageError: it is not known, or there are several.
    """
    target = workspace.codebook().hash
    other = [a for a in annotations if a.codebook != target]
    if given is not None:
        return _named(workspace, given, Counter(a.codebook for a in other))
    held = _to_migrate(annotations, target)
    if len(held) > 1:
        listed = ", ".join(f"{digest[:SHORT]} ({n})" for digest, n in held.items())
        raise UsageError(
            f"the annotations of {workspace.root} were made under several codebooks: {listed}. "
            "Migrate one after the other, with --from HASH."
        )
    if not held:
        return None
    digest = next(iter(held))
    path = workspace.archive_file(digest)
    if not path.is_file():
        raise UsageError(
            f"{held[digest]} annotations were made under codebook {digest[:SHORT]}, and {path} "
            "does not exist; give that codebook with --from FILE (your version control has it: "
            f"the codebook.yaml whose hash is {digest[:SHORT]})."
        )
    return digest, read_codebook(path), path


def _to_migrate(annotations: Sequence[Annotation], target: str) -> dict[str, int]:
    """Return hash → number of annotations of other codebooks that have to be migrated.

    When there is none, those that were migrated to the target from one codebook: then the same
    migration again changes nothing, or takes in what was changed since.
    """
    left = Counter(a.codebook for a in waiting(annotations, target))
    if left:
        return dict(left.most_common())
    made = {a.migrated_from for a in annotations if a.codebook == target}
    again = Counter(a.codebook for a in annotations if a.codebook != target and a.id in made)
    return dict(again) if len(again) == 1 else {}


def _named(workspace: Workspace, given: str, held: Mapping[str, int]) -> tuple[str, Codebook, Path]:
    """Return the codebook that ``--from`` names; ``held`` are those of the annotations."""
    path = Path(given)
    if not path.is_file():
        path = workspace.archive_file(given)
    if not path.is_file():
        known = [p.stem for p in workspace.codebooks_dir.glob("*.yaml") if len(p.stem) == SHORT]
        raise UsageError(
            f"--from {given} is no file, and {path} does not exist; the archive holds "
            f"{', '.join(sorted(known)) or 'nothing'}."
        )
    codebook = read_codebook(path)
    # An archived codebook has the name that the annotations know it by, although another
    # version of Miyar may compute another hash from the same file.
    named = [digest for digest in held if path == workspace.archive_file(digest)]
    digest = named[0] if named else codebook.hash
    if digest not in held:
        listed = ", ".join(f"{other[:SHORT]} ({n})" for other, n in held.items())
        raise UsageError(
            f"no annotation of {workspace.root} was made under codebook {digest[:SHORT]} ({path}); "
            f"earlier codebooks of its annotations: {listed or 'none'}."
        )
    return digest, codebook, path


@dataclass(frozen=True)
class _Parts:
    new: list[Annotation]
    changed: list[Annotation]
    reviews: list[Review]
    """Those that differ from what is stored."""
    unchanged: int
    edited: int


def _compare(
    migrated: Migrated, held: Iterable[Annotation], stored: Mapping[str, Review]
) -> _Parts:
    """Part what a migration gives by what the workspace holds under the same ids."""
    known = {a.id: a for a in held}
    new, changed, reviews = [], [], []
    unchanged = edited = 0
    for record, review in zip(migrated.annotations, migrated.reviews, strict=True):
        before = known.get(record.id)
        if before and before.touched_at > record.touched_at:
            edited += 1
            continue
        if before is None:
            new.append(record)
        elif before.content != record.content:
            changed.append(record)
        else:
            unchanged += 1
        empty = review.model_copy(update={"questions": (), "unread": ()})
        if stored.get(record.id, empty) != review:
            reviews.append(review)
    return _Parts(new, changed, reviews, unchanged, edited)


def _latest(annotations: Iterable[Annotation]) -> list[Annotation]:
    return list({annotation.id: annotation for annotation in annotations}.values())


def _write(workspace: Workspace, parts: _Parts, *, dry_run: bool) -> Path | None:
    stem = workspace.next_annotation_file().stem
    file = workspace.annotations_dir / f"{stem}{MIGRATED}"
    records = sorted([*parts.new, *parts.changed], key=lambda a: (a.passage_id, a.annotator, a.id))
    # The reviews first: annotations without theirs would look complete after a crash.
    if parts.reviews and not dry_run:
        write(file.with_name(f"{stem}{REVIEWS}"), parts.reviews)
    if records and not dry_run:
        write(file, records)
    return file if records else None
