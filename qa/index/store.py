"""Documents, passages and sentences on disk, read through memory maps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import starmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.errors import DocumentNotFound, FieldError, SnapshotError, nearest
from qa.index.chunker import Chunk
from qa.index.files import mapped
from qa.types import Block, Document, Metadata, MetadataValue, Page, Passage, Section, page_at

DOCUMENTS, OUTLINES, TEXTS = "documents.jsonl", "outlines.jsonl", "texts.bin"
PASSAGES, SENTENCES, KEYS = "passages.npy", "sentences.npy", "keys.npy"
KEY_BYTES = 16
# Names listed in a message, and documents whose ids are compared for one.
_LISTED, _COMPARED = 10, 500

# Offsets in code points (start, end) and, to read a passage without decoding its
# whole document, in bytes of texts.bin (left, right).
PASSAGE = np.dtype(
    [
        ("document", "<u4"),
        ("start", "<u4"),
        ("end", "<u4"),
        ("section", "<i4"),
        ("left", "<u8"),
        ("right", "<u8"),
    ]
)


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept in memory of a document."""

    id: str
    title: str
    path: str
    sha256: str
    file_sha256: str
    metadata: Metadata
    characters: int
    text_at: tuple[int, int]
    outline_at: tuple[int, int]
    passages: tuple[int, int]
    sentences: tuple[int, int]


class Store:
    """Read access to a folder written by ``StoreWriter``."""

    def __init__(self, folder: Path) -> None:
        """Open the files.

        Raises:
            SnapshotError: one is missing or damaged.
        """
        try:
            self._passages = mapped(folder / PASSAGES)
            self._sentences = mapped(folder / SENTENCES)
            self._texts = np.memmap(folder / TEXTS, mode="r", dtype=np.uint8)
            self._outlines = np.memmap(folder / OUTLINES, mode="r", dtype=np.uint8)
            with (folder / DOCUMENTS).open(encoding="utf-8") as lines:
                self.records = [_record(line) for line in lines]
        except (OSError, ValueError, KeyError, TypeError, EOFError):
            raise SnapshotError(f"{folder}: documents are damaged; run 'qa build --full'") from None
        self._numbers = {record.id: number for number, record in enumerate(self.records)}
        # Of its files rather than of itself: a circle would keep a closed snapshot in memory.
        self._outline = partial(_outline, self._outlines, self.records)
        self._places = lru_cache(maxsize=256)(partial(_places, self._outlines, self.records))

    def __len__(self) -> int:
        """How many passages there are."""
        return len(self._passages)

    def record(self, id: str) -> Record:
        """A document's record.

        Raises:
            DocumentNotFound: there is no such document.
        """
        try:
            return self.records[self._numbers[id]]
        except KeyError:
            raise DocumentNotFound(
                f"no document has the id {id[:200]!r}{self._meant(id)}"
            ) from None

    def _meant(self, id: str) -> str:
        near = nearest(id, self._numbers) if len(self.records) <= _COMPARED else None
        return f"; the nearest is {near!r}" if near else ""

    def record_of(self, row: int) -> Record:
        """The record of the document that a passage belongs to."""
        return self.records[int(self._passages[row]["document"])]

    def document(self, id: str) -> Document:
        """A whole document.

        Raises:
            DocumentNotFound: there is no such document.
        """
        record = self.record(id)
        blocks, sections, pages = self._outline(self._numbers[id])
        return Document(
            id=record.id,
            title=record.title,
            text=_slice(self._texts, *record.text_at),
            path=record.path,
            sha256=record.sha256,
            file_sha256=record.file_sha256,
            metadata=record.metadata,
            blocks=blocks,
            sections=sections,
            pages=pages,
        )

    def unchanged(self, id: str, path: str, file_sha256: str) -> Document | None:
        """The document of an id, if it was read from the same bytes at the same place."""
        number = self._numbers.get(id)
        if number is None:
            return None
        record = self.records[number]
        same = (record.path, record.file_sha256) == (path, file_sha256)
        return self.document(id) if same else None

    def chunks(self, document: Document) -> tuple[list[Chunk], list[tuple[int, int]]] | None:
        """A document's passages and sentences, as a chunker gave them.

        None if the document of that id is missing here, or differs in its text, blocks
        or sections.
        """
        number = self._numbers.get(document.id)
        if number is None or self.records[number].sha256 != document.sha256:
            return None
        if self._outline(number)[:2] != (document.blocks, document.sections):
            return None
        record = self.records[number]
        rows = self._passages[slice(*record.passages)]
        places = zip(*(rows[name].tolist() for name in ("start", "end", "section")), strict=True)
        sentences = self._sentences[slice(*record.sentences)].tolist()
        return list(starmap(Chunk, places)), [(start, end) for start, end in sentences]

    def passage(self, row: int) -> Passage:
        """The passage of a row."""
        entry = self._passages[row]
        number, section = int(entry["document"]), int(entry["section"])
        sections, pages = self._places(number)
        return Passage(
            row=row,
            document=self.records[number].id,
            start=int(entry["start"]),
            end=int(entry["end"]),
            text=_slice(self._texts, int(entry["left"]), int(entry["right"])),
            section=sections[section].title if section >= 0 else None,
            page=page_at(pages, int(entry["start"])),
        )

    def passages(self) -> Iterator[Passage]:
        """Every passage in row order."""
        return (self.passage(row) for row in range(len(self)))

    def rows_of(
        self,
        ids: Sequence[str] | None = None,
        where: Mapping[str, MetadataValue] | None = None,
    ) -> NDArray[np.int64] | None:
        """Sorted rows of some documents' passages; None if nothing is asked of them.

        Args:
            ids: the documents; all if None.
            where: values their metadata must have; of a list, one. A list in the
                metadata has each of its entries as a value.

        Raises:
            DocumentNotFound: there is no such document.
            FieldError: no document at all has metadata of a name in ``where``.
        """
        if ids is None and not where:
            return None
        records = self.records if ids is None else list(map(self.record, set(ids)))
        wanted = (where or {}).items()
        for name, _ in wanted:
            self._check_name(name)
        ranges = [
            np.arange(*record.passages, dtype=np.int64)
            for record in records
            if all(_has(record.metadata.get(name), value) for name, value in wanted)
        ]
        return np.sort(np.concatenate(ranges)) if ranges else np.zeros(0, dtype=np.int64)

    @cached_property
    def _names(self) -> frozenset[str]:
        """Those of the metadata; gathered when first asked for, not at every start."""
        return frozenset(name for record in self.records for name in record.metadata)

    def _check_name(self, name: str) -> None:
        if name in self._names:
            return
        near = nearest(name, self._names)
        if near:
            hint = f"the nearest name is {near!r}"
        elif self._names:
            some = sorted(self._names)[:_LISTED]
            more = ", …" if len(self._names) > _LISTED else ""
            hint = f"the names are {', '.join(repr(other[:100]) for other in some)}{more}"
        else:
            hint = "none has any"
        raise FieldError("where", f"no document has metadata named {name[:200]!r}; {hint}")

    def page_at(self, id: str, position: int) -> int | None:
        """Number of the page of a document that an offset is on; None if it has no pages."""
        return page_at(self._places(self._numbers[id])[1], position)

    def sentences_within(self, passage: Passage) -> list[tuple[int, int]]:
        """Sentences of a passage, as offsets in the document."""
        table = self._sentence_table(passage.document)
        first = int(np.searchsorted(table[:, 0], passage.start))
        last = int(np.searchsorted(table[:, 1], passage.end, side="right"))
        return [(int(start), int(end)) for start, end in table[first:last]]

    def _sentence_table(self, id: str) -> NDArray[np.uint32]:
        first, last = self.record(id).sentences
        table: NDArray[np.uint32] = self._sentences[first:last]
        return table


