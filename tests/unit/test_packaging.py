"""What is installed is what the documents promise."""

from __future__ import annotations

import tomllib
from importlib.metadata import entry_points, metadata, version
from pathlib import Path

import pytest

import schemas
from tests.conftest import ROOT

PACKAGES = ("miyar", "annotation", "schemas", "train", "eval")


@pytest.fixture(scope="module")
def project() -> dict[str, object]:
    """The parsed pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_five_packages_are_built_and_nothing_else(
    project: dict[str, dict[str, object]],
) -> None:
    tool = project["tool"]["uv"]["build-backend"]  # type: ignore[index]  # TOML
    assert tuple(tool["module-name"]) == PACKAGES
    for name in PACKAGES:
        assert (ROOT / name / "__init__.py").is_file()
        assert (ROOT / name / "py.typed").is_file()


def test_imports_come_from_this_checkout() -> None:
    assert Path(schemas.__file__).parents[1] == ROOT


def test_the_command_and_the_parts_of_the_model_are_registered() -> None:
    wanted = {
        ("console_scripts", "miyar"),
        ("spacy_architectures", "miyar.LinearNgram.v1"),
        ("spacy_tokenizers", "miyar.ArabicTokenizer.v1"),
    }
    for group, name in wanted:
        (found,) = entry_points(group=group, name=name)
        assert callable(found.load())


def test_the_package_cannot_be_uploaded_by_accident() -> None:
    assert "Private :: Do Not Upload" in metadata("miyar").get_all("Classifier", [])


def test_the_changelog_names_the_version() -> None:
    assert f"[{version('miyar')}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["base", "dev", "label-studio"])
def test_pins_have_hashes_and_no_index_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert len(pins) > 50
    assert all(line.endswith("\\") for line in pins)
    assert "://" not in text
