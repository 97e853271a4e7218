"""The report of ``qa eval`` opens from disk, in a browser that is watched for the network."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from qa.evaluate.compare import compare_runs
from qa.evaluate.evaluation import Order, evaluate
from tests.conftest import settings_in

HOSTILE = "Who runs </script><script>alert(1)</script> <img src=x onerror=alert(2)> the vault?"
ROWS = [
    {"id": "right", "question": "Who is the harbour master?", "answers": ["Ingrid Solberg"]},
    {"id": "class", "question": HOSTILE, "answers": ["<b>Nobody</b>"], "document": "hostile"},
    {"id": "span", "question": "What is the password of the vault?", "answers": ["students"]},
    {"id": "given", "question": "Who is the Party secretary of Yangpu?", "answers": []},
    {"id": "lost", "question": "Who ate the cheese?", "answers": ["a mouse"]},
]


@pytest.fixture(scope="module")
def run(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    dataset = folder / "<i>hostile</i>.jsonl".replace("/", "∕")
    dataset.write_text("\n".join(map(json.dumps, ROWS)))
    evaluate(Order(dataset, run=folder / "before"), settings_in(corpus, retrieval__top_k=1))
    evaluate(Order(dataset, run=folder / "after"), settings_in(corpus))
    compare_runs(folder / "before", folder / "after")
    return folder / "after"


def opened(page: Page, file: Path) -> list[str]:
    """Open a file; what it asks the network for is collected."""
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if not r.url.startswith("file:") else None)
    page.goto(file.as_uri())
    return asked


def test_the_report_opens_from_disk(page: Page, run: Path) -> None:
    asked = opened(page, run / "report.html")
    expect(page.get_by_role("heading", level=1)).to_have_text("<i>hostile<∕i>.jsonl")
    assert page.locator("figure svg").count() == 3
    report = json.loads((run / "report.json").read_text())
    f1 = f"{report['figures']['end_to_end']['f1']:.4f}"
    row = page.get_by_role("table", name="End to end").get_by_role("row", name="f1").first
    expect(page.locator(".cards li").first).to_contain_text(f1)
    expect(row).to_contain_text(f1)
    assert not asked


def test_errors_are_filtered_by_class(page: Page, run: Path) -> None:
    opened(page, run / "report.html")
    errors = json.loads((run / "report.json").read_text())["errors"]
    assert sum(count > 0 for count in errors.values()) > 1
    expect(page.locator(".case:visible")).to_have_count(sum(errors.values()))
    for kind, count in errors.items():
        if count:
            page.get_by_text(f"{kind.replace('_', ' ')} {count}", exact=True).click()
            expect(page.locator(".case:visible")).to_have_count(count)
            expect(page.locator(f".case[data-kind={kind}]:visible")).to_have_count(count)
    page.get_by_text(f"all {sum(errors.values())}", exact=True).click()
    expect(page.locator(".case:visible")).to_have_count(sum(errors.values()))


def test_hostile_text_stays_text_in_a_report(page: Page, run: Path) -> None:
    for name in ("report.html", "comparison.html"):
        opened(page, run / name)
        assert page.locator("script").count() == 1
        assert page.locator("img, b, i").count() == 0
    opened(page, run / "report.html")
    case = page.locator(".case", has_text="alert(1)")
    case.locator("summary").click()
    expect(case).to_contain_text("<b>Nobody</b>")
    # The passages are shown, with their own hostile words as words.
    expect(case.locator("blockquote").first).to_contain_text("<script>alert('x')</script>")


@pytest.mark.parametrize("name", ["report.html", "comparison.html"])
def test_it_fits_a_phone(page: Page, run: Path, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, run / name)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_comparison(page: Page, run: Path) -> None:
    asked = opened(page, run / "comparison.html")
    comparison = json.loads((run / "comparison.json").read_text())
    assert comparison["questions"] == len(ROWS)
    expect(page.get_by_role("row", name="settings.retrieval.top_k")).to_contain_text("4")
    recall = comparison["figures"]["retrieval"]["recall_at_1"]
    assert (recall["difference"], recall["p"]) == (0, 1)
    expect(page.locator(".case")).to_have_count(len(comparison["won"]) + len(comparison["lost"]))
    assert not asked
