from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, sync_playwright

from qa.web.app import create_app
from tests.conftest import settings_in

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def app(corpus: Path) -> APIFlask:
    return create_app(settings_in(corpus))


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-background-networking", "--disable-quic"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that must end without a console error or a blocked script."""
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: problems.append(str(e)))
    page.on("dialog", lambda d: (problems.append(f"dialog {d.message}"), d.dismiss()))
    page.expected = []  # type: ignore[attr-defined]
    yield page
    left = [p for p in problems if not any(e in p for e in page.expected)]  # type: ignore[attr-defined]
    context.close()
    assert not left
