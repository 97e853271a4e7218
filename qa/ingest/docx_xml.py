"""The elements of a Word document's XML, and what they say."""

from __future__ import annotations

import re

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
# In documents of the strict kind the elements are the same, but for what their names begin with.
_STRICT = {
    b"http://purl.oclc.org/ooxml/wordprocessingml/main": W[1:-1].encode(),
    b"http://purl.oclc.org/ooxml/officeDocument/math": M[1:-1].encode(),
}
_OFF = ("0", "false", "off")
# Larger numbers than Word's own are nonsense.
_NUMBER = re.compile(r"\d{1,5}")


def parsed(raw: bytes) -> etree._Element:
    """The root of a part, from which nothing else is fetched."""
    for strict, usual in _STRICT.items():
        raw = raw.replace(strict, usual)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(raw, parser)


def child(element: etree._Element | None, *names: str) -> etree._Element | None:
    """The first child of a name, or what is within it by the names that follow."""
    for name in names:
        if element is None:
            return None
        element = element.find(f"{W}{name}")
    return element


def value(element: etree._Element | None, *names: str) -> str | None:
    """What such a child is set to."""
    found = child(element, *names)
    written: str | None = None if found is None else found.get(f"{W}val")
    return written


def number(element: etree._Element | None, *names: str) -> int | None:
    """The number that such a child is set to."""
    written = value(element, *names)
    return int(written) if written and _NUMBER.fullmatch(written) else None


def is_on(element: etree._Element, attribute: str = "val") -> bool:
    """Whether a property that is there is switched on."""
    return element.get(f"{W}{attribute}") not in _OFF


def properties(element: etree._Element, name: str) -> etree._Element:
    """What holds the properties of an element, in which it comes first."""
    found = child(element, name)
    if found is None:
        found = etree.Element(f"{W}{name}")
        element.insert(0, found)
    return found


def says_something(element: etree._Element) -> bool:
    """Whether there is any text within an element, or what will be text."""
    if any(text.text and not text.text.isspace() for text in element.iter(f"{W}t")):
        return True
    others = element.iter(f"{W}sym", f"{W}footnoteReference", f"{W}endnoteReference")
    return next(others, None) is not None
