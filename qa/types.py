"""The words of the project as data, and the Protocols between its rooms.

All offsets count Unicode code points. ``start`` is inclusive, ``end`` exclusive.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

MetadataScalar = str | int | float | bool
MetadataValue = MetadataScalar | list[MetadataScalar]
Metadata = Mapping[str, MetadataValue]
Reason = Literal["no_passages", "no_span", "low_confidence"]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph-like slice of a document's text that no sentence crosses.

    Attributes:
        heading: 0 for running text, 1 to 6 for a heading of that level.
    """

    start: int
    end: int
    heading: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading, up to the next heading of any level.

    Attributes:
        title: the heading with its parents, outermost first, joined by " › ".
    """

    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on one page, or a part of it: a paragraph goes on above the footnotes.

    Attributes:
        number: counted from 1 in the file, whatever is printed on the page.
    """

    number: int
    start: int
    end: int


def page_at(pages: Sequence[Page], position: int) -> int | None:
    """Number of the page that an offset is on; None if there are no pages."""
    following = bisect_right(pages, position, key=lambda page: page.start)
    return pages[following - 1].number if following else None


@dataclass(frozen=True, slots=True)
class Document:
    """One source file, read into one canonical text.

    Attributes:
        id: unique in a snapshot, made from the file's path; safe in a URL path.
        path: the file, relative to the source folder, with forward slashes.
        sha256: of ``text`` encoded as UTF-8, so that a citation can be checked
            against what the documents endpoint returns.
        file_sha256: of the source file's bytes.
        pages: in order of position, with no gap between them; none if the format has no pages.
    """

    id: str
    title: str
    text: str
    path: str
    sha256: str
    file_sha256: str
    metadata: Metadata = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of a document: ``document.text[start:end] == text``.

    Attributes:
        row: its number in the snapshot.
        document: the document's id.
        section: title of the section it stands in, or None.
        page: number of the page it begins on, or None.
    """

    row: int
    document: str
    start: int
    end: int
    text: str
    section: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text to embed, index or read, and the places of its sentences in it, in order.

    What stands outside them, a heading put before it, is part of the text only.
    """

    text: str
    sentences: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage.

    Attributes:
        score: what the ranking is by; in [0, 1], comparable between questions on one
            snapshot.
        dense: cosine similarity of the question and the passage's nearest sentence.
        lexical: BM25 score.
    """

    passage: Passage
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Span:
    """A slice of a passage proposed as the answer; offsets count from the passage's start.

    Attributes:
        score: how far it is above "not answered here".
    """

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of one passage.

    Attributes:
        spans: best first; empty if the reader found nothing to propose.
        relevance: logit of "this passage answers the question"; 0 if the reader has
            no such output. The calibrations that ship don't use it, explanations show it.
    """

    spans: tuple[Span, ...]
    relevance: float = 0.0


@dataclass(frozen=True, slots=True)
class Sentence:
    """One or more whole sentences of a document: ``document.text[start:end] == text``."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """Where an answer stands: ``document.text[start:end]`` is the answer's text."""

    document: str
    title: str
    start: int
    end: int
    section: str | None
    page: int | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A short answer in the documents' own words.

    Attributes:
        confidence: calibrated probability that the answer is right.
        sentence: the whole sentence(s) around the first citation.
        citations: every place found with exactly this text, best first; never empty.
    """

    text: str
    confidence: float
    sentence: Sentence
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The outcome of one question: answers, or a reason for giving none.

    Attributes:
        hits: the nearest passages, best first.
        passages_read: how many of them the reader read, the first: the best two, and others
            hardly behind the best for which there was time.
        snapshot: id of the one snapshot everything above was read from.
        took_ms: milliseconds by stage.
        trace: evidence behind each candidate, only if it was asked for.
        rewritten: the question in words that stand alone, if it referred to earlier turns.
    """

    question: str
    answers: tuple[Answer, ...]
    reason: Reason | None
    hits: tuple[Hit, ...]
    passages_read: int
    snapshot: str | None
    took_ms: Mapping[str, float]
    trace: tuple[Mapping[str, object], ...] | None = None
    rewritten: str | None = None


class Encoder(Protocol):
    """Turns texts into unit vectors."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape ``(len(texts), dimension)``, each of length 1."""


class Reader(Protocol):
    """Proposes spans of passages as answers to a question."""

    def read(self, question: str, passages: Sequence[Text]) -> list[Reading]:
        """One reading for each passage, in order."""
