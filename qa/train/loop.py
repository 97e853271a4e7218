"""The training loop of the span reader."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from qa.answer.spans import decode
from qa.evaluate.datasets import Dataset, load_squad
from qa.evaluate.metrics import squad_scores
from qa.evaluate.predictions import Prediction
from qa.index.files import whole_tokenizer
from qa.train.augment import Augmenter
from qa.train.data import Example, Feature, Features, split, vary
from qa.train.model import SpanReader
from qa.train.negatives import retrieved_negatives

# Twenty batches at a time are sorted by length: little padding, still well shuffled.
BUCKET = 20
# Share of the sentences without the answer that a thinned paragraph loses.
THINNED = 0.3


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training run depends on, written beside its results.

    The learning rate warms up, stays, and falls to zero over the last
    ``decay_share`` of ``steps`` (warm-up, stable, decay: Hu et al., 2024), so a run
    can be ended early, at any checkpoint, by lowering ``steps``.

    The shares are of the questions: asked of a retrieved paragraph as well
    (``negative_share``), asked with a name or number swapped (``swapped_share``) or of
    their paragraph without the answer's sentence (``cut_share``) where that can be
    done, and read with some other sentences left out (``thinned_share``).
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
    negative_share: float = 0.1
    swapped_share: float = 0.25
    cut_share: float = 0.08
    thinned_share: float = 0.3
    seed: int = 13

    def rate(self, step: int) -> float:
        """Learning rate at a step."""
        warm = min(1.0, (step + 1) / self.warmup_steps)
        fall = min(1.0, (self.steps - step) / max(1.0, self.decay_share * self.steps))
        return self.learning_rate * warm * fall


def train(recipe: Recipe, data_file: Path, base: Path, run: Path, evaluate_every: int) -> None:
    """Train into ``run``: ``state.pt`` to resume from, ``log.jsonl``, ``model/`` at the end."""
    run.mkdir(parents=True, exist_ok=True)
    (run / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1) + "\n")
    torch.manual_seed(recipe.seed)
    data = load_squad(data_file)
    tokenizer = whole_tokenizer(base)
    features = Features(data, tokenizer)
    train_questions, held_questions = split(data)
    augmenter = Augmenter(data)
    negatives = dict(zip(train_questions, retrieved_negatives(data, train_questions), strict=True))
    sample = random.Random(recipe.seed).sample(held_questions, min(1500, len(held_questions)))
    model = SpanReader.from_folder(base, recipe.dropout)
    groups: list[dict[str, Any]] = [
        {
            "params": [p for p in model.parameters() if p.ndim > 1],
            "weight_decay": recipe.weight_decay,
        },
        {"params": [p for p in model.parameters() if p.ndim <= 1]},
    ]
    optimizer = torch.optim.AdamW(
        groups,
        lr=recipe.learning_rate,
        weight_decay=0.0,
        fused=True,
    )
    step, losses, began = _resume(run, model, optimizer), [], time.monotonic()
    model.train()
    for batch in _batches(recipe, data, features, augmenter, negatives, step):
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate(step)
        loss = _loss(model, batch, recipe.relevance_weight)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        step += 1
        if step % 100 == 0:
            _log(run, step=step, loss=float(np.mean(losses)), seconds=time.monotonic() - began)
            losses.clear()
        if step % 250 == 0:
            _checkpoint(run, step, model, optimizer)
        if step % evaluate_every == 0 or step == recipe.steps:
            _log(run, step=step, held_out=score(model, data, features, sample))
        if step >= recipe.steps:
            break
    _checkpoint(run, step, model, optimizer)
    model.save(run / "model")
    tokenizer.save(str(run / "model" / "tokenizer.json"))


def _batches(
    recipe: Recipe,
    data: Dataset,
    features: Features,
    augmenter: Augmenter,
    negatives: dict[int, int],
    done: int,
) -> Iterator[list[Feature]]:
    """Endless shuffled epochs of length-bucketed batches, less the first ``done``."""
    epoch = 0
    while True:
        rng = random.Random(f"{recipe.seed}/{epoch}")
        examples = list(_epoch(recipe, data, augmenter, negatives, rng))
        rng.shuffle(examples)
        size = recipe.batch * BUCKET
        for begin in range(0, len(examples), size):
            chunk = examples[begin : begin + size]
            count = len(chunk) // recipe.batch
            if done >= count:
                done -= count
                continue
            built = sorted(features.build(chunk), key=lambda f: len(f.window.ids))
            # Long paragraphs give a few more windows than questions: the surplus, spread
            # over all lengths, is left out to keep every batch, and every chunk, whole.
            surplus = len(built) - count * recipe.batch
            left_out = set(rng.sample(range(len(built)), surplus))
            kept = [feature for i, feature in enumerate(built) if i not in left_out]
            batches = [kept[i : i + recipe.batch] for i in range(0, len(kept), recipe.batch)]
            rng.shuffle(batches)
            yield from batches[done:]
            done = 0
        epoch += 1


def _epoch(
    recipe: Recipe,
    data: Dataset,
    augmenter: Augmenter,
    negatives: dict[int, int],
    rng: random.Random,
) -> Iterator[Example]:
    for number, negative in negatives.items():
        asked = data.questions[number]
        thin = rng.random() < recipe.thinned_share
        kept = augmenter.thinned(number, THINNED, rng) if thin else None
        yield Example(number, asked.paragraph, vary(asked.text, rng), kept)
        if negative >= 0 and rng.random() < recipe.negative_share:
            yield Example(number, negative, vary(asked.text, rng))
        if not asked.spans:
            continue
        if rng.random() < recipe.swapped_share:
            text = augmenter.swapped(number, rng)
            if text:
                yield Example(number, asked.paragraph, vary(text, rng), answered=False)
        if rng.random() < recipe.cut_share:
            rest = augmenter.without_answer(number)
            if rest:
                yield Example(number, asked.paragraph, vary(asked.text, rng), rest, answered=False)


def _precision() -> torch.autocast:
    """Half the bits where the CPU multiplies them: five times as fast with AMX, slow without."""
    fast = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast)


def _tensors(batch: list[Feature]) -> tuple[Tensor, Tensor, Tensor]:
    # Few distinct shapes: the matrix kernels are compiled once for each.
    longest = -(-max(len(f.window.ids) for f in batch) // 16) * 16
    ids, mask, types = (torch.zeros(len(batch), longest, dtype=torch.long) for _ in range(3))
    for row, feature in enumerate(batch):
        n = len(feature.window.ids)
        ids[row, :n] = torch.tensor(feature.window.ids)
        mask[row, :n] = 1
        types[row, :n] = torch.tensor(feature.window.type_ids())
    return ids, mask, types


def _loss(model: SpanReader, batch: list[Feature], relevance_weight: float) -> Tensor:
    """Marginal likelihood of the span over its possible places, plus relevance.

    Where the text of an answer stands several times and the annotated place is
    unknown, the probability of all places is added up (Clark and Gardner, 2018).
    """
    ids, mask, types = _tensors(batch)
    with _precision():
        start, end, relevance = model(ids, mask, types)
    hidden = mask == 0
    starts = start.float().masked_fill(hidden, -1e4).log_softmax(-1)
    ends = end.float().masked_fill(hidden, -1e4).log_softmax(-1)
    likelihoods = []
    for row, feature in enumerate(batch):
        spans = torch.tensor(feature.spans or ((0, 0),))
        likelihoods.append(
            torch.logsumexp(starts[row, spans[:, 0]] + ends[row, spans[:, 1]], dim=0)
        )
    span_loss = -torch.stack(likelihoods).mean() / 2
    known = torch.tensor([f.relevant is not None for f in batch])
    truth = torch.tensor([float(bool(f.relevant)) for f in batch])
    relevance_loss = binary_cross_entropy_with_logits(relevance.float()[known], truth[known])
    return span_loss + relevance_weight * relevance_loss


@torch.no_grad()
def score(
    model: SpanReader, data: Dataset, features: Features, questions: list[int]
) -> dict[str, float]:
    """``squad_scores`` on gold paragraphs; its ``best_f1`` is the figure to watch."""
    model.eval()
    built = features.build([Example(q, data.questions[q].paragraph) for q in questions])
    order = sorted(range(len(built)), key=lambda i: len(built[i].window.ids))
    best: dict[int, tuple[float, str]] = {}
    for begin in range(0, len(order), 64):
        batch = [built[i] for i in order[begin : begin + 64]]
        with _precision():
            outputs = model(*_tensors(batch))
        starts, ends = (o.float().numpy() for o in outputs[:2])
        for row, feature in enumerate(batch):
            window = feature.window
            spans, null = decode(
                starts[row],
                ends[row],
                prefix=window.prefix,
                length=window.length,
                max_tokens=30,
                top_k=1,
            )
            gap = spans[0].score - null
            question = data.questions[feature.question]
            offsets = features.paragraph(question.paragraph).offsets
            left = offsets[window.first + spans[0].first][0]
            right = offsets[window.first + spans[0].last][1]
            if gap > best.get(feature.question, (-np.inf, ""))[0]:
                best[feature.question] = (gap, data.paragraphs[question.paragraph][left:right])
    model.train()
    predictions = []
    for number, (gap, text) in best.items():
        asked = data.questions[number]
        predictions.append(Prediction(asked.id, asked.text, asked.golds, text, gap, gap >= 0))
    return squad_scores(predictions)


def _log(run: Path, **row: object) -> None:
    with (run / "log.jsonl").open("a", encoding="utf-8") as handle:
        handle.write(json.dumps(row) + "\n")


def _checkpoint(run: Path, step: int, model: SpanReader, optimizer: torch.optim.Optimizer) -> None:
    temporary = run / "state.pt.tmp"
    torch.save(
        {"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, temporary
    )
    os.replace(temporary, run / "state.pt")


def _resume(run: Path, model: SpanReader, optimizer: torch.optim.Optimizer) -> int:
    if not (run / "state.pt").exists():
        return 0
    state = torch.load(run / "state.pt", weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])
