"""Examples → a model folder that ``spacy.load`` opens; the same inputs make nothing new."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language

from schemas.codebook import Cues
from schemas.dataset import Dataset, Example
from schemas.errors import GateError, UsageError
from schemas.record import sha256
from train.architecture import CueReader, set_weights
from train.docbin import make_doc

PRESETS = ("fast", "stock")
PIPE = "textcat_multilabel"
_STOCK_STEPS = 20_000  # spaCy's own default
_SETTINGS: dict[str, dict[str, Any]] = {
    "fast": {"c": None, "cues": 1},
    "stock": {"max_steps": _STOCK_STEPS},
}


@dataclass(frozen=True)
class Job:
    """All that decides what a model will be."""

    preset: str
    train: Dataset
    dev: Dataset
    seed: int
    settings: dict[str, Any] = field(default_factory=dict)
    cues: dict[str, Cues] = field(default_factory=dict)
    """Issue → its cue terms, where there is a codebook."""
    extras: dict[str, bytes] = field(default_factory=dict)
    """Files to lay beside the model (codebook, gazetteer): name → bytes."""

    def fingerprint(self) -> str:
        """Return a hash over everything that the model depends on."""
        versions = {name: version(name) for name in ("miyar", "spacy", "scikit-learn", "numpy")}
        parts = {
            "preset": self.preset,
            "data": [self.train.hash, self.train.name, self.dev.hash, self.dev.name],
            "seed": self.seed,
            "settings": {**_SETTINGS[self.preset], **self.settings},
            "cues": {issue: cues.model_dump(mode="json") for issue, cues in self.cues.items()},
            "extras": {name: sha256(data) for name, data in self.extras.items()},
            "versions": versions,
        }
        return sha256(json.dumps(parts, sort_keys=True))


def check(job: Job) -> None:
    """Check a job before any work.

    Raises:
        UsageError: unknown preset or setting.
        GateError: too little to learn from.
    """
    if job.preset not in PRESETS:
        raise UsageError(f"unknown preset {job.preset!r}; choose one of {', '.join(PRESETS)}.")
    if unknown := sorted(job.settings.keys() - _SETTINGS[job.preset].keys()):
        raise UsageError(
            f"preset {job.preset} has no setting {', '.join(unknown)}; it has "
            f"{', '.join(_SETTINGS[job.preset])}."
        )
    for name in ("c", "max_steps"):
        if job.settings.get(name) is not None and job.settings[name] <= 0:
            raise UsageError(f"--set {name}={job.settings[name]}: it must be greater than 0.")
    examples = (*job.train.examples, *job.dev.examples)
    if not any(any(example.issues.values()) for example in examples):
        raise GateError(
            f"{job.train.name} has no example with an issue: there is nothing to learn. Annotate "
            "some passages first."
        )
    shared = {e.group for e in job.train.examples} & {e.group for e in job.dev.examples}
    if shared:
        raise GateError(
            f"groups {', '.join(sorted(shared)[:5])} stand in both train and dev; put every "
            "article into one of them only."
        )


def fit(job: Job, out: Path) -> bool:
    """Fit a model into ``out``, whole or not at all; return ``False`` when it is there already.

    Raises:
        UsageError: ``out`` holds something that is not a model of Miyar's.
    """
    check(job)
    wanted = job.fingerprint()
    if out.is_file():
        raise UsageError(f"{out} is a file; give a folder for the model.")
    if out.exists() and _fingerprint(out) == wanted:
        return False
    if out.exists() and _fingerprint(out) is None and any(out.iterdir()):
        raise UsageError(f"{out} is not empty and no model of Miyar's; give another --out.")
    nlp, made = _fast(job) if job.preset == "fast" else _stock(job)
    nlp.meta["name"] = f"miyar_{job.preset}"
    nlp.meta["version"] = version("miyar")
    nlp.meta["miyar"] = {
        "preset": job.preset,
        "fingerprint": wanted,
        "gold": {"train": job.train.name, "dev": job.dev.name, "hash": job.train.hash},
        "examples": {"train": len(job.train.examples), "dev": len(job.dev.examples)},
        "seed": job.seed,
        **made,
    }
    _replace(nlp, out, job.extras)
    return True


def _fingerprint(folder: Path) -> str | None:
    meta = folder / "meta.json"
    if not meta.is_file():
        return None
    found = json.loads(meta.read_text(encoding="utf-8")).get("miyar", {}).get("fingerprint")
    return None if found is None else str(found)


def _fast(job: Job) -> tuple[Language, dict[str, Any]]:
    from train.fast import fit_linear  # scikit-learn: not wanted when nothing is to be fitted

    examples = (*job.train.examples, *job.dev.examples)
    nlp = spacy.blank(
        "ar", config={"nlp": {"tokenizer": {"@tokenizers": "miyar.ArabicTokenizer.v1"}}}
    )
    settings = {**_SETTINGS["fast"], **job.settings}
    terms: dict[str, dict[str, list[str]]] = {}
    if settings["cues"] and job.cues:
        own = {issue: job.cues.get(issue, Cues()) for issue in job.train.issues}
        terms = {i: {"strong": list(c.strong), "weak": list(c.weak)} for i, c in own.items()}
    fitted = fit_linear(
        nlp,
        examples,
        job.train.issues,
        cues=CueReader(terms).read([example.text for example in examples]) if terms else None,
        c=settings["c"],
    )
    pipe = nlp.add_pipe(
        PIPE,
        config={
            "threshold": fitted.threshold,
            "model": {"@architectures": "miyar.LinearNgram.v1", "nO": None, "cues": terms},
        },
    )
    for issue in job.train.issues:
        pipe.add_label(issue)  # type: ignore[attr-defined]  # add_pipe is typed as a callable
    _initialize(nlp, examples)
    network = pipe.model  # type: ignore[attr-defined]  # as above
    set_weights(network, fitted.weights, fitted.bias, fitted.idf, fitted.cue)
    return nlp, {"threshold": fitted.threshold, "c": fitted.c}


def _initialize(nlp: Language, examples: Sequence[Example]) -> None:
    from spacy.training import Example as SpacyExample

    few = [make_doc(nlp, example) for example in examples[:2]]
    nlp.initialize(lambda: [SpacyExample(nlp.make_doc(doc.text), doc) for doc in few])


def _stock(job: Job) -> tuple[Language, dict[str, Any]]:
    from train.stock import fit_stock

    settings = {**_SETTINGS["stock"], **job.settings}
    nlp = fit_stock(
        job.train.examples,
        job.dev.examples,
        job.train.issues,
        seed=job.seed,
        max_steps=settings["max_steps"],
    )
    return nlp, {"threshold": nlp.get_pipe(PIPE).cfg["threshold"]}  # type: ignore[attr-defined]  # as above


def _replace(nlp: Language, out: Path, extras: dict[str, bytes]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        nlp.to_disk(temporary)
        for name, data in extras.items():
            (temporary / name).write_bytes(data)
        temporary.chmod(0o755)
        if out.exists():
            shutil.rmtree(out)
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
