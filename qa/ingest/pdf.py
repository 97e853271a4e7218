"""PDF files: the text of their pages in paragraphs, with the number of the page each is on."""

from __future__ import annotations

import itertools
import logging
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import pypdfium2 as pdfium
from pypdfium2 import raw

from qa.control import CONTROL
from qa.errors import IngestError
from qa.ingest.lines import breaks_word, says_something
from qa.ingest.parsed import MOST_CHARACTERS, Line, Parsed, laid_out, only_top_heading, title_of
from qa.ingest.pdf_characters import HYPHEN
from qa.ingest.pdf_furniture import without_furniture
from qa.ingest.pdf_headings import with_levels
from qa.ingest.pdf_layout import Paragraph, paragraphs
from qa.ingest.pdf_lines import TextLine, page_lines
from qa.ingest.pdf_measures import body_style
from qa.ingest.pdf_rows import aligned_rows, goes_on, rows_of_cells
from qa.ingest.sections import short_heading
from qa.ingest.text import titling_line
from qa.types import Block, Page

log = logging.getLogger(__name__)

# Of the characters, a larger part that can't be told is no text.
_MOST_UNKNOWN = 0.2
# What programs write where a title should stand.
_NO_TITLE = re.compile(
    r"\.\w{2,5}$|^(?:microsoft word|untitled|about:blank|\(?anonymous|document\d*$|slide 1$)|[/\\]",
    re.IGNORECASE,
)
_WORD, _LAST, _FIRST = re.compile(r"[\w-]+"), re.compile(r"[\w-]*$"), re.compile(r"\w*")
_COMPOUND = re.compile(r"\w-\w$")
# Of the lines, where words are divided to fill them.
_MANY_DIVIDED = 0.04
# Of pages in a message.
_LISTED = 10

# Words and the page they are on.
_Piece = tuple[str, int]


def parse(data: bytes, path: PurePosixPath) -> Parsed:
    """Put together the text of the pages.

    Raises:
        IngestError: it is no PDF file, is damaged or protected by a password, or holds no text.
    """
    pages, written = _read(data, path)
    body = body_style(itertools.chain.from_iterable(pages))
    lines = list(itertools.chain.from_iterable(without_furniture(pages, body.size)))
    words = _Words(lines)
    found: list[list[_Piece]] = []
    shown: list[Line] = []
    for pieces, heading in _pieces(with_levels(paragraphs(lines, body), body), words):
        line = "".join(said for said, _ in pieces)
        if says_something(line):
            found.append(pieces)
            shown.append((line, heading))
    if not found:
        raise IngestError(f"{path}: holds nothing to read but numbers of pages and marks")
    text, blocks = laid_out(shown)
    said = _first_heading(text, blocks) or titling_line(text, blocks)
    return Parsed(
        text=text,
        title=only_top_heading(text, blocks) or written or said or title_of(path),
        blocks=blocks,
        metadata={"title": short_heading(written)} if written else {},
        pages=_pages(found, blocks),
    )


