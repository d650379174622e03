"""Codebook → the annotators' guideline page: one HTML file in Arabic and English."""

from __future__ import annotations

import re

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from annotation.labelstudio.interface.config import groups_of
from annotation.labelstudio.interface.guide_words import EDITOR_KEYS, KEYS_NOTE, TICKS, WHEN
from annotation.labelstudio.interface.howto import split_keys, steps
from annotation.labelstudio.interface.keys import hotkeys
from annotation.labelstudio.interface.templates import FOLDER, style
from schemas.codebook import Codebook, EntityExample
from schemas.text import whole_words

_KEY = Markup("<kbd>{}</kbd>")
_MARK = Markup("<mark>{}</mark>")
_APART = Markup('<bdi class="always" lang="ar">{}</bdi>')
# With the quotes around it; a list of names is several pieces, in the order of the English text.
_ARABIC = re.compile(r"(«[^«»]*»|[\u0600-\u06ff]+(?: [\u0600-\u06ff]+)*)")


def guide(codebook: Codebook) -> str:
    """Return the page, the same bytes for the same codebook: no script, nothing loaded."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["english"] = english
    return environment.get_template("guide.html.j2").render(
        codebook=codebook,
        groups=groups_of(codebook),
        keys={name: key.upper() for name, key in hotkeys(codebook).items()},
        steps=[{"ar": _with_keys(s.ar), "en": _with_keys(s.en)} for s in steps(codebook)],
        keys_note=KEYS_NOTE,
        editor_keys=[(_with_keys(shown), text) for shown, text in EDITOR_KEYS],
        ticks=TICKS,
        when=WHEN,
        marked=marked,
        style=Markup(style("guide")),  # noqa: S704  # our own file, no input in it
    )


def english(text: str) -> Markup:
    """Return an English text with the Arabic in it set apart, so that it keeps its own order."""
    parts = [Markup(part) for part in _ARABIC.split(escape(text))]  # noqa: S704  # escaped
    parts[1::2] = [_APART.format(part) for part in parts[1::2]]
    return Markup("").join(parts)


def marked(example: EntityExample) -> Markup:
    """Return an example with its spans marked; everything else is escaped.

    A span that is given twice is marked at its first two places. Places where it is a whole word
    come before those where it is part of one.
    """
    taken: list[tuple[int, int]] = []
    for span in example.spans:
        places = [place for place in _places(example.text, span) if not _overlaps(place, taken)]
        taken.extend(places[:1])
    parts: list[Markup] = []
    last = 0
    for start, end in sorted(taken):
        parts += [escape(example.text[last:start]), _MARK.format(example.text[start:end])]
        last = end
    return Markup("").join([*parts, escape(example.text[last:])])


def _places(text: str, span: str) -> list[tuple[int, int]]:
    starts = [n for n in range(len(text)) if text.startswith(span, n)]
    places = [(start, start + len(span)) for start in starts]
    return sorted(places, key=lambda place: whole_words(text, *place) != place)


def _overlaps(place: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(place[0] < end and start < place[1] for start, end in taken)


def _with_keys(text: str) -> Markup:
    parts = [_KEY.format(part) if is_key else escape(part) for part, is_key in split_keys(text)]
    return Markup("").join(parts)
