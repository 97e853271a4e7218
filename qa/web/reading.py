"""How a document's text is laid out for reading, without losing a character of it."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.types import Block, Document, page_at

# A part of a long document: about twenty screens, a tenth of a second to lay out.
PART_CHARS = 40_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that is marked or isn't.

    Attributes:
        first: whether it is the first of the marked ones.
        page: number of the file's page, if it is the first on it.
    """

    text: str
    marked: bool
    first: bool
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A block of text, or the white space between two.

    Attributes:
        level: None for white space, 0 for running text, else the heading's level on the
            page, from 2, never more than one below the heading before it.
    """

    level: int | None
    pieces: tuple[Piece, ...]


def part_starts(length: int, blocks: Sequence[Block], limit: int = PART_CHARS) -> list[int]:
    """Where each part of a text begins: at a block, unless one is longer than a part.

    The first part begins at 0, each ends where the next begins, the last at ``length``.
    """
    starts = [0]
    for block in blocks:
        if block.end - starts[-1] > limit:
            _cut(starts, block.start, limit)
            if block.start > starts[-1]:
                starts.append(block.start)
            _cut(starts, block.end, limit)
    _cut(starts, length, limit)
    return starts


def _cut(starts: list[int], end: int, limit: int) -> None:
    while end - starts[-1] > limit:
        starts.append(starts[-1] + limit)


def part_of(starts: Sequence[int], position: int) -> int:
    """Number, from 0, of the part that holds a position."""
    return max(0, bisect_right(starts, position) - 1)


def lay_out(
    document: Document, part: tuple[int, int], marked: tuple[int, int]
) -> Iterator[Paragraph]:
    """Cut a part of a document at blocks and at the marked slice; all pieces joined are the part.

    ``part`` and ``marked`` are slices of the text in code points; the latter is empty
    if nothing is to be marked, and may reach beyond the part.
    """
    text, blocks = document.text, document.blocks
    begin, end = part
    left, right = max(marked[0], begin), min(marked[1], end)
    level, first, before = 1, True, None
    turns = [page.start for page in document.pages]
    for start, stop, heading in _runs(begin, end, blocks):
        if heading is None and not text[start:stop].isspace():
            heading = 0
        if heading:
            level = min(heading + 1, level + 1, 6)
        cuts = {start, stop, *(c for c in (left, right) if start < c < stop)}
        cuts.update(turns[bisect_right(turns, start) : bisect_left(turns, stop)])
        pieces = []
        for a, b in itertools.pairwise(sorted(cuts)):
            inside = left <= a < right
            page = None if heading is None else page_at(document.pages, a)
            turned, before = page if page != before else None, page or before
            pieces.append(Piece(text[a:b], inside, inside and first, turned))
            first = first and not inside
        yield Paragraph(level if heading else heading, tuple(pieces))


def _runs(begin: int, end: int, blocks: Sequence[Block]) -> Iterator[tuple[int, int, int | None]]:
    """The blocks of a part and the gaps between them, in order, without empty ones."""
    position = begin
    first = bisect_right(blocks, begin, key=lambda block: block.end)
    for block in itertools.islice(blocks, first, None):
        start, stop = max(block.start, position), min(block.end, end)
        if start >= end:
            break
        if position < start:
            yield position, start, None
        if start < stop:
            yield start, stop, block.heading
            position = stop
    if position < end:
        yield position, end, None
