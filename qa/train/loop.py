"""The training loop that the reader, its teacher and the teacher's student share."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any, TypeVar

import click
import numpy as np
import torch
from torch import Tensor, nn

from qa.index.files import file_sha256

E = TypeVar("E")
T = TypeVar("T")

# Of the questions that every run is judged by, so that runs can be compared.
HELD_OUT_SEED = 13
# Twenty batches at a time are sorted by length: little padding, still well shuffled.
BUCKET = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What every training run depends on, written beside its results.

    The learning rate warms up, stays, and falls to zero over the last
    ``decay_share`` of ``steps`` (warm-up, stable, decay: Hu et al., 2024), so a run
    can be ended early, at any checkpoint, by lowering ``steps``.
    """

    steps: int
    batch: int = 32
    learning_rate: float = 1.2e-4
    warmup_steps: int = 300
    decay_share: float = 0.4
    weight_decay: float = 0.01
    clip: float = 1.0
    relevance_weight: float = 0.3
    dropout: float = 0.1
    seed: int = 13

    def rate(self, step: int) -> float:
        """Learning rate at a step."""
        warm = min(1.0, (step + 1) / self.warmup_steps)
        fall = min(1.0, (self.steps - step) / max(1.0, self.decay_share * self.steps))
        return self.learning_rate * warm * fall


def fit(
    recipe: Recipe,
    model: nn.Module,
    batches: Iterable[T],
    loss: Callable[[T], Tensor],
    held_out: Callable[[], dict[str, float]],
    run: Path,
    evaluate_every: int,
    made_of: Mapping[str, object],
) -> None:
    """Train ``model``, going on from the last checkpoint in the folder ``run``.

    The folder gets ``recipe.json``, ``state.pt`` to resume from, and ``log.jsonl``: the mean
    ``loss`` of the batches and, after as many steps as ``evaluate_every``, the figures that
    ``held_out`` gives of the model as it is. ``batches`` are endless, and the same each
    time the run is taken up, as long as what they are ``made_of`` is.

    Raises:
        ClickException: the folder's run was begun with another recipe, or of other things.
    """
    run.mkdir(parents=True, exist_ok=True)
    _begin(run, {**asdict(recipe), **made_of})
    trained = [weights for weights in model.parameters() if weights.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1]},
    ]
    optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate, weight_decay=0.0, fused=True)
    step, losses, began = _resume(run, model, optimizer), [], time.monotonic()
    model.train()
    for batch in islice(batches, step, recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate(step)
        value = loss(batch)
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trained, recipe.clip)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(value.item())
        step += 1
        if step % 100 == 0:
            _log(run, step=step, loss=float(np.mean(losses)), seconds=time.monotonic() - began)
            losses.clear()
        # Before the checkpoint: a run that is taken up goes on after it.
        if step % evaluate_every == 0 or step == recipe.steps:
            model.eval()
            _log(run, step=step, held_out=held_out())
            model.train()
        if step % 250 == 0 or step == recipe.steps:
            _checkpoint(run, step, model, optimizer)


def reads(data_file: Path, base: Path) -> dict[str, object]:
    """Hashes of the files that every run is made of."""
    return {"data": file_sha256(data_file), "base": file_sha256(base / "model.safetensors")}


def epochs(
    recipe: Recipe,
    order: Callable[[random.Random], Sequence[E]],
    build: Callable[[Sequence[E], random.Random], Sequence[T]],
    length: Callable[[T], int],
) -> Iterator[list[T]]:
    """Endless epochs of batches bucketed by length.

    ``order`` gives an epoch's examples as they are to be read, ``build`` what some of them
    are read as.
    """
    for epoch in count():
        rng = random.Random(f"{recipe.seed}/{epoch}")
        for chunk in chunks(order(rng), recipe.batch):
            yield from bucketed(build(chunk, rng), length, recipe.batch, rng)


def chunks(items: Sequence[T], batch: int) -> Iterator[Sequence[T]]:
    """As many items at a time as are sorted by length together."""
    size = batch * BUCKET
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]


def bucketed(
    items: Sequence[T], length: Callable[[T], int], batch: int, rng: random.Random
) -> list[list[T]]:
    """Batches of items of like length, in random order; a surplus is left out, of any length."""
    left_out = set(rng.sample(range(len(items)), len(items) % batch))
    kept = sorted((each for i, each in enumerate(items) if i not in left_out), key=length)
    batches = [kept[begin : begin + batch] for begin in range(0, len(kept), batch)]
    rng.shuffle(batches)
    return batches


def precision() -> torch.autocast:
    """Half the bits where the CPU multiplies them: five times as fast with AMX, slow without."""
    fast = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast)


def _begin(run: Path, recipe: dict[str, object]) -> None:
    """Write the recipe down; a run that is taken up may only get other ``steps``."""
    file = run / "recipe.json"
    if (run / "state.pt").exists():
        former = json.loads(file.read_text(encoding="utf-8"))
        other = [n for n in recipe if n != "steps" and former.get(n) != recipe[n]]
        if other:
            raise click.ClickException(
                f"{run}: was begun with another {', '.join(other)}; choose another --run"
            )
    file.write_text(json.dumps(recipe, indent=1) + "\n", encoding="utf-8")


def _log(run: Path, **row: object) -> None:
    with (run / "log.jsonl").open("a", encoding="utf-8") as handle:
        handle.write(json.dumps(row) + "\n")


def _checkpoint(run: Path, step: int, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    temporary = run / "state.pt.tmp"
    state = {
        "step": step,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "random": torch.get_rng_state(),
    }
    torch.save(state, temporary)
    os.replace(temporary, run / "state.pt")


def _resume(run: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    if not (run / "state.pt").exists():
        return 0
    state = torch.load(run / "state.pt", weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    # What dropout drops, goes on where it was.
    torch.set_rng_state(state["random"])
    return int(state["step"])
