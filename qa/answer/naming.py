"""How the names of a question are used, as a person's or as a thing's. English only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import regex

from qa.answer.nouns import KIN, PERSON_NOUNS, ROLES, had_by_things
from qa.answer.phrases import TIMES, is_person, open_class, phrases
from qa.answer.words import AUXILIARIES, BE, DETERMINERS, PREPOSITIONS, Token, tokens, words_of

# A longer phrase, or answer, can't stand in for a pronoun.
LONGEST = 12

_TITLES = words_of("mr mrs ms dr prof")
# What only a person has, or has happen to him or her.
_LIVES = KIN | words_of("life death birth birthplace childhood biography career reign")
_LIVED = words_of(
    "born die died marry married divorced educated raised buried killed murdered assassinated "
    "arrested elected knighted crowned exiled imprisoned jailed deported sentenced convicted "
    "executed beheaded hanged baptised baptized canonised canonized hired appointed wounded"
)
# May stand between an auxiliary's subject and its verb.
_BETWEEN = words_of("ever get first also really actually")
_INSIDE = words_of("in at near inside outside within into")
# Said of where a thing is, unlike "exiled".
_PLACED = words_of("located based situated headquartered held set filmed produced in near within")
# What follows one of these may be a person as well as a thing.
_BESIDE = words_of("by with about against between like")
# To, for or from whom something is: "What happened to Napoleon?", unlike "the way to Kiel".
_TOWARDS = words_of("happen happens happened married related message messages letter letters")
# What a company or country does, at least if it "does" so with things.
_TRADES = words_of("make sell manufacture produce ship export import")
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
class Name:
    """A run of capitalised words of a question, the words before it and those after."""

    text: str
    before: Sequence[Token]
    following: Sequence[Token]

    @property
    def lone(self) -> bool:
        """Whether it is a single word."""
        return " " not in self.text

    @property
    def owns(self) -> bool:
        """Whether something is said to be its own: "Apple's CEO"."""
        return bool(self.following) and self.following[0].low in _POSSESSIVE

    def preceding(self, back: int = 1) -> str:
        """The word so many places before it."""
        return self.before[-back].low if len(self.before) >= back else ""


def names(text: str) -> list[str]:
    """Runs of capitalised words."""
    return [match[0] for match in _NAME.finditer(text)]


def names_in(question: str) -> list[Name]:
    """The names of a question that have the shape of a person's, with how they are used."""
    words = tokens(question)
    found: list[Name] = []
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
                found.append(Name(text, before, [w for w in words if w.start >= end]))
    return found


def lives(name: Name) -> bool:
    """Whether a name is used as only a person's is."""
    if name.owns:
        return any(word.low in _LIVES for word in name.following[1:3])
    if name.preceding() == "of":
        return name.preceding(2) in _LIVES
    following = next((w.low for w in name.following if w.low not in _BETWEEN), "?")
    lived = name.preceding() in AUXILIARIES and following in _LIVED
    titled = name.preceding() == "." and name.preceding(2) in _TITLES
    return lived or titled or name.preceding() in PERSON_NOUNS or is_asked_for(name)


def is_asked_for(name: Name) -> bool:
    """Whether it is all of "Who is …?"."""
    who = len(name.before) == 2 and name.preceding(2) == "who" and name.preceding() in BE
    return who and not any(word.word for word in name.following) and not name.owns


def is_thing(name: Name) -> bool:
    """Whether a name is used as only a place's, a company's or a work's is."""
    if lives(name):
        return False
    if name.owns:
        return any(word.text.lower() in ROLES for word in name.following[1:2])
    if name.preceding() == "of":
        return name.preceding(2).lower() in ROLES
    if name.preceding() in _INSIDE or _measured_or_made(name):
        return True
    if not name.lone:
        return False
    following = next(iter(name.following), None)
    # "What made Hegel famous?"
    shaped = name.preceding() in ("make", "makes", "made") and open_class(following)
    where = _is_where(name) and following is not None and following.low in _PLACED
    return where or _trades(name) or (name.preceding() in _MADE and not shaped)


def _is_where(name: Name) -> bool:
    """Whether it is what "Where is …" asks about."""
    return len(name.before) == 2 and name.preceding(2) == "where" and name.preceding() in BE


def is_looked_for(name: Name) -> bool:
    """Whether it is all of "Where is …?"."""
    return _is_where(name) and not name.owns and not any(word.word for word in name.following)


def _trades(name: Name) -> bool:
    """Whether it does what companies do: "Does Tesla make trucks?"."""
    if name.preceding() != "does" or not name.following:
        return False
    verb, *others = name.following
    return verb.low in _TRADES and bool(others) and others[0].low.endswith("s")


def _measured_or_made(name: Name) -> bool:
    """Whether it is the subject of "How big is …?" or "When was … founded?"."""
    if name.preceding() not in BE:
        return False
    made = bool(name.following) and name.following[0].low in _WAS_MADE
    return made or (name.preceding(3) == "how" and name.preceding(2) in _SIZES)


def acts(name: Name) -> bool:
    """Whether it is who does something."""
    does = name.preceding() in AUXILIARIES - BE
    return does and open_class(next(iter(name.following), None))


def may_be(name: Name, things: Collection[str]) -> bool:
    """Whether a lone name that nothing is known of may be a person's."""
    if not name.lone or name.text in things or name.owns or not name.before:
        return False
    if name.preceding() in PREPOSITIONS | DETERMINERS:
        return name.preceding() in _BESIDE
    # To what follows a verb it is done.
    return not open_class(name.before[-1])


def might_be(name: Name, things: Collection[str]) -> bool:
    """Likewise if nobody else was spoken of: "the height of Napoleon", not "of Berlin"."""
    if not name.lone or name.text in things:
        return False
    if name.owns:
        return not any(had_by_things(word.text.lower()) for word in name.following[1:3])
    if name.preceding() == "of":
        return not had_by_things(name.preceding(2).lower())
    if name.preceding() in PREPOSITIONS:
        return name.preceding(2) in _TOWARDS
    return name.preceding() not in DETERMINERS
