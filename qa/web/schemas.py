"""Response bodies of the HTTP API."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, Field

from qa.types import Answer, Citation, Hit, Reply


class SentenceBody(BaseModel):
    """The whole sentence(s) around an answer, where its first citation stands."""

    text: str
    start: int
    end: int


class CitationBody(BaseModel):
    """Where the answer stands: code points ``start`` to ``end`` of the document's text."""

    number: int = Field(description="From 1, through all answers of the reply.")
    document: str = Field(description="The document's id, or the context's number from 0.")
    title: str
    start: int
    end: int = Field(description="The first code point after the answer.")
    unit: Literal["codepoint"] = "codepoint"
    page: int | None = Field(
        description="The page of the file it begins on, from 1; null if the format has none."
    )
    section: str | None = Field(description="The heading it stands under, with its parents.")
    sha256: str = Field(description="Of the document's text as UTF-8.")
    href: str | None = Field(
        description="Path of the document's page with these words marked; null for a context."
    )


class AnswerBody(BaseModel):
    """An answer in the documents' own words."""

    text: str
    confidence: float = Field(
        description="Probability, from 0 to 1, that the answer is right: that it shares at least "
        "half of its words with what a person would have marked (token F1 of 0.5 or more)."
    )
    sentence: SentenceBody
    citations: list[CitationBody] = Field(
        description="Every place found that says exactly this, best first; never empty."
    )


class PassageBody(BaseModel):
    """A retrieved passage."""

    document: str
    start: int
    end: int
    page: int | None = Field(
        None, description="The page of the file it begins on, from 1; null if the format has none."
    )
    text: str
    score: float = Field(description="What passages are ranked by, from 0 to 1.")


class ReplyBody(BaseModel):
    """Answers, or a reason for giving none with the nearest passages."""

    question: str
    rewritten: str | None = Field(
        None,
        description="The question in words that stand alone, as it was read; "
        "null if it was read as it is.",
    )
    answered: bool
    reason: Literal["no_passages", "no_span", "low_confidence"] | None = Field(
        description="Why there is no answer: no passage to search, as when no document matches "
        "`where`; no words that could be one; or none likely enough to be right.",
    )
    answers: list[AnswerBody] = Field(description="Best first; empty if not answered.")
    passages: list[PassageBody] = Field(description="The nearest passages, best first.")
    passages_read: int = Field(
        description="How many of the passages were read, the first ones: the best two, others "
        "if they are hardly behind the best, and these until deadline_ms ran out."
    )
    snapshot: str | None = Field(description="Of the index answered from; null for contexts.")
    took_ms: dict[str, float] = Field(description="Milliseconds of each stage, and in total.")
    trace: list[dict[str, Any]] | None = Field(
        None, description="Evidence of every candidate, likeliest first, if it was asked for."
    )


class BatchBody(BaseModel):
    """One reply for each question, in order."""

    replies: list[ReplyBody]


class DocumentSummary(BaseModel):
    """A document without its text."""

    id: str
    title: str
    characters: int
    passages: int
    sha256: str
    metadata: dict[str, Any]
    href: str


class DocumentsBody(BaseModel):
    """Part of the list of documents."""

    documents: list[DocumentSummary]
    total: int
    snapshot: str


class SectionBody(BaseModel):
    """What stands under one heading."""

    title: str
    start: int
    end: int


class PageBody(BaseModel):
    """What stands on one page of the file, or a part of it."""

    number: int
    start: int
    end: int


class DocumentBody(BaseModel):
    """A whole document; ``sha256`` is of ``text`` as UTF-8."""

    id: str
    title: str
    text: str
    sha256: str
    metadata: dict[str, Any]
    sections: list[SectionBody]
    pages: list[PageBody] = Field(description="In order of position; none if the format has none.")
    snapshot: str


class AliveBody(BaseModel):
    """The process runs."""

    status: Literal["ok"]


class ReadyBody(BaseModel):
    """The service answers questions from a snapshot."""

    status: Literal["ready"]
    snapshot: str


class ProblemBody(BaseModel):
    """An error as RFC 9457 has it; ``errors`` names the fields at fault."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None


# Hexadecimal digits of a document's hash in an address: enough to tell its versions apart.
_HASH_DIGITS = 16


def document_href(
    id: str, start: int | None = None, end: int | None = None, sha256: str | None = None
) -> str:
    """Address of a document's page, with a slice to be marked if the text is still the same."""
    path = f"/documents/{quote(id, safe='')}"
    if start is None:
        return path
    version = f"&sha256={sha256[:_HASH_DIGITS]}" if sha256 else ""
    return f"{path}?start={start}&end={end}{version}"


def trail_entry(id: str, start: int, end: int, sha256: str) -> str:
    """One citation of a reply as it goes along in the address of another, as ``c``."""
    return f"c={start}-{end}.{sha256[:_HASH_DIGITS]}-{quote(id, safe='')}"


def reply_body(reply: Reply) -> ReplyBody:
    """A reply as it goes over HTTP; citations are numbered through all answers."""
    answers: list[AnswerBody] = []
    number = 1
    for answer in reply.answers:
        answers.append(_answer(answer, number, linked=reply.snapshot is not None))
        number += len(answer.citations)
    return ReplyBody(
        question=reply.question,
        rewritten=reply.rewritten,
        answered=bool(reply.answers),
        reason=reply.reason,
        answers=answers,
        passages=[_passage(hit) for hit in reply.hits],
        passages_read=reply.passages_read,
        snapshot=reply.snapshot,
        took_ms=dict(reply.took_ms),
        trace=None if reply.trace is None else [dict(entry) for entry in reply.trace],
    )


def _answer(answer: Answer, number: int, *, linked: bool) -> AnswerBody:
    sentence = answer.sentence
    return AnswerBody(
        text=answer.text,
        confidence=round(answer.confidence, 4),
        sentence=SentenceBody(text=sentence.text, start=sentence.start, end=sentence.end),
        citations=[
            _citation(citation, number + i, linked=linked)
            for i, citation in enumerate(answer.citations)
        ],
    )


def _citation(citation: Citation, number: int, *, linked: bool) -> CitationBody:
    return CitationBody(
        number=number,
        document=citation.document,
        title=citation.title,
        start=citation.start,
        end=citation.end,
        page=citation.page,
        section=citation.section,
        sha256=citation.sha256,
        href=document_href(citation.document, citation.start, citation.end, citation.sha256)
        if linked
        else None,
    )


def _passage(hit: Hit) -> PassageBody:
    passage = hit.passage
    return PassageBody(
        document=passage.document,
        start=passage.start,
        end=passage.end,
        page=passage.page,
        text=passage.text,
        score=round(hit.score, 4),
    )
