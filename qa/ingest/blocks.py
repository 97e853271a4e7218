"""Find the paragraphs of plain text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from qa.ingest.lines import (
    PROSE_WIDTH,
    apart,
    breaks_word,
    columns,
    continues,
    ends_clause,
    ends_open,
    is_item,
    item_mark,
    rows,
    says_something,
)
from qa.types import Block

_LINE = re.compile(r"[^\r\n\u2028\u2029\x0b\x0c\x85]+")
_BREAK = re.compile(r"\r\n|[\r\n\u2028\u2029\x0b\x0c\x85]")
# Python's prompt before an assignment, a call, a loop, a definition, an import or a comment.
_PROMPT = (
    r">>>[ \t]+(?:[\w.\[\]'\"]+(?:, ?[\w.]+)* ?(?:[-+*/%|&]|\*\*|//)?=(?!=) ?\S|"
    r"\S*[\w\])]\((?!e?s\))|for \w+(?:, ?\w+)* in \S.*:[ \t]*$|(?:def|class) \w.*:[ \t]*$|"
    r"import [\w.]+[ \t]*$|from [\w.]+ import |# )"
)
_SESSION = re.compile(rf"^[ \t]*{_PROMPT}", re.MULTILINE)
# As e-mails quote what they answer.
_QUOTED = re.compile(rf"(?>(?:(?!{_PROMPT})>[ \t]?)+)(?!=)", re.MULTILINE)
# Where all lines that have such a mark begin so, it may mean "more than".
_AMOUNT = re.compile(r"[ \t]*[$€£¥]? ?\d")
# Such a line may be wider than all others, as in "(see https://…".
_ONE_LONG_WORD = re.compile(r"(?:.{1,10} )?\S{20,}")
# Narrower text than prose may be hard-wrapped where the next line goes on in lower case.
_LOWER_CASE_WIDTH = 30
# Lines are not filled to the last column everywhere; lower case makes up for so much.
_RAGGED = 10
# Lines of justified text end in the same column, but for a hyphen or a mark that hangs out.
_UNEVEN = 2
# Wider lines are not hard-wrapped: each is a paragraph of its own.
_MAX_WRAP = 120

# Where a line begins, and its first and last character that is no space.
_Span = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without its indentation and the marks of a quotation.

    Attributes:
        depth: how many quotations it is in.
        column: where it begins.
        hangs: whether it is indented to the text of the item above it.
        width: in columns, from the mark on of the item under which it hangs.
    """

    start: int
    end: int
    text: str
    depth: int
    column: int
    hangs: bool = False
    width: int = 0


def plain_blocks(text: str) -> tuple[Block, ...]:
    """Blocks of running text: blank lines, list items and short lines end one.

    A line that ends early although the next word would have fitted (as headings,
    by-lines and addresses do) ends its block; a full line of hard-wrapped text
    doesn't, unless its form or the next one's shows that they are no running text.
    Lines without a letter, digit or emoji, as under a heading, belong to no block.
    """
    return tuple(
        Block(start, end)
        for group in _groups(text)
        for start, end in _lines_to_paragraphs(_measured(group))
    )


def _groups(text: str) -> Iterator[list[_Line]]:
    """Lines with no blank one, rule or other quotation between them."""
    session = _SESSION.search(text) is not None
    for spans in _together(text):
        kinds = itertools.groupby(
            _unquoted(text, spans, session=session),
            lambda line: (line.depth, says_something(line.text)),
        )
        yield from (list(lines) for (_, says), lines in kinds if says)


def _together(text: str) -> Iterator[list[_Span]]:
    """Lines with no blank one between them."""
    spans: list[_Span] = []
    last = 0
    for match in _LINE.finditer(text):
        start, end = trimmed(text, *match.span())
        if start == end:
            continue
        if spans and len(_BREAK.findall(text, last, match.start())) > 1:
            yield spans
            spans = []
        spans.append((match.start(), start, end))
        last = match.end()
    if spans:
        yield spans


