"""SQuAD 2.0 questions as training features for the span reader."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Encoding, Tokenizer

from qa.answer.windows import MAX_LENGTH, STRIDE, Layout, Window, bert_layout, windows
from qa.evaluate.datasets import Dataset
from qa.index.terms import function_terms, terms


@dataclass(frozen=True, slots=True)
class Example:
    """A question to ask of a paragraph.

    Attributes:
        text: how it is asked, where that isn't the dataset's wording.
        kept: code point spans of the parts of the paragraph that are shown; all of it
            if ``None``.
        answered: whether what is shown may still hold the answer.
    """

    question: int
    paragraph: int
    text: str | None = None
    kept: Sequence[tuple[int, int]] | None = None
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Feature:
    """A window with its labels; ``spans`` are positions in ``window.ids``, ends inclusive.

    ``relevant`` is whether the whole passage answers the question, ``None`` where
    this window of an answering passage doesn't hold the answer.
    """

    question: int
    window: Window
    spans: tuple[tuple[int, int], ...]
    relevant: bool | None


def length(feature: Feature) -> int:
    """How many tokens the network reads."""
    return len(feature.window.ids)


def held_out(title: str) -> bool:
    """Whether an article is kept out of training, for tuning and calibration (about 5 %)."""
    return hashlib.sha256(title.encode()).digest()[0] < 13


def split(data: Dataset) -> tuple[list[int], list[int]]:
    """Indices of the training questions and of the held-out questions."""
    train: list[int] = []
    held: list[int] = []
    for index, question in enumerate(data.questions):
        (held if held_out(data.titles[question.paragraph]) else train).append(index)
    return train, held


def vary(text: str, rng: random.Random) -> str:
    """Rewrite some questions the way people type them: keywords, no question mark, a slip."""
    if rng.random() < 0.05:
        words = text.rstrip("?").split()
        keywords = [word for word in words if not function_terms().issuperset(terms(word))]
        text = " ".join(keywords if len(keywords) > 2 else words)
    if rng.random() < 0.15:
        text = text.rstrip("?").rstrip()
    if rng.random() < 0.1:
        letters = [i for i in range(len(text) - 1) if text[i : i + 2].isalpha()]
        if letters:
            i = rng.choice(letters)
            swapped = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
            text = rng.choice((swapped, text[:i] + text[i + 1 :]))
    return text


class Features:
    """Turns (question, paragraph) pairs into windows, encoding each paragraph once."""

    def __init__(self, data: Dataset, tokenizer: Tokenizer, layout: Layout | None = None) -> None:
        self._data = data
        self._tokenizer = tokenizer
        self._layout = layout or bert_layout(tokenizer)
        self._paragraphs: list[Encoding] = tokenizer.encode_batch(
            data.paragraphs, add_special_tokens=False
        )

    def paragraph(self, index: int) -> Encoding:
        """The encoding of a paragraph, without special tokens."""
        return self._paragraphs[index]

    def build(self, examples: Sequence[Example]) -> list[Feature]:
        """The windows of every example, one example after the other."""
        texts = [e.text or self._data.questions[e.question].text for e in examples]
        encoded = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return [
            feature
            for example, encoding in zip(examples, encoded, strict=True)
            for feature in self._one(example, encoding.ids)
        ]

    def _one(self, example: Example, question: list[int]) -> Iterator[Feature]:
        encoding = self._paragraphs[example.paragraph]
        shown = list(range(len(encoding.ids)))
        if example.kept is not None:
            ranges = [_tokens(encoding, *span) for span in example.kept]
            shown = [i for first, last in ranges for i in range(first, last + 1)]
        position = {token: i for i, token in enumerate(shown)}
        asked = self._data.questions[example.question]
        here = example.answered and example.paragraph == asked.paragraph
        spans = [_tokens(encoding, *span) for span in asked.spans] if here else []
        places = [
            (position[first], position[last])
            for first, last in spans
            if first in position and last in position
        ]
        for window in windows(
            question,
            [encoding.ids[i] for i in shown],
            layout=self._layout,
            max_length=MAX_LENGTH,
            stride=STRIDE,
        ):
            shift = window.prefix - window.first
            inside = tuple(
                (first + shift, last + shift)
                for first, last in places
                if window.first <= first and last < window.first + window.length
            )
            relevant = True if inside else None if places else False
            yield Feature(example.question, window, inside, relevant)


def _tokens(encoding: Encoding, start: int, end: int) -> tuple[int, int]:
    """First and last token that touch a character span."""
    first = last = -1
    for position, (left, right) in enumerate(encoding.offsets):
        if right > start and left < end:
            first = position if first < 0 else first
            last = position
    if first < 0:
        raise ValueError(f"no token touches characters {start}:{end}")
    return first, last
