"""The Flask application."""

from __future__ import annotations

from importlib.metadata import version

from apiflask import APIFlask
from flask import Response
from markupsafe import Markup, escape

from qa.config import Settings
from qa.web import problems
from qa.web.api import api
from qa.web.examples import Examples
from qa.web.feedback import FeedbackStore
from qa.web.hosts import TrustedHosts
from qa.web.library import library
from qa.web.limits import RateLimit
from qa.web.metrics import Metrics
from qa.web.openapi import complete
from qa.web.pages import pages
from qa.web.service import Service
from qa.web.verdicts import verdicts

_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": forms sent without scripts must carry their origin.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(settings: Settings) -> APIFlask:
    """An application that answers from the configured index.

    It starts, and reports 503, also while there is nothing to answer from.

    Raises:
        ConfigError: the rate limit can't be read.
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
    app.extensions["qa.examples"] = Examples()
    app.extensions["qa.feedback"] = FeedbackStore(settings.server.feedback_file)
    hosts = TrustedHosts(settings.server.host, settings.server.trusted_hosts)
    app.extensions["qa.hosts"] = hosts
    app.before_request(hosts.check)
    rate_limit = RateLimit(settings.server.rate_limit)
    app.extensions["qa.rate_limit"] = rate_limit
    app.before_request(rate_limit.check)
    app.spec_processor(complete)
    app.jinja_env.filters["exactly"] = exactly
    app.register_blueprint(api)
    app.register_blueprint(pages)
    app.register_blueprint(library)
    app.register_blueprint(verdicts)
    problems.register(app)

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in _SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return app


def exactly(text: str) -> Markup:
    """A text escaped so that a browser's document holds it unchanged: line ends aren't folded."""
    return Markup(str(escape(text)).replace("\r", "&#13;"))  # noqa: S704 escaped just before
