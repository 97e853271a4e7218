"""The JSON API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from werkzeug.exceptions import UnsupportedMediaType

from qa.answer.antecedents import Turn
from qa.answer.pipeline import Options, Pipeline
from qa.errors import DocumentNotFound, FieldError
from qa.types import Reply
from qa.web.limits import RateLimit
from qa.web.metrics import Metrics
from qa.web.request_bodies import (
    AskRequest,
    BatchRequest,
    ExtractRequest,
    PageQuery,
    check_history,
    check_length,
)
from qa.web.schemas import (
    AliveBody,
    BatchBody,
    DocumentBody,
    DocumentsBody,
    DocumentSummary,
    PageBody,
    ReadyBody,
    ReplyBody,
    SectionBody,
    document_href,
    reply_body,
)
from qa.web.service import Service

api = APIBlueprint("api", __name__, tag="Questions")

# Passages that may be read for one batch.
_MOST_READ = 1000

_METRICS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Prometheus text",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


def service() -> Service:
    """The app's service."""
    found: Service = current_app.extensions["qa.service"]
    return found


def rate_limit() -> RateLimit:
    """The app's limit of what one client may ask."""
    found: RateLimit = current_app.extensions["qa.rate_limit"]
    return found


def metrics() -> Metrics:
    """The app's metrics."""
    found: Metrics = current_app.extensions["qa.metrics"]
    return found


@api.before_request
def json_only() -> None:
    """Refuse bodies that don't say they are JSON: browsers can't send those across sites."""
    if request.method == "POST" and request.mimetype != "application/json":
        raise UnsupportedMediaType


def ask_one(pipeline: Pipeline, question: str, options: Options) -> Reply:
    """Answer a question, and count it.

    Raises:
        FieldError: a document or metadata name is unknown.
    """
    try:
        reply = pipeline.ask(question, options)
    except DocumentNotFound as error:
        raise FieldError("documents", str(error)) from None
    metrics().observe(reply)
    return reply


@api.post("/api/ask")
@api.input(AskRequest)
@api.output(ReplyBody)
@api.doc(responses=[400, 413, 415, 422, 429, 503])
def ask(json_data: AskRequest) -> ReplyBody:
    """Ask the indexed documents.

    Answers in the documents' own words with citations, or the reason for none.
    """
    _check_length("question", json_data.question)
    check_history(json_data.history, service().settings.server.max_question_chars)
    history = [Turn(turn.question, turn.answer) for turn in json_data.history]
    options = replace(_options(json_data), history=history)
    return reply_body(ask_one(service().pipeline(), json_data.question, options))


@api.post("/api/ask/batch")
@api.input(BatchRequest)
@api.output(BatchBody)
@api.doc(responses=[400, 413, 415, 422, 429, 503])
def ask_batch(json_data: BatchRequest) -> BatchBody:
    """Ask several questions.

    One reply for each question, in order, all from the same snapshot. Questions times
    passages found for each (top_k) may be 1,000.
    """
    count = len(json_data.questions)
    top_k = json_data.top_k or service().settings.retrieval.top_k
    if count * top_k > _MOST_READ:
        if json_data.top_k is None:
            raise FieldError(
                "questions", f"must be {_MOST_READ // top_k} or fewer, with {top_k} passages each"
            )
        raise FieldError(
            "top_k", f"must be {_MOST_READ // count} or less for {count} questions at once"
        )
    rate_limit().check_batch(count)
    pipeline = service().pipeline()
    for number, question in enumerate(json_data.questions):
        _check_length(f"questions.{number}", question)
    options = _options(json_data)
    replies = [reply_body(ask_one(pipeline, q, options)) for q in json_data.questions]
    return BatchBody(replies=replies)


@api.post("/api/extract")
@api.input(ExtractRequest)
@api.output(ReplyBody)
@api.doc(responses=[400, 413, 415, 422, 429, 503])
def extract(json_data: ExtractRequest) -> ReplyBody:
    """Ask texts sent along.

    The index is not searched. The texts, 100,000 characters in all at most, are cut into
    passages, of which as many are found and read as of the index. A citation's document is
    its text's number, from 0. For the rate limit every 2,000 characters are a request.
    """
    _check_length("question", json_data.question)
    rate_limit().check_texts(sum(map(len, json_data.contexts)))
    options = Options(
        max_answers=json_data.max_answers,
        min_confidence=json_data.min_confidence,
        deadline_ms=json_data.deadline_ms,
        trace=json_data.trace,
    )
    reply = service().pipeline().extract(json_data.question, json_data.contexts, options)
    metrics().observe(reply)
    return reply_body(reply)


@api.get("/api/documents")
@api.input(PageQuery, location="query")
@api.output(DocumentsBody)
@api.doc(tags=["Documents"], responses=[422, 503])
def documents(query_data: PageQuery) -> DocumentsBody:
    """List the documents.

    The indexed documents, a part at a time, in the order of their paths.
    """
    snapshot = service().pipeline().snapshot
    records = snapshot.store.records
    begin, end = query_data.offset, query_data.offset + query_data.limit
    return DocumentsBody(
        documents=[
            DocumentSummary(
                id=record.id,
                title=record.title,
                characters=record.characters,
                passages=record.passages[1] - record.passages[0],
                sha256=record.sha256,
                metadata=dict(record.metadata),
                href=document_href(record.id),
            )
            for record in records[begin:end]
        ],
        total=len(records),
        snapshot=snapshot.id,
    )


@api.get("/api/documents/<id>")
@api.output(DocumentBody)
@api.doc(tags=["Documents"], responses=[404, 503])
def document(id: str) -> DocumentBody:
    """One document.

    The text, which every citation's offsets count in, and what is known of the document.
    """
    snapshot = service().pipeline().snapshot
    found = snapshot.store.document(id)
    return DocumentBody(
        id=found.id,
        title=found.title,
        text=found.text,
        sha256=found.sha256,
        metadata=dict(found.metadata),
        sections=[SectionBody(title=s.title, start=s.start, end=s.end) for s in found.sections],
        pages=[PageBody(number=p.number, start=p.start, end=p.end) for p in found.pages],
        snapshot=snapshot.id,
    )


@api.get("/healthz")
@api.output(AliveBody)
@api.doc(tags=["Operation"])
def healthz() -> AliveBody:
    """Alive?

    200 as long as the process answers at all, whether or not it has an index.
    """
    return AliveBody(status="ok")


@api.get("/readyz")
@api.output(ReadyBody)
@api.doc(tags=["Operation"], responses=[503])
def readyz() -> ReadyBody:
    """Ready?

    200 if questions can be answered, with the snapshot they are answered from, else 503.
    """
    return ReadyBody(status="ready", snapshot=service().pipeline().snapshot.id)


@api.get("/metrics")
@api.doc(tags=["Operation"], responses=_METRICS)
def metrics_text() -> Response:
    """Metrics.

    Counts of questions and times of answering, for Prometheus.
    """
    return Response(generate_latest(metrics().registry), content_type=CONTENT_TYPE_LATEST)


def _options(body: AskRequest | BatchRequest) -> Options:
    return Options(
        max_answers=body.max_answers,
        top_k=body.top_k,
        min_confidence=body.min_confidence,
        documents=body.documents,
        where=body.where,
        deadline_ms=body.deadline_ms,
        trace=body.trace,
    )


def _check_length(field: str, question: str) -> None:
    check_length(field, question, service().settings.server.max_question_chars)