def _unquoted(text: str, spans: list[_Span], *, session: bool) -> Iterator[_Line]:
    """Lines without the marks of the quotations they are in."""
    for marked, group in itertools.groupby(spans, lambda span: text[span[1]] == ">"):
        lines = list(group)
        prompts = session and all(text.startswith(">>>", start) for _, start, _ in lines)
        quoted = marked and not prompts
        marks = [_QUOTED.match(text, start) if quoted else None for _, start, _ in lines]
        if all(mark is None or _AMOUNT.match(text, mark.end()) for mark in marks):
            marks = [None] * len(lines)
        for span, mark in zip(lines, marks, strict=True):
            yield _line(text, span, mark)


def _line(text: str, span: _Span, mark: re.Match[str] | None) -> _Line:
    begin, start, end = span
    depth = 0
    if mark:
        depth = mark[0].count(">")
        start, end = trimmed(text, mark.end(), end)
    return _Line(start, end, text[start:end], depth, columns(text[begin:start].expandtabs()))


def _measured(group: list[_Line]) -> list[_Line]:
    """The lines of a group with their width, and whether they hang under an item."""
    measured: list[_Line] = []
    marks: dict[int, int] = {}
    for line in group:
        marks = {column: mark for column, mark in marks.items() if column <= line.column}
        hangs = line.column in marks and not is_item(line.text)
        width = columns(line.text) + (marks[line.column] if hangs else 0)
        measured.append(replace(line, hangs=hangs, width=width))
        if mark := item_mark(line.text):
            marks[line.column + mark] = mark
    return measured


def _lines_to_paragraphs(lines: list[_Line]) -> Iterator[tuple[int, int]]:
    if _is_heading(lines):
        yield lines[0].start, lines[0].end
        lines = lines[1:]
    width, justified = _width(lines), _justified(lines)
    first = lines[0]
    for line, following in itertools.pairwise(lines):
        if not _goes_on(line, following, first.text, width, justified=justified):
            yield first.start, line.end
            first = following
    yield first.start, lines[-1].end


def _goes_on(line: _Line, following: _Line, first: str, width: int, *, justified: bool) -> bool:
    """Whether the second of two lines is of the paragraph that the first is in."""
    if breaks_word(line.text, following.text):
        return True
    if not (_wrapped(line, following.text, width) or _hangs_on(line, following)):
        return False
    return not (
        apart(line.text, following.text, first)
        or rows(line.text, following.text, justified=justified)
    )


def _hangs_on(line: _Line, following: _Line) -> bool:
    """Whether a line goes on with an item, however early the one before ends."""
    if not following.hangs or ends_clause(line.text):
        return False
    return continues(following.text) or ends_open(line.text)


def _is_heading(lines: list[_Line]) -> bool:
    """Whether the first line alone is so wide, and the text below is wrapped earlier."""
    width = lines[0].width
    if len(lines) < 3 or not _width(lines[1:]) < width <= _MAX_WRAP:
        return False
    first, second, third = lines[:3]
    if second.hangs or breaks_word(first.text, second.text):
        return False
    early = not (_wrapped(second, third.text, width) or ends_clause(second.text))
    if not early or continues(second.text) or apart(second.text, third.text, ""):
        return False
    return not rows(second.text, third.text, justified=False)


def _width(lines: list[_Line]) -> int:
    """How wide the lines may be, told by those that could have been broken."""
    return max(line.width for line in [*filter(_breakable, lines)] or lines)


def _breakable(line: _Line) -> bool:
    # Chinese and Japanese have no spaces, and lines of the same width.
    return not line.text.isascii() or _ONE_LONG_WORD.fullmatch(line.text) is None


def _justified(lines: list[_Line]) -> bool:
    """Whether all lines but the last end in about the same column."""
    full = [line.column + columns(line.text) for line in lines[:-1]]
    return len(full) > 1 and max(full) - min(full) <= _UNEVEN


def _wrapped(line: _Line, following: str, width: int) -> bool:
    """Whether a line of a paragraph that is so wide was too full to take the next word."""
    if width > _MAX_WRAP or width < (_LOWER_CASE_WIDTH if continues(following) else PROSE_WIDTH):
        return False
    word = following.split(maxsplit=1)[0]
    if columns(word[0]) > 1:
        # Chinese and Japanese break anywhere, but for a mark that can't begin a line.
        word = word[:2]
    missing = width - line.width - 1
    return missing < max(columns(word), _RAGGED if continues(following) else 0)


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends; empty if it holds nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
