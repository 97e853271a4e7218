"""A reader without trained weights: the best sentence, by embedding and shared words.

The baseline that the span reader is measured against.
"""

from __future__ import annotations

from collections.abc import Sequence

from qa.index.terms import content_terms, terms
from qa.types import Encoder, Reading, Span, Text


class SentenceReader:
    """Proposes each passage's sentences as spans.

    A sentence's score is the cosine of its embedding with the question's plus the
    share of the question's content words it holds. Neither depends on what else is read.
    """

    def __init__(self, encoder: Encoder, spans: int = 3) -> None:
        self._encoder = encoder
        self._spans = spans

    def read(self, question: str, passages: Sequence[Text]) -> list[Reading]:
        """One reading for each passage, in order."""
        places = [(i, *place) for i, passage in enumerate(passages) for place in passage.sentences]
        sentences = list(dict.fromkeys(passages[i].text[s:e] for i, s, e in places))
        if not sentences:
            return [Reading(()) for _ in passages]
        vectors = self._encoder.encode([question, *sentences])
        cosines = dict(zip(sentences, (vectors[1:] @ vectors[0]).tolist(), strict=True))
        wanted = set(content_terms(question))
        spans: list[list[Span]] = [[] for _ in passages]
        for i, start, end in places:
            sentence = passages[i].text[start:end]
            shared = len(wanted.intersection(terms(sentence))) / max(1, len(wanted))
            spans[i].append(Span(start, end, cosines[sentence] + shared))
        return [
            Reading(tuple(sorted(found, key=lambda s: (-s.score, s.start))[: self._spans]))
            for found in spans
        ]
