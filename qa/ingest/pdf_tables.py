"""The tables among the lines of a PDF."""

from __future__ import annotations

import itertools
import re
import statistics
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from qa.ingest.lines import ends_clause
from qa.ingest.pdf_lines import TextLine, Words

# In ems: lines further apart are not of one table.
_NEXT_ROW = 3.0
# So much larger than the running text a line is a heading.
_LARGER = 1.3
# So many lines of so many characters in every column are no table.
_LEAST_PROSE, _PROSE = 4, 25
_NUMBER = re.compile(r"[0-9]{1,6}")
# In points, and as a part of the widest gap.
_SAME, _UNEVEN = 1.5, 0.05
# Of aligned lines on one page.
_MOST_ROWS = 500
# So many lines in a row may begin a table and turn out not to; of the others none is tried.
_MOST_TRIES = 50

Lines = Sequence[TextLine]
# From where to where something is on a line, in points.
Range = tuple[float, float]


def runs(lines: Lines, body: float) -> Iterator[tuple[bool, Lines]]:
    """Lines in the order they come, with whether they are a table's, and if so all of it.

    ``body`` is the size of the running text.
    """
    text: list[TextLine] = []
    at = tries = 0
    while at < len(lines):
        if at and not _is_near(lines[at - 1], lines[at]):
            tries = 0
        table = _table_from(lines, at, body) if tries < _MOST_TRIES else []
        if not table:
            tries += len(lines[at].words) > 1
            text.append(lines[at])
            at += 1
            continue
        if text:
            yield False, text
            text = []
        # Columns of prose may be stored line by line, and lines be numbered.
        prose = _columns_of_prose(table) or _without_numbers(table)
        yield not prose, prose or table
        at += len(table)
    if text:
        yield False, text


def _table_from(lines: Lines, first: int, body: float) -> Lines:
    """The table that begins with a line, or nothing."""
    tag = lines[first].tag
    if tag.cell:
        last = first + 1
        while last < len(lines) and _is_of_table(lines[first], lines[last]):
            last += 1
        return lines[first:last]
    if len(lines[first].words) < 2 or tag.heading or lines[first].style.size > _LARGER * body:
        return []
    last = first + 1
    longest = min(len(lines), first + _MOST_ROWS)
    while last < longest and _is_near(lines[last - 1], lines[last]):
        last += 1
    table = list(lines[first:last])
    while len(table[-1].words) < 2 and table[-1].left < table[0].words[0].right:
        table.pop()
    several = [line for line in table if len(line.words) > 1]
    columns = columns_of(table)
    crossed = any(len({column_of(columns, w) for w in x.words}) < len(x.words) for x in several)
    if crossed or len(several) < 2 or 2 * len(several) < len(table) or _are_justified(several):
        return []
    return table


def _are_justified(lines: Lines) -> bool:
    """Whether they all reach from one margin to the other with their words evenly apart."""
    first = lines[0]
    # So many words below each other are hardly so by chance.
    if len(first.words) > 2 and all(len(line.words) == len(first.words) for line in lines):
        return False
    return all(
        abs(line.left - first.left) < _SAME
        and abs(line.right - first.right) < _SAME
        and _is_even(line)
        for line in lines
    )


def _is_even(line: TextLine) -> bool:
    gaps = [after.left - words.right for words, after in itertools.pairwise(line.words)]
    return max(gaps) - min(gaps) <= _UNEVEN * max(gaps)


def _rows(table: Lines) -> int:
    """How many rows there are, if its cells are known."""
    return len({line.tag.cell.row for line in table if line.tag.cell})


def _is_of_table(line: TextLine, following: TextLine) -> bool:
    one, other = line.tag.cell, following.tag.cell
    return line.page == following.page and bool(one and other and one.table == other.table)


def _is_near(line: TextLine, following: TextLine) -> bool:
    if following.tag != line.tag or following.page != line.page:
        return False
    size = line.style.size
    return following.style.size == size and 0 < following.base - line.base < _NEXT_ROW * size


def _columns_of_prose(table: Lines) -> Lines:
    """The lines of each column, one column after the other; nothing if they are no prose."""
    if _rows(table) > 1:
        return []
    columns = columns_of(table)
    apart: list[list[TextLine]] = [[] for _ in columns]
    for line in table:
        for words in line.words:
            apart[column_of(columns, words)].append(replace(line, words=(words,)))
    prose = all(
        len(column) >= _LEAST_PROSE and statistics.median(len(x.text) for x in column) >= _PROSE
        for column in apart
    )
    return list(itertools.chain.from_iterable(apart)) if prose else []


def _without_numbers(table: Lines) -> Lines:
    """The lines without the numbers that stand before each; nothing if there are none."""
    numbers = [line.words[0].text for line in table]
    if len(table) < _LEAST_PROSE or not all(map(_NUMBER.fullmatch, numbers)):
        return []
    first = int(numbers[0])
    if [*map(int, numbers)] != [*range(first, first + len(numbers))]:
        return []
    rest = [replace(line, words=line.words[1:]) for line in table if len(line.words) > 1]
    # Items of a list are whole.
    ends = sum(ends_clause(line.text) for line in rest)
    wide = bool(rest) and statistics.median(len(line.text) for line in rest) >= _PROSE
    return rest if wide and 2 * ends < len(rest) else []


def columns_of(lines: Lines) -> list[Range]:
    """From where to where each column reaches: what overlaps is one."""
    columns: list[Range] = []
    for left, right in sorted((w.left, w.right) for line in lines for w in line.words):
        if columns and left < columns[-1][1]:
            columns[-1] = columns[-1][0], max(right, columns[-1][1])
        else:
            columns.append((left, right))
    return columns


def column_of(columns: Sequence[Range], words: Words) -> int:
    """Which of the columns that ``columns_of`` found words are in."""
    return bisect_left(columns, words.right, key=lambda column: column[1])
