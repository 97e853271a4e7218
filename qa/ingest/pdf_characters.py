"""The characters of a PDF's page: where they are, how they look, and what they are part of."""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2 as pdfium
from pypdfium2 import raw

from qa.ingest.pdf_rulings import grids
from qa.ingest.pdf_tags import Tag, tags

# An end of line in the middle of a word.
HYPHEN = "\u00ad"
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
# Of regular text it is 400, of what is called bold 700; some fonts state 300 to 350, and 545.
_BOLD_WEIGHT = 500
_FIXED_PITCH = 1
# In ems.
_TOUCHING = 0.12
# In degrees.
_STRAIGHT = 10
_LONGEST_NAME = 128
# Of a page's characters only some are looked at to tell where its text runs.
_EVERY = 7
_UNTAGGED, _ARTIFACT = Tag(), Tag(artifact=True)


@dataclass(frozen=True, slots=True)
class Style:
    """How characters look: their size in points, and whether they are bold or a typewriter's."""

    size: float
    bold: bool = False
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What the characters of one text object have in common.

    Attributes:
        upright: whether they are on lines as most of the page is.
        diagonal: whether they are on slanting ones, as watermarks are.
    """

    style: Style
    tag: Tag
    upright: bool
    diagonal: bool = False


@dataclass(frozen=True, slots=True)
class Character:
    """A character, or the space between two words; where it is in points."""

    text: str
    left: float
    right: float
    base: float
    look: Look


class Characters:
    """Goes through the characters of a page; a space for each gap between words."""

    def __init__(self, page: pdfium.PdfPage, text: pdfium.PdfTextPage) -> None:
        self._text = text
        self._tags = tags(page)
        width, height = page.get_size()
        self._left, self._bottom, *_ = page.get_bbox()
        # Of the page as it is before it is turned to be shown.
        shown = page.get_rotation()
        self._sides = (height, width) if shown in (90, 270) else (width, height)
        self._turned = self._direction()
        self.on_its_side = self._turned != shown
        self._width, self.height = (
            reversed(self._sides) if self._turned in (90, 270) else self._sides
        )
        # Where cells are tagged, what is drawn around them tells nothing more.
        tagged = any(tag.cell for tag in self._tags.values())
        self._grids = [] if tagged else grids(page, self._seen)
        self.unknown = 0

    def __iter__(self) -> Iterator[Character]:
        box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
        before, look = None, Look(Style(0), _UNTAGGED, upright=True)
        last: Character | None = None
        space = end = False
        for at in range(self._text.count_chars()):
            code = raw.FPDFText_GetUnicode(self._text, at)
            if raw.FPDFText_IsGenerated(self._text, at) == 1 or chr(code).isspace():
                end = end or chr(code) in "\r\n"
                space = space or chr(code) not in "\r\n"
                continue
            if raw.FPDFText_IsHyphen(self._text, at) == 1:
                code = ord(HYPHEN)
            elif code in (0, 0xFFFD) or raw.FPDFText_HasUnicodeMapError(self._text, at) == 1:
                self.unknown += 1
                code = code or 0xFFFD
            thing = raw.FPDFText_GetTextObject(self._text, at)
            address = ctypes.cast(thing, ctypes.c_void_p).value
            if address != before or before is None:
                before, look = address, self._look(at, thing)
            raw.FPDFText_GetLooseCharBox(self._text, at, box)
            raw.FPDFText_GetCharOrigin(self._text, at, x, y)
            one, other = self._seen(box.left, box.bottom), self._seen(box.right, box.top)
            left, right = sorted((one[0], other[0]))
            base = self._seen(x.value, y.value)[1]
            if look.diagonal or not self._is_shown((left + right) / 2, base):
                continue
            new = Character(chr(code), left, right, base, self._ruled(look, left, right, base))
            if last and (space or (end and not _touch(last, new))):
                yield Character(" ", last.right, last.right, last.base, last.look)
            yield new
            last, space, end = new, False, False

    def _is_shown(self, x: float, y: float) -> bool:
        """Whether a point is on the page, and not on what has been cut off."""
        return bool(0 <= x <= self._width and 0 <= y <= self.height)

    def _ruled(self, look: Look, left: float, right: float, base: float) -> Look:
        """The look of a character in the cell that it may be in."""
        for grid in self._grids:
            tag = grid.tag((left + right) / 2, base - look.style.size / 3)
            if tag:
                return replace(look, tag=tag)
        return look

    def _direction(self) -> int:
        """Where most text runs, in degrees from rightwards against the clock: 0, 90, 180 or 270.

        A table may lie on its side, whichever way the page is turned.
        """
        angles: Counter[int] = Counter()
        for at in range(0, self._text.count_chars(), _EVERY):
            angles[round(_angle(self._matrix(at)) / 90) % 4 * 90] += 1
        return angles.most_common(1)[0][0] if angles else 0

    def _matrix(self, at: int) -> raw.FS_MATRIX:
        """How a character is put on the page."""
        matrix = raw.FS_MATRIX()
        raw.FPDFText_GetMatrix(self._text, at, matrix)
        return matrix

    def _look(self, at: int, thing: Any) -> Look:
        matrix, flags = self._matrix(at), ctypes.c_int()
        size = raw.FPDFText_GetFontSize(self._text, at) * math.hypot(matrix.c, matrix.d)
        name = ctypes.create_string_buffer(_LONGEST_NAME)
        raw.FPDFText_GetFontInfo(self._text, at, name, _LONGEST_NAME, flags)
        weight = raw.FPDFText_GetFontWeight(self._text, at)
        bold = weight >= _BOLD_WEIGHT or _BOLD.search(name.value.decode("latin-1")) is not None
        angle = (_angle(matrix) - self._turned + 180) % 360 - 180
        content = raw.FPDFPageObj_GetMarkedContentID(thing) if thing else -1
        return Look(
            Style(round(abs(size), 1), bold, fixed=bool(flags.value & _FIXED_PITCH)),
            self._tags.get(content, _ARTIFACT if self._tags else _UNTAGGED),
            upright=abs(angle) < _STRAIGHT,
            diagonal=_STRAIGHT < abs(angle) % 90 < 90 - _STRAIGHT,
        )

    def _seen(self, x: float, y: float) -> tuple[float, float]:
        """Where a point is from the left and the top, the page turned so that it can be read."""
        width, height = self._sides
        x, y = x - self._left, y - self._bottom
        if self._turned == 90:
            return y, x
        if self._turned == 180:
            return width - x, y
        if self._turned == 270:
            return height - y, width - x
        return x, height - y


def _angle(matrix: raw.FS_MATRIX) -> float:
    """Where text runs, in degrees."""
    return math.degrees(math.atan2(matrix.b, matrix.a))


def _touch(character: Character, following: Character) -> bool:
    """Whether two characters are of one word, as there is no gap between them.

    A line is taken to end between a comma and the quotation mark above it, and where letters are
    set closer together.
    """
    em = following.look.style.size
    one, other = character.look, following.look
    return (
        (one.style, one.tag) == (other.style, other.tag)
        and abs(following.base - character.base) < _TOUCHING * em
        and abs(following.left - character.right) < _TOUCHING * em
    )
