"""A workspace → what is wrong with it: codebook, gazetteer, passages, annotations, installation."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import combinations, islice

from annotation.ingest.segment import segment
from annotation.ingest.store import UNFINISHED
from annotation.labelstudio.managed.server import label_studio_version
from annotation.preannotate.cues import THRESHOLD, CueScorer
from annotation.preannotate.gazetteer import Entry
from annotation.preannotate.lint import lint
from schemas.article import Passage
from schemas.codebook import Codebook
from schemas.errors import MiyarError
from schemas.finding import Finding, Level
from schemas.gold import GoldRecord
from schemas.jsonl import read, stream
from schemas.text import fold
from schemas.workspace import Workspace

_ENOUGH = 5
"""How many passages must have an issue before something is said of what it occurs with."""
_PACKAGES = ("miyar", "spacy", "pydantic", "scikit-learn", "label-studio-sdk")


def installation() -> dict[str, str]:
    """Return the versions that matter; Label Studio has an environment of its own."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    found |= {package: version(package) for package in _PACKAGES}
    return found | {"label-studio": label_studio_version() or "not installed yet"}


def examine(workspace: Workspace) -> Iterator[Finding]:
    """Yield all findings. A part that cannot be read is one finding, and the rest goes on."""
    workspace.check()
    try:
        codebook = workspace.codebook()
    except MiyarError as error:
        yield Finding(level=Level.ERROR, code="unreadable", where="codebook", text=str(error))
        return
    yield from _codebook(codebook)
    yield from _leftovers(workspace)
    for what, check in (
        ("gazetteer", _gazetteer),
        ("passages", _passages),
        ("annotations", _annotations),
        ("gold", _gold),
    ):
        yield from _guarded(what, lambda check=check: check(workspace, codebook))  # type: ignore[misc]


def _guarded(what: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except MiyarError as error:
        yield Finding(level=Level.ERROR, code="unreadable", where=what, text=str(error))


def _codebook(codebook: Codebook) -> Iterator[Finding]:
    scorer = CueScorer(codebook)
    for issue in codebook.issues:
        where = f"codebook: {issue.id}"
        if not issue.cues.strong and not issue.cues.weak:
            text = "has no cues: nothing pre-annotates it."
            yield Finding(level=Level.NOTE, code="no_cues", where=where, text=text)
        for example in issue.examples:
            scores, _ = scorer.score(example.text, fold(example.text))
            if (scores[issue.id] >= THRESHOLD) is not example.present:
                found = "find it present" if not example.present else "do not find it"
                text = f"its own cues {found} in the example «{example.text}»; look at both."
                yield Finding(level=Level.NOTE, code="example_against_cues", where=where, text=text)
    if codebook.unit == "article":
        text = "unit: article is not supported yet; passages are labelled."
        yield Finding(level=Level.WARNING, code="unit_article", where="codebook", text=text)


def _leftovers(workspace: Workspace) -> Iterator[Finding]:
    """Folders of a collection that was killed; what it would have stored is not there."""
    for path in sorted(workspace.root.glob(UNFINISHED + "*")):
        text = "was left by a collection that did not end; if none is running, delete it."
        yield Finding(level=Level.WARNING, code="unfinished", where=path.name, text=text)


def _gazetteer(workspace: Workspace, codebook: Codebook) -> Iterator[Finding]:
    if workspace.gazetteer_file.is_file():
        yield from lint(read(workspace.gazetteer_file, Entry), codebook)


def _passages(workspace: Workspace, _: Codebook) -> Iterator[Finding]:
    """Compare the passages on disk with what today's segmentation cuts."""
    if not workspace.passages_file.is_file():
        return
    copies = {copy for cluster in workspace.clusters() for copy in cluster.copies}
    today = {
        passage.id
        for article in workspace.stream_articles()
        if article.id not in copies
        for passage in segment(article)
    }
    held = {passage.id for passage in stream(workspace.passages_file, Passage)}
    if missing := len(today - held) + len(held - today):
        text = (
            f"{missing} passages differ from what today's segmentation cuts; run `miyar annotation "
            "collect` again. Annotations of passages that change are not used any more."
        )
        yield Finding(level=Level.WARNING, code="stale_passages", where="passages", text=text)


def _annotations(workspace: Workspace, codebook: Codebook) -> Iterator[Finding]:
    annotations = workspace.annotations()
    other = sum(a.codebook != codebook.hash for a in annotations)
    if other:
        text = f"{other} of {len(annotations)} were made under another codebook and do not count."
        yield Finding(level=Level.WARNING, code="other_codebook", where="annotations", text=text)
    if workspace.passages_file.is_file():
        known = {passage.id for passage in stream(workspace.passages_file, Passage)}
        lost = sum(a.passage_id not in known for a in annotations)
        if lost:
            text = f"{lost} of {len(annotations)} name no passage of the workspace."
            yield Finding(
                level=Level.WARNING, code="unknown_passage", where="annotations", text=text
            )


def _gold(workspace: Workspace, codebook: Codebook) -> Iterator[Finding]:
    """Issues that gold never has, and pairs that always come together."""
    if not workspace.gold_file.is_file():
        return
    present = [set(record.present()) for record in read(workspace.gold_file, GoldRecord)]
    counts = Counter(issue for issues in present for issue in issues)
    for issue in codebook.issue_ids:
        if not counts[issue]:
            text = f"no passage of {len(present)} in gold has it: nothing can learn it."
            yield Finding(level=Level.NOTE, code="never_present", where=f"gold: {issue}", text=text)
    for pair in combinations(codebook.issue_ids, 2):
        both = sum(issues.issuperset(pair) for issues in present)
        for one, other in (pair, pair[::-1]):
            if both == counts[one] >= _ENOUGH:
                text = f"all {both} passages with it have {other} too: can they be told apart?"
                yield Finding(
                    level=Level.NOTE, code="always_together", where=f"gold: {one}", text=text
                )


def summary(findings: list[Finding], *, shown: int) -> Iterator[str]:
    """Yield lines for people: errors and warnings whole, of each kind of note the first few."""
    for level in (Level.ERROR, Level.WARNING):
        for finding in findings:
            if finding.level is level:
                yield f"{level}: {finding.where}: {finding.text}"
    notes = [finding for finding in findings if finding.level is Level.NOTE]
    for code, n in Counter(finding.code for finding in notes).items():
        for finding in islice((f for f in notes if f.code == code), shown):
            yield f"note: {finding.where}: {finding.text}"
        if n > shown:
            yield f"note: … and {n - shown} more of {code} (--notes shows all)"
