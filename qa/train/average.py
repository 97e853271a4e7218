"""The mean of two trained models' weights."""

from __future__ import annotations

from pathlib import Path

import click
import torch
from safetensors import safe_open

from qa.index.files import whole_tokenizer
from qa.train.model import SpanReader


def average(before: Path, after: Path, target: Path, share: float) -> None:
    """Write a model between one and, at a ``share`` of one, what training on from it gave.

    On questions unlike those trained on, it is often better than either (Wortsman et
    al., "Robust Fine-Tuning of Zero-Shot Models", 2022).

    Raises:
        ClickException: they are not two trained readers of one shape.
    """
    shapes = []
    for folder in (before, after):
        with safe_open(folder / "model.safetensors", "pt") as file:
            shapes.append({name: file.get_slice(name).get_shape() for name in file.keys()})  # noqa: SIM118
    if shapes[0] != shapes[1] or "qa_outputs.weight" not in shapes[0]:
        raise click.ClickException(f"{before} and {after} are not two trained readers of one shape")
    model, other = SpanReader.from_folder(before), SpanReader.from_folder(after)
    found = other.state_dict()
    mean = {n: torch.lerp(w, found[n], share) for n, w in model.state_dict().items()}
    model.load_state_dict(mean)
    model.save(target)
    whole_tokenizer(before).save(str(target / "tokenizer.json"))
