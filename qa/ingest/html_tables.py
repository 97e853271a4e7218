"""Tables of HTML pages, as rows that name their columns, or as mere layout."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from lxml import etree

from qa.ingest.lines import LONGEST_NAME, column_name, row_line

# What stands in cells that only say what is shown beside what.
_LAID_OUT = frozenset(
    {*("dl", "form", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "pre", "ul"), "blockquote"}
)
_CELLS = ("td", "th")
# Wider tables are cut; a cell over more columns or rows is taken to be over so many.
_MOST_COLUMNS, _MOST_ROWS = 100, 1000
# With less than so many columns, or rows below the first, a table is not looked at for names.
_NAMED_COLUMNS, _NAMED_ROWS = 3, 2
_BOLD = etree.XPath(".//*[self::b or self::strong]")
_NOT_BOLD = etree.XPath(".//text()[normalize-space() and not(ancestor::b or ancestor::strong)]")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    head: bool
    columns: int


def data_tables(page: etree._Element) -> frozenset[etree._Element]:
    """The tables whose rows say something of what they name.

    The others hold tables, one column, or, without a row of names, headings and lists.
    """
    found: list[etree._Element] = []
    layout: set[etree._Element] = set()
    opened: list[etree._Element] = []
    paragraphs: Counter[etree._Element] = Counter()
    for event, element in etree.iterwalk(page, events=("start", "end")):
        if element.tag == "table":
            if event == "start":
                layout.update(opened[-1:])
                opened.append(element)
                found.append(element)
            else:
                opened.pop()
        elif opened and event == "start" and opened[-1] not in layout:
            table = opened[-1]
            parent = element.getparent()
            paragraphs[parent] += element.tag == "p" and parent.tag in _CELLS
            laid_out = element.tag in _LAID_OUT or paragraphs[parent] > 1
            if laid_out and not _has_names(table):
                layout.add(table)
    return frozenset(table for table in found if table not in layout and _is_wide(table))


def table_lines(table: etree._Element, words: Callable[[etree._Element], str]) -> Iterator[str]:
    """A data table's caption and rows, one line each; ``words`` are those of an element."""
    yield from map(words, table.iterchildren("caption"))
    grid = list(_grid(table, words))
    heads = 0
    while heads < len(grid) and all(cell.head for _, cell in grid[heads]):
        heads += 1
    if heads == len(grid):
        # Of names alone none says what the others are.
        heads = 0
    if not heads and _names_columns([[cell.text for _, cell in row] for row in grid]):
        heads = 1
    names = _names([dict(_spread(row)) for row in grid[:heads]])
    for row in grid[heads:]:
        yield _line(row, names)


def _names_columns(rows: list[list[str]]) -> bool:
    """Whether the first row of a table is of names, though nothing marks it as such.

    It is if there are no numbers in it, and a column has a number in every other row. Two columns
    are mostly names and what they name.
    """
    first, others = rows[0] if rows else [], rows[1:]
    if len(first) < _NAMED_COLUMNS or len(others) < _NAMED_ROWS or not all(first):
        return False
    if len(set(first)) < len(first) or any(_DIGIT.search(cell) for cell in first):
        return False
    columns = zip_longest(*others, fillvalue="")
    return any(all(_DIGIT.search(cell) for cell in column) for column in columns)


def _line(row: list[tuple[int, _Cell]], names: dict[int, str]) -> str:
    shown = [(column, cell) for column, cell in row if cell.text]
    if not names and len(shown) == 2 and shown[0][1].head and not shown[1][1].head:
        return row_line([(column_name(shown[0][1].text), shown[1][1].text)])
    # A cell over several columns leaves no telling which is which.
    return row_line(
        (names.get(column, "") if cell.columns == 1 else "", cell.text) for column, cell in shown
    )


def _names(heads: list[dict[int, str]]) -> dict[int, str]:
    """The name of each column, from all the rows of names above each other."""
    columns = sorted({column for row in heads for column in row})
    parts = {column: [row[column] for row in heads if row.get(column)] for column in columns}
    # One over two rows is one name.
    joined = {column: column_name(" ".join(dict.fromkeys(parts[column]))) for column in columns}
    return {column: name for column, name in joined.items() if len(name) <= LONGEST_NAME}


def _spread(row: list[tuple[int, _Cell]]) -> Iterator[tuple[int, str]]:
    for column, cell in row:
        yield from ((place, cell.text) for place in range(column, column + cell.columns))


def _grid(
    table: etree._Element, words: Callable[[etree._Element], str]
) -> Iterator[list[tuple[int, _Cell]]]:
    """The cells of each row with their columns, those from rows above among them."""
    rows = list(table.iter("tr"))
    rows.sort(key=lambda row: row.getparent().tag == "tfoot")
    # Of columns that a cell goes down through: the cell, and through how many rows more.
    down: dict[int, tuple[_Cell, int]] = {}
    for row in rows:
        placed = [(column, cell) for column, (cell, _) in down.items()]
        taken = {place for column, cell in placed for place in range(column, column + cell.columns)}
        down = {column: (cell, left - 1) for column, (cell, left) in down.items() if left > 1}
        column = 0
        for element in row.iterchildren(*_CELLS):
            while column in taken:
                column += 1
            if column >= _MOST_COLUMNS:
                break
            in_head = _is_head(element) or row.getparent().tag == "thead"
            cell = _Cell(words(element), in_head, _span(element, "colspan", _MOST_COLUMNS - column))
            placed.append((column, cell))
            below = _span(element, "rowspan", _MOST_ROWS) - 1
            if below:
                down[column] = cell, below
            column += cell.columns
        if placed:
            yield sorted(placed, key=lambda each: each[0])


def _span(element: etree._Element, attribute: str, most: int) -> int:
    written = element.get(attribute, "1").strip()
    # Of rows 0 means all that are left.
    return min(int(written) or most, most) if written.isdecimal() and len(written) < 7 else 1


def _has_names(table: etree._Element) -> bool:
    row = next(table.iter("tr"), None)
    cells = [] if row is None else list(row.iterchildren(*_CELLS))
    heads = bool(cells) and all(map(_is_head, cells))
    return heads or next(table.iterchildren("thead"), None) is not None


def _is_head(cell: etree._Element) -> bool:
    """Whether a cell is marked as a name, or all that it says is bold."""
    return cell.tag == "th" or bool(_BOLD(cell) and not _NOT_BOLD(cell))


def _is_wide(table: etree._Element) -> bool:
    return any(len(list(row.iterchildren(*_CELLS))) > 1 for row in table.iter("tr"))
