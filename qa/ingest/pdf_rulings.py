"""The cells of tables that are ruled: what the lines drawn on a PDF's page enclose."""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
from pypdfium2 import raw

from qa.ingest.pdf_tags import CellTag, Tag
from qa.ingest.tables import span_at

# In points: lines closer together are one, and shorter ones are none.
_CLOSE, _SHORTEST = 3.0, 6.0
# A page with more is a drawing or a map.
_MOST_EDGES = 20_000
_MOST_RULES = 500

Point = tuple[float, float]
Seen = Callable[[float, float], Point]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A line: where it is across its direction, and from where to where it goes."""

    at: float
    start: float
    end: float


class Grid:
    """The cells that the rules of one table enclose."""

    def __init__(self, number: int, across: Sequence[_Rule], down: Sequence[_Rule]) -> None:
        """Take in the rules of a table, which go across the page or down it."""
        self._down = [*down, *_outer(across, [rule.at for rule in down])]
        self._across = [*across, *_outer(down, [rule.at for rule in across])]
        self._columns = _positions(rule.at for rule in self._down)
        self._rows = _positions(rule.at for rule in self._across)
        self._tags = dict(self._cells(number)) if self.is_table else {}

    @property
    def is_table(self) -> bool:
        """Whether there are several columns; else it is a frame, or a line below a heading."""
        return len(self._columns) > 2 and len(self._rows) > 1

    def tag(self, x: float, y: float) -> Tag | None:
        """The cell that a point is in, if it is in one."""
        column, row = bisect_right(self._columns, x) - 1, bisect_right(self._rows, y) - 1
        return self._tags.get((row, column))

    def _cells(self, number: int) -> Iterator[tuple[tuple[int, int], Tag]]:
        rows, columns = len(self._rows) - 1, len(self._columns) - 1
        taken: set[tuple[int, int]] = set()
        for row in range(rows):
            order = 0
            for column in range(columns):
                if (row, column) in taken:
                    continue
                wide = high = 1
                while column + wide < columns and self._is_open(row, column + wide):
                    wide += 1
                while row + high < rows and self._is_open_above(row + high, column):
                    high += 1
                left = self._columns[column]
                tag = Tag(
                    cell=CellTag(
                        number, row, order, False, span_at(column, wide, high), column, left
                    )
                )
                order += 1
                for place in (
                    (r, c) for r in range(row, row + high) for c in range(column, column + wide)
                ):
                    taken.add(place)
                    yield place, tag

    def _is_open(self, row: int, column: int) -> bool:
        """Whether no rule is between a cell and the one to the left."""
        middle = (self._rows[row] + self._rows[row + 1]) / 2
        return not _drawn(self._down, self._columns[column], middle)

    def _is_open_above(self, row: int, column: int) -> bool:
        middle = (self._columns[column] + self._columns[column + 1]) / 2
        return not _drawn(self._across, self._rows[row], middle)


def grids(page: pdfium.PdfPage, seen: Seen) -> list[Grid]:
    """The ruled tables of a page; ``seen`` is where a point is from the left and the top."""
    across, down = _rules(page, seen)
    if len(across) + len(down) > _MOST_RULES:
        return []
    found: list[Grid] = []
    left = {*across, *down}
    while left:
        part, edge = set[_Rule](), [left.pop()]
        while edge:
            rule = edge.pop()
            part.add(rule)
            others = down if rule in across else across
            touched = {other for other in others if other in left and _touch(rule, other)}
            left -= touched
            edge += touched
        grid = Grid(len(found), [r for r in across if r in part], [r for r in down if r in part])
        if grid.is_table:
            found.append(grid)
    return found


def _rules(page: pdfium.PdfPage, seen: Seen) -> tuple[list[_Rule], list[_Rule]]:
    """The lines across a page and down it; those that continue each other as one."""
    across: list[_Rule] = []
    down: list[_Rule] = []
    for count, ((x1, y1), (x2, y2)) in enumerate(_edges(page, seen)):
        if count == _MOST_EDGES:
            return [], []
        if abs(y1 - y2) < 1 and abs(x1 - x2) >= _SHORTEST:
            across.append(_Rule(y1, min(x1, x2), max(x1, x2)))
        elif abs(x1 - x2) < 1 and abs(y1 - y2) >= _SHORTEST:
            down.append(_Rule(x1, min(y1, y2), max(y1, y2)))
    return _joined(across), _joined(down)


def _edges(page: pdfium.PdfPage, seen: Seen) -> Iterator[tuple[Point, Point]]:
    """The straight lines of what is drawn."""
    matrix, x, y = raw.FS_MATRIX(), ctypes.c_float(), ctypes.c_float()
    for drawn in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=1):
        raw.FPDFPageObj_GetMatrix(drawn, matrix)
        first = before = None
        for at in range(raw.FPDFPath_CountSegments(drawn)):
            segment = raw.FPDFPath_GetPathSegment(drawn, at)
            raw.FPDFPathSegment_GetPoint(segment, x, y)
            point = seen(
                matrix.a * x.value + matrix.c * y.value + matrix.e,
                matrix.b * x.value + matrix.d * y.value + matrix.f,
            )
            kind = raw.FPDFPathSegment_GetType(segment)
            if kind == raw.FPDF_SEGMENT_MOVETO:
                first = point
            elif kind == raw.FPDF_SEGMENT_LINETO and before:
                yield before, point
            if first and raw.FPDFPathSegment_GetClose(segment):
                yield point, first
            before = point


def _joined(rules: list[_Rule]) -> list[_Rule]:
    joined: list[_Rule] = []
    places = _positions(rule.at for rule in rules)
    by_place: list[list[_Rule]] = [[] for _ in places]
    for rule in rules:
        by_place[bisect_right(places, rule.at + 0.01) - 1].append(rule)
    for place, parts in zip(places, by_place, strict=True):
        parts.sort(key=lambda rule: rule.start)
        start, end = parts[0].start, parts[0].end
        for part in parts[1:]:
            if part.start > end + _CLOSE:
                joined.append(_Rule(place, start, end))
                start, end = part.start, part.end
            end = max(end, part.end)
        joined.append(_Rule(place, start, end))
    return joined


def _positions(places: Iterator[float]) -> list[float]:
    """Places in order, of those close together the first."""
    found: list[float] = []
    last = float("-inf")
    for place in sorted(places):
        if place - last > _CLOSE:
            found.append(place)
        last = place
    return found


def _outer(rules: Sequence[_Rule], places: Sequence[float]) -> list[_Rule]:
    """The rules at both ends of others that a table is drawn without."""
    if not rules:
        return []
    top, bottom = min(rule.at for rule in rules), max(rule.at for rule in rules)
    ends = (min(rule.start for rule in rules), max(rule.end for rule in rules))
    return [
        _Rule(end, top, bottom)
        for end in ends
        if all(abs(end - place) > 2 * _CLOSE for place in places)
    ]


def _touch(rule: _Rule, other: _Rule) -> bool:
    return (
        other.start - _CLOSE <= rule.at <= other.end + _CLOSE
        and rule.start - _CLOSE <= other.at <= rule.end + _CLOSE
    )


def _drawn(rules: Sequence[_Rule], at: float, place: float) -> bool:
    return any(abs(rule.at - at) <= _CLOSE and rule.start <= place <= rule.end for rule in rules)
