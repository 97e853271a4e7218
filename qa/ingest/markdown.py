"""Markdown files: front matter becomes metadata, headings become sections.

The canonical text is the words as the rendered page shows them, without the markup, so
that an answer never quotes a ``**``, a link's address, an HTML tag or what is struck
out. Blocks have an empty line between them, but for lines of code, which are one each.
Every row of a table names its columns: a row alone must say what its cells are.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from qa.errors import IngestError
from qa.ingest.dialects import dialects
from qa.ingest.hidden import COMMENT, Piece, visible
from qa.ingest.inline import paragraphs, words
from qa.ingest.lines import CELL_BREAK, LONGEST_NAME, column_name, row_line, says_something
from qa.ingest.metadata import front_matter
from qa.ingest.parsed import CODE, Line, Parsed, laid_out, only_top_heading, title_of
from qa.ingest.raw_html import parts
from qa.types import Metadata

log = logging.getLogger(__name__)

# Left out before the rest is parsed, as their insides are no Markdown.
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|(?P<comment>\Z))|"
    r"<(?P<tag>script|style|template)\b.*?(?:</(?P=tag)\s*>|(?P<open>\Z))",
    re.DOTALL | re.IGNORECASE,
)
# The parser leaves out what is deeper: a list in a list is two deep, a quotation one. Its
# own 20 are too few for an e-mail that was often answered; at some 300 Python's stack ends.
_DEEPEST = 100
_CONTAINERS = {"admonition_open", "blockquote_open", "footnote_reference_open", "list_item_open"}


def _parser() -> MarkdownIt:
    options = {"html": True, "maxNesting": _DEEPEST}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False, move_to_end=False)
    return parser.use(dialects)


_MARKDOWN = _parser()
# For what stands among HTML tags; there an indentation makes no code.
_IN_HTML = _parser().disable(["html_block", "code", "heading", "lheading"])


def parse(text: str, path: PurePosixPath) -> Parsed:
    """Render the text and map its headings.

    Raises:
        IngestError: the front matter is not a mapping of plain values, or lists and
            quotations are nested too deep to be read.
    """
    metadata, body = front_matter(text, path)
    tokens, unclosed = visible(list(_pieces(_MARKDOWN, body, {}, path)))
    for tag in unclosed:
        _warn_unclosed(f"<{tag}>", path)
    rendered, blocks = laid_out(_lines(tokens))
    title = _written_title(metadata) or only_top_heading(rendered, blocks) or title_of(path)
    return Parsed(text=rendered, title=title, blocks=blocks, metadata=metadata)


def _written_title(metadata: Metadata) -> str:
    title = metadata.get("title", "")
    return "" if isinstance(title, list) else str(title).strip()


def _warn_unclosed(mark: str, path: PurePosixPath) -> None:
    log.warning("%s: a %s is never closed; what it hides is left out", path, mark)


def _pieces(
    parser: MarkdownIt,
    text: str,
    shared: dict[str, Any],
    path: PurePosixPath,
    within: int | None = None,
) -> Iterator[Piece]:
    """All tokens, those of HTML blocks among them; ``within`` is the level of the block.

    What links refer to is ``shared`` among parsers.
    """
    for token in parser.parse(text, shared):
        level = token.level if within is None else within
        if token.type in _CONTAINERS and token.level >= _DEEPEST - 1:
            raise IngestError(
                f"{path}: lists or quotations are nested more than {_DEEPEST // 2} deep; "
                "make them flatter"
            )
        if token.type == "html_block":
            if any(match["comment"] is not None for match in _UNSEEN.finditer(token.content)):
                _warn_unclosed(COMMENT, path)
            seen = _UNSEEN.sub(_unseen, token.content)
            yield from _pieces(_IN_HTML, seen, shared, path, level)
        else:
            yield Piece(token, level, html=within is not None)


def _unseen(match: re.Match[str]) -> str:
    """What stays of something unseen: the tag, if what closes it comes in another block."""
    return " " if match["open"] is None else f"<{match['tag']}>"


def _lines(tokens: Iterable[Token]) -> Iterator[Line]:
    """What is rendered, a block each."""
    heading, number = 0, ""
    rows: list[list[str]] | None = None
    for token in tokens:
        if token.type in ("fence", "code_block", "heading_open", "table_open", "list_item_close"):
            # Of an item that begins with one of these.
            number = ""
        if token.type in ("heading_open", "heading_close"):
            heading = int(token.tag[1:]) if token.type == "heading_open" else 0
        elif token.type == "list_item_open" and token.info:
            number = f"{token.info}{token.markup} "
        elif token.type == "table_open":
            rows = []
        elif token.type == "tr_open" and rows is not None:
            rows.append([])
        elif token.type == "table_close" and rows is not None:
            yield from ((row, 0) for row in _named(*rows) if says_something(row))
            rows = None
        elif token.type == "inline" and rows is not None:
            rows[-1].append(words(token.children or ()))
        elif token.type == "inline" and heading:
            if said := words(token.children or ()):
                yield said, heading
        elif token.type == "inline":
            for line, level in filter(_says_something, _paragraphs(token)):
                yield f"{number}{line}", level
                number = ""
        elif token.type in ("fence", "code_block"):
            code = map(str.rstrip, token.content.splitlines())
            yield from ((line, CODE) for line in code if says_something(line))


def _says_something(line: Line) -> bool:
    return says_something(line[0])


def _paragraphs(token: Token) -> Iterator[Line]:
    """The lines of a paragraph, in which HTML may make headings and tables."""
    for part in parts(token.children or ()):
        if part.heading:
            yield words(part.tokens), part.heading
        elif part.rows:
            captions, named = part.rows[: part.captions], part.rows[part.captions :]
            yield from ((CELL_BREAK.join(filter(None, row)), 0) for row in captions)
            if named:
                yield from ((row, 0) for row in _named(*named))
        else:
            yield from ((line, 0) for line in paragraphs(token.content, part.tokens))


def _named(first: Sequence[str], *body: Sequence[str]) -> Iterator[str]:
    """The rows of a table with the names of their columns, which stand in the first."""
    if not body:
        yield CELL_BREAK.join(filter(None, first))
    names = [column_name(name) if len(name) <= LONGEST_NAME else "" for name in first]
    for row in body:
        # A cell over several columns, or one too many, leaves no telling which is which.
        known = names if len(row) == len(names) else [""] * len(row)
        yield row_line((name, cell) for name, cell in zip(known, row, strict=True) if cell)
