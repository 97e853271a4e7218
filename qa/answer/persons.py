"""Which names of a conversation are persons': what "he" and "she" may stand for.

Nothing tells a person's lone name from that of a place, a company or a department but how
it is used. So whoever is known to be a person goes before whatever may be one, however
long ago it was said. English only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import regex

from qa.answer.phrases import (
    KINDS,
    TIMES,
    asking,
    is_person,
    open_class,
    opening,
    phrases,
    starts_with_article,
)
from qa.answer.words import (
    AUXILIARIES,
    BE,
    DETERMINERS,
    PREPOSITIONS,
    Token,
    tokens,
    words_of,
)

# A longer phrase, or answer, can't stand in for a pronoun.
LONGEST = 12

_KIN = words_of(
    "wife husband father mother grandfather grandmother parents brother sister siblings son "
    "daughter child children successor predecessor"
)
PERSON_NOUNS = (_KIN - words_of("parents siblings child children")) | words_of(
    "person man woman official expert scientist president leader author academician secretary "
    "engineer king queen scholar professor inventor founder director "
    "mayor minister senator governor chancellor chairman chairwoman captain coach manager judge "
    "lawyer officer soldier prince princess emperor pope bishop priest actor actress singer "
    "artist painter poet writer composer teacher student doctor nurse patient employee worker "
    "tenant landlord customer buyer seller victim suspect defendant candidate boy girl ceo cfo cto "
    "coo cio physicist chemist biologist mathematician philosopher economist astronomer"
)
# Who is one of these is of a place, a company or a work: "the mayor of Berlin".
_ROLES = (PERSON_NOUNS | words_of("head lead chair owner")) - (
    _KIN
    | words_of("teacher student doctor nurse lawyer victim man woman boy girl manager coach")
    | words_of("employee worker")
)
_TITLES = words_of("mr mrs ms dr prof")
# What only a person has, or has happen to him or her.
_LIVES = _KIN | words_of("life death birth birthplace childhood biography career reign")
_LIVED = words_of(
    "born die died marry married divorced educated raised buried killed murdered assassinated "
    "arrested elected knighted crowned"
)
# May stand between an auxiliary's subject and its verb.
_BETWEEN = words_of("ever get first also really actually")
_INSIDE = words_of("in at near inside outside within into")
# What follows one of these may be a person as well as a thing.
_BESIDE = words_of("by with about against between like")
# Done to companies, products and works, not to persons.
_MADE = words_of(
    "found founds founded own owns owned run runs ran lead leads led create creates created make "
    "makes made build builds built buy buys bought acquire acquires acquired manage manages "
    "managed head heads headed chair chairs chaired invent invented develop develops developed "
    "publish publishes published write writes wrote direct directs directed design designs "
    "designed launch launches launched"
)
_WAS_MADE = words_of(
    "founded built established released published launched opened acquired developed invented "
    "designed manufactured created written"
)
# No person is asked about so.
_SIZES = words_of("big large wide deep populous expensive")
_POSSESSIVE = words_of("' ’ 's ’s")
# Where a name ends that has something: "Apple's CEO", unlike "Schindler's List".
_OWNING = regex.compile(r"['’]s?(?= \p{Lu}{2,}\b|$)")
_NAME = regex.compile(r"\p{Lu}[\p{L}\p{M}.'’-]*+(?: \p{Lu}[\p{L}\p{M}.'’-]*+)*+")


@dataclass(frozen=True, slots=True)
class Said:
    """An earlier question, and its answer if it can stand in for a pronoun."""

    question: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class _Name:
    """A run of capitalised words of a question, the words before it and those after."""

    text: str
    before: Sequence[Token]
    following: Sequence[Token]

    @property
    def lone(self) -> bool:
        return " " not in self.text

    @property
    def owns(self) -> bool:
        return bool(self.following) and self.following[0].low in _POSSESSIVE

    def preceding(self, back: int = 1) -> str:
        """The word so many places before it."""
        return self.before[-back].low if len(self.before) >= back else ""


def personal(text: str) -> bool:
    """Whether a phrase speaks of a person by what he or she is."""
    return any(word in PERSON_NOUNS for word in text.lower().split(" of ")[0].split())


def names(text: str) -> list[str]:
    """Runs of capitalised words."""
    return [match[0] for match in _NAME.finditer(text)]


def asks_for_person(words: Sequence[Token]) -> bool:
    """Whether a question is answered by a person: "Who …?", "By which painter …?"."""
    first = asking(words)
    wh = words[first].low if words else ""
    if wh in ("who", "whom", "whose"):
        return True
    if wh not in ("which", "what"):
        return False
    begin, end = first + 1, opening(words)
    if begin == end and words[begin:] and words[begin].low in BE:
        # "What is the mayor's name?"
        end = len(words) if any(word.low == "name" for word in words) else end
    return any(word.low in PERSON_NOUNS for word in words[begin:end])


def persons(turns: Sequence[Said], things: Collection[str]) -> Iterator[str]:
    """Whom "he" or "she" may stand for, the likeliest first.

    Args:
        turns: the oldest first.
        things: names that are known not to be of persons.
    """
    found = [(turn, _names(turn.question)) for turn in reversed(turns)]
    no_persons = {*things, *(n.text for _, each in found for n in each if _thing(n))}
    certain = [_certain(turn, each, no_persons) for turn, each in found]
    known = {word for each in certain for name in each for word in name.split()}
    for (_, each), sure in zip(found, certain, strict=True):
        # "Luther", where Martin Luther was spoken of.
        sure += [n.text for n in each if n.lone and n.text in known - no_persons]
    newest = next((i for i, each in enumerate(certain) if each), None)
    recent = [n for _, each in found[: newest or 0] for n in each]
    if any(_acts(n) and _may_be(n, no_persons) for n in recent):
        # "What did Einstein discover?", and before that a person was spoken of: either may be.
        return
    yield from (name for each in certain for name in each)
    for turn, each in found:
        yield from (n.text for n in each if _may_be(n, no_persons))
        yield from _perhaps(turn)


def _names(question: str) -> list[_Name]:
    words = tokens(question)
    found: list[_Name] = []
    for phrase in phrases(question):
        if phrase.last - phrase.first > LONGEST:
            continue
        for match in _NAME.finditer(phrase.text):
            text = _OWNING.split(match[0])[0]
            start = phrase.start + match.start()
            end = start + len(text)
            # "Ward B", "Room 3"
            lettered = len(text.split()[-1]) == 1
            if is_person(text) and not lettered and text.lower() not in TIMES | _TITLES:
                before = [w for w in words if w.end <= start]
                found.append(_Name(text, before, [w for w in words if w.start >= end]))
    return found


def _certain(turn: Said, found: Sequence[_Name], things: Collection[str]) -> list[str]:
    """The persons of a turn: whom it asked for, then full names, then lone ones."""
    head = _head(turn)
    asked = asks_for_person(tokens(turn.question)) and head not in things
    # What "Who is Xue Kan?" asks for has no other name.
    asked = asked and not any(_is_asked_for(n) for n in found)
    answer = [head] if asked and (_whole_name(head) or personal(head)) else []
    full = [n.text for n in found if not n.lone and _full(n, things)]
    return [*answer, *full, *(n.text for n in found if n.lone and _lives(n))]


def _perhaps(turn: Said) -> Iterator[str]:
    """The answer, if it may be a person."""
    words, head = tokens(turn.question), _head(turn)
    elsewhere = not words or words[0].low == "where" or opening(words) > 1
    if head and (asks_for_person(words) or (" " in head and is_person(head) and not elsewhere)):
        yield head


def _head(turn: Said) -> str:
    """The answer without what is said beside it: "Xue Kan, Party secretary of Yangpu".

    Of two none is "he".
    """
    head = (turn.answer or "").split(",")[0].strip()
    return "" if " and " in head else head


def _whole_name(head: str) -> bool:
    """Whether who was asked for has a person's name, if an unusual one ("Henry VIII")."""
    words = head.split()
    if not head[:1].isupper() or starts_with_article(head):
        return False
    return is_person(head) or (len(words) > 1 and not KINDS & {w.lower() for w in words})


