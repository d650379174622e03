"""The whole journey on a workspace, with a real Label Studio, ending at a report page.

Every step is idempotent, so a second run finishes at once and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from annotation.labelstudio.accounts import ensure_account
from annotation.labelstudio.api.client import Connection
from annotation.labelstudio.api.snapshot import fetch
from annotation.labelstudio.managed.server import Server
from annotation.labelstudio.project import Project
from annotation.labelstudio.push import tasks_on_server
from annotation.labelstudio.submit import submit
from annotation.projects import run_push
from annotation.pulls import pull_project
from annotation.steps import annotators_of, run_build, run_collect, run_preannotate, run_release
from eval.steps import run_report
from schemas.console import err, fail_on_defects, progress, say
from schemas.ledger import Ledger
from schemas.options import adjudicators
from schemas.report import ModelReport
from schemas.workspace import Workspace
from train.steps import job_of, run_fit, run_predict

ADJUDICATORS = adjudicators(None)
STOCK_STEPS = 600
"""Where spaCy's own loop is stopped: its patience would take minutes for the last point."""
OVERLAP = 3
SEED = 0
NOTES = (
    "The sample workspace is synthetic: articles and labels were written for this project by "
    "language models. Its scores show that the machinery works; they say nothing about a tagger "
    "on real news."
)


@dataclass
class Done:
    """What the journey changed, and where it ended."""

    report: Path
    project: Project
    changes: list[str] = field(default_factory=list)

    def note(self, what: str, count: int) -> None:
        """Remember a change."""
        if count:
            self.changes.append(f"{count} {what}")


def run_demo(workspace: Workspace, server: Server, *, stock_steps: int = STOCK_STEPS) -> Done:
    """Go from raw articles to a report; print every step.

    Raises:
        MiyarError: a step fails; the ones before it are done, run it again to go on.
    """
    workspace.check()
    _step(1, "Label Studio")
    server.start(say)
    connection = Connection(server.url, server.credentials().admin.token)
    say(f"  answers at {connection.url}")

    _step(2, "collect raw articles and cut them into passages")
    ledger = Ledger()
    collected = run_collect(workspace, [workspace.root / "raw"], ledger)
    fail_on_defects(ledger, where="mend the raw articles")
    say(f"  {len(collected.new)} new articles, {collected.passages} passages in all")

    _step(3, "pre-annotate by gazetteer, cues and date rules")
    name, count = run_preannotate(workspace)
    say(f"  {count} passages by {name}")

    _step(4, "push to Label Studio")
    ledger = Ledger()
    with progress("  push", collected.passages) as bar:
        pushed = run_push(
            workspace,
            connection,
            ledger,
            overlap=OVERLAP,
            blind=0.15,
            on_batch=lambda n: bar.advance(bar.task_ids[0], n),
        )
    assert pushed.project is not None  # noqa: S101  # only a dry run has none
    say(f"  {pushed.made} tasks made, {pushed.plan.held} were there already")
    done = Done(workspace.runs_dir / "reports" / "model.html", pushed.project)
    done.note("articles", len(collected.new))
    done.note("tasks", pushed.made)

    _annotate(workspace, server, connection, done)
    _gold_to_report(workspace, done, stock_steps)
    return done


def _step(number: int, title: str) -> None:
    err.print(f"[bold]{number}. {title}[/bold]")


def _annotate(workspace: Workspace, server: Server, connection: Connection, done: Done) -> None:
    """Write the shipped annotations into Label Studio as their annotators; pull them back."""
    _step(5, "the shipped annotations, written as their annotators")
    shipped = workspace.annotations()
    export = fetch(connection, done.project)
    held = {
        annotation.get("unique_id")
        for task in export
        if isinstance(task, dict)
        for annotation in task.get("annotations", [])
    }
    missing = [annotation for annotation in shipped if annotation.id not in held]
    if missing:
        accounts = {
            name: ensure_account(server, connection, name) for name in annotators_of(missing)
        }
        on_server = tasks_on_server(connection, done.project)
        with progress("  annotate", len(missing)) as bar:
            submit(
                connection,
                missing,
                passages={passage.id: passage for passage in workspace.passages()},
                task_ids={key: tasks[0][0] for key, tasks in on_server.items()},
                tokens={name: account.token for name, account in accounts.items()},
                on_each=lambda: bar.advance(bar.task_ids[0]),
            )
    say(f"  {len(missing)} written, {len(shipped) - len(missing)} were there already")
    done.note("annotations in Label Studio", len(missing))

    _step(6, "pull and validate")
    ledger = Ledger()
    pulled = pull_project(workspace, connection, ledger).pulled
    fail_on_defects(ledger, where=f"all rejects are in {pulled.rejects}")
    say(
        f"  {pulled.new} new, {pulled.changed} changed, {pulled.unchanged} equal to what the "
        "workspace holds"
    )
    done.note("annotations pulled", pulled.new + pulled.changed + pulled.withdrawn)


def _gold_to_report(workspace: Workspace, done: Done, stock_steps: int) -> None:
    _step(7, "gold: unanimous, majority, adjudicated; split by article")
    ledger = Ledger()
    records = run_build(workspace, ADJUDICATORS, ledger)
    fail_on_defects(ledger, where="these annotations do not count")
    released = run_release(workspace, records, ledger)
    counts = released.manifest.counts
    sizes = ", ".join(f"{name} {counts[f'split:{name}']}" for name in ("train", "dev", "test"))
    say(f"  {released.path.name} {'released' if released.new else 'unchanged'}: {sizes}")
    done.note("gold release", int(released.new))

    _step(8, "fit the taggers")
    fitted = 0
    systems = []
    peer = f"spaCy default, {stock_steps} steps"
    # The tagger, what it is without the codebook's cues, and spaCy's own.
    for name, shown, preset, settings in (
        ("fast", "fast", "fast", {}),
        ("fast-no-cues", "fast without cues", "fast", {"cues": "0"}),
        ("stock", peer, "stock", {"max_steps": str(stock_steps)}),
    ):
        job = job_of(released.path, None, None, preset=preset, seed=SEED, settings=settings)
        model = workspace.runs_dir / "models" / name
        made = run_fit(job, model)
        say(f"  {name}: {'fitted' if made['new'] else 'unchanged'}, threshold {made['threshold']}")
        fitted += made["new"]
        predictions = workspace.predictions_dir / f"{name}.test.jsonl"
        run_predict(model, released.path, "test", predictions)
        systems.append((shown, predictions))
    systems.append(("rules (no training)", workspace.predictions_dir / "rules.jsonl"))
    done.note("models", fitted)

    _step(9, "score and report")
    report = run_report(
        released.path,
        "test",
        systems,
        workspace=workspace,
        adjudicators=ADJUDICATORS,
        title=f"Issue tagger on {workspace.codebook().title.en}",
        notes=NOTES if (workspace.root / "DATASHEET.md").is_file() else "",
        out=done.report,
    )
    _show(report)


def _show(report: ModelReport) -> None:
    for system in (report.system, *report.baselines):
        f1, low, high = system.micro.f1, system.micro.low, system.micro.high
        band = f"[{low:.2f}, {high:.2f}]" if low is not None and high is not None else ""
        say(
            f"  {system.name:28} micro-F1 {f1 or 0:.2f} {band}  macro-F1 {system.macro.f1 or 0:.2f}"
        )
