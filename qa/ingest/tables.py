"""Tables as lines that name their columns, whatever format their cells come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol, TypeVar

from qa.ingest.lines import LONGEST_NAME, column_name, row_line

# Files may say that a cell is over millions.
_MOST_COLUMNS, _MOST_ROWS = 100, 1000
# With less than so many columns, or rows below the first, a table is not looked at for names.
_NAMED_COLUMNS, _NAMED_ROWS = 3, 2
_DIGIT = re.compile(r"\d")
_AMOUNT = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"(?:FY ?)?(?:19|20)\d\d(?:[/–-]\d{2,4})?")


@dataclass(frozen=True, slots=True)
class Span:
    """How many columns a cell reaches over, and how many rows downwards."""

    columns: int = 1
    rows: int = 1


ONE = Span()


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell.

    Attributes:
        marked: whether it is marked as a name.
        head: whether it is that, or bold.
    """

    text: str
    marked: bool = False
    head: bool = False
    span: Span = ONE


class Spanning(Protocol):
    """What reaches over columns and rows."""

    @property
    def span(self) -> Span:
        """Over how many."""


S = TypeVar("S", bound=Spanning)
# The cells of a row with the column each begins in, those that reach down into it among them.
Row = Sequence[tuple[int, Cell]]
# By their first columns, the cells that reach down into a row, and through how many in all.
Above = Mapping[int, tuple[S, int]]


def span_at(column: int, columns: int, rows: int) -> Span:
    """What a cell that begins in a column reaches over, where a file says so many.

    It is cut in very wide tables, and is one of each to the right of those.
    """
    most = _MOST_COLUMNS - column
    if most < 1:
        return ONE
    return Span(max(1, min(columns, most)), max(1, min(rows, _MOST_ROWS)))


def below(row: Iterable[tuple[int, S]], above: Above[S]) -> dict[int, tuple[S, int]]:
    """What reaches down below a row whose own cells, and those from above, are given."""
    reaching = {column: (cell, left - 1) for column, (cell, left) in above.items() if left > 1}
    for column, cell in row:
        if cell.span.rows > 1:
            reaching[column] = cell, cell.span.rows - 1
    return reaching


def covered(above: Above[S]) -> set[int]:
    """The columns of a row that cells from above reach over."""
    return {
        place
        for column, (cell, _) in above.items()
        for place in range(column, column + cell.span.columns)
    }


def whole_row(own: Iterable[tuple[int, Cell]], above: Above[Cell]) -> Row:
    """All the cells of a row in the order of their columns."""
    reaching = ((column, cell) for column, (cell, _) in above.items())
    return sorted((*reaching, *own), key=lambda each: each[0])


def row_lines(grid: Sequence[Row]) -> Iterator[str]:
    """A line for each title and each row of a table, but for the rows of names."""
    titles = 0
    # A title over all columns names none of them.
    while titles < len(grid) - 1 and len(grid[titles]) == 1 and grid[titles][0][1].span.columns > 1:
        yield grid[titles][0][1].text
        titles += 1
    grid = grid[titles:]
    heads = _rows_of_names(grid)
    names = _names([dict(_spread(row)) for row in grid[:heads]])
    for row in grid[heads:]:
        yield _line(row, names)


def _rows_of_names(grid: Sequence[Row]) -> int:
    """How many rows at the top are of names."""
    # The last row that says the like in a column.
    last = {
        (column, _form(text)): number
        for number, row in enumerate(grid)
        for column, text in _spread(row)
    }
    heads = 0
    while heads < len(grid) and _is_of_names(grid, heads, last):
        heads += 1
    if heads:
        # What stands beside a name over two rows is a name, too.
        heads = max(heads, *(cell.span.rows for _, cell in grid[0]))
    if heads >= len(grid):
        # Of names alone none says what the others are.
        heads = 0
    if not heads and _names_columns([[cell.text for _, cell in row] for row in grid]):
        heads = 1
    return heads


def _is_of_names(grid: Sequence[Row], number: int, last: Mapping[tuple[int, str], int]) -> bool:
    """Whether a row is one of names; the corner above a column of names may be empty."""
    row = grid[number]
    (_, first), rest = row[0], row[1:]
    if not all(cell.head for _, cell in rest) or not (first.head or (rest and not first.text)):
        return False
    if all(cell.marked or not cell.text for _, cell in row):
        return True
    # Bold rows below a whole row of names divide the table, or are what is most important.
    if number and all(cell.span.columns == 1 for _, cell in grid[number - 1]):
        return False
    if first.text.endswith(":"):
        return False
    # So is one with numbers like those below, as a total is.
    return not any(
        _DIGIT.search(cell.text)
        and not _YEAR.fullmatch(cell.text)
        and last[column, _form(cell.text)] > number
        for column, cell in row
    )


def _form(text: str) -> str:
    """A text with the same in place of each number."""
    return _AMOUNT.sub("0", text)


def _names_columns(rows: list[list[str]]) -> bool:
    """Whether the first row of a table is of names, though nothing marks it as such.

    It is if there are no numbers in it, but in all other rows of most columns, and its words are
    written alike. Two columns are mostly names and what they name.
    """
    first, others = rows[0] if rows else [], rows[1:]
    if len(first) < _NAMED_COLUMNS or len(others) < _NAMED_ROWS or not all(first):
        return False
    if len(set(first)) < len(first) or any(_DIGIT.search(cell) for cell in first):
        return False
    if len({cell[0].islower() for cell in first}) > 1 or any(":" in cell for cell in first):
        return False
    _, *columns = zip_longest(*others, fillvalue="")
    numbers = sum(all(_DIGIT.search(cell) for cell in column) for column in columns)
    return 2 * numbers > len(columns)


def _line(row: Row, names: Mapping[int, str]) -> str:
    shown = [(column, cell) for column, cell in row if cell.text]
    if not names and len(shown) == 2 and shown[0][1].head and not shown[1][1].head:
        return row_line([(column_name(shown[0][1].text), shown[1][1].text)])
    return row_line((_name(column, cell.span.columns, names), cell.text) for column, cell in shown)


def _name(column: int, columns: int, names: Mapping[int, str]) -> str:
    """The name of the columns that a cell is over, if they have one and the same."""
    of_all = {names.get(place, "") for place in range(column, column + columns)}
    return of_all.pop() if len(of_all) == 1 else ""


def _names(heads: list[dict[int, str]]) -> dict[int, str]:
    """The name of each column, from all the rows of names above each other."""
    columns = sorted({column for row in heads for column in row})
    parts = {column: [row[column] for row in heads if row.get(column)] for column in columns}
    # One over two rows is one name.
    joined = {column: column_name(" ".join(dict.fromkeys(parts[column]))) for column in columns}
    return {column: name for column, name in joined.items() if len(name) <= LONGEST_NAME}


def _spread(row: Row) -> Iterator[tuple[int, str]]:
    for column, cell in row:
        yield from ((place, cell.text) for place in range(column, column + cell.span.columns))
