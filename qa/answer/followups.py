"""Follow-up questions made to stand alone.

References to earlier turns are found and replaced by rules, no model writes anything:
every word of the result comes from the question, an earlier question or an earlier
answer. The rules follow what is known of English anaphora: recency (the last turn
first), agreement (he and she are persons, it is a thing, they are several), salience
(what was asked for and has a name, then the question's subject, then its objects), and
binding (a pronoun whose antecedent stands in the question itself refers to nothing
earlier). A question without such a reference is left alone. English only.
"""

from __future__ import annotations

from collections.abc import Sequence

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
from qa.answer.binding import POSSESSIVE, after, bound, open_class, points
from qa.answer.phrases import (
    TIMES,
    Phrase,
    bare_nouns,
    is_person,
    opening,
    phrase,
    phrases,
    starts_with_article,
)
from qa.answer.words import AUXILIARIES, BE, CLOSED, PREPOSITIONS, PRONOUNS, Token, tokens, words_of

# Further back than this nothing is referred to without being named again.
_REMEMBERED = 5
# A longer question says what it is about.
_LONGEST = 400

_POINTING = words_of("this that these those")
_WEEKENDS = words_of("weekend weekends today tomorrow yesterday tonight")
# After "and", one of these asks for something new.
_IMPERATIVES = words_of(
    "name list tell explain describe give show define compare find summarize summarise state"
)
# Whoever says one of these says a sentence: "So I need the number of the office".
_SPEAKERS = words_of("i me we us you please")
_HOW = words_of("when why how where")
_JOINING = words_of("if because unless although while")
_EXISTING = words_of("exist exists existed remain remains remained")
_ABOUT = regex.compile(r"(?:and |but |so )?(?:what|how) about (?P<rest>.+)", regex.IGNORECASE)
_AND = regex.compile(r"(?:and|but|or|so) (?P<rest>.+)", regex.IGNORECASE)
# Something that is no name itself, and whose or of what it is: "the population of Berlin",
# "Berlin's population", not "the University of Oxford".
_OWNED = regex.compile(
    r"(?P<thing>(?:\w+ )*?(?:\p{Ll}[\p{Ll}-]*|\p{Lu}{2,})) of (?P<owner>(?:the )?\p{Lu}.*|\w+)"
    r"|(?P<owner>\p{Lu}[^’']*)['’]s? (?P<thing>\p{Ll}.*)"
)
_ARTICLE = regex.compile(r"(?:the|an?) ", regex.IGNORECASE)
_LEADING = regex.compile(r"(?:and|but|so|or),? ", regex.IGNORECASE)


def resolve(question: str, history: Sequence[Turn]) -> str | None:
    """The question in words that stand alone, or None if it does already.

    ``history`` holds the earlier turns, the oldest first, their questions as they were
    asked: follow-ups among them are resolved on the way. A reference for which nothing
    suitable was said stays as it is.
    """
    turns: list[Turn] = []
    for turn in history[-_REMEMBERED:]:
        if len(turn.question) <= _LONGEST:
            answer = turn.answer if len(turn.answer or "") <= _LONGEST else None
            said = _resolve(turn.question, turns) or turn.question
            turns.append(Turn(said if len(said) <= 2 * _LONGEST else turn.question, answer))
    return _resolve(question, turns) if len(question) <= _LONGEST else None


def _resolve(question: str, turns: Sequence[Turn]) -> str | None:
    if not turns:
        return None
    text = " ".join(question.split())
    return _completed(text, turns[-1]) or _replaced(text, turns)


