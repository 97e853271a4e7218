"""The pages people ask on: the chat, one turn of it, the API's description."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, render_template, request
from werkzeug.datastructures import MultiDict

from qa.answer.antecedents import Turn
from qa.answer.pipeline import Options
from qa.errors import FieldError
from qa.web.api import ask_one, service
from qa.web.examples import Examples
from qa.web.openapi import operations
from qa.web.present import NEAREST, REMEMBERED, Shown, show
from qa.web.request_bodies import MAX_ANSWER_CHARS, checked_question

pages = APIBlueprint("pages", __name__, enable_openapi=False)


@pages.get("/")
def chat() -> str | tuple[str, int]:
    """The chat page; with ``?q=`` it holds the reply, so it works without scripts."""
    question = request.args.get("q", "")
    history = earlier(request.args)
    turn, problem = None, None
    if question.strip():
        try:
            turn = answer(question, history)
        except FieldError as error:
            problem = f"The question {error.detail}."
    longest = service().settings.server.max_question_chars
    examples: Examples = current_app.extensions["qa.examples"]
    page = render_template(
        "chat.html",
        turn=turn,
        nearest=NEAREST,
        history=history,
        question=question[:longest] if problem else "",
        problem=problem,
        examples=[] if turn or history else examples.of(service().pipeline()),
        longest=longest,
    )
    return (page, 422) if problem else page


@pages.post("/turn")
def turn() -> str:
    """One turn of the conversation, to be put into the chat page."""
    shown = answer(request.form.get("q", ""), earlier(request.form))
    return render_template("turn.html", turn=shown, nearest=NEAREST)


@pages.get("/docs")
def docs() -> str:
    """The API's description for people, made from the OpenAPI document."""
    spec: dict[str, Any] = current_app.spec  # type: ignore[attr-defined]
    return render_template("docs.html", operations=operations(spec))


@pages.get("/favicon.ico")
def icon() -> Response:
    """The icon, where browsers look for it on pages that can't name one."""
    return current_app.send_static_file("icon.svg")


def answer(question: str, history: list[Turn]) -> Shown:
    """Ask, and prepare the reply for its template.

    Raises:
        FieldError: the question is empty, too long or not text.
    """
    pipeline = service().pipeline()
    checked = checked_question(question, service().settings.server.max_question_chars)
    reply = ask_one(pipeline, checked, Options(trace=True, history=history))
    record = pipeline.snapshot.store.record
    records = {hit.passage.document: record(hit.passage.document) for hit in reply.hits}
    return show(reply, records, history, pipeline.threshold)


def earlier(fields: MultiDict[str, str]) -> list[Turn]:
    """The earlier turns that came along, the oldest first; what isn't one is left out.

    So is an answer too long to come along, but not its question.
    """
    longest = service().settings.server.max_question_chars
    said = ([text.replace("\r\n", "\n") for text in fields.getlist(name)] for name in ("hq", "ha"))
    pairs = zip(*said, strict=False)
    turns = [
        Turn(question, given if 0 < len(given) <= MAX_ANSWER_CHARS else None)
        for question, given in pairs
        if question.strip() and len(question) <= longest
    ]
    return turns[-REMEMBERED:]
