"""What a format module makes of a file's text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from qa.types import Block, Metadata


@dataclass(frozen=True, slots=True)
class Parsed:
    """The canonical text with its title, metadata and blocks, in order of position."""

    text: str
    title: str
    blocks: tuple[Block, ...]
    metadata: Metadata = field(default_factory=dict)


def title_of(path: PurePosixPath) -> str:
    """A file's name as words, for want of a title in the text."""
    return re.sub(r"[_\s]+", " ", path.stem).strip() or path.stem
