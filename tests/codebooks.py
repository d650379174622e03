"""Small codebooks for tests of what happens when one changes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from schemas.codebook import Codebook

NAMES = {
    "taiwan": "تايوان",
    "taiwan_strait": "مضيق تايوان",
    "trade": "التجارة",
    "tariffs": "الرسوم",
    "commerce": "التجارة والرسوم",
    "rights": "الحقوق",
    "minorities": "الأقليات",
    "press": "الصحافة",
    "climate": "المناخ",
    "space": "الفضاء",
    "PERSON": "شخص",
    "ORG": "منظمة",
    "AGENCY": "هيئة",
    "COMPANY": "شركة",
    "GPE": "كيان سياسي",
    "PLACE": "مكان",
    "EVENT": "حدث",
    "WEAPON": "سلاح",
}
OLD = ("taiwan", "trade", "tariffs", "rights", "climate")
NEW = ("taiwan_strait", "commerce", "minorities", "press")
OLD_TYPES = ("PERSON", "ORG", "GPE", "EVENT")
NEW_TYPES = ("PERSON", "AGENCY", "COMPANY", "PLACE", "WEAPON")
PLAN = """\
issues:
  - {rename: taiwan, to: taiwan_strait}
  - {merge: [trade, tariffs], to: commerce}
  - {split: rights, to: [minorities, press]}
  - {remove: climate}
entities:
  - {split: ORG, to: [AGENCY, COMPANY]}
  - {rename: GPE, to: PLACE}
  - {remove: EVENT}
"""


def raw_codebook(
    issues: Iterable[str], types: Iterable[str] = (), *, version: str = "1.0.0"
) -> dict[str, Any]:
    """Return a codebook as it stands in YAML; every issue has its Arabic name as a cue."""
    return {
        "id": "small",
        "version": version,
        "language": "ar",
        "unit": "passage",
        "title": {"ar": "دليل صغير", "en": "Small"},
        "groups": [{"id": "all", "name": {"ar": "الكل", "en": "All"}}],
        "issues": [
            {
                "id": label,
                "name": {"ar": NAMES.get(label, label), "en": label},
                "definition": {"ar": f"كل ما يخص {label}.", "en": f"All about {label}."},
                "cues": {"strong": [NAMES.get(label, label)]},
                "group": "all",
            }
            for label in issues
        ],
        "entities": [
            {
                "id": label,
                "name": {"ar": NAMES.get(label, label), "en": label},
                "definition": {"ar": f"كل ما هو {label}.", "en": f"What is a {label}."},
                "colour": "#44BB99",
            }
            for label in types
        ],
    }


def small_codebook(
    issues: Iterable[str], types: Iterable[str] = (), *, version: str = "1.0.0"
) -> Codebook:
    """Return a codebook with these labels."""
    raw = raw_codebook(issues, types, version=version)
    return Codebook.model_validate(raw, strict=False)


def write_codebook(
    path: Path, issues: Iterable[str], types: Iterable[str] = (), *, version: str = "1.0.0"
) -> Codebook:
    """Write a codebook with these labels; return it."""
    raw = raw_codebook(issues, types, version=version)
    path.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return Codebook.model_validate(raw, strict=False)
