"""What the form of two lines that follow each other says about whether they go on."""

from __future__ import annotations

import re
import unicodedata

# A paragraph with no line so wide is a list, an address or the like.
PROSE_WIDTH = 50
_FIRST_EMOJI = "\U0001f000"
_BULLET = r"[-*+•‣◦·▪■●○►➢✓✔☐☑☒]"
_ROMAN = r"(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})"
_ITEM = re.compile(
    rf"(?:{_BULLET}|\(?(?:\d{{1,3}}|[A-Za-z]|{_ROMAN}|{_ROMAN.upper()})[.)])\s+\S",
)
# What hard-wrapped prose may hold at a line's start too: "EUR / 4.2 million", "a bridge / –
# built in 1931 – …". It begins an item only where one may begin.
_MAYBE_ITEM = re.compile(r"(?:[–—]|\d{1,3}(?:\.\d{1,3}){1,4}[.)]?)\s+\S")
_CLAUSE_ENDS = (".", "!", "?", ":", ";", "。", "：", "；")
# "Signed for the Client: …": up to four words and a colon.
_LABEL = re.compile(r"[^\W_][^\s:]*(?: [^\s:]+){0,3} ?: +\S|[^\W_]\w{0,9}：\s*\S")
# Columns. Two spaces after a full stop are a habit of typists.
_GAP = re.compile(r"\t|\|| {3}|(?<![.!?:][\"'”’)])(?<![.!?:])  ")
# Commas or semicolons with no space after them, but not those in 1,240,000.
_COMMA = re.compile(r"(?<=\")[,;](?=\")|(?<!\d)[,;](?=[\w+-])|[,;](?=[^\W\d])", re.ASCII)


def columns(line: str) -> int:
    """How wide a line is where Chinese, Japanese and Korean characters take two columns."""
    if line.isascii():
        return len(line)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def says_something(line: str) -> bool:
    """Whether a line holds a letter, digit or emoji, and so is more than a rule or a frame."""
    return any(c.isalnum() or c >= _FIRST_EMOJI for c in line)


def is_item(line: str) -> bool:
    """Whether a line without white space before it looks like an item of a list."""
    return bool(_ITEM.match(line) or _MAYBE_ITEM.match(line))


def continues(line: str) -> bool:
    """Whether a line begins in lower case, as no sentence and few labels do."""
    return line[0].islower() and not _LABEL.match(line)


def ends_clause(line: str) -> bool:
    """Whether a line ends as a sentence or the introduction of a list does."""
    return line.endswith(_CLAUSE_ENDS)


def apart(line: str, following: str, *, listed: bool) -> bool:
    """Whether the second of two lines begins something else than what the first is in.

    ``listed`` says that the first is in an item of a list.
    """
    if _ITEM.match(following):
        return True
    # In lower case it is more likely prose: "He made three / proposals: …".
    if _LABEL.match(following) and not following[0].islower():
        return True
    if _MAYBE_ITEM.match(following) and (listed or ends_clause(line)):
        return True
    return _is_row(line) or _is_row(following)


def _is_row(line: str) -> bool:
    return bool(_GAP.search(line)) or len(_COMMA.findall(line)) > 1
