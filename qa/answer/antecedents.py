"""What a reference in a follow-up question may stand for, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from qa.answer.naming import LONGEST, names
from qa.answer.nouns import KIND_NOUNS, PERSON_NOUNS, personal
from qa.answer.persons import Said, asks_for_person, persons
from qa.answer.phrases import (
    Phrase,
    asking,
    is_person,
    opening,
    phrase,
    phrases,
    starts_with_article,
)
from qa.answer.words import (
    AUXILIARIES,
    BE,
    CLOSED,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    Token,
    tokens,
    words_of,
)

PERSON = words_of("he him his she her hers himself herself")
THING = words_of("it its itself")
SEVERAL = words_of("they them their theirs themselves")
_TIME_NOUNS = words_of(
    "year month week day date hour time morning afternoon evening night decade century season age"
)
_PLACES = words_of(
    "city town village country state province county district region island place continent"
)
# Of a sentence, not of a phrase as "signed" may be.
_FINITE = (AUXILIARIES - {"'s"}) | words_of(
    "came became began went took gave ran rose saw spoke wrote grew fell drew broke chose"
)

_PLURAL_VERBS = words_of("do are were have")


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of a conversation and the answer it got, if any.

    Attributes:
        things: names in the question that stood for "it" and the like when it was asked.
    """

    question: str
    answer: str | None = None
    things: frozenset[str] = frozenset()


def antecedents(pronoun: str, turns: Sequence[Turn]) -> Iterator[str]:
    """What a pronoun may stand for, the likeliest first.

    A thing is of the last turn rather than of those before it; of persons, see ``persons``.
    """
    if pronoun in PERSON:
        said = [Said(turn.question, _answer(turn)) for turn in turns]
        things = {name for turn in turns for name in turn.things}
        yield from persons(said, things)
        return
    for turn in reversed(turns):
        words = tokens(turn.question)
        answer = _answer(turn)
        found = [p for p in phrases(turn.question) if p.last - p.first <= LONGEST]
        if pronoun in THING:
            wh = words[0].low if words else ""
            kept = [*_no_persons(found, words)]
            yield from _things(answer, kept, wh, asks_for_person(words))
        else:
            yield from _several(answer, found, words)


def places(turns: Sequence[Turn]) -> Iterator[str]:
    """What "there" may stand for."""
    for turn in reversed(turns):
        words = tokens(turn.question)
        answer = _answer(turn)
        for_time = any(w.low in _TIME_NOUNS for w in words[1 : opening(words)])
        if answer and words and words[0].low in ("where", "in", "at") and not for_time:
            yield answer
        for found in phrases(turn.question):
            before = words[found.first - 1].low if found.first else ""
            if before in ("in", "at") and found.named:
                yield found.text
        if answer and _named(answer) and not (words and words[0].low in ("who", "whom")):
            yield answer


def pointed_at(
    pointing: str, rest: Sequence[str], turns: Sequence[Turn], *, said: bool = False
) -> str | None:
    """What "that noun" stands for: a fuller phrase with the noun, or what was asked for.

    Args:
        pointing: the first word.
        rest: those after it.
        turns: the oldest first.
        said: whether the noun itself must have been said before.
    """
    noun = rest[: rest.index("of") if "of" in rest[1:] else None][-1]
    if pointing in ("this", "these") and noun.removesuffix("s") in _TIME_NOUNS:
        return None
    for turn in reversed(turns):
        answer = _answer(turn)
        words = tokens(turn.question)
        asked = [w.low for w in words[: opening(words)]]
        if noun in asked and _counted(words) == "many":
            return _wanted(words)
        if answer and (noun in answer.lower().split() or noun in asked):
            return answer
        for found in phrases(turn.question):
            inside = found.text.lower().split()
            if noun in inside and len(inside) > len(rest) + (inside[0] in DETERMINERS):
                return found.text
    if said or "of" in rest or not {noun, noun.removesuffix("s")} & (PERSON_NOUNS | KIND_NOUNS):
        return None
    if noun in _PLACES:
        return next(places(turns), None)
    if noun.removesuffix("s") in PERSON_NOUNS - {noun}:
        return None
    kind = "he" if noun in PERSON_NOUNS else "it"
    fitting = (a for a in antecedents(kind, turns) if _named(a))
    if kind == "it":
        # A lone name may be anything's.
        return next((a for a in fitting if " " not in a or not is_person(a)), None)
    return next((a for a in fitting if is_person(a)), None)


