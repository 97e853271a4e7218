"""The configured reader with the calibration of its confidences."""

from __future__ import annotations

import logging
from importlib import resources
from pathlib import Path

from qa.answer.confidence import Calibration, shipped
from qa.answer.sentence_reader import SentenceReader
from qa.answer.span_reader import SpanReader
from qa.index.sentences import sentence_spans
from qa.ingest.blocks import plain_blocks
from qa.types import Encoder, Reader

log = logging.getLogger(__name__)

SPAN, SENTENCE = "span", "sentence"
# Below the index folder; snapshots don't depend on it.
CACHE = ".readers"


def load_reader(name: str, encoder: Encoder, index: Path) -> tuple[Reader, Calibration]:
    """A reader and its calibration.

    Args:
        name: ``span`` or ``sentence``, which ship, or a Hugging Face question-answering
            model by folder or hub name, exported on first use.
        encoder: the snapshot's, which the sentence reader compares with.
        index: folder of the index, where exported models are kept.

    Raises:
        ModelError: there is no such reader, or its files are missing or damaged.
    """
    if name == SENTENCE:
        return sentence_reader(encoder), shipped(SENTENCE)
    if name == SPAN:
        return span_reader(), shipped(SPAN)
    # Imported only now: it needs torch.
    from qa.answer.foreign_reader import exported

    log.warning("the confidences of %s are calibrated for the reader that ships, not for it", name)
    return SpanReader(exported(name, index / CACHE), name), shipped(SPAN)


def span_reader() -> SpanReader:
    """The trained reader that ships."""
    with resources.as_file(resources.files("qa.answer").joinpath("data", "reader")) as folder:
        return SpanReader(folder, SPAN)


def sentence_reader(encoder: Encoder) -> SentenceReader:
    """The baseline without trained weights."""
    return SentenceReader(encoder, lambda text: sentence_spans(text, plain_blocks(text)))
