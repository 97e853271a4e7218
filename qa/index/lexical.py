"""Lexical search: BM25 over stemmed words."""

from __future__ import annotations

import math
import threading
from collections import Counter
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from qa.index.postings import SENTENCE_BITS, Postings
from qa.index.terms import content_terms
from qa.index.vocabulary import Vocabulary

# Chosen on held-out SQuAD articles; as passages are much of a length, b matters little.
_K1, _B = 0.9, 0.4
# Postings of terms in fewer passages than this are cheaper added up than looked up.
_COMMON = 5_000
# Rows, as a multiple of those wanted, whose whole scores are worked out ahead.
_LEADERS = 4


class LexicalIndex:
    """BM25 (Robertson and Zaragoza, 2009; Lucene's variant); row i is passage i.

    Weights are worked out when asked for: so postings can be taken over into the next
    snapshot, where every average is another. The rarest terms of a question come
    first; once no row without them can still be among the best, the postings of the
    commoner ones are only looked up for the rows that can (MaxScore: Turtle and Flood,
    1995). The result is exactly that of scoring every row.
    """

    def __init__(self, postings: Postings) -> None:
        """Make postings searchable."""
        self.postings = postings
        lengths = np.asarray(postings.lengths)
        mean = max(float(np.mean(lengths, dtype=np.float64)), 1e-9)
        self._norms = (_K1 * (1 - _B + _B * lengths / mean)).astype(np.float32)
        # Sums for one question at a time, zero in between; one array a thread.
        self._sums = threading.local()
        # Three times of each question.
        self._terms = lru_cache(maxsize=64)(partial(_numbered, postings.words))

    def __len__(self) -> int:
        return len(self._norms)

    def ceiling(self, question: str) -> float:
        """What no row's score can exceed: the weights of all its terms, known or not."""
        return sum(
            count * self._idf(self._frequency(number)) for number, count in self._terms(question)
        )

    def search(
        self, question: str, k: int, allowed: NDArray[np.int64] | None = None
    ) -> NDArray[np.int64]:
        """The k rows of the highest positive scores, best first, equal ones in row order.

        ``allowed``, sorted row numbers, restricts the search before ranking.
        """
        known = sorted(
            (self._frequency(number), number, count)
            for number, count in self._terms(question)
            if number is not None
        )
        bounds = [count * self._idf(frequency) for frequency, _, count in known]

        def rest_after(place: int) -> float:
            return sum(bounds[place:])

        sums = self._zeros()
        touched: list[NDArray[np.int32]] = []
        floor = 0.0
        try:
            for frequency, number, count in known:
                if allowed is None and frequency > _COMMON and floor > rest_after(len(touched)):
                    break
                rows, weights = self._weigh(number)
                touched.append(rows)
                sums[rows] += count * weights
                rest = known[len(touched) :]
                if allowed is None and rest and rest[-1][0] > _COMMON and _looks(len(touched)):
                    floor = max(floor, self._floor(rows, sums[rows], rest, k))
            if allowed is not None:
                return _best(allowed, sums[allowed], k)
            if not floor and touched:
                floor = max(_kth(sums[rows], k) for rows in touched)
            # Rounding must not lose a row that is exactly at the border.
            floor -= 1e-4 * (1 + floor)
            found = np.flatnonzero(sums >= max(floor - rest_after(len(touched)), 1e-9))
            scores = sums[found]
            for place in range(len(touched), len(known)):
                _, number, count = known[place]
                scores += count * self._look_up(number, found.astype(np.int32))
                able = scores >= floor - rest_after(place + 1)
                found, scores = found[able], scores[able]
            return _best(found, scores, k)
        finally:
            for rows in touched:
                sums[rows] = 0.0

    def _floor(
        self,
        rows: NDArray[np.int32],
        sums: NDArray[np.float32],
        rest: list[tuple[int, int, int]],
        k: int,
    ) -> float:
        """What the k-th best score is at least: that of rows with high sums so far.

        Their whole scores are worked out, which lets the search end long before the
        sums alone would.
        """
        if len(rows) < k:
            return 0.0
        count = min(len(rows), _LEADERS * k)
        leaders = np.sort(np.argpartition(sums, -count)[-count:])
        scores, wanted = sums[leaders], rows[leaders]
        for _, number, count in rest:
            scores = scores + count * self._look_up(number, wanted)
        return _kth(scores, k)

    def scores(
        self, question: str, rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """BM25 scores of some rows, and the most weight of the question's terms in one sentence.

        Both of shape ``(len(rows),)``, worked out together, as among many rows finding a
        term's postings takes the most time.
        """
        scores = np.zeros(len(rows), dtype=np.float32)
        inside = np.zeros((len(rows), SENTENCE_BITS), dtype=np.float32)
        bits = np.arange(SENTENCE_BITS, dtype=np.uint32)
        wanted = rows.astype(np.int32)
        for number, count in self._terms(question):
            if number is None:
                continue
            found, places = self._find(number, wanted)
            scores += count * self._weights(number, wanted, found, places)
            sentences = np.where(found, self.postings.sentences[places], 0)
            weight = np.float32(count * self._idf(self._frequency(number)))
            inside += weight * ((sentences[:, None] >> bits) & 1)
        heaviest: NDArray[np.float32] = inside.max(axis=1)
        return scores, heaviest

    def _range(self, number: int) -> tuple[int, int]:
        starts = self.postings.starts
        return int(starts[number]), int(starts[number + 1])

    def _frequency(self, number: int | None) -> int:
        """How many rows a term is in, 0 if it has no number."""
        if number is None:
            return 0
        first, last = self._range(number)
        return last - first

    def _idf(self, frequency: int) -> float:
        return math.log(1 + (len(self) - frequency + 0.5) / (frequency + 0.5))

    def _weigh(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """A term's rows and its weights there."""
        place = slice(*self._range(number))
        rows, counts = self.postings.rows[place], self.postings.counts[place].astype(np.float32)
        idf = np.float32(self._idf(len(rows)))
        return rows, idf * counts / (counts + self._norms[rows])

    def _find(
        self, number: int, wanted: NDArray[np.int32]
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Whether a term occurs in some rows, and the places of its postings there."""
        first, last = self._range(number)
        rows = self.postings.rows[first:last]
        at = np.minimum(np.searchsorted(rows, wanted), len(rows) - 1)
        return rows[at] == wanted, first + at

    def _look_up(self, number: int, wanted: NDArray[np.int32]) -> NDArray[np.float32]:
        """A term's weights in some rows, 0 where it does not occur."""
        return self._weights(number, wanted, *self._find(number, wanted))

    def _weights(
        self,
        number: int,
        wanted: NDArray[np.int32],
        found: NDArray[np.bool_],
        places: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        """A term's weights in some rows, of what ``_find`` found."""
        counts = np.where(found, self.postings.counts[places], 0).astype(np.float32)
        idf = np.float32(self._idf(self._frequency(number)))
        weights: NDArray[np.float32] = idf * counts / (counts + self._norms[wanted])
        return weights

    def _zeros(self) -> NDArray[np.float32]:
        if not hasattr(self._sums, "array"):
            self._sums.array = np.zeros(len(self), dtype=np.float32)
        zeros: NDArray[np.float32] = self._sums.array
        return zeros


def _kth(scores: NDArray[np.float32], k: int) -> float:
    """The k-th highest score, or 0 if there are fewer."""
    return float(np.partition(scores, -k)[-k]) if len(scores) >= k else 0.0


def _looks(term: int) -> bool:
    """Whether the floor is looked for after so many terms.

    After each of the first, then ever more seldom: a look goes through all the terms
    that are left, and a question may have hundreds.
    """
    return term <= 8 or term & (term - 1) == 0


def _best(rows: NDArray[np.int64], scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Rows of the k highest positive scores."""
    able = scores >= max(_kth(scores, k), 1e-9)
    rows, scores = rows[able], scores[able]
    return rows[np.lexsort((rows, -scores))][:k]


def _numbered(words: Vocabulary, question: str) -> list[tuple[int | None, int]]:
    """The question's terms, by number if they are in the index, and how often each."""
    counts = Counter(content_terms(question))
    return [(words.number(term), count) for term, count in counts.items()]
