"""Three simulated annotators with known error rates label 300 passages through the API.

Everything that is measured afterwards is held against what was planted. Seeds are fixed, and arms
are chosen by hash of texts that are fixed, so the outcome is the same every time: every interval
must hold what was planted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import uuid4

import numpy as np
import pytest
from scipy.stats import binom

from annotation.labelstudio.accounts import ensure_account
from annotation.labelstudio.api.client import ONCE, Connection, client_for
from annotation.labelstudio.interface.config import ENTITIES, ISSUES, TEXT
from annotation.labelstudio.managed.server import Server
from annotation.projects import run_push
from annotation.pulls import pull_project
from annotation.steps import rule_predictor, run_build, run_collect
from eval.steps import run_agreement, run_assistance, run_quality
from schemas.annotation import AnnotatedSpan, Annotation, Arm
from schemas.codebook import CANNOT_JUDGE, NONE_OF_THESE
from schemas.jsonl import write
from schemas.ledger import Ledger, Reason, State, Unit
from schemas.workspace import Workspace
from tests.claims import SWAYED, alpha_of_votes, check_claims, holds, quality_claims, sway_claims
from tests.conftest import CORPUS
from tests.simulation import (
    Bools,
    Skill,
    Work,
    World,
    annotations,
    make_world,
    planted_shares,
    predictions,
    texts,
    votes_of,
    work,
)

ARTICLES, EACH, SEED = 75, 4, 20
BLIND = 0.5
MACHINE = Skill(
    miss=0.3, alarm=0.03, span_miss=0.2, boundary=0.08, wrong_label=0.06, span_alarm=0.08
)
_HELP = {"anchor": 0.5, "faster": 0.6}
"""Half of what is shown is taken over unread, in six tenths of the time."""
TEAM = {
    "muna": Skill(miss=0.1, alarm=0.01, skip=0.02, cannot_judge=0.02, **_HELP),
    "samir": Skill(miss=0.2, alarm=0.02, skip=0.03, cannot_judge=0.01, **_HELP),
    "huda": Skill(miss=0.15, alarm=0.005, skip=0.01, cannot_judge=0.03, **_HELP),
}
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Campaign:
    """What was planted, what was done, and the workspace that it was pulled into."""

    space: Workspace
    world: World
    assisted: Bools
    done: list[Work]
    model: str
    pulled: list[Annotation]
    ledger: Ledger


@pytest.fixture(scope="module")
def campaign(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """Collect, predict, push, let three annotators work through the API, and pull."""
    root = tmp_path_factory.mktemp("campaign")
    space = Workspace(root / "ws")
    space.root.mkdir()
    space.codebook_file.write_bytes((CORPUS / "codebook.yaml").read_bytes())
    raw = root / "raw"
    raw.mkdir()
    for number, text in enumerate(texts(ARTICLES, EACH, seed=SEED)):
        (raw / f"{number:03}.txt").write_text(text, encoding="utf-8")
    run_collect(space, [raw], Ledger())
    passages, codebook = space.passages(), space.codebook()
    assert len(passages) == ARTICLES * EACH
    world = make_world(
        codebook.issue_ids,
        codebook.entity_ids,
        [passage.article_id for passage in passages],
        MACHINE,
        seed=SEED,
    )
    model = rule_predictor(space).name
    write(space.predictions_dir / "rules.jsonl", predictions(world, passages, model=model))
    connection = Connection(server.url, server.credentials().admin.token)
    ledger = Ledger()
    title = f"campaign {uuid4().hex[:12]}"
    done = run_push(space, connection, ledger, title=title, overlap=len(TEAM), blind=BLIND)
    assert done.project is not None
    tasks = tasks_with_predictions(connection, done.project.id)
    assisted = np.array([tasks[passage.id].prediction is not None for passage in passages])
    team = work(world, TEAM, assisted)
    truth = annotations(world, passages, team, assisted, model=model, codebook=codebook.hash)
    submit(server, connection, space, team, truth, tasks)
    ledger = Ledger()
    taken = pull_project(space, connection, ledger, title=title)
    ledger.check()
    return Campaign(space, world, assisted, team, model, taken.annotations, ledger)


@dataclass(frozen=True)
class Task:
    """A task as an annotator's browser gets it."""

    id: int
    prediction: int | None
    regions: dict[tuple[int, int, str], str]
    """The prediction's spans → region id."""


