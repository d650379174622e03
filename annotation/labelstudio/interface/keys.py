"""Which key ticks or marks what: the codebook's keys, and free ones where it has none that works.

Label Studio gives keys of its own choice to whatever has none, and says nothing when one key
is asked for twice; so everything gets its key here.
"""

from __future__ import annotations

from schemas.codebook import CANNOT_JUDGE, NONE_OF_THESE, Codebook

# One letter or digit: what the editor finds under any keyboard layout, Arabic ones too. Not u:
# with a span selected it takes the selection away, so the span could never be given that label.
_USABLE = "1234567890qwertyiopasdfghjklzxcvbnm"
_EXTRA = {NONE_OF_THESE: "z", CANNOT_JUDGE: "x"}


def hotkeys(codebook: Codebook) -> dict[str, str]:
    """Return id → key of every issue, entity type and the two answers that every codebook has.

    A codebook with more labels than there are keys leaves its last ones without.
    """
    asked = {issue.id: issue.hotkey for issue in codebook.issues}
    asked |= {entity.id: entity.hotkey for entity in codebook.entities}
    found: dict[str, str] = {}
    for name, key in (asked | _EXTRA).items():
        wanted = (key or "").lower()
        if len(wanted) == 1 and wanted in _USABLE and wanted not in found.values():
            found[name] = wanted
    free = (key for key in _USABLE if key not in set(found.values()))
    missing = [name for name in (*_EXTRA, *asked) if name not in found]
    return found | dict(zip(missing, free, strict=False))
