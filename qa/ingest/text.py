"""Plain text files."""

from __future__ import annotations

from pathlib import PurePosixPath

from qa.ingest.blocks import plain_blocks
from qa.ingest.parsed import Parsed, title_of

_LONGEST_TITLE = 120


def parse(text: str, path: PurePosixPath) -> Parsed:
    """The text as it stands; the title is its first line if that looks like one."""
    blocks = plain_blocks(text)
    first = text[blocks[0].start : blocks[0].end] if blocks else ""
    looks_like_title = (
        len(blocks) > 1
        and len(first) <= _LONGEST_TITLE
        and not first.endswith((".", "!", "?", "。"))
    )
    return Parsed(text=text, title=first if looks_like_title else title_of(path), blocks=blocks)
