"""Plain text files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.header import decode_header
from pathlib import PurePosixPath

from qa.control import CONTROL
from qa.ingest.blocks import plain_blocks
from qa.ingest.lines import CELL_BREAK, begins_list, is_label
from qa.ingest.parsed import Parsed, title_of
from qa.types import Block

_LONGEST_TITLE = 120
# A sentence, what introduces a list, or a phrase that goes on.
_NO_TITLE_END = re.compile(r"[.!?。！？…,:;，、：；][\"'”’“‘»«」』]*$")
_FIELD = re.compile(
    r"(?:authors?|by|cc|client|company|contact|customer|date|department|from|location|note|owner|"
    r"participants|place|present|project|re|ref|reference|source|status|subject|time|title|to|"
    r"version|(?:approved|prepared|written) by|(?:last )?updated|created|published)\s*:",
    re.IGNORECASE,
)
_MAIL_HEADER = re.compile(r"([A-Z][A-Za-z-]*):(?:[ \t]+(.*))?$")
# Words that are not of ASCII, in an e-mail's header.
_ENCODED = re.compile(r"=\?[^?\s]+\?[BbQq]\?[^?]*\?=(?:\s+=\?[^?\s]+\?[BbQq]\?[^?]*\?=)*")
# In characters; no more is looked at.
_LONGEST_HEADERS = 16_384
_MAIL_PARTIES = {"from", "to"}


def parse(text: str, path: PurePosixPath) -> Parsed:
    """The text as it stands; its title is an e-mail's subject or a first line that is one."""
    blocks = plain_blocks(text)
    title = _subject(text) or titling_line(text, blocks) or title_of(path)
    return Parsed(text=text, title=title, blocks=blocks)


def titling_line(text: str, blocks: Sequence[Block]) -> str | None:
    """The first block if it looks like a title and something stands below it."""
    if len(blocks) < 2:
        return None
    first, second = (text[block.start : block.end] for block in blocks[:2])
    adjacent = text.count("\n", blocks[0].end, blocks[1].start) < 2
    looks_like_title = (
        len(first) <= _LONGEST_TITLE
        and (_holds_letter(first) or _is_number_above(first, second))
        and not _NO_TITLE_END.search(first)
        and CELL_BREAK not in first
        and not begins_list(first, second)
        and not _is_field(first, second if adjacent else "")
    )
    return first if looks_like_title else None


def _holds_letter(line: str) -> bool:
    return any(map(str.isalpha, line))


def _is_number_above(line: str, following: str) -> bool:
    """Whether a line is a number such as "1984", and not that of an item or a subtitle."""
    return line.isdecimal() and _holds_letter(following) and not begins_list(following, "")


def _is_field(line: str, following: str) -> bool:
    """Whether a line says something of the text, as "Author: Noor" does, and doesn't name it.

    "Fiji: an open platform for images" does, unless it is one of several lines like it.
    """
    return is_label(line) and (_FIELD.match(line) is not None or is_label(following))


def _subject(text: str) -> str | None:
    """What the subject line says, if the text begins with an e-mail's headers."""
    headers: dict[str, str] = {}
    name = ""
    for line in text.lstrip()[:_LONGEST_HEADERS].splitlines():
        header = _MAIL_HEADER.match(line)
        if header:
            name = header[1].lower()
            headers.setdefault(name, header[2] or "")
        elif name and line[:1] in (" ", "\t") and line.strip():
            # A long value goes on in the next line.
            headers[name] += f" {line.strip()}"
        else:
            break
    if not headers.keys() & _MAIL_PARTIES:
        return None
    return _ENCODED.sub(_decoded, headers.get("subject", "")).strip()


def _decoded(encoded: re.Match[str]) -> str:
    """Words of a header, or what was written if they can't be read."""
    try:
        parts = decode_header(encoded[0])
        words = "".join(part.decode(charset or "ascii") for part, charset in parts)
        words.encode()
    # A character set that isn't known is a LookupError.
    except (HeaderParseError, LookupError, ValueError):
        return encoded[0]
    return encoded[0] if CONTROL.search(words) else words
