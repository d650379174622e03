"""Annotations of an export → the workspace, one file a pull, rejects beside it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from annotation.labelstudio.accounts import UNNAMED
from annotation.labelstudio.mirror import carried_copies, content_hash
from schemas.annotation import Annotation, Arm
from schemas.jsonl import dump, write
from schemas.ledger import Ledger
from schemas.workspace import Workspace


@dataclass(frozen=True)
class Pulled:
    """What a pull changed."""

    new: int
    changed: int
    withdrawn: int
    """Known annotations that were skipped, emptied or rejected since."""
    unchanged: int
    file: Path | None
    """The annotation file written, if anything was new or changed."""
    rejects: Path | None
    """The file that holds the rejects of this pull, if there are any."""


def store(
    workspace: Workspace,
    annotations: Sequence[Annotation],
    ledger: Ledger,
    *,
    refused: Set[str] = frozenset(),
    dry_run: bool,
) -> Pulled:
    """Add what is new or changed to the workspace; the same pull twice adds nothing.

    Args:
        workspace: where to.
        annotations: what the export holds.
        ledger: of reading the export.
        refused: ids that the export holds but that do not count: what the workspace has under
            them is withdrawn.
        dry_run: count only.

    Raises:
        GateError: the ledger does not add up; nothing is written.
    """
    ledger.check()
    if dry_run:
        return _store(workspace, annotations, ledger, refused, dry_run=True)
    with workspace.annotating():
        return _store(workspace, annotations, ledger, refused, dry_run=False)


def _store(
    workspace: Workspace,
    annotations: Sequence[Annotation],
    ledger: Ledger,
    refused: Set[str],
    *,
    dry_run: bool,
) -> Pulled:
    held = workspace.latest_annotations()
    carried = carried_copies(workspace)

    def says_nothing_new(found: Annotation) -> bool:
        known = held[found.id]
        return found.content == known.content or (found.id, content_hash(found)) in carried

    # Withdrawn ones too: what is skipped and then answered after all is still the same answer.
    annotations = [with_known_parts(a, held.get(a.id)) for a in annotations]
    fresh = [a for a in annotations if a.id not in held or held[a.id].withdrawn]
    new = {a.id for a in fresh}
    withdrawn = [
        record.model_copy(update={"withdrawn": True})
        for record in held.values()
        if record.id in refused and not record.withdrawn
    ]
    # What was written by a migration and has not been touched since is no news of an annotator,
    # also when a mended plan says something else by now.
    changed = [a for a in annotations if a.id not in new and not says_nothing_new(a)]
    target = workspace.next_annotation_file()
    file = target if fresh or changed or withdrawn else None
    rejects = _rejects_file(workspace, target, ledger)
    if not dry_run:
        if rejects:
            write(rejects, ledger.rejects)
        if file:
            records = sorted(
                fresh + changed + withdrawn, key=lambda a: (a.passage_id, a.annotator, a.id)
            )
            write(file, records)
    return Pulled(
        new=len(fresh),
        changed=len(changed),
        withdrawn=len(withdrawn),
        unchanged=len(annotations) - len(fresh) - len(changed),
        file=file,
        rejects=rejects if rejects and rejects.is_file() else None,
    )


def with_known_parts(found: Annotation, known: Annotation | None) -> Annotation:
    """Keep what the server cannot tell of an annotation that the workspace knows.

    That is the annotator's name where an export file gives only a number for it, and where an
    annotation came from: one that was carried over from an earlier codebook stands on the server
    without the prediction that it began from, and must not come back as a blind one.
    """
    if known is None:
        return found
    kept: dict[str, object] = {}
    if found.annotator.startswith(UNNAMED):
        kept["annotator"] = known.annotator
    if known.arm is Arm.ASSISTED and found.arm is Arm.BLIND:
        kept |= {"arm": known.arm, "parent_prediction": known.parent_prediction}
    if known.migrated_from and not found.migrated_from:
        kept["migrated_from"] = known.migrated_from
    return found.model_copy(update=kept)


def _rejects_file(workspace: Workspace, target: Path, ledger: Ledger) -> Path | None:
    """Return where the rejects go: the file that holds exactly these already, else a new one."""
    if not ledger.rejects:
        return None
    text = dump(ledger.rejects)
    for path in sorted(workspace.annotations_dir.glob("*.rejects.jsonl")):
        if path.read_text(encoding="utf-8") == text:
            return path
    return target.with_name(target.stem + ".rejects.jsonl")
