"""Migration: the plan from one codebook to the next, and what must be looked at again after it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import (
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from schemas.annotation import Judgement
from schemas.codebook import StrictLoader
from schemas.errors import RecordError
from schemas.jsonl import explain, read_bytes
from schemas.record import Record


class Kind(StrEnum):
    """What a step does to labels. All but ``keep`` can be written in a plan."""

    KEEP = "keep"
    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"
    ADD = "add"
    REMOVE = "remove"


FORMS = (
    "{rename: old, to: new}, {merge: [old, old], to: new}, {split: old, to: [new, new]}, "
    "{add: new} or {remove: old}"
)
"""How a plan file writes a step."""
_FROM_FILE = "from file"


class Step(Record):
    """What becomes of some labels: those of the old codebook and those of the new one."""

    kind: Kind
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_plan(cls, raw: Any, info: ValidationInfo) -> Any:
        """Read the short form of a plan file, ``{rename: taiwan, to: taiwan_strait}``."""
        short = info.context == _FROM_FILE
        if not isinstance(raw, dict) or ("kind" in raw and not short):
            return raw
        kinds = [kind for kind in Kind if kind in raw and kind is not Kind.KEEP]
        allowed = {*kinds, "to"} if kinds and kinds[0] not in (Kind.ADD, Kind.REMOVE) else {*kinds}
        if len(kinds) != 1 or set(raw) - allowed:
            raise ValueError(f"a step is one of {FORMS}; got the keys {', '.join(map(str, raw))}")
        kind = kinds[0]
        old, new = _labels(raw[kind]), _labels(raw.get("to", []))
        if kind is Kind.ADD:
            old, new = (), old
        return {"kind": kind, "old": old, "new": new}

    @model_validator(mode="after")
    def _sizes_fit(self) -> Self:
        least, most = _SIZES[self.kind]
        got = len(self.old), len(self.new)
        if not all(low <= n <= high for low, n, high in zip(least, got, most, strict=True)):
            raise ValueError(
                f"{self.kind} of {len(self.old)} old into {len(self.new)} new labels; "
                f"a step is one of {FORMS}"
            )
        if self.kind is Kind.KEEP and self.old != self.new:
            raise ValueError(f"{self} keeps nothing: an id that changes is a rename")
        return self

    def __str__(self) -> str:
        """Return the step as people read it: ``rename taiwan → taiwan_strait``."""
        sides = (", ".join(self.old), ", ".join(self.new))
        return f"{self.kind} {' → '.join(side for side in sides if side)}"


_MANY = 1_000
_SIZES = {
    Kind.KEEP: ((1, 1), (1, 1)),
    Kind.RENAME: ((1, 1), (1, 1)),
    Kind.MERGE: ((2, 1), (_MANY, 1)),
    Kind.SPLIT: ((1, 2), (1, _MANY)),
    Kind.ADD: ((0, 1), (0, 1)),
    Kind.REMOVE: ((1, 0), (1, 0)),
}
"""Kind → fewest and most labels of the old and of the new codebook."""


def _labels(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


class Look(StrEnum):
    """Which decisions on a label must be looked at again although its step would keep them."""

    ALL = "all"
    PRESENT = "present"
    """Only where it is: enough when the definition became narrower."""
    ABSENT = "absent"
    """Only where it is not: enough when the definition became wider."""

    def covers(self, value: Judgement) -> bool:
        """Tell whether a decision is among those."""
        return value is not Judgement.NOT_JUDGED and self in (Look.ALL, Look(value.value))


class Plan(Record):
    """How the labels of one codebook become those of the next."""

    # `from` is no name for a field in Python.
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    source: str | None = Field(default=None, alias="from")
    """Short hash of the old codebook; checked when it is given."""
    target: str | None = Field(default=None, alias="to")
    """Short hash of the new codebook; checked when it is given."""
    issues: tuple[Step, ...] = ()
    entities: tuple[Step, ...] = ()
    review: dict[str, Look] = Field(default_factory=dict)
    """Label of the new codebook → decisions that must be looked at again."""

    @field_validator("issues", "entities", mode="before")
    @classmethod
    def _nothing_is_empty(cls, raw: Any) -> Any:
        """Take a key without a value for an empty one: all below it may be commented out."""
        return () if raw is None else raw

    @field_validator("review", mode="before")
    @classmethod
    def _list_means_all(cls, raw: Any) -> Any:
        if raw is None:
            return {}
        return dict.fromkeys(raw, Look.ALL) if isinstance(raw, list) else raw


class Question(Record):
    """One thing that must be looked at again in an annotation."""

    unit: Literal["issue", "entity"]
    why: Kind
    """The step that left it open; ``keep``: the definition changed, and the plan asks for it."""
    codebook: str
    """Hash of the codebook that the old labels belong to."""
    old: tuple[str, ...] = ()
    new: tuple[str, ...]
    """What has to be judged now, or which types the span may have."""
    was: dict[str, Judgement] = Field(default_factory=dict)
    """Old issue → what the annotator said."""
    start: int | None = None
    end: int | None = None
    """The span that is in question; without one, spans of the type may be missing."""


class Review(Record):
    """What a migration left open in one annotation."""

    schema_version: int = 1
    passage_id: str
    annotator: str
    annotation: str
    """Id of the annotation under the new codebook."""
    migrated_from: str
    questions: tuple[Question, ...] = ()
    unread: tuple[str, ...] = ()
    """Entity types that the annotation says nothing about: its missing spans are no votes."""


class _PlanLoader(StrictLoader):
    """Takes every word for text: labels may be ``on`` or ``NO``, hashes may be all digits."""


for _kind in ("bool", "int", "float", "timestamp"):
    _PlanLoader.add_constructor(
        f"tag:yaml.org,2002:{_kind}", yaml.SafeLoader.yaml_constructors["tag:yaml.org,2002:str"]
    )


def read_plan(path: Path) -> Plan:
    """Read a plan from YAML.

    Raises:
        RecordError: the file is missing, is not YAML, or does not follow the schema.
    """
    try:
        raw = yaml.load(read_bytes(path).decode("utf-8-sig"), _PlanLoader)  # noqa: S506  # a SafeLoader
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or str(error)
        raise RecordError(f"{where}: not valid YAML: {problem}; mend this line.") from error
    try:
        # strict=False: YAML has lists where the record has tuples. An empty file is an empty plan.
        return Plan.model_validate({} if raw is None else raw, strict=False, context=_FROM_FILE)
    except ValidationError as error:
        problems = "\n".join(f"  {text}" for text in explain(error))
        raise RecordError(
            f"{path} is not a plan of a migration:\n{problems}\n"
            "Mend these places; docs/migration.md shows a plan, and `miyar gold migrate --draft "
            "FILE` writes one to begin with."
        ) from error
