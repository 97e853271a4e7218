"""Find the paragraphs of plain text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from qa.ingest.lines import (
    PROSE_WIDTH,
    apart,
    columns,
    continues,
    ends_clause,
    rows,
    says_something,
)
from qa.types import Block

_LINE = re.compile(r"[^\r\n\u2028\u2029\x0b\x0c\x85]+")
_BREAK = re.compile(r"\r\n|[\r\n\u2028\u2029\x0b\x0c\x85]")
# Narrower text than prose may be hard-wrapped where the next line goes on in lower case.
_LOWER_CASE_WIDTH = 30
# Lines are not filled to the last column everywhere; lower case makes up for so much.
_RAGGED = 10
# Lines of justified text end in the same column, but for a hyphen or a mark that hangs out.
_UNEVEN = 2
# Wider lines are not hard-wrapped: each is a paragraph of its own.
_MAX_WRAP = 120


def plain_blocks(text: str) -> tuple[Block, ...]:
    """Blocks of running text: blank lines, list items and short lines end one.

    A line that ends early although the next word would have fitted (as headings,
    by-lines and addresses do) ends its block; a full line of hard-wrapped text
    doesn't, unless its form or the next one's shows that they are no running text.
    Lines without a letter, digit or emoji, as under a heading, belong to no block.
    """
    return tuple(Block(start, end) for start, end in _paragraphs(text))


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    group: list[tuple[int, int]] = []
    last = 0
    for match in _LINE.finditer(text):
        start, end = trimmed(text, *match.span())
        if start == end:
            continue
        if not says_something(text[start:end]):
            yield from _lines_to_paragraphs(text, group)
            group = []
            continue
        if group and len(_BREAK.findall(text, last, match.start())) > 1:
            yield from _lines_to_paragraphs(text, group)
            group = []
        group.append((start, end))
        last = match.end()
    yield from _lines_to_paragraphs(text, group)


def _lines_to_paragraphs(text: str, group: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    if not group:
        return
    lines = [text[start:end] for start, end in group]
    if _is_heading(lines):
        yield group[0]
        group, lines = group[1:], lines[1:]
    width, justified = max(map(columns, lines)), _justified(text, group)
    begin, first = group[0][0], lines[0]
    for number, (line, following) in enumerate(itertools.pairwise(lines)):
        if (
            not _wrapped(line, following, width)
            or apart(line, following, first)
            or rows(line, following, justified=justified)
        ):
            yield begin, group[number][1]
            begin, first = group[number + 1][0], following
    yield begin, group[-1][1]


def _is_heading(lines: list[str]) -> bool:
    """Whether the first line alone is so wide, and the text below is wrapped earlier."""
    width = columns(lines[0])
    if len(lines) < 3 or not max(map(columns, lines[1:])) < width <= _MAX_WRAP:
        return False
    second, third = lines[1:3]
    early = not (_wrapped(second, third, width) or ends_clause(second))
    if not early or continues(second) or apart(second, third, ""):
        return False
    return not rows(second, third, justified=False)


def _justified(text: str, group: list[tuple[int, int]]) -> bool:
    """Whether all lines but the last end in about the same column."""
    full = [_end_column(text, start, end) for start, end in group[:-1]]
    return len(full) > 1 and max(full) - min(full) <= _UNEVEN


def _end_column(text: str, start: int, end: int) -> int:
    first = start
    while first and text[first - 1] in " \t":
        first -= 1
    return columns(text[first:end])


def _wrapped(line: str, following: str, width: int) -> bool:
    """Whether a line of a paragraph that is so wide was too full to take the next word."""
    if width > _MAX_WRAP or width < (_LOWER_CASE_WIDTH if continues(following) else PROSE_WIDTH):
        return False
    word = following.split(maxsplit=1)[0]
    if columns(word[0]) > 1:
        # Chinese and Japanese break anywhere, but for a mark that can't begin a line.
        word = word[:2]
    missing = width - columns(line) - 1
    return missing < max(columns(word), _RAGGED if continues(following) else 0)


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends; empty if it holds nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
