"""A project is locked to what its interface stores, not to how it looks."""

from __future__ import annotations

import pytest

from annotation.labelstudio.interface.config import label_config
from annotation.labelstudio.interface.lock import answers
from annotation.labelstudio.project import check_lock
from schemas.codebook import read_codebook
from schemas.errors import GateError
from tests.conftest import CORPUS

CONFIG = label_config(read_codebook(CORPUS / "codebook.yaml"))


def test_the_answers_are_the_codebooks_labels_and_the_controls_they_belong_to() -> None:
    codebook = read_codebook(CORPUS / "codebook.yaml")
    found = answers(CONFIG)
    assert {v for tag, name, v in found if (tag, name) == ("Label", "entities")} == set(
        codebook.entity_ids
    )
    assert {v for tag, name, v in found if (tag, name) == ("Choice", "issues")} == {
        *codebook.issue_ids,
        "none_of_these",
        "cannot_judge",
    }
    assert ("TextArea", "comment", "text") in found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('alias="climate"', 'alias="weather"'),
        ('value="GPE"', 'value="COUNTRY"'),
        ('name="issues"', 'name="topics"'),
        ('name="comment"', 'name="remark"'),
        ("<View", "View"),
    ],
)
def test_what_would_store_other_answers_is_refused(old: str, new: str) -> None:
    assert old in CONFIG
    with pytest.raises(GateError, match="another label config"):
        check_lock(CONFIG.replace(old, new), CONFIG, "7")


@pytest.mark.parametrize(
    ("old", "new"), [(' hotkey="', ' key="'), ("font-size:", "font-weight:"), ("تايوان", "فرموزا")]
)
def test_what_only_looks_different_is_taken(old: str, new: str) -> None:
    assert old in CONFIG
    check_lock(CONFIG.replace(old, new), CONFIG, "7")
