"""Compare answer texts."""

from __future__ import annotations

import re
import unicodedata

# Not the last word, which is a name: "hepatitis A".
_ARTICLES = re.compile(r"\b(?:a|an|the)\s+(?=\w)")
_POSSESSIVE = re.compile(r"['’]s\s*$")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# 1.5, 10:30, 24/7
_IN_NUMBER = re.compile(r"(?<=\d)[.,:/](?=\d)")
# Punctuation that is part of what is said: C#, 5 %, R&D, a sign before a number.
_TELLING = frozenset("#%&@")
_SIGN = re.compile(r"(?<!\w)[-\u2212](?=\d)")


def equal_form(text: str) -> str:
    """The form in which two answers count as the same.

    Compatibility forms and case folded, punctuation, English articles, spacing
    and a possessive at the end ignored; letters with their marks, numbers and symbols
    kept. Never empty for a text that isn't.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    signed = _SIGN.sub("\u2212", _THOUSANDS.sub("", _POSSESSIVE.sub("", folded)))
    inside = {match.start() for match in _IN_NUMBER.finditer(signed)}
    kept = "".join(c if _tells(c) or i in inside else " " for i, c in enumerate(signed))
    return " ".join(_ARTICLES.sub(" ", kept).split()) or folded


def _tells(character: str) -> bool:
    # The minus sign of a number is a symbol, unlike a hyphen.
    return unicodedata.category(character)[0] in "LMNS" or character in _TELLING
