"""What a format module makes of a file's text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from qa.types import Block, Metadata, Page

# A rendered line with its heading level, 0 for running text, or -1 for code.
Line = tuple[str, int]
CODE = -1
# Of a document's text: more than any book has. Small files may unpack to it.
MOST_CHARACTERS = 20_000_000


@dataclass(frozen=True, slots=True)
class Parsed:
    """The canonical text with its title, metadata, blocks and pages, in order of position."""

    text: str
    title: str
    blocks: tuple[Block, ...]
    metadata: Metadata = field(default_factory=dict)
    pages: tuple[Page, ...] = ()


def title_of(path: PurePosixPath) -> str:
    """A file's name as words, for want of a title in the text."""
    return re.sub(r"[_\s]+", " ", path.stem).strip() or path.stem


def laid_out(lines: Iterable[Line]) -> tuple[str, tuple[Block, ...]]:
    """Rendered lines as one text, with an empty line between them but in code, and as blocks."""
    pieces: list[str] = []
    blocks: list[Block] = []
    position, before = 0, 0
    for line, heading in lines:
        if pieces:
            gap = "\n" if heading == before == CODE else "\n\n"
            pieces.append(gap)
            position += len(gap)
        pieces.append(line)
        blocks.append(Block(position, position + len(line), max(heading, 0)))
        position += len(line)
        before = heading
    return "".join(pieces), tuple(blocks)


def only_top_heading(text: str, blocks: Sequence[Block]) -> str | None:
    """The heading above all others; of several on one level none says what the whole is."""
    headings = [block for block in blocks if block.heading]
    level = min((block.heading for block in headings), default=0)
    highest = [text[b.start : b.end] for b in headings if b.heading == level]
    return highest[0] if len(highest) == 1 else None
