"""Train a larger reader, to teach the one that ships."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import MPNetConfig, MPNetModel

from qa.answer.windows import Layout
from qa.evaluate.datasets import Dataset, load_squad
from qa.evaluate.runs import sample
from qa.index.files import whole_tokenizer
from qa.train.augment import Augmenter
from qa.train.data import Example, Feature, Features, length, split
from qa.train.loop import HELD_OUT_SEED, Recipe, epochs, fit, reads
from qa.train.losses import Outputs, annotation_loss, score


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherRecipe(Recipe):
    """The larger network learns slowly: what it reads is chosen to teach it most in its time.

    Paragraphs are cut to ``crop`` characters around the answer, but for a
    ``whole_share``; ``answerable_share`` of the answerable questions are asked, about as many as
    there are without an answer; the lowest ``frozen`` layers stay as they were.
    """

    batch: int = 16
    learning_rate: float = 3e-5
    warmup_steps: int = 150
    decay_share: float = 0.35
    dropout: float = 0.0
    seed: int = 1
    frozen: int = 4
    crop: int = 420
    whole_share: float = 0.12
    answerable_share: float = 0.667


class Teacher(nn.Module):
    """Start, end and relevance logits from an MPNet encoder (Song et al., 2020)."""

    def __init__(self, config: MPNetConfig) -> None:
        super().__init__()
        self.encoder = MPNetModel(config, add_pooling_layer=False)
        self.qa_outputs = nn.Linear(config.hidden_size, 2)
        self.relevance = nn.Linear(config.hidden_size, 1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, _: Tensor) -> Outputs:
        """As ``SpanReader.forward``; the encoder knows no segments."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        start, end = self.qa_outputs(hidden).unbind(-1)
        return start, end, self.relevance(hidden[:, 0]).squeeze(-1)

    @classmethod
    def from_folder(cls, folder: Path, dropout: float = 0.0, frozen: int = 0) -> Teacher:
        """Load an encoder, its embeddings and ``frozen`` lowest layers not to be trained.

        Raises:
            ValueError: the folder holds no MPNet encoder.
        """
        config = MPNetConfig.from_pretrained(folder)
        config.hidden_dropout_prob, config.attention_probs_dropout_prob = dropout, 0.0
        model = cls(config)
        stored = load_file(folder / "model.safetensors").items()
        missing, unexpected = model.encoder.load_state_dict(
            {name: w.float() for name, w in stored if "pooler." not in name}, strict=False
        )
        if missing or [name for name in unexpected if "position_ids" not in name]:
            raise ValueError(
                f"{folder}: not an MPNet encoder (missing {missing}, unknown {unexpected})"
            )
        for part in (model.encoder.embeddings, *model.encoder.encoder.layer[:frozen]):
            part.requires_grad_(False)
        return model


def layout(tokenizer: Tokenizer) -> Layout:
    """``<s> question </s></s> passage </s>``, of an MPNet tokenizer.

    Raises:
        ValueError: the tokenizer has no <s> or </s>.
    """
    cls, sep = tokenizer.token_to_id("<s>"), tokenizer.token_to_id("</s>")
    if cls is None or sep is None:
        raise ValueError("the tokenizer has no <s> or no </s>")
    return Layout(cls, (sep, sep))


def train(
    recipe: TeacherRecipe, data_file: Path, base: Path, run: Path, evaluate_every: int
) -> None:
    """Train into ``run``, whose ``state.pt`` is the teacher."""
    torch.manual_seed(recipe.seed)
    data = load_squad(data_file)
    tokenizer = whole_tokenizer(base)
    features = Features(data, tokenizer, layout(tokenizer))
    questions, held = split(data)
    judged = sample(held, 500, HELD_OUT_SEED)
    model = Teacher.from_folder(base, recipe.dropout, recipe.frozen)

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


def _batches(
    recipe: TeacherRecipe, data: Dataset, questions: list[int], features: Features
) -> Iterator[list[Feature]]:
    augmenter = Augmenter(data)

    def order(rng: random.Random) -> list[Example]:
        examples = [
            _example(recipe, data, augmenter, question, rng)
            for question in questions
            if not data.questions[question].spans or rng.random() < recipe.answerable_share
        ]
        rng.shuffle(examples)
        return examples

    return epochs(recipe, order, lambda chunk, _: features.build(chunk), length)


def _example(
    recipe: TeacherRecipe, data: Dataset, augmenter: Augmenter, question: int, rng: random.Random
) -> Example:
    paragraph = data.questions[question].paragraph
    whole = len(data.paragraphs[paragraph]) <= recipe.crop or rng.random() < recipe.whole_share
    kept = None if whole else augmenter.cropped(question, paragraph, recipe.crop, rng)
    return Example(question, paragraph, kept=kept)
