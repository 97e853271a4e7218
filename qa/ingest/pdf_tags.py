"""What the tags of a PDF page say its text is: headings, and the cells of tables.

Word processors and browsers tag what they write; TeX and scanners mostly don't.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
from pypdfium2 import raw

from qa.ingest.tables import ONE, Span, span_at

# Deeper than any document's.
_DEEPEST = 60
_HEADINGS = {"H": 1, "Title": 1, **{f"H{level}": level for level in range(1, 7)}}
_BLOCKS = {"P", "LI", "LBody", "Caption", "Note", "BlockQuote", "TOCI", "BibEntry", *_HEADINGS}
_CELLS = {"TD": False, "TH": True}
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Tag:
    """What an element of the page is.

    Attributes:
        block: number of the paragraph, list item or the like on its page; 0 if none is tagged.
        heading: its level from 1, or 0.
        cell: the place of a table's cell, if it is one.
        artifact: whether other text of the page is tagged, and this is not, as a running head.
    """

    block: int = 0
    heading: int = 0
    cell: CellTag | None = None
    artifact: bool = False


@dataclass(frozen=True, slots=True)
class CellTag:
    """A cell of a page's tables, which are numbered, and so are a table's rows.

    Attributes:
        order: its place among the cells of its row.
        head: whether it names a column or a row.
        column: the one it begins in, if that is known, as is its left edge then.
    """

    table: int
    row: int
    order: int
    head: bool
    span: Span = ONE
    column: int | None = None
    left: float = 0


def tags(page: pdfium.PdfPage) -> dict[int, Tag]:
    """The tag of each piece of marked content that has one, by its number on the page."""
    tree = raw.FPDF_StructTree_GetForPage(page)
    if not tree:
        return {}
    found = _Found()
    try:
        for position in range(raw.FPDF_StructTree_CountChildren(tree)):
            found.gather(raw.FPDF_StructTree_GetChildAtIndex(tree, position), Tag(), 0)
    finally:
        raw.FPDF_StructTree_Close(tree)
    return found.tags


class _Found:
    def __init__(self) -> None:
        self.tags: dict[int, Tag] = {}
        self._tables = self._blocks = 0
        # By their addresses: broken trees lead to the same element in many ways.
        self._seen: set[int] = set()
        # Of each open table its number, and the rows and the cells of the last row so far.
        self._open: list[list[int]] = []

    def gather(self, element: Any, above: Tag, depth: int) -> None:
        """Take in an element and those below it; ``above`` is the tag of the one it is in."""
        address = ctypes.cast(element, ctypes.c_void_p).value
        if not address or address in self._seen or depth > _DEEPEST:
            return
        self._seen.add(address)
        role = _text(lambda buffer, size: raw.FPDF_StructElement_GetType(element, buffer, size))
        tag = self._tag(element, role, above)
        if role == "Table":
            self._open.append([self._tables, -1, 0])
            self._tables += 1
        for position in range(raw.FPDF_StructElement_CountChildren(element)):
            content = raw.FPDF_StructElement_GetChildMarkedContentID(element, position)
            if content >= 0:
                self.tags.setdefault(content, tag)
            else:
                child = raw.FPDF_StructElement_GetChildAtIndex(element, position)
                if not child and role == "TR" and self._open:
                    # An empty cell.
                    self._open[-1][2] += 1
                self.gather(child, tag, depth + 1)
        if role == "Table":
            self._open.pop()

    def _tag(self, element: Any, role: str, above: Tag) -> Tag:
        if role in _BLOCKS and not above.cell:
            self._blocks += 1
            return Tag(self._blocks, _HEADINGS.get(role, 0))
        # A table in a cell is part of what the cell says.
        if len(self._open) != 1:
            return above
        table = self._open[0]
        if role == "TR":
            table[1:] = table[1] + 1, 0
        elif role in _CELLS and table[1] >= 0 and not above.cell:
            spans = dict(_numbers(element))
            order, table[2] = table[2], table[2] + 1
            span = span_at(order, spans.get("ColSpan", 1), spans.get("RowSpan", 1))
            return Tag(above.block, cell=CellTag(table[0], table[1], order, _CELLS[role], span))
        return above


def _numbers(element: Any) -> Iterator[tuple[str, int]]:
    """The attributes of an element that are numbers."""
    number = ctypes.c_float()
    for position in range(max(0, raw.FPDF_StructElement_GetAttributeCount(element))):
        attributes = raw.FPDF_StructElement_GetAttributeAtIndex(element, position)
        for at in range(max(0, raw.FPDF_StructElement_Attr_GetCount(attributes))):
            name = _name(attributes, at)
            value = raw.FPDF_StructElement_Attr_GetValue(attributes, name)
            if value and raw.FPDF_StructElement_Attr_GetNumberValue(value, number):
                yield name.decode("utf-8", "replace"), int(number.value)


def _name(attributes: Any, position: int) -> bytes:
    buffer, size = ctypes.create_string_buffer(_LONGEST_NAME), ctypes.c_ulong()
    raw.FPDF_StructElement_Attr_GetName(attributes, position, buffer, _LONGEST_NAME, size)
    return buffer.value


def _text(get: Callable[[Any, int], int]) -> str:
    buffer = ctypes.create_string_buffer(2 * _LONGEST_NAME)
    size = min(get(buffer, len(buffer)), len(buffer))
    return buffer.raw[: max(0, size - 2)].decode("utf-16-le", "replace")
