"""What a PDF repeats at the top and the bottom of its pages, and the numbers of the pages."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from qa.ingest.pdf_lines import TextLine

# The parts of a page where it may stand, and how many lines of it.
TOP, BOTTOM = 0.12, 0.88
_MOST_LINES = 3
# In points: where it stands on other pages, too.
_SAME_PLACE = 3
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
_PARTS = re.compile(r"([0-9]{1,9})")
_MOST_KEYS = 16
_ONLY_NUMBER = re.compile(
    r"\W*(?:(?:page|p\.|seite|página|pagina|стр\.)\s*)?#(?:\s*(?:/|of|von|de|di|из)\s*#)?\W*",
    re.IGNORECASE,
)
# Larger by so much at the top it is a heading, which may differ in its number only.
_LARGER = 1.1


def without_furniture(pages: Sequence[Sequence[TextLine]], body: float) -> list[list[TextLine]]:
    """The lines of each page without running heads, feet and page numbers.

    What they say else than a number is left once: a head at the start of the first page, a foot
    at the end of the last. Between the pages they would stand in the middle of sentences.
    ``body`` is the size of the running text.
    """
    furniture = _Furniture(pages, body)
    kept: list[list[TextLine]] = []
    for number, lines in enumerate(pages):
        heads = list(furniture.on(number, top=True))
        feet = list(furniture.on(number, top=False))
        gone = {id(line) for line in (*heads, *feet)}
        inner = [line for line in lines if id(line) not in gone]
        before = _said(heads) if number == 0 else []
        after = _said(feet) if number == len(pages) - 1 else []
        kept.append([*before, *inner, *reversed(after)])
    return kept


def _said(lines: Sequence[TextLine]) -> list[TextLine]:
    """What heads or feet say else than the number of their page."""
    parts = ((line, tuple(w for w in line.words if not _is_own(w.text, line))) for line in lines)
    return [replace(line, words=words) for line, words in parts if words]


def _is_own(text: str, line: TextLine) -> bool:
    """Whether a text is the number of the page that a line is on, or a line of a number only."""
    if not _is_number(text):
        return False
    return text == line.text or not _PARTS.fullmatch(text) or int(text) == line.page


class _Furniture:
    """What stands at the edges of the pages, and on how many."""

    def __init__(self, pages: Sequence[Sequence[TextLine]], body: float) -> None:
        self._pages, self._body = pages, body
        # Whether at the top, where, and the words, to the pages.
        self._seen: dict[tuple[bool, int, str], set[int]] = defaultdict(set)
        for number in range(len(pages)):
            for top in (True, False):
                for line in self._edge(number, top=top):
                    # Where it stands may be rounded to the next place.
                    for place, (at, words) in itertools.product((-1, 0, 1), self._keys(line, top)):
                        self._seen[top, at + place, words].add(number)

    def on(self, number: int, *, top: bool) -> Iterator[TextLine]:
        """What is repeated at one edge of a page, from the edge inwards."""
        for line in self._edge(number, top=top):
            repeated = any(len(self._seen[top, *key]) > 1 for key in self._keys(line, top))
            own = _is_number(line.text) and str(number + 1) in _NUMBER.findall(line.text)
            if not (repeated or own):
                # Further in stands the page's own text.
                return
            yield line

    def _edge(self, number: int, *, top: bool) -> Iterator[TextLine]:
        """The outermost lines of a page, from the edge inwards."""
        inwards = sorted(self._pages[number], key=lambda line: line.base, reverse=not top)
        for line in inwards[:_MOST_LINES]:
            if line.tag.cell or not (line.place < TOP if top else line.place > BOTTOM):
                return
            yield line

    def _keys(self, line: TextLine, top: bool) -> Iterator[tuple[int, str]]:
        """Where a line stands and what it says, each number as it is or less that of its page.

        What differs in other numbers says something else: it is a row, or a bill's total.
        """
        at = round(line.base / _SAME_PLACE)
        if top and line.style.size > _LARGER * self._body:
            yield at, line.text
            return
        if _is_number(line.text):
            yield at, _masked(line.text)
            return
        choices = [
            (part, f"#{int(part) - line.page}") if _PARTS.fullmatch(part) else (_masked(part),)
            for part in _PARTS.split(line.text)
        ]
        for said in itertools.islice(itertools.product(*choices), _MOST_KEYS):
            yield at, "".join(said)


def _masked(text: str) -> str:
    return _NUMBER.sub("#", text)


def _is_number(text: str) -> bool:
    """Whether a text says nothing but the number of its page."""
    return _ONLY_NUMBER.fullmatch(_masked(text)) is not None
