"""What an interface stores, apart from how it looks: a project is locked to that."""

from __future__ import annotations

from xml.etree import ElementTree as ET

Answers = frozenset[tuple[str, str, str]]
_OPTIONS = ("Label", "Choice")


def answers(config: str) -> Answers:
    """Return what can be stored: (tag, control, value) for every control and every option.

    Two interfaces with the same answers may look different, and take each other's annotations.
    A text that is not XML has no answers.

    >>> plain = '<View><Choices name="i" toName="t"><Choice value="x"/></Choices></View>'
    >>> pretty = plain.replace('value="x"', 'value="Name" alias="x" hotkey="1"')
    >>> answers(plain) == answers(pretty)
    True
    """
    try:
        root = ET.fromstring(config)  # noqa: S314  # our own, or our server's
    except ET.ParseError:
        return frozenset()
    found = set()
    for control in root.iter():
        name, target = control.get("name"), control.get("toName")
        if name and target:
            found.add((control.tag, name, target))
            found |= {
                (option.tag, name, option.get("alias") or option.get("value") or "")
                for tag in _OPTIONS
                for option in control.iter(tag)
            }
    return frozenset(found)
