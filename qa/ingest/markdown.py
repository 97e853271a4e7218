"""Markdown files: front matter becomes metadata, headings become sections.

The canonical text is the words as the rendered page shows them, without the markup, so
that an answer never quotes a ``**``, a link's address, an HTML tag or what is struck
out. Blocks have an empty line between them, but for lines of code, which are one each.
Every row of a table names its columns: a row alone must say what its cells are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from qa.errors import IngestError
from qa.ingest.inline import one_line, paragraphs
from qa.ingest.lines import says_something
from qa.ingest.metadata import front_matter
from qa.ingest.parsed import Parsed, title_of
from qa.types import Block

# A rendered line with its heading level, 0 for running text, or -1 for code.
_Line = tuple[str, int]
_CODE = -1
# To the end where they are not closed, as in a browser.
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?:script|style|template)\b.*?(?:</(?:script|style|template)\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)


# The parser leaves out what is deeper: a list in a list is two deep, a quotation one. Its
# own 20 are too few for an e-mail that was often answered; at some 300 Python's stack ends.
_DEEPEST = 100
_CONTAINERS = {"blockquote_open", "footnote_reference_open", "list_item_open"}


def _parser() -> MarkdownIt:
    options = {"html": True, "maxNesting": _DEEPEST}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False, move_to_end=False)
    return parser.use(tasklists_plugin)


_MARKDOWN = _parser()
# For what stands among HTML tags; there an indentation makes no code.
_IN_HTML = _parser().disable(["html_block", "code"])


def parse(text: str, path: PurePosixPath) -> Parsed:
    """Render the text and map its headings.

    Raises:
        IngestError: the front matter is not a YAML mapping of plain values, or lists
            and quotations are nested too deep to be read.
    """
    metadata, body = front_matter(text, path)
    pieces: list[str] = []
    blocks: list[Block] = []
    position, before = 0, 0
    for line, heading in _lines(_MARKDOWN, body, {}, path):
        if pieces:
            gap = "\n" if heading == before == _CODE else "\n\n"
            pieces.append(gap)
            position += len(gap)
        pieces.append(line)
        blocks.append(Block(position, position + len(line), max(heading, 0)))
        position += len(line)
        before = heading
    rendered = "".join(pieces)
    headings = [rendered[b.start : b.end] for b in blocks if b.heading]
    title = str(metadata.get("title") or next(iter(headings), title_of(path)))
    return Parsed(text=rendered, title=title, blocks=tuple(blocks), metadata=metadata)


def _lines(
    parser: MarkdownIt, text: str, shared: dict[str, Any], path: PurePosixPath
) -> Iterator[_Line]:
    """What is rendered, a block each; what links refer to is ``shared`` among parsers."""
    heading = 0
    rows: list[list[str]] | None = None
    for token in parser.parse(text, shared):
        if token.type in ("heading_open", "heading_close"):
            heading = int(token.tag[1:]) if token.type == "heading_open" else 0
        elif token.type == "table_open":
            rows = []
        elif token.type == "tr_open" and rows is not None:
            rows.append([])
        elif token.type == "table_close" and rows is not None:
            yield from ((row, 0) for row in _named(rows) if says_something(row))
            rows = None
        elif token.type == "inline" and rows is not None:
            rows[-1].append(one_line(token))
        elif token.type == "inline" and heading:
            if words := one_line(token):
                yield words, heading
        elif token.type == "inline":
            yield from ((words, 0) for words in paragraphs(token))
        elif token.type in ("fence", "code_block"):
            code = map(str.rstrip, token.content.splitlines())
            yield from ((line, _CODE) for line in code if says_something(line))
        elif token.type == "html_block":
            yield from _lines(_IN_HTML, _UNSEEN.sub(" ", token.content), shared, path)
        elif token.type in _CONTAINERS and token.level >= _DEEPEST - 1:
            raise IngestError(
                f"{path}: lists or quotations are nested more than {_DEEPEST // 2} deep; "
                "make them flatter"
            )


def _named(rows: list[list[str]]) -> Iterator[str]:
    """The rows of a table with the names of their columns, which stand in the first."""
    names, *body = rows
    if not body:
        yield " | ".join(filter(None, names))
    for row in body:
        cells = zip((name.rstrip(":： ") for name in names), row, strict=False)
        yield " | ".join(f"{name}: {cell}" if name else cell for name, cell in cells if cell)
