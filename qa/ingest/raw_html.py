"""Headings and tables written as HTML tags within Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from qa.ingest.hidden import tag_of
from qa.ingest.inline import words

_HEADING = re.compile(r"h[1-6]\Z")
_CELLS = ("td", "th")
_LAID_OUT = {"br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "p"}
_SPAN = re.compile(r"(?:col|row)span", re.IGNORECASE)
_ROWS = ("tr", "/tr", "caption", "/caption")


@dataclass(frozen=True, slots=True)
class Part:
    """Tokens that are running text, a heading, or a table.

    Attributes:
        heading: its level, 0 for running text.
        rows: the words of a table's cells, else empty; a row of one may be its caption.
        captions: how many of the rows stand before the one that names the columns; all of them
            if none does.
    """

    tokens: Sequence[Token]
    heading: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
    captions: int = 0


def parts(tokens: Sequence[Token]) -> Iterator[Part]:
    """What a paragraph's tokens are, in order; tags that are never closed are running text."""
    begin = position = 0
    closers = _closers(tokens)
    while position < len(tokens):
        end = closers.get(position)
        if end is None:
            position += 1
            continue
        if begin < position:
            yield Part(tokens[begin:position])
        tag, inside = tag_of(tokens[position]), tokens[position + 1 : end]
        if tag != "table":
            yield Part(inside, heading=int(tag[1]))
        else:
            table = _table(inside)
            unnamed = table.captions == len(table.rows)
            if unnamed and not _LAID_OUT.isdisjoint(map(tag_of, inside)):
                # It only says what stands beside what.
                yield from parts(inside)
            else:
                yield table
        begin = position = end + 1
    if begin < len(tokens):
        yield Part(tokens[begin:])


def _closers(tokens: Sequence[Token]) -> dict[int, int]:
    """Where each heading or innermost table that is closed ends."""
    found: dict[int, int] = {}
    opened: dict[str, int] = {}
    for place, token in enumerate(tokens):
        tag = tag_of(token)
        name = tag.removeprefix("/")
        if name != "table" and not _HEADING.match(name):
            continue
        if tag == name:
            opened[name] = place
        elif name in opened:
            found[opened.pop(name)] = place
    return found


def _table(tokens: Sequence[Token]) -> Part:
    rows: list[tuple[str, ...]] = []
    captions: int | None = None
    heads, spanned = True, False
    # What stands outside the cells of a row, and then each cell.
    row: list[list[Token]] = [[]]

    def end_row() -> None:
        nonlocal captions, heads
        outside, *cells = map(words, row)
        if outside:
            rows.append((outside,))
        if any(cells):
            if heads and all(len(former) == 1 for former in rows):
                captions = len(rows)
            rows.append(tuple(cells))
        row[:], heads = [[]], True

    for token in tokens:
        tag = tag_of(token)
        if tag in _ROWS:
            end_row()
        elif tag in _CELLS:
            heads = heads and tag == "th"
            spanned = spanned or _SPAN.search(token.content) is not None
            row.append([])
        elif tag.removeprefix("/") not in _CELLS:
            row[-1].append(token)
    end_row()
    if captions is None or spanned:
        captions = len(rows)
    return Part(tokens, rows=tuple(rows), captions=captions)
