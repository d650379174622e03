"""The model page: one file, Arabic right to left, everything escaped, its JSON twin the same."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from eval.compare import compare
from eval.conclude_model import of_model
from eval.render import render
from eval.steps import run_report
from schemas.annotation import Prediction
from schemas.article import Span
from schemas.codebook import Bilingual, Codebook, EntityType, Group, Issue
from schemas.dataset import Dataset, Example
from schemas.jsonl import dump
from schemas.report import Difference, Estimate, ModelReport

EVIL = "<script>alert('x')</script> & \"اقتباس\" <img src=https://evil.example/x.png>"
TEXT = f"زار بكين {EVIL}"
NAME = Bilingual(ar="قضية <b>تايوان</b>", en="Taiwan")
CODEBOOK = Codebook(
    id="mini",
    version="1.0.0",
    language="ar",
    unit="passage",
    title=NAME,
    groups=(Group(id="all", name=NAME),),
    issues=(Issue(id="taiwan", name=NAME, definition=NAME, group="all"),),
    entities=(EntityType(id="GPE", name=NAME, definition=NAME, colour="#000000"),),
)


def report(**changed: object) -> ModelReport:
    """Four passages of four articles; the system misses the last, a peer gets all wrong."""
    examples = tuple(
        Example(
            id=f"p{n}",
            text=TEXT,
            group=f"g{n}",
            issues={"taiwan": n > 0},
            spans=(Span(start=4, end=8, label="GPE"),),
            spans_complete=True,
        )
        for n in range(4)
    )

    def given(*numbers: int, spans: bool = False) -> dict[str, Prediction]:
        return {
            f"p{n}": Prediction(
                passage_id=f"p{n}",
                model="m",
                issues={"taiwan": 0.9 if n in numbers else 0.1},
                present=("taiwan",) if n in numbers else (),
                spans=(Span(start=4, end=8, label="GPE"),) if spans else (),
            )
            for n in range(4)
        }

    made = compare(
        Dataset(name="v1/test <i>", issues=("taiwan",), examples=examples, hash="abc"),
        [("own <u>", given(1, 2, spans=True)), ("peer", given(0))],
        title="تقرير <h1>",
        tool="miyar 0 <s>",
        agreement=None,
        codebook=CODEBOOK,
        counts={"records": 4, "split:test": 4, "hidden": 1},
        resamples=50,
    )
    return made.model_copy(update=changed)


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text by right-to-left element."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.passages: list[str] = []
        self._in_passage = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "p" and dict(attrs).get("class") == "passage":
            self._in_passage = True
            self.passages.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self._in_passage = False

    def handle_data(self, data: str) -> None:
        if self._in_passage:
            self.passages[-1] += data


@pytest.fixture(scope="module")
def html() -> str:
    return render(report(), notes="ملاحظة <script>")


def test_the_page_loads_nothing_and_runs_nothing(html: str) -> None:
    page = Page(html)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "iframe", "img", "link", "object", "embed", "base", "form"}
    for _, attributes in page.elements:
        assert not {"src", "href", "srcset", "action"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
        assert "url(" not in (attributes.get("style") or "")
    style = html.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert "http" not in style


def test_a_policy_in_the_page_forbids_what_is_not_its_own(html: str) -> None:
    policies = [a["content"] for t, a in Page(html).elements if t == "meta" and "http-equiv" in a]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_passages_are_set_right_to_left_in_arabic(html: str) -> None:
    found = [a for tag, a in Page(html).elements if tag == "p" and a.get("class") == "passage"]
    assert len(found) == 1  # the one passage that the system got wrong
    assert (found[0]["dir"], found[0]["lang"]) == ("rtl", "ar")


def test_a_passage_is_shown_letter_by_letter_as_it_is(html: str) -> None:
    assert Page(html).passages == [TEXT]


def test_nothing_that_comes_from_data_is_taken_for_markup(html: str) -> None:
    tags = {tag for tag, _ in Page(html).elements}
    assert not tags & {"script", "u", "s", "img"}
    for raw in ("own <u>", "v1/test <i>", "تقرير <h1>", "miyar 0 <s>", "ملاحظة <script>"):
        assert raw not in html
    assert html.count("<h1>") == 1
    assert "<b>تايوان</b>" not in html


def test_an_entity_is_marked_in_its_passage_with_its_type(html: str) -> None:
    marks = [a for tag, a in Page(html).elements if tag == "mark"]
    assert [mark["title"] for mark in marks] == ["GPE"]
    assert ">بكين</mark>" in html


def test_a_label_of_a_team_s_own_cannot_leave_its_attribute() -> None:
    first = report().errors[0]
    case = first.model_copy(update={"spans": ((4, 8, '"><script>'),)})
    page = Page(render(report(errors=(case,))))
    assert "script" not in {tag for tag, _ in page.elements}
    assert page.passages == [TEXT]


def test_an_issue_with_few_positives_is_marked(html: str) -> None:
    assert html.count("too few positives") == 1


def test_only_the_counts_that_tell_something_of_gold_are_shown(html: str) -> None:
    assert "<dt>split:test</dt><dd>4</dd>" in html
    assert "hidden" not in html


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render(report()) == render(report())


def test_a_report_reads_back_from_its_json() -> None:
    made = report()
    assert ModelReport.model_validate_json(made.model_dump_json()) == made
    assert render(ModelReport.model_validate_json(made.model_dump_json())) == render(made)


def test_the_headline_numbers_are_on_the_page() -> None:
    made = report()
    # Two of three found and nothing wrongly given: F1 = 2 * 2 / (2 + 3) = 0.8.
    assert made.system.micro.f1 == 0.8
    assert "<strong>0.80</strong><span>micro-F1</span>" in render(made)


def difference(value: float | None, low: float | None, high: float | None) -> ModelReport:
    micro = Estimate(value=value, low=low, high=high)
    given = Difference(baseline="peer", micro_f1=micro, macro_f1=Estimate(value=None))
    return report(differences=(given, *report().differences[1:]))


@pytest.mark.parametrize(
    ("value", "low", "high", "beginning"),
    [
        (0.2, 0.1, 0.3, "own <u> is better than peer, by 0.20 micro-F1"),
        (-0.2, -0.3, -0.1, "own <u> is worse than peer, by 0.20 micro-F1"),
        (0.2, -0.1, 0.4, "Whether own <u> is better than peer cannot be concluded"),
        (-0.2, -0.4, 0.1, "Whether own <u> is better than peer cannot be concluded"),
        # An end on zero excludes nothing.
        (0.2, 0.0, 0.4, "Whether own <u> is better than peer cannot be concluded"),
        (-0.2, -0.4, 0.0, "Whether own <u> is better than peer cannot be concluded"),
        (0.0, None, None, "own <u> scores exactly as peer does on these data"),
        (0.2, None, None, "own <u> and peer cannot be compared on these data"),
        (None, None, None, "own <u> and peer cannot be compared on these data"),
    ],
)
def test_a_verdict_says_what_the_interval_allows(
    value: float | None, low: float | None, high: float | None, beginning: str
) -> None:
    assert of_model(difference(value, low, high))[0].startswith(beginning)


def test_an_undecided_verdict_names_the_interval() -> None:
    assert (
        "is +0.20 micro-F1 (95 % interval -0.10 … +0.40)" in of_model(difference(0.2, -0.1, 0.4))[0]
    )


def test_too_few_positives_forbid_a_ranking() -> None:
    assert of_model(report())[-1].startswith("1 of 1 issues have fewer than 10 positive passages")
    label = report().system.per_label["taiwan"].model_copy(update={"support": 10})
    enough = report().system.model_copy(update={"per_label": {"taiwan": label}})
    assert not any("fewer than" in verdict for verdict in of_model(report(system=enough)))


def test_verdicts_stand_on_the_page() -> None:
    page = render(difference(0.2, 0.1, 0.3))
    assert "<li>own &lt;u&gt; is better than peer, by 0.20 micro-F1" in page


def test_a_report_on_files_is_a_page_with_its_json_twin_beside_it(tmp_path: Path) -> None:
    rows = [
        {"id": f"p{n}", "text": TEXT, "issues": ["taiwan"] if n else [], "group": f"g{n}"}
        for n in range(3)
    ]
    gold = tmp_path / "gold.jsonl"
    gold.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    given = tmp_path / "given.jsonl"
    predictions = [
        Prediction(passage_id=f"p{n}", model="m", issues={"taiwan": 0.9}, present=("taiwan",))
        for n in range(3)
    ]
    given.write_text(dump(predictions), encoding="utf-8")
    out = tmp_path / "reports" / "model.html"
    made = run_report(
        gold,
        None,
        [("own", given)],
        workspace=None,
        adjudicators=frozenset(),
        title="عنوان",
        notes="",
        out=out,
    )
    twin = ModelReport.model_validate_json(out.with_suffix(".json").read_bytes())
    assert twin == made
    assert out.read_text(encoding="utf-8") == render(twin)
    # Giving everything is what the built-in baseline does too: nobody is better.
    assert twin.baselines[0].micro == twin.system.micro
    assert twin.differences[0].micro_f1.value == 0.0
