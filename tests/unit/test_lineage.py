"""One answer under several codebooks: which of its annotations goes on, and which one counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from annotation.gold.lineage import going_on, settled, waiting
from annotation.migration import Migration, run_migrate
from annotation.steps import run_build
from schemas.annotation import Annotation, Arm, Judgement
from schemas.codebook import Codebook
from schemas.errors import UsageError
from schemas.jsonl import write, write_text
from schemas.ledger import Ledger, Reason, State, Unit
from schemas.workspace import Workspace, archive_codebook
from tests.codebooks import write_codebook
from tests.strategies import article_of, passage_of

P, A = Judgement.PRESENT, Judgement.ABSENT
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ARTICLE = article_of("وصل الوزير إلى بكين أمس مع وفد شركة سعدة")
PASSAGE = passage_of(ARTICLE.text, article=ARTICLE.id)
WHOLE, PARTS = ("taiwan", "rights"), ("taiwan", "minorities", "press")
SPLIT = "issues:\n  - {split: rights, to: [minorities, press]}\n"
MERGE = "issues:\n  - {merge: [minorities, press], to: rights}\n"


class Desk:
    """A workspace whose codebook changes again and again."""

    def __init__(self, root: Path) -> None:
        root.mkdir()
        self.space = Workspace(root)
        self.pulls = 0
        write(self.space.articles_dir / "articles-1.jsonl", [ARTICLE])
        write(self.space.passages_file, [PASSAGE])

    def codebook(self, *issues: str, version: str = "1.0.0") -> str:
        """Write the codebook; return its short hash."""
        made = write_codebook(self.space.codebook_file, issues, version=version)
        archive_codebook(self.space)
        return made.short_hash

    def said(self, who: str, *present: str, hour: int = 0, **changes: object) -> Annotation:
        """Let somebody answer under today's codebook, and pull it."""
        codebook: Codebook = self.space.codebook()
        made = Annotation(
            id=str(uuid4()),
            passage_id=PASSAGE.id,
            annotator=who,
            created_at=NOON + timedelta(hours=hour),
            arm=Arm.BLIND,
            codebook=codebook.hash,
            issues={k: P if k in present else A for k in codebook.issue_ids},
        ).model_copy(update=changes)
        return self.pull(made)

    def change(self, record: Annotation, *present: str, hour: int) -> Annotation:
        """Let somebody change an answer, and pull it."""
        issues = {k: P if k in present else A for k in record.issues}
        at = NOON + timedelta(hours=hour)
        return self.pull(record.model_copy(update={"issues": issues, "updated_at": at}))

    def pull(self, record: Annotation) -> Annotation:
        write(self.space.next_annotation_file(), [record])
        return record

    def migrate(self, plan: str = "", **options: object) -> tuple[Migration, Ledger]:
        ledger = Ledger()
        if plan:
            write_text(self.space.root / "plan.yaml", plan)
            options["plan"] = self.space.root / "plan.yaml"
        done = run_migrate(self.space, ledger, **options)  # type: ignore[arg-type]
        ledger.check()
        return done, ledger

    def under(self, short: str) -> list[Annotation]:
        return [a for a in self.space.annotations() if a.codebook.startswith(short)]

    def gold(self, issue: str) -> tuple[Judgement, int, Ledger]:
        ledger = Ledger()
        (record,) = run_build(self.space, frozenset(), ledger, dry_run=True)
        decision = record.issues[issue]
        return decision.judgement, len(decision.annotations), ledger


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "ws")


def there_and_back(desk: Desk, *people: str) -> list[Annotation]:
    """Let people answer, change the codebook, and change it back; return the answers."""
    desk.codebook(*WHOLE)
    given = [desk.said(who, "rights") for who in people]
    desk.codebook(*PARTS, version="2.0.0")
    desk.migrate(SPLIT)
    desk.codebook(*WHOLE)
    return given


def test_a_codebook_changed_back_leaves_the_original_answers_in_force(desk: Desk) -> None:
    people = [f"a{n}" for n in range(12)]
    there_and_back(desk, *people)
    assert desk.migrate(MERGE)[0].new == 12
    judgement, votes, ledger = desk.gold("rights")
    assert (judgement, votes) == (P, 12)
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.SUPERSEDED] == 12
    assert not ledger.defects()


