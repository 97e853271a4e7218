"""Words found in a text as they stand there, and not as a part of other words."""

from __future__ import annotations

import regex

# Written without spaces, or in Hangul with particles right behind: a word may end anywhere.
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}]--{_UNSPACED}]"
# Between two letters they make one word of both: "U.S.", "twenty-six", "don't", "col·lecció".
_JOINING = r"[._'’·‐‑\-\u00ad\u200c\u200d]"
_DIGIT, _SEPARATOR = r"\p{Nd}", r"[,:/⁄٫٬]"
_STARTS = regex.compile(
    rf"(?V1)(?={_UNSPACED})|(?<!{_LETTER})(?!(?<={_LETTER}{_JOINING}){_LETTER})"
    rf"(?!(?<={_DIGIT}{_SEPARATOR}){_DIGIT})"
)
_ENDS = regex.compile(
    rf"(?V1)(?<={_UNSPACED})|(?<=\p{{L}})(?=['’][sS](?!{_LETTER}))"
    rf"|(?!{_LETTER})(?!(?<={_LETTER}){_JOINING}{_LETTER})"
    rf"(?!(?<={_DIGIT}){_SEPARATOR}{_DIGIT})"
)


def find_words(text: str, words: str, start: int = 0, end: int | None = None) -> int | None:
    """Where some words first stand whole between two offsets of a text, letter by letter.

    The possessive 's goes on no word, what joins two words or digits does: neither
    "twenty-six" nor "1,500" holds "six" or "500". Returns None if they stand nowhere, or
    are empty.
    """
    at = text.find(words, start, end) if words else -1
    while at >= 0:
        if _STARTS.match(text, at) and _ENDS.match(text, at + len(words)):
            return at
        at = text.find(words, at + 1, end)
    return None
