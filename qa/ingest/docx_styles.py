"""The styles of a Word document, and what text is and looks like by them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from qa.ingest.docx_xml import W, child, is_on, number, value

# So many styles are not based on each other, but perhaps in a circle.
_DEEPEST = 20
# Word's own names, whatever its language; the highest of Apple's Pages has no number.
_HEADING = re.compile(r"heading ?([1-9])?", re.IGNORECASE)
_BODY_TEXT = 9
_LOOKS = ("b", "vanish", "strike", "dstrike")


@dataclass(frozen=True, slots=True)
class Style:
    """What a style says, without what it is based on.

    Attributes:
        outline: its level in the outline from 0, or 9 for running text.
        numbered_by: the list that numbers its paragraphs, on what level if it is said.
        looks: properties of its text, and whether they are on.
        names: whether the first row of a table of this style looks different.
    """

    id: str
    name: str
    base: str | None
    outline: int | None
    numbered_by: str | None
    level: int | None
    looks: dict[str, bool]
    names: bool


class Styles:
    """The styles of a document."""

    def __init__(self, root: etree._Element | None) -> None:
        self._styles: dict[str | None, Style] = {}
        for element in () if root is None else root.iterchildren(f"{W}style"):
            style = _style(element)
            self._styles.setdefault(style.id, style)
        self._looks: dict[str | None, dict[str, bool]] = {}

    def chain(self, id: str | None) -> Iterator[Style]:
        """A style, and those that it is based on, the nearest first."""
        for _ in range(_DEEPEST):
            style = self._styles.get(id)
            if style is None:
                return
            yield style
            id = style.base

    def is_shown(self, name: str, formatted: etree._Element | None, paragraph: str | None) -> bool:
        """Whether text has a property, such as being bold, by itself or by a style.

        ``formatted`` holds its own properties, and ``paragraph`` is the style of its paragraph.
        """
        own = child(formatted, name)
        if own is not None:
            return is_on(own)
        by_paragraph = self._looks_of(paragraph).get(name, False)
        return self._looks_of(value(formatted, "rStyle")).get(name, by_paragraph)

    def _looks_of(self, id: str | None) -> dict[str, bool]:
        if id not in self._looks:
            self._looks[id] = {}
            for style in reversed(list(self.chain(id))):
                self._looks[id] |= style.looks
        return self._looks[id]

    def heading(self, id: str | None) -> int | None:
        """Of a style of headings the level from 1, or 0 if it is the title's."""
        for style in self.chain(id):
            if style.name.lower() == "title":
                return 0
            if style.outline is not None:
                return style.outline + 1 if style.outline < _BODY_TEXT else None
            heading = _HEADING.fullmatch(style.name) or _HEADING.fullmatch(style.id)
            # LibreOffice bases on the one without a number all that is printed large.
            if heading and (heading[1] or style.id == id):
                return int(heading[1] or 1)
        # What Word knows by itself a program may leave out.
        known = None if id in self._styles else _HEADING.fullmatch(id or "")
        return int(known[1] or 1) if known else None

    def names_columns(self, id: str | None) -> bool:
        """Whether the first row of a table looks different by its style."""
        return any(style.names for style in self.chain(id))


def _style(element: etree._Element) -> Style:
    formatted = child(element, "rPr")
    looks = ((name, child(formatted, name)) for name in _LOOKS)
    return Style(
        id=element.get(f"{W}styleId", ""),
        name=value(element, "name") or "",
        base=value(element, "basedOn"),
        outline=number(element, "pPr", "outlineLvl"),
        numbered_by=value(element, "pPr", "numPr", "numId"),
        level=number(element, "pPr", "numPr", "ilvl"),
        looks={name: is_on(look) for name, look in looks if look is not None},
        names=any(
            part.get(f"{W}type") == "firstRow" and any(map(len, part))
            for part in element.iterchildren(f"{W}tblStylePr")
        ),
    )
