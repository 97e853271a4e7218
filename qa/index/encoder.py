"""The query encoder a snapshot carries: an ONNX graph and its tokenizer, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.errors import SnapshotError
from qa.index.onnx import open_session

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_BATCH = 16


class OnnxEncoder:
    """Encodes texts with the embedding model's exported graph. Safe to share by threads."""

    def __init__(self, folder: Path) -> None:
        """Load ``model.onnx`` and ``tokenizer.json`` of a folder.

        Raises:
            SnapshotError: either can't be loaded.
        """
        try:
            self._session = open_session(folder / "model.onnx")
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:
            raise SnapshotError(
                f"{folder}: the query encoder can't be loaded "
                f"({' '.join(str(error).split())[:120]}); run 'qa build --full'"
            ) from None
        self._inputs = [i.name for i in self._session.get_inputs()]
        self._dimension = int(self._session.get_outputs()[0].shape[-1])

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of shape ``(len(texts), dimension)``."""
        vectors = np.empty((len(texts), self._dimension), dtype=np.float32)
        encodings = self.tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
        for begin in range(0, len(order), _BATCH):
            rows = order[begin : begin + _BATCH]
            vectors[rows] = self._run([encodings[i].ids for i in rows])
        return vectors

    def _run(self, batch: list[list[int]]) -> NDArray[np.float32]:
        longest = max(len(ids) for ids in batch)
        ids = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feed = dict(zip(INPUTS, (ids, mask, np.zeros_like(ids)), strict=True))
        result = self._session.run(None, {name: feed[name] for name in self._inputs})
        return np.asarray(result[0], dtype=np.float32)
