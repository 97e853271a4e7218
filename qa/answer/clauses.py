"""Make a span the whole of what was asked for: a definition, a reason, a list.

A span reader is trained on short answers and often proposes the middle of a longer
one. Where the question's form says that a whole clause or list is wanted, the span
grows to its borders within the sentence, by the words and marks that stand there.
English only; other questions' spans stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from qa.answer.words import words_of

Asked = Literal["definition", "reason", "list", "letters"]

# In characters; a longer question is a story of its own.
_LONGEST_QUESTION = 400
# A clause longer than this says more than was asked.
_MOST_WORDS = 60
_VALUE = re.compile(r"[\d$€£¥]")
# Words of a definition that a span may leave out at its start: "a class of".
_MOST_SKIPPED = 4

_NUMBER = r"(?:two|three|four|five|six|seven|eight|nine|ten|\d{1,2}|several|some|other)"
# No preposition: "what is unusual about it" asks for no definition.
_WORD = r"(?!(?:about|of|in|for|with|to|from|on|at|by)\b)\w[\w-]*"
# Words on -s after "what" or "which" that are no plural.
_SINGULAR = (
    r"(?:is|was|does|has|his|its|this|gas|lens|atlas|bias|canvas|alias|"
    r"\w*(?:ss|us|is|ics|news|series|species))"
)
_QUESTIONS: tuple[tuple[Asked, re.Pattern[str]], ...] = (
    ("letters", re.compile(r"\b(?:stands? for|is .{1,40} short for|abbreviat|acronym)")),
    (
        "reason",
        re.compile(
            r"^why\b|\bwhy (?:is|are|was|were|did|do|does|has|have|can|could)\b"
            r"|\b(?:for )?what (?:(?:is|was|are|were) the )?(?:main |primary )?"
            r"(?:reason|purpose)s?\b"
        ),
    ),
    (
        "definition",
        re.compile(
            rf"^what (?:is|are) (?:an? )?(?!(?:the|one|some)\b){_WORD}(?: {_WORD}){{0,2}}$"
            r"|^what (?:does|do) .{1,60} (?:mean|refer to)$|^what is meant by\b|^define\b"
            r"|\bdefinition of\b"
        ),
    ),
    (
        "list",
        re.compile(
            rf"\b(?:what|which) (?:are|were) (?:the|some)\b|\b(?:what|which) {_NUMBER}\b"
            r"|^(?:list|who (?:are|were))\b"
            rf"|^name (?:(?:all|the|its|their|{_NUMBER}) )*(?:\w+ )?(?!{_SINGULAR}\b)\w*s\b"
        ),
    ),
)
# "Which awards did she win?"; a word with a capital is a name, "Los Angeles", and one with another
# noun behind it only says of what kind that is, "sports team".
_PLURAL = re.compile(
    rf"\b[Ww](?:hat|hich) (?:\w+ )?(?!{_SINGULAR}\b)[^\W\d_A-Z]\w*s (?:(?:and|or) \w+ )?"
    r"(?:(?:of|in|on|at|for|from|with) (?:\w+ )*?)?"
    r"(?:are|were|do|did|does|have|has|will|can|could|would|should)\b"
)

_COPULA = re.compile(
    r"\b(?:(?:is|are|was|were) (?:defined|described|known) as|refers? to|is|are|was|were|means?)\s+"
)
_BECAUSE = re.compile(
    r"(?:\b(?:because(?: of)?|due to|owing to|in order to|so that|so as to|as a result of|"
    r"thanks to)\s+(?:(?:the|an?|its|their|his|her)\s+)?)$"
)
# "closed to protect the birds", unlike "attributed to rain".
_PURPOSE = re.compile(
    r"(?<!attributed )(?<!linked )(?<!related )(?<!moved )(?<!compared )(?<!according )"
    r"(?<!response )\bto\s+$"
)
_VERB = re.compile(r"(?!(?:the|an?|its|their|his|her|this|that)\b)[a-z]*(?:[^\W\d_s]|ss|us)\b")


def _outside_numbers(marks: str) -> str:
    """Matches one of some marks, not between two digits."""
    return rf"(?:(?<!\d)[{marks}]|[{marks}](?!\d))"


_COMMA = _outside_numbers(",:")
# Any other point in a sentence belongs to an abbreviation, an initial or a number.
_LAST = r"[\"”’)]*$"
_FULL_STOP = rf"[.!?](?={_LAST})"
_POINT = rf"\.(?!{_LAST})"
_MARK = rf"{_COMMA}|[;()]|\s(?:--?|–|—)\s|{_FULL_STOP}|$"
_CLAUSE_END = re.compile(_MARK)
# "… and it is", "… but most of them were": another statement, not a part of this one.
_STATEMENT_END = re.compile(
    rf"{_MARK}|\s(?:and|but)\s(?=(?:(?!(?:that|which|who|whose)\b)\w+\s){{1,4}}"
    r"(?:is|are|was|were|has|have|had)\b)"
)

_AND = r"(?:and|or|as well as)"
_BETWEEN = rf"(?:\s*(?:{_outside_numbers(',')}|;)\s*(?:{_AND}\s+)?|\s+{_AND}\s+)"
_NO_ITEM = (
    r"(?!(?:but|while|which|who|where|when|although|however|can|cannot|was|were|is|are|has|had)\b)"
)
_ITEM = (
    _NO_ITEM
    + r"[^\s,;:.()–—-](?:(?:(?!\s--?\s)(?:[^,;:.()–—]|(?<=\d)[,:](?=\d)|"
    + rf"{_POINT})){{0,60}}?(?:[^\s,;:.()–—]|{_POINT}))?"
)
_ITEMS = re.compile(rf"{_outside_numbers(',')}|;|\s{_AND}\s")
_JOINT = re.compile(r"\b(?:and|or)\s")
# Where the last item of a list ends, besides at a mark.
_AFTER = (
    rf"(?=\s*(?:{_COMMA}|[;()–—]|{_FULL_STOP}|$)|\s+--"
    r"|\s+(?:which|that|who|whose|to|in|at|for(?! [A-Z])|by|on|from|with|up|is|are|"
    rf"was|were|has|have|had)\s|\s+{_AND}\s)"
)
_NEXT_ITEM = re.compile(rf"({_BETWEEN})({_ITEM}){_AFTER}")
_FORMER_ITEM = re.compile(rf"(?:^|{_COMMA}|[;()–—]|--|\s{_AND}\s)\s*({_ITEM})({_BETWEEN})$")
# "visited Peru and died in 1990": the next thing done, not the next item.
_DONE = re.compile(
    r"(?:became|began|bought|brought|built|came|fell|gave|got|grew|had|held|kept|led|left|lost|"
    r"made|met|moved|ran|rose|said|saw|sold|spent|taught|took|went|won|wrote)\b"
)
_PAST = re.compile(r"[a-z]+ed\b(?P<alone>\Z)?")
# Begins a clause rather than a list.
_CLAUSE = re.compile(r"(?:he|she|it|they|we|i|you|there|this|that|these|those)\b", re.I)
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.)+[^\W\d_]\Z")
_IN_NAMES = words_of("of the and for in on at by to a an de")
_ABBREVIATION = re.compile(r"[A-Z].*[A-Z]")
# What stands before a list's first item, in the same stretch between marks.
_LEAD_IN = re.compile(
    r".*(?:^|\s)(?:such as|including|include|includes|like|is|are|was|were|of|as|by|with|on|for|"
    r"into|from|between|to|in)\s+(?:the\s+)?",
    re.DOTALL,
)


def asked_for(question: str) -> Asked | None:
    """What kind of longer answer a question wants, or None."""
    if len(question) > _LONGEST_QUESTION:
        return None
    # "Besides X, which …" wants one item of a list, not all.
    if re.search(
        r"\b(?:besides|along with|other than|apart from|in addition to)\b", question, re.I
    ):
        return None
    plain = " ".join(question.rstrip("?. ").split())
    folded = plain.casefold()
    known = next((asked for asked, form in _QUESTIONS if form.search(folded)), None)
    return known or ("list" if _PLURAL.search(plain) else None)


def complete(
    text: str, sentence: tuple[int, int], start: int, end: int, asked: Asked
) -> tuple[int, int]:
    """Grow (for letters: cut) a span within its sentence to the whole of what was asked for.

    Args:
        text: what all offsets count in.
        sentence: its start and end.
        start: of the span, inside the sentence.
        end: of the span, inside the sentence.
        asked: from ``asked_for``.
    """
    grow = {"definition": _definition, "reason": _reason, "list": _list, "letters": _letters}[asked]
    left, right = grow(text, sentence, start, end)
    return (left, right) if len(text[left:right].split()) <= _MOST_WORDS else (start, end)


def _definition(text: str, sentence: tuple[int, int], start: int, end: int) -> tuple[int, int]:
    """All that stands after "is" or "refers to" in the sentence."""
    before = [
        m.end() for m in _COPULA.finditer(text, sentence[0], start) if m.start() > sentence[0]
    ]
    between = text[before[-1] : start] if before else ","
    if re.search(r"[,;:()\"“”]", between) or len(between.split()) > _MOST_SKIPPED:
        return start, end
    if _VALUE.search(text, start, end):
        # What is said of a value after it is something else.
        return before[-1], end
    return before[-1], _clause_end(text, sentence, end, _STATEMENT_END)


def _reason(text: str, sentence: tuple[int, int], start: int, end: int) -> tuple[int, int]:
    """The clause to its end, with the word that says it is a reason."""
    before = text[sentence[0] : start]
    because = _BECAUSE.search(before)
    if because is None and _VERB.match(text, start, end):
        because = _PURPOSE.search(before)
    if because is None:
        return start, end
    return sentence[0] + because.start(), _clause_end(text, sentence, end, _CLAUSE_END)


def _clause_end(
    text: str, sentence: tuple[int, int], end: int, border_form: re.Pattern[str]
) -> int:
    """Where the clause ends that goes on after a span."""
    if text[end - 1] in '"”’)':
        return end
    border = border_form.search(text[: sentence[1]], end)
    return end + len(text[end : border.start()].rstrip()) if border else end


def _list(text: str, sentence: tuple[int, int], start: int, end: int) -> tuple[int, int]:
    """The whole enumeration that a span of some of its items stands in."""
    right, closed = end, re.search(rf"\s{_AND}\s", text[start:end]) is not None
    for border, mark in _items_after(text[: sentence[1]], start, end):
        if re.search(_AND, mark):
            right, closed = border, True
    left = start
    first = len(_ITEMS.split(text[start:end])[0].split())
    for begin, mark in _items_before(text[sentence[0] : start], first + 1):
        if not closed and not re.search(_AND, mark):
            break
        left, closed = sentence[0] + begin, True
    if not closed:
        return start, end
    # "Canada and the U.S." keeps its last point, though the sentence ends with it.
    point = text[right : right + 1] == "." and _DOTTED.search(text[left:right])
    return left, right + bool(point)


def _items_after(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Ends of the items that follow a span, each with what stands between it and the one before."""
    named = any(word[0].isupper() for word in text[start:end].split())
    closed = _JOINT.search(text, start, end) is not None
    while (found := _NEXT_ITEM.match(text, end)) is not None:
        past, joint = _PAST.match(found[2]), _JOINT.search(found[1]) is not None
        # Beside names, "-ed" is no adjective as in "applied and advanced physics".
        if _DONE.match(found[2]) or (past and (named or past["alone"] is not None)):
            return
        # "sells cars and vans, and employs 500 people": what follows a whole list is another
        # thing said, and so is what is much longer than its only item so far.
        if joint and (closed or _another(text[:start], text[start:end], found[2], named)):
            return
        end, closed = found.end(2), closed or joint
        yield end, found[1]


