"""Make layers easier to quantise by moving what is uneven from activations into weights."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from qa.train.data import Feature
from qa.train.model import SpanReader

# What the two matrices of each feed-forward block read is the most uneven by far.
_LAYERS = (".intermediate.dense", ".output.dense")
# How much of the unevenness moves. Published values are lower, for weights of one scale a
# matrix; here every output has its own, and weights can take more.
_STRENGTH = 0.8


class Smoothed(nn.Linear):
    """A linear layer that scales its inputs down and has its weights scaled up to match."""

    inverse: Tensor

    def __init__(self, layer: nn.Linear, scale: Tensor) -> None:
        super().__init__(layer.in_features, layer.out_features)
        self.weight.data = layer.weight.data * scale
        self.bias.data = layer.bias.data
        self.register_buffer("inverse", 1 / scale)

    def forward(self, inputs: Tensor) -> Tensor:
        """As the layer it was made from, but for rounding."""
        return super().forward(inputs * self.inverse)


@torch.no_grad()
def smooth(model: SpanReader, sample: Sequence[Feature]) -> None:
    """Replace the feed-forward layers, given windows to see how large activations get.

    A few entries of what these layers read are ten times as large as the others. One
    scale for all leaves those hardly any of int8's steps, so each entry is scaled by
    itself before (SmoothQuant, Xiao et al., 2023).
    """
    layers = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name.endswith(_LAYERS) and "attention" not in name
    }
    largest = {name: torch.full((layer.in_features,), 1e-5) for name, layer in layers.items()}

    def see(name: str, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found = inputs[0].abs().flatten(0, -2).amax(0)
        largest[name] = torch.maximum(largest[name], found)

    watching = [
        layer.register_forward_pre_hook(partial(see, name)) for name, layer in layers.items()
    ]
    for feature in sample:
        ids = torch.tensor([feature.window.ids])
        model(ids, torch.ones_like(ids), torch.tensor([feature.window.type_ids()]))
    for handle in watching:
        handle.remove()
    for name, layer in layers.items():
        weights = layer.weight.abs().amax(0).clamp(min=1e-5)
        scale = largest[name] ** _STRENGTH / weights ** (1 - _STRENGTH)
        parent, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(parent), leaf, Smoothed(layer, scale))
