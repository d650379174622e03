"""Who has done how much of a project, how fast it goes, and when it will be done."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import mean, median, stdev
from typing import Any

from pydantic import AwareDatetime
from scipy.stats import t as student

from annotation.labelstudio.accounts import UNNAMED
from annotation.labelstudio.tasks import KEY
from schemas.record import Record

_Dated = tuple[datetime, Mapping[str, Any]]
WINDOW_DAYS = 7
_FEW = 5


class Pace(Record):
    """Annotations a day over the last days, by everybody, and what follows from it."""

    days: int
    """Days that were looked at: since the first annotation, at most the window."""
    per_day: float
    low: float | None = None
    """Lower end of the 95 % interval (t over days); ``None`` below three days."""
    high: float | None = None
    end: date | None = None
    """When everything will be annotated at this pace."""
    end_early: date | None = None
    end_late: date | None = None
    """``None``: at the lower end of the interval it is not done within ten years."""


class AnnotatorProgress(Record):
    """What one annotator has done."""

    annotator: str
    annotations: int
    skipped: int
    drafts: int
    """Begun and not submitted."""
    last: AwareDatetime | None
    """When they last submitted or skipped."""
    per_day: float
    """Annotations a day over the last days of the project."""
    median_s: float | None
    """Median of the seconds that an annotation took, where the interface measured them."""


class Progress(Record):
    """How far a project is."""

    title: str
    page: str
    passages: int
    overlap: int
    wanted: int
    """Annotations in all: passages times annotators a passage."""
    done: int
    """Annotations that count towards that: none beyond the overlap, one an annotator."""
    by_count: dict[str, int]
    """Number of annotators who have judged a passage → passages."""
    foreign: int
    """Tasks in the project that hold no passage of the workspace."""
    annotators: tuple[AnnotatorProgress, ...]
    pace: Pace | None
    """``None``: too few annotations to tell."""


def progress(
    export: Sequence[object],
    *,
    title: str,
    page: str,
    passages: Sequence[str],
    overlap: int,
    names: Mapping[int, str],
    now: datetime,
) -> Progress:
    """Count what an export holds.

    Args:
        export: the tasks that somebody has worked on, or all of them.
        title: of the project.
        page: of the project.
        passages: ids of the passages that were pushed.
        overlap: annotators a passage.
        names: user id → annotator.
        now: by the server's clock.
    """
    known = set(passages)
    work = _read(export, known, names)
    counts = Counter(min(len(work.judges[passage]), overlap) for passage in known)
    done, wanted = sum(n * held for n, held in counts.items()), len(known) * overlap
    submitted = [at for given in work.given.values() for at, item in given if _counts(item)]
    days = _days(submitted, now)
    return Progress(
        title=title,
        page=page,
        passages=len(known),
        overlap=overlap,
        wanted=wanted,
        done=done,
        by_count={str(n): counts[n] for n in range(overlap + 1)},
        foreign=work.foreign,
        annotators=tuple(
            _annotator(who, work.given[who], work.drafts[who], now, days)
            for who in sorted({*work.given, *work.drafts})
        ),
        pace=_pace(submitted, wanted - done, now, days),
    )


@dataclass
class _Work:
    """What is in an export, by annotator and by passage."""

    given: dict[str, list[_Dated]] = field(default_factory=lambda: defaultdict(list))
    """Annotator → what they submitted or skipped, with its time."""
    judges: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Passage → who has judged it."""
    drafts: Counter[str] = field(default_factory=Counter)
    foreign: int = 0


def _read(export: Sequence[object], known: Set[str], names: Mapping[int, str]) -> _Work:
    work = _Work()
    for task in export:
        if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
            continue
        passage = str(task["data"].get(KEY, ""))
        if passage not in known:
            work.foreign += 1
            continue
        for item in _items(task, "annotations"):
            who = _name(item.get("completed_by"), names)
            work.given[who].append((_time(item["created_at"]), item))
            if _counts(item):
                work.judges[passage].add(who)
        work.drafts.update(_name(item.get("user"), names) for item in _items(task, "drafts"))
    return work


def _counts(item: Mapping[str, Any]) -> bool:
    """Tell whether an annotation was submitted, not skipped."""
    return not item.get("was_cancelled")


def _items(task: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = task.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _name(user: object, names: Mapping[int, str]) -> str:
    number = user.get("id") if isinstance(user, dict) else user
    if isinstance(number, int):
        return names.get(number, f"{UNNAMED}{number}")
    return str(user)


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _days(submitted: Sequence[datetime], now: datetime) -> int:
    """Return over how many days the pace is taken: today and those before it."""
    if not submitted:
        return 1
    return min(WINDOW_DAYS, max(1, (now.date() - min(submitted).date()).days + 1))


def _recent(times: Sequence[datetime], now: datetime, days: int) -> list[int]:
    """Return the number of annotations of each of the last days, today's last."""
    count = Counter((now.date() - at.date()).days for at in times)
    return [count[back] for back in reversed(range(days))]


def _annotator(
    who: str, given: Sequence[_Dated], drafts: int, now: datetime, days: int
) -> AnnotatorProgress:
    done = [(at, item) for at, item in given if _counts(item)]
    leads = [float(item["lead_time"]) for _, item in done if item.get("lead_time") is not None]
    return AnnotatorProgress(
        annotator=who,
        annotations=len(done),
        skipped=len(given) - len(done),
        drafts=drafts,
        last=max((at for at, _ in given), default=None),
        per_day=round(mean(_recent([at for at, _ in done], now, days)), 2),
        median_s=round(median(leads), 1) if leads else None,
    )


def _pace(submitted: Sequence[datetime], left: int, now: datetime, days: int) -> Pace | None:
    """Estimate the end from the last days; a day's count is one observation."""
    counts = _recent(submitted, now, days)
    if sum(counts) < _FEW:
        return None
    per_day, low, high = mean(counts), None, None
    if days > 2:
        half = float(student.ppf(0.975, days - 1)) * stdev(counts) / days**0.5
        low, high = max(0.0, per_day - half), per_day + half
    return Pace(
        days=days,
        per_day=round(per_day, 2),
        low=None if low is None else round(low, 2),
        high=None if high is None else round(high, 2),
        end=_end(left, per_day, now),
        end_early=_end(left, high, now),
        end_late=_end(left, low, now),
    )


def _end(left: int, per_day: float | None, now: datetime) -> date | None:
    if not per_day or left / per_day > 3650:
        return None
    return (now + timedelta(days=left / per_day)).date()
