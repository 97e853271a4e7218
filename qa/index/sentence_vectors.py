"""A vector for every sentence of every passage, to rank found passages by."""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.errors import SnapshotError
from qa.index.files import mapped

VECTORS, PLACES = "sentence_vectors.npy", "sentence_vector_places.npy"


def quantized(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Vectors in int8, each scaled by its own largest entry: only directions are kept."""
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=1e-9)
    scaled: NDArray[np.int8] = np.rint(vectors * (127 / largest)).astype(np.int8)
    return scaled


def nearest(
    query: NDArray[np.float32], passages: Sequence[NDArray[np.int8]]
) -> NDArray[np.float32]:
    """Cosine of a unit vector with the nearest sentence of each of some passages.

    A passage is the vectors of its sentences, as ``quantized`` makes them; it has one at least.
    """
    if not passages:
        return np.zeros(0, dtype=np.float32)
    counts = np.array([len(sentences) for sentences in passages])
    vectors = np.concatenate(passages).astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    cosines = vectors @ query / np.maximum(lengths, 1e-9)
    found: NDArray[np.float32] = np.maximum.reduceat(cosines, np.cumsum(counts) - counts)
    return found.astype(np.float32)


class SentenceVectors:
    """Vectors of the sentences of each passage, read from the file as they are asked for.

    Not memory-mapped: every passage looked at would bring its neighbours' pages into
    memory, until the whole file is there.

    Attributes:
        places: passage ``i`` has the vectors ``places[i]`` to ``places[i + 1]``.
    """

    def __init__(self, folder: Path) -> None:
        """Open a folder's files.

        Raises:
            SnapshotError: one is missing or damaged.
        """
        try:
            vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
            self.places = mapped(folder / PLACES)
            sound = len(self.places) and self.places[-1] == len(vectors)
            self._file = os.open(folder / VECTORS, os.O_RDONLY)
            weakref.finalize(self, os.close, self._file)
        except (OSError, ValueError, EOFError):
            sound = False
        if not sound:
            raise SnapshotError(f"{folder / VECTORS}: damaged; run 'qa build --full'")
        self._begin, self._dimension = int(vectors.offset), int(vectors.shape[1])

    def __len__(self) -> int:
        """How many passages there are."""
        return len(self.places) - 1

    @classmethod
    def create(cls, folder: Path, counts: NDArray[np.int64], dimension: int) -> NDArray[np.int8]:
        """Write the files for so many sentences a passage; returns the vectors, to be filled.

        Raises:
            OSError: there is no room for them.
        """
        places = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        np.save(folder / PLACES, places)
        vectors: NDArray[np.int8] = np.lib.format.open_memmap(
            folder / VECTORS, mode="w+", dtype=np.int8, shape=(int(places[-1]), dimension)
        )
        # A disk that is full says so here; writing to the map would kill the process.
        with (folder / VECTORS).open("rb+") as file:
            os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)
        return vectors

    def of(self, row: int) -> NDArray[np.int8]:
        """Vectors of a passage's sentences."""
        first, last = int(self.places[row]), int(self.places[row + 1])
        size = (last - first) * self._dimension
        read = os.pread(self._file, size, self._begin + first * self._dimension)
        return np.frombuffer(read, dtype=np.int8).reshape(-1, self._dimension)

    def nearest(self, query: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosine of a unit vector with the nearest sentence of each of some passages."""
        return nearest(query, [self.of(row) for row in rows.tolist()])
