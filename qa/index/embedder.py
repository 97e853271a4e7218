"""Build-time embedding with sentence-transformers, and the query encoder's export.

The only module that imports sentence-transformers and torch; it is imported when
there is something to embed and never while answering.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from qa.errors import ModelError
from qa.index.encoder import INPUTS, OnnxEncoder
from qa.index.models import ModelFiles

# Our own progress bar counts passages; one for weights would only garble it.
transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]

# Cosine between the exported encoder and the model it came from; below this the
# queries would live in another space than the passages.
_MIN_AGREEMENT = 0.999
_PROBES = (
    "Who is in charge?",
    "When was the new platform launched, and by whom? It was announced on Friday.",
    "上海在哪里?",
    "x",
)


class Embedder:
    """Embeds passages in batches."""

    def __init__(self, model: ModelFiles) -> None:
        try:
            self._model = SentenceTransformer(
                str(model.folder), device="cpu", local_files_only=True
            )
        except Exception as error:
            raise ModelError(
                f"{model.folder}: can't be loaded as a sentence-transformers model: "
                f"{' '.join(str(error).split())[:200]}"
            ) from None
        self._model.eval()

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        """Longest input, in tokens; what lies beyond is cut off."""
        return int(self._model.max_seq_length or 512)

    def encode(self, texts: Sequence[str], batch_size: int = 32) -> NDArray[np.float32]:
        """Unit vectors of shape ``(len(texts), dimension)``."""
        vectors = self._model.encode(
            list(texts),
            batch_size=batch_size,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return np.asarray(vectors, dtype=np.float32)

    def export(self, folder: Path) -> None:
        """Write ``model.onnx`` and ``tokenizer.json`` and check them against the model.

        Raises:
            ModelError: the exported encoder disagrees with the model.
        """
        tokenizer = self._model.tokenizer.backend_tokenizer
        tokenizer.enable_truncation(self.max_tokens)
        tokenizer.no_padding()
        tokenizer.save(str(folder / "tokenizer.json"))
        names = [name for name in INPUTS if name in self._model.tokenizer.model_input_names]
        example = torch.tensor([[1, 2, 3, 4], [1, 2, 3, 0]])
        arguments = (example, (example > 0).long(), torch.zeros_like(example))[: len(names)]
        with warnings.catch_warnings(), torch.no_grad():
            # The exporter by tracing is deprecated, but the one that replaces it is
            # three times slower and rejects this module's output name.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                _Graph(self._model, names),
                arguments,
                str(folder / "model.onnx"),
                input_names=names,
                output_names=["embedding"],
                dynamic_axes={name: {0: "batch", 1: "tokens"} for name in names},
                opset_version=18,
                dynamo=False,
            )
        agreement = float(
            (OnnxEncoder(folder).encode(_PROBES) * self.encode(_PROBES)).sum(axis=1).min()
        )
        if agreement < _MIN_AGREEMENT:
            raise ModelError(
                f"the exported query encoder agrees with its model to only {agreement:.4f} "
                f"(needs {_MIN_AGREEMENT}); use another index.embedding_model"
            )


class _Graph(torch.nn.Module):
    """The whole model, pooling and normalisation included, as one function of tensors."""

    def __init__(self, model: SentenceTransformer, names: list[str]) -> None:
        super().__init__()
        self.model = model
        self.names = names

    def forward(self, *tensors: torch.Tensor) -> Any:
        features = dict(zip(self.names, tensors, strict=True))
        embedding = self.model(features)["sentence_embedding"]
        return torch.nn.functional.normalize(embedding, dim=-1)
