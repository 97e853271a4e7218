"""Plain text files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from qa.ingest.blocks import plain_blocks
from qa.ingest.lines import begins_list, is_label
from qa.ingest.parsed import Parsed, title_of
from qa.types import Block

_LONGEST_TITLE = 120
# A sentence, what introduces a list, or a phrase that goes on.
_NO_TITLE_END = re.compile(r"[.!?。！？…,:;，、：；][\"'”’“‘»«」』]*$")
# A longer text after a colon is a subtitle, unless a line like it follows.
_SHORTEST_SUBTITLE = 4
_FIELD = re.compile(
    r"(?:authors?|by|cc|client|company|contact|customer|date|department|from|location|note|owner|"
    r"participants|place|present|project|re|ref|reference|source|status|subject|time|title|to|"
    r"version|(?:approved|prepared|written) by|(?:last )?updated|created|published)\s*:",
    re.IGNORECASE,
)
_MAIL_HEADER = re.compile(r"([A-Z][A-Za-z-]*):(?:[ \t]+(.*))?$")
# In characters; no more is looked at.
_LONGEST_HEADERS = 16_384
_MAIL_PARTIES = {"from", "to"}


def parse(text: str, path: PurePosixPath) -> Parsed:
    """The text as it stands; its title is an e-mail's subject or a first line that is one."""
    blocks = plain_blocks(text)
    title = _subject(text) or _first_line(text, blocks) or title_of(path)
    return Parsed(text=text, title=title, blocks=blocks)


def _first_line(text: str, blocks: tuple[Block, ...]) -> str | None:
    """The first block if it looks like a title and something stands below it."""
    if len(blocks) < 2:
        return None
    first, second = (text[block.start : block.end] for block in blocks[:2])
    looks_like_title = (
        len(first) <= _LONGEST_TITLE
        and any(map(str.isalpha, first))
        and not (_NO_TITLE_END.search(first) or begins_list(first) or _is_field(first, second))
    )
    return first if looks_like_title else None


def _is_field(line: str, following: str) -> bool:
    """Whether a line says something of the text, as "Author: Noor" does, and doesn't name it.

    "Fiji: an open platform for images" does.
    """
    if not is_label(line):
        return False
    subtitle = re.split("[:：]", line, maxsplit=1)[1]
    return (
        len(subtitle.split()) < _SHORTEST_SUBTITLE
        or is_label(following)
        or _FIELD.match(line) is not None
    )


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
    return headers.get("subject", "").strip() if headers.keys() & _MAIL_PARTIES else None
