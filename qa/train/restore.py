"""The int8 ONNX file that ships → weights to train on from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import NodeProto, numpy_helper

from qa.index.files import whole_tokenizer
from qa.train.model import SpanReader

Array = NDArray[np.float32]


def restore(reader: Path, encoder: Path, target: Path) -> None:
    """Undo what ``export`` did to a reader, but for what rounding to int8 lost.

    Args:
        reader: folder of ``model.onnx`` and ``tokenizer.json``.
        encoder: folder of the encoder the reader was trained from, for the shape.
        target: folder for the model.

    Raises:
        ValueError: the file lacks some of the network's weights.
    """
    model = SpanReader.from_folder(encoder)
    found = _weights(reader / "model.onnx")
    lacking = sorted(set(model.state_dict()) - set(found))
    if lacking:
        raise ValueError(f"{reader / 'model.onnx'}: not a span reader (lacks {lacking[:3]})")
    model.load_state_dict({name: torch.from_numpy(found[name]) for name in model.state_dict()})
    model.save(target)
    whole_tokenizer(reader).save(str(target / "tokenizer.json"))


def _weights(file: Path) -> dict[str, Array]:
    """Weights by the names they have in the network, quantised or not."""
    graph = onnx.load(str(file)).graph
    stored = {each.name: numpy_helper.to_array(each) for each in graph.initializer}

    def value(name: str) -> Array:
        raw = stored[name].astype(np.float32)
        if not name.endswith("_quantized"):
            return raw
        base = name.removesuffix("_quantized")
        zero = stored[f"{base}_zero_point"].astype(np.float32)
        full: Array = (raw - zero) * stored[f"{base}_scale"]
        return full

    found = {name: value(name) for name in stored if not name.endswith("_quantized")}
    for node in graph.node:
        if node.op_type == "Gather" and "embeddings." in node.input[0]:
            table = node.input[0]
            found[table.removesuffix("_quantized")] = value(table)
        # The exporter transposes and renames the matrices of linear layers.
        if node.op_type in ("MatMul", "MatMulInteger") and node.input[1] in stored:
            found[_layer(node)] = np.ascontiguousarray(value(node.input[1]).T)
    for name in [name for name in found if name.endswith(".inverse")]:
        found[name.replace(".inverse", ".weight")] *= found.pop(name)
    return found


def _layer(node: NodeProto) -> str:
    """``/bert/encoder/layer.0/output/dense/MatMul…`` → ``bert.encoder.layer.0….weight``."""
    return ".".join(node.name.strip("/").split("/")[:-1]) + ".weight"
