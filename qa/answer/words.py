"""The words of a question: closed classes, frequent verbs, and what is a word.

English only; words of other languages are in none of the classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

_TOKEN = regex.compile(
    r"[\p{L}\p{N}$€£][\p{L}\p{N}\p{M}.\-–&/]*[\p{L}\p{N}\p{M}]|[\p{L}\p{N}$€£]|['’]s?\b|[^\s\w]"
)


def words_of(text: str) -> frozenset[str]:
    """The words of a list written as one text."""
    return frozenset(text.split())


WH = words_of("who whom whose what which when where why how")
BE = words_of("is are was were be been being 's")
AUXILIARIES = BE | words_of(
    "do does did has have had can could will would shall should may might must"
)
POINTING = words_of("this that these those")
DETERMINERS = words_of("the a an this that these those every each some any no my our your")
PREPOSITIONS = words_of(
    "of in on at by for from to with about into over under after before during between among "
    "through against toward towards near as than within without since until per via"
)
PRONOUNS = words_of(
    "i you he she it we they me him her us them his hers its their theirs mine "
    "himself herself itself themselves there one ones"
)
# Inside a question these have a capital only as a name; "I" always has.
_NAMEABLE = PRONOUNS - {"i"}
_OTHERS = words_of(
    "and or but so if because while that which who when not n't also too still now then yet "
    "already first most more usually mainly together"
)
CLOSED = WH | AUXILIARIES | DETERMINERS | PREPOSITIONS | PRONOUNS | _OTHERS
# Verbs without "-ed" that end a subject; open classes can't be listed, these are frequent.
VERBS = words_of(
    "begin begun start take taken place last happen occur hold held make made build built find "
    "found become get give given go gone come say said stand mean mean know known see seen work "
    "serve launch write written win won lead led run hit cost live die lie fall rise grow grown "
    "belong contain consist have show shown produce provide use open publish develop create "
    "establish invent discover emphasize emphasise announce host release introduce focus set "
    "fund name call sell sold buy bought pay paid teach taught think thought bring brought leave "
    "left came became began went took gave got kept lost met ran rose saw spent wrote grew fell "
    "drew broke chose spoke"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark of a text, with its place in it.

    ``low`` is the word in lower case, by which it is looked up in the closed classes; a
    name that is spelt like one of their words ("IT", "the WHO") stays as it is.
    """

    text: str
    start: int
    end: int
    low: str

    @property
    def capital(self) -> bool:
        """Whether it looks like part of a name."""
        return self.text[0].isupper()

    @property
    def word(self) -> bool:
        """Whether it is no mark."""
        return self.text[0].isalnum() or self.text[0] in "$€£"


def tokens(text: str) -> list[Token]:
    """The words and marks of a text."""
    matches = list(_TOKEN.finditer(text))
    shouted = text == text.upper()
    titled = all(m[0][0].isupper() or not m[0][0].isalpha() for m in matches)
    found: list[Token] = []
    for match in matches:
        word, low = match[0], match[0].lower()
        begins = not found or not found[-1].word
        acronym = not shouted and len(word) > 1 and word.isupper() and not (begins and low in WH)
        title = not begins and not titled and word[0].isupper() and low in _NAMEABLE
        found.append(Token(word, match.start(), match.end(), word if acronym or title else low))
    return found


def verbal(word: Token) -> bool:
    """Whether it has the form of a verb's past or is a frequent verb."""
    return word.low in VERBS or past(word)


def past(word: Token) -> bool:
    """Whether it has the form of a regular verb's past."""
    return word.text.endswith("ed") and len(word.text) > 4 and not word.capital
