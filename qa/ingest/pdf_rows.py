"""The rows of a PDF's table, each as a line that names its columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from qa.ingest.lines import CELL_BREAK
from qa.ingest.pdf_lines import TextLine
from qa.ingest.pdf_tables import Lines, Range, column_of, columns_of
from qa.ingest.pdf_tags import CellTag
from qa.ingest.tables import Above, Cell, Row, Span, below, covered, row_lines, whole_row

# In points: tables that begin further apart, or divide their columns elsewhere, are two.
_SAME_EDGE = 3.0

# A row as one line, and the page it is on.
Line = tuple[str, int]
# Cells with the column each begins in; none if that can't be told.
_Placed = list[tuple[int, "_Entry"]] | None


@dataclass(frozen=True, slots=True)
class _Entry:
    """A cell that says something."""

    cell: CellTag
    lines: Sequence[TextLine]

    @property
    def span(self) -> Span:
        """How far it reaches over columns and rows."""
        return self.cell.span

    @property
    def range(self) -> Range:
        """From where to where it stands."""
        return min(line.left for line in self.lines), max(line.right for line in self.lines)

    @property
    def is_bold(self) -> bool:
        """Whether all of it is."""
        return all(line.style.bold for line in self.lines)


def rows_of_cells(lines: Lines, joined: Callable[[Lines], str]) -> list[Line]:
    """The rows of a table whose cells are known; ``joined`` makes one text of a cell's lines."""
    rows = _gathered(lines)
    placed = _placed([entries for _, entries in rows])
    width = max(_end(row) for row in placed)
    grid: list[Row] = []
    pages: list[int] = []
    first: list[str] = []
    above: Above[Cell] = {}
    for (page, entries), row in zip(rows, placed, strict=True):
        texts = [joined(entry.lines) for entry in entries]
        if texts == first and page != pages[-1]:
            # Every page of a long table may begin with the names.
            continue
        first = first or texts
        pages.append(page)
        if row is None:
            # Under no names rather than under wrong ones.
            free = next(column for column in count() if column not in covered(above))
            cells = [(free, Cell(CELL_BREAK.join(texts), span=Span(width + 1)))]
        else:
            cells = list(_cells(row, texts, covered(above)))
        grid.append(whole_row(cells, above))
        above = below(cells, above)
    return _lines(grid, pages)


def _cells(
    row: Sequence[tuple[int, _Entry]], texts: Sequence[str], taken: set[int]
) -> Iterator[tuple[int, Cell]]:
    """The cells of a row and what they say, the empty ones, which have no lines, among them."""
    bold = all(entry.is_bold for _, entry in row)
    head = all(entry.cell.head for _, entry in row)
    end = 0
    for (column, entry), text in zip(row, texts, strict=True):
        for empty in range(end, column):
            if empty not in taken:
                yield empty, Cell("", head, head or bold)
        yield column, Cell(text, entry.cell.head, entry.cell.head or bold, entry.span)
        end = column + entry.span.columns


def _gathered(lines: Lines) -> list[tuple[int, list[_Entry]]]:
    """The rows with the page each is on."""
    rows: dict[tuple[int, int, int], dict[int, list[TextLine]]] = {}
    for line in lines:
        cell = _cell(line)
        row = rows.setdefault((line.page, cell.table, cell.row), {})
        row.setdefault(cell.order, []).append(line)
    return [
        (page, [_Entry(_cell(parts[0]), parts) for _, parts in sorted(cells.items())])
        for (page, _, _), cells in sorted(rows.items())
    ]


def _placed(rows: Sequence[list[_Entry]]) -> list[_Placed]:
    """The cells of each row in their columns: the tags of empty ones may be lost."""
    counted = list(_counted(rows))
    width = max(_end(row) for row in counted)
    ranges: dict[int, Range] = {}
    for row, above in _with_above(counted):
        if _end(row, above) == width:
            for column, entry in row or []:
                if entry.span.columns == 1:
                    left, right = ranges.get(column, entry.range)
                    ranges[column] = min(left, entry.range[0]), max(right, entry.range[1])
    result: list[_Placed] = []
    above = {}
    for entries, row in zip(rows, counted, strict=True):
        known = all(entry.cell.column is not None for entry in entries)
        whole = known or _end(row, above) == width
        placed = row if whole else _nearest(entries, ranges, width, covered(above))
        result.append(placed)
        above = below(placed or [], above)
    return result


