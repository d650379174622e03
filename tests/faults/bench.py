"""A real server behind the proxy, small workspaces, and annotations for them."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import yaml

from annotation.labelstudio.accounts import DOMAIN
from annotation.labelstudio.api.client import ONCE, Connection
from annotation.labelstudio.api.patience import Patience
from schemas.annotation import AnnotatedSpan, Annotation, Arm, Judgement, Prediction
from schemas.article import Article, Passage, Span, article_id, passage_id
from schemas.jsonl import write
from schemas.workspace import Workspace
from tests.conftest import CORPUS
from tests.faults.proxy import Proxy

WHEN = datetime(2024, 5, 1, tzinfo=UTC)
PLACE = "بكين"
FOREIGN = "somebody else's"
FIELDS = ("text", "title", "previous", "next", "url")
"""What the interface asks of every task."""


@dataclass
class Bench:
    """A real server behind a proxy, and a place for workspaces."""

    proxy: Proxy
    direct: Connection
    """Past the proxy: sets up and looks at what is left."""
    token: str
    root: Path
    name: str = field(default_factory=lambda: uuid4().hex[:6])
    """Part of all titles: a session that was broken off may have left projects behind."""
    projects: list[int] = field(default_factory=list)
    _foreign: tuple[int, int] | None = None

    @property
    def annotator(self) -> str:
        """Name of the one whose token it is."""
        return str(self.direct.user.email).removesuffix(f"@{DOMAIN}")

    def connection(self, seed: int) -> Connection:
        """Return a connection through the proxy that waits no longer than a test may."""
        return Connection(self.proxy.url, self.token, patience(seed))

    def meddle(self, number: int) -> None:
        """Add a task that is not ours to a project, and delete the one added before."""
        row = {"data": {**dict.fromkeys(FIELDS, "x"), "ext_id": FOREIGN}}
        request: Any = [row]
        made = self.direct.client.projects.import_tasks(
            id=number, request=request, return_task_ids=True, request_options=ONCE
        )
        before, self._foreign = self._foreign, (number, (made.task_ids or [0])[0])
        if before and before[0] == number:
            self.direct.client.tasks.delete(id=str(before[1]), request_options=ONCE)

    def clean(self) -> None:
        """Remove the projects of the last run: the server's lists should stay short."""
        for number in self.projects:
            self.direct.client.projects.delete(id=number, request_options=ONCE)
        self.projects.clear()


def patience(seed: int) -> Patience:
    """Return short pauses; a request is given up after some seconds."""
    return Patience(random.Random(seed), tries=5, first_s=0.02, longest_s=0.2, timeout_s=5)


def make_workspace(root: Path, seed: int, passages: int) -> Workspace:
    """Write a workspace of one article with predictions of one model."""
    shutil.rmtree(root, ignore_errors=True)
    space = Workspace(root)
    root.mkdir(parents=True)
    space.codebook_file.write_text(_small_codebook(), encoding="utf-8")
    parts = [f"خبر {seed} رقم {n}: زار الوفد {PLACE} وبحث ملف التجارة 😀." for n in range(passages)]
    text = "\n".join(parts)
    article = Article(
        id=article_id(text, source="test", url=None),
        text=text,
        source="test",
        file="faults.txt",
        collected_at=WHEN,
    )
    cut, start = [], 0
    for position, part in enumerate(parts):
        end = start + len(part)
        name = passage_id(article.id, start, end)
        cut.append(
            Passage(
                id=name, article_id=article.id, start=start, end=end, text=part, position=position
            )
        )
        start = end + 1
    write(space.articles_dir / "faults.jsonl", [article])
    write(space.passages_file, cut)
    write_predictions(space, "machine-1")
    return space


@cache
def _small_codebook() -> str:
    """Return a codebook that is read in no time: it is read again in every attempt."""
    whole = yaml.safe_load((CORPUS / "codebook.yaml").read_text(encoding="utf-8"))
    places = [entity for entity in whole["entities"] if entity["id"] == "GPE"]
    small = {**whole, "issues": whole["issues"][:3], "entities": places, "decisions": []}
    return json.dumps(small)


def write_predictions(space: Workspace, model: str) -> None:
    """Write predictions of all passages by some model."""
    codebook = space.codebook()
    found = []
    for passage in space.passages():
        at = passage.text.index(PLACE)
        found.append(
            Prediction(
                passage_id=passage.id,
                model=model,
                issues=dict.fromkeys(codebook.issue_ids, 0.1),
                present=(),
                spans=(Span(start=at, end=at + len(PLACE), label="GPE"),),
            )
        )
    write(space.predictions_dir / "machine.jsonl", found)


def annotations(bench: Bench, space: Workspace, seed: int) -> list[Annotation]:
    """Make one annotation of each passage, by the one whose token the bench has."""
    codebook, rng, made = space.codebook(), random.Random(f"{space.root} {seed}"), []
    for passage in space.passages():
        issues = dict.fromkeys(codebook.issue_ids, Judgement.ABSENT)
        issues[rng.choice(codebook.issue_ids)] = Judgement.PRESENT
        at = passage.text.index(PLACE)
        made.append(
            Annotation(
                id=str(UUID(int=rng.getrandbits(128), version=4)),
                passage_id=passage.id,
                annotator=bench.annotator,
                created_at=WHEN,
                arm=Arm.BLIND,
                codebook=codebook.hash,
                issues=issues,
                spans=(AnnotatedSpan(start=at, end=at + len(PLACE), label="GPE"),),
            )
        )
    return made
