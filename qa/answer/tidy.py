"""Trim a span to what a person would quote."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from qa.index.graphemes import LONGEST_GRAPHEME, grapheme_start

_PAIRS = {
    pair[0]: pair[1]
    for pair in ("()", "[]", "{}", "“”", "„“", "«»", "「」", "『』", "《》", "（）", "【】")
}
_BRACKETS = frozenset("([{（【")
# Marks that end a clause or belong to its neighbour, never to a short answer.
_LEADING = frozenset(",;:.!?)]}”»」』》）】、。,;:·")
_TRAILING = frozenset(",;:、,;:([{“«「『《（【")
_DASHES = "-–—"
# A mark that belongs to the number, or to the word, that it stands right before.
_BEFORE_NUMBER = frozenset("-–−+±~≈<>≤≥$£€¥₹.")
_BEFORE_WORD = frozenset(".@#")
_AFTER = re.compile(r"(?:%|‰|#|\+\+|(?<=\d)[$£€¥₹¢]|(?<=\d)°[CFK]?)(?!\w)")
# "A$", "HK$": another currency than "$".
_CURRENCY = re.compile(r"(?<!\w)[A-Z]{1,3}[$£¥]?\Z")
# What may be an address stands between these; it ends before a mark that ends a clause.
_UNBROKEN = re.compile(r"[^\s,;()<>\[\]\"“”'‘’]+")
_CLAUSE_MARKS = ".:!?"
_URL_OR_MAIL = re.compile(r"://|\w@\w")
# A host with what follows it, or the name of a file.
_HOST = re.compile(r"\w[\w-]*(?:\.[\w-]+)*\.[a-z][a-z\d-]+(?:[:/].*)?")
# "+41 81 555 01 02"; without its sign a telephone number can't be told from others.
_TELEPHONE = re.compile(r"\+\d{1,3}(?:[ -]\d{1,5}){2,6}(?!\d)", re.ASCII)
_LONGEST_TELEPHONE = 40
# Longer ones are cut like any text.
_LONGEST_ADDRESS = 200
# "A: ", "1. " or "b) " at the beginning of a line.
_LABEL = re.compile(r"(?:[AQ]:|\(?(?:\d{1,2}|[a-z])[.)])[^\S\n]+(?=\w)")
# Shorter words before a full stop may be abbreviations.
_WORD_AND_STOP = re.compile(r"(?:[^\W\d_]{5}|\d|[)\]\"”])\.\Z")

# Each round mends one bracket or quotation mark; spans hold few.
_ROUNDS = 16


def tidy(text: str, start: int, end: int) -> tuple[int, int]:
    """Adjust ``text[start:end]`` to whole words, whole characters and balanced brackets.

    Never empty for a span that holds a letter or digit; may be empty otherwise.
    """
    start, end = _whole_words(text, start, end)
    for _ in range(_ROUNDS):
        before = (start, end)
        start, end = _unwrapped(text, *_balanced(text, *_trimmed(text, start, end)))
        if before == (start, end):
            break
    return start, end


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Grow the span to the borders of the words, addresses and characters it cuts."""
    while True:
        before = (start, end)
        start, end = _whole_telephone(text, *_whole_address(text, start, end))
        while 0 < start < end and _joined(text, start):
            start -= 1
        while start < end < len(text) and _joined(text, end):
            end += 1
        start = grapheme_start(text, start, 0)
        border = grapheme_start(text, end, 0)
        while border < end < len(text):
            end += 1
            border = grapheme_start(text, end, 0)
        start, end = _with_signs(text, start, end)
        # A whole character may join a word where the mark at its end did not.
        if before == (start, end):
            return start, end


def _joined(text: str, position: int) -> bool:
    """Whether a Latin, Greek, … word or a number goes on across a position.

    Ideographs don't join.
    """
    left, right = text[position - 1], text[position]
    return (
        (
            not (_ideograph(left) or _ideograph(right))
            and _of_word(text, position - 1)
            and _of_word(text, position)
        )
        or any(
            text[at] in ".:,"
            and text[at - 1 : at].isdigit()
            and text[at + 1 : at + 2].isdigit()
            # "1,240" is a number, "1,2" may be a list.
            and (text[at] != "," or re.match(r"\d{3}(?!\d)", text[at + 1 : at + 5]))
            for at in (position - 1, position)
        )
    )


def _whole_address(text: str, start: int, end: int) -> tuple[int, int]:
    """Grow the span to the borders of the addresses it cuts."""
    if not (_unbroken(text, start) or _unbroken(text, end)):
        return start, end
    left, right = start, end
    begin = max(0, start - _LONGEST_ADDRESS)
    for found in _UNBROKEN.finditer(text[begin : end + _LONGEST_ADDRESS]):
        said = found.group().rstrip(_CLAUSE_MARKS)
        first = begin + found.start()
        last = first + len(said)
        if (first < start < last or first < end < last) and (
            _URL_OR_MAIL.search(said) or _HOST.fullmatch(said)
        ):
            left, right = min(left, first), max(right, last)
    return left, right


def _whole_telephone(text: str, start: int, end: int) -> tuple[int, int]:
    """Grow the span to the borders of the telephone numbers it cuts."""
    begin = max(0, start - _LONGEST_TELEPHONE)
    for found in _TELEPHONE.finditer(text, begin, end + _LONGEST_TELEPHONE):
        if found.start() < start < found.end() or found.start() < end < found.end():
            start, end = min(start, found.start()), max(end, found.end())
    return start, end


