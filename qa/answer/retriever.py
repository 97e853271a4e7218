"""Find the passages nearest to a question: dense and lexical search, fused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qa.index.snapshot import Snapshot
from qa.types import Hit


class Retriever:
    """Searches one snapshot both ways and ranks the union.

    The best ``candidates`` of each search are pooled, both scores are computed for
    every pooled passage, brought to [0, 1] over the pool, and averaged with
    ``dense_weight`` (convex combination: Bruch, Gai and Ingber, "An Analysis of Fusion
    Functions for Hybrid Retrieval", 2023). Unlike reciprocal rank fusion it keeps how
    far apart the scores are.
    """

    def __init__(self, snapshot: Snapshot, candidates: int, dense_weight: float) -> None:
        self._snapshot = snapshot
        self._candidates = candidates
        self._weight = dense_weight

    def search(
        self, question: str, top_k: int, documents: Sequence[str] | None = None
    ) -> list[Hit]:
        """The ``top_k`` best passages, best first.

        ``documents`` restricts the search to some documents, before ranking.

        Raises:
            DocumentNotFound: one of ``documents`` is not in the snapshot.
        """
        snapshot = self._snapshot
        allowed = None if documents is None else snapshot.store.rows_of(documents)
        if not len(snapshot.store) or (allowed is not None and not len(allowed)):
            return []
        query = snapshot.encoder.encode([question])[0]
        depth = max(self._candidates, top_k)
        near, _ = snapshot.vectors.search(query, depth, allowed)
        lexical = snapshot.lexical.scores(question)
        pool = np.union1d(near, _best(lexical, depth, allowed))
        dense_scores = snapshot.vectors.reconstruct(pool) @ query
        lexical_scores = lexical[pool]
        fused = self._weight * _unit(dense_scores) + (1 - self._weight) * _unit(lexical_scores)
        order = np.lexsort((pool, -fused))[:top_k]
        return [
            Hit(
                snapshot.store.passage(int(pool[i])),
                float(fused[i]),
                float(dense_scores[i]),
                float(lexical_scores[i]),
            )
            for i in order
        ]


def _best(
    scores: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """Rows of the k highest positive scores, in no order."""
    rows = np.arange(len(scores)) if allowed is None else allowed
    among = scores if allowed is None else scores[allowed]
    if k < len(among):
        top = np.argpartition(among, -k)[-k:]
        rows, among = rows[top], among[top]
    return rows[among > 0]


def _unit(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores brought to [0, 1]; all 1 if they are equal and positive, 0 if none is."""
    low, high = scores.min(), scores.max()
    if high > low:
        unit: NDArray[np.float32] = (scores - low) / (high - low)
        return unit
    return np.full_like(scores, 1.0 if high > 0 else 0.0)
