"""Which names of a conversation are persons': what "he" and "she" may stand for.

Nothing tells a person's lone name from that of a place, a company or a department but how
it is used. So whoever is known to be a person goes before whatever may be one, however
long ago it was said. English only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from qa.answer.naming import (
    Name,
    acts,
    is_asked_for,
    is_looked_for,
    is_thing,
    lives,
    may_be,
    might_be,
    names_in,
)
from qa.answer.nouns import PERSON_NOUNS, asked_person, personal, thing
from qa.answer.phrases import KINDS, asking, is_person, opening, starts_with_article
from qa.answer.words import BE, DETERMINERS, Token, tokens


@dataclass(frozen=True, slots=True)
class Said:
    """An earlier question, and its answer if it can stand in for a pronoun."""

    question: str
    answer: str | None


def asks_for_person(words: Sequence[Token]) -> bool:
    """Whether a question is answered by a person: "Who …?", "By which painter …?"."""
    first = asking(words)
    wh = words[first].low if words else ""
    if wh in ("who", "whom", "whose"):
        return True
    if wh not in ("which", "what"):
        return False
    begin = first + 1
    if begin == opening(words) and words[begin:] and words[begin].low in BE:
        # "What is the mayor's name?"
        named = any(word.low == "name" for word in words)
        return named and any(word.low in PERSON_NOUNS for word in words)
    return any(asked_person(noun) for noun in _asked(words))


def _asked(words: Sequence[Token]) -> list[str]:
    """The words after "which": "architect", or of "Which of the cities …?" "cities" too."""
    begin, end = asking(words) + 1, opening(words)
    if begin < end and words[end - 1].low == "of":
        # After an article.
        end += 2
    return [word.text for word in words[begin:end]]


def persons(turns: Sequence[Said], things: Collection[str]) -> Iterator[str]:
    """Whom "he" or "she" may stand for, the likeliest first.

    Args:
        turns: the oldest first.
        things: names that are known not to be of persons.
    """
    found = [(turn, names_in(turn.question)) for turn in reversed(turns)]
    known_things = {*things, *(n.text for _, each in found for n in each if is_thing(n))}
    somewhere = {n.text for _, each in found for n in each if n.lone and is_looked_for(n)}
    no_persons = known_things | somewhere
    certain = [_certain(turn, each, no_persons) for turn, each in found]
    known = {word for each in certain for name in each for word in name.split()}
    for (_, each), sure in zip(found, certain, strict=True):
        # "Luther", where Martin Luther was spoken of.
        sure += [n.text for n in each if n.lone and n.text in known - no_persons]
    newest = next((i for i, each in enumerate(certain) if each), None)
    recent = [n for _, each in found[: newest or 0] for n in each]
    if any(acts(n) and may_be(n, no_persons) for n in recent):
        # "What did Einstein discover?", and before that a person was spoken of: either may be.
        return
    yield from (name for each in certain for name in each)
    yield from _uncertain(found, known_things, somewhere)


def _uncertain(
    found: Sequence[tuple[Said, Sequence[Name]]], things: set[str], somewhere: set[str]
) -> Iterator[str]:
    """Who may be a person, then who only may be if nobody else was spoken of.

    Args:
        found: the turns, the newest first, and the names in them.
        things: names of things.
        somewhere: names of what may be persons or places: "Where is Anna?", "Where is Kiel?"
    """
    for turn, each in found:
        yield from (n.text for n in each if may_be(n, things | somewhere))
        if opening(tokens(turn.question)) > 1 or asks_for_person(tokens(turn.question)):
            yield from _perhaps(turn)
    for turn, each in found:
        # Kiel is in "Germany", Anna may be "at lunch".
        placed = somewhere if _head(turn)[:1].isupper() else set()
        yield from (n.text for n in each if might_be(n, things | placed))
        # "Anna Karenina" is a novel of Tolstoy.
        yield from _perhaps(turn)


def _certain(turn: Said, found: Sequence[Name], things: Collection[str]) -> list[str]:
    """The persons of a turn: whom it asked for, then full names, then lone ones."""
    head = _head(turn)
    asked = asks_for_person(tokens(turn.question)) and head not in things
    # What "Who is Xue Kan?" asks for has no other name.
    asked = asked and not any(is_asked_for(n) for n in found)
    answer = [head] if asked and (_whole_name(head) or personal(head)) else []
    full = [n.text for n in found if not n.lone and _full(n, things)]
    return [*answer, *full, *(n.text for n in found if n.lone and lives(n))]


def _perhaps(turn: Said) -> Iterator[str]:
    """The answer, if it may be a person."""
    words, head = tokens(turn.question), _head(turn)
    elsewhere = not words or words[0].low == "where" or any(map(thing, _asked(words)))
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


def _full(name: Name, things: Collection[str]) -> bool:
    """Whether a name of several words is taken for a person's."""
    # "The Eiffel Tower", and what Adobe makes has its name.
    determined = name.preceding() in DETERMINERS
    return not (determined or name.text in things or name.text.split()[0] in things)
