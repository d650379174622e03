"""The numbers that the evaluation gives, as records: what a page shows, a program can read."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.record import Record


class Estimate(Record):
    """A measure with its 95 % interval. ``None``: not defined on these data."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Measure(Estimate):
    """An estimate, and how much it rests on."""

    n: int
    """What it was counted over: decisions, spans, annotations."""
    few: bool
    """Fewer than ten of these, or fewer than ten articles: an anecdote."""


class Scores(Record):
    """Precision, recall and F1."""

    precision: float | None
    recall: float | None
    f1: float | None
    low: float | None = None
    """Lower end of the 95 % interval of F1."""
    high: float | None = None
    """Upper end of the 95 % interval of F1."""


class LabelScores(Scores):
    """Scores of one label."""

    support: int
    """Examples that have the label."""
    predicted: int
    """Examples that were given it."""
    judged: int
    """Examples where it was judged: the others do not count."""


class MacroScores(Record):
    """The mean of F1 over the labels with at least one positive example."""

    f1: float | None
    low: float | None = None
    high: float | None = None
    labels: int
    """How many labels that is."""


class SpanScores(Scores):
    """Strict span scores: start, end and label must be the same."""

    support: int
    predicted: int
    per_label: dict[str, Scores] = Field(default_factory=dict)


class SystemScores(Record):
    """How one set of predictions fares against gold."""

    name: str
    n: int
    """Examples scored."""
    groups: int
    """Independent groups (articles) among them: what the intervals resample."""
    micro: Scores
    macro: MacroScores
    per_label: dict[str, LabelScores]
    tagged: float
    """Share of examples that were given at least one issue."""
    spans: SpanScores | None = None


class Difference(Record):
    """System minus baseline on the same examples, by paired bootstrap."""

    baseline: str
    micro_f1: Estimate
    macro_f1: Estimate


class LabelAgreement(Record):
    """How far annotators agree on one issue."""

    alpha: Estimate
    """Krippendorff's alpha, nominal."""
    observed: float | None
    """Share of pairs of judgements that are the same."""
    positive: float | None
    """Positive agreement: F1 of one annotator's positives against the other's."""
    units: int
    """Passages with two judgements or more."""
    present: int
    """Judgements ``present`` in them."""
    few: bool = False
    """Fewer than ten judgements ``present``, or ``absent``: alpha has no interval then."""


class AgreementReport(Record):
    """How far annotators agree."""

    schema_version: int = 1
    arm: str | None = None
    """The arm that the annotations were taken from; ``None``: both."""
    annotators: dict[str, int]
    """Annotator → annotations of passages that another one annotated too."""
    assisted: int = 0
    """How many of these began from a prediction."""
    unread: int = 0
    """How many of these say nothing about some entity type: its spans are left out there."""
    units: int
    """Passages with two annotations or more."""
    groups: int
    alpha: Estimate
    """Nominal alpha over all issues: observed and expected disagreement are summed by issue."""
    per_label: dict[str, LabelAgreement]
    span_f1: Estimate
    """Strict span F1, pooled over pairs of annotators."""
    span_f1_per_label: dict[str, float | None]


class ErrorCase(Record):
    """A passage that the system got wrong."""

    id: str
    text: str
    missed: dict[str, float]
    """Issue → score, for the issues that it should have found."""
    false: dict[str, float]
    """Issue → score, for the issues that it should not have given."""
    right: tuple[str, ...]
    spans: tuple[tuple[int, int, str], ...]
    """Gold entities, to show where the passage is."""


class ModelReport(Record):
    """Everything that the model page shows."""

    schema_version: int = 1
    title: str
    tool: str
    gold: dict[str, str]
    """What was scored on: name, hash."""
    resamples: int
    seed: int
    system: SystemScores
    baselines: tuple[SystemScores, ...]
    differences: tuple[Difference, ...]
    agreement: AgreementReport | None
    errors: tuple[ErrorCase, ...]
    error_count: int
    counts: dict[str, int]
    """Counts from the release manifest."""
    names: dict[str, dict[str, str]]
    """Label → its Arabic and English name, where a codebook was given."""


class Contrast(Record):
    """One measure in both arms: with a prediction to begin from, and without."""

    assisted: Measure
    blind: Measure
    comparison: Literal["difference", "ratio"] = "difference"
    change: Estimate
    """Assisted minus blind, or assisted by blind; its interval draws both arms together."""
    annotators: tuple[str, ...] = ()
    """Whose shares the values are the mean of, each counting the same; empty: pooled."""


