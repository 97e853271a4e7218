"""Postings: which terms occur in which rows, how often, and in which sentences."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.errors import SnapshotError
from qa.index.files import mapped
from qa.index.terms import terms
from qa.index.vocabulary import Vocabulary
from qa.types import Text

FOLDER = "lexical"
# A row's later sentences have no bit, so that their words never count as together: the
# lines of a table are as many short sentences, of which few belong to each other.
SENTENCE_BITS = 32
_STARTS, _LENGTHS = "starts.npy", "lengths.npy"
_ROWS, _COUNTS, _SENTENCES = "rows.npy", "counts.npy", "sentences.npy"


@dataclass(frozen=True, slots=True)
class Postings:
    """Postings by term and, of one term, by row.

    Attributes:
        words: the terms, in order.
        starts: term ``i`` has the postings ``starts[i]`` to ``starts[i + 1]``.
        rows: of each posting.
        counts: of each posting, how often the term occurs; 255 also if more often.
        sentences: of each posting, bit ``i`` is set if the row's ``i``-th sentence has
            the term; none is if only the heading has it.
        lengths: number of terms in each row.
    """

    words: Vocabulary
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: NDArray[np.uint8]
    sentences: NDArray[np.uint32]
    lengths: NDArray[np.int32]

    @classmethod
    def of(cls, texts: Iterable[Text]) -> Postings:
        """Those of texts in row order."""
        gathered = _Gathered(texts)
        return _inverted(
            list(gathered.numbers),
            np.array(gathered.terms, dtype=np.int32),
            gathered.rows(np.arange(len(gathered.lengths))),
            np.array(gathered.counts, dtype=np.uint8),
            np.array(gathered.sentences, dtype=np.uint32),
            np.array(gathered.lengths, dtype=np.int32),
        )

    def updated(self, old: NDArray[np.int64], texts: Iterable[Text]) -> Postings:
        """Those of the next snapshot, its unchanged rows taken over.

        Args:
            old: for each new row the row here that has the same text, or -1. No row
                here may be named twice.
            texts: those of the rows with -1, in order.
        """
        fresh = _Gathered(texts)
        new = np.full(len(self.lengths), -1, dtype=np.int32)
        new[old[old >= 0]] = np.flatnonzero(old >= 0)
        places = new[self.rows]
        kept = places >= 0
        numbers = np.repeat(np.arange(len(self.words), dtype=np.int32), np.diff(self.starts))
        translated = np.array(
            [fresh.numbers.setdefault(term, len(fresh.numbers)) for term in self.words],
            dtype=np.int32,
        )
        lengths = np.zeros(len(old), dtype=np.int32)
        lengths[old >= 0] = self.lengths[old[old >= 0]]
        lengths[old < 0] = fresh.lengths
        return _inverted(
            list(fresh.numbers),
            np.concatenate([translated[numbers[kept]], np.array(fresh.terms, np.int32)]),
            np.concatenate([places[kept], fresh.rows(np.flatnonzero(old < 0))]),
            np.concatenate([self.counts[kept], np.array(fresh.counts, np.uint8)]),
            np.concatenate([self.sentences[kept], np.array(fresh.sentences, np.uint32)]),
            lengths,
        )

    def save(self, folder: Path) -> None:
        """Write them into a subfolder."""
        target = folder / FOLDER
        target.mkdir()
        self.words.save(target)
        np.save(target / _STARTS, self.starts)
        np.save(target / _ROWS, self.rows)
        np.save(target / _COUNTS, self.counts)
        np.save(target / _SENTENCES, self.sentences)
        np.save(target / _LENGTHS, self.lengths)

    @classmethod
    def load(cls, folder: Path) -> Postings:
        """Read those of a folder, memory-mapped.

        Raises:
            SnapshotError: a file is damaged.
        """
        source = folder / FOLDER
        try:
            words = Vocabulary.load(source)
            starts, rows, counts, sentences, lengths = (
                mapped(source / name) for name in (_STARTS, _ROWS, _COUNTS, _SENTENCES, _LENGTHS)
            )
            sizes = {int(starts[-1]), len(rows), len(counts), len(sentences)}
            sound = len(starts) == len(words) + 1 and len(sizes) == 1
        except (OSError, ValueError, TypeError, EOFError, IndexError):
            sound = False
        if not sound:
            raise SnapshotError(f"{source}: damaged; run 'qa build --full'")
        return cls(words, starts, rows, counts, sentences, lengths)


class _Gathered:
    """Postings as they come, by row."""

    def __init__(self, texts: Iterable[Text]) -> None:
        self.numbers: dict[str, int] = {}
        self.terms, self.counts, self.sentences = array("i"), array("B"), array("I")
        self.lengths, self._distinct = array("i"), array("i")
        for text in texts:
            counts, sentences = _counted(text)
            for term, count in counts.items():
                self.terms.append(self.numbers.setdefault(term, len(self.numbers)))
                self.counts.append(min(count, 255))
                self.sentences.append(sentences.get(term, 0))
            self._distinct.append(len(counts))
            self.lengths.append(counts.total())

    def rows(self, numbered: NDArray[np.int64]) -> NDArray[np.int32]:
        """The row of each posting, given the number of each text's row."""
        return np.repeat(numbered.astype(np.int32), self._distinct)


def _counted(text: Text) -> tuple[Counter[str], dict[str, int]]:
    """How often each term occurs, and the bits of the sentences it occurs in."""
    counts: Counter[str] = Counter()
    sentences: dict[str, int] = {}
    done = 0
    for number, (start, end) in enumerate(text.sentences):
        counts.update(terms(text.text[done:start]))
        bit = 1 << number if number < SENTENCE_BITS else 0
        for term in terms(text.text[start:end]):
            counts[term] += 1
            sentences[term] = sentences.get(term, 0) | bit
        done = end
    counts.update(terms(text.text[done:]))
    return counts, sentences


def _inverted(
    words: list[str],
    numbers: NDArray[np.int32],
    rows: NDArray[np.int32],
    counts: NDArray[np.uint8],
    sentences: NDArray[np.uint32],
    lengths: NDArray[np.int32],
) -> Postings:
    """Sort terms, and postings by term and row, and forget terms that no longer occur."""
    frequencies = np.bincount(numbers, minlength=len(words))
    used = np.array(
        sorted(np.flatnonzero(frequencies).tolist(), key=words.__getitem__), dtype=np.int64
    )
    ranks = np.zeros(len(words), dtype=np.int64)
    ranks[used] = np.arange(len(used))
    order = np.argsort(ranks[numbers] * max(1, len(lengths)) + rows, kind="stable")
    return Postings(
        Vocabulary.of(words[number] for number in used.tolist()),
        np.concatenate([[0], np.cumsum(frequencies[used])]).astype(np.int64),
        rows[order],
        counts[order],
        sentences[order],
        lengths,
    )
