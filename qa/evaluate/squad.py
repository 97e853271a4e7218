"""Exact match and F1 as the SQuAD 2.0 evaluation defines them.

Rajpurkar, Jia and Liang, "Know What You Don't Know: Unanswerable Questions for
SQuAD", 2018. Implemented from the published definition: answers are lower-cased,
stripped of ASCII punctuation and of the articles a/an/the, and split on white
space; a question's figure is the best over its gold answers; an unanswerable
question has the single gold answer "".
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize(text: str) -> str:
    """Lower-case, drop ASCII punctuation and English articles, fold white space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """1.0 if the normalised prediction equals a normalised gold answer, else 0.0."""
    predicted = normalize(prediction)
    return float(any(predicted == normalize(gold) for gold in _usable(golds)))


def f1(prediction: str, golds: Sequence[str]) -> float:
    """Best token F1 over the gold answers, in [0, 1]."""
    return max(_token_f1(normalize(prediction).split(), gold) for gold in _usable(golds))


def _token_f1(predicted: list[str], gold: str) -> float:
    expected = normalize(gold).split()
    if not predicted or not expected:
        return float(predicted == expected)
    common = sum((Counter(predicted) & Counter(expected)).values())
    # 2PR / (P + R), but rounded once: what is exactly ½ counts as right.
    return 2 * common / (len(predicted) + len(expected))


def _usable(golds: Sequence[str]) -> Sequence[str]:
    """Gold answers that normalise to something; [""] when none does."""
    return [gold for gold in golds if normalize(gold)] or [""]