def test_what_was_changed_in_between_counts_after_the_way_back(desk: Desk) -> None:
    desk.codebook(*WHOLE)
    desk.said("a1", "rights")
    parts = desk.codebook(*PARTS, version="2.0.0")
    desk.migrate(SPLIT)
    (copy,) = desk.under(parts)
    desk.change(copy, "taiwan", hour=3)
    desk.codebook(*WHOLE)
    desk.migrate(MERGE)
    assert desk.gold("rights")[0] is A
    assert desk.gold("taiwan")[0] is P


def test_what_went_on_to_a_codebook_in_between_is_migrated_from_there_alone(desk: Desk) -> None:
    first = desk.codebook("taiwan")
    for who in ("a1", "a2", "a3"):
        desk.said(who, "taiwan")
    second = desk.codebook("taiwan", version="2.0.0")
    desk.migrate()
    desk.said("a1", hour=5)
    late = desk.said("a4", hour=6)
    old = desk.space.archive_file(first).read_bytes()
    desk.space.codebook_file.write_bytes(old)
    desk.said("a5", "taiwan", hour=7)
    third = desk.codebook("taiwan", version="3.0.0")
    with pytest.raises(UsageError, match=rf"several codebooks: {second} \(5\), {first} \(1\)"):
        desk.migrate()
    done, ledger = desk.migrate(source=first)
    assert done.new == 1
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.MIGRATED] == 3
    assert ledger.reasons[Unit.ANNOTATIONS, State.PENDING, Reason.OTHER_CODEBOOK] == 5
    assert desk.migrate(source=second)[0].new == 5
    made = desk.under(third)
    assert sorted(a.annotator for a in made) == ["a1", "a1", "a2", "a3", "a4", "a5"]
    assert late.id in {a.migrated_from for a in made}
    _, votes, ledger = desk.gold("taiwan")
    assert votes == 5
    assert not ledger.defects()
    assert desk.migrate(source=first)[0].new == 0
    assert desk.migrate(source=second)[0].new == 0


def test_after_the_way_back_the_original_goes_on_and_not_its_copy(desk: Desk) -> None:
    given = there_and_back(desk, "a1", "a2")
    desk.migrate(MERGE)
    third = desk.codebook(*WHOLE, version="3.0.0")
    done, ledger = desk.migrate()
    assert done.new == 2
    assert {a.migrated_from for a in desk.under(third)} == {a.id for a in given}
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.SUPERSEDED] == 2
    judgement, votes, ledger = desk.gold("rights")
    assert (judgement, votes) == (P, 2)
    assert not ledger.defects()
    assert desk.migrate()[0].new == 0


def test_what_was_changed_under_an_earlier_codebook_goes_on_from_there(desk: Desk) -> None:
    first = desk.codebook("taiwan")
    given = desk.said("a1")
    desk.codebook("taiwan", version="2.0.0")
    desk.migrate()
    desk.change(given, "taiwan", hour=2)
    desk.codebook("taiwan", version="3.0.0")
    done, _ = desk.migrate()
    assert done.change
    assert done.change.source.startswith(first)
    judgement, votes, ledger = desk.gold("taiwan")
    assert (judgement, votes) == (P, 1)
    assert not ledger.defects()


def test_only_what_a_later_codebook_does_not_hold_is_missed(desk: Desk) -> None:
    first = desk.codebook("taiwan")
    x, alone = desk.said("a1"), desk.said("a2")
    desk.codebook("taiwan", version="2.0.0")
    y = desk.said("a1", migrated_from=x.id)
    z = y.model_copy(update={"id": "z", "codebook": "c", "migrated_from": y.id})
    held = [x, alone, y, z]
    assert going_on(held, "c") == {y.id, alone.id}
    assert [a.id for a in waiting(held, "c")] == [alone.id]
    assert settled(held, "c") == {x.id, y.id}
    changed = y.model_copy(update={"updated_at": NOON + timedelta(hours=1)})
    assert [a.id for a in waiting([x, changed, z], "c")] == [y.id]
    assert settled([y, x], "c") == {x.id}
    assert going_on([y, x], x.codebook) == {y.id}
    assert x.codebook.startswith(first)


def test_a_circle_of_migrations_ends(desk: Desk) -> None:
    desk.codebook("taiwan")
    one, two = (
        desk.said("a1", migrated_from="2", id="1"),
        desk.said("a1", migrated_from="1", id="2"),
    )
    assert len(going_on([one, two], "c")) <= 2
