"""PyTorch modules to ONNX graphs; imported only where there is something to export."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from pathlib import Path

import torch
from torch import Tensor

_OPSET = 18


def trace(
    module: torch.nn.Module,
    example: tuple[Tensor, ...],
    file: Path,
    inputs: Sequence[str],
    outputs: Sequence[str],
    of_text: Collection[str] = (),
) -> None:
    """Write the graph of a module for batches of any size.

    Args:
        module: to be called with ``inputs``, each of shape ``(batch, tokens)``.
        example: such inputs.
        file: to write to.
        inputs: their names.
        outputs: the names of what the module returns, of shape ``(batch, tokens, …)``.
        of_text: those of them that are of shape ``(batch, …)``.

    Raises:
        Exception: torch's own, of no common class, if it can't be exported.
    """
    tokens = [name for name in (*inputs, *outputs) if name not in of_text]
    axes = {name: {0: "batch", 1: "tokens"} for name in tokens}
    axes |= {name: {0: "batch"} for name in of_text}
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter by tracing is deprecated, but the one that replaces it is
        # three times slower and rejects the name of an output.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            example,
            str(file),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )
