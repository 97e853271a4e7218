"""HTML files: what a browser shows of the page, read as Markdown is.

The page's menus, forms and scripts are left out, and what it hides. What is left goes through
the Markdown of a converter, so that headings, lists and tables are treated alike in both.
"""

from __future__ import annotations

import warnings
from pathlib import PurePosixPath

from bs4 import BeautifulSoup
from bs4.element import Tag
from markdownify import ATX, MarkdownConverter

from qa.control import CONTROL
from qa.errors import IngestError
from qa.ingest import markdown
from qa.ingest.parsed import Parsed

_UNSEEN = frozenset(
    (
        *("audio", "button", "canvas", "datalist", "dialog", "embed", "head", "iframe", "input"),
        *("nav", "noscript", "object", "progress", "script", "select", "style", "svg"),
        *("template", "textarea", "video"),
    )
)
# Each a paragraph of its own, which the converter doesn't make of them.
_PARAGRAPHS = ["address", "dd", "dt", "legend", "summary"]
# Links and pictures are not read; powers stay apart from what they stand at.
_CONVERTER = MarkdownConverter(
    heading_style=ATX,
    strip=["a", "img"],
    escape_misc=True,
    sub_symbol="<sub>",
    sup_symbol="<sup>",
)


def parse(text: str, path: PurePosixPath) -> Parsed:
    """Render the page and map its headings.

    Raises:
        IngestError: its elements are nested too deep to be read.
    """
    try:
        with warnings.catch_warnings():
            # That it may be XML, or the name of a file.
            warnings.simplefilter("ignore")
            page = BeautifulSoup(text, "lxml")
        title = CONTROL.sub(" ", page.title.get_text()).strip() if page.title else ""
        for element in page.find_all(_is_unseen):
            element.decompose()
        for element in page.find_all(_PARAGRAPHS):
            element.name = "p"
        body = _CONVERTER.convert_soup(page.body or page)
    except RecursionError:
        raise IngestError(f"{path}: elements are nested too deep; save it as text") from None
    return markdown.rendered(body, path, {"title": title} if title else {})


def _is_unseen(element: Tag) -> bool:
    style = "".join(str(element.get("style")).lower().split())
    return (
        element.name in _UNSEEN
        or element.has_attr("hidden")
        or element.get("aria-hidden") == "true"
        or "display:none" in style
        or "visibility:hidden" in style
    )