def _read(data: bytes, path: PurePosixPath) -> tuple[list[list[TextLine]], str]:
    """The lines of each page, and the title that the file states."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise IngestError(f"{path}: protected by a password; save it without one") from None
        raise IngestError(f"{path}: not a PDF file, or damaged; save it again") from None
    pages: list[list[TextLine]] = []
    pictures: list[int] = []
    told = unknown = 0
    try:
        for number in range(1, len(document) + 1):
            try:
                page = document[number - 1]
                lines, more = page_lines(page, number)
                if not lines and any(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE])):
                    pictures.append(number)
                page.close()
            except pdfium.PdfiumError:
                raise IngestError(f"{path}: page {number} is damaged; save it again") from None
            pages.append(lines)
            told += sum(len(line.text) for line in lines)
            unknown += more
            if told > MOST_CHARACTERS:
                raise IngestError(
                    f"{path}: over {MOST_CHARACTERS:,} characters by page {number}; split it"
                )
        written = _written_title(document)
    finally:
        document.close()
    if not told:
        raise IngestError(
            f"{path}: holds no text, only images; have its text recognised (OCR) and save it again"
        )
    if unknown > _MOST_UNKNOWN * told:
        raise IngestError(
            f"{path}: its fonts don't say which letters they show; have its text recognised (OCR) "
            "and save it again"
        )
    if pictures:
        listed = ", ".join(map(str, pictures[:_LISTED]))
        dots = ", …" if len(pictures) > _LISTED else ""
        log.warning("%s: images without text are left out, on page %s%s", path, listed, dots)
    return pages, written


def _written_title(document: pdfium.PdfDocument) -> str:
    """The title that the file states, or an empty one if nobody may have written it."""
    try:
        written = document.get_metadata_value("Title")
    except UnicodeDecodeError:
        return ""
    title = " ".join(CONTROL.sub(" ", written).split())
    return "" if _NO_TITLE.search(title) else title


def _pieces(found: Sequence[Paragraph], words: _Words) -> Iterator[tuple[list[_Piece], int]]:
    """What is to be blocks, and the level of each that is a heading."""

    def joined(lines: Sequence[TextLine]) -> str:
        return "".join(text for text, _ in words.joined(lines))

    at = 0
    while at < len(found):
        paragraph, at = found[at], at + 1
        if not paragraph.table:
            yield words.joined(paragraph.lines), paragraph.heading
        elif paragraph.lines[0].tag.cell:
            # One that goes on over the page has the names of its columns on the first only.
            lines = list(paragraph.lines)
            while at < len(found) and goes_on(lines, found[at].lines):
                lines += found[at].lines
                at += 1
            yield from (([row], 0) for row in rows_of_cells(lines, joined))
        else:
            yield from (([row], 0) for row in aligned_rows(paragraph.lines))


class _Words:
    """Puts lines together, and the words that are divided between them."""

    def __init__(self, lines: Sequence[TextLine]) -> None:
        self._known: set[str] = set()
        before = ""
        divided: list[tuple[str, str]] = []
        for line in lines:
            words = _WORD.findall(line.text)
            broken = before.endswith(HYPHEN)
            if broken:
                divided.append(_ends(before, line.text))
            # Parts of words are none.
            last = -1 if line.text.endswith(HYPHEN) else None
            self._known.update(word.casefold() for word in words[broken:last])
            before = line.text
        whole = sum(f"{one}{other}" in self._known for one, other in divided)
        compound = sum(f"{one}-{other}" in self._known for one, other in divided)
        # Word processors mostly divide only words that have a hyphen anyway.
        self._divides = whole > compound or len(divided) > _MANY_DIVIDED * len(lines)

    def joined(self, lines: Sequence[TextLine]) -> list[_Piece]:
        """The lines as one text, in pieces that are on one page each."""
        pieces: list[_Piece] = []
        followings = [*(line.text for line in lines[1:]), ""]
        for line, following in zip(lines, followings, strict=True):
            pieces.append((self._before(line.text, following), line.page))
        return [
            ("".join(text for text, _ in group), page)
            for page, group in itertools.groupby(pieces, key=lambda piece: piece[1])
        ]

    def _before(self, line: str, following: str) -> str:
        """A line with what stands between it and the next one."""
        broken = line.endswith(HYPHEN)
        line = line.replace(HYPHEN, "")
        if broken:
            return line if self._is_divided(line, following) else f"{line}-"
        if not following:
            return line
        # The hyphen of "14.2-kilometre" is seen to be one of a word by nobody else.
        if breaks_word(line, following) or _COMPOUND.search(f"{line}{following[0]}"):
            return line
        wide = unicodedata.east_asian_width(line[-1]) in "WF"
        close = wide and unicodedata.east_asian_width(following[0]) in "WF"
        return line if close or line[-1] in "—/" else f"{line} "

    def _is_divided(self, line: str, following: str) -> bool:
        """Whether a hyphen at the end of a line is there only because the line ends."""
        one, other = _ends(line, following)
        if not (one and other and following[0].islower()) or "/" in line.split()[-1]:
            return False
        if f"{one}{other}" in self._known or f"{one}-{other}" in self._known:
            return f"{one}{other}" in self._known
        several = "-" in one or (one in self._known and other in self._known)
        return self._divides and not several


def _ends(line: str, following: str) -> tuple[str, str]:
    """The parts of a word that is divided between two lines, in lower case."""
    left, right = _LAST.search(line.rstrip(HYPHEN)), _FIRST.match(following)
    return (left[0] if left else "").casefold(), (right[0] if right else "").casefold()


def _pages(found: Sequence[list[_Piece]], blocks: Sequence[Block]) -> tuple[Page, ...]:
    """Where each page begins among the blocks that the pieces are of."""
    starts: list[tuple[int, int]] = []
    for pieces, block in zip(found, blocks, strict=True):
        position = block.start
        for text, page in pieces:
            if not starts or starts[-1][1] != page:
                starts.append((position, page))
            position += len(text)
    ends = [start for start, _ in starts[1:]] + [blocks[-1].end]
    return tuple(Page(page, start, end) for (start, page), end in zip(starts, ends, strict=True))


def _first_heading(text: str, blocks: Sequence[Block]) -> str | None:
    """The first of the highest headings, if it is what the text begins with."""
    first = next((block for block in blocks if block.heading), None)
    if first is None or first.heading > 1 or first not in blocks[:2]:
        return None
    return text[first.start : first.end]
