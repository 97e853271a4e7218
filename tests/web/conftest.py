import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from qa.index.builder import build
from qa.web.app import create_app
from tests.chromium import CHROMIUM, launched
from tests.conftest import Server, settings_in, start_server, stop_server, write

# Everything that has ever broken a page or moved an offset.
HARD = {
    "twice.txt": (
        b"Lighthouse\n\nThe lamp is red. The lamp is red. The lamp is green at noon.\n\n"
        b"The keeper of the lighthouse is Marta Olsen. Marta Olsen wrote a book. "
        b"Later Marta Olsen left the lighthouse.\n"
    ),
    "signs.md": (
        "# Signs 🚢\n\nThe 👩🏽\u200d🚀 pilot of the harbour is 🧑‍✈️ Nils & Søn <b>Berg</b>. "
        'E\u0301milie said "a < b && c > d".\n\n#### Deep heading\n\n'
        "The code of the gate is <img src=x onerror=alert(1)> &amp; {{7*7}} ${x}.\n"
    ).encode(),
    "rtl.txt": (
        "دليل الميناء\n\nرئيس الميناء هو إنغريد سولبرغ. يفتح الميناء في الساعة السادسة صباحا.\n\n"
        "The captain of the ferry is \u202eevil\u202c Dina Cohen דינה כהן of Haifa.\n"
    ).encode(),
    "hostile<b>'\"&.txt": (
        "<script>alert(1)</script> \u202e title\n\n"
        "The owner of the tower is Robert <svg onload=alert(2)> Table. "
        + "</article></main>" * 3
        + "\n\n"
        + "x" * 10_000
        + "\n\n<style>body{display:none}</style> {% raw %} {{ config }}\r\nA line\rB line\r\n"
    ).encode(),
}

# A busy machine answers late, and that is no failure.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def app(corpus: Path) -> APIFlask:
    return create_app(settings_in(corpus))


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def hard(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Iterator[Server]:
    """A server over the ``HARD`` documents."""
    folder = tmp_path_factory.mktemp("hard")
    write(folder / "source", HARD)
    shutil.copytree(corpus / "index", folder / "index")
    build(settings_in(folder))
    running = start_server(folder)
    yield running
    stop_server(running)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("needs Chromium: apt-get install chromium")
    with launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that must end without a console error or a violation of its policy."""
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.expose_function("violated", lambda what: problems.append(what))
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation',"
        " (e) => window.violated(`${e.violatedDirective} ${e.blockedURI}`))"
    )
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: problems.append(str(e)))
    page.on("dialog", lambda d: (problems.append(f"dialog {d.message}"), d.dismiss()))
    page.expected = []  # type: ignore[attr-defined]
    yield page
    left = [p for p in problems if not any(e in p for e in page.expected)]  # type: ignore[attr-defined]
    context.close()
    assert not left
