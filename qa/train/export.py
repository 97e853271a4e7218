"""Trained reader → int8 ONNX."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from qa.evaluate.datasets import Dataset
from qa.index.encoder import INPUTS
from qa.index.files import whole_tokenizer
from qa.index.tracing import trace
from qa.train.data import Example, Feature, Features, split
from qa.train.model import SpanReader
from qa.train.smooth import smooth

_RELEVANCE = "relevance"
_OUTPUTS = ["start_logits", "end_logits", _RELEVANCE]

# Kept in float: they are tiny, and their every error goes straight into the scores.
_FLOAT = ("/qa_outputs/", "/relevance/")
# Questions whose windows show how large activations get.
_SAMPLE = 64


def export(model_folder: Path, target: Path, data: Dataset | None) -> None:
    """Write ``model.onnx`` and ``tokenizer.json`` for ``qa.answer.span_reader``.

    Weights are quantised to int8 per output channel, activations at run time, the
    embedding table included, after layers have been smoothed by what training questions
    of ``data`` show; ``None`` keeps float32.
    """
    target.mkdir(parents=True, exist_ok=True)
    model = SpanReader.from_folder(model_folder).eval()
    tokenizer = whole_tokenizer(model_folder)
    int8 = data is not None
    if data is not None:
        smooth(model, _sample(data, tokenizer))
    example = torch.tensor([[101, 2040, 102, 2003, 102], [101, 2040, 102, 102, 0]])
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.onnx"
        trace(
            model,
            (example, (example > 0).long(), torch.zeros_like(example)),
            full if int8 else target / "model.onnx",
            INPUTS,
            _OUTPUTS,
            of_text=[_RELEVANCE],
        )
        if int8:
            kept = [
                node.name
                for node in onnx.load(str(full)).graph.node
                if any(layer in node.name for layer in _FLOAT)
            ]
            quantize_dynamic(
                full,
                target / "model.onnx",
                per_channel=True,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=kept,
                extra_options={"MatMulConstBOnly": True},
            )
    tokenizer.save(str(target / "tokenizer.json"))


def _sample(data: Dataset, tokenizer: Tokenizer) -> list[Feature]:
    """Windows of some training questions."""
    questions, _ = split(data)
    chosen = random.Random(5).sample(questions, min(_SAMPLE, len(questions)))
    examples = [Example(q, data.questions[q].paragraph) for q in chosen]
    return Features(data, tokenizer).build(examples)
