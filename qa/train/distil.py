"""Train the span reader on what a larger one says (Hinton et al., 2015)."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from qa.evaluate.datasets import Dataset, load_squad
from qa.evaluate.runs import sample
from qa.index.files import whole_tokenizer
from qa.train.data import Feature, Features, length, split, vary
from qa.train.labels import Label, load, source
from qa.train.loop import HELD_OUT_SEED, Recipe, epochs, fit, precision, reads
from qa.train.losses import HIDDEN, Outputs, relevance_loss, score, span_loss, tensors
from qa.train.model import SpanReader

Labelled = tuple[Feature, Label]


@dataclass(frozen=True, slots=True, kw_only=True)
class DistilRecipe(Recipe):
    """``hard_share`` of the span loss is that of the annotated spans.

    The rest is how far the student's distributions, at ``temperature``, are from the teacher's.
    """

    learning_rate: float = 1e-4
    warmup_steps: int = 200
    hard_share: float = 0.3
    temperature: float = 2.0
    seed: int = 21


def train(
    recipe: DistilRecipe,
    data_file: Path,
    base: Path,
    labels: Path,
    run: Path,
    evaluate_every: int,
) -> None:
    """Train into ``run``, with the reader in its ``model/`` at the end."""
    torch.manual_seed(recipe.seed)
    made_of = source(labels)
    data = load_squad(data_file)
    tokenizer = whole_tokenizer(base)
    features = Features(data, tokenizer)
    _, held = split(data)
    judged = sample(held, 1500, HELD_OUT_SEED)
    model = SpanReader.from_folder(base, recipe.dropout)

    def loss(batch: list[Labelled]) -> Tensor:
        read = [feature for feature, _ in batch]
        ids, mask, types = tensors(read)
        with precision():
            outputs = model(ids, mask, types)
        hard = span_loss(read, outputs, mask)
        soft = divergence(batch, outputs, recipe.temperature)
        relevance = recipe.relevance_weight * relevance_loss(read, outputs)
        return recipe.hard_share * hard + (1 - recipe.hard_share) * soft + relevance

    fit(
        recipe,
        model,
        _batches(recipe, data, features, load(labels)),
        loss,
        lambda: score(model, data, features, judged),
        run,
        evaluate_every,
        reads(data_file, base) | {"labels": made_of},
    )
    model.save(run / "model")
    tokenizer.save(str(run / "model" / "tokenizer.json"))


def _batches(
    recipe: DistilRecipe, data: Dataset, features: Features, labels: list[Label]
) -> Iterator[list[Labelled]]:
    def build(chunk: Sequence[Label], rng: random.Random) -> list[Labelled]:
        labelled = []
        for label in chunk:
            text = label.example.text or data.questions[label.example.question].text
            built = features.build([replace(label.example, text=vary(text, rng))])
            # A question that a slip makes longer may leave its passage two windows.
            if len(built) == 1:
                labelled.append((built[0], label))
        return labelled

    def order(rng: random.Random) -> list[Label]:
        return rng.sample(labels, len(labels))

    return epochs(recipe, order, build, lambda pair: length(pair[0]))


def divergence(batch: Sequence[Labelled], outputs: Outputs, temperature: float) -> Tensor:
    """Mean Kullback-Leibler divergence from the teacher of the spans' starts and ends.

    Scaled by the square of the temperature, which keeps the gradient's size.
    """
    longest = 1 + max(feature.window.length for feature, _ in batch)
    places = torch.zeros(len(batch), longest, dtype=torch.long)
    taught = torch.full((2, len(batch), longest), HIDDEN)
    for row, (feature, label) in enumerate(batch):
        window = feature.window
        n = 1 + window.length
        places[row, 1:n] = torch.arange(window.prefix, window.prefix + window.length)
        for side, logits in enumerate((label.start, label.end)):
            taught[side, row, :n] = torch.from_numpy(logits) / temperature
    wanted = taught.log_softmax(-1)
    said = torch.stack([logits.float().gather(1, places) for logits in outputs[:2]]) / temperature
    said = said.masked_fill(taught == HIDDEN, HIDDEN).log_softmax(-1)
    return (wanted.exp() * (wanted - said)).sum(-1).mean() * temperature**2
