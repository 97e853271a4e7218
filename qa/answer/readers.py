"""The configured reader with the calibration of its confidences."""

from __future__ import annotations

import functools
import hashlib
import logging
import shutil
from importlib import resources
from pathlib import Path

from qa.answer.confidence import Calibration, shipped
from qa.answer.sentence_reader import SentenceReader
from qa.answer.span_reader import LAYOUT_FILE, SpanReader
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
    return _foreign_reader(name, _stamp(name), index / CACHE), shipped(SPAN)


@functools.lru_cache(maxsize=1)
def _foreign_reader(name: str, stamp: str, exports: Path) -> SpanReader:
    """A Hugging Face model; one for the process, as long as its files look the same."""
    model = _short_hash(name)
    folder = exports / f"{model}-{_short_hash(stamp)}"
    if not (folder / LAYOUT_FILE).exists():
        # Imported only now: it needs torch.
        from qa.answer.foreign_reader import export

        export(name, folder)
        for former in exports.glob(f"{model}-*"):
            if former != folder:
                shutil.rmtree(former, ignore_errors=True)
    reader = SpanReader(folder)
    log.warning("the confidences of %s are calibrated for the reader that ships, not for it", name)
    return reader


def _stamp(name: str) -> str:
    """What the files of a model's folder look like now; nothing for one of the hub."""
    files = [(path.name, path.stat()) for path in sorted(Path(name).glob("*"))]
    return "\n".join(f"{file} {status.st_size} {status.st_mtime_ns}" for file, status in files)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@functools.cache
def span_reader() -> SpanReader:
    """The trained reader that ships; one for the process, whatever snapshots come and go."""
    with resources.as_file(resources.files("qa.answer").joinpath("data", "reader")) as folder:
        return SpanReader(folder)


def sentence_reader(encoder: Encoder) -> SentenceReader:
    """The baseline without trained weights."""
    return SentenceReader(encoder)
