"""The tables of a Word document, so that their rows can be told."""

from __future__ import annotations

from lxml import etree

from qa.ingest.docx_styles import Styles
from qa.ingest.docx_xml import W, child, is_on, number, properties, value

# Among the parts of a table that its style applies to, in one number in older files.
_FIRST_ROW = 0x20
_FORMATTED = [f"{W}{name}" for name in ("tblPr", "trPr", "tcPr")]
_KEPT = [f"{W}{name}" for name in ("tblHeader", "gridSpan", "vMerge")]


def prepare(root: etree._Element, styles: Styles) -> None:
    """Mark the names of columns, fill up the rows, and make one paragraph of each cell.

    Paragraphs are expected to have properties only if they are headings.
    """
    for table in root.iter(f"{W}tbl"):
        rows = list(table.iterchildren(f"{W}tr"))
        marked = [_is_marked(row) for row in rows]
        if rows and not any(marked) and _shows_names(table, styles):
            etree.SubElement(properties(rows[0], "trPr"), f"{W}tblHeader")
        for row in rows:
            _fill(row)
    for formatted in list(root.iter(*_FORMATTED)):
        for each in list(formatted):
            if each.tag not in _KEPT:
                formatted.remove(each)
    for cell in root.iter(f"{W}tc"):
        _join(cell)


def _is_marked(row: etree._Element) -> bool:
    """Whether a row is repeated on every page, as names are."""
    mark = child(row, "trPr", "tblHeader")
    if mark is None or is_on(mark):
        return mark is not None
    # Its being there is enough for mammoth.
    mark.getparent().remove(mark)
    return False


def _shows_names(table: etree._Element, styles: Styles) -> bool:
    """Whether the first row of a table is made to look different by its style."""
    look = child(table, "tblPr", "tblLook")
    if look is None:
        return False
    if f"{W}firstRow" in look.attrib:
        used = is_on(look, "firstRow")
    else:
        used = bool(int(look.get(f"{W}val", "0"), 16) & _FIRST_ROW)
    return used and styles.names_columns(value(table, "tblPr", "tblStyle"))


def _fill(row: etree._Element) -> None:
    """Put an empty cell where a row begins further to the right."""
    columns, first = number(row, "trPr", "gridBefore"), child(row, "tc")
    if columns and first is not None:
        cell = etree.Element(f"{W}tc")
        span = etree.SubElement(properties(cell, "tcPr"), f"{W}gridSpan")
        span.set(f"{W}val", str(columns))
        first.addprevious(cell)


def _join(cell: etree._Element) -> None:
    """Make one paragraph of those of a cell, but of a cell that is laid out with headings."""
    paragraphs = list(cell.iterchildren(f"{W}p"))
    if child(cell, "tbl") is not None or any(child(each, "pPr") is not None for each in paragraphs):
        return
    for paragraph in paragraphs[1:]:
        gap = etree.SubElement(paragraphs[0], f"{W}r")
        gap.extend(etree.Element(f"{W}br") for _ in range(2))
        paragraphs[0].extend(paragraph)
        cell.remove(paragraph)
