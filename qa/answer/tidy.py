"""Trim a span to what a person would quote."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from qa.index.chunker import grapheme_start

_PAIRS = {
    pair[0]: pair[1]
    for pair in ("()", "[]", "{}", "“”", "«»", "「」", "『』", "《》", "（）", "【】")
}
# Marks that end a clause or belong to its neighbour, never to a short answer.
_LEADING = frozenset(",;:.!?)]}”»」』》）】、。,;:·")
_TRAILING = frozenset(",;:、,;:([{“«「『《（【")
_DASHES = "-–—"

# Each round mends one bracket or quotation mark; spans hold few.
_ROUNDS = 16


def tidy(text: str, start: int, end: int) -> tuple[int, int]:
    """Adjust ``text[start:end]`` to whole words, whole characters and balanced brackets.

    Never empty for a span that holds a letter or digit; may be empty otherwise.
    """
    start, end = _whole_words(text, start, end)
    for _ in range(_ROUNDS):
        before = (start, end)
        start, end = _balanced(text, *_trimmed(text, start, end))
        if before == (start, end):
            break
    return start, end


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Grow the span to the borders of the words and characters it cuts."""
    while True:
        before = (start, end)
        while 0 < start < end and _joined(text, start):
            start -= 1
        while start < end < len(text) and _joined(text, end):
            end += 1
        start = grapheme_start(text, start, 0)
        border = grapheme_start(text, end, 0)
        while border < end < len(text):
            end += 1
            border = grapheme_start(text, end, 0)
        # A whole character may join a word where the mark at its end did not.
        if before == (start, end):
            return start, end


def _joined(text: str, position: int) -> bool:
    """Whether a Latin, Greek, … word goes on across a position; ideographs don't join."""
    left, right = text[position - 1], text[position]
    return (
        not (_ideograph(left) or _ideograph(right))
        and _of_word(text, position - 1)
        and _of_word(text, position)
    )


def _of_word(text: str, place: int) -> bool:
    """Whether a letter or digit stands there, or a mark on one: many vowels are marks."""
    while place > 0 and unicodedata.category(text[place])[0] == "M":
        place -= 1
    return text[place].isalnum()


def _ideograph(character: str) -> bool:
    return (
        "\u2e80" <= character <= "\u9fff"
        or "\uac00" <= character <= "\ud7ff"
        or ("\U00020000" <= character <= "\U0003ffff")
    )


def _border(text: str, position: int) -> bool:
    """Whether no user-perceived character is cut at a position."""
    return grapheme_start(text, position, 0) == position


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    # A line end of two code points is one character, and goes as one.
    while (
        start < end
        and (text[start].isspace() or text[start] in _LEADING)
        and not _begins_with_point(text, start, end)
        and _border(text, start + (step := 1 + text.startswith("\r\n", start, end)))
    ):
        start += step
    while (
        end > start
        and (text[end - 1].isspace() or text[end - 1] in _TRAILING)
        and _border(text, end - (step := 1 + text.endswith("\r\n", start, end)))
    ):
        end -= step
    # A dash between spaces ends a clause; one in "O-" or "co-" belongs to the word.
    before = text[start:end].rstrip(_DASHES)
    dash = start + len(before) < end and before[-1:].isspace()
    return (start, start + len(before.rstrip())) if dash else (start, end)


def _begins_with_point(text: str, start: int, end: int) -> bool:
    """Whether ".5" or ".NET" stands there."""
    return (
        text[start] == "."
        and start + 1 < end
        and text[start + 1].isalnum()
        and not (start and text[start - 1].isalnum())
    )


def _balanced(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in a missing partner that stands right beside the span, or drop the odd one."""
    for left, right in _repairs(text, start, end):
        if _border(text, left) and _border(text, right):
            return left, right
    return start, end


def _repairs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    span = text[start:end]
    for opener, closer in _PAIRS.items():
        openers, closers = _odd(span, opener, closer)
        if openers:
            if text[end : end + 1] == closer:
                yield start, end + 1
            if openers[0] == 0:
                yield start + 1, end
        if closers:
            if start and text[start - 1] == opener:
                yield start - 1, end
            if closers[-1] == len(span) - 1:
                yield start, end - 1
    if span.count('"') % 2:
        if text[end : end + 1] == '"':
            yield start, end + 1
        if start and text[start - 1] == '"':
            yield start - 1, end
        if span.startswith('"'):
            yield start + 1, end
        if span.endswith('"'):
            yield start, end - 1


def _odd(span: str, opener: str, closer: str) -> tuple[list[int], list[int]]:
    """Places of the openers and of the closers that have no partner in the span."""
    openers: list[int] = []
    closers: list[int] = []
    for place, character in enumerate(span):
        if character == opener:
            openers.append(place)
        elif character == closer:
            if openers:
                openers.pop()
            else:
                closers.append(place)
    return openers, closers
