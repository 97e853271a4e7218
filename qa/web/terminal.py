"""A reply as text for a terminal, which would obey control characters of a document."""

from __future__ import annotations

import json
import re

from qa.types import Reply
from qa.web.present import NEAREST
from qa.web.schemas import reply_body

# Longest start of a passage shown.
_EXCERPT = 160
# A carriage return is part of a line end, or goes back over what stands there.
_LINE_END = re.compile(r"\r\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Those that JSON allows in a text as they are.
_UNESCAPED = re.compile(r"[\x7f-\x9f]")


def visible(text: str) -> str:
    """A text with U+FFFD for every control character but tabs and line ends."""
    return _CONTROL.sub("\ufffd", _LINE_END.sub("\n", text))


def as_json(reply: Reply) -> str:
    """The reply as the HTTP API gives it, with every control character escaped."""
    body = json.dumps(reply_body(reply).model_dump(), ensure_ascii=False, indent=1)
    return _UNESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", body)


def answers(reply: Reply) -> str:
    """The answers, each with its sentence and where it stands."""
    lines = []
    for answer in reply.answers:
        lines.append(f"{answer.text}  ({answer.confidence:.0%})")
        if answer.sentence.text != answer.text:
            lines.append(f"    {' '.join(answer.sentence.text.split())}")
        for citation in answer.citations:
            place = f"{citation.document} {citation.start}:{citation.end}"
            lines.append(f"    — {citation.title} [{place}]")
    return visible("\n".join(lines))


def nearest(reply: Reply) -> str:
    """The first words of the nearest passages, a line each."""
    starts = (" ".join(hit.passage.text.split())[:_EXCERPT] for hit in reply.hits[:NEAREST])
    return visible("\n".join(f"    near: {words}" for words in starts))
