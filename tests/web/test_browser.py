from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Server, start_server, stop_server


def ask(page: Page, server: Server, question: str) -> None:
    page.goto(server.url)
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def test_ask_and_check_the_citation(page: Page, server: Server) -> None:
    ask(page, server, "Who is the Party secretary of Yangpu?")
    answer = page.locator(".answer").first
    expect(answer).to_contain_text("Xue Kan")
    quoted = answer.locator(".short").inner_text()
    link = answer.get_by_role("link").first
    query = parse_qs(urlsplit(str(link.get_attribute("href"))).query)
    link.click()
    mark = page.locator("mark")
    expect(mark).to_be_in_viewport()
    assert mark.inner_text() == quoted
    assert int(query["end"][0]) - int(query["start"][0]) == len(quoted)


def test_abstention_and_a_second_question(page: Page, server: Server) -> None:
    ask(page, server, "How do I bake sourdough bread?")
    expect(page.locator(".abstention")).to_contain_text("don't seem to say")
    expect(page.locator(".passages li").first).to_be_visible()
    page.get_by_label("Your question").fill("Who is the harbour master?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".answer").first).to_contain_text("Ingrid Solberg")
    expect(page.get_by_label("Your question")).to_be_focused()


@pytest.mark.parametrize(
    "question",
    [
        "What is the password of the vault <script>alert('x')</script>?",
        "<img src=x onerror=alert(1)>",
    ],
)
def test_hostile_text_stays_text(page: Page, server: Server, question: str) -> None:
    ask(page, server, question)
    expect(page.locator(".turn .question")).to_have_text(question)
    page.goto(f"{server.url}/documents/hostile?start=40&end=60")
    expect(page.locator("#text")).to_contain_text("<script>alert('x')</script>")
    assert page.locator("main script, main img").count() == 0


def test_works_without_javascript(browser: Browser, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.url)
    page.get_by_label("Your question").fill("Who is the harbour master?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".answer").first).to_contain_text("Ingrid Solberg")
    quoted = page.locator(".answer .short").first.inner_text()
    page.locator(".citations a").first.click()
    assert page.locator("mark").inner_text() == quoted
    context.close()


def test_a_stopped_server_keeps_what_was_typed(page: Page, workspace) -> None:
    page.expected = ["ERR_CONNECTION_REFUSED"]  # type: ignore[attr-defined]
    server = start_server(workspace)
    page.goto(server.url)
    stop_server(server)
    page.get_by_label("Your question").fill("Who is the harbour master?")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("can't be reached")
    expect(page.get_by_label("Your question")).to_have_value("Who is the harbour master?")
    again = start_server(workspace, "--port", server.url.rsplit(":", 1)[1])
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".answer").first).to_contain_text("Ingrid Solberg")
    stop_server(again)
