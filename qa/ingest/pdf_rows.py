"""The rows of a PDF's table, each as a line that names its columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from lxml import etree

from qa.ingest.html_tables import table_lines
from qa.ingest.pdf_lines import TextLine
from qa.ingest.pdf_tables import Lines, Range, column_of, columns_of
from qa.ingest.pdf_tags import Cell

# A row as one line, and the page it is on.
Row = tuple[str, int]
# The lines of each cell of a row, by its place among them.
_Cells = dict[int, list[TextLine]]


def rows_of_cells(lines: Lines, joined: Callable[[Lines], str]) -> list[Row]:
    """The rows of a table whose cells are known; ``joined`` makes one text of a cell's lines."""
    table = etree.Element("table")
    pages: list[int] = []
    first = None
    for page, cells in _with_gaps(_gathered(lines)):
        texts = {order: joined(parts) for order, parts in cells.items()}
        head = _is_head(cells.values())
        if head and texts == first:
            # Every page of a long table may begin with the names.
            continue
        first = first or texts
        pages.append(page)
        row = etree.SubElement(table, "tr")
        for order in range(max(cells) + 1):
            # What is empty has no lines.
            cell = _cell(cells[order]) if order in cells else None
            element = etree.SubElement(row, "th" if head or (cell and cell.head) else "td")
            if cell:
                element.set("colspan", str(cell.columns))
                element.set("rowspan", str(cell.rows))
                element.text = texts[order]
    return _rows(table, pages)


def _gathered(lines: Lines) -> list[tuple[int, _Cells]]:
    """The rows with the page each is on."""
    rows: dict[tuple[int, int, int], _Cells] = {}
    for line in lines:
        cell = _cell([line])
        rows.setdefault((line.page, cell.table, cell.row), {}).setdefault(cell.order, []).append(
            line
        )
    return [(page, cells) for (page, _, _), cells in sorted(rows.items())]


def _with_gaps(rows: list[tuple[int, _Cells]]) -> list[tuple[int, _Cells]]:
    """The rows with their cells in the columns they stand in: the tags of empty ones are lost."""
    width = max(max(cells) + 1 for _, cells in rows)
    whole = [cells for _, cells in rows if len(cells) == width and _is_plain(cells)]
    if not whole:
        return rows
    columns = [_range([line for cells in whole for line in cells[at]]) for at in range(width)]
    placed: list[tuple[int, _Cells]] = []
    covered = 0
    for page, cells in rows:
        # Cells of the rows above may reach down into a row.
        if covered == 0 and _is_plain(cells):
            cells = _placed(cells, columns)
        placed.append((page, cells))
        covered = max([covered, *(_cell(parts).rows for parts in cells.values())]) - 1
    return placed


def _placed(cells: _Cells, columns: Sequence[Range]) -> _Cells:
    placed: _Cells = {}
    for parts in (parts for _, parts in sorted(cells.items())):
        left = range(max(placed, default=-1) + 1, len(columns))
        placed[min(left, key=lambda at: _distance(_range(parts), columns[at]))] = parts
    return placed


def _is_plain(cells: _Cells) -> bool:
    """Whether no cell of a row reaches over another one's place, and none has been left out."""
    plain = all(_cell(parts).rows == _cell(parts).columns == 1 for parts in cells.values())
    return plain and sorted(cells) == list(range(len(cells)))


def _range(lines: Lines) -> Range:
    return min(line.left for line in lines), max(line.right for line in lines)


def _distance(one: Range, other: Range) -> float:
    """How far apart two are, or how much they overlap as a negative number."""
    return max(one[0], other[0]) - min(one[1], other[1])


def _cell(lines: Lines) -> Cell:
    cell = lines[0].tag.cell
    assert cell is not None
    return cell


def goes_on(lines: Lines, following: Lines) -> bool:
    """Whether a table of known cells is the rest of one on the page before."""
    if not following[0].tag.cell or following[0].page != lines[-1].page + 1:
        return False
    if _width(lines) != _width(following):
        return False
    one, other = _first_row(lines), _first_row(following)
    return not _is_head([other]) or [x.text for x in one] == [x.text for x in other]


def _is_head(cells: Iterable[Lines]) -> bool:
    """Whether the cells of a row are all tagged as names, or bold."""
    return all(
        (line.tag.cell and line.tag.cell.head) or line.style.bold for part in cells for line in part
    )


def _first_row(lines: Lines) -> Lines:
    row = min(line.tag.cell.row for line in lines if line.tag.cell)
    page = lines[0].page
    return [x for x in lines if x.page == page and x.tag.cell and x.tag.cell.row == row]


def _width(lines: Lines) -> int:
    cells = (line.tag.cell for line in lines)
    return max(cell.order for cell in cells if cell)


def aligned_rows(lines: Lines) -> list[Row]:
    """The rows of a table that only the places of its words tell."""
    columns = columns_of(lines)
    grid: list[list[list[str]]] = []
    bold: list[bool] = []
    pages: list[int] = []
    for line in lines:
        places = [column_of(columns, words) for words in line.words]
        # A cell's text goes on below it, but for that of the first column.
        if not grid or min(places) == 0:
            grid.append([[] for _ in columns])
            bold.append(True)
            pages.append(line.page)
        bold[-1] = bold[-1] and line.style.bold
        for place, words in zip(places, line.words, strict=True):
            grid[-1][place].append(words.text)
    table = etree.Element("table")
    for cells, head in zip(grid, bold, strict=True):
        row = etree.SubElement(table, "tr")
        for cell in cells:
            etree.SubElement(row, "th" if head else "td").text = " ".join(cell)
    return _rows(table, pages)


def _rows(table: etree._Element, pages: list[int]) -> list[Row]:
    texts = list(table_lines(table, lambda cell: cell.text or ""))
    # Those of the names come first and are no rows of their own.
    return [row for row in zip(texts, pages[len(pages) - len(texts) :], strict=True) if row[0]]
