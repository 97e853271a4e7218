"""Texts for a terminal, which would obey control characters of a document."""

from __future__ import annotations

from qa.control import plain_json, visible
from qa.index.snapshot import Snapshot
from qa.types import Reply
from qa.web.present import NEAREST
from qa.web.schemas import reply_body

# Longest start of a passage shown.
_EXCERPT = 160


def as_json(reply: Reply) -> str:
    """The reply as the HTTP API gives it, with every control character escaped."""
    return plain_json(reply_body(reply).model_dump(), indent=1)


def answers(reply: Reply) -> str:
    """The answers, each with its sentence and where it stands, the likeliest first."""
    lines = []
    for number, answer in enumerate(reply.answers):
        if number == 1:
            lines.append("Other possible answers:")
        lines.append(f"{answer.text}  ({answer.confidence:.0%})")
        if answer.sentence.text != answer.text:
            lines.append(f"    {' '.join(answer.sentence.text.split())}")
        for citation in answer.citations:
            place = f"{citation.document} {citation.start}:{citation.end}"
            page = f", page {citation.page}" if citation.page else ""
            lines.append(f"    — {citation.title}{page} [{place}]")
    return visible("\n".join(lines))


def nearest(reply: Reply) -> str:
    """The first words of the nearest passages, a line each."""
    starts = (" ".join(hit.passage.text.split())[:_EXCERPT] for hit in reply.hits[:NEAREST])
    return visible("\n".join(f"    near: {words}" for words in starts))


def documents(snapshot: Snapshot) -> str:
    """The id of each document and its file, a line each."""
    return visible("\n".join(f"{r.id}  {r.path}" for r in snapshot.store.records))


def overview(snapshot: Snapshot, state: str) -> str:
    """What is in a snapshot, a line each; ``state`` says whether its sources are as they were."""
    m = snapshot.manifest
    rows = {
        "snapshot": snapshot.id,
        "state": state,
        "format": m.format,
        "built": m.created.isoformat(),
        "size": f"{snapshot.size_bytes / 1e6:.1f} MB",
        "documents": m.documents,
        "passages": f"{m.passages} of up to {m.chunking.passage_tokens} tokens, "
        f"{m.chunking.overlap_sentences} sentence(s) of overlap",
        "sentences": m.sentences,
        "vectors": f"{m.vectors}, {m.dimension} dimensions",
        "lexical": f"BM25, {m.terms} terms",
        "model": f"{m.model} ({m.model_sha256[:12]})",
    }
    return visible("\n".join(f"{name:<10} {value}" for name, value in rows.items()))
