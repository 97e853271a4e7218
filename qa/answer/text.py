"""Compare answer texts."""

from __future__ import annotations

import re
import unicodedata

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NOT_WORD = re.compile(r"[^\w]+")


def equal_form(text: str) -> str:
    """The form in which two answers count as the same.

    Compatibility forms and case folded, punctuation, English articles and spacing
    ignored. Never empty for a text that isn't.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = _ARTICLES.sub(" ", _NOT_WORD.sub(" ", folded)).split()
    return " ".join(words) or folded
