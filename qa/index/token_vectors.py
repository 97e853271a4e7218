"""The signs of every token's vector of every passage, to compare question words with."""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.errors import SnapshotError
from qa.index.files import mapped

# Passages whose signs are unpacked together: few enough to stay in the processor's cache.
_AT_ONCE = 16
BITS, PLACES = "token_bits.bin", "token_places.npy"


class TokenVectorsWriter:
    """Appends the token vectors of passages, which may come in any order."""

    def __init__(self, folder: Path, passages: int) -> None:
        self._folder = folder
        self._places = np.zeros((passages, 2), dtype=np.int64)
        self._file = (folder / BITS).open("wb")
        self._count = 0

    def add(self, row: int, bits: NDArray[np.uint8]) -> None:
        """Append those of one passage, as ``packed`` makes them.

        Raises:
            OSError: there is no room for them.
        """
        self._file.write(bits.tobytes())
        self._places[row] = self._count, self._count + len(bits)
        self._count += len(bits)

    def share(self, row: int, like: int) -> None:
        """Give a passage those of an equal one, which were appended before."""
        self._places[row] = self._places[like]

    def close(self) -> None:
        """Write where the vectors of each passage are."""
        self._file.close()
        np.save(self._folder / PLACES, self._places)


def packed(vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The signs of the entries of some vectors, eight to a byte, one vector a row."""
    return np.packbits(vectors > 0, axis=1)


def similarity(
    tokens: NDArray[np.float32], passages: Sequence[NDArray[np.uint8]]
) -> NDArray[np.float32] | None:
    """Mean cosine of a question's tokens with the most similar ones of each passage.

    Late interaction (Khattab and Zaharia, "ColBERT", 2020) of the vectors that the
    embedding model averages into that of a text. In the mean a token counts by the
    length of its vector, which is what it counts in the vector of the question.

    Args:
        tokens: vectors of the question's, shape ``(n, dimension)``.
        passages: the signs of each one's, as ``packed`` makes them.

    Returns:
        One number for each passage, in [-1, 1]; None if there is nothing to compare.
    """
    lengths = np.sqrt(np.einsum("ij,ij->i", tokens, tokens))
    if not passages or not passages[0].shape[1] or not lengths.sum():
        return None
    sums = [
        _most_similar(tokens, passages[begin : begin + _AT_ONCE]).sum(axis=1)
        for begin in range(0, len(passages), _AT_ONCE)
    ]
    found: NDArray[np.float32] = np.concatenate(sums) / (np.sqrt(tokens.shape[1]) * lengths.sum())
    return found.astype(np.float32)


def _most_similar(
    tokens: NDArray[np.float32], passages: Sequence[NDArray[np.uint8]]
) -> NDArray[np.float32]:
    """The greatest product of each of a question's tokens with the signs of each passage's."""
    counts = np.array([len(signs) for signs in passages])
    bits = np.unpackbits(np.concatenate(passages), axis=1, count=tokens.shape[1])
    # With signs b in {0, 1}: sum of (2b - 1)q = 2 bq - sum of q.
    products = 2 * (bits.astype(np.float32) @ tokens.T) - tokens.sum(axis=1)
    best: NDArray[np.float32] = np.maximum.reduceat(products, np.cumsum(counts) - counts, axis=0)
    return best


class TokenVectors:
    """The signs of the vectors of each passage's tokens, a 32nd of their space.

    The files are read as they are asked for, not mapped, like sentence vectors.
    """

    def __init__(self, folder: Path) -> None:
        """Open a folder's files.

        Raises:
            SnapshotError: one is missing or damaged.
        """
        try:
            self._places = mapped(folder / PLACES)
            self._file = os.open(folder / BITS, os.O_RDONLY)
        except (OSError, ValueError, EOFError):
            raise SnapshotError(f"{folder / BITS}: damaged; run 'qa build --full'") from None
        weakref.finalize(self, os.close, self._file)
        count = int(self._places[:, 1].max(initial=0))
        # Bytes a vector; 0 if the model has no vectors of tokens.
        self._width = os.fstat(self._file).st_size // count if count else 0

    def __len__(self) -> int:
        """How many passages there are."""
        return len(self._places)

    def of(self, row: int) -> NDArray[np.uint8]:
        """Those of a passage's tokens, as ``packed`` made them."""
        first, last = self._places[row].tolist()
        read = os.pread(self._file, (last - first) * self._width, first * self._width)
        return np.frombuffer(read, dtype=np.uint8).reshape(last - first, self._width)

    def similarity(
        self, tokens: NDArray[np.float32], rows: NDArray[np.int64]
    ) -> NDArray[np.float32] | None:
        """As ``similarity`` of these passages."""
        return similarity(tokens, [self.of(row) for row in rows.tolist()])
