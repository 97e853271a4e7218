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
from qa.ingest import html, markdown
from qa.ingest.blocks import plain_blocks
from qa.types import Block
from tests.hostile import HTML, MARKDOWN, PLAIN, SENTENCES, SIZE, WORDS

ROUNDS = 5


def seconds(read: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    # What is nested too deeply is refused, which has to be as fast.
    with contextlib.suppress(IngestError):
        read(text)
    return time.process_time() - began


def plain_texts(text: str) -> None:
    plain_blocks(text)


def markdown_files(text: str) -> None:
    markdown.parse(text, PurePosixPath("hostile.md"))


def html_pages(text: str) -> None:
    html.parse(text, PurePosixPath("hostile.html"))


def sentences(text: str) -> None:
    sentence_spans(text, [Block(0, len(text))])


def words(text: str) -> None:
    tidy(text, 2, 3)


def main() -> None:
    """Print a table."""
    print("| text | KiB | s | twice the text takes, times |\n|---|---|---|---|")
    for read, texts in (
        (plain_texts, PLAIN),
        (markdown_files, MARKDOWN),
        (html_pages, HTML),
        (sentences, SENTENCES),
        (words, WORDS),
    ):
        for name, text in texts.items():
            once, twice = text(SIZE), text(2 * SIZE)
            # In turns, so that a machine that slows down slows both.
            pairs = [(seconds(read, once), seconds(read, twice)) for _ in range(ROUNDS)]
            first, second = (median(column) for column in zip(*pairs, strict=True))
            kind, size = read.__name__.replace("_", " "), len(once) // 1024
            times = f"{first:.2f} | {second / first:.1f}"
            print(f"| {kind}: {name} | {size} | {times} |", flush=True)
