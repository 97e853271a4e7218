"""How reading time grows with texts made to take time: twice the text, how many times as long."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import PurePosixPath
from statistics import median

from qa.answer.tidy import tidy
from qa.errors import IngestError
from qa.index.sentences import sentence_spans
from qa.ingest.markdown import parse
from qa.types import Block
from tests.hostile import MARKDOWN, SENTENCES, SIZE, WORDS

ROUNDS = 5


def seconds(read: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    # What is nested too deeply is refused, which has to be as fast.
    with contextlib.suppress(IngestError):
        read(text)
    return time.process_time() - began


def markdown(text: str) -> None:
    parse(text, PurePosixPath("hostile.md"))


def sentences(text: str) -> None:
    sentence_spans(text, [Block(0, len(text))])


def words(text: str) -> None:
    tidy(text, 2, 3)


def main() -> None:
    """Print a table."""
    print("| text | KiB | s | twice the text takes, times |\n|---|---|---|---|")
    for read, texts in ((markdown, MARKDOWN), (sentences, SENTENCES), (words, WORDS)):
        for name, text in texts.items():
            once, twice = text(SIZE), text(2 * SIZE)
            # In turns, so that a machine that slows down slows both.
            pairs = [(seconds(read, once), seconds(read, twice)) for _ in range(ROUNDS)]
            first, second = (median(column) for column in zip(*pairs, strict=True))
            size = len(once) // 1024
            print(
                f"| {read.__name__}: {name} | {size} | {first:.2f} | {second / first:.1f} |",
                flush=True,
            )
