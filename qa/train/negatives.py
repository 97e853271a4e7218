"""Hard negatives: passages a retriever would hand the reader that don't answer."""

from __future__ import annotations

import bm25s
import Stemmer

from qa.evaluate.datasets import Dataset
from qa.evaluate.squad import normalize


def retrieved_negatives(data: Dataset, questions: list[int], depth: int = 8) -> list[int]:
    """For each question, the best BM25 paragraph that doesn't hold its answer; -1 if none.

    Paragraphs of every article compete, as they do when the reader serves. A
    paragraph that contains a gold answer's text is skipped: it may well answer.
    """
    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25()
    index.index(
        bm25s.tokenize(data.paragraphs, stemmer=stemmer, show_progress=False), show_progress=False
    )
    asked = [data.questions[q] for q in questions]
    tokens = bm25s.tokenize([q.text for q in asked], stemmer=stemmer, show_progress=False)
    found, _ = index.retrieve(tokens, k=min(depth, len(data.paragraphs)), show_progress=False)
    folded = [f" {normalize(text)} " for text in data.paragraphs]
    negatives = []
    for question, ranked in zip(asked, found, strict=True):
        golds = [f" {normalize(gold)} " for gold in question.golds]
        negatives.append(
            next(
                (
                    int(p)
                    for p in ranked
                    if p != question.paragraph and not any(gold in folded[p] for gold in golds)
                ),
                -1,
            )
        )
    return negatives
