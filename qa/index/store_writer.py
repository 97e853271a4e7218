"""Documents with their passages and sentences, written as ``qa.index.store`` reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.index.chunker import Chunk
from qa.index.store import DOCUMENTS, OUTLINES, PASSAGE, PASSAGES, SENTENCES, TEXTS, Record
from qa.types import Document


class StoreWriter:
    """Appends documents to the store's files, holding none of their text in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._documents = (folder / DOCUMENTS).open("w", encoding="utf-8")
        self._outlines = (folder / OUTLINES).open("wb")
        self._texts = (folder / TEXTS).open("wb")
        self._passages: list[NDArray[np.void]] = []
        self._sentences: list[NDArray[np.uint32]] = []
        self._count = self._passage_count = self._sentence_count = 0

    def add(
        self, document: Document, chunks: Sequence[Chunk], sentences: Sequence[tuple[int, int]]
    ) -> None:
        """Append one document with its passages and sentences."""
        text_at = self._texts.tell()
        raw = document.text.encode()
        self._texts.write(raw)
        outline = json.dumps(
            {
                "blocks": [[b.start, b.end, b.heading] for b in document.blocks],
                "sections": [[s.title, s.start, s.end] for s in document.sections],
                "pages": [[p.number, p.start, p.end] for p in document.pages],
            },
            ensure_ascii=False,
        ).encode()
        outline_at = self._outlines.tell()
        self._outlines.write(outline + b"\n")
        rows = np.zeros(len(chunks), dtype=PASSAGE)
        rows["document"] = self._count
        for name in ("start", "end", "section"):
            rows[name] = [getattr(chunk, name) for chunk in chunks]
        place = _ByteOffsets(document.text)
        rows["left"] = [text_at + place(chunk.start) for chunk in chunks]
        rows["right"] = [text_at + place(chunk.end) for chunk in chunks]
        self._passages.append(rows)
        self._sentences.append(np.array(sentences, dtype=np.uint32).reshape(-1, 2))
        record = Record(
            id=document.id,
            title=document.title,
            path=document.path,
            sha256=document.sha256,
            file_sha256=document.file_sha256,
            metadata=document.metadata,
            characters=len(document.text),
            text_at=(text_at, text_at + len(raw)),
            outline_at=(outline_at, outline_at + len(outline)),
            passages=(self._passage_count, self._passage_count + len(chunks)),
            sentences=(self._sentence_count, self._sentence_count + len(sentences)),
        )
        # Not asdict, which copies every value and so takes longer than all the rest.
        fields = {name: getattr(record, name) for name in Record.__slots__}
        self._documents.write(json.dumps(fields, ensure_ascii=False) + "\n")
        self._count += 1
        self._passage_count += len(chunks)
        self._sentence_count += len(sentences)

    def close(self) -> None:
        """Write the tables and close the files."""
        for handle in (self._documents, self._outlines, self._texts):
            handle.close()
        empty = [np.zeros(0, dtype=PASSAGE)]
        np.save(self._folder / PASSAGES, np.concatenate(self._passages or empty))
        np.save(
            self._folder / SENTENCES,
            np.concatenate(self._sentences or [np.zeros((0, 2), dtype=np.uint32)]),
        )


class _ByteOffsets:
    """Code point offsets to UTF-8 byte offsets, for non-decreasing look-ups mostly."""

    def __init__(self, text: str) -> None:
        self._text, self._ascii = text, text.isascii()
        self._known = (0, 0)

    def __call__(self, position: int) -> int:
        if self._ascii:
            return position
        point, byte = self._known
        if position < point:
            byte -= len(self._text[position:point].encode())
        else:
            byte += len(self._text[point:position].encode())
        self._known = (position, byte)
        return byte
