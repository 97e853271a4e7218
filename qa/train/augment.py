"""Training examples made from others, so that the reader learns to check, not to remember."""

from __future__ import annotations

import random
from collections import defaultdict

import regex

from qa.evaluate.datasets import Dataset
from qa.evaluate.judge import holds_gold
from qa.index.sentences import sentence_spans
from qa.index.terms import function_terms, terms
from qa.types import Block

# A capital that starts a sentence says nothing: a name is taken after a lower-case word.
_NAME = regex.compile(r"(?<=\p{Ll}[,;]? )\p{Lu}[\w-]+(?: (?:(?:of|the|and) )?\p{Lu}[\w-]+)*")
_NUMBER = regex.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w])")

# How often a part of a paragraph without the answer is the one nearest to the question.
NEAREST = 0.8


class Augmenter:
    """Variants of a dataset's questions and paragraphs.

    The changed questions follow Jia and Liang ("Adversarial Examples for Evaluating
    Reading Comprehension Systems", 2017), whose swaps of names and numbers make most
    of what annotators do by hand in SQuAD 2.0.
    """

    def __init__(self, data: Dataset) -> None:
        self._data = data
        self._sentences: dict[int, list[tuple[int, int]]] = {}
        self._terms: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for title, paragraph in zip(data.titles, data.paragraphs, strict=True):
            for term in _terms(paragraph):
                self._terms[title][_shape(term)].append(term)

    def swapped(self, question: int, rng: random.Random) -> str | None:
        """The question about another name or number, which its paragraph doesn't mention.

        The one replaced stands in the paragraph, so the question no longer fits it;
        ``None`` if nothing can be replaced.
        """
        asked = self._data.questions[question]
        paragraph = self._data.paragraphs[asked.paragraph]
        terms = [term for term in _terms(asked.text) if term in paragraph]
        if not terms:
            return None
        term = rng.choice(terms)
        known = f"{paragraph} {asked.text}".casefold()
        others = self._terms[self._data.titles[asked.paragraph]][_shape(term)]
        for other in rng.sample(others, min(5, len(others))):
            if not any(word in known for word in other.casefold().split()):
                return asked.text.replace(term, other, 1)
        return None

    def without_answer(self, question: int) -> list[tuple[int, int]]:
        """Code point spans of the sentences that don't hold the answer; possibly none."""
        holding = self._holding(question)
        return [
            s for s in self._split(self._data.questions[question].paragraph) if s not in holding
        ]

    def thinned(self, question: int, share: float, rng: random.Random) -> list[tuple[int, int]]:
        """Spans of the sentences left when a share of those without the answer is dropped."""
        holding = self._holding(question)
        sentences = self._split(self._data.questions[question].paragraph)
        kept = [s for s in sentences if s in holding or rng.random() >= share]
        return kept or sentences

    def cropped(
        self, question: int, paragraph: int, characters: int, rng: random.Random
    ) -> list[tuple[int, int]]:
        """The span of a run of sentences, grown from one while it has at most ``characters``.

        It begins at the answer or, in a paragraph without one, mostly at the sentence
        that shares most words with the question.
        """
        asked, text = self._data.questions[question], self._data.paragraphs[paragraph]
        sentences = self._split(paragraph)
        if asked.spans and paragraph == asked.paragraph:
            start, end = rng.choice(asked.spans)
            touched = [
                i for i, (left, right) in enumerate(sentences) if start < right and end > left
            ]
            first, last = touched[0], touched[-1]
        elif rng.random() < NEAREST:
            wanted = set(terms(asked.text)) - function_terms()
            shared = [len(wanted & set(terms(text[left:right]))) for left, right in sentences]
            first = last = shared.index(max(shared))
        else:
            first = last = rng.randrange(len(sentences))
        while True:
            grown = [(first - 1, last)] * (first > 0) + [(first, last + 1)] * (
                last + 1 < len(sentences)
            )
            fitting = [(f, i) for f, i in grown if sentences[i][1] - sentences[f][0] <= characters]
            if not fitting:
                return [(sentences[first][0], sentences[last][1])]
            first, last = rng.choice(fitting)

    def _holding(self, question: int) -> set[tuple[int, int]]:
        asked = self._data.questions[question]
        text = self._data.paragraphs[asked.paragraph]
        return {
            (left, right)
            for left, right in self._split(asked.paragraph)
            if any(start < right and end > left for start, end in asked.spans)
            or holds_gold(text[left:right], asked.golds)
        }

    def _split(self, paragraph: int) -> list[tuple[int, int]]:
        if paragraph not in self._sentences:
            text = self._data.paragraphs[paragraph]
            self._sentences[paragraph] = sentence_spans(text, [Block(0, len(text))])
        return self._sentences[paragraph]


def _terms(text: str) -> list[str]:
    return [m.group() for pattern in (_NAME, _NUMBER) for m in pattern.finditer(text)]


def _shape(term: str) -> str:
    """Numbers of equal length stand for each other (years for years), and so do names."""
    return f"number {len(term)}" if term[0].isdigit() else f"name {min(term.count(' '), 2)}"
