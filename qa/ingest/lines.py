"""What the form of two lines that follow each other says about whether they go on."""

from __future__ import annotations

import re
import unicodedata

# Between the cells of a table's row, where tables are rendered.
CELL_BREAK = " | "
# A paragraph with no line so wide is a list, an address or the like.
PROSE_WIDTH = 50
_FIRST_EMOJI = "\U0001f000"
_BULLET = r"[-*+•‣◦·▪■●○►➢✓✔☐☑☒]"
_ROMAN = r"(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})"
_ITEM = re.compile(rf"{_BULLET}\s+\S")
# What hard-wrapped prose may hold at a line's start too: "EUR / 4.2 million", "a bridge / –
# built in 1931 – …", "by / A. Okafor", "the / 3. of May", "either / (a) the price or (b) …".
# It begins an item only where one may begin.
_MAYBE_ITEM = re.compile(
    rf"(?:[–—]|\d{{1,3}}(?:\.\d{{1,3}}){{1,4}}[.)]?|"
    rf"\(?(?:(?P<number>\d{{1,3}})|(?P<letter>[A-Za-z])|(?P<roman>{_ROMAN}|{_ROMAN.upper()}))[.)])\s+\S"
)
_CLAUSE_ENDS = (".", "!", "?", ":", ";", "。", "：", "；")
# After these a name goes on: "the late Dr. / E. M. Forster", "J. R. / R. Tolkien".
_BEFORE_NAMES = re.compile(
    r"(?:^|[\s(])(?:[A-Z]|Drs?|Mr|Mrs|Ms|Prof|Messrs|St|Rev|Hon|Pres|Gov|Sen|Rep|Gen|Col|Maj|Capt|"
    r"Cmdr|Lt|Sgt|Hr|Fr|Dipl|Ing|vs|cf|ed|eds|trans)\.$"
)
# "Signed for the Client: …": up to four words and a colon.
_LABEL = re.compile(r"[^\W_][^\s:]*(?: [^\s:]+){0,3} ?: +\S|[^\W_]\w{0,9}：\s*\S")
_OPEN_END = re.compile(
    r"(?:,|\b(?:a|an|and|as|at|between|by|during|for|from|her|his|in|into|is|its|of|on|or|than|that|"
    r"the|their|to|was|were|which|with))$"
)
# Between columns.
_GAP = re.compile(r"\t| {3}")
# Between columns or in prose: "a|b", "x,y,z", a space too many. Rows come together, so
# both lines have to have them. Two spaces after a mark are a habit of typists.
_MAYBE_GAP = re.compile(r"\||(?<![.!?:;,][\"'”’)])(?<![.!?:;,])  ")
# Commas or semicolons with no space after them, but not those in 1,240,000.
_COMMA = re.compile(r"(?<=\")[,;](?=\")|(?<!\d)[,;](?=[\w+-])|[,;](?=[^\W\d])", re.ASCII)
_CODE = re.compile(r"(`+)[^`]+\1")
_SPACES = re.compile(r" +")
_MARKED_SPACES = re.compile(r"(?<=[.!?:;,]) +")


def columns(line: str) -> int:
    """How wide a line is where Chinese, Japanese and Korean characters take two columns."""
    if line.isascii():
        return len(line)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def says_something(line: str) -> bool:
    """Whether a line holds a letter, digit or emoji, and so is more than a rule or a frame."""
    return any(c.isalnum() or c >= _FIRST_EMOJI for c in line)


def continues(line: str) -> bool:
    """Whether a line begins in lower case, as no sentence and few labels do."""
    return line[0].islower() and not _LABEL.match(line)


def ends_clause(line: str) -> bool:
    """Whether a line ends as a sentence or the introduction of a list does."""
    return line.endswith(_CLAUSE_ENDS)


def apart(line: str, following: str, first: str) -> bool:
    """Whether the second of two lines begins something else than what the first is in.

    ``first`` is the line with which that began.
    """
    if _ITEM.match(following):
        return True
    # In lower case it is more likely prose: "He made three / proposals: …". So is what comes
    # in the middle of a phrase: "in / Thesis 86, which asks: …".
    if (
        _LABEL.match(following)
        and not following[0].islower()
        and (_LABEL.match(first) or not _OPEN_END.search(line))
    ):
        return True
    item = _MAYBE_ITEM.match(following)
    if not item:
        return False
    if ends_clause(line) and not (item["letter"] and _BEFORE_NAMES.search(line)):
        return True
    return _next_in_list(first, item)


def _next_in_list(first: str, item: re.Match[str]) -> bool:
    """Whether a list is under way that an item like this one goes on with."""
    before = _MAYBE_ITEM.match(first)
    if before is None:
        return bool(_ITEM.match(first)) and not _initial(item)
    if before["number"] and item["number"]:
        return abs(int(item["number"]) - int(before["number"])) <= 1
    if before["letter"] and item["letter"]:
        return abs(ord(item["letter"]) - ord(before["letter"])) <= 1
    # "I." may be a Roman number; other than those, an initial is none of another list.
    roman = before["roman"] or item["roman"]
    return bool(roman) or not (_initial(before) or _initial(item))


def _initial(item: re.Match[str]) -> bool:
    return bool(item["letter"]) and item["letter"].isupper()


def rows(line: str, following: str, *, justified: bool) -> bool:
    """Whether one of two lines of plain text is a row of a table, or both look like it.

    ``justified`` says that spaces may be there to fill the lines.
    """
    one, other = (_CODE.sub("x", text) for text in (line, following))
    if justified:
        one, other = map(_evened, (one, other))
    if _GAP.search(one) or _GAP.search(other):
        return True
    return all(_MAYBE_GAP.search(text) or len(_COMMA.findall(text)) > 1 for text in (one, other))


def _evened(line: str) -> str:
    """A line with one space between words if there were about as many everywhere.

    After a mark there may be more.
    """
    widths = [len(match[0]) for match in _SPACES.finditer(_MARKED_SPACES.sub("", line))]
    return _SPACES.sub(" ", line) if max(widths, default=0) <= min(widths, default=0) + 1 else line
