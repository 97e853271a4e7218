"""The embedding model itself: its export to ONNX, checked, and a quicker way to embed much.

The only module that imports sentence-transformers, and the only one that a build needs
torch for: for a model's first snapshot, and for many passages at once where the
processor multiplies in bfloat16. Other builds take the exported graph over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers.utils import logging as transformers_logging

from qa.errors import ModelError
from qa.index.encoder import (
    EMBEDDING,
    GRAPH,
    INPUTS,
    PROMPTS,
    TOKENIZER,
    TOKENS,
    OnnxEncoder,
    padded,
)
from qa.index.models import ModelFiles
from qa.index.tracing import trace

# Our own progress bar counts passages; one for weights would only garble it.
transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]

# Cosine between the exported graph and the model it came from; below this the
# questions would live in another space than what the model was trained for.
_MIN_AGREEMENT = 0.999
_PROBES = (
    "Who is in charge?",
    "When was the new platform launched, and by whom? It was announced on Friday.",
    "上海在哪里?",
    "How many days of paid leave do employees get in their first year?",
    "What does the harbour master's handbook say about boats that leave after 22:00?",
    "Vitamin D supplements lower the risk of fractures in older adults.",
    "error code 0x80070057 when mounting the volume",
    "Which of the two treaties ended the war, and in which city was it signed?",
)


def export(model: ModelFiles, folder: Path) -> None:
    """Write a model's graph, tokenizer and prompts into a folder.

    The graph is in full precision: int8 was twice as fast for a question, but cost
    dense search alone 0.010 nDCG@10 on SciFact. If the model pools by the mean, the
    graph also returns the token vectors, from which sentence vectors are made.

    Raises:
        ModelError: the model can't be loaded, its export disagrees with it, or it leaves
            prompts out of a text's vector.
    """
    # Written out, attention becomes a quarter fewer nodes than torch's own function.
    original = _load(model, attn_implementation="eager")
    tokenizer = original.tokenizer.backend_tokenizer
    tokenizer.enable_truncation(int(original.max_seq_length or 512))
    tokenizer.no_padding()
    # Its own save() tells of a full disk by an exception without a class.
    (folder / TOKENIZER).write_text(tokenizer.to_str(), encoding="utf-8")
    (folder / PROMPTS).write_text(json.dumps(_prompts(original)), encoding="utf-8")
    expected = np.asarray(_encoded(original, normalize_embeddings=True), dtype=np.float32)
    _trace(original, expected.shape[1], folder / GRAPH)
    if not _pools_by_mean(original, expected):
        _drop_tokens(folder / GRAPH)
    agreement = float((OnnxEncoder(folder).encode(_PROBES) * expected).sum(axis=1).min())
    if agreement < _MIN_AGREEMENT:
        raise ModelError(
            f"the exported encoder agrees with its model to only {agreement:.4f} "
            f"(needs {_MIN_AGREEMENT}); use another index.embedding_model"
        )


class HalfEncoder:
    """The model in bfloat16. ``outputs`` may be called by threads side by side.

    How near its vectors are to the graph's depends on the model: for all-MiniLM-L6-v2 the
    cosine is .9999 or more.
    """

    def __init__(self, model: ModelFiles, graph: OnnxEncoder) -> None:
        """Load the model that a graph was exported from.

        Raises:
            ModelError: it can't be loaded, or can't do with bfloat16 what the graph does.
        """
        original = _load(model)
        self.tokenizer: Tokenizer = graph.tokenizer
        self.dimension = graph.dimension
        self.document_prompt: str = graph.document_prompt
        self._given = graph.given
        self._graph = _Graph(original, graph.dimension)
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(list(_PROBES))]
        try:
            found = self.outputs(ids)[EMBEDDING]
        except Exception as error:  # whatever the model's own code raises
            raise ModelError(f"{model.folder}: doesn't run in bfloat16: {error}") from None
        agreement = float((found * graph.encode(_PROBES)).sum(axis=1).min())
        if not agreement >= _MIN_AGREEMENT:
            raise ModelError(f"{model.folder}: agrees to only {agreement:.4f} in bfloat16")

    @torch.inference_mode()
    def outputs(self, batch: Sequence[Sequence[int]]) -> dict[str, NDArray[np.float32]]:
        """As ``OnnxEncoder.outputs``."""
        fed = (torch.from_numpy(values) for values in padded(batch, self._graph.names).values())
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = self._graph(*fed)
        named = zip((EMBEDDING, TOKENS), found, strict=True)
        return {name: values.float().numpy() for name, values in named if name in self._given}


@contextmanager
def one_thread_a_batch() -> Iterator[None]:
    """Let torch use one core for what each thread asks of it, and as many as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _load(model: ModelFiles, **options: str) -> SentenceTransformer:
    try:
        return SentenceTransformer(
            str(model.folder),
            device="cpu",
            local_files_only=True,
            model_kwargs=options,
        ).eval()
    except Exception as error:
        raise ModelError(
            f"{model.folder}: can't be loaded as a sentence-transformers model: "
            f"{' '.join(str(error).split())[:200]}"
        ) from None


