"""A fragment ("And X?", "When?") completed by the question before it. English only."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from qa.answer.antecedents import PERSON, SEVERAL, THING, Turn
from qa.answer.nouns import KIN, ROLES, asked_person, personal
from qa.answer.phrases import (
    KINDS,
    TIMES,
    Phrase,
    bare_nouns,
    is_person,
    opening,
    phrase,
    phrases,
    starts_with_article,
)
from qa.answer.words import (
    AUXILIARIES,
    CLOSED,
    POINTING,
    PREPOSITIONS,
    Token,
    tokens,
    words_of,
)

_DAYS = words_of("weekend weekends weekday weekdays today tomorrow yesterday tonight")
_BESIDE_TIMES = words_of("the this next last and or")
# After "and", one of these asks for something new.
_IMPERATIVES = words_of(
    "name list tell explain describe give show define compare find summarize summarise state"
)
# Whoever says one of these says a sentence: "So I need the number of the office".
_SPEAKERS = words_of("i me we us you please")
# After "what", the verb of a question that is whole: "And what happens next?"
_HAPPENS = words_of("happens happened changes changed costs matters matter else")
# Not all on -ly: Italy, Emily, a reply.
_ADVERBS = words_of(
    "online abroad overseas again afterwards together alone internationally nationally locally "
    "globally domestically regionally annually yearly monthly weekly daily hourly separately "
    "individually initially originally recently currently previously normally usually temporarily "
    "permanently electronically digitally manually automatically"
)
_JOINING = words_of("if because unless although while")
_ABOUT = regex.compile(r"(?:and |but |so )?(?:what|how) about (?P<rest>.+)", regex.IGNORECASE)
_AND = regex.compile(r"(?:and|but|or|so) (?P<rest>.+)", regex.IGNORECASE)
# Something that is no name itself, and whose or of what it is: "the population of Berlin",
# "Berlin's population", not "the University of Oxford".
_OWNED = regex.compile(
    r"(?P<thing>(?:\w+ )*?(?:\p{Ll}[\p{Ll}-]*|\p{Lu}{2,})) of "
    r"(?P<owner>(?:the )?\p{Ll}?\p{Lu}.*|the .+|\w+)"
    r"|(?P<owner>\p{Lu}[^’']*)['’]s? (?P<thing>\p{Ll}.*|\p{Lu}{2,})"
)
# Places and bodies that have an article, unlike most of what is written in capitals: "the GDP".
_BODIES = words_of(
    "US USA UK UAE EU UN USSR WHO IMF WTO ILO ECB ESA FBI CIA NSA NHS BBC FDA EPA IRS SEC"
)
# No country, person or work is one.
_EVENTS = words_of(
    "cup championship championships prize award war battle election elections game games olympics "
    "final finals race tournament league match contest medal festival"
)
_ARTICLE = regex.compile(r"(?:the|an?) ", regex.IGNORECASE)


def completed(text: str, last: Turn) -> str | None:
    """A fragment ("And X?", "What about X?", "When?") completed by the question before it."""
    bare = text.rstrip(" ?")
    match = _ABOUT.fullmatch(bare) or _AND.fullmatch(bare)
    rest = match["rest"] if match else bare
    words = tokens(rest)
    if not words or any(w.low in PERSON | THING | SEVERAL | POINTING for w in words):
        return None
    before = last.question.rstrip(" ?.")
    old = tokens(before)
    asks = opening(words)
    if asks > 1 and words[1].low in _HAPPENS:
        return None
    if asks == len(words) and (match or len(words) == 1):
        # Only what is asked for is new: "When?", "And how many students?"
        until = opening(old)
        tail = before[old[until].start :] if 0 < until < len(old) else ""
        if not tail:
            return None
        subject = old[until].low not in AUXILIARIES
        doer = f"{last.answer} " if subject and last.answer and words[0].low != "who" else ""
        return as_question(f"{rest} {doer}{tail}")
    if not match or asks or any(w.low in AUXILIARIES for w in words):
        return None
    if words[0].low in _IMPERATIVES or any(w.low in _SPEAKERS for w in words):
        return None
    # "And now?", "And if that fails?"
    if words[0].low in _JOINING or all(w.low in CLOSED for w in words):
        return None
    said = _substituted(before, rest, words)
    return as_question(said) if said else None


def _substituted(before: str, rest: str, words: Sequence[Token]) -> str | None:
    """The earlier question with a phrase exchanged for one of its kind, or added at its end.

    None if there is none of its kind.
    """
    if words[0].low in PREPOSITIONS:
        same = [t for t in tokens(before) if t.low == words[0].low]
        return f"{before[: same[-1].start]}{rest}" if same else f"{before} {rest}"
    if (at_time := _at_another_time(before, rest, words)) is not None:
        return at_time
    if all(w.low in _ADVERBS for w in words):
        return f"{before} {rest}"
    new = phrase(rest)
    if new.bare and (kin := _like(before, new)):
        return f"{before[: kin.start]}{rest}{before[kin.end :]}"
    found = _alike(before, new)
    if not found:
        return f"{before} {rest}"
    other = personal(rest) or (new.named and not starts_with_article(rest))
    if other and _last(found[0].text) in _EVENTS:
        return None
    return _exchanged(before, found[0], new)


def _alike(before: str, new: Phrase) -> Sequence[Phrase]:
    """The phrases of the earlier question that what is new may take the place of."""
    found = phrases(before)
    if is_person(new.text):
        found = [p for p in found if is_person(p.text)] or found
    elif new.named and not starts_with_article(new.text):
        found = [p for p in found if p.named and not starts_with_article(p.text)] or found
    else:
        article = starts_with_article(new.text)
        alike = [p for p in found if starts_with_article(p.text) == article]
        if not alike and new.bare and new.plural:
            alike = [p for p in bare_nouns(before) if p.plural]
        found = alike or found
    found = [p for p in phrases(before) if _last(p.text) == _last(new.text)] or found
    return found or bare_nouns(before)


def _exchanged(before: str, old: Phrase, new: Phrase) -> str:
    """The earlier question with what is new for a phrase, or for what in it is of its kind."""
    start, end, said = old.start, old.end, new.text
    if _says_whose(said):
        owned = _OWNED.fullmatch(before, start, end)
        if owned and _head(owned["owner"]) == _head(said):
            # "The date of the battle of Hastings": of what is new too.
            start, end = owned.span("owner")
        said += _whose(before[start:end], said)
        return f"{before[:start]}{said}{before[end:]}"
    # "The salary of the CEO of Apple": of Apple is the CTO too.
    while owned := _OWNED.fullmatch(before, start, end):
        owner = _replaces(owned["thing"], owned["owner"], new)
        start, end = owned.span("owner" if owner else "thing")
        if not owner:
            said = _ARTICLE.sub("", said) if start > owned.start() else said
            break
    return f"{before[:start]}{said}{before[end:]}"


def _replaces(thing: str, owner: str, new: Phrase) -> bool:
    """Whether what is new has the thing in its owner's place, rather than is the owner's."""
    if _last(new.text) == _last(owner) or _owner(new) or (new.bare and owner.islower()):
        return True
    # "The salary of the CEO", unlike "the secretary of the CEO"; "the price of the GPU".
    leads = _last(thing) not in KIN and (asked_person(_last(thing)) or _last(thing) in ROLES)
    persons = asked_person(_head(owner)) and asked_person(_head(new.text))
    return not leads and (persons or _capitals(owner, new.text))


def _capitals(*texts: str) -> bool:
    """Whether all are words in capitals with an article: "the GPU", not bodies: "the EU"."""
    return all(
        starts_with_article(text) and last.isupper() and last not in _BODIES
        for text, last in ((text, text.split()[-1]) for text in texts)
    )


def _whose(old: str, new: str) -> str:
    """Whose what is new is too: " of Spain", if both are the head of something else."""
    *parts, whose = old.split(" of ")
    others = new.split(" of ")
    if len(parts) != len(others) or len(others) < 2:
        return ""
    of, of_new = parts[-1], others[-1]
    bare = all(text.islower() and not starts_with_article(text) for text in (of, of_new))
    return f" of {whose}" if bare or (personal(of) and personal(of_new)) else ""


def _owner(new: Phrase) -> bool:
    """Whether what is new may have, or be led by, something: "Kiel", unlike "the CTO"."""
    if not starts_with_article(new.text):
        return new.named
    proper = [w for w in new.text.split()[1:] if w.lower() != w]
    if any(not w.isupper() or w.replace(".", "") in _BODIES for w in proper):
        return True
    # "The IT department"
    return bool(proper) and _last(new.text) in KINDS


def _last(text: str) -> str:
    return text.split()[-1].lower()


def _head(text: str) -> str:
    """What a phrase speaks of: "battle" of "the battle of Hastings"."""
    return _last(text.split(" of ")[0])


def _says_whose(rest: str) -> bool:
    """Whether a phrase says itself of what it is: "the HR manager", "the area of Kiel"."""
    if _OWNED.fullmatch(rest):
        return True
    inner = rest.split()[1:-1]
    return starts_with_article(rest) and personal(rest) and any(w[0].isupper() for w in inner)


def _at_another_time(before: str, rest: str, words: Sequence[Token]) -> str | None:
    """The earlier question of another day, month or year, if that is all that is new."""
    if not all(_time(w) or _date(w) or w.low in _BESIDE_TIMES for w in words):
        return None
    old = tokens(before)
    times = [i for i, word in enumerate(old) if _time(word)]
    if not times:
        # Without another one a number need not be a year.
        return f"{before} {rest}" if any(w.text.isalpha() for w in words) else None
    first = last = times[-1]
    while first and (_time(old[first - 1]) or _date(old[first - 1])):
        first -= 1
    return f"{before[: old[first].start]}{rest}{before[old[last].end :]}"


def _time(word: Token) -> bool:
    """Whether it is a day, a month, a year or the like."""
    low = word.text.lower()
    year = len(low) == 4 and low.isdigit()
    return low in TIMES | _DAYS or low.removesuffix("s") in TIMES or year


def _date(word: Token) -> bool:
    return word.text.isdigit() and len(word.text) < 3


def _like(before: str, new: Phrase) -> Phrase | None:
    """What a question speaks of without an article that is like it.

    "Sick pay" is like "annual leave", and "parental leave" is more so.
    """
    found = bare_nouns(before)
    kin = [p for p in found if _last(p.text) == _last(new.text)]
    if not kin and not new.plural:
        kin = [p for p in found if not p.plural]
    return kin[0] if kin else None


def as_question(text: str) -> str:
    """A text with a capital and a question mark."""
    text = text.rstrip(" ?.") + "?"
    return text[0].upper() + text[1:]