def _things(answer: str | None, found: Sequence[Phrase], wh: str, asked: bool) -> Iterator[str]:
    if answer and wh in ("what", "which") and _named(answer):
        yield answer
    named = [p.text for p in found if p.named]
    whole = [p.text for p in found if p.named or starts_with_article(p.text)]
    # The subject, unless it is a bare word and something has a name.
    yield from whole[:1] if found and found[0].text in whole else named[:1]
    if answer and not asked and _named(answer):
        yield answer
    yield from whole
    if answer and wh in ("what", "which") and answer[0].isalpha():
        yield answer


def _no_persons(found: Sequence[Phrase], words: Sequence[Token]) -> Iterator[Phrase]:
    """The phrases of things; of one of a person by what he or she is, what that is of."""
    for each in found:
        # "Who is the CEO of Apple?", whatever a CEO may be.
        asks_who = each.first == 2 and words[0].low == "who" and words[1].low in BE
        ends = each.last == len(words) or not words[each.last].word
        if (asks_who and ends) or personal(each.text):
            owner = regex.search(r"(?<= of ).+", each.text)
            owner = owner or regex.search(r"^.+(?=['’]s? )", each.text)
            each = phrase(owner[0]) if owner else each
            if not owner or personal(each.text):
                continue
        if " " not in each.text or not is_person(each.text):
            yield each


def _several(answer: str | None, found: Sequence[Phrase], words: Sequence[Token]) -> Iterator[str]:
    who = bool(words) and words[0].low in ("who", "whom")
    wanted = _wanted(words)
    if answer and answer[0].isdigit() and " and " not in answer:
        answer = None
    if answer and (" and " in answer or answer.count(",") > 1 or (who and answer.endswith("s"))):
        yield answer
    counted = _counted(words)
    # "How many children": whatever is counted is several.
    if wanted and (counted == "many" or (counted == "much" and wanted.endswith("s"))):
        yield wanted
    yield from (
        p.text
        for p in found
        if p.plural or (_peoples(p) and words[p.first - 1].low in _PLURAL_VERBS)
    )
    if wanted and wanted.lower().endswith("s"):
        yield wanted
    yield from (p.text for p in found if _peoples(p))
    if answer and answer[0].isalpha() and not any(c in "," or c.isdigit() for c in answer):
        yield answer
    yield from (p.text for p in found if p.named)


def _wanted(words: Sequence[Token]) -> str | None:
    """What a question asks for: "the students" of "How many students …?"."""
    begin = asking(words) + 1 + bool(_counted(words))
    noun = [word.text for word in words[begin : opening(words)]]
    while noun and noun[-1].lower() in CLOSED:
        noun.pop()
    return f"the {' '.join(noun)}" if noun else None


def _counted(words: Sequence[Token]) -> str:
    """The word of "how many" or "how much" that tells which, if a question asks that."""
    low = [word.low for word in words[asking(words) : opening(words)]]
    return low[1] if low[:1] == ["how"] and low[1:2] in (["many"], ["much"]) else ""


def _peoples(phrase: Phrase) -> bool:
    """Whether it may name several: "Vikings", but also "Mars"."""
    return phrase.named and " " not in phrase.text and phrase.text.endswith("s")


def _named(text: str) -> bool:
    words = text.split()
    body = words[1:] if starts_with_article(text) else words
    return bool(body) and body[0][0].isupper() and len(words) <= LONGEST


def _answer(turn: Turn) -> str | None:
    """What was answered, if it can stand in for a pronoun: a measure or number can't."""
    words = tokens(turn.question)
    first = asking(words)
    measured = opening(words) > first + 1 and words[first].low == "how"
    return None if measured else _short(turn.answer)


def _short(answer: str | None) -> str | None:
    """An answer that can stand in for a pronoun; of a longer one, its only name."""
    text = " ".join((answer or "").split()).rstrip(".")
    if not text or text.split()[0].lower() in PREPOSITIONS:
        return None
    if len(text.split()) <= LONGEST:
        return None if _clause(text) else text
    named = list(dict.fromkeys(names(text)))
    return named[0] if len(named) == 1 else None


def _clause(text: str) -> bool:
    """Whether a text is a sentence or command ("Use the portal") rather than a phrase."""
    words = tokens(text)
    if len(words) < 2:
        return False
    first, *others = words
    if any(w.low in _FINITE and not w.capital for w in others):
        return True
    commands = first.capital and first.low not in DETERMINERS
    return commands and others[0].low in DETERMINERS | PRONOUNS and not others[0].capital
