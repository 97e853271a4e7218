"""Follow-up questions made to stand alone.

References to earlier turns are found and replaced by rules, no model writes anything:
every word of the result comes from the question, an earlier question or an earlier
answer. The rules follow what is known of English anaphora: recency (the last turn
first), agreement (he and she are persons, it is a thing, they are several; whoever is
known to be a person goes before a later name that only may be one's), salience (what was
asked for and has a name, then the question's subject, then its objects), and binding (a
pronoun whose antecedent stands in the question itself refers to nothing earlier). A
question without such a reference is left alone. English only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import regex

from qa.answer.antecedents import (
    PERSON,
    SEVERAL,
    THING,
    Turn,
    antecedents,
    places,
    pointed_at,
)
from qa.answer.binding import POSSESSIVE, bound, points
from qa.answer.fragments import as_question, completed
from qa.answer.naming import names
from qa.answer.phrases import Phrase, after, open_class, opening, phrases
from qa.answer.words import (
    AUXILIARIES,
    BE,
    POINTING,
    PREPOSITIONS,
    PRONOUNS,
    Token,
    tokens,
    words_of,
)

# Further back than this nothing is referred to without being named again.
REMEMBERED_TURNS = 5
# A longer question says what it is about; in characters, as for answers.
LONGEST_RESOLVED = 400

_HOW = words_of("when why how where")
_NEEDED = words_of("have be been do")
_EXISTING = words_of("exist exists existed remain remains remained")
_LEADING = regex.compile(r"(?:and|but|so|or),? ", regex.IGNORECASE)


def resolve(question: str, history: Sequence[Turn]) -> str | None:
    """The question in words that stand alone, or None if it does already.

    ``history`` holds the earlier turns, the oldest first, their questions as they were
    asked: follow-ups among them are resolved on the way. A reference for which nothing
    suitable was said stays as it is.
    """
    turns: list[Turn] = []
    for turn in history[-REMEMBERED_TURNS:]:
        if len(turn.question) <= LONGEST_RESOLVED:
            answer = turn.answer if len(turn.answer or "") <= LONGEST_RESOLVED else None
            said = _resolved(turn.question, turns)
            if not said or len(said.question) > 2 * LONGEST_RESOLVED:
                said = turn
            turns.append(replace(said, answer=answer))
    said = _resolved(question, turns) if len(question) <= LONGEST_RESOLVED else None
    return said.question if said else None


def _resolved(question: str, turns: Sequence[Turn]) -> Turn | None:
    if not turns:
        return None
    text = " ".join(question.split())
    whole = completed(text, turns[-1])
    return Turn(whole) if whole else _replaced(text, turns)


def _replaced(text: str, turns: Sequence[Turn]) -> Turn | None:
    """References replaced by what they refer to; None if there are none that can be."""
    words, found = tokens(text), phrases(text)
    if not any(w.word and w.low not in PRONOUNS for w in words):
        return None
    edits: list[tuple[int, int, str]] = []
    told: list[frozenset[str]] = []
    used: list[str] = []
    things: set[str] = set()
    for position, word in enumerate(words):
        kind = next((k for k in (PERSON, THING, SEVERAL) if word.low in k), None)
        # Once named, the same is meant by the pronouns after it.
        if kind in told or (edits and edits[-1][1] > word.start):
            continue
        if kind:
            edit = None
            if not bound(text, words, found, position):
                told.append(kind)
                # Two pronouns are two things.
                meant = next((a for a in antecedents(word.low, turns) if a not in used), None)
                if meant:
                    used.append(meant)
                    edit = _pronoun(words, position, meant)
        elif word.low == "there":
            edit = _there(words, position, turns)
        else:
            edit = _pointing(words, found, position, turns)
        if edit:
            edits.append(edit)
            used.append(edit[2])
            if kind is THING or word.low == "there":
                things.update(names(edit[2]))
    if not edits:
        return None
    result = text
    for start, end, new in reversed(edits):
        result = result[:start] + new + result[end:]
    result = _LEADING.sub("", result, count=1) if _LEADING.match(text) else result
    return Turn(as_question(result), things=frozenset(things))


def _pronoun(words: Sequence[Token], position: int, meant: str) -> tuple[int, int, str]:
    """What replaces a pronoun, with the place of what is replaced."""
    word, following = words[position], after(words, position)
    owns = word.low in POSSESSIVE or (word.low == "her" and open_class(following))
    new = (f"{meant}'" if meant.endswith("s") else f"{meant}'s") if owns else meant
    return word.start, word.end, new


def _there(
    words: Sequence[Token], position: int, turns: Sequence[Turn]
) -> tuple[int, int, str] | None:
    """Likewise for "there", unless it only says that something exists."""
    word, following = words[position], after(words, position)
    if not position or (following and following.low in AUXILIARIES | _EXISTING):
        return None
    if words[position - 1].low in BE or words[position - 1].low == "t":
        return None
    place = next(places(turns), None)
    inside = "" if words[position - 1].low in PREPOSITIONS else "in "
    return (word.start, word.end, f"{inside}{place}") if place else None


def _pointing(
    words: Sequence[Token], found: Sequence[Phrase], position: int, turns: Sequence[Turn]
) -> tuple[int, int, str] | None:
    """Likewise for this, that, these and those, with the noun after them or without."""
    word = words[position]
    if word.low not in POINTING or not points(words, position):
        return None
    phrase = next((p for p in found if p.first == position), None)
    if phrase:
        last, before = phrase.last, words[position - 1].low if position else ""
        rest = [w.low for w in words[position + 1 : last]]
        if before in AUXILIARIES - BE and not _verb_follows(words, last):
            return _said(words, position, rest, turns)
        new = pointed_at(word.low, rest, turns)
        ends = last == len(words) or not words[last].word
        asks = opening(words) < 2 and words[0].low in BE | _HOW
        if not new and before in BE and ends and asks:
            # The last word is what is asked about it: "Is this policy valid?"
            last, rest = last - 1, rest[:-1]
            new = pointed_at(word.low, rest, turns) if rest else None
        if new or rest or position == 1:
            return (word.start, words[last - 1].end, new) if new else None
    following = after(words, position)
    if (
        not phrase
        and following
        and following.word
        and following.low not in AUXILIARIES | {"mean", "means"}
    ):
        return None
    several = word.low in ("these", "those")
    meant = "they" if several else "he" if words[0].low == "who" else "it"
    new = next(antecedents(meant, turns), None)
    return (word.start, word.end, new) if new else None


def _verb_follows(words: Sequence[Token], position: int) -> bool:
    """Whether what an auxiliary needs may stand there, rather than in the phrase before."""
    if position == len(words):
        return False
    return open_class(words[position]) or words[position].low in _NEEDED


def _said(
    words: Sequence[Token], position: int, rest: Sequence[str], turns: Sequence[Turn]
) -> tuple[int, int, str] | None:
    """As ``_pointing``, where the phrase holds the verb.

    Which of its words that is, is known only if those before it were said before: "Does this
    policy cover damage?"
    """
    for length in range(1, len(rest)):
        new = pointed_at(words[position].low, rest[:length], turns, said=True)
        if new:
            return words[position].start, words[position + length].end, new
    return None
