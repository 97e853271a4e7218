"""Pages for everyone: axe-core, the keyboard alone, little weight."""

from importlib.resources import files

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.conftest import Server

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
PAGES = [
    "/",
    "/?q=Who+is+the+Party+secretary+of+Yangpu%3F",
    "/?q=What+did+he+say%3F&hq=Who+is+the+Party+secretary+of+Yangpu%3F&ha=Xue+Kan",
    "/?q=How+do+I+bake+sourdough+bread%3F",
    "/?q=%00",
    "/documents",
    "/documents?q=leave&for=How+long+is+leave%3F",
    "/documents/handbook-leave?start=8&end=18&c=8-18-handbook-leave&c=0-9-windows&for=Why%3F#cited",
    "/documents/windows?start=9999&end=99999",
    "/documents/nowhere",
    "/docs",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, server: Server, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 844})
    page = context.new_page()
    found = []
    for address in PAGES:
        page.goto(server.url + address)
        # Disclosed figures are part of the page.
        page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
        page.evaluate(AXE)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [
            (address, violation["id"], node["html"][:200])
            for violation in result["violations"]
            for node in violation["nodes"]
        ]
    context.close()
    assert not found


# By an outline, or by another shadow around it than without the focus.
SEEN = """() => {
  const element = document.activeElement;
  const own = getComputedStyle(element), around = getComputedStyle(element.parentElement);
  const outlined = own.outlineStyle !== "none" && own.outlineColor !== "rgba(0, 0, 0, 0)";
  const focused = around.boxShadow;
  element.blur();
  const blurred = around.boxShadow;
  element.focus();
  return outlined || focused !== blurred;
}"""


def reach(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({selector!r})"):
            assert page.evaluate(SEEN), "the focus can't be seen"
            return
    raise AssertionError(f"{selector} can't be reached")


def test_the_keyboard_is_enough(page: Page, server: Server) -> None:
    page.goto(server.url)
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("Who is the Party secretary of Yangpu?")
    page.keyboard.press("Enter")
    expect(page.locator(".answer").first).to_be_visible()
    page.reload()
    for selector in (
        ".citations a",
        ".copy",
        ".actions a",
        "[aria-label='This answer is right']",
        "[aria-label='This answer is wrong']",
        ".why summary",
    ):
        reach(page, selector)
    page.keyboard.press("Enter")
    expect(page.locator(".why .took")).to_be_visible()
    reach(page, "#q")
    page.reload()
    reach(page, ".citations a")
    page.keyboard.press("Enter")
    expect(page.locator("#cited")).to_be_focused()
    # Typing the words is the keyboard's way of selecting them.
    reach(page, "#words")
    page.keyboard.type("Xue Kan, the Party secretary")
    reach(page, "#place button")
    page.keyboard.press("Enter")
    expect(page.locator(".noted")).to_contain_text("noted")


@pytest.mark.parametrize(
    "address", ["/", "/?q=Who+is+the+Party+secretary+of+Yangpu%3F", "/documents/yangpu-ai-hub"]
)
def test_a_page_is_light(page: Page, server: Server, address: str) -> None:
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(server.url + address, wait_until="networkidle")
    assert all(response.url.startswith(server.url) for response in responses)
    assert any(response.url.endswith(".css") for response in responses)
    assert sum(len(response.body()) for response in responses) <= 100_000
