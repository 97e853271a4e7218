"""What a format module makes of a file's text."""

from __future__ import annotations

from dataclasses import dataclass, field

from qa.types import Block, Metadata


@dataclass(frozen=True, slots=True)
class Parsed:
    """The canonical text with its title, metadata and blocks, in order of position."""

    text: str
    title: str
    blocks: tuple[Block, ...]
    metadata: Metadata = field(default_factory=dict)
