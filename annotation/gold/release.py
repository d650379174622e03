"""Gold records → a release folder ``gold/vN`` that is never changed afterwards."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.codebook import Codebook
from schemas.dataset import MANIFEST, RECORDS, SPLITS_FILE, check_labels, read_manifest
from schemas.errors import GateError
from schemas.gold import GoldRecord, Manifest, Splits
from schemas.jsonl import dump, write_text
from schemas.ledger import Ledger
from schemas.record import sha256

_VERSION = re.compile(r"v(\d+)")


@dataclass(frozen=True)
class Released:
    """A release folder, and whether it is new."""

    path: Path
    manifest: Manifest
    new: bool


def latest(gold_dir: Path) -> Path | None:
    """Return the newest release folder."""
    versions = [p for p in gold_dir.glob("v*") if _VERSION.fullmatch(p.name)]
    return max(versions, key=_number, default=None)


def _number(path: Path) -> int:
    found = _VERSION.fullmatch(path.name)
    return int(found.group(1)) if found else 0


def release(
    gold_dir: Path,
    records: Sequence[GoldRecord],
    splits: Splits,
    codebook: Codebook,
    *,
    tool: str,
    ledger: Ledger,
    dry_run: bool = False,
) -> Released:
    """Write the next release, whole or not at all; the same content again is no new one.

    Raises:
        GateError: there is nothing to release, or a group stands in two splits.
        RecordError: a record has an issue or entity type that the codebook does not have.
    """
    _check(records, splits)
    check_labels(records, codebook.issue_ids, codebook.entity_ids, "gold records")
    files = {RECORDS: dump(records), SPLITS_FILE: splits.model_dump_json(indent=1) + "\n"}
    hashes = {name: sha256(text) for name, text in files.items()}
    before = latest(gold_dir)
    if before:
        old = read_manifest(before)
        if old.files == hashes and old.codebook == codebook.hash:
            return Released(before, old, new=False)
    target = gold_dir / f"v{_number(before) + 1 if before else 1}"
    manifest = Manifest(
        version=target.name,
        parent=before.name if before else None,
        tool=tool,
        codebook_id=codebook.id,
        codebook_version=codebook.version,
        codebook=codebook.hash,
        issues=codebook.issue_ids,
        entities=codebook.entity_ids,
        counts=_counts(records, splits, ledger),
        files=hashes,
    )
    if not dry_run:
        files[MANIFEST] = manifest.model_dump_json(indent=1) + "\n"
        _write_folder(target, files)
    return Released(target, manifest, new=True)


def _check(records: Sequence[GoldRecord], splits: Splits) -> None:
    if not records:
        raise GateError(
            "there is no gold record to release: pull annotations, then run `miyar gold build`."
        )
    group_of = {record.passage.id: record.group for record in records}
    seen: dict[str, set[str]] = {}
    for name in ("train", "dev", "test"):
        for passage in splits.of(name):
            seen.setdefault(group_of[passage], set()).add(name)
    torn = sorted(group for group, names in seen.items() if len(names) > 1)
    if torn:
        raise GateError(
            f"groups {', '.join(torn[:5])} stand in more than one split: scores on test would be "
            "too good; split again with `miyar gold release`."
        )


def _counts(records: Sequence[GoldRecord], splits: Splits, ledger: Ledger) -> dict[str, int]:
    counts = Counter({"records": len(records), "spans": sum(len(r.spans) for r in records)})
    counts["articles"] = len({record.passage.article_id for record in records})
    for name in ("train", "dev", "test"):
        counts[f"split:{name}"] = len(splits.of(name))
    for record in records:
        for issue, decision in record.issues.items():
            counts[f"{issue}:{decision.judgement}"] += 1
            counts[f"issues decided_by:{decision.decided_by}"] += 1
        counts.update(f"spans decided_by:{span.decided_by}" for span in record.spans)
        for ruling in record.rulings or ():
            counts["adjudications"] += 1
            counts.update(f"adjudications why:{why}" for why in ruling.why)
    for (unit, state), n in ledger.states.items():
        counts[f"build {unit}:{state}"] = n
    return dict(sorted(counts.items()))


def _write_folder(target: Path, files: dict[str, str]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        for name, text in files.items():
            write_text(temporary / name, text)
        temporary.chmod(0o755)
        # A release is never written again, so it must not stand there before its content does.
        _flush(temporary)
        temporary.rename(target)
        _flush(target.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _flush(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
