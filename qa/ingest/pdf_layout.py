"""The lines of a PDF's pages to paragraphs, headings and tables."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from qa.ingest.lines import (
    PROSE_WIDTH,
    apart,
    breaks_word,
    continues,
    ends_clause,
    ends_open,
    is_label,
    item_mark,
)
from qa.ingest.pdf_characters import HYPHEN, Style
from qa.ingest.pdf_lines import TextLine
from qa.ingest.pdf_tables import runs

# The dots between a heading and the number of its page, in a table of contents.
_LEADER = re.compile(r"(?:[.…·_]\s?){4,}\s*([0-9]{1,5}|[ivxlc]*)$")
# How many more pages than the file has a printed document may have had.
_LEAST_CONTENTS, _SPARE_PAGES = 2, 50
# Times the usual distance of lines: a paragraph ends; times an em where none is usual.
_FAR, _USUAL = 1.18, 1.35
# In ems: how much further in a line has to begin, how much shorter than it could be one that
# ends a paragraph is, and how much shorter a full one of justified text.
_INDENT, _SHORT, _FLUSH = 0.8, 0.5, 0.2
# Of the lines, where they are.
_JUSTIFIED = 0.6
# Pages of more are no text to be read, and take time with the square of their lines.
_MOST_LINES = 2000
# In ems: lines of one column, and of one paragraph, begin no further apart.
_SAME_COLUMN, _SAME_LEFT = 5, 0.5
_OWN_MARGIN = 3
_SAME_SIZE, _LIKE_SIZE, _SMALLER = 0.06, 0.2, 0.94
_CLOSING = "\"'”’»)]"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together.

    Attributes:
        heading: its level from 1, or 0.
        full: whether the last line reaches as far as a line can.
        table: whether it is one, rather than text.
    """

    lines: tuple[TextLine, ...]
    heading: int = 0
    full: bool = True
    table: bool = False

    @property
    def page(self) -> int:
        """The page it begins on."""
        return self.lines[0].page

    @property
    def size(self) -> float:
        """The size of its characters."""
        return self.lines[0].style.size


@dataclass(frozen=True, slots=True)
class _Setting:
    """How a document is set: in justified lines, and whether its typewriter's lines are code."""

    justified: bool
    code: bool


def body_style(lines: Iterable[TextLine]) -> Style:
    """How most characters look."""
    styles: Counter[Style] = Counter()
    for line in lines:
        styles[line.style] += len(line.text)
    return styles.most_common(1)[0][0] if styles else Style(0)


class _Margins:
    """How far to the right lines can reach."""

    def __init__(self, lines: Sequence[TextLine]) -> None:
        self._pages = {
            page: list(group) for page, group in itertools.groupby(lines, lambda line: line.page)
        }

    def __call__(self, group: Sequence[TextLine]) -> float:
        """How far the lines of a group can reach; where a column stands beside it, not over it."""
        on_page = self._pages[group[0].page]
        if len(on_page) > _MOST_LINES:
            return max(line.right for line in group)
        limit = min(
            (
                other.left
                for line in group
                for other in on_page
                if other.left >= line.right and abs(other.base - line.base) < line.style.size
            ),
            default=math.inf,
        )
        left, right = min(line.left for line in group), max(line.right for line in group)
        size = group[0].style.size
        # Several lines tell what their own margin is, as that of a quotation, if others agree.
        near = _SAME_COLUMN if len(group) < _OWN_MARGIN else _SAME_LEFT
        beside = (
            other.right
            for other in on_page
            if other.style.size == size and abs(other.left - left) < near * size
        )
        return max((each for each in beside if right <= each <= limit), default=right)


