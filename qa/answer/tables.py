"""Rows of tables inside a passage.

``qa.ingest`` writes a table row by row, each on a line that names its columns:
``Ship: Aurora | Built: 1998``. A row stands for itself, and so does a cell: read
together, rows alike but for their entries are mistaken for one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import regex

from qa.index.terms import content_terms, terms
from qa.ingest.lines import CELL_BREAK, CELL_NAME, is_row

BAR = CELL_BREAK.strip()
# A longer entry is more than an answer.
_LONGEST_ENTRY = 40
_COMPOUND = regex.compile(r"\w+(?:-\w+)+")
_LINE = regex.compile(r"[^\r\n]+")


def row_spans(text: str) -> list[tuple[int, int]]:
    """Where the rows are, each on a line of its own."""
    return [line.span() for line in _LINE.finditer(text) if is_row(line[0])]


def lacking(rows: Sequence[str], question: str) -> list[int]:
    """How many words of the question each row lacks of those that others have.

    Counted from the row that has most of the words that only some rows have: "What does an
    adult pay?" is about the row that says "adult", if another says "child".
    """
    if len(rows) < 2:
        return [0] * len(rows)
    # The number of "DH-20" is none that a row may have.
    asked = set(content_terms(_COMPOUND.sub(" ", question)))
    found = [asked & set(terms(row)) for row in rows]
    everywhere = set.intersection(*found)
    counts = [len(each - everywhere) for each in found]
    return [max(counts) - count for count in counts]


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
