"""Compare answer texts."""

from __future__ import annotations

import re
import unicodedata

# Not the last word, nor a capital inside, which are names: "hepatitis A", "plan A customers".
_ARTICLES = re.compile(r"(?:\b(?:an?|[Tt]he|THE)|^(?:An?|AN))\s+(?=\w)")
# "U.S." and "US", "9 a.m." and "9 am"
_INITIALS = re.compile(r"(?<=\b[^\W\d_]\.)\s+(?=[^\W\d_]\.)")
_POINTED = re.compile(r"\b[^\W\d_](?:\.[^\W\d_])+\b\.?")
_POSSESSIVE = re.compile(r"['’]s\s*$")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# 1.5, 10:30, 24/7
_IN_NUMBER = re.compile(r"(?<=\d)[.,:/](?=\d)")
# ".5" and "0.5"
_NO_ZERO = re.compile(r"(?<![\w.])\.(?=\d)")
# Punctuation that is part of what is said: C#, 5 %, R&D, a sign before a number.
_TELLING = frozenset("#%&@")
_SIGN = re.compile(r"(?<!\w)[-\u2013\u2212](?=[$€£¥₹]?\d)|(?<=\A[A-Za-z])-\Z|(?<=\A[A-Za-z]{2})-\Z")
# "10²" is not "102"; "m²" and "m2" are the same.
_POWER = re.compile(r"(?<=\d)[⁻⁰¹²³⁴-⁹]+")
# "5 %" and "5%", "€ 50" and "€50", "R & D" and "R&D"
_SPACED = re.compile(r"(?<=\d)\s+(?=[%‰°€])|(?<=[€$£¥₹])\s+(?=\d)|\s+(?=&)|(?<=&)\s+")
# Feet and inches, unless the mark is the second of two.
_LENGTH = re.compile(r"(?<=\d)[\"'′″](?!\w)")


def equal_form(text: str) -> str:
    """The form in which two answers count as the same.

    Compatibility forms and case folded, punctuation, English articles, spacing
    and a possessive at the end ignored; letters with their marks, numbers and symbols
    kept. Never empty for a text that isn't.
    """
    powers = _POWER.sub(lambda match: f"^{match[0]}", text)
    plain = unicodedata.normalize("NFKC", powers)
    signed = _SIGN.sub("\u2212", _THOUSANDS.sub("", _POSSESSIVE.sub("", plain.strip())))
    signed = _INITIALS.sub("", _NO_ZERO.sub("0.", signed))
    signed = _POINTED.sub(lambda match: match[0].replace(".", ""), _SPACED.sub("", signed))
    inside = {match.start() for match in _IN_NUMBER.finditer(signed)}
    inside |= {m.start() for m in _LENGTH.finditer(signed) if signed.count(m[0]) == 1}
    kept = "".join(c if _tells(c) or i in inside else " " for i, c in enumerate(signed))
    # An article is one by its letters, so their case goes last.
    return " ".join(_ARTICLES.sub(" ", kept.strip()).split()).casefold() or plain.casefold()


def _tells(character: str) -> bool:
    # The minus sign of a number is a symbol, unlike a hyphen.
    return unicodedata.category(character)[0] in "LMNS" or character in _TELLING
