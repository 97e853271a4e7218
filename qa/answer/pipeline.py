"""Question → passages → spans → answers, or an abstention."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tokenizers import Tokenizer

from qa.answer.antecedents import Turn
from qa.answer.evidence import Candidate, contenders, gather
from qa.answer.followups import resolve
from qa.answer.library import ContextLibrary, Library, SnapshotLibrary
from qa.answer.readers import load_reader
from qa.answer.retriever import Retriever, rank
from qa.answer.text import equal_form
from qa.config import Settings
from qa.index.chunker import Chunker
from qa.index.snapshot import Snapshot
from qa.types import Answer, Citation, Hit, MetadataValue, Reading, Reason, Reply, Text

log = logging.getLogger(__name__)

# An alternative to the first answer is worth showing from this confidence on.
_ALTERNATIVE = 0.25
# Passages read between two looks at the clock, where there is a deadline.
_DEADLINE_STEP = 2


@dataclass(frozen=True, slots=True)
class Options:
    """How one question is to be answered; None means as configured.

    Attributes:
        min_confidence: answers below it are not given.
        documents: ids of the only documents to answer from.
        where: metadata values of the only documents to answer from.
        deadline_ms: stop reading passages, best-ranked first, when this much time has
            gone since the question came in; the first ones are always read.
        trace: whether to report the evidence behind each candidate.
        history: earlier turns, oldest first, that the question may refer to.
    """

    max_answers: int | None = None
    top_k: int | None = None
    min_confidence: float | None = None
    documents: Sequence[str] | None = None
    where: Mapping[str, MetadataValue] | None = None
    deadline_ms: float | None = None
    trace: bool = False
    history: Sequence[Turn] = ()


DEFAULTS = Options()


class Pipeline:
    """Answers questions from one snapshot. Safe to share by threads."""

    def __init__(self, snapshot: Snapshot, settings: Settings) -> None:
        """Set up the configured reader with its calibration.

        Raises:
            ModelError: there is no such reader, or its files are missing or damaged.
        """
        self.snapshot = snapshot
        self._settings = settings
        self._retriever = Retriever(
            snapshot, settings.retrieval.candidates, settings.retrieval.dense_weight
        )
        self.reader, self.calibration = load_reader(
            settings.answering.reader, snapshot.encoder, settings.index.folder
        )
        chunking = snapshot.manifest.chunking
        # A copy: the encoder's own tokenizer cuts long texts off.
        tokenizer = Tokenizer.from_str(snapshot.encoder.tokenizer.to_str())
        tokenizer.no_truncation()
        self._chunker = Chunker(tokenizer, chunking.passage_tokens, chunking.overlap_sentences)
        target = settings.answering.target_precision
        self.threshold = self.calibration.threshold(target)
        if target > self.calibration.highest_precision:
            log.warning(
                "answering.target_precision: %s can't be kept, %s is the highest that was measured",
                target,
                self.calibration.highest_precision,
            )

    def ask(self, question: str, options: Options = DEFAULTS) -> Reply:
        """Answer from the snapshot's documents.

        Raises:
            DocumentNotFound: ``options.documents`` names one that isn't there.
            FieldError: ``options.where`` names metadata that no document has.
        """
        clock = _Clock()
        top_k = options.top_k or self._settings.retrieval.top_k
        rewritten = resolve(question, options.history)
        if len(rewritten or "") > self._settings.server.max_question_chars:
            # Whoever asks it again in these words would be refused.
            rewritten = None
        read = rewritten or question
        hits = self._retriever.search(read, top_k, options.documents, options.where)
        clock.lap("retrieve")
        library = SnapshotLibrary(self.snapshot)
        reply = self._answer(read, hits, library, options, clock, self.snapshot.id)
        return replace(reply, question=question, rewritten=rewritten)

    def extract(self, question: str, contexts: Sequence[str], options: Options = DEFAULTS) -> Reply:
        """Answer from the caller's own texts; document ids are their numbers from 0."""
        clock = _Clock()
        library = ContextLibrary(contexts, self._chunker)
        texts = [library.text(passage) for passage in library.passages]
        top_k = self._settings.retrieval.top_k
        hits = rank(question, library.passages, texts, self.snapshot.encoder, top_k)
        clock.lap("retrieve")
        return self._answer(question, hits, library, options, clock, None)

    def _answer(
        self,
        question: str,
        hits: Sequence[Hit],
        library: Library,
        options: Options,
        clock: _Clock,
        snapshot: str | None,
    ) -> Reply:
        texts = [library.text(hit.passage) for hit in contenders(hits)]
        readings = self._read(question, texts, options.deadline_ms, clock)
        clock.lap("read")
        candidates = gather(hits[: len(readings)], readings)
        probabilities = [self.calibration.probability(c.features) for c in candidates]
        ranked = sorted(
            zip(probabilities, candidates, strict=True),
            key=lambda pair: (-pair[0], -pair[1].features["support"]),
        )
        reason = self._reason(hits, [p for p, _ in ranked], options)
        answers = () if reason else tuple(self._answers(ranked, library, options))
        return Reply(
            question=question,
            answers=answers,
            reason=reason,
            hits=tuple(hits),
            passages_read=len(readings),
            snapshot=snapshot,
            took_ms=clock.total(),
            trace=tuple(_trace(p, c) for p, c in ranked) if options.trace else None,
        )

    def _read(
        self, question: str, texts: Sequence[Text], deadline_ms: float | None, clock: _Clock
    ) -> list[Reading]:
        """Readings of the passages, or of as many of the first as there is time for."""
        if not texts:
            return []
        if deadline_ms is None:
            return self.reader.read(question, texts)
        readings: list[Reading] = []
        step = 0.0
        while len(readings) < len(texts) and (
            not readings or clock.elapsed() + step <= deadline_ms
        ):
            began = clock.elapsed()
            readings += self.reader.read(
                question, texts[len(readings) : len(readings) + _DEADLINE_STEP]
            )
            step = clock.elapsed() - began
        return readings

    def _reason(
        self, hits: Sequence[Hit], probabilities: list[float], options: Options
    ) -> Reason | None:
        if not hits:
            return "no_passages"
        if not probabilities:
            return "no_span"
        given = options.min_confidence
        lowest = self.threshold if given is None else given
        return "low_confidence" if probabilities[0] < lowest else None

    def _answers(
        self, ranked: list[tuple[float, Candidate]], library: Library, options: Options
    ) -> list[Answer]:
        count = options.max_answers or self._settings.answering.max_answers
        lowest = _ALTERNATIVE if options.min_confidence is None else options.min_confidence
        chosen = [ranked[0], *(pair for pair in ranked[1:] if pair[0] >= lowest)][:count]
        return [_answer(probability, candidate, library) for probability, candidate in chosen]


