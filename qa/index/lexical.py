"""Lexical search: BM25 over stemmed words."""

from __future__ import annotations

import functools
import itertools
import json
import logging
import threading
from collections.abc import Iterable
from pathlib import Path

import bm25s
import numpy as np
import regex
import Stemmer
from numpy.typing import NDArray

from qa.errors import SnapshotError

FOLDER = "lexical"
# It reports its progress as debug messages on a logger it sets up itself.
logging.getLogger("bm25s").setLevel(logging.WARNING)

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
    return [term for term in found if term not in _function_terms()] or found


@functools.cache
def _function_terms() -> frozenset[str]:
    return frozenset(terms(_FUNCTION_WORDS))


def _stemmer() -> Stemmer.Stemmer:
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    return _local.stemmer


class LexicalIndex:
    """BM25 (Robertson and Zaragoza, 2009; Lucene's variant, k1 1.5, b 0.75); row i is passage i."""

    def __init__(self, bm25: bm25s.BM25, size: int) -> None:
        self._bm25 = bm25
        self._size = size

    def __len__(self) -> int:
        return self._size

    @property
    def vocabulary(self) -> int:
        """How many distinct terms are indexed."""
        return len(self._bm25.vocab_dict)

    @classmethod
    def build(cls, texts: Iterable[str]) -> LexicalIndex:
        """Index texts in row order."""
        tokens = [terms(text) for text in texts]
        bm25 = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        # A corpus of punctuation has no terms, and bm25s can't index nothing.
        if not any(tokens):
            tokens[0] = ["\0"]
        bm25.index(tokens, show_progress=False)
        return cls(bm25, len(tokens))

    def save(self, folder: Path) -> None:
        """Write the index into a subfolder."""
        self._bm25.save(str(folder / FOLDER), show_progress=False)
        (folder / FOLDER / "size.json").write_text(json.dumps(self._size))

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Read the index of a folder, memory-mapped.

        Raises:
            SnapshotError: a file is damaged.
        """
        try:
            bm25 = bm25s.BM25.load(str(folder / FOLDER), mmap=True, show_progress=False)
            return cls(bm25, int(json.loads((folder / FOLDER / "size.json").read_text())))
        except (OSError, ValueError, KeyError, TypeError, EOFError):
            raise SnapshotError(f"{folder / FOLDER}: damaged; run 'qa build --full'") from None

    def scores(self, question: str) -> NDArray[np.float32]:
        """BM25 score of every row, shape ``(len(self),)``."""
        known = [t for t in content_terms(question) if t in self._bm25.vocab_dict]
        if not known:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._bm25.get_scores(known), dtype=np.float32)