def _counted(rows: Sequence[list[_Entry]]) -> Iterator[_Placed]:
    """The cells of each row in the columns that counting gives them."""
    above: Above[_Entry] = {}
    for entries in rows:
        placed: list[tuple[int, _Entry]] = []
        taken = covered(above)
        column = order = 0
        for entry in entries:
            # Cells that are empty, and those of the rows above.
            while order < entry.cell.order or column in taken:
                order += column not in taken
                column += 1
            column = column if entry.cell.column is None else entry.cell.column
            placed.append((column, entry))
            column, order = column + entry.span.columns, order + 1
        yield placed
        above = below(placed, above)


def _with_above(rows: Iterable[_Placed]) -> Iterator[tuple[_Placed, Above[_Entry]]]:
    above: Above[_Entry] = {}
    for row in rows:
        yield row, above
        above = below(row or [], above)


def _nearest(
    entries: list[_Entry], ranges: dict[int, Range], width: int, taken: set[int]
) -> _Placed:
    """The cells of a row, of which some are lost, in the columns they stand in."""
    free = [column for column in range(width) if column not in taken]
    if len(entries) > len(free) or any(column not in ranges for column in free):
        return None
    if any(entry.span.columns > 1 for entry in entries):
        return None
    placed: list[tuple[int, _Entry]] = []
    begin = 0
    for at, entry in enumerate(entries):
        # Room is left for the others.
        choice = range(begin, len(free) - (len(entries) - at - 1))
        best = min(choice, key=lambda i: _distance(entry.range, ranges[free[i]]))
        placed.append((free[best], entry))
        begin = best + 1
    return placed


def _end(row: _Placed, above: Above[_Entry] | None = None) -> int:
    """The column after the last cell's, or after the last that cells above reach down into."""
    reaching = ((column, entry) for column, (entry, _) in (above or {}).items())
    return max(
        (column + entry.span.columns for column, entry in (*(row or []), *reaching)), default=0
    )


def _distance(one: Range, other: Range) -> float:
    """How far apart two are, or how much they overlap as a negative number."""
    return max(one[0], other[0]) - min(one[1], other[1])


def _cell(line: TextLine) -> CellTag:
    cell = line.tag.cell
    assert cell is not None
    return cell


def goes_on(lines: Lines, following: Lines) -> bool:
    """Whether a table of known cells is the rest of one on the page before."""
    if not following[0].tag.cell or following[0].page != lines[-1].page + 1:
        return False
    edges, others = _edges(lines), _edges(following)
    if edges.keys() != others.keys():
        return False
    if any(abs(edges[column] - others[column]) > _SAME_EDGE for column in edges):
        return False
    one, other = _gathered(lines)[0][1], _gathered(following)[0][1]
    named = all(entry.cell.head or entry.is_bold for entry in other)
    return not named or _said(one) == _said(other)


def _edges(lines: Lines) -> dict[int, float]:
    """Where each column begins, if that is known, and else only where the first one does."""
    cells = [_cell(line) for line in lines]
    known = {cell.column: cell.left for cell in cells if cell.column is not None}
    if known:
        return known
    # The number of columns is part of what has to be the same.
    return {max(cell.order for cell in cells): min(line.left for line in lines)}


def _said(entries: list[_Entry]) -> list[str]:
    return [line.text for entry in entries for line in entry.lines]


def aligned_rows(lines: Lines) -> list[Line]:
    """The rows of a table that only the places of its words tell."""
    columns = columns_of(lines)
    grid: list[list[list[str]]] = []
    bold: list[bool] = []
    pages: list[int] = []
    for line in lines:
        places = [column_of(columns, words) for words in line.words]
        # A cell's text goes on below it alone, but for that of the first column.
        if not grid or min(places) == 0 or len(places) > 1:
            grid.append([[] for _ in columns])
            bold.append(True)
            pages.append(line.page)
        bold[-1] = bold[-1] and line.style.bold
        for place, words in zip(places, line.words, strict=True):
            grid[-1][place].append(words.text)
    rows = [
        [(column, Cell(" ".join(said), head=head)) for column, said in enumerate(cells)]
        for cells, head in zip(grid, bold, strict=True)
    ]
    return _lines(rows, pages)


def _lines(grid: Sequence[Row], pages: list[int]) -> list[Line]:
    texts = list(row_lines(grid))
    # Those of the names come first and are no rows of their own.
    return [row for row in zip(texts, pages[len(pages) - len(texts) :], strict=True) if row[0]]
