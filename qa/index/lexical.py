"""Lexical search: BM25 over stemmed words."""

from __future__ import annotations

import json
import math
import threading
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.errors import SnapshotError
from qa.index.terms import content_terms, terms

FOLDER = "lexical"
_VOCABULARY = "terms.json"
_STARTS, _ROWS, _COUNTS, _LENGTHS = "starts.npy", "rows.npy", "counts.npy", "lengths.npy"

# Chosen on held-out SQuAD articles; as passages are much of a length, b matters little.
_K1, _B = 0.9, 0.4
# Postings of terms in fewer passages than this are cheaper added up than looked up.
_COMMON = 5_000


class LexicalIndex:
    """BM25 (Robertson and Zaragoza, 2009; Lucene's variant); row i is passage i.

    For each term the rows it occurs in, ascending, and how often. Weights are worked
    out when asked for: so postings can be taken over into the next snapshot, where
    every average is another. The rarest terms of a question come first; once no row
    without them can still be among the best, the postings of the commoner ones are
    only looked up for the rows that can (MaxScore: Turtle and Flood, 1995). The
    result is exactly that of scoring every row.
    """

    def __init__(
        self,
        vocabulary: list[str],
        starts: NDArray[np.int64],
        rows: NDArray[np.int32],
        counts: NDArray[np.uint8],
        lengths: NDArray[np.int32],
    ) -> None:
        """Take the parts.

        Args:
            vocabulary: the terms.
            starts: term ``i`` has the postings ``starts[i]`` to ``starts[i + 1]``.
            rows: of each posting.
            counts: of each posting, how often the term occurs; 255 also if more often.
            lengths: number of terms in each row.
        """
        self._words = vocabulary
        self._numbers = {term: number for number, term in enumerate(vocabulary)}
        self._starts, self._rows, self._counts, self._lengths = starts, rows, counts, lengths
        mean = max(float(np.mean(lengths, dtype=np.float64)), 1e-9)
        self._norms = (_K1 * (1 - _B + _B * np.asarray(lengths) / mean)).astype(np.float32)
        # Sums for one question at a time, zero in between; one array a thread.
        self._sums = threading.local()

    def __len__(self) -> int:
        return len(self._lengths)

    @property
    def vocabulary(self) -> int:
        """How many distinct terms are indexed."""
        return len(self._words)

    @classmethod
    def build(cls, texts: Iterable[str]) -> LexicalIndex:
        """Index texts in row order."""
        return _Postings(texts).index()

    def updated(self, old: NDArray[np.int64], texts: Iterable[str]) -> LexicalIndex:
        """The index of the next snapshot, its unchanged rows taken over from this one.

        Args:
            old: for each new row the row here that has the same text, or -1. No row
                here may be named twice.
            texts: those of the rows with -1, in order.
        """
        fresh = _Postings(texts, np.flatnonzero(old < 0))
        new = np.full(len(self), -1, dtype=np.int32)
        new[old[old >= 0]] = np.flatnonzero(old >= 0)
        places = new[self._rows]
        kept = places >= 0
        numbers = np.repeat(np.arange(self.vocabulary, dtype=np.int32), np.diff(self._starts))
        translated = np.array(
            [fresh.numbers.setdefault(term, len(fresh.numbers)) for term in self._words],
            dtype=np.int32,
        )
        lengths = np.zeros(len(old), dtype=np.int32)
        lengths[old >= 0] = self._lengths[old[old >= 0]]
        lengths[old < 0] = fresh.lengths
        return _inverted(
            list(fresh.numbers),
            np.concatenate([translated[numbers[kept]], np.array(fresh.terms, np.int32)]),
            np.concatenate([places[kept], fresh.rows()]),
            np.concatenate([self._counts[kept], np.array(fresh.counts, np.uint8)]),
            lengths,
        )

    def save(self, folder: Path) -> None:
        """Write the index into a subfolder."""
        target = folder / FOLDER
        target.mkdir()
        (target / _VOCABULARY).write_text(
            json.dumps(self._words, ensure_ascii=False), encoding="utf-8"
        )
        np.save(target / _STARTS, self._starts)
        np.save(target / _ROWS, self._rows)
        np.save(target / _COUNTS, self._counts)
        np.save(target / _LENGTHS, self._lengths)

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Read the index of a folder, memory-mapped.

        Raises:
            SnapshotError: a file is damaged.
        """
        source = folder / FOLDER
        try:
            words = json.loads((source / _VOCABULARY).read_text(encoding="utf-8"))
            starts, rows, counts, lengths = (
                np.load(source / name, mmap_mode="r", allow_pickle=False)
                for name in (_STARTS, _ROWS, _COUNTS, _LENGTHS)
            )
            sound = len(starts) == len(words) + 1 and starts[-1] == len(rows) == len(counts)
        except (OSError, ValueError, TypeError, EOFError, RecursionError):
            sound = False
        if not sound:
            raise SnapshotError(f"{source}: damaged; run 'qa build --full'")
        return cls(words, starts, rows, counts, lengths)

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
        sums = self._zeros()
        touched: list[NDArray[np.int32]] = []
        floor = 0.0
        try:
            for frequency, number, count in known:
                rest = sum(bounds[len(touched) :])
                if allowed is None and frequency > _COMMON and floor > rest:
                    break
                rows, weights = self._postings(number)
                touched.append(rows)
                sums[rows] += count * weights
                floor = max(floor, _kth(sums[rows], k))
            if allowed is not None:
                return _best(allowed, sums[allowed], k)
            # Rounding must not lose a row that is exactly at the border.
            border = floor - sum(bounds[len(touched) :]) - 1e-4 * (1 + floor)
            able = [rows[sums[rows] >= border] for rows in touched]
            found = np.unique(np.concatenate(able)) if able else np.zeros(0, np.int32)
            scores = sums[found]
            for _, number, count in known[len(touched) :]:
                scores += count * self._look_up(number, found)
            return _best(found.astype(np.int64), scores, k)
        finally:
            for rows in touched:
                sums[rows] = 0.0

    def scores(self, question: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """BM25 scores of some rows."""
        scores = np.zeros(len(rows), dtype=np.float32)
        wanted = rows.astype(np.int32)
        for number, count in self._terms(question):
            if number is not None:
                scores += count * self._look_up(number, wanted)
        return scores

    def weights(self, question: str, groups: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """For each group of texts, the weight of the question's terms in the best of them."""
        weights = {
            term: count * self._idf(self._frequency(self._numbers.get(term)))
            for term, count in Counter(content_terms(question)).items()
        }
        return np.array(
            [
                max(
                    (sum(weights[term] for term in weights.keys() & terms(text)) for text in texts),
                    default=0.0,
                )
                for texts in groups
            ],
            dtype=np.float32,
        )

    def _terms(self, question: str) -> list[tuple[int | None, int]]:
        """The question's terms, by number if they are in the index, and how often each."""
        counts = Counter(content_terms(question))
        return [(self._numbers.get(term), count) for term, count in counts.items()]

    def _frequency(self, number: int | None) -> int:
        """How many rows a term is in, 0 if it has no number."""
        if number is None:
            return 0
        return int(self._starts[number + 1] - self._starts[number])

    def _idf(self, frequency: int) -> float:
        return math.log(1 + (len(self) - frequency + 0.5) / (frequency + 0.5))

    def _postings(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """A term's rows and its weights there."""
        place = slice(int(self._starts[number]), int(self._starts[number + 1]))
        rows, counts = self._rows[place], self._counts[place].astype(np.float32)
        idf = np.float32(self._idf(len(rows)))
        return rows, idf * counts / (counts + self._norms[rows])

    def _look_up(self, number: int, wanted: NDArray[np.int32]) -> NDArray[np.float32]:
        """A term's weights in some rows, 0 where it does not occur."""
        first, last = int(self._starts[number]), int(self._starts[number + 1])
        rows = self._rows[first:last]
        at = np.minimum(np.searchsorted(rows, wanted), len(rows) - 1)
        counts = np.where(rows[at] == wanted, self._counts[first + at], 0).astype(np.float32)
        idf = np.float32(self._idf(last - first))
        weights: NDArray[np.float32] = idf * counts / (counts + self._norms[wanted])
        return weights

    def _zeros(self) -> NDArray[np.float32]:
        if not hasattr(self._sums, "array"):
            self._sums.array = np.zeros(len(self), dtype=np.float32)
        zeros: NDArray[np.float32] = self._sums.array
        return zeros


class _Postings:
    """Postings as they come, by row."""

    def __init__(self, texts: Iterable[str], rows: NDArray[np.int64] | None = None) -> None:
        self.numbers: dict[str, int] = {}
        self.terms, self.counts = array("i"), array("B")
        self._distinct, lengths = array("i"), array("i")
        for text in texts:
            counted = Counter(terms(text))
            for term, count in counted.items():
                self.terms.append(self.numbers.setdefault(term, len(self.numbers)))
                self.counts.append(min(count, 255))
            self._distinct.append(len(counted))
            lengths.append(counted.total())
        self.lengths = np.array(lengths, dtype=np.int32)
        self._numbered = np.arange(len(lengths)) if rows is None else rows

    def rows(self) -> NDArray[np.int32]:
        """The row of each posting."""
        return np.repeat(self._numbered.astype(np.int32), self._distinct)

    def index(self) -> LexicalIndex:
        """These alone as an index."""
        return _inverted(
            list(self.numbers),
            np.array(self.terms, dtype=np.int32),
            self.rows(),
            np.array(self.counts, dtype=np.uint8),
            self.lengths,
        )


def _inverted(
    vocabulary: list[str],
    numbers: NDArray[np.int32],
    rows: NDArray[np.int32],
    counts: NDArray[np.uint8],
    lengths: NDArray[np.int32],
) -> LexicalIndex:
    """Sort postings by term and row, and forget terms that no longer occur."""
    frequencies = np.bincount(numbers, minlength=len(vocabulary))
    used = np.flatnonzero(frequencies)
    order = np.argsort(numbers.astype(np.int64) * max(1, len(lengths)) + rows, kind="stable")
    return LexicalIndex(
        [vocabulary[number] for number in used.tolist()],
        np.concatenate([[0], np.cumsum(frequencies[used])]).astype(np.int64),
        rows[order],
        counts[order],
        lengths,
    )


def _kth(scores: NDArray[np.float32], k: int) -> float:
    """The k-th highest score, or 0 if there are fewer."""
    return float(np.partition(scores, -k)[-k]) if len(scores) >= k else 0.0


def _best(rows: NDArray[np.int64], scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Rows of the k highest positive scores."""
    able = scores >= max(_kth(scores, k), 1e-9)
    rows, scores = rows[able], scores[able]
    return rows[np.lexsort((rows, -scores))][:k]
