"""Make a span the whole of what was asked for: a definition, a reason, a list.

A span reader is trained on short answers and often proposes the middle of a longer
one. Where the question's form says that a whole clause or list is wanted, the span
grows to its borders within the sentence, by the words and marks that stand there.
English only; other questions' spans stay as they are.
"""

from __future__ import annotations

import re
from typing import Literal

from qa.answer.lists import COMMA, FULL_STOP, enumeration

Asked = Literal["definition", "reason", "list", "letters"]

# In characters; a longer question is a story of its own.
_LONGEST_QUESTION = 400
# A clause longer than this says more than was asked.
_MOST_WORDS = 60
_VALUE = re.compile(r"(?:(?:about|around|up to|at least|at most) )?[\d$€£¥]")
_RELATIVE = re.compile(r"\b(?:which|whose|whom|where|that|who|when)\b")
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
            r"|^what (?:do|does|did|will|would) .{1,60} (?:comprise|consist of|include)$"
            rf"|^name (?:(?:all|any|the|first|last|its|their|\w+['’]s|{_NUMBER}) )*(?:\w+ )?"
            rf"(?:(?!{_SINGULAR}\b)\w*s|people|children|men|women)\b(?!['’])"
        ),
    ),
)
# "Which awards did she win?"; a word with a capital is a name, "Los Angeles", and one with another
# noun behind it only says of what kind that is, "sports team".
_PLURAL = re.compile(
    rf"\b[Ww](?:hat|hich) (?:\w+ )?(?!{_SINGULAR}\b)[^\W\d_A-Z]\w*s "
    r"(?:(?:and|or) \w+ )?(?:also |still |now |\w+ly )?"
    r"(?:(?:of|in|on|at|for|from|with|near|by|under|that|who|which|\w+ing|\w+ed) (?:\w+ )*?)?"
    r"(?:are|were|do|did|does|have|has|will|can|could|would|should|must|may|might)\b"
)

_COPULA = re.compile(
    r"\b(?:(?:is|are|was|were) (?:defined|described|known) as|refers? to|is|are|was|were|means?)\s+"
)
_BECAUSE = re.compile(
    r"(?:\b(?:because(?: of)?|due to|owing to|in order to|so that|so as to|as a result of|"
    r"thanks to)\s+(?:(?:the|an?|its|their|his|her)\s+)?)$",
    re.IGNORECASE,
)
# "closed to protect the birds", unlike "attributed to rain".
_PURPOSE = re.compile(
    r"(?<!attributed )(?<!linked )(?<!related )(?<!compared )(?<!according )"
    r"(?<!response )\bto\s+$"
)
_VERB = re.compile(r"(?!(?:the|an?|its|their|his|her|this|that)\b)[a-z]*(?:[^\W\d_s]|ss|us)\b")

# Where more than a reason is said.
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|has|have|had|will|would|do|does|did)\b")
# Not of inches.
_QUOTES = re.compile(r'(?<!\d)"')
_MARK = rf"{COMMA}|[;()]|\s(?:--?|–|—)\s|{FULL_STOP}|$"
_CLAUSE_END = re.compile(_MARK)
_OPEN = r"(?!(?:that|which|who|whose|how|what|where|when)\b)\w+"
# "… and it is", "… but most of them were": another statement, not a part of this one.
_STATEMENT_END = re.compile(
    rf"{_MARK}|\s(?:and|but)\s(?=(?:{_OPEN}\s){{0,4}}(?:is|are|was|were|has|have|had)\b"
    rf"|(?:{_OPEN}\s)?(?:can|cannot|must|should|does|do|did)\b"
    rf"|{_OPEN}\s(?:will|would|could|may|might)\b)"
)

_ABBREVIATION = re.compile(r"[A-Z]{2}")

_PRONOUN = re.compile(r"it|they|he|she|we|this|that|these|those", re.IGNORECASE)
# "The programme": what was asked about, by another name.
_OTHER_NAME = re.compile(r"(?:the|this|that|these|those) [a-z]+", re.IGNORECASE)


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


def says_nothing(text: str, asked: Asked | None) -> bool:
    """Whether words only stand for others, which a reader of an answer doesn't see."""
    if len(text) > 1 and text.isupper():
        # IT is a department.
        return False
    forms = (_PRONOUN, _OTHER_NAME) if asked == "definition" else (_PRONOUN,)
    return any(form.fullmatch(text) for form in forms)


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
    grow = {"definition": _definition, "reason": _reason, "list": enumeration, "letters": _letters}[
        asked
    ]
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
    if _VALUE.match(text, start, end):
        # What is said of a value after it is something else.
        return before[-1], end
    right = _clause_end(text, sentence, end, _STATEMENT_END)
    if _RELATIVE.search(text, before[-1], right):
        # "a boat on which cars and passengers are carried"
        right = _clause_end(text, sentence, end, _CLAUSE_END)
    if right > end and re.match(r",(?!\s*(?:and|or|but)\b)", text[right : sentence[1]]):
        # "a document that shows your name, birth date and nationality"
        last = text.rindex(text[end:right].split()[-1], end, right)
        right = enumeration(text, sentence, last, right)[1]
    return before[-1], right


def _reason(text: str, sentence: tuple[int, int], start: int, end: int) -> tuple[int, int]:
    """The clause to its end, with the word that says it is a reason."""
    before = text[sentence[0] : start]
    because = _BECAUSE.search(before)
    if because is None and _VERB.match(text, start, end):
        because = _PURPOSE.search(before)
    if because is None:
        return start, end
    right = _clause_end(text, sentence, end, _CLAUSE_END)
    whole = text[right : right + 1] == "," or not _AUXILIARY.search(text, end, right)
    if because.start() == 0 and not whole:
        # "Due to fog the match …": without a comma it can't be told where the reason ends.
        right = end
    return sentence[0] + because.start(), right


def _clause_end(
    text: str, sentence: tuple[int, int], end: int, border_form: re.Pattern[str]
) -> int:
    """Where the clause ends that goes on after a span."""
    if text[end - 1] in '"”’)':
        return end
    first = None
    for border in border_form.finditer(text[: sentence[1]], end):
        grown = text[end : border.start()]
        first = first or end + len(grown.rstrip())
        # A mark inside a quotation is no end.
        if len(_QUOTES.findall(grown)) % 2 == 0 and grown.count("“") == grown.count("”"):
            return end + len(grown.rstrip())
    return first or end


def _letters(text: str, sentence: tuple[int, int], start: int, end: int) -> tuple[int, int]:
    """The words in brackets after the abbreviation, or those before brackets that add to them."""
    brackets = re.search(r"\(([^()]+ [^()]+)\)", text[start:end])
    if brackets is None:
        return start, end
    before = text[start : start + brackets.start()]
    if len(before.split()) < 2 or _ABBREVIATION.search(before):
        return start + brackets.start(1), start + brackets.end(1)
    return (start, start + len(before.rstrip())) if brackets.end() == end - start else (start, end)
