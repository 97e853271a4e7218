"""Tables of HTML pages: which are mere layout, and the cells of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from lxml import etree

from qa.ingest.tables import Above, Cell, Row, below, covered, row_lines, span_at, whole_row

# What stands in cells that only say what is shown beside what.
_LAID_OUT = frozenset(
    {*("dl", "form", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "pre", "ul"), "blockquote"}
)
_CELLS = ("td", "th")
_BOLD = etree.XPath(".//*[self::b or self::strong]")
_NOT_BOLD = etree.XPath(".//text()[normalize-space() and not(ancestor::b or ancestor::strong)]")


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
    yield from row_lines(list(_grid(table, words)))


def _grid(table: etree._Element, words: Callable[[etree._Element], str]) -> Iterator[Row]:
    rows = list(table.iter("tr"))
    rows.sort(key=lambda row: row.getparent().tag == "tfoot")
    above: Above[Cell] = {}
    for row in rows:
        taken = covered(above)
        placed: list[tuple[int, Cell]] = []
        column = 0
        for element in row.iterchildren(*_CELLS):
            while column in taken:
                column += 1
            marked = element.tag == "th" or row.getparent().tag == "thead"
            columns, down = _number(element, "colspan"), _number(element, "rowspan")
            # Of rows 0 means all that are left.
            span = span_at(column, columns, down or len(rows))
            placed.append((column, Cell(words(element), marked, marked or _is_head(element), span)))
            column += span.columns
        if placed or above:
            yield whole_row(placed, above)
        above = below(placed, above)


def _number(element: etree._Element, attribute: str) -> int:
    written = element.get(attribute, "1").strip()
    return int(written) if written.isdecimal() and len(written) < 7 else 1


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
