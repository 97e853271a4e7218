"""Markdown files: front matter becomes metadata, headings become sections.

The canonical text is the rendered words without the markup, so that an answer
never quotes a ``**`` or a link's address, block by block with an empty line
between. HTML in the file is text like any other.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

import yaml
from frontmatter.default_handlers import YAMLHandler
from markdown_it import MarkdownIt
from markdown_it.token import Token

from qa.errors import BAD_YAML_VALUES, IngestError
from qa.ingest.parsed import Parsed, title_of
from qa.types import Block, Metadata

# Whole numbers beyond this are not exact in every reader of JSON.
_LARGEST = 2**53
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def parse(text: str, path: PurePosixPath) -> Parsed:
    """Render the text and map its headings.

    Raises:
        IngestError: the front matter is not a YAML mapping of plain values.
    """
    try:
        raw, body = _front_matter(text)
    except (yaml.YAMLError, *BAD_YAML_VALUES) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise IngestError(
            f"{path}:{line} front matter is not valid YAML; mend or remove it"
        ) from None
    metadata = _metadata(raw, path)
    pieces: list[str] = []
    blocks: list[Block] = []
    position = 0
    for piece, heading in _pieces(_MARKDOWN.parse(body)):
        if pieces:
            pieces.append("\n\n")
            position += 2
        pieces.append(piece)
        blocks.append(Block(position, position + len(piece), heading))
        position += len(piece)
    rendered = "".join(pieces)
    headings = [rendered[b.start : b.end] for b in blocks if b.heading]
    title = str(metadata.get("title") or next(iter(headings), title_of(path)))
    return Parsed(text=rendered, title=title, blocks=tuple(blocks), metadata=metadata)


def _front_matter(text: str) -> tuple[dict[object, object], str]:
    """The mapping between the first two ``---`` lines, if it is one, and the rest."""
    handler = YAMLHandler()
    if handler.detect(text):
        try:
            front, body = handler.split(text)
        except ValueError:
            # One line of hyphens is a rule, not the start of front matter.
            return {}, text
        values = handler.load(front)
        if isinstance(values, dict):
            return values, body
    return {}, text


def _pieces(tokens: list[Token]) -> list[tuple[str, int]]:
    """Rendered blocks with their heading level (0 for running text)."""
    pieces: list[tuple[str, int]] = []
    heading = 0
    row: list[str] | None = None
    for token in tokens:
        if token.type == "heading_open":
            heading = int(token.tag[1:])
        elif token.type == "heading_close":
            heading = 0
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            pieces.append((" | ".join(row or []), 0))
            row = None
        elif token.type == "inline":
            words = _inline(token.children or [])
            if row is not None:
                row.append(words)
            else:
                pieces.append((words, heading))
        elif token.type in ("fence", "code_block"):
            pieces.append((token.content.strip("\n"), 0))
    return [(piece.strip(), level) for piece, level in pieces if piece.strip()]


def _inline(tokens: list[Token]) -> str:
    words = []
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            words.append("\n" if token.type == "hardbreak" else " ")
        elif token.type == "image":
            words.append(_inline(token.children or []))
        else:
            words.append(token.content)
    return "".join(words)


def _metadata(raw: Mapping[object, object], path: PurePosixPath) -> Metadata:
    clean: dict[str, str | int | float | bool | list[str]] = {}
    for key, value in raw.items():
        entries = value if isinstance(value, list) else [value]
        if any(isinstance(entry, str) and _CONTROL.search(entry) for entry in entries):
            raise IngestError(f"{path}: front matter {key!r} holds control characters")
        if isinstance(value, float) and not math.isfinite(value):
            raise IngestError(f"{path}: front matter {key!r} must be a finite number")
        if any(isinstance(entry, int) and abs(entry) > _LARGEST for entry in entries):
            raise IngestError(f"{path}: front matter {key!r} must be a number within ±2**53")
        if isinstance(value, str | int | float):
            clean[str(key)] = value
        elif isinstance(value, datetime.date):
            clean[str(key)] = value.isoformat()
        elif isinstance(value, list) and all(isinstance(v, str | int | float) for v in value):
            clean[str(key)] = [str(v) for v in value]
        elif value is not None:
            raise IngestError(
                f"{path}: front matter {key!r} must be a text, number, date or list of texts"
            )
    return clean
