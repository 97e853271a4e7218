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
HIDING = {"~~", "del", "s", "script", "strike", "style", "template"}
COMMENT = "<!--"
_TAG = re.compile(r"<(/?[a-z][a-z0-9-]*)", re.IGNORECASE)
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
                tag = tag_of(child)
                if tag not in HIDING:
                    children.append(child)
                    continue
                children.append(_CUT)
                if (number, place) in closers:
                    end = closers[number, place]
                else:
                    end = _last_within(pieces, number), math.inf
                    unclosed[tag] = None
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
    opened: defaultdict[str, list[_Place]] = defaultdict(list)
    for number, piece in enumerate(pieces):
        children = piece.token.children if piece.token.type == "inline" else None
        for place, child in enumerate(children or ()):
            tag = tag_of(child)
            name = tag.removeprefix("/")
            if tag in HIDING:
                opened[tag].append((number, place))
            elif name in HIDING and opened[name]:
                found[opened[name].pop()] = number, place
    return found
