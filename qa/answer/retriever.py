"""Find the passages nearest to a question: dense and lexical search, fused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.index.encoder import OnnxEncoder
from qa.index.passage_encoder import PassageEncoder
from qa.index.sentence_vectors import nearest
from qa.index.snapshot import Snapshot
from qa.index.token_vectors import similarity
from qa.types import Hit, MetadataValue, Passage, Text

# Of the words' part of the score, what their gathering in one sentence makes up, and of
# the embedding's part, what the comparison of tokens does. Chosen with
# retrieval.dense_weight on held-out SQuAD articles; the tops are flat.
_TOGETHER, _TOKENS = 0.3, 0.75
# Passages whose tokens are compared: on the same articles each more ranked a little better, until
# there was nothing left to gain.
_COMPARED = 100


class Retriever:
    """Searches one snapshot both ways and ranks the union.

    The best ``candidates`` by the vectors of whole passages and the best by BM25 are
    pooled. A pooled passage's score is a weighted mean of numbers in [0, 1]: the cosine
    of the question with the passage's nearest sentence; the mean cosine of the
    question's tokens with the nearest ones of the passage; the passage's BM25 score as a
    share of the highest that any passage could have, which is the weight of all the
    question's terms together; and the share of that weight that one of its sentences
    has alone. Tokens are compared last, for the best by the other three; the others keep
    their order behind them, so that how many are wanted changes nothing in who comes first.
    None of the
    numbers depends on what else is in the pool (unlike min-max scaling; Bruch,
    Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", 2023), so
    scores of different questions can be compared.
    """

    def __init__(self, snapshot: Snapshot, candidates: int, dense_weight: float) -> None:
        self._snapshot = snapshot
        self._candidates = candidates
        self._weight = dense_weight

    def search(
        self,
        question: str,
        top_k: int,
        documents: Sequence[str] | None = None,
        where: Mapping[str, MetadataValue] | None = None,
    ) -> list[Hit]:
        """The ``top_k`` best passages, best first.

        ``documents`` restricts the search to some documents, ``where`` to those with
        these metadata values; both before ranking.

        Raises:
            DocumentNotFound: one of ``documents`` is not in the snapshot.
            FieldError: no document has metadata of a name in ``where``.
        """
        snapshot = self._snapshot
        allowed = snapshot.store.rows_of(documents, where)
        if not len(snapshot.store) or (allowed is not None and not len(allowed)):
            return []
        query, tokens = snapshot.encoder.encode_question(question)
        depth = max(self._candidates, top_k)
        pool = self._pool(question, query, depth, allowed)
        dense = snapshot.sentence_vectors.nearest(query, pool)
        lexical, together = snapshot.lexical.scores(question, pool)
        ceiling = max(snapshot.lexical.ceiling(question), 1e-9)
        words = ((1 - _TOGETHER) * lexical + _TOGETHER * together) / ceiling
        near = _nearness(dense, None)
        scores = self._weight * near + (1 - self._weight) * words
        order = np.lexsort((pool, -scores))[: max(_COMPARED, top_k)]
        pool, dense, lexical = pool[order], dense[order], lexical[order]
        words, scores = words[order], scores[order]
        near = _nearness(
            dense[:_COMPARED], snapshot.token_vectors.similarity(tokens, pool[:_COMPARED])
        )
        compared = self._weight * near + (1 - self._weight) * words[:_COMPARED]
        order, scores = _ranked(pool, compared, scores)
        return [
            Hit(
                snapshot.store.passage(int(pool[i])),
                float(scores[i]),
                float(dense[i]),
                float(lexical[i]),
            )
            for i in order[:top_k].tolist()
        ]

    def _pool(
        self,
        question: str,
        query: NDArray[np.float32],
        depth: int,
        allowed: NDArray[np.int64] | None,
    ) -> NDArray[np.int64]:
        """Rows that either search puts among its best, sorted; one alone if it has all weight."""
        near = words = np.zeros(0, dtype=np.int64)
        if self._weight > 0:
            near, _ = self._snapshot.vectors.search(query, depth, allowed)
        if self._weight < 1:
            words = self._snapshot.lexical.search(question, depth, allowed)
        return np.union1d(near, words)


def rank(
    question: str,
    passages: Sequence[Passage],
    texts: Sequence[Text],
    encoder: OnnxEncoder,
    top_k: int,
) -> list[Hit]:
    """The ``top_k`` best of some passages that are in no index, best first.

    ``texts`` are theirs. They are scored as ``Retriever`` does it, but for the words:
    how much one tells is known of a collection only.
    """
    query, tokens = encoder.encode_question(question)
    batches = list(PassageEncoder(encoder).batches(texts))
    rows = np.array([row for batch in batches for row in batch.rows], dtype=np.int64)
    dense = nearest(query, [vectors for batch in batches for vectors in batch.sentences])
    signs = [signs for batch in batches for signs in batch.tokens]
    best = np.lexsort((rows, -dense))[: max(_COMPARED, top_k)]
    rows, dense = rows[best], dense[best]
    near = similarity(tokens, [signs[i] for i in best[:_COMPARED].tolist()])
    compared = _nearness(dense[:_COMPARED], near)
    order, scores = _ranked(rows, compared, _nearness(dense, None))
    return [
        Hit(passages[int(rows[i])], float(scores[i]), float(dense[i]), 0.0)
        for i in order[:top_k].tolist()
    ]


def _ranked(
    rows: NDArray[np.int64], compared: NDArray[Any], before: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The order of passages sorted by the scores they had ``before``, and their scores now.

    The first of them have been ``compared``; the others stay in their order behind these, with
    scores at most as high.
    """
    n = len(compared)
    order = np.concatenate([np.lexsort((rows[:n], -compared)), np.arange(n, len(rows))])
    return order, np.concatenate([compared, np.minimum(before[n:], compared.min(initial=1.0))])


def _nearness(
    sentence: NDArray[np.float32], tokens: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """The embedding's part of a score: of the nearest sentence and, if compared, of the tokens."""
    near = np.clip(sentence, 0, 1)
    return near if tokens is None else (1 - _TOKENS) * near + _TOKENS * np.clip(tokens, 0, 1)
