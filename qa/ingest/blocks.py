"""Find the paragraphs of plain text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from qa.types import Block

# A list item, so that items are not run together into one sentence.
_ITEM = re.compile(r"\s*(?:[-*+•‣◦·]|\(?(?:\d{1,3}|[A-Za-z])[.)])\s+\S")
_LINE = re.compile(r"[^\r\n\u2028\u2029\x0b\x0c\x85]+")
_BREAK = re.compile(r"\r\n|[\r\n\u2028\u2029\x0b\x0c\x85]")
# Longer lines are not hard-wrapped: each is a paragraph of its own.
_MAX_WRAP = 120


def plain_blocks(text: str) -> tuple[Block, ...]:
    """Blocks of running text: blank lines, list items and short lines end one.

    A line that ends early although the next word would have fitted (as headings,
    by-lines and addresses do) ends its block; a full line of hard-wrapped text
    doesn't.
    """
    return tuple(Block(start, end) for start, end in _paragraphs(text))


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    group: list[tuple[int, int]] = []
    last = 0
    for match in _LINE.finditer(text):
        start, end = _trim(text, *match.span())
        if start == end:
            continue
        if group and len(_BREAK.findall(text, last, match.start())) > 1:
            yield from _lines_to_paragraphs(text, group)
            group = []
        group.append((start, end))
        last = match.end()
    yield from _lines_to_paragraphs(text, group)


def _lines_to_paragraphs(text: str, lines: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    if not lines:
        return
    width = max(end - start for start, end in lines)
    begin = lines[0][0]
    for (start, end), (next_start, next_end) in itertools.pairwise(lines):
        next_word = text[next_start:next_end].split(maxsplit=1)[0]
        wrapped = width <= _MAX_WRAP and end - start + 1 + len(next_word) > width
        if not wrapped or _ITEM.match(text, next_start, next_end):
            yield begin, end
            begin = next_start
    yield begin, lines[-1][1]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