def _completed(text: str, last: Turn) -> str | None:
    """A fragment ("And X?", "What about X?", "When?") completed by the question before it."""
    bare = text.rstrip(" ?")
    match = _ABOUT.fullmatch(bare) or _AND.fullmatch(bare)
    rest = match["rest"] if match else bare
    words = tokens(rest)
    if not words or any(w.low in PERSON | THING | SEVERAL | _POINTING for w in words):
        return None
    before = last.question.rstrip(" ?.")
    old = tokens(before)
    asks = opening(words)
    if asks == len(words) and (match or len(words) == 1):
        # Only what is asked for is new: "When?", "And how many students?"
        until = opening(old)
        tail = before[old[until].start :] if 0 < until < len(old) else ""
        if not tail:
            return None
        subject = old[until].low not in AUXILIARIES
        doer = f"{last.answer} " if subject and last.answer and words[0].low != "who" else ""
        return _as_question(f"{rest} {doer}{tail}")
    if not match or asks or any(w.low in AUXILIARIES for w in words):
        return None
    if words[0].low in _IMPERATIVES or any(w.low in _SPEAKERS for w in words):
        return None
    # "And now?", "And if that fails?"
    if words[0].low in _JOINING or all(w.low in CLOSED for w in words):
        return None
    return _as_question(_substituted(before, rest, words))


def _substituted(before: str, rest: str, words: Sequence[Token]) -> str:
    """The earlier question with a phrase exchanged for one of its kind, or added at its end."""
    if words[0].low in PREPOSITIONS:
        same = [t for t in tokens(before) if t.low == words[0].low]
        return f"{before[: same[-1].start]}{rest}" if same else f"{before} {rest}"
    if _time(words[-1]):
        times = [t for t in tokens(before) if _time(t)]
        if not times:
            return f"{before} {rest}"
        return f"{before[: times[-1].start]}{rest}{before[times[-1].end :]}"
    new = phrase(rest)
    if new.bare and (like := _like(before, new)):
        return f"{before[: like.start]}{rest}{before[like.end :]}"
    found = phrases(before)
    if is_person(rest):
        found = [p for p in found if is_person(p.text)] or found
    elif new.named and not starts_with_article(rest):
        found = [p for p in found if p.named and not starts_with_article(p.text)] or found
    else:
        article = starts_with_article(rest)
        found = [p for p in found if starts_with_article(p.text) == article] or found
    found = found or bare_nouns(before)
    if not found:
        return f"{before} {rest}"
    start, end = found[0].start, found[0].end
    if owned := _OWNED.fullmatch(before, start, end):
        owner = new.named or (new.bare and owned["owner"].islower())
        start, end = owned.span("owner" if owner else "thing")
        if not owner and start > found[0].start:
            rest = _ARTICLE.sub("", rest)
    return f"{before[:start]}{rest}{before[end:]}"


def _time(word: Token) -> bool:
    """Whether it is a day, a month, a year or the like."""
    low = word.text.lower()
    year = len(low) == 4 and low.isdigit()
    return low in TIMES | _WEEKENDS or low.removesuffix("s") in TIMES or year


def _like(before: str, new: Phrase) -> Phrase | None:
    """What a question speaks of without an article that is like it.

    "Sick pay" is like "annual leave", and "parental leave" is more so.
    """
    found = bare_nouns(before)
    head = new.text.split()[-1].lower()
    kin = [p for p in found if p.text.split()[-1].lower() == head]
    if not kin and not new.plural:
        kin = [p for p in found if not p.plural]
    return kin[0] if kin else None


def _replaced(text: str, turns: Sequence[Turn]) -> str | None:
    """References replaced by what they refer to; None if there are none that can be."""
    words, found = tokens(text), phrases(text)
    if not any(w.word and w.low not in PRONOUNS for w in words):
        return None
    edits: list[tuple[int, int, str]] = []
    told: list[frozenset[str]] = []
    used: list[str] = []
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
    if not edits:
        return None
    result = text
    for start, end, new in reversed(edits):
        result = result[:start] + new + result[end:]
    return _as_question(_LEADING.sub("", result, count=1) if _LEADING.match(text) else result)


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
    return (word.start, word.end, f"in {place}") if place else None


def _pointing(
    words: Sequence[Token], found: Sequence[Phrase], position: int, turns: Sequence[Turn]
) -> tuple[int, int, str] | None:
    """Likewise for this, that, these and those, with the noun after them or without."""
    word = words[position]
    if word.low not in _POINTING or not points(words, position):
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
    return position < len(words) and open_class(words[position])


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


def _as_question(text: str) -> str:
    text = text.rstrip(" ?.") + "?"
    return text[0].upper() + text[1:]
