"""What the form of two lines that follow each other says about whether they go on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Between the cells of a table's row, where tables are rendered.
CELL_BREAK = " | "
# The name of a column, before the entry of a row in it.
CELL_NAME = re.compile(r"[^:]{1,60}: ")
# Longer first cells of a table's columns are no names: every row would repeat them.
LONGEST_NAME = 120
# A paragraph with no line so wide is a list, an address or the like.
PROSE_WIDTH = 50
_FIRST_EMOJI = "\U0001f000"
# Nothing but an item begins with these, though no space may follow: "•Parking". Word's and
# those of PDFs are among the characters that fonts have for themselves.
_BULLETS = "•‣◦▪■●►➢➤✓✔✗✘☐☑☒❖∙\uf020-\uf0ff"
_ITEM = re.compile(rf"[-*+·○{_BULLETS}]\s+(?=\S)|[{_BULLETS}](?=\w)")
# A bullet of typewriters, and a word of Italian, Portuguese and Spanish.
_LETTER_ITEM = re.compile(r"o\s+(?=\S)")
_ROMAN = r"(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})"
_DOTTED = r"\d{1,3}(?:\.\d{1,3}){1,4}"
_NAME = (
    r"(?:Article|Art\.|Section|Sect?\.|Clause|Chapter|Part|Rule|Step|"
    r"ARTICLE|SECTION|CLAUSE|CHAPTER|PART|RULE|STEP|§)\s?"
)
# Or a letter of a script that has no lower case.
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ]"
# What hard-wrapped prose may hold at a line's start too: "EUR / 4.2 million", "a bridge / –
# built in 1931 – …", "by / A. Okafor", "the / 3. of May", "either / (a) the price or (b) …",
# "shown by / [12] and others", "set out in / Article 2. It". It begins an item only where one
# may begin.
_MAYBE_ITEM = re.compile(
    rf"(?:[–—]|(?P<arrow>[→»])|(?P<untitled>{_NAME}\d{{1,3}})(?=\s+{_CAPITAL})|"
    rf"(?P<title>{_NAME})?(?:(?P<bare>{_DOTTED})|{_DOTTED}[.)]|"
    rf"[(\[]?(?:(?P<number>\d{{1,3}})|(?P<letter>[A-Za-z])|(?P<roman>{_ROMAN}|{_ROMAN.upper()}))"
    r"[.)\]]))\s+(?=\S)"
    # "2.1.Parking", but neither "1.2.x" nor "J.R. Tolkien".
    rf"|(?:{_DOTTED}|\d{{1,3}})[.)](?={_CAPITAL})"
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
    r"(?:,|\b(?:a|about|after|an|and|as|at|before|between|but|by|during|for|from|her|his|if|in|into|is|"
    r"its|of|on|or|per|see|than|that|the|their|this|to|under|until|was|were|when|where|which|with))$"
)
_BROKEN_WORD = re.compile(r"[^\W\d_][-\u00ad\u2010]$")
_TIME = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?: ?[AaPp]\.?[Mm]\.?)?"
_ISO_DATE = r"\d{4}-\d{2}-\d{2}"
_DATE = rf"(?:{_ISO_DATE}|\d{{1,2}}/\d{{1,2}}/\d{{2,4}})"
# How lines of chats, transcripts and logs begin: "[10:15] …", "12/03/2025, 10:15 - …",
# "12.03.25, 10:15 - …", "2025-03-01T10:15:00 …", "10:15 Anna Berg: …".
_STAMPED = re.compile(
    rf"\[(?:{_DATE}[ T,]+)?{_TIME}\]|{_DATE}(?:,? +|T){_TIME}|"
    rf"\d{{1,2}}\.\d{{1,2}}\.\d{{2,4}},? {_TIME} [-–] |"
    rf"{_TIME} (?:[-–] )?[^\W\d_a-z][^\s:]*(?: [^\sa-z:][^\s:]*){{0,3}}:\s"
)
# Between columns.
_GAP = re.compile(r"\t| {3}")
# Between columns or in prose: "a|b", "x,y,z", a space too many. Rows come together, so
# both lines have to have them. Two spaces after a mark are a habit of typists.
_MAYBE_GAP = re.compile(r"\||(?<![.!?:;,][\"'”’)])(?<![.!?:;,])  ")
# Commas or semicolons with no space after them, but not those in 1,240,000.
_COMMA = re.compile(r"(?<=\")[,;](?=\")|(?<!\d)[,;](?=[\w+-])|[,;](?=[^\W\d])", re.ASCII)
_CODE = re.compile(r"(?<!`)(`++)[^`]++\1(?!`)")
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


def breaks_word(line: str, following: str) -> bool:
    """Whether a word is hyphenated at the end of a line, or one of two parts is."""
    return following[0].islower() and _BROKEN_WORD.search(line) is not None


def ends_open(line: str) -> bool:
    """Whether a line ends in the middle of a phrase."""
    return _OPEN_END.search(line) is not None


def item_mark(line: str) -> int:
    """How much of a line is the bullet or number of an item, with the space after it."""
    mark = _ITEM.match(line) or _MAYBE_ITEM.match(line) or _LETTER_ITEM.match(line)
    return mark.end() if mark else 0


def begins_list(line: str, following: str) -> bool:
    """Whether a line is an item of a list or of a log, rather than a heading or a name."""
    if _ITEM.match(line) or _STAMPED.match(line):
        return True
    item = _MAYBE_ITEM.match(line)
    if item is None or item["title"] or item["untitled"] or _initial(item):
        return False
    if not item["bare"]:
        return True
    # "3.5 Million Visitors" is a title.
    second = _MAYBE_ITEM.match(following)
    return second is not None and second["bare"] is not None


def is_label(line: str) -> bool:
    """Whether a line says something of what it names, as in "Author: Noor"."""
    return _LABEL.match(line) is not None


def is_item(line: str) -> bool:
    """Whether a line begins with a mark that stands nowhere but before an item."""
    return _ITEM.match(line) is not None


def apart(line: str, following: str, first: str) -> bool:
    """Whether the second of two lines begins something else than what the first is in.

    ``first`` is the line with which that began.
    """
    if is_item(following) or _letter_items(line, following, first):
        return True
    # In lower case it is more likely prose: "He made three / proposals: …". So is what comes
    # in the middle of a phrase: "in / Thesis 86, which asks: …", "on / 2025-03-01 10:15".
    for form in (_LABEL, _STAMPED):
        if (
            form.match(following)
            and not following[0].islower()
            and (form.match(first) or not ends_open(line))
        ):
            return True
    item = _MAYBE_ITEM.match(following)
    if not item:
        return False
    if ends_clause(line) and not (item["letter"] and _BEFORE_NAMES.search(line)):
        return True
    return _next_in_list(line, first, item)


def _letter_items(line: str, following: str, first: str) -> bool:
    """Whether an "o" is a bullet, which it is only beside others or after a colon."""
    return _LETTER_ITEM.match(following) is not None and (
        line.endswith(":") or any(map(_LETTER_ITEM.match, (line, first)))
    )


def _next_in_list(line: str, first: str, item: re.Match[str]) -> bool:
    """Whether a list is under way that an item like this one goes on with."""
    before = _MAYBE_ITEM.match(first)
    if before is None:
        return is_item(first) and not (
            _initial(item) or item["bare"] or item["title"] or item["untitled"] or item["arrow"]
        )
    kinds = ("title", "untitled", "arrow")
    if any(item[kind] and not before[kind] for kind in kinds):
        return False
    if (item["title"] or item["untitled"]) and ends_open(line):
        return False
    if item["untitled"]:
        return _numbers(item)[0] == _numbers(before)[0] + 1
    if item["bare"]:
        # "1. It rose to / 4.2 million"
        numbers = _numbers(before)
        return len(numbers) > 1 or numbers == _numbers(item)[:1]
    if before["number"] and item["number"]:
        return abs(int(item["number"]) - int(before["number"])) <= 1
    if before["letter"] and item["letter"]:
        return abs(ord(item["letter"]) - ord(before["letter"])) <= 1
    # "I." may be a Roman number; other than those, an initial is none of another list.
    roman = before["roman"] or item["roman"]
    return bool(roman) or not (_initial(before) or _initial(item))


def _numbers(item: re.Match[str]) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", item[0])]


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


def is_row(line: str) -> bool:
    """Whether a line is a table's row: several cells, of which all but the first have names."""
    _, *cells = line.split(CELL_BREAK)
    return bool(cells) and all(CELL_NAME.match(cell) for cell in cells)


def row_line(cells: Iterable[tuple[str, str]]) -> str:
    """A table's row of cells, each with the name of its column or an empty one."""
    return CELL_BREAK.join(f"{name}: {entry}" if name else entry for name, entry in cells)


def column_name(cell: str) -> str:
    """A cell that names a column, or a row, as it stands before an entry."""
    return cell.rstrip(":： ")
