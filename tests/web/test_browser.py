import json
import os
import re
import signal
import sqlite3
import urllib.request
from contextlib import closing
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.conftest import Server, start_server, stop_server
from tests.test_cli import qa


def field(page: Page) -> Locator:
    return page.get_by_label("Your question")


def ask(page: Page, server: Server, question: str) -> None:
    page.goto(server.url)
    field(page).fill(question)
    page.keyboard.press("Enter")


def turns(page: Page) -> Locator:
    return page.locator(".turn:not(.pending)")


def text_of(server: Server, id: str) -> str:
    with urllib.request.urlopen(f"{server.url}/api/documents/{quote(id)}") as response:
        return json.load(response)["text"]


def marked(page: Page) -> str:
    return page.evaluate("[...document.querySelectorAll('mark')].map(m => m.textContent).join('')")


def slice_shown(page: Page, server: Server) -> str:
    """The words of the document that the page's address asks to mark."""
    address = urlsplit(page.url)
    query = parse_qs(address.query)
    text = text_of(server, address.path.removeprefix("/documents/"))
    return text[int(query["start"][0]) : int(query["end"][0])]


def test_ask_and_check_the_citation(page: Page, server: Server) -> None:
    ask(page, server, "Who is the Party secretary of Yangpu?")
    answer = page.locator(".answer").first
    expect(answer.locator(".short")).to_have_text("Xue Kan")
    expect(answer.locator("blockquote mark")).to_have_text("Xue Kan")
    expect(answer.locator(".likely")).to_have_text("Very likely right")
    expect(page.locator("#announced")).to_have_text("Answer: Xue Kan. Very likely right.")
    page.get_by_text("Why this answer").click()
    expect(page.locator(".why")).to_contain_text("Passages, best first")
    expect(page.locator(".why .took")).to_contain_text("total")
    answer.locator(".citations a").first.click()
    expect(page.locator("mark")).to_be_in_viewport()
    assert marked(page) == slice_shown(page, server) == "Xue Kan"
    page.get_by_role("link", name="Raw text").click()
    assert page.evaluate("document.body.textContent").rstrip() == (
        text_of(server, "yangpu-ai-hub").rstrip()
    )


@pytest.mark.parametrize(
    "question",
    [
        "Who is the keeper of the lighthouse?",
        "What colour is the lamp?",
        "Who is the pilot of the harbour?",
        "What is the code of the gate?",
        "Who is the captain of the ferry?",
        "Who is the owner of the tower?",
        "من هو رئيس الميناء؟",
    ],
)
def test_the_marked_slice_is_the_quoted_text(page: Page, hard: Server, question: str) -> None:
    ask(page, hard, question)
    expect(turns(page)).to_have_count(1)
    links = page.locator(".turn .card :is(.citations, .passages) a")
    hrefs = [str(link.get_attribute("href")) for link in links.all()]
    quoted = page.locator(".short").all_text_contents()
    assert hrefs
    shown = []
    for href in hrefs:
        page.goto(hard.url + href)
        expect(page.locator("#cited")).to_be_in_viewport()
        assert marked(page) == slice_shown(page, hard)
        shown.append(marked(page))
    assert set(quoted) <= set(shown)


@pytest.mark.parametrize("id", ["twice", "signs", "rtl"])
def test_any_slice_is_marked_where_it_is(page: Page, hard: Server, id: str) -> None:
    text = text_of(hard, id)
    middle = len(text) // 2
    spans = [(0, len(text)), (middle - 9, middle + 9)]
    if "Marta Olsen" in text:
        second = text.index("Marta Olsen", text.index("Marta Olsen") + 1)
        spans.append((second, second + len("Marta Olsen")))
    for start, end in spans:
        page.goto(f"{hard.url}/documents/{id}?start={start}&end={end}")
        assert marked(page) == text[start:end]
        assert page.evaluate("document.getElementById('text').textContent") == text
        before = page.evaluate(
            """() => { const r = document.createRange();
            r.setStart(document.getElementById('text'), 0);
            r.setEndBefore(document.getElementById('cited')); return r.toString(); }"""
        )
        assert before == text[:start]


