"""Rows of tables inside a passage.

``qa.ingest`` writes a table row by row, each on a line that names its columns:
``Ship: Aurora | Built: 1998``. A row stands for itself, and so does a cell: read
together, rows alike but for their entries are mistaken for one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import regex

from qa.ingest.lines import CELL_BREAK, CELL_NAME, is_row

BAR = CELL_BREAK.strip()
# A longer entry is more than an answer.
_LONGEST_ENTRY = 40
_LINE = regex.compile(r"[^\r\n]+")


def row_spans(text: str) -> list[tuple[int, int]]:
    """Where the rows are, each on a line of its own."""
    return [line.span() for line in _LINE.finditer(text) if is_row(line[0])]


def whole_entry(
    text: str, parts: Iterable[tuple[int, int]], place: tuple[int, int]
) -> tuple[int, int]:
    """A span in an entry, of those ``parts``, that is short: all of it. Others stay."""
    for start, end in parts:
        if start <= place[0] < place[1] <= end:
            short = end - start <= _LONGEST_ENTRY and not text[start:end].endswith(": ")
            return (start, end) if short else place
    return place


def cell_parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Names and entries of a row's cells, each as a span of the text."""
    position = start
    for cell in text[start:end].split(CELL_BREAK):
        name = CELL_NAME.match(cell)
        if name:
            yield position, position + name.end()
        entry = position + (name.end() if name else 0)
        if entry < position + len(cell):
            yield entry, position + len(cell)
        position += len(cell) + len(CELL_BREAK)