def paragraphs(lines: Sequence[TextLine]) -> list[Paragraph]:
    """The paragraphs and tables of a document, in the order they are read in."""
    lines = list(_without_contents(lines))
    usual, margins, body = _usual_distances(lines), _Margins(lines), body_style(lines)
    # Tables, and lines with how far they can reach.
    groups: list[tuple[Sequence[TextLine], float | None]] = []
    for table, part in runs(lines, body.size):
        if table:
            groups.append((part, None))
        else:
            groups += ((group, margins(group)) for group in _groups(part, usual))
    text = [(group, margin) for group, margin in groups if margin is not None]
    # Where all of it is a typewriter's, its lines are no code.
    setting = _Setting(justified=_is_justified(text), code=not body.fixed)
    found: list[Paragraph] = []
    for group, margin in groups:
        if margin is None:
            found.append(Paragraph(tuple(group), table=True))
        else:
            found += _parts(group, margin, setting)
    return list(_across(found, body.size))


def _without_contents(lines: Sequence[TextLine]) -> Iterator[TextLine]:
    """The lines but those of a table of contents: dots lead to pages, each on or after the last."""
    last = lines[-1].page if lines else 0
    for leads, group in itertools.groupby(lines, lambda line: bool(_LEADER.search(line.text))):
        part = list(group)
        if not (leads and _are_contents(part, last)):
            yield from part


def _are_contents(lines: Sequence[TextLine], pages: int) -> bool:
    ends = [_LEADER.search(line.text) for line in lines]
    numbers = [int(end[1]) for end in ends if end and end[1].isdecimal()]
    rises = all(one <= other for one, other in itertools.pairwise(numbers))
    few = max(numbers, default=0) <= pages + _SPARE_PAGES
    return len(lines) >= _LEAST_CONTENTS and rises and few


def _is_justified(groups: Iterable[tuple[Sequence[TextLine], float]]) -> bool:
    """Whether most lines end in the same place, but for the last of each group."""
    flush = [
        _is_flush(line, margin) for group, margin in groups if len(group) > 2 for line in group[:-1]
    ]
    return sum(flush) > _JUSTIFIED * len(flush)


def _usual_distances(lines: Sequence[TextLine]) -> dict[float, float]:
    """How far apart lines of each size mostly are."""
    counts: dict[float, Counter[float]] = {}
    for line, following in itertools.pairwise(lines):
        size, distance = line.style.size, following.base - line.base
        if line.page == following.page and following.style.size == size < distance < 3 * size:
            counts.setdefault(size, Counter())[round(2 * distance) / 2] += 1
    # Items of a list may be further apart than lines, and more in number.
    return {
        size: min(d for d, n in each.items() if 4 * n >= max(each.values()))
        for size, each in counts.items()
    }


def _groups(lines: Sequence[TextLine], usual: dict[float, float]) -> Iterator[list[TextLine]]:
    """Lines below each other with no more than the usual distance between them."""
    group: list[TextLine] = []
    for line in lines:
        if group and not _together(group[-1], line, usual):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _together(line: TextLine, following: TextLine, usual: dict[float, float]) -> bool:
    if line.tag.heading != following.tag.heading or not _same_size(line, following):
        return False
    if not _below(line, following):
        return False
    limit = _FAR * usual.get(line.style.size, _USUAL * line.style.size) + 0.5
    return following.base - line.base <= limit


def _below(line: TextLine, following: TextLine) -> bool:
    """Whether a line is in the same column, further down."""
    return (
        line.page == following.page
        and following.base > line.base
        and following.left < line.right
        and line.left < following.right
    )


def _same_size(line: TextLine, following: TextLine) -> bool:
    one, other = line.style.size, following.style.size
    # Recognised text has no two lines of one size.
    most = _LIKE_SIZE if continues(following.text) else _SAME_SIZE
    return abs(one - other) <= most * max(one, other)


