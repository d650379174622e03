"""The codebook file: what is accepted, and what the errors say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from schemas.codebook import CANNOT_JUDGE, NONE_OF_THESE, read_codebook
from schemas.errors import RecordError
from tests.conftest import CORPUS

NAME = {"ar": "اسم", "en": "name"}


def _raw() -> dict[str, object]:
    return {
        "id": "demo",
        "version": "1.0.0",
        "language": "ar",
        "unit": "passage",
        "title": NAME,
        "groups": [{"id": "g", "name": NAME}, {"id": "h", "name": NAME}],
        "issues": [
            {"id": "taiwan", "name": NAME, "definition": NAME, "group": "g", "hotkey": "1"},
            {"id": "climate", "name": NAME, "definition": NAME, "group": "h", "hotkey": "2"},
        ],
        "entities": [
            {"id": "GPE", "name": NAME, "definition": NAME, "colour": "#0af19C", "hotkey": "g"}
        ],
    }


def _write(folder: Path, raw: object) -> Path:
    path = folder / "codebook.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def test_a_codebook_is_read_with_its_ids_in_the_order_of_the_file(tmp_path):
    book = read_codebook(_write(tmp_path, _raw()))
    assert book.issue_ids == ("taiwan", "climate")
    assert book.entity_ids == ("GPE",)
    assert book.issues[0].name.ar == "اسم"


def test_the_hash_names_the_content_and_not_the_file(tmp_path):
    path = _write(tmp_path, _raw())
    first = read_codebook(path)
    path.write_text("# a remark\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_codebook(path).hash == first.hash
    turned = _write(tmp_path, dict(reversed(_raw().items())))
    assert read_codebook(turned).hash == first.hash
    assert first.hash.startswith(first.short_hash)
    assert len(first.short_hash) == 8


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw["issues"].reverse(),
        lambda raw: raw["issues"][0].update(cues={"weak": ["x"]}),
        lambda raw: raw["issues"][0].update(definition={"ar": "غيره", "en": "name"}),
        lambda raw: raw["entities"][0].update(colour="#000000"),
        lambda raw: raw.update(version="1.0.1"),
    ],
)
def test_any_change_of_content_changes_the_hash(tmp_path, change):
    before = read_codebook(_write(tmp_path, _raw())).hash
    raw = _raw()
    change(raw)
    assert read_codebook(_write(tmp_path, raw)).hash != before


def _at(*path: str | int) -> Callable[[dict[str, object]], None]:
    """Return a change that removes the key at this path."""

    def remove(raw: dict[str, object]) -> None:
        place = raw
        for part in path[:-1]:
            place = place[part]
        del place[path[-1]]

    return remove


@pytest.mark.parametrize(
    "path",
    [
        ("id",),
        ("version",),
        ("language",),
        ("unit",),
        ("title",),
        ("groups",),
        ("issues",),
        ("groups", 0, "name"),
        ("issues", 1, "definition"),
        ("issues", 0, "group"),
        ("entities", 0, "colour"),
    ],
)
def test_a_missing_key_is_named_with_its_path_and_the_file(tmp_path, path):
    raw = _raw()
    _at(*path)(raw)
    file = _write(tmp_path, raw)
    with pytest.raises(RecordError) as error:
        read_codebook(file)
    assert str(file) in str(error.value)
    assert f"{'.'.join(map(str, path))}: Field required" in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw["issues"][1].update(hotkey="1"), "hotkey 1 is given more than once"),
        (lambda raw: raw["entities"][0].update(hotkey="2"), "hotkey 2 is given more than once"),
        (lambda raw: raw["issues"][1].update(id="taiwan"), "issue taiwan is given more than once"),
        (lambda raw: raw["groups"][1].update(id="g"), "group g is given more than once"),
        (lambda raw: raw["entities"].append(raw["entities"][0]), "entity GPE is given more"),
        (lambda raw: raw["issues"][0].update(group="x"), "taiwan is in group 'x', known .*g, h"),
        (lambda raw: raw["issues"][0].update(id=NONE_OF_THESE), "taken by the annotator interface"),
        (lambda raw: raw["issues"][0].update(id=CANNOT_JUDGE), "taken by the annotator interface"),
        (lambda raw: raw["issues"][0].update(id="Taiwan"), "snake_case.*'Taiwan'"),
        (lambda raw: raw["issues"][0].update(id="تايوان"), "snake_case"),
        (lambda raw: raw["issues"][0].update(id="taiwan\n"), "snake_case"),
        (lambda raw: raw["entities"][0].update(id="gpe"), r"entities\.0\.id"),
        (lambda raw: raw["entities"][0].update(colour="blue"), r"entities\.0\.colour.*'blue'"),
        (lambda raw: raw.update(version="1.0"), "version.*'1.0'"),
        (lambda raw: raw.update(version=1.0), "version.*1.0"),
        (lambda raw: raw.update(unit="sentence"), "unit.*'sentence'"),
        (lambda raw: raw.update(issues=[]), "issues"),
        (lambda raw: raw.update(colours=[]), "colours: Extra inputs"),
        (lambda raw: raw["issues"][0].update(hotkey=1), r"issues\.0\.hotkey.*got 1"),
        (lambda raw: raw["title"].update(ar=""), r"title\.ar"),
    ],
)
def test_a_codebook_that_contradicts_itself_is_refused(tmp_path, change, message):
    raw = yaml.safe_load(yaml.safe_dump(_raw()))  # nothing shared between its parts
    change(raw)
    file = _write(tmp_path, raw)
    with pytest.raises(RecordError, match=message) as error:
        read_codebook(file)
    assert str(file) in str(error.value)


def test_several_issues_without_a_hotkey_do_not_clash(tmp_path):
    raw = _raw()
    for issue in raw["issues"]:
        del issue["hotkey"]
    assert [issue.hotkey for issue in read_codebook(_write(tmp_path, raw)).issues] == [None, None]


def test_an_entity_example_must_hold_its_spans(tmp_path):
    raw = _raw()
    example = {"text": "زار بكين", "spans": ["بكين"], "why": NAME}
    raw["entities"][0]["examples"] = [example]
    assert read_codebook(_write(tmp_path, raw)).entities[0].examples[0].spans == ("بكين",)
    example["spans"] = ["باريس"]
    with pytest.raises(RecordError, match="'باريس' does not stand in 'زار بكين'"):
        read_codebook(_write(tmp_path, raw))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("id: [\n", 1),
        ("id: x\nversion: : 1\n", 2),
        ("id: x\n\n\n \nversion: : 1\n", 5),
        ("\ufeffid: x\r\n\r\nversion: : 1\r\n", 3),
        ("id: x\n? [a]\n: b\n", 2),
        ("id: 'x\n", 1),
    ],
)
def test_a_yaml_error_names_the_file_and_the_line(tmp_path, text, line):
    path = tmp_path / "codebook.yaml"
    path.write_bytes(text.encode())
    with pytest.raises(RecordError, match=r"not valid YAML") as error:
        read_codebook(path)
    assert str(error.value).startswith(f"{path}:{line}: ")


def test_control_characters_are_not_yaml(tmp_path):
    path = tmp_path / "codebook.yaml"
    path.write_bytes(b"id: \x01\n")
    with pytest.raises(RecordError, match="not valid YAML"):
        read_codebook(path)


@pytest.mark.parametrize(
    ("text", "kind"), [("", "NoneType"), ("# only\n", "NoneType"), ("- a\n", "list"), ("نص", "str")]
)
def test_yaml_that_is_no_mapping_is_refused_with_its_kind(tmp_path, text, kind):
    path = tmp_path / "codebook.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match=f"mapping.*got {kind}"):
        read_codebook(path)


def test_a_missing_codebook_and_a_folder_are_named(tmp_path):
    with pytest.raises(RecordError, match=r"none\.yaml: no such file"):
        read_codebook(tmp_path / "none.yaml")
    with pytest.raises(RecordError, match="cannot be read"):
        read_codebook(tmp_path)


def test_an_impossible_date_in_the_yaml_is_a_record_error(tmp_path):
    path = tmp_path / "codebook.yaml"
    path.write_text("id: x\nversion: 2023-13-45\n", encoding="utf-8")
    with pytest.raises(RecordError, match=r"codebook\.yaml"):
        read_codebook(path)


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path):
    text = (CORPUS / "codebook.yaml").read_text(encoding="utf-8")
    path = tmp_path / "codebook.yaml"
    path.write_text("version: 1.0.0\n" + text, encoding="utf-8")
    with pytest.raises(RecordError, match=r"codebook\.yaml:\d+: not valid YAML: the key 'version'"):
        read_codebook(path)
