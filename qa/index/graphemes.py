"""User-perceived characters, which no span may cut (UAX #29)."""

from __future__ import annotations

import regex

_GRAPHEME = regex.compile(r"\X")
# Longer clusters than this are abuse of combining marks; they may be cut.
LONGEST_GRAPHEME = 64


def grapheme_start(text: str, position: int, lowest: int) -> int:
    """The start of the user-perceived character (UAX #29) that ``position`` falls into.

    ``position`` itself if it is a border, or if the border lies before ``lowest``.
    """
    # Of ASCII only a carriage return and its line feed are one character.
    if position >= len(text) or (
        text[max(0, position - 1) : position + 1].isascii() and text[position] != "\n"
    ):
        return position
    window = max(0, position - LONGEST_GRAPHEME)
    for match in _GRAPHEME.finditer(text, window, position + 1):
        if match.start() <= position < match.end():
            # The engine sees no further than position + 1: a match that starts
            # there is a border only if it isn't glued to what stands before.
            return match.start() if match.start() >= lowest else position
    return position