def _parts(group: Sequence[TextLine], margin: float, setting: _Setting) -> Iterator[Paragraph]:
    """The paragraphs of lines that no distance divides; ``margin`` is how far they can reach."""
    part = [group[0]]
    for line, following in itertools.pairwise(group):
        is_code = setting.code and line.style.fixed and following.style.fixed
        # In justified text a sentence that ends earlier is the last of a paragraph.
        last = setting.justified and _ends(line.text) and not _is_flush(line, margin)
        if is_code or last or not _goes_on(part, line, following, margin):
            yield Paragraph(tuple(part), full=_is_full(line, following.text, margin))
            part = []
        part.append(following)
    yield Paragraph(tuple(part), full=len(part) > 1 and _is_full(part[-1], "x" * 8, margin))


def _goes_on(part: list[TextLine], line: TextLine, following: TextLine, margin: float) -> bool:
    """Whether a line is of the paragraph that the one above it is in."""
    if line.tag.heading or line.text.endswith(HYPHEN) or breaks_word(line.text, following.text):
        return True
    first = part[0]
    # A full line goes on, although words and a colon may stand at the next one's start.
    full = _is_flush(line, margin) and is_label(following.text) and not is_label(line.text)
    if apart(line.text, following.text, first.text) and not full:
        return False
    if (continues(following.text) or ends_open(line.text)) and not _ends(line.text):
        return True
    if line.tag.block != following.tag.block:
        return False
    if line.style.bold != following.style.bold and _ends(line.text):
        return False
    if not _is_full(line, following.text, margin):
        return False
    indent = _INDENT * line.style.size
    if following.left - line.left > indent:
        hangs = len(part) == 1 and item_mark(first.text) > 0
        return hangs or not _ends(line.text)
    # The first line may begin further in, and those of an item end where the next one begins.
    return line.left - following.left <= indent or len(part) == 1


def _ends(text: str) -> bool:
    """Whether a sentence or the introduction of a list ends with a line."""
    return ends_clause(text.rstrip(_CLOSING))


def _is_flush(line: TextLine, margin: float) -> bool:
    return margin - line.right < _FLUSH * line.style.size


def _is_full(line: TextLine, following: str, margin: float) -> bool:
    """Whether the next word would not have fitted on a line."""
    wide = (line.right - line.left) / max(1, len(line.text))
    word = following.split(maxsplit=1)[0]
    return line.right + wide * (len(word) + 1) > margin - _SHORT * line.style.size


def _across(found: list[Paragraph], body: float) -> Iterator[Paragraph]:
    """Paragraphs that go on in the next column or on the next page made whole.

    Footnotes that stand between their parts come after them. ``body`` is the size of running text,
    which has some; below headings stands the text.
    """
    at = 0
    while at < len(found):
        paragraph, at = found[at], at + 1
        notes: list[Paragraph] = []
        while True:
            following = at
            while (
                following < len(found)
                and paragraph.size * _SMALLER <= body
                and found[following].page == paragraph.lines[-1].page
                and found[following].size < _SMALLER * paragraph.size
            ):
                following += 1
            if following == len(found) or not _goes_over(paragraph, found[following]):
                break
            notes += found[at:following]
            second = found[following]
            paragraph = replace(paragraph, lines=paragraph.lines + second.lines, full=second.full)
            at = following + 1
        yield paragraph
        yield from notes


def _goes_over(paragraph: Paragraph, following: Paragraph) -> bool:
    line, second = paragraph.lines[-1], following.lines[0]
    if _below(line, second) or line.page > second.page or second.page > line.page + 1:
        return False
    if paragraph.table or following.table or line.tag.heading or second.tag.heading:
        return False
    if not _same_size(line, second):
        return False
    if line.text.endswith(HYPHEN) or breaks_word(line.text, second.text):
        return True
    if _ends(line.text) or apart(line.text, second.text, paragraph.lines[0].text):
        return False
    if continues(second.text) or ends_open(line.text):
        return True
    prose = len(line.text) >= PROSE_WIDTH or len(paragraph.lines) > 1
    return prose and paragraph.full and line.style == second.style