def tasks_with_predictions(connection: Connection, project: int) -> dict[str, Task]:
    """Return passage id → task, with what it shows."""
    found = {}
    for task in connection.client.tasks.list(project=project, page_size=500, fields="all"):
        shown = list(task.predictions or [])
        regions = {
            (r["value"]["start"], r["value"]["end"], r["value"]["labels"][0]): r["id"]
            for r in (shown[0].result if shown else [])
            if r["type"] == "labels"
        }
        found[task.data["ext_id"]] = Task(task.id, shown[0].id if shown else None, regions)
    return found


def submit(
    server: Server,
    connection: Connection,
    space: Workspace,
    team: list[Work],
    truth: list[Annotation],
    tasks: dict[str, Task],
) -> None:
    """Post every annotation as its annotator, in the form in which a browser does."""
    said = {(a.annotator, a.passage_id): a for a in truth}
    codebook, passages = space.codebook().issue_ids, space.passages()
    clients = {
        one.name: client_for(server.url, ensure_account(server, connection, one.name).token)
        for one in team
    }
    for n, passage in enumerate(passages):
        for one in team:
            task = tasks[passage.id]
            given = said.get((one.name, passage.id))
            body = {"result": [], "was_cancelled": True}
            if given is not None:
                body = {"result": list(result_of(given, passage.text, task, codebook))}
            if given is not None and task.prediction is not None:
                body["parent_prediction"] = task.prediction
            clients[one.name].annotations.create(
                id=task.id, lead_time=float(one.seconds[n]), request_options=ONCE, **body
            )


def result_of(
    given: Annotation, text: str, task: Task, issues: tuple[str, ...]
) -> Iterator[dict[str, object]]:
    """Yield the regions and ticks of an annotation."""
    for number, span in enumerate(given.spans):
        near = [key for key in task.regions if key[0] < span.end and span.start < key[1]]
        yield {
            "id": task.regions[near[0]] if near else f"drawn{number}",
            "from_name": ENTITIES,
            "to_name": TEXT,
            "type": "labels",
            "origin": span.origin.value,
            "value": {
                "start": span.start,
                "end": span.end,
                "text": text[span.start : span.end],
                "labels": [span.label],
            },
        }
    ticked = [issue for issue in issues if given.issues[issue] == "present"]
    if "not_judged" in given.issues.values():
        ticked = [CANNOT_JUDGE]
    choices = {"choices": ticked or [NONE_OF_THESE]}
    yield {"from_name": ISSUES, "to_name": TEXT, "type": "choices", "value": choices}


