"""The equations of a Word document, as one would type them on a line."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from qa.ingest.docx_xml import M
from qa.ingest.inline import raised

# What needs no brackets: a number, a name, a single sign, or what has them already.
_WHOLE = re.compile(r"[\w.,]*|.|\([^()]*\)", re.DOTALL)


def said(element: etree._Element) -> str:
    """The text of an equation or a part of one."""
    name = element.tag.removeprefix(M)
    if name.endswith("Pr"):
        return ""
    if name == "t":
        return element.text or ""
    if name == "d":
        return _in_brackets(element)
    if name in ("m", "eqArr"):
        return "; ".join(_parts(element))
    if name == "mr":
        return ", ".join(_parts(element))
    if name in ("f", "func", "limLow", "nary", "rad", "sPre", "sSub", "sSubSup", "sSup"):
        return _built(element, name)
    return "".join(map(said, element))


def _built(element: etree._Element, name: str) -> str:
    parts = {child.tag: said(child) for child in element}

    def part(name: str) -> str:
        return parts.get(M + name, "")

    if name == "f":
        return f"{_whole(part('num'))}/{_whole(part('den'))}"
    if name == "rad":
        return f"{_raised(part('deg'))}√{_whole(part('e'))}"
    if name == "func":
        return f"{part('fName')} {part('e')}"
    bounds = _lowered(part("sub") or part("lim")) + _raised(part("sup"))
    if name == "nary":
        # An integral sign is not written down.
        return f"{_property(element, 'chr', '∫')}{bounds} {part('e')}"
    return f"{bounds}{part('e')}" if name == "sPre" else f"{part('e')}{bounds}"


def _in_brackets(element: etree._Element) -> str:
    opening, closing = _property(element, "begChr", "("), _property(element, "endChr", ")")
    return f"{opening}{_property(element, 'sepChr', '|').join(_parts(element))}{closing}"


def _parts(element: etree._Element) -> Iterable[str]:
    return (said(child) for child in element.iterchildren(f"{M}e", f"{M}mr"))


def _property(element: etree._Element, name: str, usual: str) -> str:
    found = element.find(f"*/{M}{name}")
    written: str = usual if found is None else found.get(f"{M}val", "")
    # One character, which stands between all parts.
    return written[:1]


def _raised(text: str) -> str:
    if not text:
        return ""
    above = raised(text)
    return above if above != text else f"^{_whole(text)}"


def _lowered(text: str) -> str:
    return f"_{_whole(text)}" if text else ""


def _whole(text: str) -> str:
    return text if _WHOLE.fullmatch(text) else f"({text})"
