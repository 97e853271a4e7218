"""Put a dataset's questions to the program."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from qa.answer.pipeline import Options, Pipeline
from qa.config import Settings
from qa.evaluate.datasets import Dataset, Question
from qa.evaluate.metrics import Prediction
from qa.index.builder import build
from qa.index.snapshot import Snapshot
from qa.types import Hit, Reader

_SEPARATOR = "\n\n"
_EVERYTHING = Options(min_confidence=0.0, max_answers=1)


def sample(questions: Sequence[Question], limit: int | None, seed: int) -> list[Question]:
    """All questions, or ``limit`` of them drawn at random, in their order."""
    if limit is None or limit >= len(questions):
        return list(questions)
    chosen = sorted(random.Random(seed).sample(range(len(questions)), limit))
    return [questions[i] for i in chosen]


def index_articles(
    data: Dataset, folder: Path, settings: Settings, titles: Iterable[str] | None = None
) -> Snapshot:
    """Index a dataset's articles with the product's own builder, one file each.

    Args:
        data: where the paragraphs come from.
        folder: an empty folder to work in.
        settings: of the build; its folders are replaced.
        titles: the articles wanted; all if None.
    """
    source = folder / "source"
    source.mkdir()
    for number, title in enumerate(dict.fromkeys(data.titles if titles is None else titles)):
        paragraphs = [p for p, t in zip(data.paragraphs, data.titles, strict=True) if t == title]
        # The title is the file's name; a folder each, as some differ in a slash only.
        name = title.replace("/", "_").lstrip(".") or "untitled"
        file = source / f"{number:04}" / f"{name}.txt"
        file.parent.mkdir()
        file.write_text(_SEPARATOR.join(paragraphs), encoding="utf-8")
    placed = settings.model_copy(
        update={
            "source": settings.source.model_copy(update={"folder": source}),
            "index": settings.index.model_copy(update={"folder": folder / "index"}),
        }
    )
    return Snapshot(build(placed).snapshot)


def end_to_end(
    pipeline: Pipeline, data: Dataset, questions: Sequence[Question]
) -> Iterator[Prediction]:
    """Ask the whole pipeline; nothing tells it which paragraph a question is about."""
    for question in questions:
        began = time.perf_counter()
        reply = pipeline.ask(question.text, _EVERYTHING)
        elapsed = 1000 * (time.perf_counter() - began)
        answer = reply.answers[0] if reply.answers else None
        yield Prediction(
            id=question.id,
            question=question.text,
            golds=question.golds,
            text=answer.text if answer else "",
            confidence=answer.confidence if answer else 0.0,
            given=answer is not None and answer.confidence >= pipeline.threshold,
            rank=_rank(reply.hits, data, question),
            milliseconds=elapsed,
        )


def gold_passage(
    reader: Reader, data: Dataset, questions: Sequence[Question], threshold: float
) -> Iterator[Prediction]:
    """Hand the reader the right paragraph: the upper bound of what retrieval can give it.

    The confidence is the lead of the best span over the null score, so that
    ``threshold`` is one on that lead.
    """
    for question in questions:
        text = data.paragraphs[question.paragraph]
        began = time.perf_counter()
        reading = reader.read(question.text, [text])[0]
        elapsed = 1000 * (time.perf_counter() - began)
        span = reading.spans[0] if reading.spans else None
        lead = span.score - reading.null_score if span else float("-inf")
        yield Prediction(
            id=question.id,
            question=question.text,
            golds=question.golds,
            text=text[span.start : span.end] if span else "",
            confidence=lead,
            given=lead >= threshold,
            milliseconds=elapsed,
        )


def _rank(hits: Sequence[Hit], data: Dataset, question: Question) -> int | None:
    """Rank of the first passage with a piece of the gold paragraph that holds the answer."""
    paragraph = data.paragraphs[question.paragraph]
    for rank, hit in enumerate(hits, 1):
        for start, end in question.spans:
            # Enough of the surroundings to tell this place from others with the same words.
            around = paragraph[max(0, start - 20) : end + 20]
            if around in hit.passage.text or (
                paragraph[start:end] in hit.passage.text and hit.passage.text in paragraph
            ):
                return rank
    return None
