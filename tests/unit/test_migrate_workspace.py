"""`gold migrate` on a workspace: which files it reads and writes, and that it may be run again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from annotation.gold.migrate import migrated_id
from annotation.migration import Migration, run_draft, run_migrate
from annotation.steps import run_build
from miyar.cli import app
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement
from schemas.errors import RecordError, UsageError
from schemas.jsonl import read, write
from schemas.ledger import Ledger, Reason, Unit
from schemas.migration import Review
from schemas.workspace import Workspace, archive_codebook
from tests.codebooks import NEW, NEW_TYPES, OLD, OLD_TYPES, PLAN, write_codebook
from tests.strategies import article_of, passage_of

P, A = Judgement.PRESENT, Judgement.ABSENT
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ARTICLE = article_of("وصل الوزير إلى بكين أمس مع وفد شركة سعدة")
PASSAGE = passage_of(ARTICLE.text, article=ARTICLE.id)
PULL = "pull-0001.jsonl"
MADE, ASKED = "pull-0002.migrated.jsonl", "pull-0002.review.jsonl"


def said(space: Workspace, who: str, *present: str, label: str | None = None) -> Annotation:
    codebook = space.codebook()
    span = AnnotatedSpan(start=15, end=19, label=label) if label else None
    return Annotation(
        id=f"u-{who}",
        passage_id=PASSAGE.id,
        annotator=who,
        created_at=NOON,
        arm=Arm.BLIND,
        codebook=codebook.hash,
        issues={k: P if k in present else A for k in codebook.issue_ids},
        spans=(span,) if span else (),
    )


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    """A workspace whose codebook has changed after two people annotated a passage."""
    made = Workspace(tmp_path / "ws")
    made.root.mkdir()
    write_codebook(made.codebook_file, OLD, OLD_TYPES)
    archive_codebook(made)
    write(made.articles_dir / "articles-1.jsonl", [ARTICLE])
    write(made.passages_file, [PASSAGE])
    given = [said(made, "a1", "taiwan", label="GPE"), said(made, "a2", "rights", label="ORG")]
    write(made.annotations_dir / PULL, given)
    write_codebook(made.codebook_file, NEW, NEW_TYPES, version="2.0.0")
    (made.root / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return made


def run(space: Workspace, **options: object) -> Migration:
    ledger = Ledger()
    done = run_migrate(space, ledger, **options)  # type: ignore[arg-type]
    ledger.check()
    return done


def plan(space: Workspace) -> Path:
    return space.root / "plan.yaml"


def files(space: Workspace) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in space.root.rglob("*") if p.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_migration_writes_annotations_reviews_and_both_codebooks(space: Workspace) -> None:
    old = next(space.codebooks_dir.iterdir()).stem
    done = run(space, plan=plan(space))
    new = space.codebook().short_hash
    assert names(space.annotations_dir) == [PULL, MADE, ASKED]
    assert names(space.codebooks_dir) == sorted(
        [f"{old}.yaml", f"{new}.yaml", f"{old}-to-{new}.plan.yaml"]
    )
    assert (done.new, done.changed, done.unchanged) == (2, 0, 0)
    assert done.file == space.annotations_dir / MADE
    records = {a.annotator: a for a in read(done.file, Annotation)}
    assert records["a1"].issues["taiwan_strait"] is P
    assert [span.label for span in records["a1"].spans] == ["PLACE"]
    assert records["a2"].spans == ()
    (open_,) = read(space.open_reviews_file, Review)
    assert (open_.annotator, open_.annotation) == ("a2", migrated_id("u-a2", space.codebook().hash))
    assert {(q.old, q.new) for q in open_.questions} == {
        (("rights",), ("minorities", "press")),
        (("ORG",), ("AGENCY", "COMPANY")),
    }
    assert space.unread_types() == {
        records["a1"].id: frozenset(["WEAPON"]),
        records["a2"].id: frozenset(["WEAPON", "AGENCY", "COMPANY"]),
    }


def test_a_second_run_needs_no_plan_and_changes_nothing(space: Workspace) -> None:
    old = next(space.codebooks_dir.iterdir()).stem
    run(space, plan=plan(space))
    before = files(space)
    for options in ({}, {"plan": plan(space)}, {"source": old}):
        done = run(space, **options)
        assert (done.new, done.changed, done.unchanged, len(done.open)) == (0, 0, 2, 1)
        assert files(space) == before


def test_a_dry_run_says_the_same_and_writes_nothing(space: Workspace) -> None:
    before = files(space)
    done = run(space, plan=plan(space), dry_run=True)
    assert (done.new, len(done.open)) == (2, 1)
    assert files(space) == before


def test_a_mended_plan_changes_what_it_made(space: Workspace) -> None:
    run(space, plan=plan(space))
    text = PLAN.replace("{rename: taiwan, to: taiwan_strait}", "{remove: taiwan}")
    plan(space).write_text(text + "review: {commerce: absent}\n", encoding="utf-8")
    done = run(space, plan=plan(space))
    assert (done.new, done.changed) == (0, 2)
    assert len(done.open) == 2
    records = {a.annotator: a for a in space.annotations() if a.migrated_from}
    assert records["a1"].issues["taiwan_strait"] is Judgement.NOT_JUDGED
    plan(space).write_text(PLAN, encoding="utf-8")
    assert run(space, plan=plan(space)).changed == 2
    assert set(space.reviews()) == {record.id for record in records.values()}
    assert len(run(space).open) == 1


def test_what_was_changed_in_label_studio_since_stays(space: Workspace) -> None:
    done = run(space, plan=plan(space))
    assert done.file
    record = next(a for a in read(done.file, Annotation) if a.annotator == "a2")
    edited = record.model_copy(
        update={
            "issues": dict.fromkeys(record.issues, P),
            "updated_at": NOON + timedelta(hours=1),
        }
    )
    write(space.annotations_dir / "pull-0003.jsonl", [edited])
    before = files(space)
    again = run(space)
    assert (again.edited, again.unchanged, again.changed) == (1, 1, 0)
    assert again.open == ()
    assert edited.id not in space.unread_types()
    assert set(files(space)) == set(before)
    assert {p: b for p, b in files(space).items() if p != space.open_reviews_file} == {
        p: b for p, b in before.items() if p != space.open_reviews_file
    }


def test_what_was_changed_in_the_old_project_later_is_migrated_again(space: Workspace) -> None:
    run(space, plan=plan(space))
    old = next(a for a in read(space.annotations_dir / PULL, Annotation) if a.annotator == "a1")
    late = old.model_copy(
        update={"issues": {**old.issues, "trade": P}, "updated_at": NOON + timedelta(hours=1)}
    )
    write(space.annotations_dir / "pull-0003.jsonl", [late])
    assert run(space).changed == 1
    record = next(a for a in space.annotations() if a.migrated_from == "u-a1")
    assert record.issues["commerce"] is P


def test_what_was_taken_back_after_the_migration_stays_away(space: Workspace) -> None:
    done = run(space, plan=plan(space))
    assert done.file
    record = next(a for a in read(done.file, Annotation) if a.annotator == "a1")
    gone = record.model_copy(update={"withdrawn": True})
    write(space.annotations_dir / "pull-0003.jsonl", [gone])
    assert {a.annotator for a in space.annotations()} == {"a2"}
    again = run(space)
    assert (again.new, again.changed) == (0, 0)
    ledger = Ledger()
    run_build(space, frozenset(), ledger)
    assert not ledger.defects()


def test_gold_is_built_under_the_new_codebook(space: Workspace) -> None:
    with pytest.raises(RecordError, match="rights"):
        run(space)
    run(space, plan=plan(space))
    ledger = Ledger()
    (record,) = run_build(space, frozenset(), ledger)
    assert read(space.gold_file, type(record)) == [record]
    assert not record.spans_complete
    assert record.issues["commerce"].judgement is A
    assert ledger.received[Unit.ANNOTATIONS] == 4
    assert sum(n for (_, _, r), n in ledger.reasons.items() if r is Reason.MIGRATED) == 2


def test_a_workspace_without_changes_has_nothing_to_migrate(space: Workspace) -> None:
    write_codebook(space.codebook_file, OLD, OLD_TYPES)
    done = run(space)
    assert (done.change, done.open) == (None, ())
    with pytest.raises(UsageError, match="nothing to plan"):
        run_draft(space, space.root / "draft.yaml")


def test_a_codebook_that_is_not_archived_has_to_be_given(space: Workspace, tmp_path: Path) -> None:
    (archived,) = space.codebooks_dir.iterdir()
    kept = tmp_path / "old.yaml"
    archived.rename(kept)
    with pytest.raises(UsageError, match=r"2 annotations were made under codebook .*--from FILE"):
        run(space, plan=plan(space))
    assert run(space, plan=plan(space), source=str(kept)).new == 2
    assert archived.read_bytes() == kept.read_bytes()


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("00000000", "is no file, and .*the archive holds [0-9a-f]{8}"),
        ("codebook.yaml", "no annotation of .* was made under codebook .*annotations: [0-9a-f]{8}"),
    ],
)
def test_a_wrong_source_is_told(
    space: Workspace, monkeypatch: pytest.MonkeyPatch, source: str, problem: str
) -> None:
    monkeypatch.chdir(space.root)
    with pytest.raises(UsageError, match=problem):
        run(space, source=source, plan=plan(space))


def test_several_old_codebooks_are_migrated_one_after_the_other(space: Workspace) -> None:
    first = next(space.codebooks_dir.iterdir()).stem
    new = space.codebook_file.read_bytes()
    second = write_codebook(space.codebook_file, (*NEW, "space"), NEW_TYPES)
    archive_codebook(space)
    write(space.annotations_dir / "pull-0002.jsonl", [said(space, "a3", "space")])
    space.codebook_file.write_bytes(new)
    with pytest.raises(UsageError, match=rf"several codebooks: {first} \(2\), {second.short_hash}"):
        run(space)
    assert run(space, source=first, plan=plan(space)).new == 2
    done = run(space, accept_removals=True)
    assert done.change
    assert (done.change.source, done.new) == (second.hash, 1)
    assert len([a for a in space.annotations() if a.migrated_from]) == 3


def test_an_archived_codebook_is_never_overwritten(space: Workspace) -> None:
    path = archive_codebook(space)
    kept = path.read_bytes()
    space.codebook_file.write_bytes(kept + b"# a remark\n")
    assert archive_codebook(space) == path
    assert path.read_bytes() == kept
    write_codebook(path, OLD)
    with pytest.raises(RecordError, match="is not the codebook that its name says"):
        archive_codebook(space)


def test_the_command_tells_what_happened(space: Workspace, tmp_path: Path) -> None:
    call = ["gold", "migrate", "--workspace", str(space.root)]
    draft = tmp_path / "draft.yaml"
    drafted = CliRunner().invoke(app, [*call, "--draft", str(draft)])
    assert drafted.exit_code == 0
    assert draft.read_text(encoding="utf-8").startswith("# How annotations under small 1.0.0")
    assert "--dry-run" in drafted.stderr
    done = CliRunner().invoke(app, [*call, "--plan", str(plan(space)), "--json"])
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (told["new"], told["to_review"]) == (2, 1)
    assert {"step": "remove climate", "kept": 0, "review": 0, "dropped": 2} in told["steps"]
    assert told["ledger"]["issue decisions"]["received"] == 10
    assert "WEAPON: not looked for" in done.stderr
    assert "1 annotations must be looked at again (2 questions)" in done.stderr
    assert "miyar annotation carry" in done.stderr
    again = CliRunner().invoke(app, [*call, "--draft", str(draft)])
    assert isinstance(again.exception, UsageError)
    both = CliRunner().invoke(app, [*call, "--draft", "x.yaml", "--dry-run"])
    assert isinstance(both.exception, UsageError)
