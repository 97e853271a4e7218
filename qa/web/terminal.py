"""A reply as text for a terminal, which would obey control characters of a document."""

from __future__ import annotations

from qa.control import plain_json, visible
from qa.types import Reply
from qa.web.present import NEAREST
from qa.web.schemas import reply_body

# Longest start of a passage shown.
_EXCERPT = 160


def as_json(reply: Reply) -> str:
    """The reply as the HTTP API gives it, with every control character escaped."""
    return plain_json(reply_body(reply).model_dump(), indent=1)


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
