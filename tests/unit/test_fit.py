"""Fitting on a tiny made-up set: the model opens in spaCy, and the same job makes nothing new."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import spacy

from schemas.codebook import Cues
from schemas.dataset import Dataset, Example, load
from schemas.errors import GateError, UsageError
from train.docbin import doc_bin, make_doc
from train.fit import Job, fit
from train.predict import Tagger

ISSUES = ("taiwan", "trade")
SUBJECTS = ("الوزير", "الرئيس", "المتحدث", "السفير", "المبعوث", "الناطق", "المدير", "النائب")
TEXTS = {
    "taiwan": "ناقش {} ملف تايوان ومضيق تايوان والجزيرة",
    "trade": "فرض {} رسوما جمركية على الواردات والصادرات",
    "": "زار {} المتحف القديم في المدينة",
}


def examples(subjects: tuple[str, ...], issues: tuple[str, ...] = ISSUES) -> tuple[Example, ...]:
    return tuple(
        Example(
            id=f"{subject}-{issue or 'none'}",
            text=text.format(subject),
            group=subject,
            issues={name: name == issue for name in issues},
        )
        for subject in subjects
        for issue, text in TEXTS.items()
    )


def dataset(name: str, given: tuple[Example, ...], issues: tuple[str, ...] = ISSUES) -> Dataset:
    return Dataset(name=name, issues=issues, examples=given, hash=f"hash of {name}")


TRAIN, DEV = dataset("train", examples(SUBJECTS[:6])), dataset("dev", examples(SUBJECTS[6:]))
JOB = Job("fast", TRAIN, DEV, seed=0)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("fit") / "models" / "fast"
    assert fit(JOB, out)
    return out


def test_the_folder_opens_in_spacy_and_says_from_what_it_was_made(model: Path) -> None:
    nlp = spacy.load(model)
    assert nlp.pipe_names == ["textcat_multilabel"]
    assert tuple(nlp.get_pipe("textcat_multilabel").labels) == ISSUES
    meta = nlp.meta["miyar"]
    assert meta["preset"] == "fast"
    assert meta["gold"] == {"train": "train", "dev": "dev", "hash": "hash of train"}
    assert meta["examples"] == {"train": 18, "dev": 6}
    assert [p.name for p in model.parent.iterdir()] == ["fast"]


def test_it_has_learnt_what_is_plain_to_see(model: Path) -> None:
    tagger = Tagger(model)
    texts = {
        "a": "قال إن ملف تايوان لم يناقش",
        "b": "الرسوم الجمركية على الواردات",
        "c": "المتحف في المدينة القديمة",
    }
    found = {p.passage_id: p.present for p in tagger.predict(texts.items())}
    assert found == {"a": ("taiwan",), "b": ("trade",), "c": ()}


def test_a_prediction_s_scores_are_the_doc_cats_of_spacy(model: Path) -> None:
    texts = [example.text for example in DEV.examples] + ["", "،", "كلمات لم ترد من قبل"]
    nlp = spacy.load(model)
    given = list(Tagger(model).predict((str(n), text) for n, text in enumerate(texts)))
    for prediction, text in zip(given, texts, strict=True):
        assert prediction.issues == pytest.approx(nlp(text).cats, abs=1e-6)
        assert set(prediction.present) == {
            issue
            for issue, score in prediction.issues.items()
            if score >= nlp.get_pipe("textcat_multilabel").cfg["threshold"]
        }
        assert prediction.model.startswith("miyar_fast-")


def test_a_text_s_score_does_not_depend_on_the_batch_that_it_comes_in(model: Path) -> None:
    tagger = Tagger(model)
    texts = [example.text for example in DEV.examples] * 30
    together = list(tagger.scores(texts))
    alone = [next(tagger.scores([text])) for text in texts[:6]]
    assert together == alone * 30


@pytest.mark.parametrize("text", ["", " ", "،؟!", "\u200f", "😀"])
def test_a_text_without_a_word_scores_zero(model: Path, text: str) -> None:
    assert next(Tagger(model).scores([text])) == dict.fromkeys(ISSUES, 0.0)


def test_a_second_fit_of_the_same_job_leaves_the_folder_untouched(
    model: Path,
) -> None:
    before = {p: p.stat().st_mtime_ns for p in model.rglob("*")}
    assert not fit(JOB, model)
    assert {p: p.stat().st_mtime_ns for p in model.rglob("*")} == before


_OTHER_PROCESS = """
import sys
from pathlib import Path
from train.fit import fit
from train.steps import job_of
train, dev, out = map(Path, sys.argv[1:])
job = job_of(None, train, dev, preset="fast", seed=0, settings={})
assert fit(job, out)
"""


def test_the_same_job_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    for name, data in (("train", TRAIN), ("dev", DEV)):
        rows = [
            {"text": e.text, "group": e.group, "issues": [k for k, v in e.issues.items() if v]}
            for e in data.examples
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    paths = [tmp_path / "train.jsonl", tmp_path / "dev.jsonl"]
    made = []
    for seed in ("1", "2"):  # of Python's hashes: sets then come in another order
        out = tmp_path / f"model-{seed}"
        subprocess.run(
            [sys.executable, "-c", _OTHER_PROCESS, *map(str, paths), str(out)],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        made.append(contents(out))
    assert made[0] == made[1]


def test_another_job_takes_the_place_of_the_old_model(tmp_path: Path) -> None:
    out = tmp_path / "m"
    assert fit(JOB, out)
    assert fit(replace(JOB, settings={"c": 1}), out)
    assert spacy.load(out).meta["miyar"]["c"] == 1
    assert not fit(replace(JOB, settings={"c": 1}), out)


@pytest.mark.parametrize(
    "changed",
    [
        {"preset": "stock"},
        {"seed": 1},
        {"settings": {"c": 1}},
        {"settings": {"cues": 0}},
        {"cues": {"taiwan": Cues(strong=("مضيق",))}},
        {"extras": {"codebook.yaml": b"x"}},
        {"train": replace(TRAIN, hash="other")},
        {"dev": replace(DEV, hash="other")},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_the_fingerprint_changes_with_all_that_decides_the_model(changed: dict[str, Any]) -> None:
    assert replace(JOB, **changed).fingerprint() != JOB.fingerprint()


def test_a_setting_given_as_its_default_is_the_same_job() -> None:
    assert replace(JOB, settings={"cues": 1}).fingerprint() == JOB.fingerprint()


@pytest.mark.parametrize("name", ["notes.txt", "meta.json"])
def test_a_folder_that_holds_something_else_is_refused_and_kept(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"lang": "ar"}', encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        fit(JOB, tmp_path)
    assert contents(tmp_path) == {name: b'{"lang": "ar"}'}


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError):
        fit(JOB, tmp_path / "m")


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert fit(JOB, tmp_path)
    assert (tmp_path / "meta.json").is_file()


def test_extras_stand_beside_the_model(tmp_path: Path) -> None:
    fit(replace(JOB, extras={"codebook.yaml": b"id: x"}), tmp_path / "m")
    assert (tmp_path / "m" / "codebook.yaml").read_bytes() == b"id: x"
    spacy.load(tmp_path / "m")


NOTHING = dataset("nothing", tuple(replace(e, issues={"taiwan": False}) for e in TRAIN.examples))


@pytest.mark.parametrize(
    ("job", "error", "message"),
    [
        (
            replace(JOB, preset="best"),
            UsageError,
            "unknown preset 'best'; choose one of fast, stock",
        ),
        (replace(JOB, settings={"epochs": 3}), UsageError, "no setting epochs; it has c, cues"),
        (
            replace(JOB, preset="stock", settings={"c": 3}),
            UsageError,
            "no setting c; it has max_steps",
        ),
        (
            replace(JOB, dev=dataset("dev", examples(SUBJECTS[5:]))),
            GateError,
            "الناطق stand in both train and dev",
        ),
        (
            replace(JOB, train=NOTHING, dev=dataset("dev", ())),
            GateError,
            "no example with an issue",
        ),
        (
            replace(JOB, train=dataset("none", ()), dev=dataset("dev", ())),
            GateError,
            "no example with an issue",
        ),
    ],
)
def test_a_job_that_cannot_work_is_refused_before_anything_is_made(
    tmp_path: Path, job: Job, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        fit(job, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


WIDE = ("taiwan", "trade", "climate")


def wide(**changed: Any) -> Job:
    """A job with a label that no example has."""
    return replace(
        JOB,
        train=dataset("train", examples(SUBJECTS[:6], WIDE), WIDE),
        dev=dataset("dev", examples(SUBJECTS[6:], WIDE), WIDE),
        **changed,
    )


def test_a_label_without_positives_scores_low_and_is_never_given(tmp_path: Path) -> None:
    fit(wide(), tmp_path / "m")
    tagger = Tagger(tmp_path / "m")
    texts = [e.text for e in (*TRAIN.examples, *DEV.examples)] + ["اتفاق المناخ والانبعاثات"]
    scores = [given["climate"] for given in tagger.scores(texts)]
    assert max(scores) < 0.1
    assert max(scores) < tagger.threshold


TERMS = {
    "taiwan": ["تايوان", "تايبيه", "مضيق", "جزيرة", "انفصال", "إنزال", "غواصات", "خفر"],
    "trade": ["رسوم", "جمارك", "بضائع", "شحنات", "واردات", "صادرات", "أسواق", "متاجر"],
    "climate": ["انبعاثات"],
}


def _each_with_its_own_term(subjects: tuple[str, ...]) -> tuple[Example, ...]:
    """Examples in which no two articles share a term: words teach nothing, cues do."""
    return tuple(
        Example(
            id=f"{subject}-{issue}",
            text=f"تحدث {subject} عن {TERMS[issue][SUBJECTS.index(subject)] if issue else 'ذلك'}",
            group=subject,
            issues={name: name == issue for name in WIDE},
        )
        for subject in subjects
        for issue in ("taiwan", "trade", "")
    )


def test_cues_help_a_label_that_no_example_has(tmp_path: Path) -> None:
    job = replace(
        JOB,
        train=dataset("train", _each_with_its_own_term(SUBJECTS[:6]), WIDE),
        dev=dataset("dev", _each_with_its_own_term(SUBJECTS[6:]), WIDE),
        cues={issue: Cues(strong=tuple(terms)) for issue, terms in TERMS.items()},
    )
    fit(job, tmp_path / "with")
    fit(replace(job, settings={"cues": 0}), tmp_path / "without")
    cue, other = "تحدث الجانبان عن الانبعاثات", "تحدث الجانبان عن المدفوعات"
    with_cue, with_other = (s["climate"] for s in Tagger(tmp_path / "with").scores([cue, other]))
    without, _ = (s["climate"] for s in Tagger(tmp_path / "without").scores([cue, other]))
    assert with_cue > 5 * with_other
    assert with_cue > 5 * without
    # The model needs no codebook any more: its cues are in the folder that spaCy opens.
    assert spacy.load(tmp_path / "with")(cue).cats["climate"] == pytest.approx(with_cue, abs=1e-6)


def test_an_issue_that_was_not_judged_counts_neither_way(tmp_path: Path) -> None:
    # Of the texts on trade nobody said whether they are about Taiwan: so they must not teach
    # that they are not. Judged absent, the same texts do.
    def job(judged: bool) -> Job:
        def changed(given: tuple[Example, ...]) -> tuple[Example, ...]:
            return tuple(
                replace(e, issues={"trade": True} if e.issues["trade"] and not judged else e.issues)
                for e in given
            )

        return replace(
            JOB,
            train=dataset("train", changed(TRAIN.examples)),
            dev=dataset("dev", changed(DEV.examples)),
            settings={"c": 1},
        )

    scores = {}
    for judged in (True, False):
        fit(job(judged), tmp_path / str(judged))
        scores[judged] = next(Tagger(tmp_path / str(judged)).scores([TEXTS["trade"].format("هو")]))
    assert scores[False]["taiwan"] > scores[True]["taiwan"]
    assert scores[False]["trade"] == pytest.approx(scores[True]["trade"], abs=0.05)


def test_a_label_that_nobody_judged_does_not_stop_the_fit(tmp_path: Path) -> None:
    job = replace(JOB, train=dataset("train", TRAIN.examples, WIDE))
    fit(job, tmp_path / "m")
    assert next(Tagger(tmp_path / "m").scores(["المناخ"])).keys() == set(WIDE)


def test_one_group_alone_is_fitted_with_the_default_threshold(tmp_path: Path) -> None:
    only = tuple(replace(e, group="one") for e in TRAIN.examples)
    fit(replace(JOB, train=dataset("train", only), dev=dataset("dev", ())), tmp_path / "m")
    assert Tagger(tmp_path / "m").threshold == 0.5


def test_a_doc_holds_one_for_present_zero_for_absent_and_nothing_for_not_judged() -> None:
    nlp = spacy.blank("ar")
    example = Example(id="x", text="نص", group="g", issues={"taiwan": True, "trade": False})
    assert make_doc(nlp, example).cats == {"taiwan": 1.0, "trade": 0.0}
    back = list(doc_bin(nlp, [example, *DEV.examples]).get_docs(nlp.vocab))
    assert [doc.text for doc in back] == ["نص", *[e.text for e in DEV.examples]]
    assert back[0].cats == {"taiwan": 1.0, "trade": 0.0}


def test_the_stock_peer_opens_in_spacy_with_every_label_explicit(tmp_path: Path) -> None:
    out = tmp_path / "stock"
    assert fit(replace(JOB, preset="stock", settings={"max_steps": 20}), out)
    nlp = spacy.load(out)
    for text in ("ملف تايوان", "", DEV.examples[0].text):
        cats = nlp(text).cats
        assert cats.keys() == set(ISSUES)
        assert all(0 <= score <= 1 for score in cats.values())
    assert Tagger(out).threshold == 0.5
    assert b"/tmp" not in (out / "config.cfg").read_bytes()
    assert not fit(replace(JOB, preset="stock", settings={"max_steps": 20}), out)


def test_a_folder_without_a_model_is_refused_by_the_tagger(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"meta\.json is missing"):
        Tagger(tmp_path)


def test_a_pipeline_without_issues_is_refused_by_the_tagger(tmp_path: Path) -> None:
    spacy.blank("ar").to_disk(tmp_path / "blank")
    with pytest.raises(UsageError, match="has the pipes none"):
        Tagger(tmp_path / "blank")


def test_a_label_that_nobody_judged_is_never_given(tmp_path: Path) -> None:
    def unjudged(data: Dataset) -> Dataset:
        return replace(data, issues=(*data.issues, "never"))

    given = JOB
    fit(replace(given, train=unjudged(given.train), dev=unjudged(given.dev)), tmp_path / "m")
    tagger = Tagger(tmp_path / "m")
    assert "never" in tagger.issues
    texts = [example.text for example in given.train.examples]
    assert max(scores["never"] for scores in tagger.scores(texts)) < 0.01


def test_files_of_the_same_name_in_two_folders_share_no_group(tmp_path: Path) -> None:
    sets = []
    for name in ("train", "dev"):
        path = tmp_path / name / "data.jsonl"
        path.parent.mkdir()
        path.write_text(f'{{"text": "خبر {name}", "issues": ["a"]}}\n', encoding="utf-8")
        sets.append(load(path))
    groups = [{example.group for example in data.examples} for data in sets]
    assert not groups[0] & groups[1]
