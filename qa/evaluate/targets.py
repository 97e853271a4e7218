"""What is evaluated: anything that answers questions; here, a pipeline in this process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from qa.answer.pipeline import Options, Pipeline
from qa.answer.retriever import Retriever
from qa.config import Settings
from qa.index.sentences import in_sentences

_TRACED = Options(trace=True)
DOCUMENTS_KEPT = 64


@dataclass(frozen=True, slots=True)
class Found:
    """A retrieved passage; offsets count in its document."""

    document: str
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Cited:
    """A quotation that a reply claims: ``text`` stands at ``start`` of the document."""

    document: str
    start: int
    end: int
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one question.

    Attributes:
        text: the first answer, given or withheld; "" if there was none.
        confidence: of that answer; 0 if there was none.
        given: whether it was given.
        sentence: the sentence shown around it; "" if it was not given.
        quotations: every citation of every answer given, and the sentence of each.
        passages: those found, best first.
        passages_read: how many of them the answer was sought in, the first ones.
        milliseconds: from asking to having the reply.
        stages: milliseconds by stage, as the reply tells them.
    """

    text: str
    confidence: float
    given: bool
    reason: str | None
    sentence: str
    quotations: tuple[Cited, ...]
    passages: tuple[Found, ...]
    passages_read: int
    snapshot: str | None
    milliseconds: float
    stages: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Read:
    """What the reader alone makes of one passage; as in ``Asked``."""

    text: str
    confidence: float
    given: bool
    milliseconds: float


class Target(Protocol):
    """Something that answers questions."""

    def identity(self) -> dict[str, object]:
        """What its answers depend on, as far as it can be told."""

    def ask(self, question: str) -> Asked:
        """Answer as shipped."""

    def retrieve(self, question: str, depth: int) -> tuple[Found, ...] | None:
        """The best passages, or None if only those of a reply can be had."""

    def read(self, question: str, passage: str) -> Read:
        """Have the reader read one passage."""

    def document(self, id: str) -> tuple[str, str]:
        """Text and SHA-256 of a document.

        Raises:
            DocumentNotFound: there is none with this id.
        """


class LocalTarget:
    """The pipeline in this process."""

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self.pipeline = pipeline
        self._retriever = Retriever(
            pipeline.snapshot, settings.retrieval.candidates, settings.retrieval.dense_weight
        )
        self.document = lru_cache(DOCUMENTS_KEPT)(self._document)

    def identity(self) -> dict[str, object]:
        """Snapshot, embedding model, reader and threshold."""
        manifest = self.pipeline.snapshot.manifest
        return {
            "snapshot": self.pipeline.snapshot.id,
            "passages": manifest.passages,
            "embedding_model": {"name": manifest.model, "sha256": manifest.model_sha256},
            "threshold": self.pipeline.threshold,
            "gap_threshold": self.pipeline.calibration.gap_threshold,
        }

    def ask(self, question: str) -> Asked:
        """Answer as shipped; what was withheld is taken from the trace."""
        began = time.perf_counter()
        reply = self.pipeline.ask(question, _TRACED)
        elapsed = 1000 * (time.perf_counter() - began)
        quotations = []
        for answer in reply.answers:
            quotations += [
                Cited(c.document, c.start, c.end, answer.text, c.sha256) for c in answer.citations
            ]
            first, sentence = answer.citations[0], answer.sentence
            quotations.append(
                Cited(first.document, sentence.start, sentence.end, sentence.text, first.sha256)
            )
        text, confidence = first_candidate(reply.trace)
        return Asked(
            text=reply.answers[0].text if reply.answers else text,
            confidence=confidence,
            given=bool(reply.answers),
            reason=reply.reason,
            sentence=reply.answers[0].sentence.text if reply.answers else "",
            quotations=tuple(quotations),
            passages=tuple(
                Found(h.passage.document, h.passage.start, h.passage.end, h.passage.text, h.score)
                for h in reply.hits
            ),
            passages_read=reply.passages_read,
            snapshot=reply.snapshot,
            milliseconds=elapsed,
            stages=dict(reply.took_ms),
        )

    def retrieve(self, question: str, depth: int) -> tuple[Found, ...]:
        """The best passages."""
        return tuple(
            Found(h.passage.document, h.passage.start, h.passage.end, h.passage.text, h.score)
            for h in self._retriever.search(question, depth)
        )

    def read(self, question: str, passage: str) -> Read:
        """The reader's best span, given if its score reaches the shipped threshold."""
        began = time.perf_counter()
        reading = self.pipeline.reader.read(question, [in_sentences(passage)])[0]
        elapsed = 1000 * (time.perf_counter() - began)
        if not reading.spans:
            return Read("", 0.0, False, elapsed)
        span = reading.spans[0]
        given = span.score >= self.pipeline.calibration.gap_threshold
        return Read(passage[span.start : span.end], span.score, given, elapsed)

    def _document(self, id: str) -> tuple[str, str]:
        document = self.pipeline.snapshot.store.document(id)
        return document.text, document.sha256


def first_candidate(trace: Any) -> tuple[str, float]:
    """Text and confidence of the best candidate, given or not."""
    return (str(trace[0]["text"]), float(trace[0]["confidence"])) if trace else ("", 0.0)
