"""The words of a Markdown paragraph, without markup, as the lines they stand on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.common.html_blocks import block_names
from markdown_it.token import Token

from qa.ingest.hidden import COMMENT, HIDING, is_element, only_named, tag_of
from qa.ingest.lines import PROSE_WIDTH, apart, columns, continues, says_something

_RAISED = re.compile(r"[0-9+−()=-]+")
_SUPERSCRIPTS = str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")
_BETWEEN_LINES = {
    *block_names,
    "audio",
    "br",
    "button",
    "object",
    "pre",
    "select",
    "textarea",
    "video",
}
# Of those that hide something only one too many is left, or one in an image's text.
_WITHIN_LINES = HIDING | {
    "a", "abbr", "acronym", "area", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em",
    "embed", "font", "i", "img", "input", "ins", "kbd", "label", "mark", "meta", "meter", "nobr",
    "output", "picture", "progress", "q", "rp", "rt", "ruby", "samp", "small", "source", "span",
    "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
}  # fmt: skip


def words(tokens: Sequence[Token]) -> str:
    """The words of a heading or a cell, as one line."""
    return _joined(_segments(tokens))


def raised(text: str) -> str:
    """A power as such: "10<sup>30</sup>" is no 1030."""
    return text.translate(_SUPERSCRIPTS) if _RAISED.fullmatch(text) else text


def paragraphs(content: str, tokens: Sequence[Token]) -> list[str]:
    """The words of a paragraph: one line, or several if its line ends are meant as such.

    ``content`` is how the paragraph was written, and ``tokens`` what it is made of.

    Markdown takes a line end for a space. Who writes a list of telephone numbers line by
    line means otherwise, so they stay apart where the lines' form says so.
    """
    narrow = max(map(columns, content.split("\n"))) < PROSE_WIDTH
    groups: list[list[str]] = []
    for segment in _segments(tokens):
        group: list[str] = []
        for line in filter(says_something, map(str.strip, segment.split("\n"))):
            if not group or _ends(group, line, narrow=narrow):
                group = []
                groups.append(group)
            group.append(line)
    return list(map(_joined, groups))


def _ends(group: list[str], following: str, *, narrow: bool) -> bool:
    if apart(group[-1], following, group[0]):
        return True
    return narrow and not continues(following) and following[0] not in ",.:;)"


def _joined(lines: list[str]) -> str:
    return re.sub(r"[ \t\n]+", " ", " ".join(lines)).strip()


def _segments(tokens: Sequence[Token]) -> list[str]:
    """Text between hard line breaks, with a line feed for each other line end."""
    # In pieces: a segment made longer token by token would be copied as often.
    segments: list[list[str]] = [[]]
    # Where something is left out, the spaces before and after it would be two.
    cut = within_sup = False
    for token in tokens:
        tag = tag_of(token)
        within_sup = tag == "sup" or (within_sup and tag != "/sup")
        if token.type == "hardbreak" or tag.lstrip("/") in _BETWEEN_LINES:
            segments.append([])
        elif token.type == "footnote_ref" or tag == COMMENT:
            cut = True
        else:
            text = raised(_text(token, tag)) if within_sup else _text(token, tag)
            if cut and segments[-1] and segments[-1][-1].endswith(" "):
                text = text.removeprefix(" ")
            if text:
                segments[-1].append(text)
                cut = False
    return list(map("".join, segments))


def _text(token: Token, tag: str) -> str:
    if token.type == "softbreak":
        return "\n"
    if token.type == "image":
        return " ".join(_segments(token.children or ()))
    if token.type == "html_inline" and token.content.startswith(("<!", "<?")):
        return ""
    # A tag that HTML doesn't have may be a placeholder, as in "git checkout <branch>".
    known = tag.lstrip("/") in _WITHIN_LINES and not only_named(token)
    return "" if known or (tag and is_element(token)) else token.content
