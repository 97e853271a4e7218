"""The Flask application."""

from __future__ import annotations

from importlib.metadata import version

from apiflask import APIFlask
from flask import Response

from qa.config import Settings
from qa.web import problems
from qa.web.api import api, openapi
from qa.web.metrics import Metrics
from qa.web.pages import pages
from qa.web.service import Service

_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(settings: Settings) -> APIFlask:
    """An application that answers from the configured index.

    It starts, and reports 503, also while there is nothing to answer from.
    """
    app = APIFlask(
        "qa.web",
        title="Questions to your documents",
        version=version("qa"),
        json_errors=False,
        docs_path=None,
        spec_path="/openapi.json",
    )
    app.config.update(
        MAX_CONTENT_LENGTH=settings.server.max_body_kb * 1024,
        # Field errors are described once, as problem details, for every operation.
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        SYNC_LOCAL_SPEC=False,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["qa.service"] = Service(settings)
    app.extensions["qa.metrics"] = Metrics()
    app.spec_processor(openapi)
    app.register_blueprint(api)
    app.register_blueprint(pages)
    problems.register(app)

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in _SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return app
