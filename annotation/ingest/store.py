"""Articles as they come → the files of a workspace: articles, clusters, passages, hygiene.

Everything is written beside its place first and moved there at the end, when the counts add
up; texts pass through one by one and none is kept in memory.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from errno import EXDEV
from pathlib import Path
from shutil import copyfile

from annotation.ingest.boilerplate import RepeatedLines
from annotation.ingest.collect import settle
from annotation.ingest.duplicates import find_clusters
from annotation.ingest.hygiene import Kind, hygiene
from annotation.ingest.segment import segment
from schemas.article import Article, Cluster
from schemas.jsonl import atomic, stream, write
from schemas.ledger import Ledger, Reason, Unit
from schemas.record import sha256
from schemas.workspace import Workspace

UNFINISHED = ".collect-"
"""How the folders of unfinished files begin, in the workspace."""
OnStep = Callable[[str], None]


@dataclass(slots=True)
class Stored:
    """What was stored, by ids and counts."""

    new: list[str] = field(default_factory=list)
    """Ids of the new articles, in the order they came."""
    articles: int = 0
    """Articles of the workspace, old and new."""
    passages: int = 0
    """Passages of the workspace: those of exact copies are not among them."""
    clusters: int = 0
    """Groups of articles with one text, exactly or nearly."""
    hygiene: Counter[Kind] = field(default_factory=Counter)
    """Kind → number of articles of the workspace that have it."""


def store(
    workspace: Workspace,
    articles: Iterable[Article],
    ledger: Ledger,
    *,
    dry_run: bool = False,
    on_step: OnStep = lambda step: None,
) -> Stored:
    """Settle each article, store the new ones, and make again what depends on all of them.

    Args:
        workspace: where to.
        articles: valid articles, each received by the ledger.
        ledger: settles each of them: an article that the workspace or this run has already, and
            a duplicate of another one, is accepted with a remark.
        dry_run: count only; nothing stays written.
        on_step: told what begins, for people who wait.

    Raises:
        GateError: the counts do not add up; nothing is written.
    """
    stored, lines = Stored(), RepeatedLines()
    with (
        _workbench(None if dry_run else workspace.root) as bench,
        (bench / "rejects.jsonl").open("w", encoding="utf-8", newline="") as rejects_file,
    ):
        # There may be as many as articles: they go to a file, not into memory.
        ledger.sink = lambda reject: rejects_file.write(reject.to_line() + "\n")
        known = _known(workspace, lines)
        write(bench / "new", _settled(articles, known, ledger, stored, lines))
        files = _files(workspace, bench, stored)

        def every() -> Iterator[Article]:
            for path in files:
                yield from stream(path, Article)

        on_step("find duplicates")
        clusters = find_clusters(every)
        _remark(clusters, set(stored.new), ledger)
        stored.clusters = len(clusters)
        write(bench / "clusters.jsonl", clusters)
        on_step("cut into passages")
        copies = {member for cluster in clusters for member in cluster.copies}
        _cut(bench, every, copies, ledger, stored, lines)
        ledger.check()
        rejects_file.close()
        ledger.sink = None
        if not dry_run:
            _publish(workspace, bench, files)
    return stored


def _files(workspace: Workspace, bench: Path, stored: Stored) -> list[Path]:
    """Return the article files, old and new, in the order in which they will be read later."""
    files = list(workspace.articles_dir.glob("*.jsonl"))
    if stored.new:
        name = f"articles-{sha256(''.join(stored.new))[:8]}.jsonl"
        files.append((bench / "new").replace(bench / name))
    return sorted(files, key=lambda path: path.name)


def _publish(workspace: Workspace, bench: Path, files: list[Path]) -> None:
    """Put what was made into its place: first all beside their places, then all in.

    The articles come into place first: passages and clusters may name these only, and whatever
    is missing when the run is ended in between is made again by the next one.
    """
    places = {
        bench / "hygiene.jsonl": workspace.hygiene_file,
        bench / "rejects.jsonl": workspace.rejects_file,
        bench / "passages.jsonl": workspace.passages_file,
        bench / "clusters.jsonl": workspace.clusters_file,
    }
    new = [path for path in files if path.parent == bench]
    places.update((path, workspace.articles_dir / path.name) for path in new)
    with ExitStack() as placed:  # left in reverse
        for made, place in places.items():
            if made.stat().st_size or place.exists():  # an empty file only empties another
                _copy_or_move(made, placed.enter_context(atomic(place)))
    if workspace.rejects_file.is_file() and not workspace.rejects_file.stat().st_size:
        workspace.rejects_file.unlink()


@contextmanager
def _workbench(root: Path | None) -> Iterator[Path]:
    """Give a folder for unfinished files, on the disk where they will stand, and remove it."""
    with tempfile.TemporaryDirectory(dir=root, prefix=UNFINISHED) as folder:
        yield Path(folder)


def _known(workspace: Workspace, lines: RepeatedLines) -> set[str]:
    ids = set()
    for article in workspace.stream_articles():
        ids.add(article.id)
        lines.add(article.text)
    return ids


def _settled(
    articles: Iterable[Article],
    known: set[str],
    ledger: Ledger,
    stored: Stored,
    lines: RepeatedLines,
) -> Iterator[Article]:
    """Settle every article, and yield those that nobody has yet."""
    taken: set[str] = set()
    for article in articles:
        if article.id in known:
            ledger.accept(Unit.ARTICLES)  # nothing of it is stored, so nothing was transcoded
            ledger.remark(Unit.ARTICLES, Reason.ALREADY_COLLECTED)
            continue
        settle(article, ledger)
        if article.id in taken:
            ledger.remark(Unit.ARTICLES, Reason.DUPLICATE_EXACT)
        else:
            taken.add(article.id)
            stored.new.append(article.id)
            lines.add(article.text)
            yield article


def _remark(clusters: Iterable[Cluster], new: set[str], ledger: Ledger) -> None:
    """Say how many of the new articles have the text of an earlier one, exactly or nearly."""
    for cluster in clusters:
        later = new.intersection(cluster.members[1:])
        exact = later.intersection(cluster.copies)
        ledger.remark(Unit.ARTICLES, Reason.DUPLICATE_EXACT, len(exact))
        ledger.remark(Unit.ARTICLES, Reason.DUPLICATE_NEAR, len(later) - len(exact))


def _cut(
    bench: Path,
    articles: Callable[[], Iterator[Article]],
    copies: set[str],
    ledger: Ledger,
    stored: Stored,
    lines: RepeatedLines,
) -> None:
    """Write the passages of all articles but copies, and what is odd in the articles."""
    with (
        (bench / "passages.jsonl").open("w", encoding="utf-8", newline="") as passages_file,
        (bench / "hygiene.jsonl").open("w", encoding="utf-8", newline="") as hygiene_file,
    ):
        for article in articles():
            stored.articles += 1
            passages = segment(article)
            ledger.receive(Unit.PASSAGES, len(passages))
            if article.id in copies:
                ledger.reject_parts(Unit.PASSAGES, Reason.COPY_OF_ANOTHER, len(passages))
            else:
                for passage in passages:
                    passage.check_against(article)
                    passages_file.write(passage.to_line() + "\n")
                ledger.accept(Unit.PASSAGES, len(passages))
                stored.passages += len(passages)
            if found := hygiene(article, lines):
                stored.hygiene.update(found.counts.keys())
                hygiene_file.write(found.to_line() + "\n")


def _copy_or_move(made: Path, place: Path) -> None:
    try:
        made.replace(place)
    except OSError as error:
        if error.errno != EXDEV:  # another disk, such as a link in place of a folder
            raise
        copyfile(made, place)