def _another(before: str, listed: str, item: str, named: bool) -> bool:
    """Whether what an "and" joins to a list is rather another clause."""
    words = item.split()
    if named and words[0].islower() and words[0].endswith("s") and words[0] != "others":
        # "speaks French and lives in Lyon"
        return True
    if "," in listed or before.rstrip().endswith(","):
        return False
    if all(word[0].isupper() or word in _IN_NAMES for word in words):
        return False
    return len(words) > 1 + max(len(each.split()) for each in _ITEMS.split(listed))


def _items_before(text: str, longest: int) -> Iterator[tuple[int, str]]:
    """Starts of the items that precede, each with what stands between it and the next.

    The first words of a sentence are an item only if they are at most ``longest``: "The bank
    offers loans, cards and accounts" doesn't begin with one.
    """
    while (found := _FORMER_ITEM.search(text)) is not None:
        begin = found.start(1)
        first = found.start(0) == 0 or text[found.start(0)] not in ",;"
        lead_in = _LEAD_IN.match(found[1]) if first else None
        if (
            first
            and lead_in is None
            and (
                len(found[1].split()) > longest
                or _CLAUSE.match(found[1]) is not None
                or any(_DONE.match(w) or _PAST.match(w) for w in found[1].split()[1:])
            )
        ):
            return
        yield begin + (lead_in.end() if lead_in else 0), found[2]
        if first:
            return
        text = text[:begin]


def _letters(text: str, sentence: tuple[int, int], start: int, end: int) -> tuple[int, int]:
    """The words in brackets after the abbreviation, or those before brackets that add to them."""
    brackets = re.search(r"\(([^()]+ [^()]+)\)", text[start:end])
    if brackets is None:
        return start, end
    before = text[start : start + brackets.start()].split()
    if not before or (len(before) == 1 and _ABBREVIATION.search(before[0])):
        return start + brackets.start(1), start + brackets.end(1)
    words = text[start : start + brackets.start()].rstrip()
    return (start, start + len(words)) if brackets.end() == end - start else (start, end)
