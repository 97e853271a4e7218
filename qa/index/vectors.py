"""Dense search with FAISS."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from qa.errors import SnapshotError

FILE = "vectors.faiss"


class VectorIndex:
    """Exact search by cosine similarity over unit vectors; row i is passage i."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    @property
    def kind(self) -> str:
        """Name of the index type, for ``qa info``."""
        return f"{type(faiss.downcast_index(self._index)).__name__} (exact)"

    @classmethod
    def build(cls, vectors: NDArray[np.float32]) -> VectorIndex:
        """Index unit vectors of shape ``(n, dimension)``."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        return cls(index)

    def save(self, folder: Path) -> None:
        """Write the index into a folder."""
        try:
            faiss.write_index(self._index, str(folder / FILE))
        except RuntimeError as error:
            raise OSError(f"{folder / FILE}: {str(error)[-80:]}") from None

    @classmethod
    def load(cls, folder: Path) -> VectorIndex:
        """Read the index of a folder.

        Raises:
            SnapshotError: the file is damaged.
        """
        try:
            return cls(faiss.read_index(str(folder / FILE)))
        except RuntimeError:
            raise SnapshotError(f"{folder / FILE}: damaged; run 'qa build --full'") from None

    def search(
        self, query: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k nearest rows to a query of shape ``(dimension,)``, best first.

        ``allowed``, sorted row numbers, restricts the search before ranking. Fewer
        than k rows come back when there are no more.
        """
        parameters = None
        if allowed is not None:
            parameters = faiss.SearchParameters(  # type: ignore[call-arg]
                sel=faiss.IDSelectorBatch(allowed)
            )
        scores, rows = self._index.search(query[None, :], k, params=parameters)
        found = rows[0] >= 0
        return rows[0][found], scores[0][found]

    def reconstruct(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Vectors of some rows, shape ``(len(rows), dimension)``."""
        return np.asarray(self._index.reconstruct_batch(rows), dtype=np.float32)
