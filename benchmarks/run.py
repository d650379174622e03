"""Measure, write results/latest.json, and put the table into README.md between its markers.

CPU seconds of one process, the best of three; peers get the same texts in the same run.
"""

from __future__ import annotations

import json
import platform
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import spacy

from annotation.preannotate.gazetteer import Gazetteer, read_gazetteer
from benchmarks.data import CORPUS, passages
from schemas.codebook import Codebook, read_codebook
from schemas.text import fold

HERE = Path(__file__).parent
START, END = "<!-- results -->", "<!-- /results -->"


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the least CPU time of three runs."""
    times = []
    for _ in range(3):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times)


def gazetteer_row(codebook: Codebook) -> dict[str, object]:
    """Match the shipped gazetteer against raw text; the peer is spaCy's EntityRuler."""
    texts = passages(400, words=60, seed=0)
    size = sum(len(text.encode()) for text in texts) / 1e6
    gazetteer: Gazetteer = read_gazetteer(CORPUS / "gazetteer.jsonl", codebook)

    def ours() -> None:
        for text in texts:
            gazetteer.spans(text, fold(text))

    nlp = spacy.blank("ar")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]  # add_pipe is typed as a callable
        [
            {"label": entry.label, "pattern": form}
            for entry in gazetteer.entries
            for form in (entry.name.ar, *entry.variants)
        ]
    )
    return _row(
        "gazetteer on raw text (MB/s)",
        size / cpu_seconds(ours),
        "spaCy EntityRuler",
        size / cpu_seconds(lambda: list(nlp.pipe(texts))),
    )


def tagger_rows() -> list[dict[str, object]]:
    """Tag passages of 60 words with both presets, fitted here on the corpus's own texts."""
    from schemas.dataset import Dataset, Example
    from train.fit import Job, fit
    from train.predict import Tagger

    texts = passages(64, words=60, seed=1)
    examples = tuple(
        Example(f"e{n}", text, f"g{n}", {"odd": n % 2 == 1, "even": n % 2 == 0})
        for n, text in enumerate(texts)
    )
    halves = [
        Dataset(name, ("odd", "even"), part, name)
        for name, part in (("train", examples[:48]), ("dev", examples[48:]))
    ]
    many = passages(1000, words=60, seed=2)
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        for preset, settings in (("fast", {}), ("stock", {"max_steps": 20})):
            out = Path(folder) / preset
            fit(Job(preset, halves[0], halves[1], seed=0, settings=settings), out)
            tagger = Tagger(out)
            rates[preset] = len(many) / cpu_seconds(lambda t=tagger: list(t.scores(many)))
    name = "tagging, 60-word passages (1/s)"
    return [_row(name, rates["fast"], "spaCy textcat_multilabel (BOW)", rates["stock"])]


def _row(name: str, ours: float, peer: str, theirs: float) -> dict[str, object]:
    return {
        "what": name,
        "miyar": round(ours, 1),
        "peer": peer,
        "peer_value": round(theirs, 1),
        "ratio": round(ours / theirs, 2),
    }


def main() -> None:
    """Run everything, write the results and the table."""
    rows = [gazetteer_row(read_codebook(CORPUS / "codebook.yaml")), *tagger_rows()]
    result = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "spacy": version("spacy"),
        "rows": rows,
    }
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    text = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
    (folder / "latest.json").write_text(text, encoding="utf-8")
    table = ["| what | Miyar | peer | peer's | ratio |", "|---|---|---|---|---|"]
    table += [
        f"| {r['what']} | {r['miyar']} | {r['peer']} | {r['peer_value']} | {r['ratio']} |"
        for r in rows
    ]
    readme = HERE / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(START)
    after = rest.split(END)[1]
    block = "\n".join(
        ["", "", *table, "", f"Python {result['python']}, spaCy {result['spacy']}.", ""]
    )
    readme.write_text(f"{before}{START}{block}{END}{after}", encoding="utf-8")
    print("\n".join(table))


if __name__ == "__main__":
    main()
