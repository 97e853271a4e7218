import itertools
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from qa.types import Block
from qa.web.reading import lay_out, page_of, page_starts


class Marks(HTMLParser):
    """Collects the text of the document and of its marks, as a browser would hold them."""

    def __init__(self) -> None:
        super().__init__()
        self.marked, self.text, self.scripts = "", "", 0
        self._mark = self._document = False

    def handle_starttag(self, tag, attrs):
        self._mark |= tag == "mark"
        self._document |= tag == "article"
        self.scripts += tag == "script" and not dict(attrs).get("src")

    def handle_endtag(self, tag):
        self._mark &= tag != "mark"
        self._document &= tag != "article"

    def handle_data(self, data):
        self.marked += data if self._mark else ""
        self.text += data if self._document else ""


@pytest.mark.parametrize("id", ["hostile", "windows", "emoji", "zh", "handbook-leave"])
def test_the_document_page_marks_exactly_the_slice(client: FlaskClient, id: str) -> None:
    text = client.get(f"/api/documents/{id}").get_json()["text"]
    for start, end in ((0, len(text)), (3, 9), (len(text) - 4, len(text)), (10, 30)):
        page = Marks()
        page.feed(client.get(f"/documents/{id}?start={start}&end={end}").text)
        assert page.text == text
        assert page.marked == text[start:end]
        assert page.scripts == 0
    assert client.get(f"/documents/{id}/raw").data.decode() == text


@pytest.mark.parametrize(
    "query", ["start=5&end=2", "start=-1&end=4", "start=a", "start=1&end=99999"]
)
def test_a_slice_that_is_not_there_is_said(client: FlaskClient, query: str) -> None:
    page = client.get(f"/documents/windows?{query}")
    assert page.status_code == 200
    assert "not in this document" in page.text
    assert "<mark" not in page.text


def test_unknown_document_page(client: FlaskClient) -> None:
    page = client.get("/documents/<b>x", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "<b>x" not in page.text


@given(st.text(min_size=1, max_size=60), st.integers(1, 20), st.data())
def test_pages_and_pieces_joined_are_the_text(text: str, limit: int, data: st.DataObject) -> None:
    cut = st.integers(0, len(text))
    start, end = sorted((data.draw(cut), data.draw(cut)))
    ends = sorted(data.draw(st.sets(cut, max_size=6)))
    levels = data.draw(st.lists(st.integers(0, 6), min_size=3, max_size=3))
    blocks = [Block(a, b, h) for a, b, h in zip(ends[::2], ends[1::2], levels, strict=False)]
    starts = page_starts(len(text), blocks, limit)
    spans = list(zip(starts, [*starts[1:], len(text)], strict=True))
    found = [p for span in spans for p in lay_out(text, blocks, span, (start, end))]
    pieces = [piece for paragraph in found for piece in paragraph.pieces]
    assert "".join(p.text for p in pieces) == text
    assert "".join(p.text for p in pieces if p.marked) == text[start:end]
    assert all(b - a <= limit for a, b in spans)
    for paragraph in found:
        said = "".join(p.text for p in paragraph.pieces)
        assert (paragraph.level is None) <= said.isspace()
    for position in range(len(text)):
        a, b = spans[page_of(starts, position)]
        assert a <= position < b
    for span in spans:
        levels = [1, *(p.level for p in lay_out(text, blocks, span, (0, 0)) if p.level)]
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_chat_without_scripts(client: FlaskClient) -> None:
    page = client.get("/?q=Who+is+the+harbour+master%3F").text
    assert "Ingrid Solberg" in page
    assert "/documents/windows?start=" in page
    assert "seem to say" in client.get("/?q=How+do+I+bake+sourdough+bread%3F").text
    for question in ("%00", "x" * 2001):
        bad = client.get(f"/?q={question}")
        assert bad.status_code == 422
        assert 'role="alert"' in bad.text
