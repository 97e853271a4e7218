"""Where the passages at hand come from: a snapshot, or texts the caller sent along."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

from qa.index.chunker import Chunker
from qa.index.sentences import covering
from qa.index.snapshot import Snapshot
from qa.ingest.blocks import plain_blocks
from qa.types import Document, Passage, Sentence, Text


class Library(Protocol):
    """Looks up what an answer cites."""

    def cited(self, id: str) -> tuple[str, str]:
        """Title and SHA-256 of a document."""

    def page(self, id: str, position: int) -> int | None:
        """Number of the page of a document that an offset is on; None if it has no pages."""

    def text(self, passage: Passage) -> Text:
        """A passage's text with its sentences, as the document has them."""

    def sentence_around(self, passage: Passage, start: int, end: int) -> Sentence:
        """The whole sentence(s) that hold a slice of a passage."""


class SnapshotLibrary:
    """The documents of a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._store = snapshot.store

    def cited(self, id: str) -> tuple[str, str]:
        """Title and SHA-256 of a document."""
        record = self._store.record(id)
        return record.title, record.sha256

    def page(self, id: str, position: int) -> int | None:
        """Number of the page of a document that an offset is on; None if it has no pages."""
        return self._store.page_at(id, position)

    def text(self, passage: Passage) -> Text:
        """A passage's text with its sentences, as the document has them."""
        return _text(passage, self._store.sentences_within(passage))

    def sentence_around(self, passage: Passage, start: int, end: int) -> Sentence:
        """The whole sentence(s) that hold a slice of a passage."""
        return covering(passage, self._store.sentences_within(passage), start, end)


class ContextLibrary:
    """The caller's own texts, cut into passages; a text's id is its number from 0."""

    def __init__(self, contexts: Sequence[str], chunker: Chunker) -> None:
        self.passages: list[Passage] = []
        self._sentences: dict[str, list[tuple[int, int]]] = {}
        self._sha256: dict[str, str] = {}
        for number, text in enumerate(contexts):
            sha256 = hashlib.sha256(text.encode()).hexdigest()
            document = Document(
                id=str(number),
                title=f"context {number}",
                text=text,
                path="",
                sha256=sha256,
                file_sha256=sha256,
                blocks=plain_blocks(text),
            )
            chunks, self._sentences[document.id] = chunker.chunk(document)
            self._sha256[document.id] = sha256
            for chunk in chunks:
                self.passages.append(
                    Passage(
                        row=len(self.passages),
                        document=document.id,
                        start=chunk.start,
                        end=chunk.end,
                        text=text[chunk.start : chunk.end],
                    )
                )

    def cited(self, id: str) -> tuple[str, str]:
        """Title and SHA-256 of a text."""
        return f"context {id}", self._sha256[id]

    def page(self, id: str, position: int) -> None:
        """A text has no pages."""

    def text(self, passage: Passage) -> Text:
        """A passage's text with its sentences, as the caller's text has them."""
        return _text(
            passage,
            [
                (start, end)
                for start, end in self._sentences[passage.document]
                if passage.start <= start and end <= passage.end
            ],
        )

    def sentence_around(self, passage: Passage, start: int, end: int) -> Sentence:
        """The whole sentence(s) that hold a slice of a passage."""
        return covering(passage, self._sentences[passage.document], start, end)


def _text(passage: Passage, sentences: Sequence[tuple[int, int]]) -> Text:
    shifted = ((start - passage.start, end - passage.start) for start, end in sentences)
    return Text(passage.text, tuple(shifted))
