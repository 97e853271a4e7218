"""Compare answer texts."""

from __future__ import annotations

import re
import unicodedata

_ARTICLES = re.compile(r"\b(a|an|the)\b")
# Punctuation that is part of what is said: C#, 5 %, R&D, a sign before a number.
_TELLING = frozenset("#%&@")
_SIGN = re.compile(r"(?<!\w)[-\u2212](?=\d)")


def equal_form(text: str) -> str:
    """The form in which two answers count as the same.

    Compatibility forms and case folded, punctuation, English articles and spacing
    ignored; letters with their marks, digits and symbols kept. Never empty for a text
    that isn't.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    signed = _SIGN.sub("\u2212", folded)
    kept = "".join(c if _tells(c) else " " for c in signed)
    return " ".join(_ARTICLES.sub(" ", kept).split()) or folded


def _tells(character: str) -> bool:
    # The minus sign of a number is a symbol, unlike a hyphen.
    return unicodedata.category(character)[0] in "LMNS" or character in _TELLING
