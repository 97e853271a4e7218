"""The pages people read: chat, documents, one document, the API's description."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, render_template, request
from pydantic import TypeAdapter, ValidationError

from qa.answer.pipeline import Options
from qa.errors import FieldError
from qa.types import Block, Document
from qa.web.api import ask_one, service
from qa.web.schemas import Question, ReplyBody, document_href, reply_body

pages = APIBlueprint("pages", __name__, enable_openapi=False)

_QUESTION: TypeAdapter[str] = TypeAdapter(Question)
REASONS = {
    "no_passages": "There is nothing in the documents to search.",
    "no_span": "No passage holds anything that could be an answer.",
    "low_confidence": "The documents don't seem to say. These passages come nearest:",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a document's text that is shown in one way."""

    text: str
    heading: int
    marked: bool
    first: bool


@pages.get("/")
def chat() -> str | tuple[str, int]:
    """The chat page; with ``?q=`` it holds the reply, so it works without scripts."""
    question = request.args.get("q", "")
    reply, problem = None, None
    if question.strip():
        try:
            _QUESTION.validate_python(question)
            reply = reply_body(ask_one(service().pipeline(), question, Options()))
        except ValidationError as error:
            problem = f"The question {error.errors()[0]['msg'].removeprefix('Value error, ')}."
        except FieldError as error:
            problem = f"The question {error.detail}."
    longest = service().settings.server.max_question_chars
    page = render_template(
        "chat.html",
        question=question[:longest],
        reply=reply,
        problem=problem,
        sentence=_sentence_parts(reply) if reply else [],
        reasons=REASONS,
        longest=longest,
    )
    return (page, 422) if problem else page


@pages.get("/documents")
def documents() -> str:
    """The list of documents."""
    records = service().pipeline().snapshot.store.records
    shown = [(r.title, r.characters, document_href(r.id)) for r in records[:1000]]
    return render_template("documents.html", documents=shown, total=len(records))


@pages.get("/documents/<id>")
def document(id: str) -> str:
    """A document with the slice from ``start`` to ``end`` marked."""
    found = service().pipeline().snapshot.store.document(id)
    start, end = _slice(request.args.get("start"), request.args.get("end"), len(found.text))
    return render_template(
        "document.html",
        document=found,
        pieces=list(pieces(found, start, end)),
        raw=f"{document_href(id)}/raw",
        asked="start" in request.args or "end" in request.args,
        marked=start < end,
    )


@pages.get("/documents/<id>/raw")
def raw(id: str) -> Response:
    """A document's text and nothing else."""
    text = service().pipeline().snapshot.store.document(id).text
    return Response(text, mimetype="text/plain")


@pages.get("/docs")
def docs() -> str:
    """The API's description for people, made from the OpenAPI document."""
    spec: dict[str, Any] = current_app.spec  # type: ignore[attr-defined]
    return render_template("docs.html", spec=spec)


def pieces(document: Document, start: int, end: int) -> Iterator[Piece]:
    """Cut a document's text at headings and at the marked slice; joined they are the text."""
    cuts = {0, start, end, len(document.text)}
    headings: Sequence[Block] = [block for block in document.blocks if block.heading]
    for block in headings:
        cuts |= {block.start, block.end}
    ordered = sorted(cuts)
    remaining = iter([*headings, Block(len(document.text) + 1, len(document.text) + 1)])
    heading = next(remaining)
    first = True
    for left, right in itertools.pairwise(ordered):
        while heading.end <= left:
            heading = next(remaining)
        marked = start <= left < end
        level = heading.heading if heading.start <= left else 0
        yield Piece(document.text[left:right], level, marked, marked and first)
        first = first and not marked


def _sentence_parts(reply: ReplyBody) -> list[tuple[str, str, str]]:
    """For each answer its sentence: before, the answer, after."""
    parts = []
    for answer in reply.answers:
        sentence, cited = answer.sentence, answer.citations[0]
        left, right = cited.start - sentence.start, cited.end - sentence.start
        parts.append((sentence.text[:left], sentence.text[left:right], sentence.text[right:]))
    return parts


def _slice(start: str | None, end: str | None, length: int) -> tuple[int, int]:
    """The slice asked for, or an empty one if it is not in the text."""
    try:
        left, right = int(start or ""), int(end or "")
    except ValueError:
        return 0, 0
    return (left, right) if 0 <= left < right <= length else (0, 0)
