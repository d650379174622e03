"""Hypothesis strategies for texts and records: Arabic as it really comes in.

Everything here is made from two alphabets. ``LETTERS`` and friends build *words* (so that spans
can be drawn over them); ``JUNK`` is what stands between and inside words in scraped news.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from schemas.annotation import (
    AnnotatedSpan,
    Annotation,
    Arm,
    Evidence,
    Judgement,
    Origin,
    Prediction,
)
from schemas.article import Article, Passage, Span, article_id, passage_id
from schemas.gold import DecidedBy, GoldRecord, IssueDecision, SpanDecision
from schemas.text import whole_words

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي" + "أإآٱىةؤئءکیہ"
TASHKEEL = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670"
TATWEEL = "\u0640"
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
JOINERS = "\u200c\u200d"
# Isolated lam-alef, a whole phrase in one character, Allah, beh, fathatan on nothing.
PRESENTATION_FORMS = "\ufefb\ufdfa\ufdf2\ufe8f\ufe70"
EMOJI = "🇨🇳🤝🏽👨‍👩‍👧"
DIGITS = "0123456789٠١٢٣٤٥٦٧٨٩۴۵"
LATIN = "abcXYZßİé"
BLANKS = " \t\u00a0\u202f\u2003\u3000"
LINE_ENDS = ("\n", "\r\n", "\r", "\n\n", "\u2028", "\u2029", "\u0085")
QUOTES = "\"'«»“”‘’()[]"
STOPS = ".،؛؟!:…۔-–/"
# Characters whose fold is several characters, with separators inside.
COMPOSED = "½²№℃ﬁ⒈㏠¨"

LABELS = ("PERSON", "ORG", "GPE", "LOC", "DATE")
ISSUES = ("taiwan", "climate", "trade_economy", "sanctions")
MODELS = ("rules-1", "fast-v1")
ANNOTATORS = ("ali", "هدى", "zhang")


def words() -> st.SearchStrategy[str]:
    """Return Arabic words, some with tashkeel, tatweel or a joiner inside."""
    marked = st.builds(
        lambda letter, marks: letter + marks,
        st.sampled_from(LETTERS),
        st.text(TASHKEEL + TATWEEL + "\u200c", max_size=2)
        | st.just("")  # most letters carry nothing
        | st.just(""),
    )
    arabic = st.lists(marked, min_size=1, max_size=8).map("".join)
    other = st.text(LATIN, min_size=1, max_size=5) | st.text(DIGITS, min_size=1, max_size=4)
    return arabic | arabic | arabic | other


def separators() -> st.SearchStrategy[str]:
    """Return what stands between two words: always some white space in it."""
    blank = st.sampled_from([" ", "  ", "\u00a0", *LINE_ENDS])
    return st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "", "", "،", ".", "»", ".»", "؟", "\u200f", "…", ")"]),
        blank,
        st.sampled_from(["", "", "", "«", "(", "\u202b", "“", "🤝 "]),
    )


def plain_texts(*, min_words: int = 1, max_words: int = 30) -> st.SearchStrategy[str]:
    """Return texts that read like news: words with separators between them."""
    return st.lists(st.tuples(words(), separators()), min_size=min_words, max_size=max_words).map(
        lambda pairs: "".join(word + separator for word, separator in pairs)
    )


def wild_texts(*, min_size: int = 0, max_size: int = 60) -> st.SearchStrategy[str]:
    """Return texts with every kind of character anywhere (no NUL, no lone surrogates)."""
    single = st.sampled_from(
        LETTERS
        + TASHKEEL
        + TATWEEL
        + BIDI
        + JOINERS
        + "\u200b\ufeff"
        + PRESENTATION_FORMS
        + EMOJI
        + DIGITS
        + LATIN
        + BLANKS
        + QUOTES
        + STOPS
        + COMPOSED
        + "_ـ"
    )
    anything = st.characters(exclude_categories=("Cs",), exclude_characters="\x00")
    piece = st.one_of(single, single, single, st.sampled_from(LINE_ENDS), anything)
    return st.lists(piece, min_size=min_size, max_size=max_size).map("".join)


def texts() -> st.SearchStrategy[str]:
    """Return texts of both kinds, possibly empty."""
    return plain_texts() | wild_texts()


@st.composite
def long_texts(draw: st.DrawFn) -> str:
    """Return texts of a few hundred short words: long enough to be cut into passages.

    Words are cheap here (drawn from a few) so that hypothesis spends its choices on the
    lengths of sentences and paragraphs, which are what segmentation decides by.
    """
    few = ("قال", "الوزير", "إن", "بكين", "3.5", "د", "واشنطن", "نَعَم", "«صين", "واحدة»", "AI")
    stops = (".", "؟", "!", "…", ".»", "،", "؛", "", "", ".\u200f")
    ends = (" ", " ", " ", "\n", "\n\n", "\r\n", "\u00a0", "")
    parts: list[str] = []
    for _ in range(draw(st.integers(1, 14))):
        length = draw(st.integers(0, 150))
        shift = draw(st.integers(0, len(few) - 1))
        parts.append(" ".join(few[(n + shift) % len(few)] for n in range(length)))
        parts.append(draw(st.sampled_from(stops)))
        parts.append(draw(st.sampled_from(ends)))
    return "".join(parts)


def times() -> st.SearchStrategy[datetime]:
    """Return aware times in UTC, with microseconds."""
    return st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 # hypothesis wants naive bounds


def optional_text() -> st.SearchStrategy[str | None]:
    """Return a short text or nothing."""
    return st.none() | wild_texts(min_size=1, max_size=12)


@st.composite
def articles(draw: st.DrawFn, text: st.SearchStrategy[str] | None = None) -> Article:
    """Return articles whose id is the hash of their content."""
    content = draw(text if text is not None else wild_texts(min_size=1) | plain_texts())
    source, url = draw(optional_text()), draw(st.none() | st.just("https://example.org/خبر?1"))
    return Article(
        id=article_id(content, source=source, url=url),
        text=content,
        title=draw(optional_text()),
        source=source,
        url=url,
        published=draw(st.none() | st.dates(date(2000, 1, 1), date(2030, 1, 1))),
        language=draw(st.sampled_from(["ar", "zh"])),
        licence=draw(st.none() | st.just("CC-BY-4.0")),
        file=draw(st.sampled_from(["a.txt", "مجلد/feed.jsonl:12"])),
        collected_at=draw(times()),
    )


@st.composite
def passages(draw: st.DrawFn, text: st.SearchStrategy[str] | None = None) -> Passage:
    """Return passages at any place of an article that is not shown."""
    content = draw(text if text is not None else plain_texts())
    article = article_id(content, source=draw(st.none() | st.just("وكالة")), url=None)
    start = draw(st.integers(0, 10_000))
    end = start + len(content)
    return Passage(
        id=passage_id(article, start, end),
        article_id=article,
        start=start,
        end=end,
        text=content,
        position=draw(st.integers(0, 50)),
    )


def word_ranges(text: str) -> list[tuple[int, int]]:
    """Return the whole words of a text as ranges, by the same rule that spans obey."""
    ranges = (whole_words(text, *match.span()) for match in re.finditer(r"\S+", text))
    return sorted({(start, end) for start, end in ranges if start < end})


@st.composite
def spans_of(draw: st.DrawFn, text: str, *, max_spans: int = 4) -> tuple[Span, ...]:
    """Return spans over whole words of ``text``: in order, none overlapping."""
    ranges = word_ranges(text)
    spans: list[Span] = []
    at = 0
    while ranges and len(spans) < max_spans and draw(st.booleans()):
        rest = [place for place in ranges if place[0] >= at]
        if not rest:
            break
        first = draw(st.integers(0, len(rest) - 1))
        last = min(first + draw(st.integers(0, 2)), len(rest) - 1)
        start, end = whole_words(text, rest[first][0], rest[last][1])
        linked = draw(st.none() | st.just("gpe.china"))
        label = draw(st.sampled_from(LABELS))
        spans.append(Span(start=start, end=end, label=label, entity_id=linked))
        at = end
    return tuple(spans)


@st.composite
def annotations(draw: st.DrawFn, passage: Passage | None = None) -> Annotation:
    """Return annotations of ``passage``, or of a passage of their own."""
    of = passage if passage is not None else draw(passages())
    arm = draw(st.sampled_from(list(Arm)))
    spans = tuple(
        AnnotatedSpan(**span.model_dump(), origin=draw(st.sampled_from(list(Origin))))
        for span in draw(spans_of(of.text))
    )
    return Annotation(
        id=str(draw(st.uuids())),
        passage_id=of.id,
        annotator=draw(st.sampled_from(ANNOTATORS)),
        created_at=draw(times()),
        lead_time_s=draw(st.none() | st.floats(0, 1e6)),
        arm=arm,
        codebook="c" * 64,
        issues={issue: draw(st.sampled_from(list(Judgement))) for issue in ISSUES},
        spans=spans,
        parent_prediction=draw(st.sampled_from(MODELS)) if arm is Arm.ASSISTED else None,
        comment=draw(optional_text()),
    )


@st.composite
def predictions(draw: st.DrawFn, passage: Passage | None = None) -> Prediction:
    """Return predictions for ``passage``, or for a passage of their own."""
    of = passage if passage is not None else draw(passages())
    scores = {issue: draw(st.floats(0, 1)) for issue in ISSUES}
    evidence = tuple(
        Evidence(issue=draw(st.sampled_from(ISSUES)), start=a, end=b, reason="strong:تايوان")
        for a, b in word_ranges(of.text)[: draw(st.integers(0, 2))]
    )
    return Prediction(
        passage_id=of.id,
        model=draw(st.sampled_from(MODELS)),
        issues=scores,
        present=tuple(issue for issue, score in scores.items() if score >= 0.5),
        spans=draw(spans_of(of.text)),
        evidence=evidence,
    )


@st.composite
def issue_decisions(draw: st.DrawFn) -> IssueDecision:
    """Return gold decisions; an undecided one is never a judgement."""
    by = draw(st.sampled_from(list(DecidedBy)))
    undecided = by is DecidedBy.UNDECIDED
    judgement = Judgement.NOT_JUDGED if undecided else draw(st.sampled_from(list(Judgement)))
    behind = tuple(f"ann-{n}" for n in range(draw(st.integers(0, 3))))
    return IssueDecision(judgement=judgement, decided_by=by, annotations=behind)


@st.composite
def gold_records(draw: st.DrawFn, passage: Passage | None = None) -> GoldRecord:
    """Return gold records of ``passage``, or of a passage of their own."""
    of = passage if passage is not None else draw(passages())
    decided = st.sampled_from([by for by in DecidedBy if by is not DecidedBy.UNDECIDED])
    spans = tuple(
        SpanDecision(**span.model_dump(), decided_by=draw(decided), annotations=("ann-0",))
        for span in draw(spans_of(of.text))
    )
    return GoldRecord(
        passage=of,
        group=draw(st.sampled_from([of.article_id, "cluster-7"])),
        issues={issue: draw(issue_decisions()) for issue in ISSUES},
        spans=spans,
        spans_complete=draw(st.booleans()),
    )


def article_of(text: str, **fields: object) -> Article:
    """Return an article with this text: for tests that choose the text by hand."""
    made = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=1)
    values: dict[str, object] = {"file": "hand.txt", "collected_at": made, **fields}
    source, url = values.get("source"), values.get("url")
    identity = article_id(
        text,
        source=source if isinstance(source, str) else None,
        url=url if isinstance(url, str) else None,
    )
    return Article(id=identity, text=text, **values)  # type: ignore[arg-type]


def passage_of(text: str, *, article: str = "a0123456789abcdef", position: int = 0) -> Passage:
    """Return a passage with this text at the start of an article."""
    return Passage(
        id=passage_id(article, 0, len(text)),
        article_id=article,
        start=0,
        end=len(text),
        text=text,
        position=position,
    )
