"""The codebook: issues, entity types and guidelines, and the hash that locks them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from schemas.errors import RecordError
from schemas.jsonl import explain, lines
from schemas.record import Record, sha256

NONE_OF_THESE = "none_of_these"
"""Choice of the annotator interface: read, and no issue applies."""
CANNOT_JUDGE = "cannot_judge"
"""Choice of the annotator interface: what is not ticked was not judged."""
_ID = re.compile(r"[a-z][a-z0-9_]*")


class Bilingual(Record):
    """A text in Arabic and English."""

    ar: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Group(Record):
    """A coarse category of issues."""

    id: str
    name: Bilingual


class IssueExample(Record):
    """A sentence that has the issue, or a near miss."""

    text: str
    present: bool
    why: Bilingual


class Cues(Record):
    """Terms that point to an issue; see ``schemas.cues`` for their grammar."""

    strong: tuple[str, ...] = ()
    """One hit is enough."""
    weak: tuple[str, ...] = ()
    """Two different hits are needed."""


class Issue(Record):
    """A policy issue that a passage can be about."""

    id: str
    name: Bilingual
    definition: Bilingual
    include: tuple[Bilingual, ...] = ()
    exclude: tuple[Bilingual, ...] = ()
    examples: tuple[IssueExample, ...] = ()
    cues: Cues = Cues()
    group: str
    hotkey: str | None = None

    @field_validator("id")
    @classmethod
    def _id_is_snake_case(cls, value: str) -> str:
        if not _ID.fullmatch(value):
            raise ValueError("an issue id is ASCII snake_case, for example south_china_sea")
        return value


class EntityExample(Record):
    """A sentence and what in it is an entity of the type."""

    text: str
    spans: tuple[str, ...]
    why: Bilingual

    @model_validator(mode="after")
    def _spans_stand_in_text(self) -> Self:
        for span in self.spans:
            if span not in self.text:
                raise ValueError(f"example span {span!r} does not stand in {self.text!r}")
        return self


class EntityType(Record):
    """A type of named entity."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    name: Bilingual
    definition: Bilingual
    include: tuple[Bilingual, ...] = ()
    exclude: tuple[Bilingual, ...] = ()
    examples: tuple[EntityExample, ...] = ()
    colour: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")
    hotkey: str | None = None


class Codebook(Record):
    """What annotators judge by. Its hash names it in every record made under it."""

    id: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    language: str
    unit: Literal["passage", "article"]
    title: Bilingual
    groups: tuple[Group, ...]
    issues: tuple[Issue, ...] = Field(min_length=1)
    entities: tuple[EntityType, ...] = ()
    span_rules: tuple[Bilingual, ...] = ()
    decisions: tuple[Bilingual, ...] = ()

    @model_validator(mode="after")
    def _names_are_coherent(self) -> Self:
        keys = [issue.hotkey for issue in self.issues]
        keys += [entity.hotkey for entity in self.entities]
        for kind, ids in (
            ("issue", [issue.id for issue in self.issues]),
            ("entity", [entity.id for entity in self.entities]),
            ("group", [group.id for group in self.groups]),
            ("hotkey", [key for key in keys if key]),
        ):
            if twice := _repeated(ids):
                raise ValueError(f"{kind} {', '.join(twice)} is given more than once")
        groups = {group.id for group in self.groups}
        for issue in self.issues:
            if issue.group not in groups:
                raise ValueError(
                    f"issue {issue.id} is in group {issue.group!r}, known groups are "
                    f"{', '.join(sorted(groups))}"
                )
            if issue.id in (NONE_OF_THESE, CANNOT_JUDGE):
                raise ValueError(f"issue id {issue.id!r} is taken by the annotator interface")
        return self

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the whole content: names exactly this codebook."""
        return sha256(self.model_dump_json())

    @property
    def short_hash(self) -> str:
        """The first eight digits of the hash, for people."""
        return self.hash[:8]

    @cached_property
    def issue_ids(self) -> tuple[str, ...]:
        """Issue ids in the order of the codebook."""
        return tuple(issue.id for issue in self.issues)

    @cached_property
    def entity_ids(self) -> tuple[str, ...]:
        """Entity type ids in the order of the codebook."""
        return tuple(entity.id for entity in self.entities)


def _repeated(values: Sequence[str]) -> list[str]:
    return sorted(value for value, n in Counter(values).items() if n > 1)


class StrictLoader(yaml.SafeLoader):
    """Reads YAML and refuses a key that stands twice: YAML itself would take the last one."""


def _mapping(loader: StrictLoader, node: yaml.MappingNode) -> dict[object, object]:
    scalars = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
    seen: set[str] = set()
    for key in scalars:
        if key.value in seen:
            raise yaml.MarkedYAMLError(
                problem=f"the key {key.value!r} stands twice", problem_mark=key.start_mark
            )
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _load(text: str) -> Any:
    """Load YAML by libyaml, ten times as fast; what it refuses, Python's loader explains better."""
    try:
        return yaml.load(text, _FastLoader)  # noqa: S506  # a SafeLoader
    except yaml.YAMLError:
        return yaml.load(text, StrictLoader)  # noqa: S506  # a SafeLoader


class _FastLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # of C
    """As ``StrictLoader``."""


_FastLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_codebook(path: Path) -> Codebook:
    """Read a codebook from YAML.

    Raises:
        RecordError: the file is missing, is not YAML, or does not follow the schema.
    """
    text = "\n".join(_padded(path))
    try:
        raw = _load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: an impossible date
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or str(error)
        raise RecordError(f"{where}: not valid YAML: {problem}; mend this line.") from error
    if not isinstance(raw, dict):
        raise RecordError(
            f"{path}: a codebook is a YAML mapping with the keys id, version, issues …; "
            f"got {type(raw).__name__}. Start from corpus/codebook.yaml."
        )
    try:
        # strict=False: YAML has lists where the record has tuples.
        return Codebook.model_validate(raw, strict=False)
    except ValidationError as error:
        problems = "\n".join(f"  {text}" for text in explain(error))
        raise RecordError(
            f"{path} is not a codebook:\n{problems}\n"
            "Mend these keys; docs/codebook.md lists every key with its meaning."
        ) from error


def _padded(path: Path) -> list[str]:
    """Return the file's lines with the blank ones back, so that YAML counts lines as we do."""
    found: list[str] = []
    for number, line in lines(path):
        found.extend([""] * (number - 1 - len(found)))
        found.append(line)
    return found
