"""The documents agree with the code: codes, commands, example records and links."""

from __future__ import annotations

import doctest
import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from annotation.ingest.hygiene import Hygiene
from miyar.cli import app
from schemas.annotation import Annotation, Prediction
from schemas.article import Article, Cluster, Passage
from schemas.characters import as_table
from schemas.gold import GoldRecord, Manifest, Splits
from schemas.ledger import DEFECTS, EXPLAINED, Reason, Reject
from schemas.record import Record

ROOT = Path(__file__).parents[2]
MADE = {".venv", ".git", "runs", "gold", "articles", "node_modules"}
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not MADE & set(path.relative_to(ROOT).parts)
    and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)
RECORDS: dict[str, type[Record]] = {
    model.__name__: model
    for model in (
        *(Annotation, Article, Cluster, GoldRecord, Hygiene, Manifest, Passage, Prediction),
        *(Reject, Splits),
    )
}
EXAMPLES = sorted(
    path
    for package in ("schemas", "annotation", "train", "eval", "miyar")
    for path in (ROOT / package).rglob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
SOURCE = re.compile(r"\b(?:src|srcset|href)=\"(?P<target>[^\"]+)\"")


def fences(kind: str) -> Iterator[tuple[Path, str, str]]:
    """Yield ``(document, rest of the info string, body)`` of fenced blocks of one language."""
    for path in DOCUMENTS:
        for match in FENCE.finditer(path.read_text(encoding="utf-8")):
            language, _, rest = match["info"].strip().partition(" ")
            if language == kind:
                yield path, rest.strip(), match["body"]


def commands() -> Iterator[tuple[str, str]]:
    """Yield ``(document, command line)`` of what the documents tell to type."""
    for path, _, body in fences("sh"):
        for line in body.replace("\\\n", " ").splitlines():
            if line.startswith("miyar "):
                yield path.relative_to(ROOT).as_posix(), line


def links() -> Iterator[tuple[str, str]]:
    """Yield ``(document, target)`` of links that stay inside the repository."""
    for path in DOCUMENTS:
        text = FENCE.sub("", path.read_text(encoding="utf-8"))
        for pattern in (LINK, SOURCE):
            for match in pattern.finditer(text):
                target = match["target"].partition("#")[0]
                if target and not re.match(r"[a-z][a-z0-9+.-]*:", target):
                    yield path.relative_to(ROOT).as_posix(), target


def row_of(reason: Reason) -> list[str]:
    """Return the cells of a code's row in docs/reason-codes.md."""
    table = (ROOT / "docs" / "reason-codes.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith(f"| `{reason}` |")]
    assert len(rows) == 1, f"{reason} has {len(rows)} rows"
    return [cell.strip() for cell in rows[0].strip("|").split("|")]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_code_stands_in_its_document_with_its_exact_sentence(reason: Reason) -> None:
    assert row_of(reason)[-1] == EXPLAINED[reason]


@pytest.mark.parametrize("reason", Reason)
def test_the_document_says_which_reason_codes_are_defects(reason: Reason) -> None:
    assert row_of(reason)[3] == ("yes" if reason in DEFECTS else "no")


def test_the_document_lists_no_code_that_the_ledger_does_not_have() -> None:
    table = (ROOT / "docs" / "reason-codes.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z0-9_]+)` \|", table, re.MULTILINE)
    assert sorted(listed) == sorted(Reason)


def test_the_table_of_folding_rules_in_the_document_is_the_one_that_folds() -> None:
    text = (ROOT / "docs" / "text.md").read_text(encoding="utf-8")
    assert as_table() in text, "put the output of schemas.characters.as_table() into docs/text.md"


def test_the_python_examples_in_the_documents_do_what_they_say() -> None:
    for path in DOCUMENTS:
        failed, tried = doctest.testfile(str(path), module_relative=False, encoding="utf-8")
        assert not failed, f"{path}: {failed} of {tried} examples"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_examples_in_docstrings_do_what_they_say(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried
    assert not failed


@pytest.mark.parametrize(("document", "line"), sorted(set(commands())))
def test_every_command_that_a_document_shows_exists_with_its_options(
    document: str, line: str
) -> None:
    words = shlex.split(line, comments=True)[1:]
    command: Any = typer.main.get_command(app)
    while words and (below := getattr(command, "commands", {}).get(words[0])):
        command, words = below, words[1:]
    shown = [word for word in words if word.startswith("-")]
    assert shown or not hasattr(command, "commands"), f"{document}: {line} names no command"
    known = {"--help"} | {name for parameter in command.params for name in parameter.opts}
    unknown = {word.partition("=")[0] for word in shown} - known
    assert not unknown, f"{document}: {line} has unknown options {sorted(unknown)}"


def test_the_readme_shows_at_least_one_command() -> None:
    assert any(document == "README.md" for document, _ in commands())


@pytest.mark.parametrize(("document", "target"), sorted(set(links())))
def test_every_relative_link_points_to_a_file(document: str, target: str) -> None:
    assert ((ROOT / document).parent / target).exists(), f"{document} links to {target}"


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_every_example_record_in_the_documents_follows_its_schema(name: str) -> None:
    shown = [body for _, info, body in fences("json") if info == name]
    assert shown, f"no document shows a {name}"
    for body in shown:
        RECORDS[name].model_validate_json(body)
