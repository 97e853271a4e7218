"""Index terms of texts."""

from __future__ import annotations

import functools
import itertools
import threading

import regex
import Stemmer

# A word, or one ideograph: Chinese and Japanese are not spaced, so their characters
# are indexed in overlapping pairs.
_TERM = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}]+|[^\W_\p{Han}\p{Hiragana}\p{Katakana}]+(?:['’]s\b)?"
)
_IDEOGRAPH = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")

_FUNCTION_WORDS = """
a an and any are as at be been being but by can could did do does for from had has have he her
his how i if in into is it its me my of on or our shall she should so than that the their them
then there these they this those to us was we were what when where which who whom whose why
will with would you your
"""

# PyStemmer's objects hold state: one a thread.
_local = threading.local()


def terms(text: str) -> list[str]:
    """Index terms of a text: case-folded, stemmed words and pairs of ideographs."""
    words: list[str] = []
    result: list[str] = []
    for run in _TERM.findall(text.casefold()):
        if _IDEOGRAPH.match(run):
            result.extend([run] if len(run) == 1 else map("".join, itertools.pairwise(run)))
        else:
            words.append(run.removesuffix("'s").removesuffix("’s"))
    stems: list[str] = _stemmer().stemWords(words)
    return result + stems


def content_terms(question: str) -> list[str]:
    """A question's terms without function words, or all of them if it has no others.

    In a small collection a rare "at" would otherwise weigh as much as a name.
    """
    found = terms(question)
    return [term for term in found if term not in function_terms()] or found


@functools.cache
def function_terms() -> frozenset[str]:
    """The terms that ``content_terms`` leaves out."""
    return frozenset(terms(_FUNCTION_WORDS))


def _stemmer() -> Stemmer.Stemmer:
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    return _local.stemmer
