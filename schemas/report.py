"""The numbers that the evaluation gives, as records: what a page shows, a program can read."""

from __future__ import annotations

from pydantic import Field

from schemas.record import Record


class Estimate(Record):
    """A measure with its 95 % interval. ``None``: not defined on these data."""

    value: float | None
    low: float | None = None
    high: float | None = None


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


class AgreementReport(Record):
    """How far annotators agree."""

    schema_version: int = 1
    annotators: dict[str, int]
    """Annotator → annotations."""
    units: int
    """Passages with two annotations or more."""
    groups: int
    alpha: Estimate
    """Nominal alpha over all decisions (passage × issue)."""
    per_label: dict[str, LabelAgreement]
    span_f1: Estimate
    """Mean over pairs of annotators of strict span F1."""
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
