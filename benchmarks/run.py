"""Run all benchmarks; write the numbers to results/latest.json and the tables of README.md.

    python -m benchmarks.run [--data FOLDER] [--real FOLDER] [--only PART ...]

The data folder may hold saudinewsnet/articles.jsonl.gz, anercorp/ and ntrex/, the other one the
two articles that real-entities.jsonl has labels for. What is not there is measured on synthetic
text, or, where synthetic text would say nothing, left as it was.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from benchmarks import (
    alignment,
    collecting,
    duplicates,
    entities,
    matching,
    push_pull,
    sentences,
    tagging,
)
from benchmarks.data import articles, passages
from benchmarks.measure import Row

HERE = Path(__file__).parent
ARTICLES = 1500
MADE = ("tagging", "push_pull")
"""Parts that are always measured on synthetic text."""
ANERCORP = ("ANERCorp_CamelLab_test.txt", "ANERCorp_CamelLab_test.repaired.txt")


def parts(data: Path | None, real: Path | None) -> dict[str, Callable[[], list[Row]]]:
    """Return the parts that can be measured with this data, by name."""
    news = data / "saudinewsnet" / "articles.jsonl.gz" if data else None
    news = news if news and news.is_file() else None
    texts = articles(news, ARTICLES)
    runs: dict[str, Callable[[], list[Row]]] = {
        "folding": lambda: matching.fold_rows(texts),
        "matching": lambda: matching.match_rows(texts),
        "cutting": lambda: sentences.speed(_paragraphs() if news is None else texts),
        "alignment": lambda: alignment.rows(texts),
        "collecting": lambda: collecting.rows(news),
        "duplicates": lambda: duplicates.rows(duplicates.read_texts(news)),
        "tagging": tagging.rows,
        "push_pull": push_pull.rows,
    }
    if data and (data / "ntrex").is_dir():
        runs["boundaries"] = lambda: sentences.quality(data / "ntrex")
    if data and (data / "anercorp").is_dir():
        runs["entities"] = lambda: list(_entities(data / "anercorp"))
    if real:
        runs["articles"] = lambda: entities.score_articles(real, HERE / "real-entities.jsonl")
    return runs


def _paragraphs() -> list[str]:
    some = passages(3000, words=60, seed=3)
    return ["\n".join(some[n : n + 10]) for n in range(0, len(some), 10)]


def _entities(folder: Path) -> Iterator[Row]:
    for name in ANERCORP:
        yield from entities.score(folder / name)


def show(rows: list[Row]) -> str:
    """Return rows as a Markdown table; their keys are its columns."""
    columns = list(rows[0])
    lines = ["| " + " | ".join(c.replace("_", " ") for c in columns) + " |"]
    lines.append("|" + "---|" * len(columns))
    lines += ["| " + " | ".join(str(row[c]) for c in columns) + " |" for row in rows]
    return "\n".join(lines)


def fill(readme: Path, results: dict[str, dict[str, object]]) -> None:
    """Put the table of each part between its markers."""
    text = readme.read_text(encoding="utf-8")
    for part, result in results.items():
        start, end = f"<!-- {part} -->", f"<!-- /{part} -->"
        before, rest = text.split(start)
        after = rest.split(end)[1]
        rows: list[Row] = result["rows"]  # type: ignore[assignment]
        table = show(rows)
        text = f"{before}{start}\n\n{table}\n\nOn {result['texts']}.\n{end}{after}"
    readme.write_text(text, encoding="utf-8")


def main() -> None:
    """Run what was asked for; what was not keeps the numbers of its last run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--only", nargs="*", default=())
    options = parser.parse_args()
    path = HERE / "results" / "latest.json"
    results = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    packages = ("spacy", "numpy", "ahocorasick-rs", "rensa")
    for part, run in parts(options.data, options.real).items():
        if options.only and part not in options.only:
            continue
        print(f"{part} …", flush=True)
        results[part] = {
            "texts": "synthetic text" if part in MADE or not options.data else "real text",
            "python": platform.python_version(),
            "machine": platform.machine(),
            "packages": {name: version(name) for name in packages},
            "rows": run(),
        }
        print(show(results[part]["rows"]))
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        fill(HERE / "README.md", {part: results[part]})


if __name__ == "__main__":
    main()