def _outline(
    outlines: NDArray[np.uint8], records: Sequence[Record], number: int
) -> tuple[tuple[Block, ...], tuple[Section, ...], tuple[Page, ...]]:
    raw = json.loads(_slice(outlines, *records[number].outline_at))
    return (
        tuple(Block(*entry) for entry in raw["blocks"]),
        tuple(Section(*entry) for entry in raw["sections"]),
        # Snapshots of former versions have none, and are read to take over their vectors.
        tuple(Page(*entry) for entry in raw.get("pages", ())),
    )


def _places(
    outlines: NDArray[np.uint8], records: Sequence[Record], number: int
) -> tuple[tuple[Section, ...], tuple[Page, ...]]:
    """What is looked up for every passage; a long document's blocks needn't be kept for it."""
    _, sections, pages = _outline(outlines, records, number)
    return sections, pages


def _has(found: MetadataValue | None, wanted: MetadataValue) -> bool:
    """Whether a value, or one of a list of values, is what is wanted, or one of it."""
    return any(
        # True == 1 in Python, but not to whoever wrote the metadata.
        entry == value and isinstance(entry, bool) == isinstance(value, bool)
        for entry in (found if isinstance(found, list) else [found])
        for value in (wanted if isinstance(wanted, list) else [wanted])
    )


def _record(line: str) -> Record:
    raw = json.loads(line)
    for name in ("text_at", "outline_at", "passages", "sentences"):
        raw[name] = tuple(raw[name])
    return Record(**raw)


def _slice(data: NDArray[np.uint8], left: int, right: int) -> str:
    return data[left:right].tobytes().decode()
