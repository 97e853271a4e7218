"""What a reference in a follow-up question may stand for, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from qa.answer.phrases import Phrase, is_person, opening, phrases, starts_with_article
from qa.answer.words import DETERMINERS, PREPOSITIONS, Token, tokens, words_of

# A longer phrase can't stand in for a pronoun.
_LONGEST = 12

PERSON = words_of("he him his she her hers himself herself")
THING = words_of("it its itself")
SEVERAL = words_of("they them their theirs themselves")
PERSON_NOUNS = words_of(
    "person man woman official expert scientist president leader author academician secretary "
    "engineer king queen scholar professor inventor founder director father mother grandfather "
    "grandmother brother sister son daughter wife husband successor predecessor"
)
_TIME_NOUNS = words_of(
    "year month week day date hour time morning afternoon evening night decade century season age"
)
# What a document may call itself or its parts.
_TEXT_NOUNS = words_of(
    "document page article text file form website site section chapter paragraph report policy "
    "rule process procedure manual guide contract"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of a conversation and the answer it got, if any."""

    question: str
    answer: str | None = None


def antecedents(pronoun: str, turns: Sequence[Turn]) -> Iterator[str]:
    """What a pronoun may stand for: the last turn first, and in it what agrees best."""
    for turn in reversed(turns):
        words = tokens(turn.question)
        wh = words[0].low if words else ""
        for_person = wh in ("who", "whom", "whose") or (
            wh in ("which", "what")
            and any(w.low in PERSON_NOUNS for w in words[1 : opening(words)])
        )
        answer = _short(turn.answer)
        found = [p for p in phrases(turn.question) if p.last - p.first <= _LONGEST]
        if pronoun in PERSON:
            yield from _persons(answer, found, for_person)
        elif pronoun in THING:
            yield from _things(answer, found, wh, for_person)
        else:
            yield from _several(answer, found, words)


def places(turns: Sequence[Turn]) -> Iterator[str]:
    """What "there" may stand for."""
    for turn in reversed(turns):
        words = tokens(turn.question)
        answer = _short(turn.answer)
        for_time = any(w.low in _TIME_NOUNS for w in words[1 : opening(words)])
        if answer and words and words[0].low in ("where", "in", "at") and not for_time:
            yield answer
        for phrase in phrases(turn.question):
            before = words[phrase.first - 1].low if phrase.first else ""
            if before in ("in", "at") and phrase.named:
                yield phrase.text
        if answer and _named(answer) and not (words and words[0].low in ("who", "whom")):
            yield answer


def pointed_at(phrase: Sequence[str], turns: Sequence[Turn]) -> str | None:
    """What "that noun" stands for: a fuller phrase with the noun, or what was asked for.

    Args:
        phrase: its words, the pointing one first.
        turns: the oldest first.
    """
    pointing, *rest = phrase
    noun = rest[: rest.index("of") if "of" in rest[1:] else None][-1]
    if pointing in ("this", "these") and noun.removesuffix("s") in _TIME_NOUNS:
        return None
    for turn in reversed(turns):
        answer = _short(turn.answer)
        words = tokens(turn.question)
        asked = [w.low for w in words[: opening(words)]]
        if answer and (noun in answer.lower().split() or noun in asked):
            return answer
        for found in phrases(turn.question):
            inside = found.text.lower().split()
            if noun in inside and len(inside) > len(rest) + (inside[0] in DETERMINERS):
                return found.text
    if "of" in rest or noun in _TIME_NOUNS | _TEXT_NOUNS:
        return None
    kind = "he" if noun in PERSON_NOUNS else "it"
    fitting = (a for a in antecedents(kind, turns) if _named(a))
    return next((a for a in fitting if is_person(a) == (kind == "he")), None)


def _persons(answer: str | None, found: Sequence[Phrase], asked: bool) -> Iterator[str]:
    head = (answer or "").split(",")[0].strip()
    named = [
        name
        for phrase in found
        for name in _names(phrase.text)
        if is_person(name) and not regex.search(rf"\b[Tt]he {regex.escape(name)}", phrase.text)
    ]
    if asked and head[:1].isupper() and (is_person(head) or not starts_with_article(head)):
        yield head
    # Full names before lone words, which may be of places.
    yield from sorted(named, key=lambda name: " " not in name)
    if is_person(head) or (asked and head):
        yield head


def _things(answer: str | None, found: Sequence[Phrase], wh: str, asked: bool) -> Iterator[str]:
    if answer and wh in ("what", "which") and _named(answer):
        yield answer
    things = [p for p in found if " " not in p.text or not is_person(p.text)]
    things = [p for p in things if not personal(p.text)]
    named = [p.text for p in things if p.named]
    whole = [p.text for p in things if p.named or starts_with_article(p.text)]
    # The subject, unless it is a bare word and something has a name.
    yield from whole[:1] if things and things[0].text in whole else named[:1]
    if answer and not asked and _named(answer):
        yield answer
    yield from whole
    if answer and wh in ("what", "which") and answer[0].isalpha():
        yield answer


def _several(answer: str | None, found: Sequence[Phrase], words: Sequence[Token]) -> Iterator[str]:
    who = bool(words) and words[0].low in ("who", "whom")
    if answer and (" and " in answer or "," in answer or (who and answer.endswith("s"))):
        yield answer
    yield from (p.text for p in found if p.plural)
    asked = words[1 : opening(words)]
    if asked and asked[-1].low.endswith("s"):
        yield "the " + " ".join(w.text for w in asked)
    if answer and answer[0].isalpha():
        yield answer
    yield from (p.text for p in found if p.named)


def personal(text: str) -> bool:
    """Whether a phrase speaks of a person by what he or she is."""
    return any(word in PERSON_NOUNS for word in text.lower().split(" of ")[0].split())


def _named(text: str) -> bool:
    words = text.split()
    body = words[1:] if starts_with_article(text) else words
    return bool(body) and body[0][0].isupper() and len(words) <= _LONGEST


def _short(answer: str | None) -> str | None:
    """An answer that can stand in for a pronoun; of a longer one, its only name."""
    text = " ".join((answer or "").split()).rstrip(".")
    if not text or text.split()[0].lower() in PREPOSITIONS:
        return None
    if len(text.split()) <= _LONGEST:
        return text
    names = list(dict.fromkeys(_names(text)))
    return names[0] if len(names) == 1 else None


def _names(text: str) -> list[str]:
    """Runs of capitalised words."""
    found: list[str] = regex.findall(
        r"\p{Lu}[\p{L}\p{M}.'’-]*+(?: \p{Lu}[\p{L}\p{M}.'’-]*+)*+", text
    )
    return found
