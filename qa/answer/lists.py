"""The whole of an enumeration that a span of some of its items stands in. English only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.answer.words import words_of


def _outside_numbers(marks: str) -> str:
    """Matches one of some marks, not between two digits."""
    return rf"(?:(?<!\d)[{marks}]|[{marks}](?!\d))"


COMMA = _outside_numbers(",:")
# Any other point in a sentence belongs to an abbreviation, an initial or a number.
_LAST = r"[\"”’)]*$"
FULL_STOP = rf"[.!?](?={_LAST})"
_POINT = rf"\.(?!{_LAST})"
_AND = r"(?:and|or|as well as)"
_BETWEEN = rf"(?:\s*(?:{_outside_numbers(',')}|;)\s*(?:{_AND}\s+)?|\s+{_AND}\s+)"
_MODAL = "will|would|can|cannot|could|shall|should|may|might|must"
_NO_ITEM = (
    rf"(?!(?:but|while|which|who|where|when|although|however|was|were|is|are|has|had|{_MODAL})\b)"
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
    rf"(?=\s*(?:{COMMA}|[;()–—]|{FULL_STOP}|$)|\s+--"
    r"|\s+(?:which|that|who|whose|to|in|at|for(?! [A-Z])|by|on|from|with|up|is|are|"
    rf"was|were|has|have|had|do|does|did|{_MODAL})\s|\s+{_AND}\s)"
)
_NEXT_ITEM = re.compile(rf"({_BETWEEN})({_ITEM}){_AFTER}")
_FURTHER = re.compile(rf"(\s(?P<word>\w+)\s{_ITEM}){_AFTER}")
_FORMER_ITEM = re.compile(rf"(?:^|{COMMA}|[;()–—]|--|\s{_AND}\s)\s*({_ITEM})({_BETWEEN})$")
# "visited Peru and died in 1990": the next thing done, not the next item.
_DONE = re.compile(
    r"(?:became|began|bought|brought|built|came|died|fell|gave|got|grew|had|held|kept|led|left|lost|"
    r"made|met|moved|ran|rose|said|saw|sold|spent|taught|took|went|won|wrote)\b"
)
_ED = r"(?!\w*(?:bed|seed|red|speed|need|feed|weed|breed|shed)\b)[a-z]+ed"
# "… and Cy Day died at the scene", unlike "baked potatoes" and "a Queen bed".
_DID = re.compile(rf"\s(?:{_DONE.pattern}|{_ED}\Z)")
_PAST = re.compile(rf"{_ED}\b(?P<alone>\Z)?")
# Begins a clause rather than a list.
_CLAUSE = re.compile(r"(?:he|she|it|they|we|i|you|there|this|that|these|those)\b", re.I)
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.)+[^\W\d_]\Z")
_LIVES = re.compile(
    r"(?!(?:\w*(?:ss|us|ics|series)|his|its|various)\b)[a-z]+s\s+(?!(?:of|and|or|are|were|is|was|have|has|that|which)\b)\w"
)
_BEGIN_ITEMS = words_of(
    "the a an its their his her my your our some several other two three four five six seven eight "
    "nine ten"
)
_IN_NAMES = words_of("of the and for in on at by to a an de")
# What stands before a list's first item, in the same stretch between marks.
_LEAD_IN = re.compile(
    r".*(?:^|\s)(?P<word>like|is|are|was|were|of|as|by|with|on|for|into|from|between|to|in)\s+"
    r"(?:the\s+)?",
    re.DOTALL,
)
_ANNOUNCED = re.compile(
    r".*(?:^|\s)(?:such as|including|includes?|included)\s+(?:the\s+)?", re.DOTALL
)
# "In 1998, Page and Brin", "However, …": no item, but when or how all of it holds.
_INTRODUCES = re.compile(
    r"(?:in|on|at|for|from|by) (?:.*\d|(?:early |mid-|late )?"
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|spring|summer|autumn|fall|winter|"
    r"total|all|addition|general|particular|fact|contrast|turn|return|example|instance|now|"
    r"the (?:end|past|future|meantime|same))\b)"
    r"|(?:after|before|during|since|as|according|despite) (?-i:[a-z\d])"
    r"|(?:however|moreover|today|yesterday|tomorrow|now|then|later|also|still|meanwhile|instead|"
    r"finally|recently|currently|additionally|originally|initially|previously|typically)\Z"
    r"|(?:last|this|next) (?:week|month|year)\b"
    r"|.* (?:ago|later)$",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"\b(?:of|for|in|to|on|at|with|by|from)\b")


def enumeration(text: str, sentence: tuple[int, int], start: int, end: int) -> tuple[int, int]:
    """The whole enumeration that a span of some of its items stands in."""
    right, closed = end, re.search(rf"\s{_AND}\s", text[start:end]) is not None
    for border, mark in _items_after(text[: sentence[1]], start, end):
        if re.search(_AND, mark):
            right, closed = border, True
    left = start
    first = len(_ITEMS.split(text[start:end])[0].split())
    within = frozenset(_PREPOSITION.findall(text[start:end]))
    for begin, mark in _items_before(text[sentence[0] : start], first + 1, within):
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
    # A sentence's first word has a capital anyway.
    begins = not text[:start].strip() or text[:start].rstrip()[-1] in ".!?"
    named = any(word[0].isupper() for word in text[start:end].split()[begins:])
    closed = _JOINT.search(text, start, end) is not None
    while (found := _NEXT_ITEM.match(text, end)) is not None:
        listed = text[start:end]
        past, joint = _PAST.match(found[2]), _JOINT.search(found[1]) is not None
        # Beside names, "-ed" is no adjective as in "applied and advanced physics".
        if _DONE.match(found[2]) or (past and (named or past["alone"] is not None)):
            return
        # "sells cars and vans, and employs 500 people": what follows a whole list is another
        # thing said, and so is what is much longer than its only item so far.
        if joint and (
            (closed and ("," in found[1] or " " in found[2]))
            or ((named or "," in listed) and _third_person(found[2], text[found.end(2) :]))
            or _longer(text[:start], listed, found[2])
        ):
            return
        closed = closed or joint
        did = _DID.search(found[2]) if joint and found[2][0].isupper() else None
        if did is not None:
            yield found.start(2) + did.start(), found[1]
            return
        end = found.end(2)
        further = _FURTHER.match(text, end)
        if further and further["word"] in _PREPOSITION.findall(listed):
            # "$25 for adults and $15 for children"
            end = further.end(1)
        yield end, found[1]


def _third_person(item: str, after: str) -> bool:
    """Whether an item begins with a verb: "speaks French and lives in Lyon"."""
    return _LIVES.match(item + after) is not None


def _longer(before: str, listed: str, item: str) -> bool:
    """Whether what an "and" joins to a list is too long to be its second item."""
    if "," in listed or before.rstrip().endswith(","):
        return False
    words = re.split(r"\s(?:of|for|in|with)\s", item)[0].split()
    if words[0].lower() in _BEGIN_ITEMS or words[0][0].isdigit():
        return False
    if all(word[0].isupper() or word in _IN_NAMES for word in words):
        return False
    return len(words) > 1 + max(len(each.split()) for each in _ITEMS.split(listed))


def _items_before(text: str, longest: int, within: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Starts of the items that precede, each with what stands between it and the next.

    The first words of a sentence are an item only if they are at most ``longest``: "The bank
    offers loans, cards and accounts" doesn't begin with one. The prepositions ``within``
    the items that are known belong to this one as well: "loss of taste, shortness of breath".
    """
    while (found := _FORMER_ITEM.search(text)) is not None:
        begin = found.start(1)
        first = found.start(0) == 0 or text[found.start(0)] not in ",;"
        if found.start(0) == 0 and "," in found[2] and _INTRODUCES.match(found[1]):
            return
        lead_in = _lead_in(found[1], within) if first else None
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


def _lead_in(text: str, within: frozenset[str]) -> re.Match[str] | None:
    """What stands before the first item."""
    if announced := _ANNOUNCED.match(text):
        return announced
    found = _LEAD_IN.match(text)
    while found is not None and found["word"] in within:
        found = _LEAD_IN.match(text[: found.start("word")])
    return found
