"""How a PDF is set: the style of its running text, and how far its lines are apart and reach."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence

from qa.ingest.pdf_characters import Style
from qa.ingest.pdf_lines import TextLine

# In ems: lines that are further apart, and fewer, are no text with a space between its lines.
_SPACED, _MANY_SPACED = 1.75, 5
# Pages of more are no text to be read, and take time with the square of their lines.
_MOST_LINES = 2000
# In ems: lines of one column, and of one paragraph, begin no further apart.
_SAME_COLUMN, _SAME_LEFT = 5, 0.5
_OWN_MARGIN = 3


def body_style(lines: Iterable[TextLine]) -> Style:
    """How most characters look."""
    styles: Counter[Style] = Counter()
    for line in lines:
        styles[line.style] += len(line.text)
    return styles.most_common(1)[0][0] if styles else Style(0)


class Margins:
    """How far to the right lines can reach."""

    def __init__(self, lines: Sequence[TextLine]) -> None:
        self._pages = {
            page: list(group) for page, group in itertools.groupby(lines, lambda line: line.page)
        }

    def __call__(self, group: Sequence[TextLine]) -> float:
        """How far the lines of a group can reach; where a column stands beside it, not over it."""
        on_page = self._pages[group[0].page]
        if len(on_page) > _MOST_LINES:
            return max(line.right for line in group)
        limit = min(
            (
                other.left
                for line in group
                for other in on_page
                if other.left >= line.right and abs(other.base - line.base) < line.style.size
            ),
            default=math.inf,
        )
        left, right = min(line.left for line in group), max(line.right for line in group)
        size = group[0].style.size
        # Several lines tell what their own margin is, as that of a quotation, if others agree.
        near = _SAME_COLUMN if len(group) < _OWN_MARGIN else _SAME_LEFT
        beside = (
            other.right
            for other in on_page
            if other.style.size == size and abs(other.left - left) < near * size
        )
        return max((each for each in beside if right <= each <= limit), default=right)


def usual_distances(lines: Sequence[TextLine]) -> dict[float, float]:
    """How far apart lines of each size mostly are, where there are enough to tell."""
    counts: dict[float, Counter[float]] = {}
    for line, following in itertools.pairwise(lines):
        size, distance = line.style.size, following.base - line.base
        if line.page == following.page and following.style.size == size < distance < 3 * size:
            counts.setdefault(size, Counter())[round(2 * distance) / 2] += 1
    usual: dict[float, float] = {}
    for size, each in counts.items():
        # Items of a list may be further apart than lines, and more in number; few lines that are
        # far apart are paragraphs.
        found = [
            distance
            for distance, number in each.items()
            if 4 * number >= max(each.values())
            and (distance <= _SPACED * size or number >= _MANY_SPACED)
        ]
        if found:
            usual[size] = min(found)
    return usual
