"""Errors as RFC 9457 problem details, or as a page for browsers."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from itertools import islice

from apiflask import APIFlask, HTTPError
from flask import Response, render_template, request
from werkzeug.exceptions import HTTPException

from qa.errors import FeedbackError, FieldError, QAError, TooManyRequests
from qa.web.api import service
from qa.web.pages import earlier
from qa.web.schemas import ProblemBody

log = logging.getLogger(__name__)

_NOT_READY = "The service has no index to answer from yet; try again later."
_NOT_STORED = "Feedback can't be stored at the moment."
_INTERNAL = "Something went wrong here; the operator's log has the details."
# A body has room for very many unknown fields with very long names.
_MOST_FIELDS, _LONGEST_FIELD = 50, 200
_DETAILS = {
    400: "The body is not valid JSON.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: "The body is too large.",
    415: "Send the body as application/json.",
}


def register(app: APIFlask) -> None:
    """Answer every error of the app in one form."""

    @app.error_processor
    def invalid(error: HTTPError) -> Response:
        fields = (
            _plainly(name, message)
            for location in (error.detail or {}).values()
            for name, messages in location.items()
            for message in messages
        )
        return _problem(
            error.status_code, "A field is invalid.", list(islice(fields, _MOST_FIELDS))
        )

    @app.errorhandler(QAError)
    def ours(error: QAError) -> Response:
        if isinstance(error, FieldError):
            return _problem(422, "A field is invalid.", [(error.field, error.detail)])
        if isinstance(error, TooManyRequests):
            response = _problem(429, str(error))
            response.headers["Retry-After"] = str(error.seconds)
            return response
        if error.public:
            return _problem(error.http_status, str(error))
        log.error("%s", error)
        if isinstance(error, FeedbackError):
            return _problem(error.http_status, _NOT_STORED)
        return _problem(error.http_status, _NOT_READY if error.http_status == 503 else _INTERNAL)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        response = _problem(status, _DETAILS.get(status, error.name))
        if status == 405:
            response.headers["Allow"] = dict(error.get_headers()).get("Allow", "")
        return response

    @app.errorhandler(RecursionError)
    def too_deep(error: RecursionError) -> Response:
        return _problem(400, "The body is nested too deeply.")

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log.exception("unexpected error")
        return _problem(500, _INTERNAL)


def _plainly(name: str, message: str) -> tuple[str, str]:
    """A field and what is wrong with it, without what only pydantic and apiflask know of it."""
    if message.startswith("Input should be a valid dictionary"):
        return "body" if name == "_schema" else name, "must be a JSON object"
    return name[:_LONGEST_FIELD].removesuffix(".[key]"), message.removeprefix("Value error, ")


def _problem(status: int, detail: str, fields: list[tuple[str, str]] | None = None) -> Response:
    title = HTTPStatus(status).phrase
    if fields:
        detail = "; ".join(f"{name}: {message}" for name, message in fields[:5])
    if _for_browser():
        html = render_template(
            "problem.html",
            status=status,
            title=title,
            detail=detail,
            longest=service().settings.server.max_question_chars,
            history=earlier(request.args),
        )
        return Response(html, status, {"Vary": "Accept"}, mimetype="text/html")
    errors = None
    if fields:
        errors = [{"field": name, "message": message} for name, message in fields]
    body = ProblemBody(title=title, status=status, detail=detail, errors=errors)
    return Response(
        json.dumps(body.model_dump(exclude_none=True)),
        status,
        {"Vary": "Accept"},
        mimetype="application/problem+json",
    )


def _for_browser() -> bool:
    """A page only for who prefers one: curl and monitors accept anything."""
    wanted = request.accept_mimetypes.best_match(["application/problem+json", "text/html"])
    return not request.path.startswith("/api/") and wanted == "text/html"
