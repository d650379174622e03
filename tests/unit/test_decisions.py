"""What a pull of adjudications says about them is what gold makes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from annotation.decisions import Counts, count_decisions
from annotation.migration import run_migrate
from annotation.steps import run_build
from schemas.annotation import Annotation, Arm, Judgement
from schemas.dispute import basis_of
from schemas.jsonl import write
from schemas.ledger import Ledger, Reason, State, Unit
from schemas.workspace import Workspace, archive_codebook
from tests.codebooks import write_codebook
from tests.strategies import article_of, passage_of

P, A = Judgement.PRESENT, Judgement.ABSENT
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ARTICLE = article_of("وصل الوزير إلى بكين أمس مع وفد شركة سعدة")
PASSAGE = passage_of(ARTICLE.text, article=ARTICLE.id)
ADJ = frozenset({"adj"})


def said(
    space: Workspace, who: str, value: Judgement, *decides: Annotation, hour: int = 0
) -> Annotation:
    return Annotation(
        id=str(uuid4()),
        passage_id=PASSAGE.id,
        annotator=who,
        created_at=NOON + timedelta(hours=hour),
        arm=Arm.BLIND,
        codebook=space.codebook().hash,
        issues={"taiwan": value},
        decides=tuple(a.id for a in decides),
        basis=basis_of(decides) if decides else None,
    )


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "ws")
    made.root.mkdir()
    write_codebook(made.codebook_file, ("taiwan",))
    archive_codebook(made)
    write(made.articles_dir / "articles-1.jsonl", [ARTICLE])
    write(made.passages_file, [PASSAGE])
    return made


def counted(space: Workspace, *rulings: Annotation) -> tuple[Counts, Ledger]:
    ledger = Ledger()
    counts = count_decisions(space, rulings, space.annotations(), ledger, adjudicators=ADJ)
    ledger.check()
    return counts, ledger


def test_after_a_migration_only_answers_under_todays_codebook_make_a_decision_stale(
    space: Workspace,
) -> None:
    # Both annotations of an annotator have one time: with many annotators some old one would win.
    given = [said(space, f"a{n}", P if n % 2 else A) for n in range(8)]
    write(space.annotations_dir / "pull-0001.jsonl", given)
    write_codebook(space.codebook_file, ("taiwan",), version="2.0.0")
    run_migrate(space, Ledger())
    now = [a for a in space.annotations() if a.migrated_from]
    ruling = said(space, "lead", P, *now, hour=3)
    assert counted(space, ruling)[0] == Counts(stale=0, own=0)
    write(space.annotations_dir / "pull-0009.jsonl", [ruling])
    (record,) = run_build(space, ADJ, Ledger(), dry_run=True)
    assert [r.annotation for r in record.rulings or ()] == [ruling.id]


def test_decisions_on_older_answers_and_own_disputes_are_counted(space: Workspace) -> None:
    given = [said(space, "a1", P), said(space, "a2", A)]
    later = said(space, "a2", P, hour=2)
    write(space.annotations_dir / "pull-0001.jsonl", [*given, later])
    old = said(space, "lead", P, *given, hour=1)
    own = said(space, "a1", A, given[0], later, hour=3)
    counts, ledger = counted(space, old, own)
    assert counts == Counts(stale=1, own=1)
    assert ledger.reasons[Unit.ADJUDICATIONS, State.PENDING, Reason.STALE_ADJUDICATION] == 1
    assert ledger.reasons[Unit.ADJUDICATIONS, State.ACCEPTED, Reason.OWN_DISPUTE] == 1
