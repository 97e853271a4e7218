"""SQuAD 2.0 questions as training features for the span reader."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tokenizers import Encoding, Tokenizer

from qa.answer.windows import Window, bert_layout, windows
from qa.evaluate.datasets import Dataset

MAX_LENGTH = 320
STRIDE = 96
# Of the paragraphs, how many are cut to an excerpt, and its tokens: an excerpt trains in
# half the time of its paragraph, and most of what it leaves out isn't about the question.
EXCERPT_SHARE = 0.7
EXCERPT_LENGTH = 80


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
    """Rewrite some questions the way people type them: no question mark, a slip of the finger."""
    if rng.random() < 0.15:
        text = text.rstrip("?").rstrip()
    if rng.random() < 0.06:
        letters = [i for i in range(len(text) - 1) if text[i : i + 2].isalpha()]
        if letters:
            i = rng.choice(letters)
            swapped = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
            text = rng.choice((swapped, text[:i] + text[i + 1 :]))
    return text


class Features:
    """Turns (question, paragraph) pairs into windows, encoding each paragraph once."""

    def __init__(self, data: Dataset, tokenizer: Tokenizer) -> None:
        self._data = data
        self._tokenizer = tokenizer
        self._layout = bert_layout(tokenizer)
        self._ends = set(tokenizer.encode(". ? !", add_special_tokens=False).ids)
        self._paragraphs: list[Encoding] = tokenizer.encode_batch(
            data.paragraphs, add_special_tokens=False
        )

    def paragraph(self, index: int) -> Encoding:
        """The encoding of a paragraph, without special tokens."""
        return self._paragraphs[index]

    def build(
        self,
        pairs: Sequence[tuple[int, int]],
        texts: Sequence[str] | None = None,
        excerpts: random.Random | None = None,
    ) -> list[Feature]:
        """Features of (question, paragraph) pairs; ``texts`` replaces the question texts.

        Given a source of chance, ``excerpts``, most paragraphs are cut to a few
        sentences (``_excerpt``).
        """
        texts = texts or [self._data.questions[q].text for q, _ in pairs]
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [
            feature
            for (question, paragraph), encoding in zip(pairs, encoded, strict=True)
            for feature in self._one(question, paragraph, encoding.ids, excerpts)
        ]

    def _one(
        self, index: int, paragraph: int, question: list[int], excerpts: random.Random | None
    ) -> Iterator[Feature]:
        encoding = self._paragraphs[paragraph]
        asked = self._data.questions[index]
        here = paragraph == asked.paragraph
        places = [_tokens(encoding, *span) for span in asked.spans] if here else []
        ids = encoding.ids
        if excerpts is not None and excerpts.random() < EXCERPT_SHARE:
            first, end = _excerpt(ids, self._ends, set(question), places, excerpts)
            ids = ids[first:end]
            places = [(a - first, b - first) for a, b in places if first <= a and b < end]
        for window in windows(
            question,
            ids,
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
            yield Feature(index, window, inside, relevant)


def _excerpt(
    ids: Sequence[int],
    ends: set[int],
    question: set[int],
    places: Sequence[tuple[int, int]],
    rng: random.Random,
) -> tuple[int, int]:
    """First token and end of the sentences around an answer, in ``EXCERPT_LENGTH`` tokens.

    Without an answer, those around the sentence that has most words of the question,
    so that the length of a text doesn't give away whether it answers.
    """
    borders = [0, *(i + 1 for i, token in enumerate(ids) if token in ends), len(ids)]
    if places:
        first, last = rng.choice(places)
    else:
        sentences = list(pairwise(borders))
        first = max(sentences, key=lambda s: len(question.intersection(ids[s[0] : s[1]])))[0]
        last = first
    left = max(b for b in borders if b <= first)
    right = min(b for b in borders if b > last or b == len(ids))
    while True:
        before = max((b for b in borders if b < left), default=left)
        after = min((b for b in borders if b > right), default=right)
        grown = [
            (a, b)
            for a, b in ((before, right), (left, after))
            if (a, b) != (left, right) and b - a <= EXCERPT_LENGTH
        ]
        if not grown:
            return left, right
        left, right = rng.choice(grown)


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