@pytest.fixture(scope="module")
def large() -> tuple[World, list[Work], Bools]:
    """The same team on 30,000 passages: what the planted rates imply."""
    codebook = Workspace(CORPUS).codebook()
    articles = [str(n // EACH) for n in range(30_000)]
    world = make_world(codebook.issue_ids, codebook.entity_ids, articles, MACHINE, seed=SEED + 1)
    assisted = np.random.default_rng(SEED).random(len(articles)) >= BLIND
    return world, work(world, TEAM, assisted), assisted


def test_each_of_900_annotations_is_accounted_for(campaign: Campaign) -> None:
    ledger = campaign.ledger
    skipped = sum(int(one.skipped.sum()) for one in campaign.done)
    assert ledger.received[Unit.ANNOTATIONS] == len(TEAM) * ARTICLES * EACH == 900
    assert ledger.states[Unit.ANNOTATIONS, State.ACCEPTED] == 900 - skipped
    assert ledger.reasons[Unit.ANNOTATIONS, State.REJECTED, Reason.SKIPPED] == skipped > 0
    assert ledger.states[Unit.TASKS, State.ACCEPTED] == ARTICLES * EACH


def test_what_was_submitted_comes_back_as_it_was(campaign: Campaign) -> None:
    expected = annotations(
        campaign.world,
        campaign.space.passages(),
        campaign.done,
        campaign.assisted,
        model=campaign.model,
        codebook=campaign.space.codebook().hash,
    )
    own = {"id", "created_at", "updated_at"}

    def said(given: list[Annotation]) -> dict[tuple[str, str], str]:
        return {(a.passage_id, a.annotator): a.model_dump_json(exclude=own) for a in given}

    assert said(campaign.pulled) == said(expected)
    arms = Counter(a.arm for a in campaign.pulled)
    assert min(arms[arm] for arm in Arm) > 300


def test_the_interval_of_alpha_holds_the_alpha_of_the_planted_rates(
    campaign: Campaign, large: tuple[World, list[Work], Bools]
) -> None:
    implied = alpha_of_votes(large[1])
    found = run_agreement(campaign.space, NOBODY)
    assert found.units == 300
    assert holds(found.alpha, implied)


def test_gold_by_majority_errs_as_often_as_the_planted_rates_imply(
    campaign: Campaign, large: tuple[World, list[Work], Bools]
) -> None:
    records = run_build(campaign.space, NOBODY, Ledger(), dry_run=True)
    row = {passage.id: n for n, passage in enumerate(campaign.space.passages())}
    issues = campaign.world.issues
    decided = [
        (bool(campaign.world.truth.issues[row[r.passage.id], issues.index(issue)]), present)
        for r in records
        for issue, present in r.judged().items()
    ]
    world, done, _ = large
    votes = votes_of(done)
    judged = (~np.isnan(votes)).sum(axis=0)
    share = np.nansum(votes, axis=0) / np.maximum(judged, 1)
    truth = world.truth.issues.ravel()
    for present in (True, False):
        settled = (share != 0.5) & (judged > 0) & (truth == present)
        implied = float(((share > 0.5) != present)[settled].mean())
        wrong = [gold != present for really, gold in decided if really == present]
        low, high = binom.interval(0.99, len(wrong), implied)
        assert low <= sum(wrong) <= high, (present, sum(wrong), len(wrong), implied)


def test_the_quality_of_annotators_is_what_was_planted(
    campaign: Campaign, large: tuple[World, list[Work], Bools]
) -> None:
    # In the blind arm: taken-over predictions are errors that annotators share.
    found = run_quality(campaign.space, NOBODY, arm=Arm.BLIND)
    world, _, _ = large
    nobody_helped = np.zeros(len(world.truth.issues), dtype=bool)
    spans = {}
    for name, skill in TEAM.items():
        (alone,) = work(world, {name: replace(skill, skip=0, cannot_judge=0)}, nobody_helped)
        spans[name] = planted_shares(world, [alone], nobody_helped)["spans_right blind"]
        assert found.annotators[name].lead_time_s.value == pytest.approx(40, rel=0.15)
    check_claims(quality_claims(found, TEAM, spans))


def test_skips_and_passages_that_cannot_be_judged_are_told_by_annotator(
    campaign: Campaign,
) -> None:
    found = run_quality(campaign.space, NOBODY).annotators
    for one in campaign.done:
        assert found[one.name].skipped == int(one.skipped.sum())
        assert found[one.name].cannot_judge == int(one.unsure.sum())


def test_the_planted_sway_is_found(
    campaign: Campaign, large: tuple[World, list[Work], Bools]
) -> None:
    world, done, assisted = large
    implied = planted_shares(world, done, assisted)
    found = run_assistance(campaign.space, NOBODY)
    assert found.model == campaign.model
    assert [found.arms[arm].without_prediction for arm in ("assisted", "blind")] == [0, 0]
    check_claims(sway_claims(found, implied, faster=0.6))
    for case in SWAYED:
        change = found.sway[case].change
        assert change.low is not None
        assert change.low > 0, case
    assert found.by_choice == found.mixed == 0


def test_what_became_of_shown_spans_is_what_was_submitted_as_their_origin(
    campaign: Campaign,
) -> None:
    found = run_assistance(campaign.space, NOBODY)
    shown: list[AnnotatedSpan] = [
        span for a in campaign.pulled if a.arm is Arm.ASSISTED for span in a.spans
    ]
    origins = Counter(span.origin.value for span in shown)
    assert found.origins == dict(sorted(origins.items()))
    assert found.spans.kept == origins["prediction"]
    assert found.spans.changed == origins["prediction-changed"]
    assert found.spans.added == origins["manual"]
    assert found.spans.shown == found.spans.kept + found.spans.changed + found.spans.removed
