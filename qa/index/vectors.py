"""Dense search with FAISS: exact while that is fast, by inverted lists above."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import faiss
import numpy as np
from numpy.typing import NDArray

from qa.errors import SnapshotError

FILE = "vectors.faiss"
Kind = Literal["exact", "lists"]

# Passages from which "auto" takes lists. Comparing with so many takes as long as encoding
# the question: BENCHMARKS.md.
CROSSOVER = 25_000
# Nearest rows that inverted lists must find, as a share of the true ten nearest: what is
# promised (0.97) and a little, as it is measured on a sample.
_RECALL, _DEPTH = 0.975, 10
# How far a cosine may move in 16 bits. Of equal passages any ten are the nearest.
_ROUNDING = 2e-3
_TRAINING_ROWS_PER_LIST, _ITERATIONS = 48, 8
# Decoded and compared at a time when looking for the true nearest.
_BLOCK = 65_536


def kind_for(setting: str, rows: int) -> Kind:
    """The kind of index that ``index.vectors`` means for so many rows."""
    if setting == "auto":
        return "lists" if rows >= CROSSOVER else "exact"
    return "exact" if setting == "exact" else "lists"


class VectorIndex:
    """Search by cosine similarity over unit vectors; row i is passage i.

    "exact" compares a query with every vector, in 32 bits. "lists" sorts the vectors,
    in 16 bits, into lists by nearest centroid and compares a query with those of the
    nearest lists only (IVF: Jégou, Douze and Schmid, 2011); the file is mapped into
    memory, not read. A search restricted to some rows goes through all lists and is
    exact either way.
    """

    def __init__(self, index: Any) -> None:
        """Wrap an ``IndexFlatIP`` or an ``IndexIVFScalarQuantizer`` with a direct map."""
        self._index = index

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    @property
    def kind(self) -> Kind:
        """Which of the two this is."""
        return "lists" if isinstance(self._index, faiss.IndexIVF) else "exact"

    @property
    def lists(self) -> tuple[int, int]:
        """How many lists there are and how many of them a search goes through."""
        if self.kind == "exact":
            return 1, 1
        return int(self._index.nlist), int(self._index.nprobe)

    @classmethod
    def build(
        cls,
        vectors: NDArray[np.float32],
        kind: Kind = "exact",
        former: VectorIndex | None = None,
        old: NDArray[np.int64] | None = None,
    ) -> VectorIndex:
        """Index unit vectors of shape ``(n, dimension)``.

        Args:
            vectors: one a row.
            kind: of the index.
            former: an index whose lists are kept if they still fit.
            old: for each row, its row in ``former`` or -1; given with it.
        """
        dimension = vectors.shape[1]
        if kind == "exact":
            flat: Any = faiss.IndexFlatIP(dimension)
            flat.add(np.ascontiguousarray(vectors))
            return cls(flat)
        wanted = max(1, min(len(vectors), round(2 * math.sqrt(len(vectors)))))
        quantizer: Any = faiss.IndexFlatIP(dimension)
        if former is not None and old is not None and former._fits(wanted, old):
            quantizer.add(former._index.quantizer.reconstruct_n(0, former.lists[0]))
            assigned = np.empty(len(vectors), dtype=np.int64)
            assigned[old >= 0] = former._assigned()[old[old >= 0]]
            assigned[old < 0] = _assign(quantizer, vectors[old < 0])
        else:
            quantizer.add(_centroids(vectors, wanted))
            assigned = _assign(quantizer, vectors)
        index: Any = faiss.IndexIVFScalarQuantizer(
            quantizer,
            dimension,
            quantizer.ntotal,
            faiss.ScalarQuantizer.QT_fp16,
            faiss.METRIC_INNER_PRODUCT,
            False,
        )
        index.is_trained = True
        for at in range(0, len(vectors), _BLOCK):
            block = np.ascontiguousarray(vectors[at : at + _BLOCK])
            numbers = np.ascontiguousarray(assigned[at : at + _BLOCK])
            index.add_core(len(block), faiss.swig_ptr(block), None, faiss.swig_ptr(numbers))
        index.set_direct_map_type(1)  # DirectMap.Array, for which the stubs have no name
        return cls(index)

    def tune(self, vectors: NDArray[np.float32], queries: NDArray[np.float32]) -> float:
        """Search as many lists as it takes to find the nearest rows of some queries.

        Returns:
            The share of the true ten nearest that is found, 1.0 for an exact index.
        """
        if self.kind == "exact":
            return 1.0
        depth = min(_DEPTH, len(self))
        least = _last_score(vectors, queries, depth) - _ROUNDING
        probes, found = 1, 0.0
        while True:
            self._index.nprobe = probes
            scores = self._index.search(queries, depth)[0]
            found = float((scores >= least[:, None]).mean())
            if found >= _RECALL or probes >= self._index.nlist:
                return found
            probes = min(int(self._index.nlist), probes + max(1, probes // 8))

    def save(self, folder: Path) -> None:
        """Write the index into a folder."""
        try:
            faiss.write_index(self._index, str(folder / FILE))
        except RuntimeError as error:
            raise OSError(f"{folder / FILE}: {str(error)[-80:]}") from None

    @classmethod
    def load(cls, folder: Path) -> VectorIndex:
        """Open the index of a folder.

        Raises:
            SnapshotError: the file is damaged.
        """
        try:
            flags = faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY
            index = faiss.read_index(str(folder / FILE), flags)
        except RuntimeError:
            raise SnapshotError(f"{folder / FILE}: damaged; run 'qa build --full'") from None
        if isinstance(index, faiss.IndexIVF):
            # It would start 32 threads a search to read the mapped lists ahead, which takes
            # four times as long as reading them.
            lists: Any = faiss.downcast_InvertedLists(index.invlists)  # type: ignore[arg-type]
            lists.prefetch_nthread = 0
        return cls(index)

    def search(
        self, query: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k nearest rows to a query of shape ``(dimension,)``, best first.

        ``allowed``, row numbers, restricts the search before ranking. Fewer than k rows
        come back when there are no more.
        """
        parameters: Any = None
        if allowed is not None:
            marked = np.zeros(len(self), dtype=bool)
            marked[allowed] = True
            bits: Any = np.packbits(marked, bitorder="little")
            selector: Any = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg]
            parameters = (
                faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
                if self.kind == "exact"
                else faiss.SearchParametersIVF(  # type: ignore[call-arg]
                    sel=selector, nprobe=self._index.nlist
                )
            )
        scores, rows = self._index.search(query[None, :], k, params=parameters)
        found = rows[0] >= 0
        return rows[0][found], scores[0][found]

    def reconstruct(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Vectors of some rows, shape ``(len(rows), dimension)``."""
        return np.asarray(self._index.reconstruct_batch(rows), dtype=np.float32)

    def _fits(self, wanted: int, old: NDArray[np.int64]) -> bool:
        """Whether these lists still serve an index that wants so many."""
        near = wanted / 2 <= self.lists[0] <= wanted * 2
        return self.kind == "lists" and near and float((old >= 0).mean()) >= 0.5

    def _assigned(self) -> NDArray[np.int64]:
        """The list each row is in."""
        # FAISS keeps list and place in one number, the list in the upper half.
        return np.asarray(faiss.vector_to_array(self._index.direct_map.array) >> 32)


def _assign(quantizer: Any, vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """The nearest centroid of each vector."""
    numbers = np.empty(len(vectors), dtype=np.int64)
    for at in range(0, len(vectors), _BLOCK):
        block = np.ascontiguousarray(vectors[at : at + _BLOCK])
        numbers[at : at + _BLOCK] = quantizer.search(block, 1)[1][:, 0]
    return numbers


def _centroids(vectors: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Centres of spherical k-means over a sample."""
    size = min(len(vectors), count * _TRAINING_ROWS_PER_LIST)
    sample = np.sort(np.random.default_rng(0).permutation(len(vectors))[:size])
    means = faiss.Kmeans(
        vectors.shape[1],
        count,
        niter=_ITERATIONS,
        spherical=True,
        seed=1,
        min_points_per_centroid=1,
        max_points_per_centroid=_TRAINING_ROWS_PER_LIST,
    )
    means.train(np.ascontiguousarray(vectors[sample]))
    return np.asarray(means.centroids, dtype=np.float32)


def _last_score(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], depth: int
) -> NDArray[np.float32]:
    """The score of each query's last nearest row, by comparing with all."""
    scores = np.zeros((len(queries), 0), dtype=np.float32)
    for at in range(0, len(vectors), _BLOCK):
        scores = np.concatenate([scores, queries @ vectors[at : at + _BLOCK].T], axis=1)
        scores = np.partition(scores, -min(depth, scores.shape[1]), axis=1)[:, -depth:]
    least: NDArray[np.float32] = scores.min(axis=1)
    return least