def _prompts(model: SentenceTransformer) -> dict[str, str]:
    """What the model was trained to read before a question and before a passage.

    By the names that sentence-transformers looks for in ``encode_query`` and ``encode_document``.

    Raises:
        ModelError: the prompts' tokens are to be left out of a text's vector.
    """
    known = {name: prompt or "" for name, prompt in model.prompts.items()}
    passage = (known.get(name) for name in ("document", "passage", "corpus"))
    prompts = {"query": known.get("query", ""), "document": next(filter(None, passage), "")}
    if any(prompts.values()) and not all(getattr(part, "include_prompt", True) for part in model):
        raise ModelError(
            "the embedding model leaves its prompts out when it pools, which isn't supported; "
            "use another index.embedding_model"
        )
    return prompts


def _encoded(model: SentenceTransformer, **options: Any) -> Any:
    """What the model itself makes of the probes, without any prompt."""
    return model.encode(list(_PROBES), prompt="", show_progress_bar=False, **options)


def _trace(model: SentenceTransformer, dimension: int, file: Path) -> None:
    graph = _Graph(model, dimension)
    example = torch.tensor([[1, 2, 3, 4], [1, 2, 3, 0]])
    arguments = (example, (example > 0).long(), torch.zeros_like(example))[: len(graph.names)]
    trace(graph, arguments, file, graph.names, [EMBEDDING, TOKENS], of_text=[EMBEDDING])


def _pools_by_mean(model: SentenceTransformer, expected: NDArray[np.float32]) -> bool:
    """Whether a text's vector is the normalised mean of its tokens' vectors."""
    tokens = _encoded(model, output_value="token_embeddings")
    means = [np.asarray(vectors.mean(dim=0), dtype=np.float32) for vectors in tokens]
    if any(mean.shape != expected.shape[1:] for mean in means):
        return False
    cosines = [
        float(mean @ vector) / float(np.linalg.norm(mean) + 1e-9)
        for mean, vector in zip(means, expected, strict=True)
    ]
    return min(cosines) > _MIN_AGREEMENT


def _drop_tokens(file: Path) -> None:
    """Take a graph's second output away."""
    graph = onnx.load(str(file))
    while len(graph.graph.output) > 1:
        graph.graph.output.pop()
    onnx.save(graph, str(file))


class _Graph(torch.nn.Module):
    """The whole model, pooling and normalisation included, as one function of tensors.

    Attributes:
        names: of the inputs it takes, in order.
    """

    def __init__(self, model: SentenceTransformer, dimension: int) -> None:
        super().__init__()
        self.model = model
        self.names = [name for name in INPUTS if name in model.tokenizer.model_input_names]
        self.dimension = dimension

    def forward(self, *tensors: torch.Tensor) -> Any:
        features = self.model(dict(zip(self.names, tensors, strict=True)))
        # In full precision, whatever the model itself runs in. The dimension is said outright:
        # the exporter can't tell it where a text's vector is that of its first token.
        pooled = features["sentence_embedding"].float().reshape(-1, self.dimension)
        return torch.nn.functional.normalize(pooled, dim=-1), features["token_embeddings"]
