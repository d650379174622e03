"""Simulated annotators: a planted truth, a machine, and people who err at known rates.

Whatever is measured on them can be held against what was planted. An annotator looks at each
issue, and at each place of a passage where a span may be, on its own: without a prediction in
sight they see the truth through their own errors; with one they take the machine's answer over
unread in a share ``anchor`` of the cases, and see for themselves in the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Origin, Prediction
from schemas.article import Passage, Span

Bools = NDArray[np.bool_]
Slots = NDArray[np.int64]
Generator = np.random.Generator

WORDS_A_SLOT, SLOTS = 6, 8
"""A passage has eight places for a span, of six words each; a span is in one of them or none."""
LENGTHS = (1, 2, 3)
NOTHING = -1
_TEXT = (
    "اجتمع الوزير أمس مع نظيره في قاعة واسعة قرب الميناء القديم وناقش الحاضرون خطة جديدة تخص "
    "تجارة القمح والنقل البحري بين المدن الساحلية وقالت المتحدثة إن العمل سيبدأ خلال شهر واحد "
    "بعد موافقة المجلس على الميزانية السنوية وأضافت أن الخبراء يدرسون أثر القرار في الأسعار "
    "والأسواق المحلية ثم غادر الوفد المدينة صباح اليوم التالي متوجها إلى الشمال حيث ينتظره لقاء "
    "آخر حول المياه والطاقة والزراعة وحماية الغابات من الحرائق المتكررة منذ سنوات طويلة"
)


@dataclass(frozen=True)
class Skill:
    """How somebody errs; rates are of what could have gone wrong."""

    miss: float = 0.15
    """A present issue is left unticked."""
    alarm: float = 0.01
    """An absent issue is ticked."""
    hard_miss: float = 0.5
    """A present issue that is hard to see is left unticked."""
    span_miss: float = 0.1
    boundary: float = 0.06
    """A span that is seen ends a word too late."""
    wrong_label: float = 0.04
    span_alarm: float = 0.02
    """A span is marked in a place without one."""
    skip: float = 0.0
    cannot_judge: float = 0.0
    anchor: float = 0.0
    """A shown answer is taken over unread."""
    seconds: float = 40.0
    """Median time for a passage without a prediction."""
    faster: float = 1.0
    """The time with a prediction, by that without."""


@dataclass(frozen=True)
class Marks:
    """What somebody, or the truth, says of N passages."""

    issues: Bools
    """Shape (N, issues)."""
    slots: Slots
    """Shape (N, slots): ``NOTHING``, or a code of length and label."""


@dataclass(frozen=True)
class World:
    """Passages' truth, and what a machine predicts of them."""

    labels: tuple[str, ...]
    issues: tuple[str, ...]
    truth: Marks
    machine: Marks
    seed: int
    hard: Bools
    """Shape (N, issues): present, and hard to see for everybody."""

    @property
    def codes(self) -> int:
        """How many spans there can be in a place, but for one that ends too late."""
        return len(LENGTHS) * len(self.labels)


def prevalences(issues: Sequence[str]) -> dict[str, float]:
    """Return shares from 35 % down to 2 %, evenly by ratio."""
    return dict(zip(issues, np.geomspace(0.35, 0.02, len(issues)).tolist(), strict=True))


def make_world(
    issues: Sequence[str],
    labels: Sequence[str],
    articles: Sequence[str],
    machine: Skill,
    *,
    seed: int,
    spans: float = 0.5,
    hard: float = 0.0,
) -> World:
    """Plant a truth, and predict it.

    Passages of an article are alike: half of the articles' passages that could have an issue do,
    in articles that are twice as likely to be about it as its prevalence says.

    Args:
        issues: their ids; see ``prevalences``.
        labels: entity types.
        articles: each passage's article.
        machine: the machine's error rates.
        seed: of everything.
        spans: share of places that hold a span.
        hard: share of present issues that are hard to see, for people and for the machine.
    """
    rng = np.random.default_rng([seed, 1])
    number = np.unique(np.asarray(articles), return_inverse=True)[1]
    shares = np.array(list(prevalences(issues).values()))
    about = rng.random((int(number.max()) + 1, len(issues))) < 2 * shares
    present = about[number] & (rng.random((len(number), len(issues))) < 0.5)
    codes = len(LENGTHS) * len(labels)
    held = rng.random((len(number), SLOTS)) < spans
    slots = np.where(held, rng.integers(0, codes, held.shape), NOTHING)
    truth = Marks(present, slots)
    is_hard = present & (np.random.default_rng([seed, 4]).random(present.shape) < hard)
    seen = perceive(rng, truth, machine, codes, is_hard)
    return World(tuple(labels), tuple(issues), truth, seen, seed, is_hard)