def _answer(probability: float, candidate: Candidate, library: Library) -> Answer:
    # A sentence that says more than the answer, before a heading or a table's field.
    told = [(library.sentence_around(p.hit.passage, p.start, p.end), p) for p in candidate.places]
    form = equal_form(candidate.text)
    told.sort(key=lambda pair: equal_form(pair[0].text) == form)
    sentence, best = told[0]
    citations = []
    for _, place in told:
        # Places that say the same in other letters are evidence, but not quotations.
        if place.text != best.text:
            continue
        passage = place.hit.passage
        title, sha256 = library.cited(passage.document)
        citations.append(
            Citation(
                document=passage.document,
                title=title,
                start=place.start,
                end=place.end,
                section=passage.section,
                page=library.page(passage.document, place.start),
                sha256=sha256,
            )
        )
    return Answer(best.text, probability, sentence, tuple(citations))


def _trace(probability: float, candidate: Candidate) -> Mapping[str, object]:
    return {
        "text": candidate.text,
        "confidence": probability,
        "places": len(candidate.places),
        **candidate.features,
    }


class _Clock:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = time.perf_counter()
        self._laps[stage] = 1000 * (now - self._last)
        self._last = now

    def elapsed(self) -> float:
        """Milliseconds since the question came in."""
        return 1000 * (time.perf_counter() - self._began)

    def total(self) -> dict[str, float]:
        """The stages and their total so far, to a hundredth of a millisecond."""
        stages = self._laps | {"total": self.elapsed()}
        return {name: round(ms, 2) for name, ms in stages.items()}
