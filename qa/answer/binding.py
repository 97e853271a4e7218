"""Whether a pronoun or pointing word of a question refers to something said before it.

It doesn't if what it stands for is in the question itself (binding), or if it stands for
nothing: "Is it true that …?", "What time is it?". English only.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import regex

from qa.answer.antecedents import PERSON, SEVERAL
from qa.answer.nouns import personal
from qa.answer.phrases import Phrase, after, is_person, open_class, opening
from qa.answer.words import (
    AUXILIARIES,
    BE,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    Token,
    verbal,
    words_of,
)

POSSESSIVE = words_of("his its their hers theirs")
# A clause begins after one of these.
_JOINING = words_of(
    "that if when while because and who which as after before until since how where why than "
    "whether without or"
)
_ANY = words_of("a an any every each no")
_MINE = words_of("my your our")
_NEAR = words_of("close near next similar related due close equal opposed")
_EXPLETIVE = regex.compile(
    r"it (?:takes?|took|costs?|means?)\b.* (?:to|for|when|if)\b"
    r"|it (?:is|was) \p{L}+ (?:that|to|when)\b"
    r"|it (?:called|when)\b|it matters? (?:if|whether|when|that)\b"
    r"|it (?:become|became|get) (?:\p{L}+ )?(?:dark|light|late|cold|hot)\b"
    r"|it (?:become|became) \p{L}+ (?:to|that)\b|it make sense\b"
    r"|it (?:true|okay|ok|fine|my fault|a problem|a holiday)\b|it worth (?:it\b|\p{L}+ing\b)"
    r"|it (?:rain|snow|hail)(?:s|ing|ed)?\b",
    regex.IGNORECASE,
)
# "Is it true that …?", "Was it Newton who …?", "Why is it that …?"
_CLEFT = regex.compile(
    r"it (?:(?:\p{L}+ )?that|(?:\p{Lu}[\p{L}\p{M}.'’-]*+ )+(?:who|which|that))\b"
)
_WHAT_TIME = regex.compile(r"\b(?:time|day|date|year|month) (?:is|was) $", regex.IGNORECASE)


def bound(text: str, words: Sequence[Token], found: Sequence[Phrase], position: int) -> bool:
    """Whether a pronoun's antecedent stands before it in the question, or it has none.

    An object of the same clause can't be the subject again ("What did she say about
    her?"); a possessive can, and so can a word of a later clause.
    """
    word = words[position]
    if word.low == "it" and _EXPLETIVE.match(text, word.start):
        return True
    if word.low == "it" and position and words[position - 1].low in BE:
        if _CLEFT.match(text, word.start) or _WHAT_TIME.search(text[: word.start]):
            return True
        # "Is it easier or harder to …?", unlike "Is it close to …?"
        to = next((i for i in range(position + 1, len(words)) if words[i].low == "to"), 0)
        if to and words[to - 1].low not in _NEAR:
            return True
    # "the size of its endowment" is one phrase, and nothing is part of itself.
    before = [
        p
        for p in found
        if p.last <= position and not (words[p.last].low == "of" and p.last + 1 == position)
    ]
    if word.low in PERSON:
        before = [p for p in before if is_person(p.text) or personal(p.text)]
    asks = opening(words)
    # "Who published his findings?", "Which district celebrates its name?"; in "Which animals
    # eat their young?" the unknown verb is taken for part of what is asked for.
    asked = 1 < asks == position or (0 < asks < position and words[asks].low not in AUXILIARIES)
    # "the air he created": a clause without a word that joins it.
    following = after(words, position)
    subject = word.low in ("he", "she", "they") or (
        word.low == "it"
        and following is not None
        and (open_class(following) or following.low in AUXILIARIES)
    )
    related = subject and position > 0 and open_class(words[position - 1])
    clause = words[max(asks, 1) : position]
    later = related or any(w.low in _JOINING or w.text == "," for w in clause)
    owns = (
        word.low in POSSESSIVE
        or (word.low == "her" and open_class(following))
        or (following is not None and following.low in ("'s", "’s"))
    )
    if word.low not in PERSON and _bare_subject(words, asks, position, owns, later):
        return True
    if later and _anyone_or_mine(words[:position], person=word.low in PERSON):
        return True
    if later and _thing_or_things(words[:position], word.low):
        return True
    if owns or later or word.low.endswith(("self", "selves")):
        return asked or bool(before)
    return False


def _anyone_or_mine(words: Sequence[Token], person: bool) -> bool:
    """Whether "an employee", or for a thing "my badge", is among the words."""
    kinds = _ANY if person else _MINE
    return any(word.low in kinds and open_class(following) for word, following in pairwise(words))


def _thing_or_things(words: Sequence[Token], pronoun: str) -> bool:
    """Whether "an item" for "it", "shoes" for "they", is among the words."""
    if pronoun == "it":
        return any(w.low in ("a", "an") and open_class(after) for w, after in pairwise(words))
    return pronoun in SEVERAL and any(
        open_class(w) and not verbal(w) and regex.search(r"[^sui]s$", w.low) for w in words
    )


def _bare_subject(
    words: Sequence[Token], asks: int, position: int, owns: bool, later: bool
) -> bool:
    """Whether a subject without an article or a name stands before a pronoun.

    "When did oil return to its price?", "What is gravity and how does it work?", unlike
    "What was published after it opened?"
    """
    if not (owns or later) or asks + 1 >= position:
        return False
    auxiliary, subject = words[asks], words[asks + 1]
    if not open_class(subject) or subject.low in ("not", "also"):
        return False
    # "Are visitors allowed to park their cars?"
    does = owns and subject.low.endswith("s") and verbal(words[asks + 2])
    return auxiliary.low in AUXILIARIES - BE or (
        (later or does) and auxiliary.low in BE and not verbal(subject)
    )


def points(words: Sequence[Token], position: int) -> bool:
    """Whether this, that, these or those stands for something, rather than joining clauses."""
    word, following = words[position], after(words, position)
    if following and following.low in PREPOSITIONS | {"who", "that", "which"}:
        return False
    if word.low != "that":
        return True
    if following and (following.capital or following.low in DETERMINERS | PRONOUNS):
        return False
    before = words[position - 1].low if position else ""
    if position == 0 or before in AUXILIARIES | PREPOSITIONS:
        return True
    # "Who funded that program?", unlike "Who said that objects fall?"
    last = position + 2 >= len(words) or not words[position + 2].word
    return position == opening(words) + 1 and last
