"""Labelled examples for training and scoring: a gold release, or a team's own JSONL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from schemas.article import Span, longest_first
from schemas.errors import GateError, RecordError, UsageError
from schemas.gold import SPLITS, GoldRecord, Manifest, SplitName, Splits
from schemas.jsonl import explain, lines, read, read_bytes
from schemas.record import Record, sha256

RECORDS, SPLITS_FILE, MANIFEST = "records.jsonl", "splits.json", "manifest.json"
_MAX_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Example:
    """A text with what is known to be true of it."""

    id: str
    text: str
    group: str
    """Examples of one group belong together (an article): never in two splits or folds."""
    issues: dict[str, bool]
    """Issue → present. An issue that nobody judged is missing."""
    spans: tuple[Span, ...] = ()
    spans_complete: bool = False
    """Whether a place without a span is known to hold no entity."""


@dataclass(frozen=True)
class Dataset:
    """Examples over a fixed list of issues."""

    name: str
    issues: tuple[str, ...]
    examples: tuple[Example, ...]
    hash: str
    """SHA-256 over what was read."""


class _Row(Record):
    """A line of a team's own JSONL."""

    text: str
    issues: tuple[str, ...]
    entities: tuple[tuple[int, int, str], ...] | None = None
    group: str | None = None
    id: str | None = None


def read_release(folder: Path) -> tuple[Manifest, list[GoldRecord], Splits]:
    """Read a gold release.

    Raises:
        UsageError: the folder holds no manifest.
        RecordError: a file is missing or bad, or a record has an issue or entity type that the
            manifest does not list.
        GateError: a file was changed after the release.
    """
    if not (folder / MANIFEST).is_file():
        raise UsageError(
            f"{folder} is not a gold release ({MANIFEST} is missing); give a folder such as "
            "corpus/gold/v1, made by `miyar gold release`."
        )
    manifest = read_manifest(folder)
    records = read(folder / RECORDS, GoldRecord)
    splits = Splits.model_validate_json(read_bytes(folder / SPLITS_FILE))
    check_labels(records, manifest.issues, manifest.entities, str(folder / RECORDS))
    return manifest, records, splits


def read_manifest(folder: Path) -> Manifest:
    """Read a release's manifest, and check that none of its files was changed.

    Raises:
        GateError: a file is not what the manifest says.
        RecordError: a file is missing or bad.
    """
    try:
        manifest = Manifest.model_validate_json(read_bytes(folder / MANIFEST))
    except ValidationError as error:
        problems = "; ".join(explain(error))
        raise RecordError(f"{folder / MANIFEST}: {problems}; restore the release.") from error
    for name, expected in manifest.files.items():
        found = sha256(read_bytes(folder / name))
        if found != expected:
            raise GateError(
                f"{folder / name} was changed after its release (SHA-256 {found[:12]}…, the "
                f"manifest says {expected[:12]}…); restore it, or release again as a new version."
            )
    return manifest


def check_labels(
    records: Iterable[GoldRecord], issues: Iterable[str], entities: Iterable[str], where: str
) -> None:
    """Check that records use exactly the known issues, and known entity types only.

    Raises:
        RecordError: names the first records that do not.
    """
    known, types = list(issues), set(entities)
    problems = []
    for number, record in enumerate(records, start=1):
        if unknown := sorted(set(record.issues) - set(known)):
            problems.append(f"{where}:{number}: unknown issue {', '.join(unknown)}")
        if missing := [issue for issue in known if issue not in record.issues]:
            problems.append(f"{where}:{number}: no decision on {', '.join(missing)}")
        if unknown := sorted({span.label for span in record.spans} - types):
            problems.append(f"{where}:{number}: unknown entity type {', '.join(unknown)}")
    if problems:
        more = f"\n… and {len(problems) - _MAX_SHOWN} more" if len(problems) > _MAX_SHOWN else ""
        raise RecordError(
            "\n".join(problems[:_MAX_SHOWN]) + f"{more}\nThe codebook has the issues "
            f"{', '.join(known)}. Build the gold again with `miyar gold build`."
        )


def load(path: Path, split: SplitName | None = None, issues: tuple[str, ...] = ()) -> Dataset:
    """Read examples from a release folder (one split of it) or from a JSONL file.

    Args:
        path: a release folder or a JSONL file.
        split: which split of a release; a file has none.
        issues: for a file, the known issues; empty: the union of what the file names.

    Raises:
        UsageError: the path is neither.
        RecordError: a file is bad, or names an issue that is not known.
    """
    if path.is_dir():
        manifest, records, splits = read_release(path)
        names: tuple[SplitName, ...] = (split,) if split else SPLITS
        wanted = {passage for name in names for passage in splits.of(name)}
        chosen = tuple(_of_record(r) for r in records if r.passage.id in wanted)
        name = f"{path.name}/{split or 'all'}"
        return Dataset(name, manifest.issues, chosen, manifest.files[RECORDS])
    if not path.is_file():
        raise UsageError(f"{path}: no such release folder or JSONL file.")
    return _load_rows(path, issues)


def _of_record(record: GoldRecord) -> Example:
    return Example(
        id=record.passage.id,
        text=record.passage.text,
        group=record.group,
        issues=record.judged(),
        spans=record.spans,
        spans_complete=record.spans_complete,
    )


def _load_rows(path: Path, issues: tuple[str, ...]) -> Dataset:
    rows: list[tuple[int, _Row]] = []
    problems: list[str] = []
    for number, line in lines(path):
        try:
            rows.append((number, _Row.model_validate_json(line)))
        except ValidationError as error:
            problems.extend(f"{path}:{number}: {text}" for text in explain(error))
    seen: dict[str, int] = {}
    for number, row in rows:
        if row.id and seen.setdefault(row.id, number) != number:
            problems.append(f"{path}:{number}: id {row.id!r} stands already in line {seen[row.id]}")
    union = tuple(sorted({issue for _, row in rows for issue in row.issues}))
    if issues and (unknown := sorted(set(union) - set(issues))):
        problems.append(f"{path}: unknown issue {', '.join(unknown)}; known: {', '.join(issues)}")
    if not problems and not rows:
        problems.append(f"{path}: no examples")
    if problems:
        raise RecordError(
            "\n".join(problems[:_MAX_SHOWN]) + '\nExpected one {"text": "…", "issues": ["a"]} a '
            'line, optionally with "entities": [[start, end, "LABEL"], …], "group" and "id".'
        )
    names = issues or union
    examples = tuple(_of_row(path, number, row, names) for number, row in rows)
    return Dataset(path.name, names, examples, sha256(read_bytes(path)))


def _of_row(path: Path, number: int, row: _Row, names: tuple[str, ...]) -> Example:
    identity = row.id or f"line-{number:06d}"
    spans = []
    for start, end, label in row.entities or ():
        if not 0 <= start < end <= len(row.text):
            raise RecordError(
                f"{path}:{number}: entity {start}..{end} {label} does not lie in a text of "
                f"{len(row.text)} code points; offsets count code points, the end is exclusive."
            )
        spans.append(Span(start=start, end=end, label=label))
    return Example(
        id=identity,
        text=row.text,
        group=row.group or f"{path.resolve()}:{identity}",
        issues={name: name in row.issues for name in names},
        spans=tuple(longest_first(spans)[0]),
        spans_complete=row.entities is not None,
    )
