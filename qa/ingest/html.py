"""HTML files: what a browser shows of a page, without its menus and forms.

Rendered here rather than through Markdown: its tables know no spans, its marks meet others in
the text, and its converters take time that grows with the square of some pages.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from qa.control import CONTROL
from qa.errors import IngestError
from qa.ingest.blocks import plain_blocks
from qa.ingest.hidden import HIDING
from qa.ingest.html_tables import data_tables, table_lines
from qa.ingest.inline import raised
from qa.ingest.lines import says_something
from qa.ingest.parsed import CODE, Line, Parsed, laid_out, only_top_heading, title_of
from qa.ingest.sections import short_heading

_UNSEEN = HIDING | {
    *("audio", "datalist", "dialog", "embed", "head", "iframe", "input", "nav", "object"),
    *("progress", "select", "textarea", "video"),
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "center",
            "dd",
            "details",
        ),
        *("dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header"),
        *("hgroup", "hr", "html", "legend", "li", "main", "menu", "ol", "option", "p", "pre"),
        *("search", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
        *("ul", *_HEADINGS),
    }
)
# What they are pressed for is no text of the page, but where they are its headings.
_BUTTONS_IN = frozenset({"dt", "summary", *_HEADINGS})
_HIDDEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
# What XHTML begins with, and the parser takes no text that names its encoding; and what should
# be the end: a browser shows what follows, too.
_LEFT_OUT = re.compile(r"\A\s*<\?xml[^>]*>|</(?:body|html)\s*>", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{1,100}charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
# Where it is looked for, as browsers do.
_CHARSET_WITHIN = 1024


def parse(text: str, path: PurePosixPath) -> Parsed:
    """Render the page and map its headings.

    Raises:
        IngestError: its elements are nested too deep to be read.
    """
    parser = HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
    # As it begins with a tag, a page without any text has a root, too.
    page = document_fromstring(f"<html>{_LEFT_OUT.sub('', text)}", parser=parser)
    if any(error.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for error in parser.error_log):
        raise IngestError(f"{path}: elements are nested too deep; save it as text")
    written = page.findtext(".//title") or ""
    title = " ".join(CONTROL.sub(" ", written).split())
    rendered, blocks = laid_out(_render(page, data_tables(page)))
    return Parsed(
        text=rendered,
        title=title or only_top_heading(rendered, blocks) or title_of(path),
        blocks=blocks,
        metadata={"title": short_heading(title)} if title else {},
    )


def declared_charset(data: bytes) -> str | None:
    """The encoding that a page says it is in."""
    found = _CHARSET.search(data[:_CHARSET_WITHIN])
    return found[1].decode() if found else None


def _render(root: etree._Element, tables: Collection[etree._Element]) -> list[Line]:
    """What is shown of an element, of which the data tables are known."""
    page = _Page(tables)
    walk = etree.iterwalk(root, events=("start", "end"))
    skipped = None
    for event, element in walk:
        if event == "start":
            if not page.begin(element):
                skipped = element
                walk.skip_subtree()
            continue
        if element is not skipped:
            page.end(element)
        if element is not root:
            page.say(element.tail)
    page.flush()
    return page.lines


class _Page:
    """What is shown so far, and what stands in the elements that are open."""

    def __init__(self, tables: Collection[etree._Element]) -> None:
        self.lines: list[Line] = []
        self._tables = tables
        self._said: list[str] = []
        # Before an item's first words: its number.
        self._number = ""
        # Of each list that is open the last number, or none if it has no numbers.
        self._lists: list[int | None] = []
        self._open = dict.fromkeys((*_HEADINGS, "pre", "sup", "summary", "dt"), 0)

    def begin(self, element: etree._Element) -> bool:
        """Enter an element; False if its insides are not to be gone through."""
        tag = str(element.tag)
        if self._is_unseen(element, tag):
            return False
        if tag in _BLOCKS:
            self._break()
        if element in self._tables:
            # The page is rendered around it, its cells by themselves.
            rows = table_lines(element, _words)
            self.lines += [(row, 0) for row in rows if says_something(row)]
            return False
        if tag in self._open:
            self._open[tag] += 1
        if tag in ("ol", "ul", "menu", "dir"):
            self._lists.append(_first_number(element) if tag == "ol" else None)
        elif tag == "li":
            self._begin_item(element)
        elif tag == "br":
            self._said.append("\n")
        elif tag == "q":
            self._said.append("“")
        self.say(element.text)
        return True

    def end(self, element: etree._Element) -> None:
        """Leave an element that was entered."""
        tag = str(element.tag)
        if tag == "q":
            self._said.append("”")
        if tag in _HEADINGS or tag == "pre":
            self.flush()
        elif tag in _BLOCKS:
            self._break()
        if tag in self._open:
            self._open[tag] -= 1
        if tag in ("ol", "ul", "menu", "dir") and self._lists:
            self._lists.pop()
        elif tag == "li":
            self._number = ""

    def say(self, text: str | None) -> None:
        """Add words to the line."""
        if not text:
            return
        if not self._open["pre"]:
            text = _SPACES.sub(" ", text)
        self._said.append(raised(text) if self._open["sup"] else text)

    def flush(self) -> None:
        """End the line."""
        said, self._said = "".join(self._said), []
        level = self._heading()
        if self._open["pre"]:
            code = map(str.rstrip, said.splitlines())
            self._add((line, CODE) for line in code if says_something(line))
        elif level:
            self._add((line, level) for line in [" ".join(said.split())] if says_something(line))
        else:
            found = (said[block.start : block.end] for block in plain_blocks(said))
            for line in found:
                self._add([(f"{self._number}{' '.join(line.split())}", 0)])

    def _add(self, lines: Iterator[Line] | list[Line]) -> None:
        before = len(self.lines)
        self.lines += lines
        if len(self.lines) > before:
            self._number = ""

    def _break(self) -> None:
        """End the line, but for that of a heading, which is one."""
        if self._heading():
            self._said.append(" ")
        else:
            self.flush()

    def _heading(self) -> int:
        return next((level for tag, level in _HEADINGS.items() if self._open[tag]), 0)

    def _begin_item(self, element: etree._Element) -> None:
        if not self._lists or self._lists[-1] is None:
            return
        given = _whole_number(element.get("value"))
        number = given if given is not None else self._lists[-1] + 1
        self._lists[-1] = number
        self._number = f"{number}. "

    def _is_unseen(self, element: etree._Element, tag: str) -> bool:
        if tag == "button" and not any(self._open[each] for each in _BUTTONS_IN):
            return True
        return (
            tag in _UNSEEN
            or "hidden" in element.attrib
            or element.get("aria-hidden") == "true"
            or element.get("role") == "navigation"
            or _HIDDEN_STYLE.search(element.get("style", "")) is not None
        )


def _words(cell: etree._Element) -> str:
    return " ".join(line for line, _ in _render(cell, ()))


def _first_number(element: etree._Element) -> int | None:
    """The number before an ordered list's first; None if it isn't numbered upwards."""
    if element.get("type", "1") != "1" or "reversed" in element.attrib:
        return None
    start = _whole_number(element.get("start"))
    return (1 if start is None else start) - 1


def _whole_number(written: str | None) -> int | None:
    return int(written) if written and re.fullmatch(r"\s*\d{1,6}\s*", written) else None
