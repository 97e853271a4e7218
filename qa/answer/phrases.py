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

from qa.answer.words import (
    AUXILIARIES,
    BE,
    CLOSED,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    VERBS,
    WH,
    Token,
    past,
    tokens,
    verbal,
    words_of,
)

_NEED_VERB = AUXILIARIES - BE
# What is asked after "how" is a measure, not a thing.
_MEASURES = words_of("much many long often far old big large high tall deep fast soon")
TIMES = words_of(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday"
)
# Endings of things done, unlike those of names.
_ACTION = regex.compile(r"\w{4}(?:ing|tion|ment|ness|ship|ism)s?$")
# Names that hold one of these are of organisations, places or things.
KINDS = words_of(
    "university college academy institute school district city county province state country "
    "company corporation inc ltd group platform conference center centre bureau museum party "
    "party's river lake mountain street war uprising revolution association society committee "
    "council union bank church empire dynasty army department ministry model cloud hub park "
    "prize act treaty law system project program programme network computing revolution harbour "
    "harbor airport station hospital library monument citadel castle house team club award"
)
# Names that begin with one of these are of places or things.
_PLACING = words_of(
    "new north south east west northern southern eastern western central upper lower great united "
    "san los las fort port mount cape costa puerto sri hong"
)


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
    def bare(self) -> bool:
        """Whether it has neither an article nor a name in it."""
        return not self.named and not starts_with_article(self.text)

    @property
    def plural(self) -> bool:
        """Whether it seems to be of several."""
        head = regex.split(rf" (?:{'|'.join(PREPOSITIONS)}) ", self.text)[0]
        # "Mars" is one, "the Nazis" are several.
        name = head[:1].isupper() and " " not in head
        return " and " in self.text or (
            head.endswith("s") and not head.endswith(("ss", "us", "is")) and not name
        )


def starts_with_article(text: str) -> bool:
    """Whether the first word is an article or a pointing word."""
    return text.split(maxsplit=1)[0].lower() in DETERMINERS if text.split() else False


def is_person(name: str) -> bool:
    """Whether a text has the shape of a person's name."""
    words = name.split()
    if not 1 <= len(words) <= 5 or starts_with_article(name):
        return False
    bare = [regex.sub(r"['’]s$|\W+$", "", word).lower() for word in words]
    if bare[0] in _PLACING or any(word in KINDS or _ACTION.search(word) for word in bare):
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


def asking(words: Sequence[Token]) -> int:
    """Where the wh-word of a question is, if it begins with a wh-phrase: "in which year"."""
    return int(len(words) > 1 and words[0].low in PREPOSITIONS)


def opening(words: Sequence[Token]) -> int:
    """Number of tokens of the leading wh-phrase ("in which year", "how many"), 0 without one."""
    first = asking(words)
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


def phrase(text: str) -> Phrase:
    """A text that is one phrase."""
    return Phrase(text, 0, len(text), 0, len(tokens(text)))


def bare_nouns(text: str) -> list[Phrase]:
    """The runs of words of a question that may be nouns without an article or a name."""
    words = tokens(text)
    found: list[Phrase] = []
    asked, of = (word.low for word in words[:2]) if len(words) > 1 else ("", "")
    # "How expensive" and "how quickly" name no thing, "how much leave" does.
    how = asked == "how" and of not in ("much", "many")
    # Nor is "what time" a part of what it is asked about.
    when = asked in ("what", "which") and of in ("time", "day", "date", "year")
    first = opening(words) if how or when else 0
    for position in range(first, len(words) + 1):
        word = words[position] if position < len(words) else None
        # "Leave" after a word that may stand before a noun is one: "annual leave".
        if word and (_open(word) or (word.low == "leave" and first < position)):
            continue
        last = position
        before = words[first - 1].low if first else ""
        if (
            not word
            and last > first + 1
            and (before in _NEED_VERB or (first == 1 and before in BE))
        ):
            # What is said of it: "Is parking free", "What does insurance cover".
            last -= 1
        run = words[first:last]
        number = all(w.text.isdigit() for w in run)
        named = any(w.capital for w in run)
        if not number and not named and before not in DETERMINERS | PRONOUNS:
            start, end = run[0].start, run[-1].end
            found.append(Phrase(text[start:end], start, end, first, last))
        first = position + 1
    return found


def _open(word: Token) -> bool:
    return word.word and word.low not in CLOSED | _MEASURES and not verbal(word)


def _phrase_end(words: Sequence[Token], first: int, begin: int) -> int:
    """Where the phrase that begins at a token ends; ``first`` if none begins there."""
    word = words[first]
    if not word.word or (word.low in CLOSED and word.low not in DETERMINERS):
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
        and stop not in VERBS
    ):
        # The last word is the verb that the auxiliary needs.
        position -= 1
    while position > first and (
        words[position - 1].low in ("of", "and", "the") or words[position - 1].low.endswith("ly")
    ):
        position -= 1
    if position == first + 1 and (word.low in TIMES or len(word.text) == 1):
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
    if word.low in CLOSED:
        return False
    if before.capital and not word.capital and words[first].low not in DETERMINERS:
        # "Harvard have", "UCloud launch": a name's phrase ends with the name.
        return False
    return word.capital or not (word.low in VERBS or (past(word) and position > first + 1))


def after(words: Sequence[Token], position: int) -> Token | None:
    """The token that follows one, if any."""
    return words[position + 1] if position + 1 < len(words) else None


def open_class(word: Token | None) -> bool:
    """Whether a word may be a noun, an adjective or a verb."""
    closed = AUXILIARIES | PREPOSITIONS | DETERMINERS | PRONOUNS | WH
    return (
        word is not None and word.word and word.low not in closed | {"mean", "means", "and", "or"}
    )
