"""The same documents as PDF files: what is lost of their text, and what of their answers."""

from __future__ import annotations

import html
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt
from playwright.sync_api import Browser

from qa.answer.pipeline import Pipeline
from qa.evaluate.judge import right
from qa.index.builder import build
from qa.index.snapshot import Snapshot
from qa.ingest.folder import SourceFile, parse
from qa.types import Document
from tests.chromium import launched
from tests.conftest import REPOSITORY, settings_in, write

DATA = REPOSITORY / "tests" / "data"
SETS = ("news", "office")
STYLE = (
    "body { font: 11pt/1.4 serif; text-align: justify; hyphens: auto; margin: 0 }"
    "td, th { border: 1px solid grey; padding: 3pt 6pt; text-align: left }"
)
# Name, style, and whether the program that writes the file tags it.
LAYOUTS = (
    ("tagged, as browsers and word processors save it", "", True),
    ("no tags", "", False),
    ("no tags, two columns", "body { column-count: 2; font-size: 9.5pt }", False),
    (
        "no tags, paragraphs only indented",
        "p { margin: 0; text-indent: 1.5em; text-align: left }",
        False,
    ),
    ("no tags, small pages with head and foot", "@page { size: A5 }", False),
)
HEAD = '<div style="font-size: 8px; margin-left: 20mm">Documents of the office</div>'
FOOT = (
    '<div style="font-size: 8px; margin-left: 20mm">Page <span class="pageNumber"></span> of '
    '<span class="totalPages"></span></div>'
)


def main() -> None:
    """Print what is made of each layout, over the documents that others wrote."""
    print("| as PDF | paragraphs as in the original | pages a second | right, news | office |")
    print("|---|---|---|---|---|")
    originals = {path: path.read_bytes() for name in SETS for path in (DATA / name).iterdir()}
    answers = " | ".join(str(_answered(name, _named(originals, name))) for name in SETS)
    print(f"| (the original files) | | | {answers} |")
    with launched() as browser:
        for layout, style, tagged in LAYOUTS:
            files = {
                path.with_suffix(".pdf"): _printed(browser, path, STYLE + style, tagged=tagged)
                for path in originals
            }
            _row(layout, originals, files)


def _row(layout: str, originals: dict[Path, bytes], files: dict[Path, bytes]) -> None:
    wanted = found = pages = 0
    started = time.perf_counter()
    documents = {path: _read(path, data) for path, data in files.items()}
    took = time.perf_counter() - started
    for path, data in originals.items():
        document = documents[path.with_suffix(".pdf")]
        pages += max(page.number for page in document.pages)
        said = set(_paragraphs(document))
        paragraphs = list(_paragraphs(_read(path, data)))
        wanted += len(paragraphs)
        found += sum(paragraph in said for paragraph in paragraphs)
    answers = " | ".join(str(_answered(name, _named(files, name))) for name in SETS)
    print(f"| {layout} | {found / wanted:.1%} | {pages / took:.0f} | {answers} |")


def _printed(browser: Browser, path: Path, style: str, *, tagged: bool) -> bytes:
    page = browser.new_page()
    page.set_content(f"<!doctype html><html lang=en><title>{path.stem}</title>{_html(path)}")
    page.add_style_tag(content=f"@page {{ size: A4; margin: 25mm 20mm }} {style}")
    small = "A5" in style
    data = page.pdf(
        tagged=tagged,
        prefer_css_page_size=True,
        display_header_footer=small,
        header_template=HEAD,
        footer_template=FOOT,
    )
    page.close()
    return data


def _html(path: Path) -> str:
    text = path.read_text()
    if path.suffix == ".html":
        return text
    if path.suffix == ".md":
        return MarkdownIt().enable("table").render(text)
    document = _read(path, path.read_bytes())
    tags = ["h1" if words == document.title else "p" for words in _paragraphs(document)]
    return "".join(
        f"<{tag}>{html.escape(words)}</{tag}>"
        for tag, words in zip(tags, _paragraphs(document), strict=True)
    )


def _read(path: Path, data: bytes) -> Document:
    return parse(SourceFile(PurePosixPath(path.name), data, ""), path.stem)


def _paragraphs(document: Document) -> Iterator[str]:
    for block in document.blocks:
        yield " ".join(document.text[block.start : block.end].split())


def _named(files: dict[Path, bytes], name: str) -> dict[str, bytes]:
    return {path.name: data for path, data in files.items() if path.parent.name == name}


def _answered(name: str, files: dict[str, bytes]) -> int:
    """How many of a set's questions are handled right: answered, or declined."""
    rows = [json.loads(line) for line in (DATA / f"{name}-questions.jsonl").open()]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "source", files)
        settings = settings_in(Path(folder))
        pipeline = Pipeline(Snapshot(build(settings).snapshot), settings)
        replies = [(row, pipeline.ask(row["question"]).answers) for row in rows]
    return sum(
        right(answers[0].text, row["answers"])
        if answers and row["answers"]
        else not answers and not row["answers"]
        for row, answers in replies
    )