def test_previous_and_next_citation(page: Page, hard: Server) -> None:
    ask(page, hard, "How do I bake sourdough bread?")
    page.locator(".passages a").first.click()
    bar = page.get_by_role("navigation", name="Places")
    expect(bar).to_contain_text("Place 1 of 3")
    seen = {page.url.split("&c=")[0]}
    for number in (2, 3):
        bar.get_by_role("link", name="Next").click()
        expect(bar).to_contain_text(f"Place {number} of 3")
        assert marked(page) == slice_shown(page, hard)
        seen.add(page.url.split("&c=")[0])
    assert len(seen) == 3
    bar.get_by_role("link", name="Previous").click()
    expect(bar).to_contain_text("Place 2 of 3")


def test_abstention_and_a_second_question(page: Page, server: Server) -> None:
    ask(page, server, "How do I bake sourdough bread?")
    expect(page.locator(".abstention")).to_contain_text("don't seem to say")
    expect(page.locator(".passages li").first).to_be_visible()
    field(page).fill("Who is the harbour master?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(turns(page)).to_have_count(2)
    expect(page.locator(".answer").first).to_contain_text("Ingrid Solberg")
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_value("")


def test_a_follow_up_and_its_address(page: Page, server: Server) -> None:
    ask(page, server, "Who is an academician of the Chinese Academy of Engineering?")
    expect(page.locator(".short").first).to_have_text("Zheng Weimin")
    field(page).fill("What did he emphasise?")
    page.keyboard.press("Enter")
    expect(page.locator(".rewritten q")).to_have_text("What did Zheng Weimin emphasise?")
    link = turns(page).nth(1).get_by_role("link", name="Link")
    assert "What+did+Zheng+Weimin+emphasise" in str(link.get_attribute("href"))
    expect(page).to_have_title("What did he emphasise? · Ask the documents")
    # Reading on above the field, typing does not take the page away.
    page.set_viewport_size({"width": 800, "height": 400})
    page.evaluate("scrollTo(0, 0)")
    field(page).press_sequentially("When")
    assert page.evaluate("scrollY") == 0
    field(page).fill("")
    # The address bar holds the conversation, and the link the question alone.
    page.reload()
    expect(turns(page)).to_have_count(2)
    expect(page.locator(".former .gave")).to_have_text("Zheng Weimin")
    expect(page.locator(".rewritten q")).to_have_text("What did Zheng Weimin emphasise?")
    turns(page).nth(1).get_by_role("link", name="Link").click()
    expect(turns(page)).to_have_count(1)
    expect(page.locator(".rewritten")).to_have_count(0)


def test_examples_are_answered_in_place(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.reload()
    example = page.locator(".examples a").first
    question = example.inner_text()
    example.click()
    expect(page.locator(".question")).to_have_text(question)
    expect(page.locator(".answer").first).to_be_visible()


def test_shift_enter_is_a_new_line_and_copy_cites(browser: Browser, server: Server) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(server.url)
    field(page).press_sequentially("Who is the")
    page.keyboard.press("Shift+Enter")
    expect(turns(page)).to_have_count(0)
    field(page).press_sequentially("harbour master?")
    page.keyboard.press("Enter")
    expect(page.locator(".short").first).to_have_text("Ingrid Solberg")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.locator("#status")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Ingrid Solberg\n")
    assert f"{server.url}/documents/windows?start=" in copied
    context.close()


def test_feedback_is_stored_and_exported(page: Page, workspace) -> None:
    server = start_server(workspace)
    try:
        ask(page, server, "Who is the harbour master?")
        page.get_by_role("button", name="This answer is right").click()
        expect(page.locator(".noted")).to_contain_text("noted")
        ask(page, server, "How do I bake sourdough bread?")
        page.get_by_role("button", name="Right, the documents don't say").click()
        expect(page.locator(".noted")).to_contain_text("noted")
        page.get_by_role("link", name="Point to the answer").click()
        expect(page.locator(".notice")).to_contain_text("sourdough")
        page.goto(f"{server.url}/documents/emoji?for=Who+ate+pizza%3F")
        # From inside the text after a four-code-point emoji to beyond two more.
        page.evaluate(
            """() => { const p = [...document.querySelectorAll('#text p')].at(-1).firstChild;
            const from = p.data.indexOf('crew'), to = p.data.indexOf(' on Monday');
            getSelection().setBaseAndExtent(p, from, p, to); }"""
        )
        expect(page.get_by_label("The words that answer it")).to_have_value(
            "crew of the Zebra station ate 🍕🍕"
        )
        page.get_by_role("button", name="The right answer is here").click()
        expect(page.locator(".noted")).to_contain_text("noted")
        # The words are still selected, and the form stays over the text.
        expect(page.locator("#place")).to_have_class(re.compile("chosen"))
        expect(page.locator(".noted")).to_be_visible()
    finally:
        stop_server(server)
    rows = map(json.loads, qa(workspace, "feedback", "export").stdout.splitlines())
    said = {row["question"]: row for row in rows}
    assert said["Who is the harbour master?"]["answers"] == ["Ingrid Solberg"]
    assert said["How do I bake sourdough bread?"]["answers"] == []
    pizza = said["Who ate pizza?"]
    assert pizza["answers"] == ["crew of the Zebra station ate 🍕🍕"]
    text = (workspace / "source" / "emoji.txt").read_text()
    assert text[pizza["start"] :].startswith(pizza["answers"][0])


def test_one_verdict_of_a_turn_stands(page: Page, workspace) -> None:
    server = start_server(workspace)
    try:
        ask(page, server, "Who is the harbour master?")
        right = page.get_by_role("button", name="This answer is right")
        wrong = page.get_by_role("button", name="This answer is wrong")
        right.click()
        expect(page.locator(".noted")).to_contain_text("noted")
        expect(right).to_be_focused()
        expect(right).to_be_disabled()
        # Nor does the keyboard give it a second time.
        page.keyboard.press("Enter")
        expect(right).to_have_attribute("aria-pressed", "true")
        expect(wrong).to_be_enabled()
        wrong.click()
        expect(page.get_by_role("link", name="Point to the right answer")).to_be_visible()
        expect(wrong).to_be_disabled()
        expect(right).to_be_enabled()
        expect(right).to_have_attribute("aria-pressed", "false")
        expect(page.locator(".given")).to_have_count(1)
        # One that can't be stored leaves the other standing.
        page.expected = ["Failed to load resource"]  # type: ignore[attr-defined]
        page.route("**/feedback", lambda route: route.fulfill(status=503, body="{}"))
        right.click()
        expect(page.locator(".noted.problem")).to_be_visible()
        expect(wrong).to_have_attribute("aria-pressed", "true")
        expect(right).to_be_enabled()
    finally:
        stop_server(server)
    with closing(sqlite3.connect(workspace / "feedback.sqlite3")) as connection:
        assert connection.execute("SELECT verdict FROM feedback").fetchall() == [("wrong",)]


def test_words_pointed_at_are_sent_once(page: Page, workspace) -> None:
    server = start_server(workspace)
    try:
        page.goto(f"{server.url}/documents/windows?for=When%3F")
        button = page.get_by_role("button", name="The right answer is here")
        page.get_by_label("The words that answer it").fill("before 22:00")
        for _ in range(2):
            button.click(force=True)
            expect(page.locator(".noted")).to_contain_text("noted")
            expect(button).to_be_disabled()
        page.locator("#text p").last.click(click_count=3)
        expect(button).to_be_enabled()
        expect(page.locator(".noted")).to_be_empty()
    finally:
        stop_server(server)
    with closing(sqlite3.connect(workspace / "feedback.sqlite3")) as connection:
        assert connection.execute("SELECT count(*) FROM feedback").fetchone() == (1,)


def test_a_page_loaded_again_before_the_answer_shows_it(page: Page, server: Server) -> None:
    ask(page, server, "Who is an academician of the Chinese Academy of Engineering?")
    expect(turns(page)).to_have_count(1)
    page.route("**/turn", lambda route: None)
    field(page).fill("What did he emphasise?")
    page.keyboard.press("Enter")
    expect(page.locator(".pending")).to_be_visible()
    page.reload()
    expect(turns(page)).to_have_count(2)
    expect(page.locator(".rewritten q")).to_have_text("What did Zheng Weimin emphasise?")


def test_an_answer_takes_nobody_away_from_where_they_are(page: Page, server: Server) -> None:
    ask(page, server, "Who is the harbour master?")
    link = page.locator(".citations a").first
    expect(link).to_be_visible()
    held: list[Route] = []
    page.route("**/turn", lambda route: held.append(route))
    field(page).fill("When must boats leave?")
    with page.expect_request("**/turn"):
        page.keyboard.press("Enter")
    link.focus()
    held[0].continue_()
    expect(turns(page)).to_have_count(2)
    expect(link).to_be_focused()


def test_a_selection_is_what_the_form_holds(page: Page, server: Server) -> None:
    text = text_of(server, "windows")
    page.goto(f"{server.url}/documents/windows?for=When%3F")
    words, start = page.get_by_label("The words that answer it"), page.locator("[name=start]")
    place = page.locator("#place")
    paragraphs = page.locator("#text p")
    paragraphs.nth(1).click(click_count=3)
    expect(words).to_have_value("The harbour master is Ingrid Solberg.")
    # To the very end: the browser's range ends behind the text.
    paragraphs.last.click(click_count=3)
    expect(words).to_have_value("Boats must leave before 22:00.")
    assert int(start.input_value()) == text.index("Boats")
    page.evaluate(
        """() => getSelection().setBaseAndExtent(document.querySelector('h1'), 0,
        document.querySelectorAll('#text p')[1].firstChild, 11)"""
    )
    expect(words).to_have_value(re.compile(r"The harbour$"))
    expect(start).to_have_value("0")
    expect(place).to_have_class(re.compile("chosen"))
    # Nothing of the text is selected any more, and the form doesn't say so either.
    page.locator("h1").click(click_count=3)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))")
    expect(words).to_have_value("")
    expect(start).to_have_value("")
    paragraphs.last.click(click_count=3)
    expect(words).not_to_have_value("")
    paragraphs.first.click()
    expect(words).to_have_value("")
    # Going on to another field loses nothing, nor does a click what was typed.
    paragraphs.last.click(click_count=3)
    page.get_by_label("The question").click()
    expect(words).to_have_value(re.compile("^Boats"))
    page.get_by_label("The words that answer it").fill("before 22:00")
    paragraphs.first.click()
    expect(words).to_have_value("before 22:00")


