"""A report page, made from a few hand-written records."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.compare import compare
from eval.render import render
from schemas.annotation import Prediction
from schemas.article import Span
from schemas.codebook import read_codebook
from schemas.dataset import Dataset, Example
from tests.conftest import CORPUS


@pytest.fixture
def report_page(tmp_path: Path) -> Path:
    """An HTML report with one right and one wrong passage."""
    codebook = read_codebook(CORPUS / "codebook.yaml")
    issues = codebook.issue_ids
    examples = tuple(
        Example(
            id=f"p{number}",
            text="زار الوزير بكين وبحث ملف <تايوان> & التجارة",
            group=f"g{number}",
            issues={issue: issue == "taiwan" for issue in issues},
            spans=(Span(start=11, end=15, label="GPE"),),
            spans_complete=True,
        )
        for number in range(2)
    )
    predictions = {
        example.id: Prediction(
            passage_id=example.id,
            model="m",
            issues=dict.fromkeys(issues, 0.5),
            present=("taiwan",) if number else ("climate",),
        )
        for number, example in enumerate(examples)
    }
    report = compare(
        Dataset("own", issues, examples, "0" * 64),
        [("own", predictions)],
        title="تقرير Report",
        tool="test",
        agreement=None,
        codebook=codebook,
        counts={},
        resamples=50,
    )
    path = tmp_path / "report.html"
    path.write_text(render(report), encoding="utf-8")
    return path
