"""Train the span reader on the questions themselves."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from qa.evaluate.datasets import Dataset, load_squad
from qa.evaluate.runs import sample
from qa.index.files import whole_tokenizer
from qa.train.augment import Augmenter
from qa.train.data import Example, Feature, Features, length, split, vary
from qa.train.loop import HELD_OUT_SEED, Recipe, epochs, fit, reads
from qa.train.losses import annotation_loss, score
from qa.train.model import SpanReader
from qa.train.negatives import Negatives

# Share of the sentences without the answer that a thinned paragraph loses.
THINNED = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRecipe(Recipe):
    """The shares are of the questions.

    They are asked of a retrieved paragraph as well (``negative_share``), asked with a
    name or number swapped (``swapped_share``) or of their paragraph without the answer's
    sentence (``cut_share``) where that can be done, and read with some other sentences
    left out (``thinned_share``).
    """

    negative_share: float = 0.1
    swapped_share: float = 0.25
    cut_share: float = 0.08
    thinned_share: float = 0.3


def train(
    recipe: ReaderRecipe, data_file: Path, base: Path, run: Path, evaluate_every: int
) -> None:
    """Train into ``run``, with the reader in its ``model/`` at the end."""
    torch.manual_seed(recipe.seed)
    data = load_squad(data_file)
    tokenizer = whole_tokenizer(base)
    features = Features(data, tokenizer)
    questions, held = split(data)
    judged = sample(held, 1500, HELD_OUT_SEED)
    model = SpanReader.from_folder(base, recipe.dropout)

    fit(
        recipe,
        model,
        _batches(recipe, data, questions, features),
        lambda batch: annotation_loss(model, batch, recipe.relevance_weight),
        lambda: score(model, data, features, judged),
        run,
        evaluate_every,
        reads(data_file, base),
    )
    model.save(run / "model")
    tokenizer.save(str(run / "model" / "tokenizer.json"))


def _batches(
    recipe: ReaderRecipe, data: Dataset, questions: list[int], features: Features
) -> Iterator[list[Feature]]:
    augmenter = Augmenter(data)
    negatives = dict(zip(questions, Negatives(data).of(questions), strict=True))

    def order(rng: random.Random) -> list[Example]:
        examples = list(_epoch(recipe, data, augmenter, negatives, rng))
        rng.shuffle(examples)
        return examples

    return epochs(recipe, order, lambda chunk, _: features.build(chunk), length)


def _epoch(
    recipe: ReaderRecipe,
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
