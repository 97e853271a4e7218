"""Hard negatives: passages a retriever would hand the reader that don't answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bm25s
import Stemmer

from qa.evaluate.datasets import Dataset, Question
from qa.evaluate.squad import normalize
from qa.train.data import held_out


class Negatives:
    """BM25 over all paragraphs of a dataset: those of every article compete, as in service."""

    def __init__(self, data: Dataset) -> None:
        self._data = data
        self._stemmer = Stemmer.Stemmer("english")
        self._folded = [f" {normalize(text)} " for text in data.paragraphs]
        self._index = bm25s.BM25()
        self._index.index(self._tokens(data.paragraphs), show_progress=False)

    def of(self, questions: Sequence[int], depth: int = 8) -> list[int]:
        """For each question, the best paragraph that doesn't hold its answer; -1 if none.

        A paragraph that contains a gold answer's text is skipped: it may well answer. So
        are those of articles held out, which no training may see.
        """
        asked = [self._data.questions[q] for q in questions]
        depth = min(depth, len(self._data.paragraphs))
        tokens = self._tokens([q.text for q in asked])
        found, _ = self._index.retrieve(tokens, k=depth, show_progress=False)
        return [
            next((int(p) for p in ranked if self._unanswering(question, p)), -1)
            for question, ranked in zip(asked, found, strict=True)
        ]

    def _unanswering(self, question: Question, paragraph: int) -> bool:
        golds = (f" {normalize(gold)} " for gold in question.golds)
        return (
            paragraph != question.paragraph
            and not held_out(self._data.titles[paragraph])
            and not any(gold in self._folded[paragraph] for gold in golds)
        )

    def _tokens(self, texts: list[str]) -> Any:
        return bm25s.tokenize(texts, stemmer=self._stemmer, show_progress=False)