def _full(name: _Name, things: Collection[str]) -> bool:
    """Whether a name of several words is taken for a person's."""
    # "The Eiffel Tower", and what Adobe makes has its name.
    determined = name.preceding() in DETERMINERS
    return not (determined or name.text in things or name.text.split()[0] in things)


def _lives(name: _Name) -> bool:
    """Whether a name is used as only a person's is."""
    if name.owns:
        return any(word.low in _LIVES for word in name.following[1:3])
    if name.preceding() == "of":
        return name.preceding(2) in _LIVES
    following = next((w.low for w in name.following if w.low not in _BETWEEN), "?")
    lived = name.preceding() in AUXILIARIES and following in _LIVED
    titled = name.preceding() == "." and name.preceding(2) in _TITLES
    return lived or titled or name.preceding() in PERSON_NOUNS or _is_asked_for(name)


def _is_asked_for(name: _Name) -> bool:
    """Whether it is all of "Who is …?"."""
    who = len(name.before) == 2 and name.preceding(2) == "who" and name.preceding() in BE
    return who and not any(word.word for word in name.following) and not name.owns


def _thing(name: _Name) -> bool:
    """Whether a name is used as only a place's, a company's or a work's is."""
    if _lives(name):
        return False
    if name.owns:
        return any(word.text.lower() in _ROLES for word in name.following[1:2])
    if name.preceding() == "of":
        return name.preceding(2).lower() in _ROLES
    if name.preceding() in _INSIDE or _measured_or_made(name):
        return True
    where = len(name.before) == 2 and name.preceding(2) == "where" and name.preceding() in BE
    return name.lone and (where or name.preceding() in _MADE)


def _measured_or_made(name: _Name) -> bool:
    """Whether it is the subject of "How big is …?" or "When was … founded?"."""
    if name.preceding() not in BE:
        return False
    made = bool(name.following) and name.following[0].low in _WAS_MADE
    return made or (name.preceding(3) == "how" and name.preceding(2) in _SIZES)


def _acts(name: _Name) -> bool:
    """Whether it is who does something."""
    does = name.preceding() in AUXILIARIES - BE
    return does and open_class(next(iter(name.following), None))


def _may_be(name: _Name, things: Collection[str]) -> bool:
    """Whether a lone name that nothing is known of may be a person's."""
    if not name.lone or name.text in things or name.owns or not name.before:
        return False
    if name.preceding() in PREPOSITIONS | DETERMINERS:
        return name.preceding() in _BESIDE
    # To what follows a verb it is done.
    return not open_class(name.before[-1])
