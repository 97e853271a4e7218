"""The noun phrases of a question, found by closed word classes and word shapes.

English only, and without a trained tagger: questions are short, their wh-word and
auxiliary are in a few fixed places, and what lies between those, prepositions and
verbs is what the question is about. Words of other languages fall through and
nothing is found.
"""

from __future__ import annotations

from collections.abc import Sequence
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
_NEED_VERB = AUXILIARIES - BE
DETERMINERS = words_of("the a an this that these those every each some any no")
PREPOSITIONS = words_of(
    "of in on at by for from to with about into over under after before during between among "
    "through against toward towards near as than within without since until per via"
)
PRONOUNS = words_of(
    "i you he she it we they me him her us them his hers its our their theirs your my mine "
    "himself herself itself themselves there one ones"
)
# Inside a question these have a capital only as a name; "I" always has.
_NAMEABLE = PRONOUNS - {"i"}
_OTHERS = words_of(
    "and or but so if because while that which who when not n't also too still now then yet "
    "already first most more usually mainly together"
)
_CLOSED = WH | AUXILIARIES | DETERMINERS | PREPOSITIONS | PRONOUNS | _OTHERS
# Verbs without "-ed" that end a subject; open classes can't be listed, these are frequent.
_VERBS = words_of(
    "begin begun start take taken place last happen occur hold held make made build built find "
    "found become get give given go gone come say said stand mean mean know known see seen work "
    "serve launch write written win won lead led run hit cost live die lie fall rise grow grown "
    "belong contain consist have show shown produce provide use open publish develop create "
    "establish invent discover emphasize emphasise announce host release introduce focus set "
    "fund name call sell sold buy bought teach taught think thought bring brought leave left"
)
_TIMES = words_of(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday"
)
# Endings of things done, unlike those of names.
_ACTION = regex.compile(r"\w{4}(?:ing|tion|ment|ness|ship|ism)s?$")
# Names that hold one of these are of organisations, places or things.
_NO_PERSON = words_of(
    "university college academy institute school district city county province state country "
    "company corporation inc ltd group platform conference center centre bureau museum party "
    "party's river lake mountain street war uprising revolution association society committee "
    "council union bank church empire dynasty army department ministry model cloud hub park "
    "prize act treaty law system project program programme network computing revolution harbour "
    "harbor airport station hospital library monument citadel castle house team club award"
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


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase: tokens ``first`` to ``last`` (exclusive) of a question."""

    text: str
    start: int
    end: int
    first: int
    last: int

    @property
    def named(self) -> bool:
        """Whether it is, or holds, a name."""
        return any(w[0].isupper() for w in self.text.split()[int(starts_with_article(self.text)) :])

    @property
    def plural(self) -> bool:
        """Whether it seems to be of several."""
        head = regex.split(rf" (?:{'|'.join(PREPOSITIONS)}) ", self.text)[0]
        return " and " in self.text or (
            head.endswith("s") and not head.endswith(("ss", "us", "is"))
        )


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


def starts_with_article(text: str) -> bool:
    """Whether the first word is an article or a pointing word."""
    return text.split(maxsplit=1)[0].lower() in DETERMINERS if text.split() else False


def is_person(name: str) -> bool:
    """Whether a text has the shape of a person's name."""
    words = name.split()
    if not 1 <= len(words) <= 5 or starts_with_article(name):
        return False
    bare = [regex.sub(r"['’]s$|\W+$", "", word).lower() for word in words]
    if any(word in _NO_PERSON or _ACTION.search(word) for word in bare):
        return False
    solid = [
        w for w in words if w.lower() not in ("of", "de", "van", "von", "der", "da", "bin", "al")
    ]
    return all(_personal(w) for w in solid) and bool(solid)


def _personal(word: str) -> bool:
    # Capital, then small letters: not UCloud, GPT, 1990; initials and suffixes are fine.
    return (
        regex.fullmatch(r"\p{Lu}(?:\p{Ll}+|['’]\p{Lu}\p{Ll}+|\.?)(?:[-–]\p{Lu}?\p{Ll}+)*\.?", word)
        is not None
    )


def opening(words: Sequence[Token]) -> int:
    """Number of tokens of the leading wh-phrase ("in which year", "how many"), 0 without one."""
    first = 1 if words and words[0].low in PREPOSITIONS and len(words) > 1 else 0
    if len(words) <= first or words[first].low not in WH:
        return 0
    position = first + 1
    if words[first].low in ("who", "whom", "when", "where", "why"):
        return position
    while position < len(words) and not _ends_wh_phrase(words, position):
        position += 1
    return position


def _ends_wh_phrase(words: Sequence[Token], position: int) -> bool:
    word = words[position]
    stops = (AUXILIARIES | PREPOSITIONS | PRONOUNS | DETERMINERS) - {"of"}
    return word.low in stops or verbal(word) or not word.word


def verbal(word: Token) -> bool:
    """Whether it has the form of a verb's past or is a frequent verb."""
    return word.low in _VERBS or _past(word)


def _past(word: Token) -> bool:
    return word.text.endswith("ed") and len(word.text) > 4 and not word.capital


def phrases(text: str) -> list[Phrase]:
    """The noun phrases after the wh-phrase, the subject of an inverted question first.

    "of" and, between names, "and" are part of a phrase; other prepositions end it.
    """
    words = tokens(text)
    begin = opening(words)
    found: list[Phrase] = []
    position = begin
    while position < len(words):
        last = _phrase_end(words, position, begin)
        if last > position:
            start, end = words[position].start, words[last - 1].end
            found.append(Phrase(text[start:end], start, end, position, last))
            position = last
        else:
            position += 1
    return found


def _phrase_end(words: Sequence[Token], first: int, begin: int) -> int:
    """Where the phrase that begins at a token ends; ``first`` if none begins there."""
    word = words[first]
    if not word.word or (word.low in _CLOSED and word.low not in DETERMINERS):
        return first
    before = words[first - 1].low if first else ""
    following = words[first + 1] if first + 1 < len(words) else None
    determined, name = word.low in DETERMINERS, word.capital
    if name and first == 0 and not (following and following.capital):
        # Every first word has a capital.
        return first
    if word.text[0].isdigit() and not (following and following.capital):
        return first
    if not (determined or name or word.text[0].isdigit()) and (
        # A bare phrase is taken for one only after an auxiliary or a preposition.
        before not in AUXILIARIES | PREPOSITIONS or verbal(word)
    ):
        return first
    position = first + 1
    while position < len(words) and _goes_on(words, position, first):
        position += 1
    while position > first and not words[position - 1].word:
        position -= 1
    stop = words[position].low if position < len(words) else ""
    if (
        first == begin + 1
        and before in _NEED_VERB
        and not words[position - 1].capital
        and (stop in PRONOUNS | DETERMINERS or (not stop.isalpha()) or not determined)
        and stop not in _VERBS
    ):
        # The last word is the verb that the auxiliary needs.
        position -= 1
    while position > first and (
        words[position - 1].low in ("of", "and", "the") or words[position - 1].low.endswith("ly")
    ):
        position -= 1
    if position == first + 1 and (word.low in _TIMES or len(word.text) == 1):
        return first
    bare = not (determined or name or word.text[0].isdigit())
    if bare and not regex.search(r"(?:[^sui]s|ing)$", words[position - 1].low):
        return first
    # A determiner alone is no phrase.
    return position if position > first + determined else first


def _goes_on(words: Sequence[Token], position: int, first: int) -> bool:
    word, before = words[position], words[position - 1]
    following = words[position + 1] if position + 1 < len(words) else None
    if word.text in ("'", "’", "'s", "’s"):
        return following is not None and following.word
    if not word.word:
        return False
    if word.low == "of":
        return following is not None and following.low not in PRONOUNS | WH
    if word.low == "and":
        return following is not None and following.capital and before.capital
    if word.low == "the":
        return before.low == "of"
    if word.low in _CLOSED:
        return False
    if before.capital and not word.capital and words[first].low not in DETERMINERS:
        # "Harvard have", "UCloud launch": a name's phrase ends with the name.
        return False
    return word.capital or not (word.low in _VERBS or (_past(word) and position > first + 1))
