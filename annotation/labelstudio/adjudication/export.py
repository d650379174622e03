"""An export of the adjudication project → annotations that say what they decide, and why.

``ExportReader`` reads them like any others; here they get what only adjudication has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from annotation.labelstudio.adjudication.config import WHY
from annotation.labelstudio.adjudication.tasks import BASIS, DECIDES, PASSAGE
from annotation.labelstudio.export import ExportReader
from annotation.labelstudio.foreign import identity
from annotation.labelstudio.tasks import KEY, Json
from schemas.annotation import Annotation, Why
from schemas.article import Passage
from schemas.codebook import Codebook
from schemas.dispute import dispute_key
from schemas.ledger import Ledger, Reason, Unit

_SHOWN = 120
_NO_DISPUTE = "no dispute: "


@dataclass(frozen=True)
class Adjudicated:
    """What an export of the adjudication project holds."""

    annotations: list[Annotation]
    """With ``decides``, ``basis`` and ``why``."""
    refused: frozenset[str]
    """Ids that the export holds, but that do not count."""


@dataclass(frozen=True)
class _Asked:
    """What a task of the adjudication project was about."""

    key: str
    passage: str
    decides: tuple[str, ...]
    basis: str


@dataclass
class _Sorted:
    """The tasks of an export, made ready for ``ExportReader``."""

    rounds: dict[int, list[object]] = field(default_factory=lambda: defaultdict(list))
    """A passage that is decided a second time has a task of its own: no duplicate of the first."""
    asked: dict[tuple[int, str, str], _Asked] = field(default_factory=dict)
    """(round, passage, annotation id) → what its task was about."""


def read_adjudications(
    export: Iterable[object],
    codebook: Codebook,
    passages: Iterable[Passage],
    names: Mapping[int, str],
    ledger: Ledger,
) -> Adjudicated:
    """Return the adjudicators' annotations of an export, each with what it decides and why.

    Args:
        export: the tasks of the adjudication project. One whose key, passage and answers do not
            belong together is rejected as foreign.
        codebook: what the project was made from.
        passages: the workspace's passages.
        names: Label Studio user id → annotator.
        ledger: gets the state of everything in the export.
    """
    tasks = _sort(export)
    found: list[Annotation] = []
    # One reader: an id that comes a second time is told, in whatever round it comes.
    reader = ExportReader(codebook, passages, names, ledger, extra_choices={WHY})
    for number in sorted(tasks.rounds):
        reader.new_round()
        for annotation in reader.read(tasks.rounds[number]):
            asked = tasks.asked[number, annotation.passage_id, annotation.id]
            ticked = reader.extra.get(annotation.id, {}).get(WHY, [])
            changes = {
                "decides": asked.decides,
                "basis": asked.basis,
                "why": _whys(ticked, annotation.id, ledger),
            }
            found.append(annotation.model_copy(update=changes))
    return Adjudicated(found, frozenset(reader.refused))


def _sort(export: Iterable[object]) -> _Sorted:
    """Name each task by its passage, as elsewhere, and keep what it was about."""
    tasks = _Sorted()
    turns: dict[str, list[str]] = defaultdict(list)
    for raw in export:
        data = raw.get("data") if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or not isinstance(data, dict):
            tasks.rounds[0].append(raw)
            continue
        about = _about(data)
        if about is None:
            # Its answers would count as what they are not, if its key named a passage.
            foreign = {**data, KEY: f"{_NO_DISPUTE}{data.get(KEY)}"}
            tasks.rounds[0].append({**raw, "data": foreign})
            continue
        if about.key not in turns[about.passage]:
            turns[about.passage].append(about.key)
        task = {**raw, "data": {**data, KEY: about.passage}}
        turn = turns[about.passage].index(about.key)
        tasks.rounds[turn].append(task)
        given = raw.get("annotations")
        for item in given if isinstance(given, list) else []:
            if (key := identity(item, about.passage)) is not None:
                tasks.asked.setdefault((turn, about.passage, key), about)
    return tasks


def _about(data: Json) -> _Asked | None:
    passage, basis, decides = data.get(PASSAGE), data.get(BASIS), data.get(DECIDES)
    if not (isinstance(passage, str) and isinstance(basis, str) and isinstance(decides, list)):
        return None
    if not decides or not all(isinstance(key, str) for key in decides):
        return None
    key = dispute_key(passage, basis)
    return _Asked(key, passage, tuple(decides), basis) if data.get(KEY) == key else None


def _whys(ticked: Iterable[str], annotation: str, ledger: Ledger) -> tuple[Why, ...]:
    """Count an adjudicator's reasons, and return those that are known, in a fixed order."""
    values = dict.fromkeys(ticked)
    ledger.receive(Unit.WHYS, len(values))
    for value in values:
        if value not in set(Why):
            where = f"annotation {annotation}"
            ledger.reject(Unit.WHYS, Reason.UNKNOWN_WHY, where=where, detail=value[:_SHOWN])
    known = tuple(why for why in Why if why in values)
    ledger.accept(Unit.WHYS, len(known))
    return known
