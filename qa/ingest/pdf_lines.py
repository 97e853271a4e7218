"""The lines of a PDF's page, made of characters and their places."""

from __future__ import annotations

import itertools
import re
import statistics
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pypdfium2 as pdfium

from qa.control import CONTROL
from qa.ingest.inline import raised
from qa.ingest.pdf_characters import Character, Characters, Style
from qa.ingest.pdf_tags import Tag

# In ems: characters this much above or below each other are of different lines, a mark that is
# smaller and higher is raised, and wider gaps than a justified line has divide columns.
_OFF_LINE, _RAISED, _GAP = 0.6, 0.12, 1.6
_SMALLER = 0.85
_LIGATURES = re.compile("[\ufb00-\ufb06]")


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on a line with no wide gap in it; ``left`` and ``right`` in points."""

    text: str
    left: float
    right: float


@dataclass(frozen=True)
class TextLine:
    """A line of text.

    Attributes:
        page: number of its page, from 1.
        base: how far down the page it stands, in points.
        place: the same as a part of the page's height.
        upright: whether it runs as most of the page does.
    """

    page: int
    words: tuple[Words, ...]
    base: float
    place: float
    style: Style
    tag: Tag
    upright: bool

    @cached_property
    def text(self) -> str:
        """All words of the line."""
        return " ".join(words.text for words in self.words)

    @property
    def left(self) -> float:
        """Where the line begins."""
        return self.words[0].left

    @property
    def right(self) -> float:
        """Where the line ends."""
        return self.words[-1].right


def page_lines(page: pdfium.PdfPage, number: int) -> tuple[list[TextLine], int]:
    """The lines of a page as the file has them, and how many characters can't be told.

    That is mostly the order they are read in: column by column, and text before its footnotes.

    Raises:
        PdfiumError: the page's text is damaged.
    """
    text = page.get_textpage()
    try:
        found = Characters(page, text)
        characters = list(found)
    finally:
        text.close()
    height = found.height or 1
    lines = [line for part in _on_lines(characters) if (line := _line(part, number, height))]
    if found.on_its_side:
        # The order of such lines is what their characters' places make of it.
        lines.sort(key=lambda line: line.base)
    return lines, found.unknown


def _on_lines(characters: Sequence[Character]) -> Iterator[list[Character]]:
    line: list[Character] = []
    last: Character | None = None
    base, size = 0.0, 0.0
    for character in characters:
        own = character.look.style.size
        if last and _leaves(last, character, base, size):
            yield line
            line = []
        # A line may begin with the raised number of a footnote.
        if not line or own > size:
            base, size = character.base, own
        line.append(character)
        if character.text != " ":
            last = character
    if line:
        yield line


def _leaves(last: Character, character: Character, base: float, size: float) -> bool:
    """Whether a character is not on the line that another one is on."""
    if character.look.tag.cell != last.look.tag.cell:
        return True
    if character.look.tag.heading != last.look.tag.heading and character.text != " ":
        return True
    if not (character.look.upright and last.look.upright):
        return character.look is not last.look
    em = max(size, character.look.style.size)
    # Words that are read from right to left follow to the left.
    back = character.left < last.left - em and not _is_leftwards(character.text, last.text)
    return abs(character.base - base) > _OFF_LINE * em or back


def _is_leftwards(*characters: str) -> bool:
    return any(unicodedata.bidirectional(each) in ("R", "AL") for each in characters)


def _line(characters: list[Character], page: int, height: float) -> TextLine | None:
    shown = [each for each in characters if each.text != " "]
    if not shown:
        return None
    style = statistics.mode(each.look.style for each in shown)
    base = statistics.median(each.base for each in shown if each.look.style == style)
    if style.fixed and not all(each.look.style.fixed for each in shown):
        # A line of code has nothing else on it.
        style = replace(style, fixed=False)
    words = tuple(_words(part, style, base) for part in _between_gaps(characters, style.size))
    words = tuple(each for each in words if each.text)
    if not words:
        return None
    tag = statistics.mode(each.look.tag for each in shown)
    upright = shown[0].look.upright
    return TextLine(page, words, base, base / height, style, tag, upright)


def _between_gaps(characters: list[Character], size: float) -> Iterator[list[Character]]:
    """The parts of a line that wide gaps divide."""
    part: list[Character] = []
    end = None
    for character in characters:
        if character.text != " ":
            if end is not None and character.left - end > _GAP * size and character.look.upright:
                yield part
                part = []
            end = character.right
        part.append(character)
    yield part


def _words(characters: list[Character], style: Style, base: float) -> Words:
    characters = list(_as_read(characters))
    pieces: list[str] = []
    high: list[str] = []
    for each in characters:
        small = each.look.style.size < _SMALLER * style.size
        if small and base - each.base > _RAISED * style.size and each.text != " ":
            high.append(each.text)
            continue
        pieces += [raised("".join(high)), each.text]
        high = []
    text = "".join([*pieces, raised("".join(high))])
    # Characters over U+FFFF come as two halves on some systems.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _LIGATURES.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    text = unicodedata.normalize("NFC", CONTROL.sub("", text))
    shown = [each for each in characters if each.text != " "]
    left, right = min(each.left for each in shown), max(each.right for each in shown)
    return Words(" ".join(text.split()), left, right)


def _as_read(characters: list[Character]) -> Iterator[Character]:
    """The characters of words that are read from right to left in that order."""
    for leftwards, group in itertools.groupby(characters, lambda each: _is_leftwards(each.text)):
        word = list(group)
        yield from reversed(word) if leftwards and word[0].left < word[-1].left else word
