"""Trained reader → int8 ONNX."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from qa.index.files import whole_tokenizer
from qa.train.model import SpanReader

_INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
_OUTPUTS = ["start_logits", "end_logits", "relevance"]

# Kept in float: the output layers, which are tiny and whose every error goes straight into the
# scores, and what loses most as int8, by how far the scores of held-out paragraphs move.
# More of them would make the file larger than 30 MB or reading slower.
_FLOAT = (
    "/qa_outputs/",
    "/relevance/",
    "/layer.0/output/dense/",
    "/layer.1/attention/output/dense/",
    "/layer.2/output/dense/",
)


def export(model_folder: Path, target: Path, *, int8: bool = True) -> None:
    """Write ``model.onnx`` and ``tokenizer.json`` for ``qa.answer.span_reader``.

    Weights are quantised to int8 per output channel, activations at run time, the
    embedding table included; the layers that this harms most stay in float.
    """
    target.mkdir(parents=True, exist_ok=True)
    model = SpanReader.from_folder(model_folder).eval()
    example = torch.tensor([[101, 2040, 102, 2003, 102], [101, 2040, 102, 102, 0]])
    axes = {name: {0: "batch", 1: "tokens"} for name in [*_INPUTS, *_OUTPUTS[:2]]}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        full = Path(folder) / "full.onnx"
        torch.onnx.export(
            model,
            (example, (example > 0).long(), torch.zeros_like(example)),
            str(full if int8 else target / "model.onnx"),
            input_names=_INPUTS,
            output_names=_OUTPUTS,
            dynamic_axes=axes | {"relevance": {0: "batch"}},
            opset_version=18,
            dynamo=False,
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
    whole_tokenizer(model_folder).save(str(target / "tokenizer.json"))
