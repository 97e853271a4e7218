"""What a page hides or strikes out, from the opening tag to the closing one.

An HTML tag reaches over paragraphs, lists and code, of which Markdown knows nothing.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token

# What no reader of the rendered page sees, or sees struck out; Markdown's tildes, too.
HIDING = {
    "~~", "canvas", "del", "noscript", "s", "script", "strike", "style", "svg", "template"
}  # fmt: skip
# A text about HTML may name these: "The <canvas> element draws."
_NAMED = {"canvas", "noscript", "svg"}
# There is nothing in these, and nothing closes them.
_EMPTY = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
}  # fmt: skip
COMMENT = "<!--"
_TAG = re.compile(r"<(/?[a-z][a-z0-9-]*)", re.IGNORECASE)
# A name, perhaps with a value; two names may be words of a placeholder: "<branch name>".
_ATTRIBUTE = re.compile(r"""\s([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>=`]+))?""")
_NOT_SHOWN = re.compile(r"(?:^|;)\s*display\s*:\s*none\b")
# What is known of a closing tag by the one that it closes.
_ELEMENT = "element"
# Stands where something was left out.
_CUT = Token("html_inline", "", 0, content="<!---->")

# A piece and a child of it, by number.
_Place = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Piece:
    """A token, how deep it stands, and whether it was among HTML between paragraphs."""

    token: Token
    level: int
    html: bool


def tag_of(token: Token) -> str:
    """Name of an HTML tag or of what stands for one, with a slash if it closes."""
    if token.type in ("s_open", "s_close"):
        return "~~" if token.type == "s_open" else "/~~"
    if token.type != "html_inline":
        return ""
    if token.content.startswith(COMMENT):
        return COMMENT
    match = _TAG.match(token.content)
    return match[1].lower() if match else ""


def is_element(token: Token) -> bool:
    """Whether a tag, or the one it closes, has an attribute with a value.

    A placeholder, as in "git checkout <branch>", has none.
    """
    return _ELEMENT in token.meta or any(value for value in _attributes(token).values())


def only_named(token: Token) -> bool:
    """Whether an opening tag that nothing closes is one of HTML that the text is about."""
    return tag_of(token) in _NAMED and not is_element(token) and not token.content.endswith("/>")


def _attributes(token: Token) -> dict[str, str]:
    return {name.lower(): value.strip("\"'") for name, value in _ATTRIBUTE.findall(token.content)}


def _hides(token: Token) -> bool:
    """Whether a tag opens something that isn't shown."""
    tag = tag_of(token)
    if not tag or tag.startswith("/") or tag in _EMPTY or token.content.endswith("/>"):
        return False
    if tag in HIDING or tag == COMMENT:
        return tag in HIDING
    attributes = _attributes(token)
    return "hidden" in attributes or bool(_NOT_SHOWN.search(attributes.get("style", "").lower()))


def visible(pieces: Sequence[Piece]) -> tuple[list[Token], list[str]]:
    """The tokens a reader sees of a document's, and the tags that hide but never close.

    As in a browser, a tag that never closes ends with its paragraph; one between
    paragraphs with the list or quotation it stands in, or with the document.
    """
    closers = _closers(pieces)
    seen: list[Token] = []
    unclosed: dict[str, None] = {}
    end: _Place = (-1, math.inf)
    for number, piece in enumerate(pieces):
        token = piece.token
        if token.type == "inline":
            children: list[Token] = []
            for place, child in enumerate(token.children or ()):
                if (number, place) <= end:
                    continue
                closer = closers.get((number, place))
                if not _hides(child) or (closer is None and only_named(child)):
                    children.append(child)
                    continue
                children.append(_CUT)
                if closer is not None:
                    end = closer
                else:
                    end = _last_within(pieces, number), math.inf
                    unclosed[tag_of(child)] = None
            token.children = children
        if (number, 0) > end or token.type not in ("fence", "code_block"):
            seen.append(token)
    return seen, list(unclosed)


def _last_within(pieces: Sequence[Piece], number: int) -> int:
    """The last piece that an unclosed tag in one piece hides."""
    opener = pieces[number]
    if opener.html:
        for after in range(number + 1, len(pieces)):
            if pieces[after].level < opener.level:
                return after
        return len(pieces) - 1
    return number


def _closers(pieces: Sequence[Piece]) -> dict[_Place, _Place]:
    """For each hiding tag that is closed, where; tags of one name are in each other."""
    found: dict[_Place, _Place] = {}
    opened: defaultdict[str, list[tuple[_Place, Token]]] = defaultdict(list)
    for number, piece in enumerate(pieces):
        children = piece.token.children if piece.token.type == "inline" else None
        for place, child in enumerate(children or ()):
            tag = tag_of(child)
            name = tag.removeprefix("/")
            if not tag:
                continue
            if tag != name and opened[name]:
                begin, opener = opened[name].pop()
                if is_element(opener):
                    child.meta[_ELEMENT] = True
                if _hides(opener):
                    found[begin] = number, place
            elif tag == name and tag not in _EMPTY and not child.content.endswith("/>"):
                opened[tag].append(((number, place), child))
    return found