class ArmCounts(Record):
    """What an arm holds."""

    annotations: int
    passages: int
    shared: int
    """Passages with two annotations or more of this arm."""
    articles: int
    annotators: dict[str, int]
    """Annotator → annotations."""
    without_prediction: int
    """Annotations that are not compared with a prediction: their passage has none by the model,
    or they belong to the round of another one."""


class Fate(Record):
    """What became of the issues or spans that annotators were shown."""

    shown: int
    """Each shown issue or span, once for each annotation that began from it."""
    kept: int
    changed: int
    """Spans in whose place the annotator left another one: other ends, or another label."""
    removed: int
    unjudged: int
    """Issues that the annotator could not judge."""
    added: int
    """What annotators gave that they were not shown."""
    same: Contrast
    """Share of predicted issues or spans that annotators gave: shown, or found unaided. Issues
    that could not be judged are not in it, nor are annotators of one arm only."""


class AssistanceReport(Record):
    """How much pre-annotation sways annotators."""

    schema_version: int = 1
    model: str | None
    """Whose predictions the answers are compared with: those that were shown most."""
    resamples: int
    seed: int
    groups: int
    """Articles: what the intervals resample."""
    arms: dict[str, ArmCounts]
    mixed: int
    """Blind annotations of passages that somebody else began from a prediction."""
    by_choice: int | None = None
    """Blind annotations of passages that were pushed with a prediction; ``None``: not known."""
    one_arm: dict[str, str] = Field(default_factory=dict)
    """Annotator → arm, of those who worked in one arm only: they are left out of comparisons."""
    unread: int = 0
    """Annotations that say nothing about some entity type: its spans are left out there."""
    unmeasured: int = 0
    """Annotations of passages whose number of words is not known."""
    measures: dict[str, Contrast]
    """What needs no prediction: agreement, density, recall and precision, time."""
    sway: dict[str, Contrast]
    """Shares of answers that are the prediction's, over all and where it seems wrong."""
    issues: Fate
    issues_per_label: dict[str, Fate]
    issues_per_annotator: dict[str, Fate]
    spans: Fate
    spans_per_label: dict[str, Fate]
    spans_per_annotator: dict[str, Fate]
    origins: dict[str, int]
    """How spans of the assisted arm came about, as Label Studio says."""
    conclusions: tuple[str, ...]
    names: dict[str, dict[str, str]]
    """Label → its Arabic and English name."""


class AnnotatorScores(Record):
    """An annotator's answers against what the others make of the same passages."""

    judged: int
    """Issue decisions, or passages for spans, where both the annotator and the others decided."""
    support: int
    """Positives by the others."""
    given: int
    """The annotator's positives."""
    precision: Measure
    recall: Measure
    f1: Estimate


class Rates(Record):
    """How often an annotator is right, by what the truth seems to be."""

    sensitivity: Measure
    """Share of present issues that the annotator ticks."""
    specificity: Measure
    """Share of absent issues that the annotator leaves unticked."""


class Drift(Record):
    """An annotator's earlier half of the work against the later one."""

    first: Measure
    second: Measure
    change: Estimate
    """Second minus first."""


class AnnotatorQuality(Record):
    """How one annotator works."""

    annotations: int
    skipped: int | None
    """Tasks skipped; ``None`` when no pull told."""
    cannot_judge: int
    """Annotations that leave issues open."""
    lead_time_s: Measure
    """Median seconds an annotation, where the interface measured them."""
    issues: AnnotatorScores
    per_label: dict[str, AnnotatorScores]
    spans: AnnotatorScores
    spans_per_label: dict[str, AnnotatorScores]
    rates: Rates | None
    """By Dawid and Skene's model over all issues; ``None`` without a decision of which three
    annotators judged, this one among them."""
    rates_per_label: dict[str, Rates]
    """The same for issues with enough positives."""
    drift: Drift
    """F1 of issues in both halves."""


class QualityReport(Record):
    """How the annotators work, one by one."""

    schema_version: int = 1
    arm: str | None
    """The arm that the annotations were taken from; ``None``: both."""
    resamples: int
    seed: int
    groups: int
    passages: int
    """Passages with two annotations or more."""
    decided_by: dict[str, int]
    """What the decisions rest on that annotators are held against."""
    prevalence: dict[str, Estimate]
    """Issue → share of passages that have it, by Dawid and Skene's model."""
    assisted: int
    """How many of the annotations began from a prediction."""
    unread: int = 0
    """Annotations that say nothing about some entity type: its spans are left out there."""
    skipped_others: dict[str, int] = Field(default_factory=dict)
    """Annotator → tasks skipped, of those without any annotation here."""
    unsettled: int = 0
    """Fits of the model to the data, over all issues and to single ones, that came to no end."""
    annotators: dict[str, AnnotatorQuality]
    conclusions: tuple[str, ...]
