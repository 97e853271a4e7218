"""The encoder a snapshot carries: an ONNX graph and its tokenizer, without torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from qa.errors import SnapshotError
from qa.index.onnx import open_session

GRAPH, TOKENIZER, PROMPTS = "model.onnx", "tokenizer.json", "prompts.json"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
EMBEDDING, TOKENS = "embedding", "token_vectors"
_BATCH = 16


class OnnxEncoder:
    """Encodes texts with the embedding model's exported graph. Safe to share by threads.

    Attributes:
        document_prompt: what the model was trained to read before a passage; mostly nothing.
    """

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load the graph and the tokenizer of a folder.

        ``threads`` work together on one batch; 0 for one a core.

        Raises:
            SnapshotError: either can't be loaded.
        """
        try:
            self._session = open_session(folder / GRAPH, threads)
            self.tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            prompts = json.loads((folder / PROMPTS).read_bytes())
            self.document_prompt, self._query_prompt = prompts["document"], prompts["query"]
        except Exception as error:
            raise SnapshotError(
                f"{folder}: the encoder can't be loaded "
                f"({' '.join(str(error).split())[:120]}); run 'qa build --full'"
            ) from None
        self._inputs = [i.name for i in self._session.get_inputs()]
        self._outputs = [o.name for o in self._session.get_outputs()]
        self._dimension = int(self._session.get_outputs()[0].shape[-1])

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    @property
    def given(self) -> list[str]:
        """Names of the outputs."""
        return self._outputs

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of texts as they are, shape ``(len(texts), dimension)``."""
        vectors = np.empty((len(texts), self._dimension), dtype=np.float32)
        encodings = self.tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
        for begin in range(0, len(order), _BATCH):
            rows = order[begin : begin + _BATCH]
            fed = padded([encodings[i].ids for i in rows], self._inputs)
            vectors[rows] = self._session.run([EMBEDDING], fed)[0]
        return vectors

    def outputs(self, batch: Sequence[Sequence[int]]) -> dict[str, NDArray[np.float32]]:
        """All that the graph gives for the token ids of some texts, by name.

        Outputs of tokens have shape ``(len(batch), longest, dimension)``.
        """
        found = self._session.run(self._outputs, padded(batch, self._inputs))
        return dict(zip(self._outputs, found, strict=True))

    def encode_question(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A question's unit vector, and those of its tokens, shape ``(n, dimension)``.

        The model's own tokens are left out, those of the prompt that it reads before a
        question among them; ``n`` is 0 if the model gives no vectors of tokens.
        """
        encoding = self.tokenizer.encode(self._query_prompt + text)
        results = self.outputs([encoding.ids])
        tokens = np.zeros((0, self._dimension), dtype=np.float32)
        if TOKENS in results:
            tokens = results[TOKENS][0][~model_tokens(encoding, self._query_prompt)]
        return results[EMBEDDING][0], tokens


def padded(batch: Sequence[Sequence[int]], names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Token ids of some texts, padded to the longest, as a model's inputs of these names."""
    longest = max(len(ids) for ids in batch)
    ids = np.zeros((len(batch), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    values = dict(zip(INPUTS, (ids, mask, np.zeros_like(ids)), strict=True))
    return {name: values[name] for name in names}


def model_tokens(encoding: Encoding, prompt: str) -> NDArray[np.bool_]:
    """Which tokens of a text are not its own, but the model's or those of the prompt before it."""
    own: NDArray[np.bool_] = np.array(encoding.special_tokens_mask) == 0
    if prompt:
        own &= np.array(encoding.offsets)[:, 1] > len(prompt)
    return ~own
