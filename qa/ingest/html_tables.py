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
_AMOUNT = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"(?:FY ?)?(?:19|20)\d\d(?:[/–-]\d{2,4})?")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell.

    Attributes:
        marked: whether it is marked as a name.
        head: whether it is that, or bold.
        columns: how many it reaches over.
        rows: the same, downwards.
    """

    text: str
    marked: bool
    head: bool
    columns: int
    rows: int


def data_tables(page: etree._Element) -> frozenset[etree._Element]:
    """The tables whose rows say something of what they name.

    The others hold tables, one column, or, without a row of names, headings and lists.
    """
    found: list[etree._Element] = []
    layout: set[etree._Element] = set()
    opened: list[etree._Element] = []
    paragraphs: Counter[etree._Element] = Counter()
    named: dict[etree._Element, bool] = {}
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
            if laid_out and table not in named:
                named[table] = _has_names(table)
            if laid_out and not named[table]:
                layout.add(table)
    return frozenset(table for table in found if table not in layout and _is_wide(table))


def table_lines(table: etree._Element, words: Callable[[etree._Element], str]) -> Iterator[str]:
    """A data table's caption and rows, one line each; ``words`` are those of an element."""
    yield from map(words, table.iterchildren("caption"))
    grid = list(_grid(table, words))
    # A title over all columns names none of them.
    while len(grid) > 1 and len(grid[0]) == 1 and grid[0][0][1].columns > 1:
        yield grid.pop(0)[0][1].text
    heads = 0
    while heads < len(grid) and _is_of_names(grid, heads):
        heads += 1
    if heads:
        # What stands beside a name over two rows is a name, too.
        heads = max(heads, *(cell.rows for _, cell in grid[0]))
    if heads >= len(grid):
        # Of names alone none says what the others are.
        heads = 0
    if not heads and _names_columns([[cell.text for _, cell in row] for row in grid]):
        heads = 1
    names = _names([dict(_spread(row)) for row in grid[:heads]])
    for row in grid[heads:]:
        yield _line(row, names)


def _is_of_names(grid: list[list[tuple[int, _Cell]]], number: int) -> bool:
    """Whether a row is one of names; the corner above a column of names may be empty."""
    row = grid[number]
    (_, first), rest = row[0], row[1:]
    if not all(cell.head for _, cell in rest) or not (first.head or (rest and not first.text)):
        return False
    if all(cell.marked or not cell.text for _, cell in row):
        return True
    # Bold rows below a whole row of names divide the table, or are what is most important.
    if number and all(cell.columns == 1 for _, cell in grid[number - 1]):
        return False
    if first.text.endswith(":"):
        return False
    # So is one with numbers like those below, as a total is.
    below = [dict(_spread(other)) for other in grid[number + 1 :]]
    return not any(
        _DIGIT.search(cell.text)
        and not _YEAR.fullmatch(cell.text)
        and any(_form(cell.text) == _form(other.get(column, "")) for other in below)
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
            marked = element.tag == "th" or row.getparent().tag == "thead"
            spans = (
                _span(element, "colspan", _MOST_COLUMNS - column),
                _span(element, "rowspan", _MOST_ROWS),
            )
            cell = _Cell(words(element), marked, marked or _is_head(element), *spans)
            placed.append((column, cell))
            if cell.rows > 1:
                down[column] = cell, cell.rows - 1
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