@pytest.mark.parametrize(
    "question",
    [
        "What is the password of the vault <script>alert('x')</script>?",
        "<img src=x onerror=alert(1)>",
        "{{ 7 * 7 }} {% for x in y %} ${7*7}",
        "\u202eWho is the owner of the tower?\u202e",
        "w" * 2000,
        "</h2></article><style>*{display:none}</style>\"'>",
    ],
)
def test_hostile_text_stays_text(page: Page, hard: Server, question: str) -> None:
    ask(page, hard, question)
    expect(turns(page)).to_have_count(1)
    assert page.locator(".question").text_content() == question
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(page.url)
    assert page.locator(".turn .question").text_content() == question
    for address in (f"/documents?q={quote(question)}&for={quote(question)}", "/documents"):
        page.goto(hard.url + address)
        assert page.locator("main :is(script, style, svg, img)").count() == 0


def test_a_hostile_document_stays_text(page: Page, hard: Server) -> None:
    page.goto(f"{hard.url}/documents")
    page.locator(".documents a", has_text="alert(1)").click()
    id = urlsplit(page.url).path.removeprefix("/documents/")
    text = text_of(hard, id)
    assert page.evaluate("document.getElementById('text').textContent") == text
    assert page.locator("main :is(script, style, svg, img)").count() == 0
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_works_without_javascript(browser: Browser, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.url)
    field(page).fill("Who is an academician of the Chinese Academy of Engineering?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".answer .short").first).to_have_text("Zheng Weimin")
    field(page).fill("What did he emphasise?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".rewritten q")).to_have_text("What did Zheng Weimin emphasise?")
    quoted = page.locator(".answer .short").first.inner_text()
    expect(page.get_by_text("Enter asks")).to_be_hidden()
    answered = page.url
    for refused in (" ", "x" * 1990 + "\n" * 11):
        page.locator("#q").evaluate("(field, typed) => (field.value = typed)", refused)
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator(".former .gave").first).to_have_text("Zheng Weimin")
    page.goto(answered)
    page.locator(".citations a").first.click()
    expect(page.locator("mark")).to_be_in_viewport()
    assert page.locator("mark").inner_text() == quoted
    expect(page.locator("#select")).to_be_hidden()
    page.get_by_label("The words that answer it").fill("domestic systems")
    page.get_by_role("button", name="The right answer is here").click()
    expect(page.locator("h1")).to_have_text("Thank you, noted")
    context.close()


def test_a_server_stopped_mid_question_keeps_what_was_typed(page: Page, workspace) -> None:
    page.expected = ["ERR_"]  # type: ignore[attr-defined]
    server = start_server(workspace)
    page.goto(server.url)
    # Held, then killed: the question has been sent and its answer never comes.
    os.kill(server.process.pid, signal.SIGSTOP)
    field(page).fill("Who is the harbour master?")
    page.keyboard.press("Enter")
    expect(page.locator(".pending .question")).to_have_text("Who is the harbour master?")
    expect(page.locator("#status")).to_have_text("Reading the documents…")
    server.process.kill()
    server.process.wait()
    assert server.process.stdout
    server.process.stdout.close()
    expect(page.locator("#status")).to_contain_text("can't be reached")
    expect(field(page)).to_have_value("Who is the harbour master?")
    expect(field(page)).to_be_focused()
    expect(page.locator(".turn")).to_have_count(0)
    again = start_server(workspace, "--port", server.url.rsplit(":", 1)[1])
    page.keyboard.press("Enter")
    expect(page.locator(".answer").first).to_contain_text("Ingrid Solberg")
    stop_server(again)


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (429, "{}", {"Retry-After": "7"}, "Try again in 7 seconds"),
        (503, '{"detail": "There is no index yet."}', {}, "There is no index yet."),
        (503, "{}", {}, "error (503)"),
        (500, "<html>", {}, "error (500)"),
        (200, "<html>", {}, "can't be read"),
    ],
)
def test_refusals_are_said_and_keep_what_was_typed(
    page: Page, server: Server, status: int, body: str, headers: dict[str, str], said: str
) -> None:
    page.expected = ["Failed to load resource"]  # type: ignore[attr-defined]
    page.route("**/turn", lambda route: route.fulfill(status=status, body=body, headers=headers))
    ask(page, server, "Who is the harbour master?")
    expect(page.locator("#status.problem")).to_contain_text(said)
    expect(field(page)).to_have_value("Who is the harbour master?")
    page.unroute("**/turn")
    page.keyboard.press("Enter")
    expect(page.locator(".answer").first).to_contain_text("Ingrid Solberg")


def test_offline_is_said(page: Page, server: Server) -> None:
    page.expected = ["ERR_INTERNET_DISCONNECTED"]  # type: ignore[attr-defined]
    page.goto(server.url)
    page.context.set_offline(True)
    field(page).fill("Who is the harbour master?")
    page.keyboard.press("Enter")
    expect(page.locator("#status.problem")).to_contain_text("You are offline")
    expect(field(page)).to_have_value("Who is the harbour master?")
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(page.locator(".answer").first).to_contain_text("Ingrid Solberg")
