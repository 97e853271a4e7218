"""The lines of a PDF's pages to paragraphs, headings and tables."""

from __future__ import annotations

import itertools
import re
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
from qa.ingest.pdf_furniture import BOTTOM, TOP
from qa.ingest.pdf_lines import TextLine
from qa.ingest.pdf_measures import Margins, usual_distances
from qa.ingest.pdf_tables import runs

# The dots between a heading and the number of its page, in a table of contents.
_LEADER = re.compile(r"(?<![.…·_])(?<![.…·_]\s)(?:[.…·_]\s?){4,}+\s*([0-9]{1,5}|[ivxlc]*)$")
_LEAST_CONTENTS = 2
# Times the usual distance of lines: a paragraph ends; times an em where none is usual.
_FAR, _USUAL = 1.18, 1.35
# In ems: how much further in a line has to begin, how much shorter than it could be one that
# ends a paragraph is, and how much shorter a full one of justified text.
_INDENT, _SHORT, _FLUSH = 0.8, 0.5, 0.2
# Of the lines, where they are.
_JUSTIFIED = 0.6
_SAME_SIZE, _LIKE_SIZE, _SMALLER = 0.06, 0.25, 0.94
# How much may be between two parts of a paragraph.
_MOST_BETWEEN = 12
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


def paragraphs(lines: Sequence[TextLine], body: Style) -> list[Paragraph]:
    """The paragraphs and tables of a document, in the order they are read in.

    ``body`` is how its running text looks.
    """
    lines = list(_without_contents(lines))
    usual, margins = usual_distances(lines), Margins(lines)
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
    return len(lines) >= _LEAST_CONTENTS and rises and max(numbers, default=0) <= pages


def _is_justified(groups: Iterable[tuple[Sequence[TextLine], float]]) -> bool:
    """Whether most lines end in the same place, but for the last of each group."""
    flush = [
        _is_flush(line, margin) for group, margin in groups if len(group) > 2 for line in group[:-1]
    ]
    return sum(flush) > _JUSTIFIED * len(flush)


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
    inner = following.left - line.left > _INDENT * line.style.size and item_mark(following.text)
    if _LEADER.search(line.text) or inner:
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

    Footnotes, heads and feet that stand between their parts come after them. ``body`` is the size
    of running text.
    """
    at = 0
    while at < len(found):
        paragraph, at = found[at], at + 1
        between: list[Paragraph] = []
        while (following := _following(paragraph, found, at, body)) is not None:
            between += found[at:following]
            second = found[following]
            paragraph = replace(paragraph, lines=paragraph.lines + second.lines, full=second.full)
            at = following + 1
        yield paragraph
        yield from between


def _following(paragraph: Paragraph, found: list[Paragraph], at: int, body: float) -> int | None:
    """Which paragraph goes on with one, not before a place; None if there is none."""
    sure = True
    for number in range(at, min(at + _MOST_BETWEEN, len(found))):
        other = found[number]
        if _goes_over(paragraph, other) and (sure or _goes_on_surely(paragraph, other)):
            return number
        # Below headings stands the text, in smaller letters.
        is_note = (
            paragraph.size * _SMALLER <= body
            and other.page == paragraph.lines[-1].page
            and other.size < _SMALLER * paragraph.size
        )
        is_edge = len(other.lines) == 1 and not TOP < other.lines[0].place < BOTTOM
        if not (is_note or is_edge):
            return None
        sure = sure and is_note
    return None


def _goes_on_surely(paragraph: Paragraph, following: Paragraph) -> bool:
    line, second = paragraph.lines[-1].text, following.lines[0].text
    return line.endswith(HYPHEN) or breaks_word(line, second) or continues(second)


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
