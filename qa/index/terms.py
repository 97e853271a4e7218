"""Index terms of texts."""

from __future__ import annotations

import functools
import itertools
import threading
import unicodedata

import regex
import Stemmer

# A word, or one ideograph: Chinese and Japanese are not spaced, so their characters
# are indexed in overlapping pairs.
_TERM = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}]+|[^\W_\p{Han}\p{Hiragana}\p{Katakana}]+(?:['’][sS]\b)?"
)
_IDEOGRAPH = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
# What stands at the end of a word, or of a number, and is none of it: marks of trade, footnotes;
# fractions.
_APART = regex.compile(r"[™℠]|(?<=\p{L}{3}|\d{4})[⁰¹²³⁴-⁹]+|(?=[¼-¾⅐-⅞])")
_ACCENTS = regex.compile(r"(?<=\p{Latin})\p{Mn}+")
# A word that was broken at the end of a line is found by the whole of it, too.
_BROKEN = regex.compile(r"(?<!\w)(\p{Ll}+)-\r?\n[^\S\n]*(\p{Ll}+)", regex.I)
_POSSESSIVE = regex.compile(r"['’][sS]$")

_FUNCTION_WORDS = """
a an and any are as at be been being but by can could did do does doing for from had has have
having he her hers his how i if in into is it its me my of on or our ours shall she should so than
that the their theirs them then there these they this those to us was we were what when where which
who whom whose why will with would you your yours
"""
_FUNCTION = frozenset(_FUNCTION_WORDS.split())

# PyStemmer's objects hold state: one a thread.
_local = threading.local()


def terms(text: str) -> list[str]:
    """Index terms of a text: case-folded, stemmed words and pairs of ideographs."""
    words: list[str] = []
    result: list[str] = []
    whole = " ".join(["", *map("".join, _BROKEN.findall(text))])
    for run in _TERM.findall(_one_spelling(text + whole).casefold()):
        if _IDEOGRAPH.match(run):
            result.extend([run] if len(run) == 1 else map("".join, itertools.pairwise(run)))
        else:
            words.append(_POSSESSIVE.sub("", run))
    stems: list[str] = _stemmer().stemWords(words)
    return result + stems


def content_terms(question: str) -> list[str]:
    """A question's terms without function words, or all of them if it has no others.

    In a small collection a rare "at" would otherwise weigh as much as a name. "US",
    "WHO" and "IT" are names, unless the whole question is in capitals.
    """
    # Letters without case, as in Chinese, are no capitals.
    shouted = all(c.isupper() for c in question if c.isalpha())
    found: list[str] = []
    for run in _TERM.findall(_one_spelling(question)):
        word = _POSSESSIVE.sub("", run)
        named = len(word) > 1 and word.isupper() and not shouted
        # Compared before stemming, which makes "Doe" of "does".
        if named or word.casefold() not in _FUNCTION:
            found += terms(run)
    return found or terms(question)


def _one_spelling(text: str) -> str:
    """A text in the spelling that people type: no accents on Latin letters, no ligatures."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", _APART.sub(" ", text.replace("\u00ad", "")))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart))


@functools.cache
def function_terms() -> frozenset[str]:
    """The terms of function words. A name may have such a term, too."""
    return frozenset(terms(_FUNCTION_WORDS))


def _stemmer() -> Stemmer.Stemmer:
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    return _local.stemmer