def _unbroken(text: str, position: int) -> bool:
    """Whether an address may go on across a position: no space there, nor after one mark."""
    around = text[max(0, position - 1) : position + 2]
    return not any(c.isspace() for c in around)


def _with_signs(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in "-" before "18", "£" before "50", "." before "docx" and "++" after "C"."""
    if (
        0 < start < end
        and text[start].isalnum()
        and text[start - 1] in (_BEFORE_NUMBER if text[start].isdigit() else _BEFORE_WORD)
        and (start == 1 or not (text[start - 2].isalnum() or text[start - 2] in _BEFORE_NUMBER))
    ):
        start -= 1
    if 0 < start < end and text[start] in "$£¥0123456789":
        currency = _CURRENCY.search(text[max(0, start - 5) : start])
        start -= len(currency[0]) if currency and "$" in currency[0] + text[start] else 0
    # "-$5 million" is a loss, "US-$" none.
    negative = 0 < start < end and text[start] in "$£€¥₹" and text[start - 1] in "-–−"
    start -= negative and not text[: start - 1][-1:].isalnum()
    sign = end - text.startswith("°", max(0, end - 1))
    said = start < end and text[max(0, sign - 1) : sign].isalnum()
    after = _AFTER.match(text, sign) if said else None
    return start, after.end() if after else end + _inches(text, end)


def _inches(text: str, place: int) -> bool:
    """Whether a mark of inches stands there, not the second of two quotation marks."""
    if not (text.startswith('"', place) and text[place - 1 : place].isdigit()):
        return False
    return text.count('"', text.rfind("\n", 0, place) + 1, place) % 2 == 0


def _of_word(text: str, place: int) -> bool:
    """Whether a letter or digit stands there, or a mark on one: many vowels are marks."""
    lowest = max(0, place - LONGEST_GRAPHEME)
    while place > lowest and unicodedata.category(text[place])[0] == "M":
        place -= 1
    return text[place].isalnum()


def _ideograph(character: str) -> bool:
    return (
        "\u2e80" <= character <= "\u9fff"
        or "\uac00" <= character <= "\ud7ff"
        or ("\U00020000" <= character <= "\U0003ffff")
    )


def _border(text: str, position: int) -> bool:
    """Whether no user-perceived character is cut at a position."""
    return grapheme_start(text, position, 0) == position


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    if not start or text[start - 1] == "\n":
        label = _LABEL.match(text, start, end)
        start = label.end() if label else start
    # A line end of two code points is one character, and goes as one.
    while (
        start < end
        and (text[start].isspace() or text[start] in _LEADING)
        and not _begins_with_point(text, start, end)
        and _border(text, start + (step := 1 + text.startswith("\r\n", start, end)))
    ):
        start += step
    while (
        end > start
        and (text[end - 1].isspace() or text[end - 1] in _TRAILING)
        # In German it closes.
        and not (text[end - 1] == "“" and "„" in text[start:end])
        and _border(text, end - (step := 1 + text.endswith("\r\n", start, end)))
    ):
        end -= step
    if _WORD_AND_STOP.search(text, start, end) and _border(text, end - 1):
        end -= 1
    # A dash between spaces ends a clause; one in "O-" or "co-" belongs to the word.
    before = text[start:end].rstrip(_DASHES)
    dash = start + len(before) < end and before[-1:].isspace()
    return (start, start + len(before.rstrip())) if dash else (start, end)


def _begins_with_point(text: str, start: int, end: int) -> bool:
    """Whether ".5" or ".NET" stands there."""
    return (
        text[start] == "."
        and start + 1 < end
        and text[start + 1].isalnum()
        and not (start and text[start - 1].isalnum())
    )


def _balanced(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in a missing partner that stands right beside the span, or drop the odd one."""
    for left, right in _repairs(text, start, end):
        if _border(text, left) and _border(text, right):
            return left, right
    return start, end


def _unwrapped(text: str, start: int, end: int) -> tuple[int, int]:
    """The inside of a span that is all in one pair of brackets."""
    span = text[start:end]
    if len(span) <= 2 or span[0] not in _BRACKETS or span[-1] != _PAIRS[span[0]]:
        return start, end
    whole = _odd(span[1:-1], span[0], span[-1]) == ([], [])
    if whole and _border(text, start + 1) and _border(text, end - 1):
        return start + 1, end - 1
    return start, end


def _repairs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    span = text[start:end]
    for opener, closer in _PAIRS.items():
        if opener not in span and closer not in span:
            continue
        openers, closers = _odd(span, opener, closer)
        if openers:
            if text[end : end + 1] == closer:
                yield start, end + 1
            if openers[0] == 0:
                yield start + 1, end
        if closers:
            if start and text[start - 1] == opener:
                yield start - 1, end
            if closers[-1] == len(span) - 1:
                yield start, end - 1
    if span.count('"') % 2:
        if text[end : end + 1] == '"':
            yield start, end + 1
        if start and text[start - 1] == '"':
            yield start - 1, end
        if span.startswith('"'):
            yield start + 1, end
        if span.endswith('"') and not _inches(text, end - 1):
            yield start, end - 1


def _odd(span: str, opener: str, closer: str) -> tuple[list[int], list[int]]:
    """Places of the openers and of the closers that have no partner in the span."""
    openers: list[int] = []
    closers: list[int] = []
    for place, character in enumerate(span):
        if character == opener:
            openers.append(place)
        elif character == closer:
            if openers:
                openers.pop()
            else:
                closers.append(place)
    return openers, closers
