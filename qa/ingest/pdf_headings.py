"""Which paragraphs of a PDF are headings, and of what level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa.ingest.lines import continues
from qa.ingest.pdf_characters import Style
from qa.ingest.pdf_layout import Paragraph

# Times the size of the running text.
_LARGER, _SMALLER = 1.08, 0.94
_LONGEST, _MOST_LINES = 160, 3
_NO_END = (".", ",", ";", ":", "。", "，", "；", "：")
_LOWEST = 6


def with_levels(found: Sequence[Paragraph], body: Style) -> list[Paragraph]:
    """Headings with their levels: by their tags, or the larger and bolder the higher."""
    if any(each.lines[0].tag.heading for each in found):
        return [replace(each, heading=each.lines[0].tag.heading) for each in found]
    looks = {
        (each.size, each.lines[0].style.bold) for each in found if _looks_like_heading(each, body)
    }
    levels = {look: min(_LOWEST, rank) for rank, look in enumerate(sorted(looks, reverse=True), 1)}
    return [
        replace(each, heading=levels[each.size, each.lines[0].style.bold])
        if _looks_like_heading(each, body)
        else each
        for each in found
    ]


def _looks_like_heading(paragraph: Paragraph, body: Style) -> bool:
    """Whether it is short, and larger than the running text or bold where that isn't."""
    lines = paragraph.lines
    text = " ".join(line.text for line in lines)
    if len(lines) > _MOST_LINES or len(text) > _LONGEST or paragraph.table:
        return False
    if lines[0].tag.artifact or not lines[0].upright or continues(text):
        return False
    # More digits than letters are a row's.
    if sum(map(str.isalpha, text)) <= sum(map(str.isdecimal, text)) or text.endswith(_NO_END):
        return False
    if paragraph.size >= _LARGER * body.size:
        return True
    same = paragraph.size >= _SMALLER * body.size
    return same and not body.bold and all(line.style.bold for line in lines)
