"""The sections of a document, each named by its heading and those above it."""

from __future__ import annotations

from qa.types import Block, Section

SEPARATOR = " › "
# Longer ones are cut where they name a section or a document: all of it repeats them.
_LONGEST_HEADING = 160


def sections(text: str, blocks: tuple[Block, ...]) -> tuple[Section, ...]:
    """What stands under each heading; text before the first one has no section."""
    headings = [block for block in blocks if block.heading]
    ends = [block.start for block in headings[1:]] + [len(text)]
    result: list[Section] = []
    trail: list[tuple[int, str]] = []
    for block, end in zip(headings, ends, strict=False):
        title = short_heading(text[block.start : block.end])
        trail = [*(entry for entry in trail if entry[0] < block.heading), (block.heading, title)]
        result.append(Section(SEPARATOR.join(name for _, name in trail), block.start, end))
    return tuple(result)


def short_heading(heading: str) -> str:
    """A heading or title as it stands in the name of a section, or for its document."""
    name = " ".join(heading.split())
    return name if len(name) <= _LONGEST_HEADING else f"{name[:_LONGEST_HEADING].rstrip()}…"