def perceive(rng: Generator, truth: Marks, skill: Skill, codes: int, hard: Bools) -> Marks:
    """Return the truth as seen through somebody's errors, without help."""
    chance = rng.random(truth.issues.shape)
    miss = np.where(hard, skill.hard_miss, skill.miss)
    issues = np.where(truth.issues, chance >= miss, chance < skill.alarm)
    chance, other = rng.random(truth.slots.shape), rng.random(truth.slots.shape)
    # Another label, the same length: codes run through the lengths of a label, then the next.
    step = len(LENGTHS) * (1 + (other * (codes // len(LENGTHS) - 1)).astype(np.int64))
    edges = np.cumsum([skill.span_miss, skill.boundary, skill.wrong_label])
    seen = np.select(
        [chance < edges[0], chance < edges[1], chance < edges[2]],
        [np.full_like(truth.slots, NOTHING), truth.slots + codes, (truth.slots + step) % codes],
        truth.slots,
    )
    false = np.where(chance < skill.span_alarm, (other * codes).astype(np.int64), NOTHING)
    return Marks(issues, np.where(truth.slots == NOTHING, false, seen))


def annotate(rng: Generator, world: World, skill: Skill, assisted: Bools) -> Marks:
    """Return what somebody submits; ``assisted`` tells, of each passage, what they were shown."""
    own = perceive(rng, world.truth, skill, world.codes, world.hard)
    parts = []
    for seen, shown in (
        (own.issues, world.machine.issues),
        (own.slots, world.machine.slots),
    ):
        taken = (rng.random(seen.shape) < skill.anchor) & assisted[:, None]
        parts.append(np.where(taken, shown, seen))
    return Marks(*parts)


@dataclass(frozen=True)
class Work:
    """One annotator's work on all passages of a world."""

    name: str
    marks: Marks
    skipped: Bools
    unsure: Bools
    """Passages of which the annotator says that the issues cannot be judged."""
    seconds: NDArray[np.float64]


def work(world: World, team: Mapping[str, Skill], assisted: Bools) -> list[Work]:
    """Let a team annotate every passage."""
    done = []
    for number, (name, skill) in enumerate(team.items()):
        rng = np.random.default_rng([world.seed, 2, number])
        marks = annotate(rng, world, skill, assisted)
        chance = rng.random(len(assisted))
        middle = skill.seconds * np.where(assisted, skill.faster, 1.0)
        done.append(
            Work(
                name=name,
                marks=marks,
                skipped=chance < skill.skip,
                unsure=(chance >= skill.skip) & (chance < skill.skip + skill.cannot_judge),
                seconds=np.round(middle * np.exp(0.5 * rng.standard_normal(len(assisted))), 2),
            )
        )
    return done


def texts(number: int, passages: int, *, seed: int) -> list[str]:
    """Return articles of so many paragraphs, each a passage: real words in no order."""
    rng = np.random.default_rng([seed, 3])
    length = WORDS_A_SLOT * SLOTS + 2
    return [
        "\n\n".join(" ".join(rng.choice(_TEXT.split(), length)) + "." for _ in range(passages))
        for _ in range(number)
    ]


def make_passages(number: int, passages: int, *, seed: int) -> list[Passage]:
    """Return the passages of ``texts``, for where nothing has to be collected."""
    return [
        Passage(
            id=f"article{n:04}:{start}-{start + len(text)}",
            article_id=f"article{n:04}",
            start=start,
            end=start + len(text),
            text=text,
            position=position,
        )
        for n, article in enumerate(texts(number, passages, seed=seed))
        for position, text in enumerate(article.split("\n\n"))
        for start in [article.index(text)]
    ]


def span_at(text: str, slot: int, code: int, labels: Sequence[str]) -> Span | None:
    """Return the span that a code stands for in a place of a passage."""
    if code == NOTHING:
        return None
    late, plain = divmod(int(code), len(LENGTHS) * len(labels))
    label, length = divmod(plain, len(LENGTHS))
    starts, position = [], 0
    for word in text.split(" "):
        starts.append(position)
        position += len(word) + 1
    first = slot * WORDS_A_SLOT + 1
    last = first + LENGTHS[length] - 1 + late
    return Span(start=starts[first], end=starts[last + 1] - 1, label=labels[label])


def spans_of(text: str, slots: Slots, labels: Sequence[str]) -> list[Span]:
    """Return the spans of one passage."""
    found = (span_at(text, slot, int(code), labels) for slot, code in enumerate(slots))
    return [span for span in found if span]


def predictions(world: World, passages: Sequence[Passage], *, model: str) -> list[Prediction]:
    """Return what the machine predicts, as records."""
    return [
        Prediction(
            passage_id=passage.id,
            model=model,
            issues={
                issue: 0.9 if present else 0.1
                for issue, present in zip(world.issues, row, strict=True)
            },
            present=tuple(i for i, present in zip(world.issues, row, strict=True) if present),
            spans=tuple(spans_of(passage.text, slots, world.labels)),
        )
        for passage, row, slots in zip(
            passages, world.machine.issues, world.machine.slots, strict=True
        )
    ]


def annotated_spans(
    world: World, text: str, slots: Slots, shown: Slots | None
) -> list[AnnotatedSpan]:
    """Return somebody's spans of a passage, with what Label Studio would say of their origin."""
    found = []
    for slot, code in enumerate(slots):
        span = span_at(text, slot, int(code), world.labels)
        origin = Origin.MANUAL
        if shown is not None and shown[slot] != NOTHING:
            origin = Origin.PREDICTION if shown[slot] == code else Origin.CHANGED
        if span:
            fields = span.model_dump(include={"start", "end", "label"})
            found.append(AnnotatedSpan(**fields, origin=origin))
    return found


def annotations(
    world: World,
    passages: Sequence[Passage],
    done: Sequence[Work],
    assisted: Bools,
    *,
    model: str,
    codebook: str,
) -> list[Annotation]:
    """Return a team's work as records, as a pull would; what was skipped is left out."""
    found = []
    for one in done:
        for n, passage in enumerate(passages):
            if one.skipped[n]:
                continue
            ticked = dict(zip(world.issues, one.marks.issues[n], strict=True))
            other = Judgement.NOT_JUDGED if one.unsure[n] else Judgement.ABSENT
            shown = world.machine.slots[n] if assisted[n] else None
            found.append(
                Annotation(
                    id=f"{one.name}-{passage.id}",
                    passage_id=passage.id,
                    annotator=one.name,
                    created_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n),
                    lead_time_s=float(one.seconds[n]),
                    arm=Arm.ASSISTED if assisted[n] else Arm.BLIND,
                    codebook=codebook,
                    issues={
                        issue: Judgement.PRESENT if yes and not one.unsure[n] else other
                        for issue, yes in ticked.items()
                    },
                    spans=tuple(annotated_spans(world, passage.text, one.marks.slots[n], shown)),
                    parent_prediction=model if assisted[n] else None,
                )
            )
    return found


def planted_shares(world: World, done: Sequence[Work], assisted: Bools) -> dict[str, float]:
    """Return, by what is really true, how often answers are the machine's in each case.

    On a large world these are the shares that the planted rates imply; keys are a case of
    ``eval.sway`` and an arm. What was skipped, or could not be judged, counts nowhere.
    """
    top: dict[str, float] = {}
    bottom: dict[str, float] = {}
    truth, machine = world.truth, world.machine
    for one in done:
        same = Marks(one.marks.issues == machine.issues, one.marks.slots == machine.slots)
        # An error of the machine in a place with a span is both: a wrong one, and a missed one.
        held = one.marks.slots == truth.slots
        wrong, missed = machine.slots != truth.slots, truth.slots != machine.slots
        for arm, rows in (("assisted", assisted), ("blind", ~assisted)):
            judged = (rows & ~one.skipped & ~one.unsure)[:, None]
            marked = (rows & ~one.skipped)[:, None]
            for case, of, hit in (
                ("issues", judged, same.issues),
                ("issues_wrong", judged & machine.issues & ~truth.issues, same.issues),
                ("issues_missed", judged & truth.issues & ~machine.issues, same.issues),
                ("spans", marked & (machine.slots != NOTHING), same.slots),
                ("spans_wrong", marked & wrong & (machine.slots != NOTHING), same.slots),
                ("spans_missed", marked & missed & (truth.slots != NOTHING), ~held),
                ("spans_right", marked & (truth.slots != NOTHING), held),
            ):
                cases = np.broadcast_to(of, hit.shape)
                key = f"{case} {arm}"
                top[key] = top.get(key, 0.0) + float((hit & cases).sum())
                bottom[key] = bottom.get(key, 0.0) + float(cases.sum())
    return {key: top[key] / bottom[key] for key in top if bottom[key]}


def votes_of(done: Sequence[Work]) -> NDArray[np.float64]:
    """Return who ticked what: shape (annotators, N × issues), NaN where nobody judged."""
    rows = [
        np.where((one.skipped | one.unsure)[:, None], np.nan, one.marks.issues.astype(float))
        for one in done
    ]
    return np.array([row.ravel() for row in rows])
