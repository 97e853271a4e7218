"""Embedding of passages with their sentences and tokens."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from qa.index.encoder import EMBEDDING, TOKENS, model_tokens
from qa.index.sentence_vectors import quantized
from qa.index.token_vectors import packed
from qa.types import Text

# Measured on two cores: small batches of equal length stay in the cache, larger ones
# were slower.
_TOKENS_PER_BATCH = 640


class BatchEncoder(Protocol):
    """A model that embeds batches of token ids, like ``OnnxEncoder``."""

    @property
    def tokenizer(self) -> Tokenizer:
        """Its tokenizer."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def document_prompt(self) -> str:
        """As ``OnnxEncoder.document_prompt``."""

    def outputs(self, batch: Sequence[Sequence[int]]) -> dict[str, NDArray[np.float32]]:
        """As ``OnnxEncoder.outputs``."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A batch of results.

    Attributes:
        rows: which of the texts these are.
        vectors: unit vectors of whole texts, shape ``(len(rows), dimension)``.
        sentences: for each text, int8 vectors of its sentences.
        tokens: for each text, the signs of its tokens' vectors, as ``packed`` makes them.
    """

    rows: list[int]
    vectors: NDArray[np.float32]
    sentences: list[NDArray[np.int8]]
    tokens: list[NDArray[np.uint8]]


class PassageEncoder:
    """Embeds many texts: sorted by length, batched by tokens, one batch a core.

    A sentence's vector is the mean of its tokens' vectors as they come out of reading
    the whole passage ("late chunking", Günther et al., 2024), so it costs no further
    pass and knows its surroundings. Where the model does not pool by the mean, every
    sentence gets the whole text's vector, and no tokens' vectors are kept.
    """

    def __init__(self, encoder: BatchEncoder) -> None:
        """Use an encoder: batches are fastest if it gives each of them one thread."""
        self._encoder = encoder
        self.dimension = encoder.dimension

    def encode(self, texts: Sequence[Text]) -> tuple[NDArray[np.float32], list[NDArray[np.int8]]]:
        """Vectors of texts and of their sentences, in order."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        sentences = [np.empty((0, self.dimension), dtype=np.int8)] * len(texts)
        for batch in self.batches(texts):
            vectors[batch.rows] = batch.vectors
            for row, found in zip(batch.rows, batch.sentences, strict=True):
                sentences[row] = found
        return vectors, sentences

    def batches(self, texts: Sequence[Text]) -> Iterator[Embedded]:
        """The same batch by batch, shortest texts first."""
        prompt = self._encoder.document_prompt
        encodings = self._encoder.tokenizer.encode_batch([prompt + text.text for text in texts])
        workers = len(os.sched_getaffinity(0))
        with ThreadPoolExecutor(workers) as pool:
            running: deque[Future[Embedded]] = deque()
            for rows in _batched([len(e.ids) for e in encodings]):
                if len(running) > workers:
                    yield running.popleft().result()
                found = [encodings[row] for row in rows]
                running.append(pool.submit(self._run, rows, found, [texts[r] for r in rows]))
            while running:
                yield running.popleft().result()

    def _run(self, rows: list[int], encodings: list[Encoding], texts: list[Text]) -> Embedded:
        results = self._encoder.outputs([encoding.ids for encoding in encodings])
        vectors = np.asarray(results[EMBEDDING], dtype=np.float32)
        sentences, tokens = [], []
        for number, (encoding, text) in enumerate(zip(encodings, texts, strict=True)):
            means = np.repeat(vectors[number][None], len(text.sentences), axis=0)
            bits = np.zeros((0, 0), dtype=np.uint8)
            if TOKENS in results:
                prompt = self._encoder.document_prompt
                offsets = np.array(encoding.offsets) - len(prompt)
                found = results[TOKENS][number, : len(offsets)]
                # The model's own tokens stand for nothing in the text, unless it has no others.
                own = model_tokens(encoding, prompt)
                bits = packed(found if own.all() else found[~own])
                for index, (start, end) in enumerate(text.sentences):
                    inside = (offsets[:, 0] < end) & (offsets[:, 1] > start)
                    if inside.any():
                        means[index] = found[inside].mean(axis=0)
            sentences.append(quantized(means))
            tokens.append(bits)
        return Embedded(rows, vectors, sentences, tokens)


def _batched(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of texts of like length, ``_TOKENS_PER_BATCH`` tokens at a time."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[index] > _TOKENS_PER_BATCH:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
