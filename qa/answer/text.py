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
_SIGN = re.compile(r"(?<!\w)[-\u2013\u2212](?=\d)|(?<=\A[a-z])-\Z|(?<=\A[a-z]{2})-\Z")
# "10²" is not "102"; "m²" and "m2" are the same.
_POWER = re.compile(r"(?<=\d)[⁻⁰¹²³⁴-⁹]+")
# "5 %" and "5%", "€ 50" and "€50"
_SPACED = re.compile(r"(?<=\d)\s+(?=[%‰°€])|(?<=[€$£¥₹])\s+(?=\d)")
# Feet and inches, unless the mark is the second of two.
_LENGTH = re.compile(r"(?<=\d)[\"'′″](?!\w)")


def equal_form(text: str) -> str:
    """The form in which two answers count as the same.

    Compatibility forms and case folded, punctuation, English articles, spacing
    and a possessive at the end ignored; letters with their marks, numbers and symbols
    kept. Never empty for a text that isn't.
    """
    powers = _POWER.sub(lambda match: f"^{match[0]}", text)
    folded = unicodedata.normalize("NFKC", powers).casefold()
    signed = _SIGN.sub("\u2212", _THOUSANDS.sub("", _POSSESSIVE.sub("", folded.strip())))
    signed = _SPACED.sub("", signed)
    inside = {match.start() for match in _IN_NUMBER.finditer(signed)}
    inside |= {m.start() for m in _LENGTH.finditer(signed) if signed.count(m[0]) == 1}
    kept = "".join(c if _tells(c) or i in inside else " " for i, c in enumerate(signed))
    return " ".join(_ARTICLES.sub(" ", kept).split()) or folded


def _tells(character: str) -> bool:
    # The minus sign of a number is a symbol, unlike a hyphen.
    return unicodedata.category(character)[0] in "LMNS" or character in _TELLING
