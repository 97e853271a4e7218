from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from qa.types import Block, Document
from qa.web.pages import pieces


class Marks(HTMLParser):
    """Collects the text of the document and of its marks."""

    def __init__(self) -> None:
        super().__init__()
        self.marked, self.text, self.scripts = "", "", 0
        self._mark = self._document = 0

    def handle_starttag(self, tag, attrs):
        self._mark += tag == "mark"
        self._document += tag == "div" or (self._document > 0 and tag == "div")
        self.scripts += tag == "script" and not dict(attrs).get("src")

    def handle_endtag(self, tag):
        self._mark -= tag == "mark"
        self._document -= tag == "div"

    def handle_data(self, data):
        self.marked += data if self._mark else ""
        self.text += data if self._document else ""


@pytest.mark.parametrize("id", ["hostile", "windows", "emoji", "zh", "handbook-leave"])
def test_the_document_page_marks_exactly_the_slice(client: FlaskClient, id: str) -> None:
    text = client.get(f"/api/documents/{id}").get_json()["text"]
    for start, end in ((0, len(text)), (3, 9), (len(text) - 4, len(text)), (10, 30)):
        page = Marks()
        page.feed(client.get(f"/documents/{id}?start={start}&end={end}").text)
        # HTML folds line ends; everything else is shown as it is.
        assert page.text == text.replace("\r\n", "\n") or page.text == text
        assert page.marked.replace("\r", "") == text[start:end].replace("\r", "")
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


@given(st.text(min_size=1), st.data())
def test_pieces_joined_are_the_text(text: str, data: st.DataObject) -> None:
    cut = st.integers(0, len(text))
    start, end = sorted((data.draw(cut), data.draw(cut)))
    left, right = sorted((data.draw(cut), data.draw(cut)))
    blocks = (Block(left, right, 1),) if left < right else ()
    document = Document("d", "t", text, "d.txt", "", "", blocks=blocks)
    found = list(pieces(document, start, end))
    assert "".join(p.text for p in found) == text
    assert "".join(p.text for p in found if p.marked) == text[start:end]
    assert sum(p.first for p in found) == (start < end)
    assert "".join(p.text for p in found if p.heading) == text[left:right]


def test_chat_without_scripts(client: FlaskClient) -> None:
    page = client.get("/?q=Who+is+the+harbour+master%3F").text
    assert "Ingrid Solberg" in page
    assert "/documents/windows?start=" in page
    assert "seem to say" in client.get("/?q=How+do+I+bake+sourdough+bread%3F").text
    for question in ("%00", "x" * 2001):
        bad = client.get(f"/?q={question}")
        assert bad.status_code == 422
        assert 'role="alert"' in bad.text
